import * as operations from '../../shared/contract/couponShares.ts'
import type { ReasonClass } from '../../shared/contract/reasonClass.ts'
import { call } from './client.ts'

/** What may be given to this group now, and what was given lately. */
export const listGroupCoupons = (chatId: string) => call(operations.listGroupCoupons, { params: { chatId } })

/** Takes pieces for a group; confirm or release them before the deadline. */
export const reserveCouponShare = (
  body: {
    templateId: string
    chatId: string
    count: number
    hours?: number
    reasonClass?: ReasonClass
    confirmed?: boolean
  },
  idempotencyKey: string,
) => call(operations.reserveCouponShare, { body, idempotencyKey })

export const confirmCouponShare = (shareId: string, idempotencyKey: string) =>
  call(operations.confirmCouponShare, { params: { shareId }, idempotencyKey })

/** Nobody claims from it any more; what has been claimed stays. */
export const withdrawCouponShare = (shareId: string, idempotencyKey: string) =>
  call(operations.withdrawCouponShare, { params: { shareId }, idempotencyKey })

export const releaseCouponShare = (
  shareId: string,
  body: { outcome: 'cancelled' | 'failed'; reason: string | null },
  idempotencyKey: string,
) => call(operations.releaseCouponShare, { params: { shareId }, body, idempotencyKey })
