import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
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

export const statsJobs = (stats: StatsService): JobWork<unknown>[] => [
  jobWork(statsCounted, () => stats.countAhead()),
]
