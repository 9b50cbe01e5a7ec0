import { z } from 'zod'
import type { Job } from '../../jobs/job.ts'

/** All traces of a corp anew: at most one waits, and it reads what the windows are then. */
export const retraceCorp: Job<{ corpId: number }> = {
  name: 'purchases.retraceCorp',
  payload: z.strictObject({ corpId: z.number().int() }),
  onePerKey: true,
  expireSeconds: 3600,
}
