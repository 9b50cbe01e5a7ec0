import type { CouponOffer, CouponValidity } from '../../../shared/contract/coupons.ts'
import type { CouponTemplateState } from '../../../shared/contract/couponTemplates.ts'

/** Everything by which it is decided whether pieces of a template may be given, to a customer or a group, by hand or with a welcome. */
export interface Giving {
  state: CouponTemplateState
  validity: CouponValidity
  /** the template asks for no tier, or she has one of them */
  isOfTier: boolean
  /** her limit leaves her one more */
  hasRoom: boolean
  isSoldOut: boolean
  /** pieces the member may still give today; null: as many as she likes */
  leftToday: number | null
}

export type GivingRefusal = NonNullable<CouponOffer['refusal']> | 'notRunning'

/**
 * Why pieces may not be given on a day, null when they may; `reminderCouponJson` decides the same in SQL.
 * @param count pieces at once
 */
export function refusalToGive(giving: Giving, today: string, count = 1): GivingRefusal | null {
  if (giving.state === 'draft' || giving.state === 'stopped' || isPast(giving.validity, today))
    return 'notRunning'
  if (!giving.isOfTier) return 'tier'
  if (!giving.hasRoom) return 'alreadyHeld'
  if (giving.state === 'paused') return 'paused'
  if (giving.isSoldOut) return 'soldOut'
  return giving.leftToday !== null && giving.leftToday < count ? 'dayLimit' : null
}

export const isPast = (validity: CouponValidity, day: string): boolean =>
  validity.kind === 'until' && validity.day < day

/** What a member may still give today. */
export const leftOfDay = (perGuidePerDay: number | null, givenToday: number): number | null =>
  perGuidePerDay === null ? null : Math.max(0, perGuidePerDay - givenToday)
