import type { CouponReservation } from '../../../shared/contract/coupons.ts'
import { couponFace } from '../../../shared/rules/coupon.ts'
import type { TemplateOffer } from './offers.repository.ts'

type Card = CouponReservation['card']

/** Where the customer's page of a coupon lies. */
export const couponLink = (publicUrl: string, token: string): string => `${publicUrl}/c/${token}`
/** The picture of every card that has none of its own: WeChat takes no SVG. */
export const couponIconUrl = (publicUrl: string): string => `${publicUrl}/c/icon.png`
/** Where the picture of a template lies, for everybody who opens one of its coupons. */
export const couponPicturePath = (pictureId: string): string => `/c/picture/${pictureId}`

/** `足金饰品券 ¥200`; the face alone when the name says the same: `免刻字`. */
export function couponTitle({ name, face }: Pick<TemplateOffer, 'name' | 'face'>): string {
  const { big } = couponFace(face)
  return name.includes(big) ? name : `${name} ${big}`
}

/** The line under the face: `满 3000 可用`, `无门槛，定制服务可用`. */
export function conditionText({ face }: Pick<TemplateOffer, 'face'>): string {
  const { small } = couponFace(face)
  const goods = face.goods ? `${face.goods}可用` : ''
  if (face.thresholdFen === 0) return goods || small
  return goods ? `${goods}，${small}` : `${small} 可用`
}

/** The link card that goes into the chat. */
export function couponCard(
  offer: TemplateOffer & { pictureId: string | null },
  publicUrl: string,
  token: string,
): Card {
  return {
    title: couponTitle(offer),
    description: `${conditionText(offer)}，点开领取`,
    link: couponLink(publicUrl, token),
    imageUrl:
      offer.pictureId === null
        ? couponIconUrl(publicUrl)
        : `${publicUrl}${couponPicturePath(offer.pictureId)}`,
  }
}
