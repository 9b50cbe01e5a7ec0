import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { AuditChainService } from './auditChain.service.ts'
import type { DenialsService } from './denials.service.ts'

const nothing = z.object({}).strict() as z.ZodType<Record<string, never>>

/** One run takes over from the other: somewhere, one process is always looking. What one misses the next one finds. */
const chainJob: Job<Record<string, never>> = {
  name: 'audit.chain',
  payload: nothing,
  retryLimit: 0,
  expireSeconds: 120,
  cron: '* * * * *',
}
const hourlyJob: Job<Record<string, never>> = { name: 'audit.hourly', payload: nothing, cron: '2 * * * *' }
const nightlyJob: Job<Record<string, never>> = {
  name: 'audit.nightly',
  payload: nothing,
  expireSeconds: 3600,
  cron: '20 4 * * *',
}

export const auditJobs = (chain: AuditChainService, denials: DenialsService): JobWork<unknown>[] => [
  jobWork(chainJob, (_payload, signal) => chain.chainForAMinute(signal)),
  jobWork(hourlyJob, async () => {
    await denials.closeHours()
    await chain.checkOn()
  }),
  jobWork(nightlyJob, async () => {
    await chain.trim()
    await chain.checkWhole()
  }),
]
