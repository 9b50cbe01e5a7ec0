import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { CustomerParams, ExternalUserId } from './ids.ts'
import { contactClaims } from './reasonClass.ts'
import { CivilDay, Instant } from './time.ts'

export const CouponKind = z.enum(['amountOff', 'percentOff', 'gift', 'service'])
export type CouponKind = z.infer<typeof CouponKind>

/** What a coupon is worth, enough to draw its face (`shared/rules/coupon.ts`). Money in fen. */
export const CouponFace = z.object({
  kind: CouponKind,
  amountFen: z.number().int().nullable().meta({ description: '满减：减多少分' }),
  percent: z.number().int().min(1).max(99).nullable().meta({ description: '折扣：付百分之几，95 即 9.5 折' }),
  words: z.string().nullable().meta({ description: '兑换、服务：券面的字，如 免刻字' }),
  thresholdFen: z.number().int().meta({ description: '满多少分可用，0 为无门槛' }),
  goods: z.string().nullable().meta({ description: '哪些商品可用' }),
})
export type CouponFace = z.infer<typeof CouponFace>

export const CouponState = z.enum([
  'reserved',
  'issued',
  'claimed',
  'redeemed',
  'released',
  'expired',
  'revoked',
])
export type CouponState = z.infer<typeof CouponState>

/** A template as one customer may or may not get it now. */
export const CouponOffer = z
  .object({
    templateId: z.uuid(),
    name: z.string(),
    face: CouponFace,
    validity: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('until'), day: CivilDay }),
      z.object({ kind: z.literal('daysAfterClaim'), days: z.number().int() }),
    ]),
    stockLeft: z.number().int(),
    refusal: z.enum(['soldOut', 'alreadyHeld']).nullable().meta({ description: '为什么现在不能发' }),
  })
  .meta({ id: 'CouponOffer' })
export type CouponOffer = z.infer<typeof CouponOffer>

export const CustomerCoupon = z
  .object({
    couponId: z.uuid(),
    name: z.string(),
    face: CouponFace,
    state: CouponState,
    issuedAt: Instant,
    issuedBy: z.string(),
    expiresOn: CivilDay.nullable(),
  })
  .meta({ id: 'CustomerCoupon' })
export type CustomerCoupon = z.infer<typeof CustomerCoupon>

export const CouponShelf = z.object({ offers: z.array(CouponOffer), held: z.array(CustomerCoupon) })
export type CouponShelf = z.infer<typeof CouponShelf>

/** A reservation and the link card to send; it must be confirmed or released before `deadline`. */
export const CouponReservation = z
  .object({
    couponId: z.uuid(),
    sendId: z.uuid(),
    deadline: Instant,
    card: z.object({ title: z.string(), description: z.string(), link: z.url(), imageUrl: z.string() }),
  })
  .meta({ id: 'CouponReservation' })
export type CouponReservation = z.infer<typeof CouponReservation>

const CouponParams = z.object({ couponId: z.uuid() })

export const listCustomerCoupons = endpoint({
  id: 'listCustomerCoupons',
  method: 'get',
  path: '/customers/{externalUserId}/coupons',
  summary: '这位客户现在能得的券，和她手上的券',
  params: CustomerParams,
  answer: CouponShelf,
  status: 200,
})

export const reserveCoupon = endpoint({
  id: 'reserveCoupon',
  method: 'post',
  path: '/coupons',
  summary: '占一张券，得到要发的卡片；10 分钟内要确认或退回',
  body: z.strictObject({
    templateId: z.uuid(),
    externalUserId: ExternalUserId,
    reminderId: z.uuid().nullable().default(null),
    ...contactClaims,
  }),
  answer: CouponReservation,
  status: 201,
  idempotency: 'required',
  problems: ['coupon_sold_out', 'coupon_already_granted', 'state_conflict', 'limit_reached'],
})

export const confirmCoupon = endpoint({
  id: 'confirmCoupon',
  method: 'post',
  path: '/coupons/{couponId}/confirm',
  summary: '卡片已发出',
  params: CouponParams,
  answer: CustomerCoupon,
  status: 200,
  idempotency: 'required',
  problems: ['state_conflict'],
})

export const releaseCoupon = endpoint({
  id: 'releaseCoupon',
  method: 'post',
  path: '/coupons/{couponId}/release',
  summary: '没有发出，退回库存',
  params: CouponParams,
  body: z.strictObject({
    outcome: z.enum(['cancelled', 'failed']),
    reason: z.string().max(200).nullable().default(null),
  }),
  answer: CustomerCoupon,
  status: 200,
  idempotency: 'required',
  problems: ['state_conflict'],
})
