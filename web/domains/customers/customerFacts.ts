import type { Card } from '../../../shared/contract/customers.ts'
import { addDays, civilDayOf, daysBetween, type CivilDay } from '../../../shared/rules/civilDay.ts'
import {
  contactBudget,
  LESS_RULE,
  type ContactAttempt,
  type ContactBudget,
  type CountedRule,
} from '../../../shared/rules/contactBudget.ts'
import { pronounOf } from './headerFacts.ts'

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

/** A friend is new during these days. */
export const NEW_FRIEND_DAYS = 7

/** Whether the customer was added in the last days and carries no tag yet. */
export function isNewFriendWithoutTags(card: Card, timeZone: string): boolean {
  // WeCom takes no tags for her before the guide has answered.
  if (card.follow.isHalfAdded || card.follow.addedAt === null || card.tags.tags.length > 0) return false
  return daysBetween(civilDayOf(Date.parse(card.follow.addedAt), timeZone), card.today) < NEW_FRIEND_DAYS
}
