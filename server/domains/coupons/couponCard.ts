import type { CouponReservation } from '../../../shared/contract/coupons.ts'
import { cardDescription, couponTitle } from '../../../shared/rules/couponCardText.ts'
import type { TemplateOffer } from './offers.repository.ts'

type Card = CouponReservation['card']

/** Where the customer's page of a coupon lies. */
export const couponLink = (publicUrl: string, token: string): string => `${publicUrl}/c/${token}`
/** The picture of every card that has none of its own: WeChat takes no SVG. */
export const couponIconUrl = (publicUrl: string): string => `${publicUrl}/c/icon.png`
/** Where the picture of a template lies, for everybody who opens one of its coupons. */
export const couponPicturePath = (pictureId: string): string => `/c/picture/${pictureId}`

/** The link card that goes into the chat. */
export function couponCard(
  offer: TemplateOffer & { pictureId: string | null },
  publicUrl: string,
  token: string,
): Card {
  return {
    title: couponTitle(offer),
    description: cardDescription(offer),
    link: couponLink(publicUrl, token),
    imageUrl:
      offer.pictureId === null
        ? couponIconUrl(publicUrl)
        : `${publicUrl}${couponPicturePath(offer.pictureId)}`,
  }
}
