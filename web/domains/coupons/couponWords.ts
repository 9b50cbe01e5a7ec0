import type {
  CouponOccasion,
  CouponOffer,
  CouponOrigin,
  CustomerCoupon,
  OfferRefusal,
} from '../../../shared/contract/coupons.ts'
import type { CouponShare } from '../../../shared/contract/couponShares.ts'
import { COUPON_STATE_LABELS, expiryText, priceText, validityText } from '../../../shared/rules/coupon.ts'
import { addDays, civilDayOf, nearDayText } from '../../../shared/rules/civilDay.ts'
import { timeOfDayOf } from '../../../shared/rules/noticeTime.ts'

type Pronoun = '她' | '他'

/** Days before its end from which a coupon's last day is said in amber. */
const PRESSING_DAYS = 14

/** What an offer says below its name: why it cannot be given, else how long it holds and how many are left; and for which goods. */
export function offerFacts(offer: CouponOffer, today: string, pronoun: Pronoun | undefined): string[][] {
  const goods = offer.face.goods ? [[offer.face.goods]] : []
  if (offer.refusal === 'alreadyHeld') return [shareOfPerson(offer), ...goods]
  if (offer.refusal) return [[refusalText(offer.refusal, pronoun)], ...goods]
  const hadSome = offer.given > 0 ? [shareOfPerson(offer)] : []
  return [[validityText(offer.validity, today), `剩 ${offer.stockLeft} 张`], ...hadSome, ...goods]
}

const shareOfPerson = ({ perPerson, given }: CouponOffer): string[] => [
  `每人限 ${perPerson} 张`,
  `已发 ${given} 张`,
]

/** One line for each reason. @param pronoun undefined of a group */
function refusalText(refusal: Exclude<OfferRefusal, 'alreadyHeld'>, pronoun: Pronoun | undefined): string {
  switch (refusal) {
    case 'tier':
      return pronoun ? `${pronoun}的会员等级还不能得` : '只给指定会员等级，不能发到群里'
    case 'soldOut':
      return '发完了，店长加了库存就能发'
    case 'paused':
      return '店长暂停了，恢复后就能发'
    case 'dayLimit':
      return '你今天的份发完了，明天再发'
  }
}

/**
 * What can be given comes first, and of that what goes with a reason there is to write now; else as the manager has sorted.
 * @param isTold what became of a tap stands there: it stays where the tap was
 */
export function inOrder(
  offers: readonly CouponOffer[],
  isTold: (templateId: string) => boolean,
  occasions: readonly CouponOccasion[] = [],
): CouponOffer[] {
  const rank = ({ templateId, refusal, occasions: of }: CouponOffer) =>
    refusal && !isTold(templateId) ? 2 : of.some(one => occasions.includes(one)) ? 0 : 1
  return [...offers].sort((one, other) => rank(one) - rank(other))
}

/** The last day of a coupon that can still be used, and whether it is near. */
export function couponEnd(
  coupon: Pick<CustomerCoupon, 'expiresOn' | 'state'>,
  today: string,
): { words: string; isNear: boolean } | undefined {
  const { expiresOn, state } = coupon
  if (!expiresOn || (state !== 'issued' && state !== 'claimed')) return undefined
  return { words: expiryText(expiresOn, today), isNear: expiresOn <= addDays(today, PRESSING_DAYS) }
}

/** `11月6日` before it. */
const cameBy: Record<CouponOrigin, (guide: string) => string> = {
  chat: guide => `${guide}发出`,
  share: guide => `${guide}发到群里`,
  welcome: () => '欢迎语送出',
}

/** How it came to her and what she did with it: `11月6日 周敏发出`, `11月15日已领`; used: `9月24日 国贸店`, `实付 ¥3,496`. */
export function heldFacts(coupon: CustomerCoupon, today: string, timeZone: string): string[][] {
  const on = (at: string) => nearDayText(civilDayOf(Date.parse(at), timeZone), today)
  const { redemption, claimedAt, issuedAt, issuedBy, origin } = coupon
  if (redemption) {
    const paid = `实付 ${priceText(redemption.amountFen - redemption.discountFen)}`
    return [
      [`${on(redemption.at)} ${redemption.store ?? ''}`.trim(), ...(redemption.amountFen > 0 ? [paid] : [])],
    ]
  }
  const given = `${on(issuedAt)} ${cameBy[origin](issuedBy)}`
  return [claimedAt ? [given, `${on(claimedAt)}已领`] : [given]]
}

/** The state beside a coupon she or he holds. */
export const couponStateWord = (state: CustomerCoupon['state'], pronoun: Pronoun): string =>
  state === 'issued' ? `等${pronoun}领取` : COUPON_STATE_LABELS[state]

/** How a link in a group stands. */
export function shareWord({ state, claimed, count }: CouponShare): string {
  if (state === 'reserved') return '等 10 分钟'
  if (claimed >= count) return '领完了'
  return state === 'ended' ? '已结束' : '可以领'
}

/** `已领 3 / 10`, `周敏发出`; `到11月23日 10:30`, and once it has ended `退回 7 张`. */
export function shareFacts(share: CouponShare, today: string, timeZone: string): string[][] {
  const ends = Date.parse(share.endsAt)
  const until = `到${nearDayText(civilDayOf(ends, timeZone), today)} ${timeOfDayOf(ends, timeZone)}`
  const back = share.count - share.claimed
  const end =
    share.state === 'ended'
      ? back > 0
        ? [`退回 ${back} 张`]
        : []
      : share.claimed < share.count
        ? [until]
        : []
  return [[`已领 ${share.claimed} / ${share.count}`, `${share.by}发出`], end].filter(line => line.length > 0)
}
