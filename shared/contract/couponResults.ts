import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { CivilDay, Instant } from './time.ts'

/** Most months that are looked at together. */
export const MAX_RESULT_MONTHS = 12

const count = z.number().int().min(0)

export const Month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/)

/** Each step counts in the month in which it happened, for the guide who gave the coupon. */
export const CouponCounts = z.object({
  issued: count.meta({ description: '发到客户手上的；群里的一条链接，领走一张算一张' }),
  claimed: count.meta({ description: '客户领取的' }),
  redeemed: count.meta({ description: '核销的，撤销的不算' }),
  paidFen: count.meta({ description: '核销时录入的实付金额合计：录入的金额减去优惠' }),
  discountFen: count.meta({ description: '核销时优惠掉的合计' }),
})
export type CouponCounts = z.infer<typeof CouponCounts>

export const CouponSplit = z.enum(['template', 'store', 'guide', 'script'])
export type CouponSplit = z.infer<typeof CouponSplit>

export const CouponResultRow = CouponCounts.extend({
  kind: z.enum(['one', 'none', 'personal', 'rest']).meta({
    description:
      'none：不属于门店、没有配话术；personal：同事自己的话术合在一起；rest：不足 5 位客户的合在一起',
  }),
  name: z.string().nullable(),
  store: z.string().nullable().meta({ description: '导购的门店' }),
  templateId: z.uuid().nullable().meta({ description: '按券分的，可以单独看这种券' }),
  departmentId: z.number().int().nullable().meta({ description: '按门店分的，可以单独看这家店' }),
})
export type CouponResultRow = z.infer<typeof CouponResultRow>

export const MonthOfCoupons = CouponCounts.extend({ month: Month })
export type MonthOfCoupons = z.infer<typeof MonthOfCoupons>

export const CouponResults = z
  .object({
    from: Month,
    until: Month,
    today: CivilDay,
    countedAt: Instant.nullable().meta({ description: '数到什么时候；空：还没数过' }),
    total: CouponCounts.meta({ description: 'from 到 until 的合计' }),
    months: z.array(MonthOfCoupons).meta({ description: '到 until 为止的 6 个月，早的在前' }),
    rows: z.array(CouponResultRow).max(200).meta({ description: 'from 到 until，发得多的在前' }),
    unlisted: count.meta({ description: '还有几行没有列出' }),
  })
  .meta({ id: 'CouponResults' })
export type CouponResults = z.infer<typeof CouponResults>

const monthNumber = (month: string) => Number(month.slice(0, 4)) * 12 + Number(month.slice(5))
const range = { from: Month.optional(), until: Month.optional() }
const isRange = ({ from, until }: { from?: string | undefined; until?: string | undefined }) =>
  from === undefined ||
  until === undefined ||
  (monthNumber(from) <= monthNumber(until) && monthNumber(until) - monthNumber(from) < MAX_RESULT_MONTHS)
const message = `从哪个月到哪个月，最多 ${MAX_RESULT_MONTHS} 个月`

export const getMyCouponResults = endpoint({
  id: 'getMyCouponResults',
  method: 'get',
  path: '/stats/coupons/mine',
  summary: '我发的券：发了多少、用了多少、卖了多少；不说哪个月就是最近 6 个月',
  query: z
    .object({
      ...range,
      by: z.enum(['template', 'script']).default('template'),
      templateId: z.uuid().optional(),
    })
    .refine(isRange, { message }),
  answer: CouponResults,
  status: 200,
})

export const getCouponResults = endpoint({
  id: 'getCouponResults',
  method: 'get',
  path: '/stats/coupons',
  summary: '券的成效，按券、门店、导购或话术；店长看本店同事发的，管理员看全部；不足 5 位客户的不拆开',
  query: z
    .object({
      ...range,
      by: CouponSplit.default('template'),
      templateId: z.uuid().optional(),
      store: z.coerce.number().int().optional().meta({ description: '门店的 departmentId' }),
    })
    .refine(isRange, { message }),
  answer: CouponResults,
  status: 200,
  problems: ['forbidden'],
})
