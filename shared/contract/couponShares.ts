import { z } from 'zod'
import { CouponFace, CouponOffer, CouponReservation } from './coupons.ts'
import { endpoint } from './endpoint.ts'
import { ChatId, GroupParams } from './ids.ts'
import { contactClaims } from './reasonClass.ts'
import { Instant } from './time.ts'

/** Most pieces one link may carry: a customer group has at most 500 members. */
export const SHARE_MAX_COUNT = 500
/** After so long at most, what nobody has claimed goes back. */
export const SHARE_MAX_HOURS = 7 * 24

/** `reserved` waits for the send · `issued` lies in the group · `released` did not go out · `ended` is past its end. */
export const CouponShareState = z.enum(['reserved', 'issued', 'released', 'ended'])
export type CouponShareState = z.infer<typeof CouponShareState>

/** One link in a group: so many pieces, one for each person, until its end. */
export const CouponShare = z
  .object({
    shareId: z.uuid(),
    templateId: z.uuid(),
    name: z.string(),
    face: CouponFace,
    state: CouponShareState,
    count: z.number().int(),
    claimed: z.number().int(),
    by: z.string(),
    endsAt: Instant.meta({ description: '到这时没人领的退回库存' }),
    mayWithdraw: z.boolean().meta({ description: '自己能不能撤回：发的人，她的店长，管理员' }),
  })
  .meta({ id: 'CouponShare' })
export type CouponShare = z.infer<typeof CouponShare>

/** As of a single coupon: confirm or release before `deadline`. */
export const CouponShareReservation = CouponReservation.omit({ couponId: true, words: true })
  .extend({ shareId: z.uuid(), count: z.number().int(), endsAt: Instant })
  .meta({ id: 'CouponShareReservation' })
export type CouponShareReservation = z.infer<typeof CouponShareReservation>

export const GroupCouponShelf = z.object({ offers: z.array(CouponOffer), shares: z.array(CouponShare) })
export type GroupCouponShelf = z.infer<typeof GroupCouponShelf>

const ShareParams = z.object({ shareId: z.uuid() })

export const listGroupCoupons = endpoint({
  id: 'listGroupCoupons',
  method: 'get',
  path: '/groups/{chatId}/coupons',
  summary: '这个群现在能发的券，和最近发到群里的',
  params: GroupParams,
  answer: GroupCouponShelf,
  status: 200,
})

export const reserveCouponShare = endpoint({
  id: 'reserveCouponShare',
  method: 'post',
  path: '/coupon-shares',
  summary: '为一个群占几张券，得到要发的卡片：一人领一张；10 分钟内要确认或退回',
  body: z.strictObject({
    templateId: z.uuid(),
    chatId: ChatId,
    count: z.number().int().min(1).max(SHARE_MAX_COUNT),
    hours: z.number().int().min(1).max(SHARE_MAX_HOURS).default(48).meta({ description: '多少小时内可领' }),
    ...contactClaims,
  }),
  answer: CouponShareReservation,
  status: 201,
  idempotency: 'required',
  problems: ['coupon_sold_out', 'state_conflict', 'limit_reached'],
})

export const confirmCouponShare = endpoint({
  id: 'confirmCouponShare',
  method: 'post',
  path: '/coupon-shares/{shareId}/confirm',
  summary: '卡片已发到群里',
  params: ShareParams,
  answer: CouponShare,
  status: 200,
  idempotency: 'required',
  problems: ['state_conflict'],
})

export const releaseCouponShare = endpoint({
  id: 'releaseCouponShare',
  method: 'post',
  path: '/coupon-shares/{shareId}/release',
  summary: '没有发到群里，全部退回库存',
  params: ShareParams,
  body: z.strictObject({
    outcome: z.enum(['cancelled', 'failed']),
    reason: z.string().max(200).nullable().default(null),
  }),
  answer: CouponShare,
  status: 200,
  idempotency: 'required',
  problems: ['state_conflict'],
})

export const withdrawCouponShare = endpoint({
  id: 'withdrawCouponShare',
  method: 'post',
  path: '/coupon-shares/{shareId}/withdraw',
  summary: '撤回群里的链接：没人领的退回库存，领了的还能用；发的人、她的店长或管理员',
  params: ShareParams,
  answer: CouponShare,
  status: 200,
  idempotency: 'required',
  problems: ['state_conflict'],
})
