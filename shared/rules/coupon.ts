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

/** `12月31日前`, `12月1日到12月31日`, `领后 30 天有效` */
export function validityText(validity: CouponValidity, today: CivilDay): string {
  if (validity.kind === 'daysAfterClaim') return `领后 ${validity.days} 天有效`
  const last = nearDayText(validity.day, today)
  return validity.from !== undefined && validity.from > today
    ? `${nearDayText(validity.from, today)}到${last}`
    : `${last}前`
}

/** What is left of one coupon: `今天到期`, `还有 9 天到期`, beyond 14 days `12月31日到期`, and `9月30日已过期`. */
export function expiryText(validUntil: CivilDay, today: CivilDay): string {
  const days = daysBetween(today, validUntil)
  if (days < 0) return `${nearDayText(validUntil, today)}已过期`
  if (days === 0) return '今天到期'
  if (days === 1) return '明天到期'
  return days <= 14 ? `还有 ${days} 天到期` : `${nearDayText(validUntil, today)}到期`
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

// Codes: 11 random characters and one that checks them. Read aloud and typed at a counter, so no 0 O, 1 I L, no U beside V.
// Luhn mod N needs an even number of characters, else its doubling maps two of them to one.
export const COUPON_CODE_ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ'
export const COUPON_CODE_LENGTH = 12
/** Random bytes that one code takes; so many that no character is likelier than another by more than 2^-70. */
export const COUPON_CODE_RANDOM_BYTES = 16

/** Luhn mod N: finds every single wrong character and nearly every swap of neighbours. */
function checkCharacter(body: string): string {
  const size = COUPON_CODE_ALPHABET.length
  let sum = 0
  for (let fromRight = 0; fromRight < body.length; fromRight++) {
    const value = COUPON_CODE_ALPHABET.indexOf(body.charAt(body.length - 1 - fromRight))
    const weighted = fromRight % 2 === 0 ? value * 2 : value
    sum += Math.floor(weighted / size) + (weighted % size)
  }
  return COUPON_CODE_ALPHABET.charAt((size - (sum % size)) % size)
}

/** Divides a big-endian number and returns the remainder. (No BigInt: the browsers we serve go back to Safari 13.) */
function divideInPlace(number: Uint8Array, divisor: number): number {
  let remainder = 0
  for (const [index, byte] of number.entries()) {
    const value = remainder * 256 + byte
    number[index] = Math.floor(value / divisor)
    remainder = value % divisor
  }
  return remainder
}

/**
 * A code from bytes of a cryptographic source (54 bits of it remain); the caller asks the source, so that this stays pure.
 * @throws RangeError when there are fewer than `COUPON_CODE_RANDOM_BYTES` bytes.
 */
export function couponCode(randomBytes: Uint8Array): string {
  if (randomBytes.length < COUPON_CODE_RANDOM_BYTES) {
    throw new RangeError(
      `a coupon code takes ${COUPON_CODE_RANDOM_BYTES} random bytes, not ${randomBytes.length}`,
    )
  }
  const number = randomBytes.slice(0, COUPON_CODE_RANDOM_BYTES)
  let body = ''
  while (body.length < COUPON_CODE_LENGTH - 1) {
    body += COUPON_CODE_ALPHABET.charAt(divideInPlace(number, COUPON_CODE_ALPHABET.length))
  }
  return body + checkCharacter(body)
}

/** A code as typed or scanned, in the form in which it is stored: upper case, no blanks or hyphens, full-width folded. */
export function normalizeCouponCode(typed: string): string {
  return typed.normalize('NFKC').replace(/[\s-]/g, '').toUpperCase()
}

/** Whether a normalized code can be one of ours; a typing mistake is told at once, without asking the server. */
export function isValidCouponCode(code: string): boolean {
  if (code.length !== COUPON_CODE_LENGTH) return false
  for (const character of code) if (!COUPON_CODE_ALPHABET.includes(character)) return false
  return code.endsWith(checkCharacter(code.slice(0, -1)))
}

/** `GB7K 2M9Q 4T8X` */
export function couponCodeText(code: string): string {
  return code.replace(/.{4}(?=.)/g, '$& ')
}
