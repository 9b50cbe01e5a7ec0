import type { CouponOffer, CustomerCoupon } from '../../../shared/contract/coupons.ts'
import { couponState } from '../../../shared/rules/coupon.ts'
import { leftOfDay, refusalToGive, type GivingRefusal } from './givable.ts'
import type { HeldCoupon, ShelfOffer } from './offers.repository.ts'

/** What is not running is not on the shelf; what is stopped while somebody looks is as good as paused. */
const shownRefusal = (refusal: GivingRefusal | null): CouponOffer['refusal'] =>
  refusal === 'notRunning' ? 'paused' : refusal

export const toOfferShown = (offer: ShelfOffer, today: string): CouponOffer => ({
  templateId: offer.templateId,
  name: offer.name,
  face: offer.face,
  validity: offer.validity,
  stockLeft: Math.max(0, offer.stockLeft),
  occasions: offer.occasions,
  perPerson: offer.perPerson,
  given: offer.held,
  refusal: shownRefusal(
    refusalToGive(
      {
        ...offer,
        hasRoom: offer.held < offer.perPerson,
        isSoldOut: offer.stockLeft <= 0,
        leftToday: leftOfDay(offer.perGuidePerDay, offer.givenToday),
      },
      today,
    ),
  ),
})

export function toCustomerCoupon(coupon: HeldCoupon, day: string): CustomerCoupon {
  return {
    couponId: coupon.couponId,
    name: coupon.name,
    face: coupon.face,
    state: couponState(coupon.state, coupon.expiresOn ?? undefined, day),
    issuedAt: coupon.issuedAt.toISOString(),
    issuedBy: coupon.issuedBy,
    origin: coupon.origin,
    claimedAt: coupon.claimedAt?.toISOString() ?? null,
    expiresOn: coupon.expiresOn,
    redemption: coupon.redemption && {
      ...coupon.redemption,
      at: new Date(coupon.redemption.at).toISOString(),
    },
    mayRevoke: coupon.mayRevoke && (coupon.state === 'issued' || coupon.state === 'claimed'),
  }
}
