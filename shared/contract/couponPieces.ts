import { z } from 'zod'
import { CouponAtTill, CouponCode, CouponState } from './coupons.ts'
import { CouponShare } from './couponShares.ts'
import { endpoint } from './endpoint.ts'
import { page, PageQuery } from './page.ts'
import { CivilDay, Instant } from './time.ts'

export const CouponPieces = z
  .enum(['open', 'redeemed', 'ended'])
  .meta({ description: '还能用的、用掉的、过期或收回的' })
export type CouponPieces = z.infer<typeof CouponPieces>

/** One piece of a template that somebody holds or has held; whose, only as far as the reader may know her. */
export const CouponPiece = CouponAtTill.pick({ couponId: true, customer: true })
  .extend({
    codeEnd: z.string().meta({ description: '券码的最后四位；整个码只在客户手里' }),
    state: CouponState,
    by: z.string().meta({ description: '谁发的' }),
    isFromGroup: z.boolean().meta({ description: '从群里的链接领的' }),
    issuedAt: Instant,
    claimedAt: Instant.nullable(),
    expiresOn: CivilDay.nullable(),
    redeemedAt: Instant.nullable(),
    mayRevoke: z.boolean(),
  })
  .meta({ id: 'CouponPiece' })
export type CouponPiece = z.infer<typeof CouponPiece>

export const listCouponPieces = endpoint({
  id: 'listCouponPieces',
  method: 'get',
  path: '/coupon-templates/{templateId}/pieces',
  summary: '一种券发出去的每一张，新的在前：店长看自己门店的人发的，管理员看全部',
  params: z.object({ templateId: z.uuid() }),
  query: PageQuery.extend({ which: CouponPieces.optional() }),
  answer: page(CouponPiece).extend({
    shares: z.array(CouponShare).meta({ description: '现在躺在群里、还能领的链接；只在第一页' }),
  }),
  status: 200,
  problems: ['forbidden', 'cursor_invalid'],
})

export const findCouponPiece = endpoint({
  id: 'findCouponPiece',
  // The code is worth money: in a body, where no log of addresses keeps it.
  method: 'post',
  path: '/coupon-templates/{templateId}/pieces/find',
  summary: '按完整券码在一种券里找一张；没有、或不是自己门店的人发的，一样是 404',
  params: z.object({ templateId: z.uuid() }),
  body: z.strictObject({ code: CouponCode }),
  answer: CouponPiece,
  status: 200,
  problems: ['forbidden'],
})
