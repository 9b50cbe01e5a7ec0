import type { PartOutcome, PartState } from '../../../shared/contract/sends.ts'

/**
 * How parts ended that the server has not been told yet: written before the request, so that a page that is gone leaves them to
 * the next one. Random ids, outcomes and a mark that tells one chat from another only, nothing of the customer or the words; written
 * at once, because a page may be gone in the next moment.
 */
const KEY = 'guidebar.unfiledParts'
const MOST_SENDS = 20

export interface PartResult {
  index: number
  outcome: PartOutcome
  reason: string | null
  /** which time the part was given to the client */
  attempt?: string
}
/** Of one send. `chat` is the device's mark of the receiver; without one it may be any. */
interface Kept {
  chat?: string
  results: PartResult[]
}
type Unfiled = Record<string, Kept>

/** An earlier release kept the results alone. */
const toKept = (found: unknown): Kept | undefined => {
  if (Array.isArray(found)) return { results: found as PartResult[] }
  const isKept = typeof found === 'object' && found !== null && Array.isArray((found as Kept).results)
  return isKept ? (found as Kept) : undefined
}

/** Only where storage takes nothing: then the server is told as long as this page lives. */
let onThisPage: Unfiled | undefined

function read(): Unfiled {
  if (onThisPage) return onThisPage
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    const kept = typeof found === 'object' && found !== null ? Object.entries(found) : []
    return Object.fromEntries(
      kept.flatMap(([sendId, value]) => {
        const one = toKept(value)
        return one ? [[sendId, one]] : []
      }),
    )
  } catch {
    // Storage is switched off, or holds what is none of ours.
    return {}
  }
}

function write(unfiled: Unfiled): void {
  const kept = Object.entries(unfiled).slice(-MOST_SENDS)
  onThisPage = undefined
  try {
    if (kept.length === 0) localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(kept)))
  } catch {
    // After this page the part counts as not known.
    onThisPage = Object.fromEntries(kept)
  }
}

export function keepUnfiled(sendId: string, result: PartResult, chat?: string): void {
  const { [sendId]: before, ...others } = read()
  const results = (before?.results ?? []).filter(({ index }) => index !== result.index)
  write({ ...others, [sendId]: { ...before, ...(chat ? { chat } : {}), results: [...results, result] } })
}

export const unfiledOf = (sendId: string): PartResult[] => read()[sendId]?.results ?? []

/** The sends of that chat, and those of which nobody knows where they were to go. */
export function unfiledIn(chat: string | undefined): { here: string[]; anywhere: string[] } {
  const kept = Object.entries(read())
  return {
    here: kept.flatMap(([sendId, one]) => (chat !== undefined && one.chat === chat ? [sendId] : [])),
    anywhere: kept.flatMap(([sendId, one]) => (chat === undefined || one.chat === undefined ? [sendId] : [])),
  }
}

/** The server has been told of these. What has become known of a part since stays. */
export function forgetUnfiled(sendId: string, filed: readonly PartResult[]): void {
  keepOnly(sendId, kept => !filed.some(one => isSame(one, kept)))
}

/** The part leaves anew: how an earlier attempt ended says nothing of it any more. */
export function forgetEarlier(sendId: string, index: number): void {
  keepOnly(sendId, kept => kept.index !== index)
}

const isSame = (one: PartResult, other: PartResult): boolean =>
  one.index === other.index && one.outcome === other.outcome && one.attempt === other.attempt

function keepOnly(sendId: string, isKept: (result: PartResult) => boolean): void {
  const { [sendId]: before, ...others } = read()
  const results = (before?.results ?? []).filter(isKept)
  write(results.length > 0 ? { ...others, [sendId]: { ...before, results } } : others)
}

/** What is known of the parts here and there together. */
export const withUnfiled = (sendId: string, parts: readonly PartState[]): PartState[] => {
  const unfiled = unfiledOf(sendId)
  return parts.map((part, at) =>
    part === 'ok' ? part : (unfiled.find(({ index }) => index === at)?.outcome ?? part),
  )
}
