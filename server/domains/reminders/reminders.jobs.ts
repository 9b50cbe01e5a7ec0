import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { DigestsService } from './digests.service.ts'
import type { RemindersService } from './reminders.service.ts'

/**
 * At midnight of the corp what the new day brings, and then every hour through everything that is due: what a stopped server, a
 * clock set forward or a colleague's new follow left open is made up within the hour, at night within two.
 */
export const remindersDue: Job<Record<string, never>> = {
  name: 'reminders.due',
  payload: z.object({}).strict() as z.ZodType<Record<string, never>>,
  retryLimit: 8,
  retrySeconds: 30,
  expireSeconds: 900,
  cron: '0 * * * *',
}

/** Every minute: whose time it is. What one run misses the next one sees. */
export const digestsDue: Job<Record<string, never>> = {
  name: 'reminders.digests',
  payload: z.object({}).strict() as z.ZodType<Record<string, never>>,
  retryLimit: 0,
  expireSeconds: 600,
  cron: '* * * * *',
}

export const remindersJobs = (reminders: RemindersService, digests: DigestsService): JobWork<unknown>[] => [
  jobWork(remindersDue, () => reminders.runDaily()),
  jobWork(digestsDue, (_payload, signal) => digests.run(signal)),
]
