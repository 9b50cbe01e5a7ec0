import type { CouponOffer, CustomerCoupon } from '../../../shared/contract/coupons.ts'
import { nearDayText } from '../../../shared/rules/civilDay.ts'
import { expiryText } from '../../../shared/rules/coupon.ts'

/** Two short facts of an offer: how long it holds, how many are left. */
export function offerFacts(offer: CouponOffer, today: string): string[] {
  const holds =
    offer.validity.kind === 'until'
      ? `${nearDayText(offer.validity.day, today)}前，剩 ${offer.stockLeft} 张`
      : `领后 ${offer.validity.days} 天有效，剩 ${offer.stockLeft} 张`
  return offer.face.goods ? [holds, offer.face.goods] : [holds]
}

/** Why an offer cannot be given now, in the guide's words. */
export const refusalWords = { soldOut: '发完了', alreadyHeld: '她手上已有一张，用完再发' } as const

/** Facts of a coupon she holds: when it ends, who gave it when. */
export function heldFacts(coupon: CustomerCoupon, today: string, dayOf: (at: string) => string): string[] {
  const given = `${dayOf(coupon.issuedAt)} ${coupon.issuedBy}发出`
  return coupon.expiresOn && (coupon.state === 'issued' || coupon.state === 'claimed')
    ? [expiryText(coupon.expiresOn, today), given]
    : [given]
}

export const stateWords: Record<CustomerCoupon['state'], string> = {
  reserved: '正在发',
  issued: '等她领取',
  claimed: '已领取',
  redeemed: '已核销',
  released: '没有发出',
  expired: '已过期',
  revoked: '已收回',
}
