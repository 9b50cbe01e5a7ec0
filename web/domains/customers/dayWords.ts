import { civilDayOf, daysBetween, nearDayText, type CivilDay } from '../../../shared/rules/civilDay.ts'
import { timeOfDayOf } from '../../../shared/rules/noticeTime.ts'

/** `今天`, `昨天`, further back the day itself (`11月6日`). */
export function recentDayText(day: CivilDay, today: CivilDay): string {
  const days = daysBetween(day, today)
  if (days === 0) return '今天'
  return days === 1 ? '昨天' : nearDayText(day, today)
}

/** `今天 10:20`, `昨天 23:05`, `11月6日 09:00`. */
export function momentText(instant: string, timeZone: string, today: CivilDay): string {
  const at = Date.parse(instant)
  return `${recentDayText(civilDayOf(at, timeZone), today)} ${timeOfDayOf(at, timeZone)}`
}
