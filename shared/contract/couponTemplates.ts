import { z } from 'zod'
import { CouponFace, CouponHours, CouponOccasion, CouponValidity } from './coupons.ts'
import { endpoint } from './endpoint.ts'
import { StoreRef } from './staff.ts'
import { Instant } from './time.ts'

/** A draft is seen by nobody at the chat. Paused, it is not given any more and can go on; stopped is the end. */
export const CouponTemplateState = z.enum(['draft', 'running', 'paused', 'stopped'])
export type CouponTemplateState = z.infer<typeof CouponTemplateState>

const Fen = z.number().int().min(0).max(100_000_000)
const tooMany = 1_000_000

/** What is worth something to the customer; `face.kind` decides which of its fields are filled in. */
const content = {
  name: z.string().trim().min(1).max(20).meta({ description: '券名，客户看得到' }),
  face: z.strictObject({
    ...CouponFace.shape,
    amountFen: Fen.nullable().default(null),
    percent: CouponFace.shape.percent.default(null),
    words: z.string().trim().max(12).nullable().default(null),
    thresholdFen: Fen.default(0),
    goods: z.string().trim().max(30).nullable().default(null),
  }),
  validity: CouponValidity,
  hours: z.array(CouponHours).max(10).meta({ description: '一周里哪些时段能用；空的是都能用' }),
  stock: z.number().int().min(0).max(tooMany).meta({ description: '一共多少张' }),
  perPerson: z.number().int().min(1).max(100).meta({ description: '每人最多几张' }),
  perGuidePerDay: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .nullable()
    .meta({ description: '每位导购一天最多发几张；空的不限' }),
  storeIds: z
    .array(z.number().int())
    .max(500)
    .meta({ description: '哪些门店能发、能用（部门编号）；空的是全部门店' }),
  tiers: z
    .array(z.string().trim().min(1).max(10))
    .max(20)
    .meta({ description: '哪些会员等级能得；空的不限' }),
  occasions: z.array(CouponOccasion).max(10).meta({ description: '适合什么场合：提醒里排在前面' }),
  isStackable: z.boolean().meta({ description: '能不能和别的优惠一起用' }),
  landingText: z.string().trim().max(200).meta({ description: '客户打开时看到的一段话' }),
  pictureId: z.uuid().nullable().meta({ description: '先用 POST /coupon-pictures 传' }),
  terms: z.string().trim().max(500).meta({ description: '使用说明' }),
  sort: z.number().int().min(0).max(10_000).meta({ description: '小的排在前面' }),
}

export const CouponTemplateDraft = z.strictObject({
  ...content,
  hours: content.hours.default([]),
  perPerson: content.perPerson.default(1),
  perGuidePerDay: content.perGuidePerDay.default(null),
  storeIds: content.storeIds.default([]),
  tiers: content.tiers.default([]),
  occasions: content.occasions.default([]),
  isStackable: content.isStackable.default(false),
  landingText: content.landingText.default(''),
  pictureId: content.pictureId.default(null),
  terms: content.terms.default(''),
  sort: content.sort.default(100),
})
export type CouponTemplateDraft = z.infer<typeof CouponTemplateDraft>
/** As a client writes it: what is left out has a value of its own. */
export type CouponTemplateInput = z.input<typeof CouponTemplateDraft>

/**
 * What is left out stays as it is. Once the first piece is out, what its holder was promised stands: then only stock, limits upwards,
 * more stores, tiers, occasions, order, picture, landing text and the state can change; the rest answers 422.
 */
export const CouponTemplateChange = z
  .strictObject({ ...content, state: CouponTemplateState.exclude(['draft']) })
  .partial()
export type CouponTemplateChange = z.infer<typeof CouponTemplateChange>

export const CouponTemplate = z
  .object({
    ...content,
    face: CouponFace,
    templateId: z.uuid(),
    state: CouponTemplateState,
    issuer: z.string().meta({ description: 'own：自己的券；别的是外面的发券方' }),
    stores: z.array(StoreRef).meta({ description: '同 storeIds，带名字；空的是全部门店' }),
    pictureUrl: z.string().nullable(),
    live: z.number().int().meta({ description: '占着库存的：正在发、等领、已领、已用' }),
    stockLeft: z.number().int(),
    pieces: z
      .object({
        reserved: z.number().int(),
        issued: z.number().int(),
        claimed: z.number().int(),
        redeemed: z.number().int(),
      })
      .nullable()
      .meta({ description: '占着库存的各是什么；只给能改它的人看，列表里不数' }),
    isIssued: z.boolean().meta({ description: '发出过，面额和规则不能再改' }),
    mayChange: z.boolean(),
    changedBy: z.string().nullable(),
    changedAt: Instant,
    version: z.number().int(),
  })
  .meta({ id: 'CouponTemplate' })
export type CouponTemplate = z.infer<typeof CouponTemplate>

const TemplateParams = z.object({ templateId: z.uuid() })

export const listCouponTemplates = endpoint({
  id: 'listCouponTemplates',
  method: 'get',
  path: '/coupon-templates',
  summary: '券：导购看正在发的，店长看自己门店的，管理员看全部；先排序、后新旧',
  query: z.object({ state: CouponTemplateState.optional() }),
  answer: z.object({ templates: z.array(CouponTemplate) }),
  status: 200,
  etag: true,
})

export const listCustomerTiers = endpoint({
  id: 'listCustomerTiers',
  method: 'get',
  path: '/customer-tiers',
  summary: '客户资料里写过的会员等级，人多的在前，最多 50 个：券的条件从里面选',
  answer: z.object({ tiers: z.array(z.string()) }),
  status: 200,
  problems: ['forbidden'],
})

export const addCouponTemplate = endpoint({
  id: 'addCouponTemplate',
  method: 'post',
  path: '/coupon-templates',
  summary: '新建一种券，先是草稿；店长的要写明自己的门店',
  body: CouponTemplateDraft,
  answer: CouponTemplate,
  status: 201,
  idempotency: 'accepted',
  problems: ['forbidden', 'limit_reached'],
})

export const getCouponTemplate = endpoint({
  id: 'getCouponTemplate',
  method: 'get',
  path: '/coupon-templates/{templateId}',
  summary: '一种券',
  params: TemplateParams,
  answer: CouponTemplate,
  status: 200,
})

export const changeCouponTemplate = endpoint({
  id: 'changeCouponTemplate',
  method: 'patch',
  path: '/coupon-templates/{templateId}',
  summary: '改一种券，或者开始、暂停、停止；库存只能到占用的张数为止',
  params: TemplateParams,
  body: CouponTemplateChange,
  answer: CouponTemplate,
  status: 200,
  idempotency: 'accepted',
  versioned: true,
  problems: ['forbidden', 'state_conflict'],
})

export const COUPON_PICTURE_MAX_BYTES = 512 * 1024

export const addCouponPicture = endpoint({
  id: 'addCouponPicture',
  method: 'post',
  path: '/coupon-pictures',
  summary: '传一张券的图片，最大 512 KB',
  upload: { types: ['image/jpeg', 'image/png'], maxBytes: COUPON_PICTURE_MAX_BYTES },
  answer: z.object({ pictureId: z.uuid(), url: z.string() }),
  status: 201,
  idempotency: 'accepted',
  problems: ['forbidden', 'validation_failed', 'limit_reached'],
})
