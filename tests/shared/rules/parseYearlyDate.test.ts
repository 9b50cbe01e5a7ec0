import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseYearlyDate } from '../../../shared/rules/parseYearlyDate.ts'
import { isPossible } from '../../../shared/rules/yearlyDate.ts'
import { yearlyDateText } from '../../../shared/rules/yearlyDateText.ts'
import type { CalendarKind, YearlyDate } from '../../../shared/rules/yearlyDate.ts'

const today = '2026-11-21'
const parse = (text: string, defaultCalendar?: CalendarKind) =>
  parseYearlyDate(text, { today, defaultCalendar })

/** `solar 8-15`, `lunar leap 4-3`, `solar 1990-8-15` */
function brief(date: YearlyDate): string {
  const year = date.year === undefined ? '' : `${date.year}-`
  return `${date.calendar} ${date.isLeapMonth ? 'leap ' : ''}${year}${date.month}-${date.day}`
}

function understood(text: string, defaultCalendar?: CalendarKind): string {
  const parsed = parse(text, defaultCalendar)
  return parsed.ok ? brief(parsed.date) : parsed.reason
}

describe('digits mean the default calendar', () => {
  it.each([
    '8.15',
    '8/15',
    '8-15',
    '0815',
    '815',
    '8月15',
    '8月15日',
    '8月15号',
    '08-15',
    '8,15',
    '8，15',
    '8、15',
    '8。15',
    '8·15',
    '8 15',
    ' 8 月 15 日 ',
    '８．１５',
    '８月１５日',
    '８／１５',
    '0８15',
    '8.15.',
    '生日8.15',
    '生日是8月15日',
  ])('%j', text => {
    expect(understood(text)).toBe('solar 8-15')
    expect(understood(text, 'lunar')).toBe('lunar 8-15')
  })
})

describe('Chinese words mean the lunar calendar', () => {
  it.each([
    ['八月十五', 'lunar 8-15'],
    ['八月初五', 'lunar 8-5'],
    ['8月初五', 'lunar 8-5'],
    ['八月廿九', 'lunar 8-29'],
    ['8月廿九', 'lunar 8-29'],
    ['八月卅', 'lunar 8-30'],
    ['腊月三十', 'lunar 12-30'],
    ['臘月三十', 'lunar 12-30'],
    ['正月初一', 'lunar 1-1'],
    ['冬月十八', 'lunar 11-18'],
    ['十一月廿', 'lunar 11-20'],
    ['十二月二十五', 'lunar 12-25'],
    ['十月初十', 'lunar 10-10'],
    ['闰四月初三', 'lunar leap 4-3'],
    ['閏四月初三', 'lunar leap 4-3'],
    ['闰4月初3', 'lunar leap 4-3'],
    ['闰4.3', 'lunar leap 4-3'],
    ['大年初一', 'lunar 1-1'],
    ['大年三十', 'lunar 12-30'],
    ['除夕', 'lunar 12-30'],
    ['中秋节', 'lunar 8-15'],
  ])('%s', (text, expected) => {
    expect(understood(text, 'solar')).toBe(expected)
  })
})

describe('an explicit calendar wins', () => {
  it.each([
    ['农历8/15', 'solar', 'lunar 8-15'],
    ['农历8.15', 'solar', 'lunar 8-15'],
    ['农曆 8.15', 'solar', 'lunar 8-15'],
    ['阴历八月十五', 'solar', 'lunar 8-15'],
    ['旧历0815', 'solar', 'lunar 8-15'],
    ['农8.15', 'solar', 'lunar 8-15'],
    ['8.15农历', 'solar', 'lunar 8-15'],
    ['8.15（农历）', 'solar', 'lunar 8-15'],
    ['农历八月十五号', 'solar', 'lunar 8-15'],
    ['公历八月十五', 'lunar', 'solar 8-15'],
    ['阳历8.15', 'lunar', 'solar 8-15'],
    ['新历8月15', 'lunar', 'solar 8-15'],
    ['元旦', 'lunar', 'solar 1-1'],
    ['八月十五号', 'lunar', 'solar 8-15'],
    ['三月三十一', 'lunar', 'solar 3-31'],
  ] as const)('%s with default %s', (text, defaultCalendar, expected) => {
    expect(understood(text, defaultCalendar)).toBe(expected)
  })
})

describe('years', () => {
  it.each([
    ['1990.8.15', 'solar 1990-8-15'],
    ['1990-08-15', 'solar 1990-8-15'],
    ['1990年8月15日', 'solar 1990-8-15'],
    ['1990年0815', 'solar 1990-8-15'],
    ['1990 8 15', 'solar 1990-8-15'],
    ['19900815', 'solar 1990-8-15'],
    ['900815', 'solar 1990-8-15'],
    ['90年8月15', 'solar 1990-8-15'],
    ['90.8.15', 'solar 1990-8-15'],
    ['8/15/1990', 'solar 1990-8-15'],
    ['26.1.2', 'solar 2026-1-2'],
    ['27.1.2', 'solar 1927-1-2'],
    ['05年8月15', 'solar 2005-8-15'],
    ['1990年八月十五', 'lunar 1990-8-15'],
    ['1990八月十五', 'lunar 1990-8-15'],
    ['一九九〇年八月十五', 'lunar 1990-8-15'],
    ['九零年八月十五', 'lunar 1990-8-15'],
    ['农历1990年闰五月初三', 'lunar leap 1990-5-3'],
  ])('%s', (text, expected) => {
    expect(understood(text)).toBe(expected)
  })
})

