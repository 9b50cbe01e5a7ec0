import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { ChannelCodesService } from './channelCodes.service.ts'
import { overdueWelcomesJob, welcomeJob, type WelcomesService } from './welcomes.service.ts'

const staffJob: Job<object> = {
  name: 'channelCodes.staff',
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
  jobWork(staffJob, () => channelCodes.followStaff()),
]
