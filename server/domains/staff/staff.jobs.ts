import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { HandoverService } from './handover.service.ts'
import type { StaffService } from './staff.service.ts'

/** What one run misses the next one sees: no tries in between. */
const regularly = (name: string, cron: string, expireSeconds: number): Job<object> => ({
  name,
  payload: z.object({}),
  cron,
  retryLimit: 0,
  expireSeconds,
})

/** Rights of people who have left end within ten minutes (P4). */
const poll = regularly('staff.poll', '*/3 * * * *', 170)
const transfers = regularly('staff.transfers', '*/10 * * * *', 300)
const waiting = regularly('staff.waiting', '20 2 * * *', 600)

export const staffJobs = (staff: StaffService, handover: HandoverService): JobWork<unknown>[] => [
  jobWork(poll, (_payload, signal) => staff.poll(signal)),
  jobWork(transfers, (_payload, signal) => handover.follow(signal)),
  jobWork(waiting, (_payload, signal) => handover.reconcileWaiting(signal)),
]
