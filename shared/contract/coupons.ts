import { z } from 'zod'
import { RedeemRefusal } from './couponRefusal.ts'
import { endpoint } from './endpoint.ts'
import { CustomerParams, ExternalUserId } from './ids.ts'
import { TimeOfDay } from './notices.ts'
import { contactClaims } from './reasonClass.ts'
import { ScriptPart } from './scripts.ts'
import { PartOutcome, SendPart } from './sends.ts'
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

/** Up to a last day, from a first one on or at once; or some days from the claim, the day of the claim not counted. */
export const CouponValidity = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('until'),
    from: CivilDay.optional().meta({ description: '从哪天起能用；没有就是领了就能用' }),
    day: CivilDay.meta({ description: '最后一天，当天还能用' }),
  }),
  z.strictObject({ kind: z.literal('daysAfterClaim'), days: z.number().int().min(1).max(3650) }),
])
export type CouponValidity = z.infer<typeof CouponValidity>

/** Hours of some days of the week in which it can be redeemed; `until` is the first minute after. */
export const CouponHours = z.strictObject({
  weekdays: z.array(z.number().int().min(1).max(7)).min(1).max(7).meta({ description: '1 是周一，7 是周日' }),
  from: TimeOfDay,
  until: TimeOfDay.meta({ description: '到这一刻为止；00:00 是到半夜' }),
})
export type CouponHours = z.infer<typeof CouponHours>

/** What a reminder is about when this coupon goes well with it. */
export const CouponOccasion = z.enum(['birthday', 'wedding', 'firstPurchase', 'newFriend', 'care'])
export type CouponOccasion = z.infer<typeof CouponOccasion>

export const OfferRefusal = z
  .enum(['soldOut', 'alreadyHeld', 'paused', 'tier', 'dayLimit'])
  .meta({ description: '发完了、她得满了、暂停了、不是这个等级的会员、你今天的份发完了' })
export type OfferRefusal = z.infer<typeof OfferRefusal>

/** A template as one customer, or a group, may or may not get it now. */
export const CouponOffer = z
  .object({
    templateId: z.uuid(),
    name: z.string(),
    face: CouponFace,
    validity: CouponValidity,
    stockLeft: z.number().int(),
    occasions: z.array(CouponOccasion),
    perPerson: z.number().int().meta({ description: '每人最多几张' }),
    given: z.number().int().meta({ description: '她已经得了几张，用掉的也算；群里是 0' }),
    refusal: OfferRefusal.nullable().meta({ description: '为什么现在不能发' }),
  })
  .meta({ id: 'CouponOffer' })
export type CouponOffer = z.infer<typeof CouponOffer>

/** What goes with a reminder: it can be given to her now, and is meant for this occasion. */
export const ReminderCoupon = CouponOffer.pick({
  templateId: true,
  name: true,
  face: true,
  validity: true,
}).meta({ id: 'ReminderCoupon' })
export type ReminderCoupon = z.infer<typeof ReminderCoupon>

/** How it came to her: given in the chat, claimed from a group's link, or with the welcome to a new friend. */
export const CouponOrigin = z.enum(['chat', 'share', 'welcome'])
export type CouponOrigin = z.infer<typeof CouponOrigin>

export const CustomerCoupon = z
  .object({
    couponId: z.uuid(),
    name: z.string(),
    face: CouponFace,
    state: CouponState,
    issuedAt: Instant,
    issuedBy: z.string(),
    origin: CouponOrigin,
    claimedAt: Instant.nullable(),
    expiresOn: CivilDay.nullable(),
    redemption: z
      .object({
        at: Instant,
        store: z.string().nullable(),
        amountFen: z.number().int(),
        discountFen: z.number().int(),
      })
      .nullable(),
    mayRevoke: z.boolean().meta({ description: '自己能不能收回：店长收自己门店发的，管理员收全部' }),
  })
  .meta({ id: 'CustomerCoupon' })
export type CustomerCoupon = z.infer<typeof CustomerCoupon>

export const CouponShelf = z.object({ offers: z.array(CouponOffer), held: z.array(CustomerCoupon) })
export type CouponShelf = z.infer<typeof CouponShelf>

/** Words that go out with a coupon, in one send; most parts of a send are nine, and the card is one of them. */
const CouponMessage = z.strictObject({
  title: z.string().trim().min(1).max(60),
  parts: z.array(ScriptPart).min(1).max(8),
  script: z.strictObject({ scriptId: z.uuid(), version: z.number().int() }).nullable().default(null),
})
export type CouponMessage = z.infer<typeof CouponMessage>

/** A reservation and the link card to send; it must be confirmed or released before `deadline`. */
export const CouponReservation = z
  .object({
    couponId: z.uuid(),
    sendId: z.uuid(),
    deadline: Instant,
    words: z.array(SendPart).meta({ description: '先发的文字，按顺序；没有就是空的' }),
    card: z.object({ title: z.string(), description: z.string(), link: z.url(), imageUrl: z.string() }),
  })
  .meta({ id: 'CouponReservation' })
