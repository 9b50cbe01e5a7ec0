import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ExternalUserId } from './ids.ts'
import { Instant } from './time.ts'

export const OutboxKind = z.enum(['tags', 'remark', 'message', 'transfer', 'contactWay'])
export type OutboxKind = z.infer<typeof OutboxKind>

/** Something that should be at WeCom and is not: refused for good, or given up after a day of trying. */
export const UnsentItem = z
  .object({
    outboxId: z.uuid(),
    kind: OutboxKind,
    what: z.string().meta({ description: '给人看的内容，如 标签 喜欢简约' }),
    customer: z.object({ externalUserId: ExternalUserId, address: z.string() }).nullable(),
    /** the guide it is written for */
    guide: z.string().nullable(),
    isMine: z.boolean(),
    state: z.enum(['refused', 'dead']),
    reason: z.string(),
    tries: z.number().int(),
    createdAt: Instant,
    endedAt: Instant,
  })
  .meta({ id: 'UnsentItem' })
export type UnsentItem = z.infer<typeof UnsentItem>

/** Newest first, at most 100. */
export const Unsent = z.object({
  items: z.array(UnsentItem),
  total: z.number().int(),
  /** still on their way, tried again by themselves */
  waiting: z.number().int(),
  /** how long the oldest of those has been waiting, seconds */
  oldestSeconds: z.number().int().nullable(),
})
export type Unsent = z.infer<typeof Unsent>

const outboxParams = z.object({ outboxId: z.uuid() })

export const listUnsent = endpoint({
  id: 'listUnsent',
  method: 'get',
  path: '/outbox',
  summary: '没能同步到企业微信的改动：导购看自己的，店长看门店的',
  answer: Unsent,
  status: 200,
})

export const retryUnsent = endpoint({
  id: 'retryUnsent',
  method: 'post',
  path: '/outbox/{outboxId}/retry',
  summary: '重试',
  params: outboxParams,
  status: 204,
  idempotency: 'accepted',
  problems: ['state_conflict'],
})

export const dismissUnsent = endpoint({
  id: 'dismissUnsent',
  method: 'delete',
  path: '/outbox/{outboxId}',
  summary: '知道了，不再试',
  params: outboxParams,
  status: 204,
})
