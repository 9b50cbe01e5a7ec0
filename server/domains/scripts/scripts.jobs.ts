import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { AssetsService } from './assets.service.ts'

const dropForgotten: Job<Record<string, never>> = {
  name: 'scripts.dropForgotten',
  payload: z.strictObject({}),
  cron: '45 3 * * *',
  retryLimit: 3,
  expireSeconds: 300,
}

export const scriptsJobs = (assets: AssetsService): JobWork<unknown>[] => [
  jobWork(dropForgotten, async (_payload, signal) => void (await assets.dropForgotten(signal))),
]