describe('what cannot be gets a plain reason', () => {
  it.each([
    ['', '写个日子，比如 8.15 或 八月十五'],
    ['   ', '写个日子，比如 8.15 或 八月十五'],
    ['2.30', '2月最多 29 天，没有 30 号'],
    ['4.31', '4月最多 30 天，没有 31 号'],
    ['13.1', '一年只有 12 个月，没有 13 月'],
    ['1301', '一年只有 12 个月，没有 13 月'],
    ['0.5', '一年只有 12 个月，没有 0 月'],
    ['8.0', '日子从 1 号开始，没有 0 号'],
    ['八月三十二', '农历一个月最多 30 天，没有 32 号'],
    ['八月三十二号', '8月最多 31 天，没有 32 号'],
    ['农历8.31', '农历一个月最多 30 天，没有 31 号'],
    ['闰正月初一', '1900 到 2100 年没有闰正月'],
    ['公历闰四月初三', '公历没有闰月'],
    ['公历农历8.15', '公历和农历只能选一个'],
    ['1990.2.29', '1990年不是闰年，2月到 28 号为止，可以记 2月28日'],
    ['1890.8.15', '年份要在 1900 到 2100 之间'],
    ['农历1990年闰四月初三', '农历 1990 年闰的是五月'],
    ['农历1991年闰四月初三', '农历 1991 年没有闰月'],
    ['111', '是 1月11 还是 11月1？中间加个点，比如 1.11'],
    ['廿九', '再写上月份，比如 8.15'],
    ['15号', '再写上月份，比如 8.15'],
    ['1990.8', '再写上是几号，比如 8月15'],
    ['1990', '只看到年份，再写上几月几号'],
    ['1990年', '只看到年份，再写上几月几号'],
    ['八月初十五', '没看懂这个日子，试试 8.15、0815 或 八月十五'],
    ['abc', '没看懂这个日子，试试 8.15、0815 或 八月十五'],
    ['constructor', '没看懂这个日子，试试 8.15、0815 或 八月十五'],
    ['农历', '没看懂这个日子，试试 8.15、0815 或 八月十五'],
    ['12345', '没看懂这个日子，试试 8.15、0815 或 八月十五'],
  ])('%j', (text, reason) => {
    expect(parse(text)).toEqual({ ok: false, reason })
  })

  it('does not silently change the calendar that the switch shows', () => {
    expect(parse('8.31', 'lunar')).toEqual({ ok: false, reason: '农历一个月最多 30 天，没有 31 号' })
  })
})

describe('what is in doubt is asked, what is worth knowing is said', () => {
  it.each([
    ['八月十五日', 'calendar', '是公历，还是农历？'],
    ['8月十五', 'calendar', '是公历，还是农历？'],
    ['润四月初三', 'leapMonth', '是农历四月，还是闰四月？'],
    ['农历1990年五月初三', 'leapMonth', '是农历五月，还是闰五月？'],
    ['2.29', undefined, '没有 2月29日 的年份，按 2月28日 算'],
    ['腊月三十', undefined, '没有三十的年份，按廿九算'],
    ['闰四月初三', undefined, '没有闰四月的年份，按四月算'],
    ['8.15', undefined, undefined],
    ['农历1991年五月初三', undefined, undefined],
  ])('%s', (text, ambiguous, hint) => {
    const parsed = parse(text)
    expect(parsed.ok && [parsed.ambiguous, parsed.hint]).toEqual([ambiguous, hint])
  })
})

describe('a month alone is enough', () => {
  it.each([
    ['8月', 'solar 8-null'],
    ['8月份', 'solar 8-null'],
    ['农历八月', 'lunar 8-null'],
    ['阴历8月', 'lunar 8-null'],
    ['腊月生日', 'lunar 12-null'],
    ['闰六月', 'lunar leap 6-null'],
    ['1962年农历三月', 'lunar 1962-3-null'],
    ['1990年8月', 'solar 1990-8-null'],
    ['公历13月', '一年只有 12 个月，没有 13 月'],
  ])('%s', (text, expected) => {
    expect(understood(text)).toBe(expected)
  })

  it('says on which day it will be kept, and asks which calendar 八月 is', () => {
    expect(parse('8月')).toMatchObject({ hint: '只知道月份，按 1 号提醒' })
    expect(parse('农历八月')).toMatchObject({ hint: '只知道月份，按初一提醒' })
    expect(parse('八月')).toMatchObject({ ambiguous: 'calendar' })
  })
})

describe('laws', () => {
  const anyDate = fc
    .record({
      calendar: fc.constantFrom<CalendarKind>('solar', 'lunar'),
      month: fc.integer({ min: 1, max: 12 }),
      day: fc.option(fc.integer({ min: 1, max: 31 })),
      isLeapMonth: fc.boolean(),
    })
    .filter(isPossible)
  const anyCalendar = fc.constantFrom<CalendarKind>('solar', 'lunar')

  it('reads back every date as we write it, whatever the default', () => {
    fc.assert(
      fc.property(anyDate, anyCalendar, (date, defaultCalendar) => {
        const words = date.calendar === 'solar' ? `公历${yearlyDateText(date)}` : yearlyDateText(date)
        expect(understood(words, defaultCalendar)).toBe(brief(date))
      }),
    )
  })

  it('never throws, and never answers with an impossible date or an empty reason', () => {
    const pieces = fc.constantFrom(
      ...'0123456789.-/月日号年闰润初十廿卅正冬腊一二三九农历公 {}\\',
      '农历',
      '公历',
      '199',
    )
    const typed = fc.oneof(
      fc.array(pieces, { maxLength: 10 }).map(parts => parts.join('')),
      fc.string(),
    )
    fc.assert(
      fc.property(typed, anyCalendar, (text, defaultCalendar) => {
        const parsed = parse(text, defaultCalendar)
        expect(parsed.ok ? isPossible(parsed.date) : parsed.reason.length > 0).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
