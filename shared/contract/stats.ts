import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { CivilDay } from './time.ts'

const count = z.number().int().min(0)

/** Of the reminders due in a month, whenever it happened: every step is part of the one before it. */
export const MonthResult = z
  .object({
    month: z.string().regex(/^\d{4}-\d{2}$/),
    due: count.meta({ description: '到期的提醒' }),
    acted: count.meta({ description: '其中处理过的：发了、当面说了、跳过了' }),
    sent: count.meta({ description: '其中有消息送到的' }),
    bought: count.meta({ description: '其中后来有购买算在它名下的' }),
    purchases: count.meta({ description: '这些客户当月买了几件' }),
    proven: count.meta({ description: '其中算在某条消息名下的；其余是未能证明' }),
    replied: count.meta({ description: '有关的里面，客户回过消息的' }),
    couponUsed: count.meta({ description: '有关的里面，用了券的' }),
    shared: count.meta({ description: '有关的里面，与其他同事共同的' }),
    provenFen: count.meta({ description: '有关的金额，共同的按人头平分' }),
  })
  .meta({ id: 'MonthResult' })
export type MonthResult = z.infer<typeof MonthResult>

const Share = z.object({ custom: count, total: count })

export const Results = z
  .object({
    today: CivilDay,
    months: z.array(MonthResult).meta({ description: '最近 6 个月，早的在前，最后一个是本月' }),
    custom: z
      .object({ since: CivilDay.nullable(), before: Share, after: Share })
      .meta({ description: '第一条消息送到（since）前后各一年，买的东西里有多少件定制' }),
  })
  .meta({ id: 'Results' })
export type Results = z.infer<typeof Results>

export const ResultRow = z.object({
  name: z.string(),
  store: z.string().nullable(),
  isRest: z.boolean().meta({ description: '涉及客户不足 5 位的合在一起' }),
  thisMonth: MonthResult,
  lastMonth: MonthResult,
})
export type ResultRow = z.infer<typeof ResultRow>

export const TeamResults = Results.extend({ rows: z.array(ResultRow) }).meta({ id: 'TeamResults' })
export type TeamResults = z.infer<typeof TeamResults>

export const getMyResults = endpoint({
  id: 'getMyResults',
  method: 'get',
  path: '/stats/mine',
  summary: '我的成效：提醒到购买',
  answer: Results,
  status: 200,
})

export const getTeamResults = endpoint({
  id: 'getTeamResults',
  method: 'get',
  path: '/stats/team',
  summary: '成效，按导购或门店；不足 5 位客户的不拆开',
  query: z.object({ by: z.enum(['guide', 'store']).default('guide') }),
  answer: TeamResults,
  status: 200,
  problems: ['forbidden'],
})
