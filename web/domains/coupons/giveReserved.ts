import type { PartState } from '../../../shared/contract/sends.ts'
import { isPassing } from '../../api/apiError.ts'
import type { Recorded } from '../../ui/retrying.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { useLimitAskStore, type Claims } from '../sends/limitAsk.store.ts'
import { deliverReserved, type Reserved, type ReservedEnd } from './deliverReserved.ts'
import { createIntentions } from './intentions.ts'

/** The chat in view when she tapped, and what she said there: whoever comes into view later, it is given to nobody else (P14). */
export type AtTap = Pick<ReturnType<typeof useCurrentCustomerStore>, 'contact' | 'reasonClass'>

/** Which chat it is; undefined where there is none to give to. */
export const chatOf = ({ contact }: Pick<AtTap, 'contact'>): string | undefined => {
  if (contact?.kind === 'customer') return contact.externalUserId
  return contact?.kind === 'group' ? contact.chatId : undefined
}

export interface Wish {
  /** What is given in this chat: the template, or the reminder it goes with. */
  what: string
  /** What is asked for: with other words it is another intention. */
  body: unknown
  /** What the budget says was sent; without one, which coupon. */
  title?: string
  reserve: (claims: Claims, idempotencyKey: string) => Promise<Reserved>
  show?: (states: PartState[]) => void
  /** The server knows what became of it, or will later; the chat may be another by now. */
  recorded?: (result: Recorded, end: ReservedEnd) => void
}

/** `refused`: nothing is taken, or nobody knows yet; `idle`: it stopped before anything was, without a word. */
export type GivenEnd = { kind: 'idle' } | { kind: 'refused'; error: unknown } | ReservedEnd

// Outlive the list and the card: asked for again from another tab, it is the same piece.
const intentions = createIntentions()

/** Reserve → words and card into the chat → confirm, or release when the card did not leave. Never throws. */
export async function giveReserved({ contact, reasonClass }: AtTap, wish: Wish): Promise<GivenEnd> {
  const current = useCurrentCustomerStore()
  const limits = useLimitAskStore()
  const chat = chatOf({ contact })
  if (!chat || !(await current.confirmStillHere(contact))) return { kind: 'idle' }

  const id = `${chat} ${wish.what}`
  const intention = intentions.of(id)
  let reserved: Reserved | undefined
  try {
    const begun = intention.begin(JSON.stringify(wish.body), reasonClass)
    reserved = await limits.startAsAllowed({ contact, ...begun }, claims =>
      wish.reserve(claims, intention.keyFor(claims)),
    )
  } catch (error) {
    // Without an answer it may be reserved all the same; the next tap asks for that very piece.
    if (!isPassing(error)) intentions.close(id)
    return { kind: 'refused', error }
  }
  if (!reserved) {
    intentions.close(id)
    return { kind: 'idle' }
  }

  intention.answered()
  const { words, card } = reserved
  const { end, recorded } = await deliverReserved(reserved, contact, wish.show)
  const sentParts = end.kind === 'sent' ? words.length + 1 : end.sentParts
  // Taken back in the client's own dialog: given after all, it is not asked about the same limit again.
  if (end.kind !== 'cancelled' || sentParts > 0) intentions.close(id)
  if (contact?.kind === 'customer' && sentParts > 0)
    current.showContacted(contact.externalUserId, wish.title ?? `优惠券 · ${card.title}`)
  if (end.kind === 'switched') current.noteStopped(sentParts, words.length + 1 - sentParts)
  void recorded.then(result => {
    wish.recorded?.(result, end)
    if (chatOf(current) === chat) void current.refresh()
  })
  return end
}
