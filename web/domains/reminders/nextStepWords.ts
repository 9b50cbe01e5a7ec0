import type { Card } from '../../../shared/contract/customers.ts'
import type { ImportantDate } from '../../../shared/contract/people.ts'
import type { Reminder } from '../../../shared/contract/reminders.ts'
import { orderText } from '../../../shared/rules/becauseText.ts'
import { daysBetween, monthDayText, weekdayText } from '../../../shared/rules/civilDay.ts'
import { channelFacts } from '../../../shared/rules/customerWords.ts'
import { dateName } from '../../../shared/rules/scriptFacts.ts'
import { stillDaysText, yearlyDateText } from '../../../shared/rules/yearlyDateText.ts'
import { whoIs, yearsText } from '../people/dateWords.ts'

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

/** `妈妈生日`, `本人生日`, `结婚纪念日`: a couple's day needs no owner. */
export function whoseDayText(date: ImportantDate): string {
  if (date.person) return `${whoIs(date.person)}${dateName(date)}`
  return `${date.kind === 'birthday' ? '本人' : ''}${dateName(date)}`
}

/** A reminder in words: what it is, why, and what presses. */
export function stepWords(reminder: Reminder, card: Card, timeZone: string): StepWords {
  const { date } = reminder
  if (date) {
    const days = daysBetween(card.today, reminder.occurrence)
    const day = `${monthDayText(reminder.occurrence)} ${weekdayText(reminder.occurrence)}`
    return {
      icon: date.kind === 'birthday' ? 'cake' : date.kind === 'wedding' ? 'ring' : 'calendar',
      title: [whoseDayText(date), stillDaysText(card.today, reminder.occurrence)],
      reason: [day, date.calendar === 'lunar' ? yearlyDateText(date) : '', yearsText(date)].filter(Boolean),
      urgent: pressing(reminder, days, card.today),
    }
  }
  const step = otherSteps[reminder.kind]
  if (step) return { ...step, title: step.title(reminder), reason: reminder.because.split(' · '), urgent: '' }
  if (reminder.kind === 'lost')
    return { icon: 'user', title: ['客户移除了好友'], reason: ['提醒已停'], urgent: '' }
  return {
    icon: 'user',
    title: ['新朋友'],
    reason: [reminder.because, ...channelFacts(card.follow, card.today, timeZone)],
    urgent: '',
  }
}

function pressing({ order }: Reminder, days: number, today: string): string {
  if (days < 0) return '今天补一句也不晚'
  if (order && days > 0) return orderText(order, today)
  return days <= PRESSING_DAYS ? '这几天就要说' : ''
}

const otherSteps: Partial<
  Record<Reminder['kind'], { icon: string; title: (reminder: Reminder) => string[] }>
> = {
  coupon: { icon: 'ticket', title: () => ['券快到期了'] },
  promise: { icon: 'check', title: ({ about }) => [about ?? '答应的事'] },
  care: { icon: 'bag', title: () => ['该保养了'] },
}

/** Why a reminder is put away, in the guide's words. `done` is no skip: the wish was said. */
export const skipReasons = [
  { action: { action: 'done', how: 'inPerson' }, words: '当面说过了' },
  { action: { action: 'skip', reason: 'alreadyKnown' }, words: '同事已经说过' },
  { action: { action: 'skip', reason: 'notNeeded' }, words: '不过这个日子' },
  { action: { action: 'skip', reason: 'badTime' }, words: '这阵子不合适' },
  { action: { action: 'skip', reason: 'wrongDate' }, words: '日子记错了' },
  { action: { action: 'skip', reason: 'other' }, words: '别的原因' },
] as const
