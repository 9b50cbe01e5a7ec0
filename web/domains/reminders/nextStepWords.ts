import type { Card } from '../../../shared/contract/customers.ts'
import type { Reminder } from '../../../shared/contract/reminders.ts'
import { daysBetween, monthDayText, weekdayText } from '../../../shared/rules/civilDay.ts'
import { channelFacts } from '../../../shared/rules/customerWords.ts'
import { relationLabel } from '../../../shared/rules/relation.ts'
import { stillDaysText, yearlyDateText } from '../../../shared/rules/yearlyDateText.ts'
import { dateName } from '../scripts/scriptFacts.ts'

export interface StepWords {
  icon: string
  /** `妈妈生日`, `还有 12 天` */
  title: string[]
  /** Why, as facts. */
  reason: string[]
  /** What presses, in amber. */
  urgent: string
}

/** From here on the days left are said in amber. */
const PRESSING_DAYS = 3

/** A reminder in words: what it is, why, and what presses. */
export function stepWords(reminder: Reminder, card: Card, timeZone: string): StepWords {
  const { date } = reminder
  if (date) {
    const days = daysBetween(card.today, reminder.occurrence)
    const day = `${monthDayText(reminder.occurrence)} ${weekdayText(reminder.occurrence)}`
    return {
      icon: date.kind === 'birthday' ? 'cake' : date.kind === 'wedding' ? 'ring' : 'calendar',
      title: [
        `${date.person ? relationLabel(date.person.relation) : '本人'}${dateName(date)}`,
        stillDaysText(card.today, reminder.occurrence),
      ],
      reason: date.calendar === 'lunar' ? [day, yearlyDateText(date)] : [day],
      urgent: days < 0 ? '今天补一句也不晚' : days <= PRESSING_DAYS ? '这几天就要说' : '',
    }
  }
  if (reminder.kind === 'lost')
    return { icon: 'user', title: ['客户移除了好友'], reason: ['提醒已停'], urgent: '' }
  return {
    icon: 'user',
    title: ['新朋友'],
    reason: channelFacts(card.follow, card.today, timeZone),
    urgent: '',
  }
}

/** Why a reminder is put away, in the guide's words. `done` is no skip: the wish was said. */
export const skipReasons = [
  { action: { action: 'done' }, words: '当面说过了' },
  { action: { action: 'skip', reason: 'alreadyKnown' }, words: '同事已经说过' },
  { action: { action: 'skip', reason: 'notNeeded' }, words: '她不过这个日子' },
  { action: { action: 'skip', reason: 'badTime' }, words: '这阵子不合适' },
  { action: { action: 'skip', reason: 'wrongDate' }, words: '日子记错了' },
  { action: { action: 'skip', reason: 'other' }, words: '别的原因' },
] as const
