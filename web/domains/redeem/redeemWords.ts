import type { CouponAtTill } from '../../../shared/contract/coupons.ts'
import type { Redemption } from '../../../shared/contract/redemptions.ts'
import { civilDayOf, nearDayText } from '../../../shared/rules/civilDay.ts'
import { couponFaceText, expiryText, priceText, yuanText } from '../../../shared/rules/coupon.ts'
import { couponHoursText } from '../../../shared/rules/couponHoursText.ts'
import { timeOfDayOf } from '../../../shared/rules/noticeTime.ts'
import { ApiError } from '../../api/apiError.ts'
import { isUnreachable, problemDetail } from '../../ui/problemTitle.ts'

/** What a coupon asks for, a line each; a rule it does not have is no line. */
export function ruleLines(coupon: CouponAtTill, today: string): { name: string; words: string }[] {
  const { face, validFrom, expiresOn, hours, stores, isStackable, terms } = coupon
  const from = validFrom !== null && validFrom > today ? `${nearDayText(validFrom, today)}起` : ''
  const until = expiresOn === null ? '' : expiryText(expiresOn, today)
  return [
    { name: '商品', words: face.goods ?? '' },
    { name: '期限', words: [from, until].filter(Boolean).join('，') },
    { name: '时段', words: couponHoursText(hours) },
    { name: '门店', words: stores.join('、') },
    { name: '叠加', words: isStackable ? '可以和别的优惠一起用' : '不和别的优惠一起用' },
    { name: '说明', words: terms },
  ].filter(({ words }) => words !== '')
}

/** Whose it is, as far as the member at the till may know. */
export function whoseText(customer: CouponAtTill['customer']): string {
  if (!customer) return '群里领的，不知道是哪位客户'
  return customer.isMasked ? `${customer.address}，不是你的客户，只看得到姓` : `${customer.address}的券`
}

/** `满 3000 可用，还差 ¥200`; empty when the amount is enough. */
export const shortText = ({ thresholdFen }: CouponAtTill['face'], amountFen: number): string =>
  amountFen < thresholdFen
    ? `满 ${yuanText(thresholdFen)} 可用，还差 ${priceText(thresholdFen - amountFen)}`
    : ''

/** `14:05` of today, with its day when it was another. */
export function momentText(at: string, today: string, timeZone: string): string {
  const instant = Date.parse(at)
  const day = civilDayOf(instant, timeZone)
  const time = timeOfDayOf(instant, timeZone)
  return day === today ? time : `${nearDayText(day, today)} ${time}`
}

/** `王一帆 · 国贸店` */
export const redeemerText = ({ by, store }: Redemption['redemption']): string =>
  [by, store].filter(Boolean).join('，')

/** What a use was worth: the sum before, what came off, what was paid; a gift has no sums to tell. */
export function sumsText(
  { amountFen, discountFen }: Pick<Redemption['redemption'], 'amountFen' | 'discountFen'>,
  face: Redemption['face'],
): string {
  if (discountFen > 0)
    return `${priceText(amountFen)} 减 ${priceText(discountFen)}，收 ${priceText(amountFen - discountFen)}`
  return amountFen > 0 ? `同时买了 ${priceText(amountFen)}` : couponFaceText(face)
}

/** Why no coupon is shown for what was scanned or typed. */
export function seekTrouble(error: unknown): string {
  if (isUnreachable(error)) return '网络没有通，没有查到，也什么都没核销'
  if (error instanceof ApiError && error.problem.code === 'not_found') return '没有这张券，看看是不是别家的'
  return problemDetail(error)
}
