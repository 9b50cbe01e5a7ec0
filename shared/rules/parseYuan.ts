/** Most that one purchase may cost: a million yuan. */
export const MAX_AMOUNT_FEN = 100_000_000

export type YuanTrouble = 'empty' | 'unclear' | 'negative' | 'tooFine' | 'tooMuch'

/**
 * An amount as people write it, in fen: `3680` `3,680.00` `¥3,680` `３６８０元` `1.28万`. Counted in digits, for 0.29 × 100 is not 29 in
 * floating point.
 */
export function parseYuan(words: string): { fen: number } | { trouble: YuanTrouble } {
  const bare = words.normalize('NFKC').replace(/^\s*(?:¥|rmb|cny)|[,，\s]/gi, '')
  if (bare === '') return { trouble: 'empty' }
  if (/^[-(−]/.test(bare)) return { trouble: 'negative' }
  const match = /^¥?(\d{1,12})(?:\.(\d{1,8}))?(万)?元?$/.exec(bare)
  if (!match) return { trouble: 'unclear' }
  const decimals = match[2] ?? ''
  const digits = `${match[1]}${decimals}`
  /** places to the right of a fen; below zero they are missing */
  const rest = decimals.length - 2 - (match[3] ? 4 : 0)
  if (rest > 0 && /[1-9]/.test(digits.slice(-rest))) return { trouble: 'tooFine' }
  const fen = Number(rest > 0 ? digits.slice(0, -rest) : digits + '0'.repeat(-rest))
  return fen > MAX_AMOUNT_FEN ? { trouble: 'tooMuch' } : { fen }
}
