import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import { retraceCorp } from './retraceCorp.ts'
import type { PurchasesService } from './purchases.service.ts'

const nightly: Job<Record<string, never>> = {
  name: 'purchases.nightly',
  payload: z.strictObject({}),
  cron: '23 3 * * *',
  retryLimit: 3,
  expireSeconds: 3600,
}

export const purchasesJobs = (purchases: PurchasesService): JobWork<unknown>[] => [
  jobWork(nightly, (_payload, signal) => purchases.runNightly(signal)),
  jobWork(retraceCorp, ({ corpId }, signal) => purchases.retraceCorp(corpId, signal)),
]
