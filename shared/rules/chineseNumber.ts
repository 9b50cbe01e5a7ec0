const NUMERALS = '零一二三四五六七八九'

/** 1–99 in digits or in Chinese numerals (十五, 廿九, 三十一, 两); NaN for anything else. */
export function chineseNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  const match = /^(?:([一二三四五六七八九])?(十)|(廿)|(卅))?([一二三四五六七八九])?$/.exec(
    text.replace('两', '二'),
  )
  if (!match || text === '') return NaN
  const tens = match[3] ? 2 : match[4] ? 3 : match[2] ? Math.max(1, NUMERALS.indexOf(match[1] ?? '一')) : 0
  return tens * 10 + (match[5] ? NUMERALS.indexOf(match[5]) : 0)
}
