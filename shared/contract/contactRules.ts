import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { CustomerParams } from './ids.ts'
import { TimeOfDay } from './notices.ts'
import { ContactHardness, ReasonClass } from './reasonClass.ts'
import { CivilDay, Instant } from './time.ts'

export { ReasonClass } from './reasonClass.ts'

export const ContactScope = z
  .enum(['corp', 'store', 'customer', 'group'])
  .meta({ description: '按什么数：全公司、每家店、每位客户、每个客户群' })
export const ContactChannel = z
  .enum(['private', 'coupon', 'group', 'mass'])
  .meta({ description: '私聊、优惠券、客户群、群发；优惠券也算一次私聊' })
/** How often we may write. A period is of civil days, today included: it always ends at midnight of the corp. */
export const ContactRuleDraft = z.strictObject({
  scope: ContactScope,
  channel: ContactChannel,
  periodDays: z.number().int().min(1).max(366).meta({ description: '几天里，今天也算' }),
  maxCount: z.number().int().min(0).max(1000),
  hardness: ContactHardness,
  bypass: z.array(ReasonClass).max(3).meta({ description: '这些原因不受这条限制，会记下来' }),
  source: z.string().trim().min(1).max(60).meta({ description: '这条从哪来' }),
  sourceDate: CivilDay.meta({ description: '来源的日期' }),
  isOn: z.boolean(),
})
export type ContactRuleDraft = z.infer<typeof ContactRuleDraft>

export const QuietHoursDraft = z.strictObject({
  isOn: z.boolean(),
  from: TimeOfDay,
  until: TimeOfDay,
  hardness: ContactHardness,
  bypass: z.array(ReasonClass).max(3),
})
export type QuietHoursDraft = z.infer<typeof QuietHoursDraft>

/** The rows of a corp; a whole, edited as one. A row is known by scope, channel and period. */
export const ContactRulesDraft = z.strictObject({
  rules: z.array(ContactRuleDraft).max(40),
  quietHours: QuietHoursDraft,
})
export type ContactRulesDraft = z.infer<typeof ContactRulesDraft>

const changed = {
  changedBy: z.string().nullable().meta({ description: '谁改的；空的是出厂就有' }),
  changedAt: Instant.nullable(),
}
export const ContactRules = z
  .object({
    rules: z.array(z.object({ ...ContactRuleDraft.shape, ...changed })),
    quietHours: z.object({ ...QuietHoursDraft.shape, ...changed }),
    version: z.number().int(),
  })
  .meta({ id: 'ContactRules' })
export type ContactRules = z.infer<typeof ContactRules>

/** A row as it stands towards one customer or group. */
export const CountedRule = z.object({
  scope: ContactScope,
  channel: ContactChannel,
  periodDays: z.number().int(),
  maxCount: z.number().int(),
  hardness: ContactHardness,
  bypass: z.array(ReasonClass),
  used: z.number().int().meta({ description: '这几天里全公司已经写过几次' }),
  freeOn: CivilDay.nullable().meta({ description: '用完时：哪天起又可以' }),
})

/** 少打扰 or 勿扰, as the customer wished; for everybody who serves her. */
export const Quiet = z.object({
  level: z.enum(['less', 'none']).meta({ description: '少打扰：30 天最多一次；勿扰：不主动写' }),
  until: CivilDay.meta({ description: '从这天起又可以写' }),
  reason: z.string().trim().min(1).max(10).nullable().meta({ description: '她怎么说的，如 忙' }),
})
export type Quiet = z.infer<typeof Quiet>

export const QuietState = z
  .object({ quiet: Quiet.nullable(), version: z.number().int() })
  .meta({ id: 'QuietState' })
export type QuietState = z.infer<typeof QuietState>

export const getContactRules = endpoint({
  id: 'getContactRules',
  method: 'get',
  path: '/contact-rules',
  summary: '多久能主动写一次、几点不打扰（店长、管理员看）',
  answer: ContactRules,
  status: 200,
})

export const changeContactRules = endpoint({
  id: 'changeContactRules',
  method: 'put',
  path: '/contact-rules',
  summary: '改克制的规矩（管理员），马上对所有人生效',
  body: ContactRulesDraft,
  answer: ContactRules,
  status: 200,
  versioned: true,
})

export const changeQuiet = endpoint({
  id: 'changeQuiet',
  method: 'put',
  path: '/customers/{externalUserId}/quiet',
  summary: '记下她想少打扰或勿扰，服务她的同事都看得到；空的是恢复',
  params: CustomerParams,
  body: z.strictObject({ quiet: Quiet.strict().nullable() }),
  answer: QuietState,
  status: 200,
  versioned: true,
})
