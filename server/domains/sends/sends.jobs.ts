import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { SendsService } from './sends.service.ts'

const endSilentSends: Job<Record<string, never>> = {
  name: 'sends.endSilent',
  payload: z.strictObject({}),
  cron: '* * * * *',
  retryLimit: 1,
  expireSeconds: 55,
}

export const sendsJobs = (sends: SendsService): JobWork<unknown>[] => [
  jobWork(endSilentSends, async (_payload, signal) => {
    await sends.endSilent(signal)
  }),
]
