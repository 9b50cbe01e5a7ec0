import type { Today, TodayRow } from '../../../shared/contract/reminders.ts'
import { orderShortText } from '../../../shared/rules/becauseText.ts'
import { daysBetween, monthDayText } from '../../../shared/rules/civilDay.ts'
import { addWayText, channelText } from '../../../shared/rules/customerWords.ts'
import { stillDaysText } from '../../../shared/rules/yearlyDateText.ts'
import { whoseDayText } from './nextStepWords.ts'

type SectionName = Today['sections'][number]['name']

/** Sections of 今日 in plain words, and a line that says what to make of them. */
export const sectionWords: Record<SectionName, { title: string; hint: string; filter: string }> = {
  overdue: { title: '这几天没赶上', hint: '今天补一句也不晚', filter: '没赶上' },
  due: { title: '今天', hint: '', filter: '今天' },
  newFriends: { title: '新朋友', hint: '认识一下，打个标签', filter: '新客' },
  upcoming: { title: '接下来', hint: '', filter: '接下来' },
  lost: { title: '离开的客户', hint: '', filter: '离开' },
  done: { title: '今天做完的', hint: '', filter: '做完' },
}

export interface RowReason {
  facts: string[]
  /** What presses, in amber. */
  urgent: string
}

/** From here on the days left are said in amber. */
const PRESSING_DAYS = 3

const doneWords: Partial<Record<NonNullable<TodayRow['state']>, string>> = {
  sent: '已发出',
  done: '说过了',
  skipped: '跳过了',
}

/** What became of a row that is done with: `已发出`. */
export const doneText = ({ state }: TodayRow): string => (state && doneWords[state]) ?? ''

/** `11月28日再提醒`, `11月26日起提醒你`: what is not due yet says when it will be. */
const remindText = ({ remindOn, isPutOff }: TodayRow): string =>
  remindOn === null ? '' : `${monthDayText(remindOn)}${isPutOff ? '再提醒' : '起提醒你'}`

function dateReason(row: TodayRow, today: string): RowReason {
  const { date, occurrence, order, state } = row
  if (!date) return { facts: [], urgent: '' }
  const what = whoseDayText(date)
  const days = daysBetween(today, occurrence)
  if (state !== null) return { facts: [what], urgent: '' }
  if (days < 0) return { facts: [what, monthDayText(occurrence)], urgent: '' }
  const left = stillDaysText(today, occurrence)
  if (row.remindOn !== null && !row.isPutOff)
    return { facts: [`${what}${left}`, remindText(row)], urgent: '' }
  if (order && days > 0) return { facts: [`${what}${left}`], urgent: orderShortText(order, today) }
  return days <= PRESSING_DAYS
    ? { facts: [what], urgent: left }
    : { facts: [`${what}${left}`, monthDayText(occurrence)], urgent: '' }
}

/** The second line of a row: the reason, and what is pressing about it. */
export function rowReason(row: TodayRow, today: string): RowReason {
  const reason = dueReason(row, today)
  return row.isPutOff ? { ...reason, facts: [...reason.facts, remindText(row)] } : reason
}

function dueReason(row: TodayRow, today: string): RowReason {
  if (row.kind === 'date') return dateReason(row, today)
  if (row.kind === 'promise') return { facts: [row.about ?? ''], urgent: row.state ? '' : row.because }
  if (row.kind === 'coupon' || row.kind === 'care') return { facts: [row.because], urgent: '' }
  if (row.kind === 'lost') return { facts: ['移除了好友', '提醒已停'], urgent: '' }
  const facts = [row.addWay === null ? '' : addWayText(row.addWay), channelText(row.channel), '还没有标签']
  return { facts: facts.filter(Boolean), urgent: '' }
}
