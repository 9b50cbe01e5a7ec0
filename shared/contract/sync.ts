import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ImportProgress } from './session.ts'
import { Instant } from './time.ts'

/** How we stand with WeCom. */
export const SyncState = z
  .object({
    pull: ImportProgress.extend({
      cause: z.enum(['first', 'nightly', 'outage', 'manual']),
      /** whether one is under way now, also over a complete earlier one */
      isRunning: z.boolean(),
      startedAt: Instant.nullable(),
      finishedAt: Instant.nullable().meta({ description: '上一次完整同步结束' }),
    }),
    events: z.object({
      lastAt: Instant.nullable().meta({ description: '最近一次收到回调' }),
      today: z.number().int(),
      waiting: z.number().int(),
      failed: z.number().int(),
    }),
  })
  .meta({ id: 'SyncState' })
export type SyncState = z.infer<typeof SyncState>

export const getSync = endpoint({
  id: 'getSync',
  method: 'get',
  path: '/sync',
  summary: '与企业微信同步得怎样（管理员）',
  answer: SyncState,
  status: 200,
  problems: ['forbidden'],
})

export const pullNow = endpoint({
  id: 'pullNow',
  method: 'post',
  path: '/sync/pull',
  summary: '现在就从企业微信重新核对一遍（管理员）',
  status: 202,
  answer: SyncState,
  idempotency: 'accepted',
  problems: ['forbidden'],
})
