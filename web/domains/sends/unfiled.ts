import type { PartOutcome, PartState } from '../../../shared/contract/sends.ts'

/**
 * How parts ended that the server has not been told yet: written before the request, so that a page that is gone leaves them to
 * the next one. Random ids and outcomes only, nothing of the customer or the words; written at once, because a page may be gone
 * in the next moment.
 */
const KEY = 'guidebar.unfiledParts'
const MOST_SENDS = 20

export interface PartResult {
  index: number
  outcome: PartOutcome
  reason: string | null
}
type Unfiled = Record<string, PartResult[]>

const isUnfiled = (found: unknown): found is Unfiled =>
  typeof found === 'object' && found !== null && Object.values(found).every(Array.isArray)

function read(): Unfiled {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return isUnfiled(found) ? found : {}
  } catch {
    // Storage is switched off, or holds what is none of ours.
    return {}
  }
}

function write(unfiled: Unfiled): void {
  try {
    const kept = Object.entries(unfiled).slice(-MOST_SENDS)
    if (kept.length === 0) localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(kept)))
  } catch {
    // Without storage the server is told as long as this page lives; after that the part counts as not known.
  }
}

export function keepUnfiled(sendId: string, result: PartResult): void {
  const { [sendId]: before = [], ...others } = read()
  write({ ...others, [sendId]: [...before.filter(({ index }) => index !== result.index), result] })
}

export const unfiledOf = (sendId: string): PartResult[] => read()[sendId] ?? []

/** The server has been told of these. */
export function forgetUnfiled(sendId: string, filed: readonly PartResult[]): void {
  const { [sendId]: before = [], ...others } = read()
  const rest = before.filter(({ index }) => !filed.some(one => one.index === index))
  write(rest.length > 0 ? { ...others, [sendId]: rest } : others)
}

/** What is known of the parts here and there together. */
export const withUnfiled = (sendId: string, parts: readonly PartState[]): PartState[] => {
  const unfiled = unfiledOf(sendId)
  return parts.map((part, at) =>
    part === 'ok' ? part : (unfiled.find(({ index }) => index === at)?.outcome ?? part),
  )
}
