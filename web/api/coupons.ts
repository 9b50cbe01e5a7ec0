import * as operations from '../../shared/contract/coupons.ts'
import type { CouponMessage } from '../../shared/contract/coupons.ts'
import type { ReasonClass } from '../../shared/contract/reasonClass.ts'
import type { PartOutcome } from '../../shared/contract/sends.ts'
import { call } from './client.ts'

/** What she may get now, and what she holds. */
export const listCustomerCoupons = (externalUserId: string) =>
  call(operations.listCustomerCoupons, { params: { externalUserId } })

/** Takes one piece out of stock; confirm or release it before its deadline. */
export const reserveCoupon = (
  body: {
    templateId: string
    externalUserId: string
    reminderId: string | null
    message?: CouponMessage | null
    reasonClass?: ReasonClass
    confirmed?: boolean
  },
  idempotencyKey: string,
) => call(operations.reserveCoupon, { body, idempotencyKey })

export const confirmCoupon = (couponId: string, idempotencyKey: string) =>
  call(operations.confirmCoupon, { params: { couponId }, idempotencyKey })

export const releaseCoupon = (
  couponId: string,
  body: { outcome: 'cancelled' | 'failed'; reason: string | null; words?: PartOutcome[] },
  idempotencyKey: string,
) => call(operations.releaseCoupon, { params: { couponId }, body, idempotencyKey })

/** A coupon by the code the customer shows, or by what stands behind `/c/` in the link of its QR. */
export const findCoupon = (shown: { code: string } | { token: string }) =>
  call(operations.findCoupon, { body: shown })

export const redeemCoupon = (
  couponId: string,
  body: { code: string; amountFen: number; piece: string | null },
  idempotencyKey: string,
) => call(operations.redeemCoupon, { params: { couponId }, body, idempotencyKey })

export const undoRedeem = (couponId: string, reason: string, idempotencyKey: string) =>
  call(operations.undoRedeem, { params: { couponId }, body: { reason }, idempotencyKey })

export const revokeCoupon = (couponId: string, reason: string, idempotencyKey: string) =>
  call(operations.revokeCoupon, { params: { couponId }, body: { reason }, idempotencyKey })
