import { confirmCouponShare, releaseCouponShare, reserveCouponShare } from '../../api/couponShares.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { useReservedSend } from './useReservedSend.ts'

/** Gives one link with so many pieces to the group in view. */
export function useShareSend() {
  const current = useCurrentCustomerStore()
  const sending = useReservedSend()
  return {
    ...sending,
    give(templateId: string, count: number): Promise<boolean> {
      const { chatId } = current
      if (!chatId) return Promise.resolve(false)
      const body = { templateId, chatId, count }
      return sending.give(templateId, {
        body,
        async reserve(claims, key) {
          const { shareId, card } = await reserveCouponShare({ ...body, ...claims }, key)
          return {
            words: [],
            card,
            confirm: () => confirmCouponShare(shareId, `confirm-${shareId}`),
            release: ({ outcome, reason }) =>
              releaseCouponShare(shareId, { outcome, reason }, `release-${shareId}`),
          }
        },
      })
    },
  }
}
