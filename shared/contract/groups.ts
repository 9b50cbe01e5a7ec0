import { z } from 'zod'
import { CountedRule, QuietHoursDraft } from './contactRules.ts'
import { endpoint } from './endpoint.ts'
import { ChatId, ExternalUserId, GroupParams } from './ids.ts'
import { Instant } from './time.ts'

/** A customer group as the sidebar shows it: which of its members are our customers. */
export const GroupCard = z
  .object({
    chatId: ChatId,
    name: z.string(),
    memberCount: z.number().int(),
    /** Members this guide follows. */
    mine: z.array(
      z.object({
        externalUserId: ExternalUserId,
        address: z.string(),
        avatarUrl: z.string().nullable(),
        tier: z.string().nullable(),
        tags: z.array(z.string()),
      }),
    ),
    /** Members whom only colleagues follow: how many, by whom. */
    colleagues: z.array(z.object({ name: z.string(), customers: z.number().int() })),
    contact: z
      .object({
        rules: z.array(CountedRule),
        quietHours: QuietHoursDraft.omit({ isOn: true }).nullable(),
        lastAt: Instant.nullable().meta({ description: '我们上次发到群里' }),
        lastByName: z.string().nullable().meta({ description: '空的是我自己' }),
        lastWhat: z.string().nullable(),
      })
      .meta({ description: '这个群多久能发一次，用掉了多少' }),
  })
  .meta({ id: 'GroupCard' })
export type GroupCard = z.infer<typeof GroupCard>

export const getGroup = endpoint({
  id: 'getGroup',
  method: 'get',
  path: '/groups/{chatId}',
  summary: '客户群里哪些人是我们的客户',
  params: GroupParams,
  answer: GroupCard,
  status: 200,
})
