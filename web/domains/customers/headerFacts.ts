import type { Card } from '../../../shared/contract/customers.ts'
import { addDays, civilDayParts } from '../../../shared/rules/civilDay.ts'
import { expiryText } from '../../../shared/rules/coupon.ts'
import { addressCustomer } from '../../../shared/rules/customerName.ts'
import { channelFacts } from '../../../shared/rules/customerWords.ts'

/** How to address the customer: 称呼, else the remark, else the name. */
export const addressOf = (card: Card): string =>
  addressCustomer({
    salutation: card.customer.profile.salutation,
    remark: card.follow.remark,
    name: card.customer.name,
  })

export const pronounOf = (card: Card): '她' | '他' => (card.customer.gender === 'male' ? '他' : '她')

/** `周敏、赵一鸣也在服务`; four names at most, then how many. Empty when nobody else does. */
export function colleaguesText(names: readonly string[]): string {
  if (names.length === 0) return ''
  return names.length <= 4
    ? `${names.join('、')}也在服务`
    : `${names.slice(0, 3).join('、')}等 ${names.length} 位同事也在服务`
}

/** By whom a customer is served who is not one's own: `由陈露服务`; of one's own what is still to be done to be friends, else empty. */
export function servedText(card: Card): string {
  const { follow } = card
  if (follow.isMine) return follow.isHalfAdded ? `${pronounOf(card)}已加你，你还没通过` : ''
  const guide = follow.guide ?? '同事'
  return follow.isWaiting ? `${guide}已离职，待接替` : `由${guide}服务`
}

/** `5月` in this year, `2024年5月` in another. */
function monthText(day: string, today: string): string {
  const { year, month } = civilDayParts(day)
  return year === civilDayParts(today).year ? `${month}月` : `${year}年${month}月`
}

/** Sizes and the last purchase, each a fact of its own; what is not known is left out. */
export function pieceFacts(card: Card): string[] {
  const { profile, lastPurchase } = card.customer
  return [
    profile.ringSize ? `戒圈 ${profile.ringSize}` : '',
    profile.wristSize ? `手围 ${profile.wristSize}` : '',
    profile.neckSize ? `项链 ${profile.neckSize}` : '',
    lastPurchase ? `${monthText(lastPurchase.day, card.today)}买过${lastPurchase.piece}` : '',
  ].filter(Boolean)
}

/**
 * Days before its end from which a coupon is about to expire. Of one that is not claimed yet, that it has gone out is the news for
 * longer.
 */
const COUPON_NEAR_DAYS = { issued: 7, claimed: 14 } as const
const couponWords = { issued: '已发', claimed: '已领', redeemed: '已用' } as const

/** `足金饰品券已领`, near its end `足金饰品券还有 9 天到期`; empty without one. */
export function couponFact({ coupons, today }: Card): string {
  const { latest } = coupons
  if (latest?.state !== 'issued' && latest?.state !== 'claimed' && latest?.state !== 'redeemed') return ''
  const { name, state, expiresOn } = latest
  const isNear =
    state !== 'redeemed' && expiresOn !== null && expiresOn <= addDays(today, COUPON_NEAR_DAYS[state])
  return `${name}${isNear ? expiryText(expiresOn, today) : couponWords[state]}`
}

/** What the header says: each line one sentence, or facts in a row. What is not known is a line that is not there. */
export interface HeaderFacts {
  address: string
  tier: string
  /** what WeCom calls her, when that is not how she is addressed */
  otherName: string
  lines: (string | readonly string[])[]
}

export function headerFacts(card: Card, timeZone: string): HeaderFacts {
  const { name, corpName, profile } = card.customer
  const address = addressOf(card)
  const lines = [
    corpName ?? '',
    channelFacts(card.follow, card.today, timeZone),
    servedText(card),
    colleaguesText(card.colleagues),
    [...pieceFacts(card), couponFact(card)].filter(Boolean),
  ]
  return {
    address,
    tier: profile.tier ?? '',
    otherName: name !== address ? name : '',
    lines: lines.filter(({ length }) => length > 0),
  }
}
