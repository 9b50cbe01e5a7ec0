import type { CouponOccasion } from '../contract/coupons.ts'
import type { Reminder } from '../contract/reminders.ts'

/** The occasion of coupons that go well with a reminder; undefined where none does. The card's statement decides the same. */
export function couponOccasion({ kind, date }: Pick<Reminder, 'kind' | 'date'>): CouponOccasion | undefined {
  if (kind === 'newFriend' || kind === 'care') return kind
  if (kind !== 'date' || !date) return undefined
  return date.kind === 'birthday' || date.kind === 'wedding' || date.kind === 'firstPurchase'
    ? date.kind
    : undefined
}
