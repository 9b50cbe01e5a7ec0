import type { CouponMessage } from '../../../shared/contract/coupons.ts'
import type { ProblemCode } from '../../../shared/contract/problem.ts'
import type { PartState } from '../../../shared/contract/sends.ts'
import { ApiError, isPassing } from '../../api/apiError.ts'
import { problemReason } from '../../ui/problemTitle.ts'
import { showToast } from '../../ui/undoToast.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import type { SendEnd } from '../sends/sendState.ts'
import { reasonWords } from '../sends/sendWords.ts'
import { giveReserved, type AtTap } from './giveReserved.ts'
import type { ReservedEnd } from './deliverReserved.ts'
import { reserveOne } from './useCouponSend.ts'

/** It is the coupon that cannot be given; the words still can. */
const ofTheCoupon: readonly ProblemCode[] = [
  'coupon_sold_out',
  'coupon_already_granted',
  'state_conflict',
  'issuer_unavailable',
]

/** The words of a reminder and the coupon that goes with them, as one message. */
export interface WithCoupon {
  /** Read at the tap: what is needed to send comes later than the next chat may. */
  at: AtTap
  templateId: string
  reminderId: string
  /** What has not arrived yet: none of its parts when all the words have. */
  message: CouponMessage
  /** Called when the words are better sent without it. */
  leaveOut: () => void
}

/**
 * Reserves the piece, sends the words and then the card. Where the words have arrived and the card surely has not, the piece is given
 * back and the reminder is done: that counts as sent, and is said.
 */
export async function sendWithCoupon(
  { at, templateId, reminderId, message, leaveOut }: WithCoupon,
  show: (states: PartState[]) => void,
): Promise<SendEnd> {
  const current = useCurrentCustomerStore()
  const { contact } = at
  if (contact?.kind !== 'customer') return { kind: 'idle' }
  const { externalUserId } = contact
  const hasWords = message.parts.length > 0
  const body = { templateId, externalUserId, reminderId, message: hasWords ? message : null }
  const end = await giveReserved(at, {
    what: reminderId,
    body,
    title: message.title,
    reserve: (claims, key) => reserveOne({ ...body, ...claims }, key),
    show,
    recorded(result, { kind }) {
      if (kind === 'sent' && result === 'refused') showToast('券发出了，已过时限、没有记上，请看一眼优惠券')
    },
  })
  if (end.kind === 'idle') return end
  if (end.kind !== 'refused') {
    // All of it has been said, and she may come back to this chat before the server's card does.
    if (end.kind === 'switched' && end.isCard && hasWords)
      current.showReminderSent(externalUserId, reminderId)
    return endOf(end, hasWords)
  }
  const why = `${problemReason(end.error)}，没有发出`
  const isOfTheCoupon = end.error instanceof ApiError && ofTheCoupon.includes(end.error.problem.code)
  if (isPassing(end.error) || !isOfTheCoupon || !hasWords) return { kind: 'failed', words: why, sentParts: 0 }
  leaveOut()
  return { kind: 'failed', words: `${why}。再点就只发文字`, sentParts: 0 }
}

function endOf(end: ReservedEnd, hasWords: boolean): SendEnd {
  if (end.kind === 'sent') return end
  const { kind, sentParts, isCard } = end
  if (kind === 'switched') return { kind: 'idle', sentParts }
  if (isCard && kind === 'unknown') {
    const what = hasWords ? '文字已送到，券那一条' : '券那一条'
    const words = `${what}企业微信没有回应：先看看聊天里有没有；没有的话，10 分钟后自动退回`
    return { kind: 'failed', words, sentParts }
  }
  if (isCard) {
    showToast(kind === 'cancelled' ? '文字已送到，券你取消了，退回了' : '文字已送到，券没有发出，退回了')
    return { kind: 'sent' }
  }
  // How many have arrived the card says by itself.
  if (kind === 'unknown' && sentParts > 0)
    return { kind: 'failed', words: '下一段企业微信没有回应，先看看聊天里有没有，券退回了', sentParts }
  if (kind !== 'failed') return { kind, sentParts }
  const why = sentParts > 0 ? `后面的没有发出，${reasonWords(end.reason)}` : end.words
  return { kind, words: `${why}，券退回了`, sentParts }
}
