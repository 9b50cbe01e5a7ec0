import type { Card } from '../../../shared/contract/customers.ts'
import {
  addDays,
  civilDayOf,
  civilDayParts,
  daysBetween,
  type CivilDay,
} from '../../../shared/rules/civilDay.ts'
import {
  contactBudget,
  LESS_RULE,
  type ContactAttempt,
  type ContactBudget,
  type CountedRule,
} from '../../../shared/rules/contactBudget.ts'
import { expiryText } from '../../../shared/rules/coupon.ts'

export const pronounOf = (card: Card): '她' | '他' => (card.customer.gender === 'male' ? '他' : '她')

/** Whether we may write now, from the facts of the card. `now` in milliseconds. */
export function budgetOf(
  card: Card,
  timeZone: string,
  now: number,
  attempt?: ContactAttempt,
): ContactBudget<CountedRule> {
  const { contact } = card
  return contactBudget(
    {
      ...(contact.lastAt === null ? {} : { lastContactAt: Date.parse(contact.lastAt) }),
      ...(contact.lastByName === null ? {} : { lastContactBy: contact.lastByName }),
      // The occasion alone keeps it to one line; the timeline has the whole title.
      ...(contact.lastWhat ? { lastContactWhat: contact.lastWhat.split(' · ')[0] ?? '' } : {}),
      isMe: contact.lastByMe,
      ...(contact.wroteAt === null ? {} : { customerWroteAt: Date.parse(contact.wroteAt) }),
      rules: contact.rules,
      ...(contact.quiet ? { quiet: contact.quiet } : {}),
      ...(contact.less ? { less: contact.less } : {}),
      ...(contact.quietHours ? { quietHours: contact.quietHours } : {}),
      pronoun: pronounOf(card),
      now,
      timeZone,
    },
    attempt,
  )
}

/** One more message of ours in the rows that count it, before the server says so. */
export function countedOnce(contact: Card['contact'], today: CivilDay): Card['contact'] {
  const more = <Counted extends Pick<CountedRule, 'used' | 'freeOn'>>(
    row: Counted,
    { maxCount, periodDays }: Pick<CountedRule, 'maxCount' | 'periodDays'>,
  ): Counted => ({
    ...row,
    used: row.used + 1,
    freeOn: row.freeOn ?? (maxCount === 1 ? addDays(today, periodDays) : null),
  })
  return {
    ...contact,
    rules: contact.rules.map(rule => (rule.channel === 'private' ? more(rule, rule) : rule)),
    less: contact.less && more(contact.less, LESS_RULE),
  }
}

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

/** A friend is new during these days. */
export const NEW_FRIEND_DAYS = 7

/** Whether the customer was added in the last days and carries no tag yet. */
export function isNewFriendWithoutTags(card: Card, timeZone: string): boolean {
  // WeCom takes no tags for her before the guide has answered.
  if (card.follow.isHalfAdded || card.follow.addedAt === null || card.tags.tags.length > 0) return false
  return daysBetween(civilDayOf(Date.parse(card.follow.addedAt), timeZone), card.today) < NEW_FRIEND_DAYS
}
