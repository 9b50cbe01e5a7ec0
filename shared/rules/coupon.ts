import { addDays, civilDayOf, daysBetween, nearDayText } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'
import type { CouponFace as Worth, CouponOffer } from '../contract/coupons.ts'

/** What the face shows of an offer, as the contract says it: money in integer fen, `percent` what remains to be paid (95: 9.5 折). */
export type CouponWorth = Pick<Worth, 'kind' | 'amountFen' | 'percent' | 'words' | 'thresholdFen'>

export interface CouponFace {
  big: string
  small: string
}

/** `reserved` waits for the send · `issued` lies in the chat · `claimed` taken by the customer · four ways to end. */
export type CouponState = 'reserved' | 'issued' | 'claimed' | 'redeemed' | 'released' | 'expired' | 'revoked'

export const COUPON_STATE_LABELS = {
  reserved: '正在发',
  issued: '等她领取',
  claimed: '已领取',
  redeemed: '已核销',
  released: '没有发出',
  expired: '已过期',
  revoked: '已收回',
} as const satisfies Record<CouponState, string>

/** The same states on the customer's own page. */
export const COUPON_STATE_LABELS_FOR_CUSTOMER = {
  reserved: '还没有送出',
  issued: '等您领取',
  claimed: '已领取，可使用',
  redeemed: '已使用',
  released: '已失效',
  expired: '已过期',
  revoked: '已失效',
} as const satisfies Record<CouponState, string>

/** Counts against stock and the per-person limit. */
export function isCouponLive(state: CouponState): boolean {
  return state === 'reserved' || state === 'issued' || state === 'claimed' || state === 'redeemed'
}

/** Still worth something to the customer: its ticket keeps the tinted face. */
export function isCouponAlive(state: CouponState): boolean {
  return state === 'reserved' || state === 'issued' || state === 'claimed'
}

/**
 * The state to show and act on: a coupon past its last day is expired even before the nightly job has written it down.
 * A reservation has a deadline of its own and is not touched here.
 */
export function couponState(
  stored: CouponState,
  validUntil: CivilDay | undefined,
  today: CivilDay,
): CouponState {
  const canExpire = stored === 'issued' || stored === 'claimed'
  return canExpire && validUntil !== undefined && validUntil < today ? 'expired' : stored
}

/** `3000`, `99.5`, `0.05`: yuan without trailing zeros and without separators. @throws RangeError for a broken fen. */
export function yuanText(amountFen: number): string {
  if (!Number.isSafeInteger(amountFen)) throw new RangeError(`money is integer fen: ${amountFen}`)
  const fen = Math.abs(amountFen)
  const cents = String(fen % 100)
    .padStart(2, '0')
    .replace(/0+$/, '')
  return `${amountFen < 0 ? '-' : ''}${Math.floor(fen / 100)}${cents ? `.${cents}` : ''}`
}

/** `¥128,800`, `¥99.50`: for prices and totals; never `.00`. */
export function priceText(amountFen: number): string {
  const [whole = '', cents] = yuanText(amountFen).split('.')
  const grouped = whole.replace('-', '').replace(/\B(?=(\d{3})+$)/g, ',')
  return `${amountFen < 0 ? '-' : ''}¥${grouped}${cents ? `.${cents.padEnd(2, '0')}` : ''}`
}

function discountText(percent: number): string {
  return `${(percent / 10).toFixed(1).replace(/\.0$/, '')} 折`
}

function bigText({ kind, amountFen, percent, words }: CouponWorth): string {
  if (kind === 'amountOff') return `¥${yuanText(amountFen ?? 0)}`
  return kind === 'percentOff' ? discountText(percent ?? 100) : (words ?? '')
}

/** The two lines of a ticket's face: `¥200` / `满 3000`, `9.5 折` / `无门槛`, `免刻字` / `无门槛`. */
export function couponFace(offer: CouponWorth): CouponFace {
  const { thresholdFen } = offer
  return { big: bigText(offer), small: thresholdFen > 0 ? `满 ${yuanText(thresholdFen)}` : '无门槛' }
}

/** One line for cards and alt texts: `¥200 满 3000`. */
export function couponFaceText(offer: CouponWorth): string {
  const { big, small } = couponFace(offer)
  return `${big} ${small}`
}

/** How long a template's coupons hold: up to a fixed last day, or some days from the claim. */
export type CouponValidity = CouponOffer['validity']

/** `至12月31日`: the one wording of a last day, which still counts; `前` would read as excluding it. */
export const throughText = (lastDay: CivilDay, today: CivilDay): string => `至${nearDayText(lastDay, today)}`

/** `至12月31日`, `12月1日至12月31日`, `领后 30 天有效` */
export function validityText(validity: CouponValidity, today: CivilDay): string {
  if (validity.kind === 'daysAfterClaim') return `领后 ${validity.days} 天有效`
  const start = validity.from !== undefined && validity.from > today ? nearDayText(validity.from, today) : ''
  return `${start}${throughText(validity.day, today)}`
}

/** What is left of one coupon: `今天到期`, `还有 9 天到期`, beyond 14 days `至12月31日`, and `9月30日已过期`. */
export function expiryText(validUntil: CivilDay, today: CivilDay): string {
  const days = daysBetween(today, validUntil)
  if (days < 0) return `${nearDayText(validUntil, today)}已过期`
  if (days === 0) return '今天到期'
  if (days === 1) return '明天到期'
  return days <= 14 ? `还有 ${days} 天到期` : throughText(validUntil, today)
}

/** Last day of a coupon claimed at an instant: claimed on 21 November for 30 days, it holds through 21 December. */
export function validUntilAfterClaim(
  validity: CouponValidity,
  claimedAt: number,
  timeZone: string,
): CivilDay {
  if (validity.kind === 'until') return validity.day
  return addDays(civilDayOf(claimedAt, timeZone), validity.days)
}
