import { couponState } from '../../../shared/rules/coupon.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { createCouponPageRepository, type CouponSheet } from './couponPage.repository.ts'
import type { CouponsService } from './coupons.service.ts'

/** What the customer's page of one coupon shows; `today` is the day by which it was judged. */
export interface CouponPage extends CouponSheet {
  today: string
}

interface Deps {
  db: Db
  clock: Clock
  coupons: Pick<CouponsService, 'claim'>
  timeZone: string
}

export type CouponPageService = ReturnType<typeof createCouponPageService>

/** The customer's side: what the link shows, and the claim. Whoever holds the link of a coupon holds the coupon (P6). */
export const createCouponPageService = ({ db, clock, coupons, timeZone }: Deps) => {
  const repository = createCouponPageRepository(db, timeZone)

  return {
    /** What the link shows; undefined for a token that is none of ours. Changes nothing. */
    async find(token: string): Promise<CouponPage | undefined> {
      const sheet = await repository.findCoupon(token, clock.now())
      if (!sheet) return undefined
      const today = clock.today(timeZone)
      const { lastDay } = sheet
      // A reservation nobody has confirmed may still be claimed, but not after its day.
      const isPast = lastDay !== null && lastDay < today && sheet.state === 'reserved'
      return {
        ...sheet,
        today,
        state: isPast ? 'expired' : couponState(sheet.state, lastDay ?? undefined, today),
      }
    },

    /** @throws NotFound for a token that is none of ours. */
    claim: coupons.claim,
  }
}
