import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import type { Claims, LimitAnswers, Starting } from './limitAsk.store.ts'

/** For so long what she said for a message holds, as long as nothing of it has left. */
const SAID_HOLDS_MS = 10 * 60_000

export type SendIntention = ReturnType<typeof createSendIntention>

/**
 * What a tap stands for. A request without an answer is repeated as it was, under its key; what she said to a limit is kept for
 * that very limit, so that one which came up since is asked about.
 * @param holdsMs for how long it is one intention; without an end, only what she said for it comes to one
 */
export function createSendIntention(holdsMs?: number) {
  let meaning = ''
  let key = newIdempotencyKey()
  let since = Date.now()
  /** What the request says for itself that has no answer yet. */
  let claims: Claims = {}
  let answers: LimitAnswers = new Map()

  function renew(): void {
    key = newIdempotencyKey()
    since = Date.now()
  }
  /** The server has answered: the next request is another one. */
  function answered(): void {
    renew()
    claims = {}
  }
  /** It is over: the same words are another intention. */
  function forget(): void {
    answered()
    answers = new Map()
  }
  function isOver(): boolean {
    const hasSaid = answers.size > 0 || Object.keys(claims).length > 0
    return Date.now() - since > (holdsMs ?? (hasSaid ? SAID_HOLDS_MS : Infinity))
  }

  return {
    /** @param wanted to whom, and which words: with others it is another intention */
    begin(wanted: string, reasonClass: Claims['reasonClass']): Pick<Starting, 'claims' | 'answers'> {
      if (wanted !== meaning || isOver()) forget()
      meaning = wanted
      return { claims: { ...(reasonClass ? { reasonClass } : {}), ...claims }, answers }
    },
    /** The key of the request that says this for itself. */
    keyFor(said: Claims): string {
      if (JSON.stringify(said) !== JSON.stringify(claims)) renew()
      claims = said
      return key
    },
    answered,
    forget,
  }
}
