import type { Today, TodayRow } from '../../../shared/contract/reminders.ts'
import { daysBetween, monthDayText } from '../../../shared/rules/civilDay.ts'
import { addWayText } from '../../../shared/rules/customerWords.ts'
import { relationLabel } from '../../../shared/rules/relation.ts'
import { stillDaysText } from '../../../shared/rules/yearlyDateText.ts'
import { dateName } from '../scripts/scriptFacts.ts'

type SectionName = Today['sections'][number]['name']

/** Sections of 今日 in plain words, and a line that says what to make of them. */
export const sectionWords: Record<SectionName, { title: string; hint: string; filter: string }> = {
  overdue: { title: '这几天没赶上', hint: '今天补一句也不晚', filter: '没赶上' },
  due: { title: '今天', hint: '', filter: '今天' },
  newFriends: { title: '新朋友', hint: '认识一下，打个标签', filter: '新客' },
  upcoming: { title: '接下来', hint: '', filter: '接下来' },
  lost: { title: '离开的客户', hint: '', filter: '离开' },
}

function dateReason(row: TodayRow, today: string): { text: string; urgent: string } {
  const { date } = row
  if (!date) return { text: '', urgent: '' }
  const whose = date.person ? relationLabel(date.person.relation) : '本人'
  const days = daysBetween(today, row.occurrence)
  if (days < 0) return { text: `${whose}${dateName(date)}，${monthDayText(row.occurrence)}`, urgent: '' }
  const left = stillDaysText(today, row.occurrence)
  return days <= 3
    ? { text: `${whose}${dateName(date)}`, urgent: left }
    : { text: `${whose}${dateName(date)}${left}`, urgent: monthDayText(row.occurrence) }
}

/** The second line of a row: the reason, and what is pressing about it. */
export function rowReason(row: TodayRow, today: string): { text: string; urgent: string } {
  if (row.kind === 'date') return dateReason(row, today)
  if (row.kind === 'lost') return { text: '移除了好友，她的提醒已停', urgent: '' }
  const facts = [row.addWay === null ? '' : addWayText(row.addWay), row.channel ?? '', '还没有标签']
  return { text: facts.filter(Boolean).join('，'), urgent: '' }
}