export type CouponReservation = z.infer<typeof CouponReservation>

/** 12 characters as the customer's page shows them; blanks and hyphens between them do not matter. */
export const CouponCode = z.string().trim().min(1).max(40)
const AmountFen = z.number().int().min(0).max(100_000_000)

/** One coupon as the till sees it: what it is worth, what it asks for, and what became of it. */
export const CouponAtTill = z
  .object({
    couponId: z.uuid(),
    code: z.string(),
    name: z.string(),
    face: CouponFace,
    state: CouponState,
    customer: z
      .object({ address: z.string(), isMasked: z.boolean() })
      .nullable()
      .meta({ description: '谁的券；不是自己的客户只看到姓；群里领的可能不知道是谁' }),
    validFrom: CivilDay.nullable(),
    expiresOn: CivilDay.nullable(),
    hours: z.array(CouponHours),
    stores: z.array(z.string()).meta({ description: '能用的门店；空的是全部' }),
    isStackable: z.boolean(),
    terms: z.string(),
    refusal: z
      .object({ reason: RedeemRefusal, detail: z.string() })
      .nullable()
      .meta({ description: '现在不能核销的原因；满多少要看金额，不在这里' }),
    redemption: z
      .object({
        at: Instant,
        by: z.string(),
        store: z.string().nullable(),
        amountFen: AmountFen.meta({ description: '用券前的金额' }),
        discountFen: AmountFen.meta({ description: '减了多少；兑换、服务为 0' }),
        mayUndo: z.boolean().meta({ description: '自己能不能撤销：本店店长或管理员，当天' }),
      })
      .nullable(),
  })
  .meta({ id: 'CouponAtTill' })
export type CouponAtTill = z.infer<typeof CouponAtTill>

export const RedeemDraft = z.strictObject({
  code: CouponCode.meta({ description: '客户出示的码：没有码不能核销' }),
  amountFen: AmountFen.meta({ description: '用券前的金额' }),
  piece: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .nullable()
    .default(null)
    .meta({ description: '买的什么，记到购买里' }),
})
export type RedeemDraft = z.infer<typeof RedeemDraft>

const Reason = z.string().trim().min(1).max(200)
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
    message: CouponMessage.nullable().default(null).meta({ description: '和券一起发的文字：算一次发送' }),
    ...contactClaims,
  }),
  answer: CouponReservation,
  status: 201,
  idempotency: 'required',
  problems: [
    'coupon_sold_out',
    'coupon_already_granted',
    'state_conflict',
    'limit_reached',
    'issuer_unavailable',
  ],
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
    words: z.array(PartOutcome).max(8).default([]).meta({ description: '前面的文字各怎样；后面的都没有发' }),
  }),
  answer: CustomerCoupon,
  status: 200,
  idempotency: 'required',
  problems: ['state_conflict'],
})

export const findCoupon = endpoint({
  id: 'findCoupon',
  // The code is worth money: in a body, where no log of addresses keeps it.
  method: 'post',
  path: '/coupons/find',
  summary: '收银时按码找一张券：手输的 12 位，或二维码里的链接；找错多了要歇一会儿',
  body: z
    .strictObject({
      code: CouponCode.optional(),
      token: z.string().max(64).optional().meta({ description: '二维码链接 /c/ 后面的一段' }),
    })
    .refine(({ code, token }) => (code === undefined) !== (token === undefined), {
      message: '码和链接给一个',
    }),
  answer: CouponAtTill,
  status: 200,
  problems: ['not_found', 'rate_limited'],
})

export const redeemCoupon = endpoint({
  id: 'redeemCoupon',
  method: 'post',
  path: '/coupons/{couponId}/redeem',
  summary: '核销：看门店、时间、满多少，只能一次，记一笔购买',
  params: CouponParams,
  body: RedeemDraft,
  answer: CouponAtTill,
  status: 200,
  idempotency: 'required',
  problems: ['coupon_not_redeemable', 'rate_limited', 'issuer_unavailable'],
})

export const undoRedeem = endpoint({
  id: 'undoRedeem',
  method: 'post',
  path: '/coupons/{couponId}/redeem/undo',
  summary: '撤销核销：本店店长或管理员，当天，要写原因',
  params: CouponParams,
  body: z.strictObject({ reason: Reason }),
  answer: CouponAtTill,
  status: 200,
  idempotency: 'required',
  problems: ['forbidden', 'state_conflict'],
})

export const revokeCoupon = endpoint({
  id: 'revokeCoupon',
  method: 'post',
  path: '/coupons/{couponId}/revoke',
  summary: '收回一张还没用的券，退回库存：店长收自己门店发的，管理员收全部，要写原因',
  params: CouponParams,
  body: z.strictObject({ reason: Reason }),
  answer: CouponAtTill,
  status: 200,
  idempotency: 'required',
  problems: ['forbidden', 'state_conflict'],
})
