import type { PartOutcome, PartState, SendPart } from '../../../shared/contract/sends.ts'
import { sendToChat, type Contact, type SendResult } from '../../wecom/bridge.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import type { SendEnd } from './sendState.ts'
import { failureWords, notReadyWords } from './sendWords.ts'

/** The reason of a part that stayed because the chat in view was another. */
export const SWITCHED = '聊天换人了'

export interface PartsToGive {
  /** The chat it was begun for, whoever comes into view later. */
  contact: Contact | undefined
  /** How the parts stand; changed as they go. */
  states: PartState[]
  from: number
  /** As it goes out now: what is written down on the way may have changed it. */
  bodyOf: (index: number) => SendPart | undefined
  /** Before the part leaves; how all of it ends when it had better not. `before`: how the part stood. */
  note?: (index: number, before: PartState) => Promise<SendEnd | undefined>
  ended: (index: number, outcome: PartOutcome, reason: string | null) => void
  show: () => void
}

/**
 * Gives part after part to the client, until one does not arrive; the contact is read again before each. Nothing leaves of what is
 * known to miss a picture or a file: half a message helps nobody.
 */
export async function giveParts(given: PartsToGive): Promise<SendEnd> {
  const { contact, states, from, bodyOf, note, show } = given
  const current = useCurrentCustomerStore()
  const ended = (index: number, outcome: PartOutcome, reason: string | null = null) => {
    states[index] = outcome
    given.ended(index, outcome, reason?.slice(0, 200) ?? null)
  }

  const missing = from === 0 ? states.map((_, index) => bodyOf(index)).find(isNotReady) : undefined
  if (missing) {
    ended(0, 'failed', notReadyWords(missing))
    return { kind: 'failed', words: notReadyWords(missing), sentParts: 0 }
  }
  for (let index = from; index < states.length; index++) {
    const sentParts = states.filter(state => state === 'ok').length
    const before = states[index] ?? 'waiting'
    states[index] = 'leaving'
    show()
    const stop = await note?.(index, before)
    if (stop) return stop
    if (!(await current.confirmStillHere(contact))) {
      ended(index, 'failed', SWITCHED)
      return { kind: 'idle', sentParts }
    }
    const body = bodyOf(index)
    if (!body || isNotReady(body)) {
      const why = notReadyWords(body)
      ended(index, 'failed', why)
      return { kind: 'failed', words: sentParts > 0 ? `前 ${sentParts} 条已送到，${why}` : why, sentParts }
    }
    const result = await sendToChat(body)
    if (typeof result === 'string') ended(index, result)
    else ended(index, 'failed', result.failed)
    show()
    if (result !== 'ok') return endedBy(result, sentParts)
  }
  return { kind: 'sent' }
}

/** WeCom has no picture or file for it (any more). */
const isNotReady = (body: SendPart | undefined): boolean =>
  body !== undefined && 'mediaId' in body && body.mediaId === null

function endedBy(result: Exclude<SendResult, 'ok'>, sentParts: number): SendEnd {
  if (result === 'cancelled') return { kind: 'cancelled', sentParts }
  if (result === 'unknown') return { kind: 'unknown', sentParts }
  return { kind: 'failed', words: failureWords(result.failed, sentParts), sentParts }
}
