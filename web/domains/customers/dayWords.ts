import { daysBetween, nearDayText, type CivilDay } from '../../../shared/rules/civilDay.ts'

/** `今天`, `昨天`, further back the day itself (`11月6日`). */
export function recentDayText(day: CivilDay, today: CivilDay): string {
  const days = daysBetween(day, today)
  if (days === 0) return '今天'
  return days === 1 ? '昨天' : nearDayText(day, today)
}
