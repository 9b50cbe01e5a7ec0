import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { RemindersService } from './reminders.service.ts'

/** Just after midnight in the corp's time zone, and once at every start (`main.ts`). */
export const remindersDaily: Job<Record<string, never>> = {
  name: 'reminders.daily',
  payload: z.object({}).strict() as z.ZodType<Record<string, never>>,
  retryLimit: 8,
  retrySeconds: 30,
  expireSeconds: 900,
  cron: '0 0 * * *',
}

export const remindersJobs = (reminders: RemindersService): JobWork<unknown>[] => [
  jobWork(remindersDaily, () => reminders.runDaily()),
]
