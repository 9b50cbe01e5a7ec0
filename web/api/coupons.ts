import * as operations from '../../shared/contract/coupons.ts'
import type { ReasonClass } from '../../shared/contract/reasonClass.ts'
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
    reasonClass?: ReasonClass
    confirmed?: boolean
  },
  idempotencyKey: string,
) => call(operations.reserveCoupon, { body, idempotencyKey })

export const confirmCoupon = (couponId: string, idempotencyKey: string) =>
  call(operations.confirmCoupon, { params: { couponId }, idempotencyKey })

export const releaseCoupon = (
  couponId: string,
  body: { outcome: 'cancelled' | 'failed'; reason: string | null },
  idempotencyKey: string,
) => call(operations.releaseCoupon, { params: { couponId }, body, idempotencyKey })
