import type { CouponFace, CouponValidity } from '../contract/coupons.ts'
import type { CivilDay } from './civilDay.ts'
import { couponFace, validityText } from './coupon.ts'

/** `足金饰品券 ¥200`; the face alone when the name says the same: `免刻字`. */
export function couponTitle({ name, face }: { name: string; face: CouponFace }): string {
  const { big } = couponFace(face)
  return name.includes(big) ? name : `${name} ${big}`
}

/** The line under the face: `满 3000 可用`, `无门槛，定制服务可用`. */
export function conditionText({ face }: { face: CouponFace }): string {
  const { small } = couponFace(face)
  const goods = face.goods ? `${face.goods}可用` : ''
  if (face.thresholdFen === 0) return goods || small
  return goods ? `${goods}，${small}` : `${small} 可用`
}

/** Below the title of the link card in the chat. */
export const cardDescription = (offer: { face: CouponFace }): string => `${conditionText(offer)}，点开领取`

/** `12月1日至12月31日有效`, `至12月31日有效`, `领取后 30 天内有效` */
export function beforeClaimText({ validity, today }: { validity: CouponValidity; today: CivilDay }): string {
  if (validity.kind === 'daysAfterClaim') return `领取后 ${validity.days} 天内有效`
  return `${validityText(validity, today)}有效`
}
