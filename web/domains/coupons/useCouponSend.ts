import { confirmCoupon, releaseCoupon, reserveCoupon } from '../../api/coupons.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import type { Reserved } from './deliverReserved.ts'
import { useReservedSend } from './useReservedSend.ts'

/** A reservation of one coupon, with the ways to end it. */
export async function reserveOne(...asked: Parameters<typeof reserveCoupon>): Promise<Reserved> {
  const { couponId, words, card } = await reserveCoupon(...asked)
  return {
    words,
    card,
    confirm: () => confirmCoupon(couponId, `confirm-${couponId}`),
    release: told => releaseCoupon(couponId, told, `release-${couponId}`),
  }
}

/** Gives one coupon to the customer in view. */
export function useCouponSend() {
  const current = useCurrentCustomerStore()
  const sending = useReservedSend()
  return {
    ...sending,
    give(templateId: string): Promise<boolean> {
      const { externalUserId } = current
      if (!externalUserId) return Promise.resolve(false)
      const body = { templateId, externalUserId, reminderId: null }
      return sending.give(templateId, {
        body,
        reserve: (claims, key) => reserveOne({ ...body, ...claims }, key),
      })
    },
  }
}
