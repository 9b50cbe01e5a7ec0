import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { AssetsService } from './assets.service.ts'
import { HOURLY_DAYS, NIGHTLY_DAYS, type ScriptDaysService } from './scriptDays.service.ts'

const dropForgotten: Job<Record<string, never>> = {
  name: 'scripts.dropForgotten',
  payload: z.strictObject({}),
  cron: '45 3 * * *',
  retryLimit: 3,
  expireSeconds: 300,
}

const countHourly: Job<Record<string, never>> = {
  name: 'scripts.countHourly',
  payload: z.strictObject({}),
  cron: '17 * * * *',
  retryLimit: 2,
  retrySeconds: 300,
  expireSeconds: 600,
}

const countNightly: Job<Record<string, never>> = {
  name: 'scripts.countNightly',
  payload: z.strictObject({}),
  // after the purchases of the night have been traced
  cron: '53 3 * * *',
  retryLimit: 3,
  // the one connection for long reading may be in use
  retrySeconds: 600,
  expireSeconds: 3600,
}

export const scriptsJobs = (assets: AssetsService, days: ScriptDaysService): JobWork<unknown>[] => [
  jobWork(dropForgotten, async (_payload, signal) => void (await assets.dropForgotten(signal))),
  jobWork(countHourly, (_payload, signal) => days.countAll(HOURLY_DAYS, signal)),
  jobWork(countNightly, (_payload, signal) => days.countAll(NIGHTLY_DAYS, signal)),
]
