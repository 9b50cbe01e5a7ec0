import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { MinorsService } from './minors.service.ts'

const sweepFamilies: Job<object> = { name: 'people.sweep', payload: z.object({}), cron: '*/10 * * * *' }

export const peopleJobs = (minors: MinorsService): JobWork<unknown>[] => [
  jobWork(sweepFamilies, () => minors.sweep()),
]
