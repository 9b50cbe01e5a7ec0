import type { CouponHours, CouponState } from '../contract/coupons.ts'
import type { RedeemRefusal } from '../contract/couponRefusal.ts'
import type { CivilDay } from './civilDay.ts'
import { nearDayText } from './civilDay.ts'
import type { CouponWorth } from './coupon.ts'
import { yuanText } from './coupon.ts'
import { couponHoursText } from './couponHoursText.ts'

/** What a coupon asks for at the till, and where it stands. */
export interface RedeemTerms {
  /** as kept; that its last day is over is found here */
  state: CouponState
  validFrom: CivilDay | null
  /** null: not known before it is claimed */
  expiresOn: CivilDay | null
  hours: readonly CouponHours[]
  /** stores it may be used in; empty: all */
  storeIds: readonly number[]
  thresholdFen: number
}

/** Where and when somebody wants to redeem, in the corp's time zone. */
export interface TillMoment {
  day: CivilDay
  /** 1 Monday … 7 Sunday */
  weekday: number
  /** of the day */
  minute: number
  /** of the member at the till */
  storeId: number | null
  /** before the discount; undefined while nobody has said it */
  amountFen: number | undefined
}

/** Minutes from midnight of `HH:MM`. */
export const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))

/** Hours that end at or before their beginning go on into the next day, which counts to the day they began on. */
export function isWithinHours(hours: readonly CouponHours[], weekday: number, minute: number): boolean {
  const yesterday = weekday === 1 ? 7 : weekday - 1
  return (
    hours.length === 0 ||
    hours.some(({ weekdays, from, until }) => {
      const [begin, end] = [minuteOf(from), minuteOf(until)]
      if (begin < end) return weekdays.includes(weekday) && minute >= begin && minute < end
      return (weekdays.includes(weekday) && minute >= begin) || (weekdays.includes(yesterday) && minute < end)
    })
  )
}

/** The first rule that stands against redeeming; undefined when none does. A threshold is asked for once there is an amount. */
export function redeemRefusal(terms: RedeemTerms, till: TillMoment): RedeemRefusal | undefined {
  const { state, validFrom, expiresOn, storeIds, hours, thresholdFen } = terms
  if (state === 'redeemed') return 'used'
  if (state === 'revoked') return 'revoked'
  if (state === 'expired' || (expiresOn !== null && expiresOn < till.day)) return 'expired'
  if (state !== 'issued' && state !== 'claimed') return 'notSent'
  if (validFrom !== null && till.day < validFrom) return 'notYet'
  if (storeIds.length > 0 && (till.storeId === null || !storeIds.includes(till.storeId))) return 'store'
  if (!isWithinHours(hours, till.weekday, till.minute)) return 'hours'
  return till.amountFen !== undefined && till.amountFen < thresholdFen ? 'threshold' : undefined
}

/**
 * What comes off an amount. Never more than the amount; of a percentage the fraction of a fen is in the customer's favour; a gift
 * and a service take nothing off the money.
 */
export function discountFen({ kind, amountFen, percent }: CouponWorth, totalFen: number): number {
  if (kind === 'amountOff') return Math.min(amountFen ?? 0, totalFen)
  if (kind !== 'percentOff') return 0
  return totalFen - Math.floor((totalFen * (percent ?? 100)) / 100)
}

/** Why it cannot be redeemed, for whoever stands at the till. `stores` are names. */
export function refusalText(
  reason: RedeemRefusal,
  terms: Omit<RedeemTerms, 'storeIds' | 'state'> & { stores: readonly string[] },
  today: CivilDay,
): string {
  switch (reason) {
    case 'used':
      return '这张券已经用过了'
    case 'expired':
      return terms.expiresOn ? `${nearDayText(terms.expiresOn, today)}已过期` : '这张券已经过期'
    case 'revoked':
      return '这张券已经收回'
    case 'notSent':
      return '这张券没有送出'
    case 'notYet':
      return terms.validFrom ? `${nearDayText(terms.validFrom, today)}起可用` : '还没到可用的日子'
    case 'store':
      return `只能在${terms.stores.join('、')}用`
    case 'hours':
      return `${couponHoursText(terms.hours)}可用`
    case 'threshold':
      return `满 ${yuanText(terms.thresholdFen)} 可用`
    case 'issuer':
      return '发券的系统不让核销，请看那边的记录'
  }
}
