import type { CouponMessage } from '../../../shared/contract/coupons.ts'
import type { ProblemCode } from '../../../shared/contract/problem.ts'
import type { PartState } from '../../../shared/contract/sends.ts'
import { ApiError, isPassing } from '../../api/apiError.ts'
import { problemReason } from '../../ui/problemTitle.ts'
import { showToast } from '../../ui/undoToast.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { useLimitAskStore } from '../sends/limitAsk.store.ts'
import type { SendEnd } from '../sends/sendState.ts'
import { failureWords } from '../sends/sendWords.ts'
import { deliverReserved, type Reserved, type ReservedEnd } from './deliverReserved.ts'
import { createIntentions } from './intentions.ts'
import { reserveOne } from './useCouponSend.ts'

/** It is the coupon that cannot be given; the words still can. */
const ofTheCoupon: readonly ProblemCode[] = [
  'coupon_sold_out',
  'coupon_already_granted',
  'state_conflict',
  'issuer_unavailable',
]
const intentions = createIntentions()

/** The words of a reminder and the coupon that goes with them, as one message. */
export interface WithCoupon {
  templateId: string
  reminderId: string
  message: CouponMessage
  /** Called when the words are better sent without it. */
  leaveOut: () => void
}

/**
 * Reserves the piece, sends the words and then the card. Where the words have arrived and the card surely has not, the piece is given
 * back and the reminder is done: that counts as sent, and is said.
 */
export async function sendWithCoupon(
  { templateId, reminderId, message, leaveOut }: WithCoupon,
  show: (states: PartState[]) => void,
): Promise<SendEnd> {
  const current = useCurrentCustomerStore()
  const limits = useLimitAskStore()
  const { contact, externalUserId, reasonClass } = current
  if (!externalUserId || !(await current.confirmStillHere(contact))) return { kind: 'idle' }
  const body = { templateId, externalUserId, reminderId, message }
  const id = `${externalUserId} ${reminderId}`
  const intention = intentions.of(id)
  let reserved: Reserved | undefined
  try {
    const begun = intention.begin(JSON.stringify(body), reasonClass)
    reserved = await limits.startAsAllowed({ contact, ...begun }, claims =>
      reserveOne({ ...body, ...claims }, intention.keyFor(claims)),
    )
  } catch (error) {
    const why = `${problemReason(error)}，没有发出`
    if (isPassing(error)) return { kind: 'failed', words: why, sentParts: 0 }
    intentions.close(id)
    if (!(error instanceof ApiError && ofTheCoupon.includes(error.problem.code)))
      return { kind: 'failed', words: why, sentParts: 0 }
    leaveOut()
    return { kind: 'failed', words: `${why}。再点就只发文字`, sentParts: 0 }
  }
  if (!reserved) {
    intentions.close(id)
    return { kind: 'idle' }
  }
  intention.answered()
  const { end, recorded } = await deliverReserved(reserved, contact, show)
  if (!(end.kind === 'cancelled' && end.sentParts === 0)) intentions.close(id)
  if (end.kind === 'sent' || ('sentParts' in end && end.sentParts > 0))
    current.showContacted(externalUserId, message.title)
  void recorded.then(result => {
    if (end.kind === 'sent' && result === 'refused') showToast('券发出了，已过时限、没有记上，请看一眼优惠券')
    if (current.externalUserId === externalUserId) void current.refresh()
  })
  return endOf(end)
}

function endOf(end: ReservedEnd): SendEnd {
  if (end.kind === 'sent') return { kind: 'sent' }
  if (end.kind === 'switched') return { kind: 'idle' }
  const { kind, sentParts } = end
  if (!end.isCard) {
    if (end.kind === 'failed')
      return { kind: 'failed', words: `${failureWords(end.reason, sentParts)}，券退回了`, sentParts }
    return { kind: end.kind, sentParts }
  }
  if (kind === 'unknown') {
    const words = '文字已送到，券那一条企业微信没有回应：先看看聊天里有没有；没有的话，10 分钟后自动退回'
    return { kind: 'failed', words, sentParts }
  }
  showToast(kind === 'cancelled' ? '文字已送到，券你取消了，退回了' : '文字已送到，券没有发出，退回了')
  return { kind: 'sent' }
}
