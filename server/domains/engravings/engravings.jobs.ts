import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { EngravingsService } from './engravings.service.ts'

const dropOldPictures: Job<Record<string, never>> = {
  name: 'engravings.dropOldPictures',
  payload: z.strictObject({}),
  cron: '40 3 * * *',
  retryLimit: 3,
  expireSeconds: 300,
}

export const engravingsJobs = (engravings: EngravingsService): JobWork<unknown>[] => [
  jobWork(dropOldPictures, async (_payload, signal) => {
    await engravings.dropOldPictures(signal)
  }),
]
