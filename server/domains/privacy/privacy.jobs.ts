import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import { bulkExportJob, type BulkExportsService } from './bulkExports.service.ts'
import { eraseJob, type ErasuresService } from './erasures.service.ts'
import type { PersonalExportsService } from './personalExports.service.ts'
import type { RetentionService } from './retention.service.ts'

const nothing = z.strictObject({}) as z.ZodType<Record<string, never>>

/** Erasings nobody has ended, files whose time is over. */
const minutely: Job<Record<string, never>> = {
  name: 'privacy.minutely',
  payload: nothing,
  retryLimit: 0,
  expireSeconds: 55,
  cron: '* * * * *',
}
const nightly: Job<Record<string, never>> = {
  name: 'privacy.nightly',
  payload: nothing,
  expireSeconds: 3600,
  cron: '50 3 * * *',
}

export const privacyJobs = ({
  corpId,
  erasures,
  personalExports,
  bulkExports,
  retention,
}: {
  corpId: number
  erasures: ErasuresService
  personalExports: PersonalExportsService
  bulkExports: BulkExportsService
  retention: RetentionService
}): JobWork<unknown>[] => [
  jobWork(eraseJob, ({ erasureId }) => erasures.run(erasureId)),
  jobWork(bulkExportJob, ({ bulkExportId }, signal) => bulkExports.work(bulkExportId, signal)),
  jobWork(minutely, async (_payload, signal) => {
    await personalExports.dropExpired(corpId)
    await bulkExports.dropExpired()
    await erasures.runLeft(signal)
  }),
  jobWork(nightly, (_payload, signal) => retention.forget(signal)),
]
