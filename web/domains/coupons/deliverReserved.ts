import type { CouponReservation } from '../../../shared/contract/coupons.ts'
import type { PartOutcome, PartState, SendPart } from '../../../shared/contract/sends.ts'
import { retrying, type Recorded } from '../../ui/retrying.ts'
import { sendToChat, type Contact } from '../../wecom/bridge.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { notReadyWords } from '../sends/sendWords.ts'

/** Pieces that are held until their deadline, and how the server is told what became of them. */
export interface Reserved {
  /** Go before the card. */
  words: SendPart[]
  card: CouponReservation['card']
  confirm: () => Promise<unknown>
  release: (told: {
    outcome: 'cancelled' | 'failed'
    reason: string | null
    words: PartOutcome[]
  }) => Promise<unknown>
}

/** `switched`: another chat came into view. `sentParts` have arrived all the same; `isCard`: all words have. */
export type ReservedEnd =
  | { kind: 'sent' }
  | { kind: 'switched'; sentParts: number }
  | { kind: 'cancelled' | 'unknown'; sentParts: number; isCard: boolean }
  | { kind: 'failed'; reason: string; sentParts: number; isCard: boolean }

export interface Delivered {
  end: ReservedEnd
  /** The server knows, or will. */
  recorded: Promise<Recorded>
}

/**
 * Gives the words and then the card to the client, and tells the server: confirmed when the card is in the chat, released when it
 * surely is not. The contact is read again before each. When the client never answers about the card, nobody knows: the piece stays
 * reserved until its deadline. Never throws.
 */
export async function deliverReserved(
  { words, card, confirm, release }: Reserved,
  contact: Contact | undefined,
  show: (states: PartState[]) => void = () => undefined,
): Promise<Delivered> {
  const current = useCurrentCustomerStore()
  const bodies: SendPart[] = [...words, { kind: 'news', ...card }]
  const ended: PartOutcome[] = []
  const back = (end: ReservedEnd, outcome: 'cancelled' | 'failed', reason: string | null): Delivered => {
    const told = { outcome, reason: reason?.slice(0, 200) ?? null, words: ended.slice(0, words.length) }
    return { end, recorded: retrying(() => release(told)) }
  }

  for (const [index, body] of bodies.entries()) {
    const at = { sentParts: index, isCard: index === words.length }
    show(bodies.map((_, place) => (place < index ? 'ok' : place === index ? 'leaving' : 'waiting')))
    if ('mediaId' in body && body.mediaId === null) {
      const reason = notReadyWords(body)
      return back({ kind: 'failed', reason, ...at }, 'failed', reason)
    }
    if (!(await current.confirmStillHere(contact)))
      return back({ kind: 'switched', sentParts: index }, 'failed', '聊天换人了')
    const result = await sendToChat(body)
    ended.push(typeof result === 'string' ? result : 'failed')
    if (result === 'ok') continue
    if (result === 'cancelled') return back({ kind: result, ...at }, result, null)
    if (result !== 'unknown')
      return back({ kind: 'failed', reason: result.failed, ...at }, 'failed', result.failed)
    if (!at.isCard) return back({ kind: result, ...at }, 'failed', '前面的文字没有回音')
    return { end: { kind: result, ...at }, recorded: Promise.resolve('done') }
  }
  return { end: { kind: 'sent' }, recorded: retrying(confirm) }
}
