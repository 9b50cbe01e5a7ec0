import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { ChannelCodesService } from './channelCodes.service.ts'
import { overdueWelcomesJob, welcomeJob, type WelcomesService } from './welcomes.service.ts'

const reconcileJob: Job<object> = {
  name: 'channelCodes.reconcile',
  payload: z.object({}),
  retryLimit: 0,
  cron: '*/10 * * * *',
}

export const channelCodesJobs = (
  channelCodes: ChannelCodesService,
  welcomes: WelcomesService,
): JobWork<unknown>[] => [
  jobWork(welcomeJob, ({ welcomeId }) => welcomes.greet(welcomeId)),
  jobWork(overdueWelcomesJob, () => welcomes.endOverdue()),
  jobWork(reconcileJob, () => channelCodes.reconcile()),
]
