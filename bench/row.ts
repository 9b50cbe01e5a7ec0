/** One line of the budget: what was measured, its reference in the same run, and the ratio between the two. */
export interface Row {
  name: string
  what: string
  measured: string
  reference: string
  ratio?: number
  good: string
  moonshot: string
  /** the single readings, in the order they were taken */
  readings?: Record<string, number[]>
}

export const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
export const round = (value: number, digits = 2): number => Number(value.toFixed(digits))

export type Verdict = 'moonshot' | 'good' | 'missed'

/** Undefined where the budget names no figure. */
export function verdictOf(row: Row): Verdict | undefined {
  if (numbersOf(row.good).length === 0) return undefined
  if (isWithin(row, row.moonshot)) return 'moonshot'
  return isWithin(row, row.good) ? 'good' : 'missed'
}

/** `≥ 0.6`, `≤ 1.6x` speak of the ratio; anything else of the figures that were measured, in their order. */
function isWithin({ ratio, measured }: Row, limit: string): boolean {
  const wanted = numbersOf(limit)
  if (wanted.length === 0) return false
  const isOfRatio = ratio !== undefined && /^[≤≥]\s*[\d.]+x?(,|$)/.test(limit)
  const got = isOfRatio ? [ratio] : numbersOf(measured)
  const pairs = (isOfRatio ? wanted.slice(0, 1) : wanted).map((most, index) => [got[index], most] as const)
  return pairs.every(
    ([value, bound]) => value !== undefined && (limit.startsWith('≥') ? value >= bound : value <= bound),
  )
}

const numbersOf = (text: string): number[] =>
  (text.replace(/(?<=\d),(?=\d{3})/g, '').match(/-?\d+(\.\d+)?/g) ?? []).map(Number)
