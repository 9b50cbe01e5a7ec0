import type { PartOutcome, Send } from '../../../shared/contract/sends.ts'

export type SendOutcome = NonNullable<Send['outcome']>

/**
 * How a send stands by its parts, in their order; null while it still runs. Parts go out one after another, so the first that
 * did not arrive ends it, whatever was to come after.
 */
export function sendOutcome(parts: readonly (PartOutcome | null)[]): SendOutcome | null {
  const arrived = parts.filter(part => part === 'ok').length
  const stoppedBy = parts.find(part => part !== null && part !== 'ok')
  if (stoppedBy) return arrived > 0 ? 'partial' : stoppedBy
  return arrived === parts.length ? 'ok' : null
}

/** `发到第 1 条，共 2 条` for the timeline of a send that stopped half-way; undefined otherwise. */
export function partialDetail(parts: readonly (PartOutcome | null)[]): string | undefined {
  const arrived = parts.filter(part => part === 'ok').length
  return arrived > 0 && arrived < parts.length ? `送到 ${arrived} 条，共 ${parts.length} 条` : undefined
}
