import type { CouponReservation } from '../../../shared/contract/coupons.ts'
import type { PartOutcome, PartState, SendPart } from '../../../shared/contract/sends.ts'
import { retrying, type Recorded } from '../../ui/retrying.ts'
import type { Contact } from '../../wecom/bridge.ts'
import { giveParts } from '../sends/giveParts.ts'

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

/** `switched`: another chat came into view. `words` say why it failed, `reason` as the client put it. `sentParts` have arrived all the same; `isCard`: all words have. */
export type ReservedEnd =
  | { kind: 'sent' }
  | { kind: 'switched' | 'cancelled' | 'unknown'; sentParts: number; isCard: boolean }
  | { kind: 'failed'; words: string; reason: string; sentParts: number; isCard: boolean }

export interface Delivered {
  end: ReservedEnd
  /** The server knows, or will. */
  recorded: Promise<Recorded>
}

/**
 * Gives the words and then the card to the client, and tells the server: confirmed when the card is in the chat, released when it
 * surely is not. When the client never answers about the card, nobody knows: the piece stays reserved until its deadline. Never throws.
 */
export async function deliverReserved(
  { words, card, confirm, release }: Reserved,
  contact: Contact | undefined,
  show: (states: PartState[]) => void = () => undefined,
): Promise<Delivered> {
  const bodies: SendPart[] = [...words, { kind: 'news', ...card }]
  const states: PartState[] = bodies.map(() => 'waiting')
  const outcomes: PartOutcome[] = []
  let reason = ''
  const end = await giveParts({
    contact,
    states,
    from: 0,
    bodyOf: index => bodies[index],
    ended: (_, outcome, why) => {
      outcomes.push(outcome)
      reason = why ?? ''
    },
    show: () => show([...states]),
  })
  if (end.kind === 'sent') return { end, recorded: retrying(confirm) }

  const sentParts = end.sentParts ?? 0
  const at = { sentParts, isCard: sentParts === words.length }
  const stopped: ReservedEnd =
    end.kind === 'failed'
      ? { kind: end.kind, words: end.words, reason, ...at }
      : { kind: end.kind === 'idle' ? 'switched' : end.kind, ...at }
  if (end.kind === 'unknown' && at.isCard) return { end: stopped, recorded: Promise.resolve('done') }
  const told = {
    outcome: end.kind === 'cancelled' ? end.kind : ('failed' as const),
    reason: end.kind === 'unknown' ? '前面的文字没有回音' : reason || null,
    words: outcomes.slice(0, words.length),
  }
  return { end: stopped, recorded: retrying(() => release(told)) }
}
