import { z } from 'zod'
import type { Db, Tx } from '../../db/db.ts'
import type { Job, Queue } from '../../jobs/job.ts'
import { isCustomerLane } from './outboxRow.ts'
import { SLOTS } from './lanes.repository.ts'

/** Wake-ups only: what is to be done, how often it was tried and when it is due stands in the rows. */
export interface Lane {
  corpId: number
  lane: string
}

const wakeUp = {
  payload: z.object({ corpId: z.number().int(), lane: z.string() }),
  retryLimit: 3,
  retrySeconds: 5,
  expireSeconds: 300,
  onePerKey: true,
} satisfies Partial<Job<Lane>>

/** Writes on customers, of which few may be under way at a time. */
export const customerLaneWork: Job<Lane> = { ...wakeUp, name: 'outbox.customer', concurrency: SLOTS }
/** Everything else, so that it never waits behind those. */
export const otherLaneWork: Job<Lane> = { ...wakeUp, name: 'outbox.other', concurrency: 2 }

/** Wakes lanes whose wake-up was lost, and forgets what ended long ago. */
export const outboxSweep: Job<Record<string, never>> = {
  name: 'outbox.sweep',
  payload: z.object({}).strict() as z.ZodType<Record<string, never>>,
  retryLimit: 0,
  cron: '* * * * *',
}

export const wakeLane = (
  queue: Queue,
  tx: Tx | Db,
  { corpId, lane }: Lane,
  startAfter?: Date,
): Promise<void> =>
  queue.send(
    tx,
    isCustomerLane(lane) ? customerLaneWork : otherLaneWork,
    { corpId, lane },
    { key: `${corpId}/${lane}`, ...(startAfter && { startAfter }) },
  )
