import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { MediaService } from './media.service.ts'
import { renewMedia } from './renewMedia.ts'

const dropOld: Job<Record<string, never>> = {
  name: 'media.dropOld',
  payload: z.strictObject({}),
  cron: '40 3 * * *',
  retryLimit: 3,
  expireSeconds: 300,
}

export const mediaJobs = (media: MediaService): JobWork<unknown>[] => [
  jobWork(renewMedia, async (_payload, signal) => void (await media.renewDue(signal))),
  jobWork(dropOld, async (_payload, signal) => void (await media.dropOld(signal))),
]
