import { z } from 'zod'
import type { Job } from '../../jobs/job.ts'

/** Puts at WeCom what has to stand there: now and then, and as soon as something new is to. */
export const renewMedia: Job<Record<string, never>> = {
  name: 'media.renew',
  payload: z.strictObject({}),
  cron: '*/10 * * * *',
  onePerKey: true,
  retryLimit: 3,
  expireSeconds: 900,
}
