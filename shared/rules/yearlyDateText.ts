import { daysBetween, fullDayText, monthDayText, weekdayText } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'
import type { LeapPolicy, YearlyDate } from './yearlyDate.ts'

const MONTHS = ['正', '二', '三', '四', '五', '六', '七', '八', '九', '十', '冬', '腊'] as const
const NUMERALS = ['', '一', '二', '三', '四', '五', '六', '七', '八', '九', '十'] as const

/** 初一 … 初十, 十一 … 十九, 二十, 廿一 … 廿九, 三十 */
function lunarDayText(day: number): string {
  if (day <= 10) return `初${NUMERALS[day]}`
  if (day < 20) return `十${NUMERALS[day - 10]}`
  if (day === 20) return '二十'
  return day < 30 ? `廿${NUMERALS[day - 20]}` : '三十'
}

type Day = Pick<YearlyDate, 'calendar' | 'month' | 'day' | 'isLeapMonth'>

/** `8月15日`, `农历八月十五`, `农历闰四月廿九`; `8月`, `农历八月` where only the month is known */
export function yearlyDateText({ calendar, month, day, isLeapMonth }: Day): string {
  if (calendar === 'solar') return `${month}月${day === null ? '' : `${day}日`}`
  const lunarDay = day === null ? '' : lunarDayText(day)
  return `农历${isLeapMonth ? '闰' : ''}${MONTHS[month - 1] ?? month}月${lunarDay}`
}

/** `今天`, `明天`, `12 天`, and for a day that has passed `过了 3 天` */
export function daysLeftText(today: CivilDay, occurrence: CivilDay): string {
  const days = daysBetween(today, occurrence)
  if (days < 0) return `过了 ${-days} 天`
  if (days === 0) return '今天'
  return days === 1 ? '明天' : `${days} 天`
}

/** `就在今天`, `就在明天`, `还有 12 天`, and for a day that has passed `过了 3 天` */
export function stillDaysText(today: CivilDay, occurrence: CivilDay): string {
  const days = daysBetween(today, occurrence)
  if (days < 0) return `过了 ${-days} 天`
  if (days === 0) return '就在今天'
  return days === 1 ? '就在明天' : `还有 ${days} 天`
}

function awayText(days: number): string {
  if (days < 0) return `${-days} 天前`
  if (days === 0) return '今天'
  return days === 1 ? '明天' : `${days} 天后`
}

/** For the ear: `12 天后，12月3日`, `3 天前，11月18日` */
export function spokenDaysText(today: CivilDay, occurrence: CivilDay): string {
  const days = daysBetween(today, occurrence)
  return `${awayText(days)}，${monthDayText(occurrence)}`
}

/** What a typed date was understood as: `农历八月十五` and `2027年9月15日 星期三`. */
export function echoFacts(date: Day, occurrence: CivilDay): [date: string, day: string] {
  return [yearlyDateText(date), `${fullDayText(occurrence)} ${weekdayText(occurrence)}`]
}

/** What a date means in a year without its leap month, or with both months. */
export const leapPolicyWords: { policy: LeapPolicy; words: string }[] = [
  { policy: 'leapElseOrdinary', words: '有闰月过闰月' },
  { policy: 'sameMonth', words: '总过平月' },
  { policy: 'both', words: '两个月都过' },
  { policy: 'leapOnly', words: '只在有闰月的年份过' },
]
