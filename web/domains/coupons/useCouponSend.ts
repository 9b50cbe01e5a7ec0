import { reactive } from 'vue'
import type { CouponReservation } from '../../../shared/contract/coupons.ts'
import { confirmCoupon, releaseCoupon, reserveCoupon } from '../../api/coupons.ts'
import { newIdempotencyKey } from '../../api/client.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { retrying } from '../../ui/retrying.ts'
import { sendToChat, type Contact } from '../../wecom/bridge.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'

export type CouponSendState =
  | { kind: 'idle' }
  | { kind: 'sending' }
  | { kind: 'sent' }
  /** Nothing left, and why; the piece is back in stock unless `isHeld`. */
  | { kind: 'unsent'; words: string; isHeld: boolean }

/**
 * Gives one coupon to the customer in view: reserve → link card into the chat → confirm, or release when it did not
 * leave. When the client never answers, nobody knows: the piece stays reserved until its deadline and we say so.
 * One intention per template, so a second tap does nothing.
 */
export function useCouponSend() {
  const current = useCurrentCustomerStore()
  const states = reactive(new Map<string, CouponSendState>())
  const keys = new Map<string, string>()
  const set = (templateId: string, state: CouponSendState) => states.set(templateId, state)

  async function give(templateId: string, reminderId: string | null = null): Promise<void> {
    if (states.get(templateId)?.kind === 'sending') return
    set(templateId, { kind: 'sending' })
    const { externalUserId, contact } = current
    if (!externalUserId || !(await current.confirmStillHere(contact)))
      return void set(templateId, { kind: 'idle' })

    const key = keys.get(templateId) ?? newIdempotencyKey()
    keys.set(templateId, key)
    let reservation: CouponReservation
    try {
      reservation = await reserveCoupon({ templateId, externalUserId, reminderId }, key)
    } catch (error) {
      keys.delete(templateId)
      set(templateId, { kind: 'unsent', words: problemTitle(error), isHeld: false })
      return
    }
    set(templateId, await deliver(reservation, contact))
    // An answered intention is over: the next tap is a new one.
    keys.delete(templateId)
    void current.refresh()
  }

  async function deliver(
    { couponId, card }: CouponReservation,
    contact: Contact | undefined,
  ): Promise<CouponSendState> {
    if (!(await current.confirmStillHere(contact))) {
      await retrying(() =>
        releaseCoupon(couponId, { outcome: 'failed', reason: 'chat changed' }, `release-${couponId}`),
      )
      return { kind: 'idle' }
    }
    const outcome = await sendToChat({ kind: 'news', ...card })
    if (outcome === 'ok') {
      await retrying(() => confirmCoupon(couponId, `confirm-${couponId}`))
      return { kind: 'sent' }
    }
    if (outcome === 'unknown')
      return { kind: 'unsent', words: '企业微信没有回应，10 分钟内没发出会自动退回', isHeld: true }
    const reason = outcome === 'cancelled' ? null : outcome.failed
    await retrying(() =>
      releaseCoupon(
        couponId,
        { outcome: reason === null ? 'cancelled' : 'failed', reason },
        `release-${couponId}`,
      ),
    )
    return {
      kind: 'unsent',
      words: reason === null ? '你取消了，券已退回' : '没有发出，券已退回',
      isHeld: false,
    }
  }

  return { states, give }
}
