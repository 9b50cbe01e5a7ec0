import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { SessionService } from './session.service.ts'

const sweepSessions: Job<object> = { name: 'session.sweep', payload: z.object({}), cron: '40 4 * * *' }

/** Often: each is begun by somebody nobody knows yet, as many as the limits of her address let her. */
const sweepAttempts: Job<object> = {
  name: 'session.sweepAttempts',
  payload: z.object({}),
  cron: '*/10 * * * *',
}

export const sessionJobs = (session: SessionService): JobWork<unknown>[] => [
  jobWork(sweepSessions, () => session.sweep()),
  jobWork(sweepAttempts, () => session.sweepAttempts()),
]
