import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { CouponStatsService } from './couponStats.service.ts'
import type { StatsService } from './stats.service.ts'

/** Every night, after the day's reminders are made and before anybody looks. */
export const statsCounted: Job<Record<string, never>> = {
  name: 'stats.counted',
  payload: z.object({}).strict() as z.ZodType<Record<string, never>>,
  retryLimit: 3,
  retrySeconds: 600,
  expireSeconds: 3600,
  cron: '20 3 * * *',
}

const couponsHourly: Job<Record<string, never>> = {
  name: 'stats.couponsHourly',
  payload: z.strictObject({}),
  cron: '37 * * * *',
  retryLimit: 2,
  retrySeconds: 300,
  expireSeconds: 600,
}

const couponsNightly: Job<Record<string, never>> = {
  name: 'stats.couponsNightly',
  payload: z.strictObject({}),
  cron: '23 4 * * *',
  retryLimit: 3,
  // the one connection for long reading may be in use
  retrySeconds: 600,
  expireSeconds: 3600,
}

export const statsJobs = (stats: StatsService, couponStats: CouponStatsService): JobWork<unknown>[] => [
  jobWork(statsCounted, () => stats.countAhead()),
  jobWork(couponsHourly, (_payload, signal) => couponStats.countHourly(signal)),
  jobWork(couponsNightly, (_payload, signal) => couponStats.countNightly(signal)),
]
