import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { SessionService } from './session.service.ts'

const sweepSessions: Job<object> = { name: 'session.sweep', payload: z.object({}), cron: '40 4 * * *' }

export const sessionJobs = (session: SessionService): JobWork<unknown>[] => [
  jobWork(sweepSessions, () => session.sweep()),
]
