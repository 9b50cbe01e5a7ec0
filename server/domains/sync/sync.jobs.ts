import { jobWork, type JobWork } from '../../jobs/job.ts'
import { nightlyPullJob, pullJob, type SyncService } from './sync.service.ts'

export const syncJobs = (sync: SyncService): JobWork<unknown>[] => [
  jobWork(pullJob, (payload, signal) => sync.pull(payload, signal)),
  jobWork(nightlyPullJob, () => sync.pullAnew()),
]
