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
  /** which time the part was given to the client */
  attempt?: string
}
type Unfiled = Record<string, PartResult[]>

const isUnfiled = (found: unknown): found is Unfiled =>
  typeof found === 'object' && found !== null && Object.values(found).every(Array.isArray)

/** Only where storage takes nothing: then the server is told as long as this page lives. */
let onThisPage: Unfiled | undefined

function read(): Unfiled {
  if (onThisPage) return onThisPage
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return isUnfiled(found) ? found : {}
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

export function keepUnfiled(sendId: string, result: PartResult): void {
  const { [sendId]: before = [], ...others } = read()
  write({ ...others, [sendId]: [...before.filter(({ index }) => index !== result.index), result] })
}

export const unfiledOf = (sendId: string): PartResult[] => read()[sendId] ?? []

export const unfiledSendIds = (): string[] => Object.keys(read())

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
  const { [sendId]: before = [], ...others } = read()
  const rest = before.filter(isKept)
  write(rest.length > 0 ? { ...others, [sendId]: rest } : others)
}

/** What is known of the parts here and there together. */
export const withUnfiled = (sendId: string, parts: readonly PartState[]): PartState[] => {
  const unfiled = unfiledOf(sendId)
  return parts.map((part, at) =>
    part === 'ok' ? part : (unfiled.find(({ index }) => index === at)?.outcome ?? part),
  )
}
