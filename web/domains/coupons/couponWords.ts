import type { CouponOffer, CustomerCoupon, OfferRefusal } from '../../../shared/contract/coupons.ts'
import { COUPON_STATE_LABELS, expiryText, validityText } from '../../../shared/rules/coupon.ts'
import { addDays, nearDayText } from '../../../shared/rules/civilDay.ts'

type Pronoun = '她' | '他'

/** Days before its end from which a coupon's last day is said in amber. */
const PRESSING_DAYS = 14

/** What an offer says below its name: why it cannot be given, else how long it holds and how many are left; and for which goods. */
export function offerFacts(offer: CouponOffer, today: string, pronoun: Pronoun): string[][] {
  const goods = offer.face.goods ? [[offer.face.goods]] : []
  if (offer.refusal === 'alreadyHeld') return [[`${pronoun}手上已有一张，用完再发`], ...goods]
  if (offer.refusal === 'tier') return [[`${pronoun}的会员等级还不能得`], ...goods]
  const stock = offer.refusal === null ? `剩 ${offer.stockLeft} 张` : refusalWords[offer.refusal]
  return [[validityText(offer.validity, today), stock], ...goods]
}

const refusalWords: Record<Exclude<OfferRefusal, 'alreadyHeld' | 'tier'>, string> = {
  soldOut: '发完了',
  paused: '暂停发放',
  dayLimit: '你今天的份发完了',
}

/** The last day of a coupon that can still be used, and whether it is near. */
export function couponEnd(
  coupon: CustomerCoupon,
  today: string,
): { words: string; isNear: boolean } | undefined {
  const { expiresOn, state } = coupon
  if (!expiresOn || (state !== 'issued' && state !== 'claimed')) return undefined
  return { words: expiryText(expiresOn, today), isNear: expiresOn <= addDays(today, PRESSING_DAYS) }
}

/** `11月6日 周敏发出` */
export const givenFact = (coupon: CustomerCoupon, day: string, today: string): string =>
  `${nearDayText(day, today)} ${coupon.issuedBy}发出`

/** The state beside a coupon she or he holds. */
export const couponStateWord = (state: CustomerCoupon['state'], pronoun: Pronoun): string =>
  state === 'issued' ? `等${pronoun}领取` : COUPON_STATE_LABELS[state]
