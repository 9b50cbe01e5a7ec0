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
