import { jobWork, type JobWork } from '../../jobs/job.ts'
import { eventsJob, leftEventsJob, type EventsService } from './events.service.ts'
import { heartbeatJob, nightlyPullJob, pullJob, type SyncService } from './sync.service.ts'

export const syncJobs = (sync: SyncService, events: EventsService): JobWork<unknown>[] => [
  jobWork(pullJob, (payload, signal) => sync.pull(payload, signal)),
  jobWork(nightlyPullJob, () => sync.pullAnew('nightly')),
  jobWork(heartbeatJob, () => sync.beat()),
  jobWork(eventsJob, ({ subject }) => events.work(subject)),
  jobWork(leftEventsJob, () => events.workLeft()),
]
