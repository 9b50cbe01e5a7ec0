import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { DateKind } from './people.ts'
import { CivilDay } from './time.ts'

const name = z.string().trim().min(1).max(20)

/** The corp's rules about when to remind; a whole, edited as one. */
export const ReminderRulesDraft = z.strictObject({
  leads: z
    .array(
      z.strictObject({
        dateKind: DateKind,
        productLine: name.meta({ description: '产品线，如 刻字、现货', example: '刻字' }),
        productionDays: z.number().int().min(0).max(120).meta({ description: '要做几天，放假不算' }),
        bufferDays: z.number().int().min(0).max(60).meta({ description: '下单前留几天和客户商量' }),
      }),
    )
    .max(40),
  closures: z
    .array(z.strictObject({ firstDay: CivilDay, lastDay: CivilDay, name }))
    .max(60)
    .meta({ description: '工坊放假的日子，两头都算' }),
  cares: z
    .array(z.strictObject({ name, afterDays: z.number().int().min(7).max(3650) }))
    .max(10)
    .meta({ description: '买了以后隔多少天该做的事，如 清洗保养' }),
})
export type ReminderRulesDraft = z.infer<typeof ReminderRulesDraft>

export const ReminderRules = z
  .object({
    ...ReminderRulesDraft.shape,
    version: z.number().int(),
    isPlanned: z.boolean().meta({ description: '已有的日子都按这一版排好了' }),
  })
  .meta({ id: 'ReminderRules' })
export type ReminderRules = z.infer<typeof ReminderRules>

export const getReminderRules = endpoint({
  id: 'getReminderRules',
  method: 'get',
  path: '/reminder-rules',
  summary: '提前多少天提醒、工坊哪天放假、多久该保养',
  answer: ReminderRules,
  status: 200,
})

export const changeReminderRules = endpoint({
  id: 'changeReminderRules',
  method: 'put',
  path: '/reminder-rules',
  summary: '改提醒的规则（管理员）；没发的提醒跟着挪',
  body: ReminderRulesDraft,
  answer: ReminderRules,
  status: 200,
  versioned: true,
})
