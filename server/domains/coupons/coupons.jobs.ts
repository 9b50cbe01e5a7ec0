import { z } from 'zod'
import { jobWork, type Job, type JobWork } from '../../jobs/job.ts'
import type { CouponsService } from './coupons.service.ts'
import type { CouponSharesService } from './shares.service.ts'
import type { TillService } from './till.service.ts'

const regularly = (name: string, cron: string, expireSeconds: number): Job<Record<string, never>> => ({
  name,
  payload: z.strictObject({}),
  cron,
  retryLimit: 1,
  expireSeconds,
})

const sweep = regularly('coupons.sweep', '* * * * *', 55)
/** Hourly, so that a server which slept at midnight is late by an hour and not by a day. */
const expire = regularly('coupons.expire', '5 * * * *', 300)

/** Coupons of other issuers that were used where we did not see it. */
const reconcile = regularly('coupons.reconcile', '*/10 * * * *', 300)

/** What another issuer has still to be told of. */
const payDebts = regularly('coupons.issuers', '* * * * *', 55)

export const couponsJobs = ({
  coupons,
  couponShares,
  till,
}: {
  coupons: CouponsService
  couponShares: CouponSharesService
  till: TillService
}): JobWork<unknown>[] => [
  jobWork(sweep, async (_payload, signal) => {
    await coupons.sweep(signal)
    await couponShares.sweep(signal)
  }),
  jobWork(expire, async (_payload, signal) => {
    await coupons.expire(signal)
    await till.elsewhere.expire(signal)
  }),
  jobWork(payDebts, async (_payload, signal) => {
    await till.elsewhere.payDebts(signal)
  }),
  jobWork(reconcile, async (_payload, signal) => {
    await till.elsewhere.reconcile(signal)
  }),
]
