import { civilDay, civilDayParts, daysInMonth } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'

export type CalendarKind = 'solar' | 'lunar'

/**
 * What a leap-month date means in a year:
 * `leapElseOrdinary` the leap month if the year has it, else the ordinary month · `both` each of the two months that the year
 * has (also for a date of the ordinary month) · `leapOnly` nothing in a year without that leap month · `sameMonth` always the
 * ordinary month.
 */
export type LeapPolicy = 'leapElseOrdinary' | 'both' | 'leapOnly' | 'sameMonth'

/** A day that comes back every year: a birthday, a wedding day. */
export interface YearlyDate {
  calendar: CalendarKind
  /** 1–12, also for a leap month. */
  month: number
  /** solar 1–31, lunar 1–30; null when only the month is known, which is kept on its first day */
  day: number | null
  /** Only lunar dates have it set. */
  isLeapMonth: boolean
  /** The year of origin in the date's own calendar (the lunar year for lunar dates); absent when nobody told. */
  year?: number
  /** Absent means `leapElseOrdinary`. */
  leapPolicy?: LeapPolicy
}

/** The years for which the two calendars are kept; outside them no date is accepted. */
export const FIRST_YEAR = 1900
export const LAST_YEAR = 2100

/** Any leap year: a date without a year may be 29 February. */
const YEAR_WITH_ALL_DAYS = 2000

/**
 * Why the date can never fall on a day, in words for the guide; undefined when it can.
 * Whether one certain lunar year had a 30th or a leap month is a question to the calendar: `existsInItsYear` in nextOccurrence.ts.
 */
export function impossibleReason(date: YearlyDate): string | undefined {
  const { calendar, month, day, isLeapMonth, year } = date
  if (year !== undefined && !(Number.isInteger(year) && year >= FIRST_YEAR && year <= LAST_YEAR)) {
    return `年份要在 ${FIRST_YEAR} 到 ${LAST_YEAR} 之间`
  }
  if (!(Number.isInteger(month) && month >= 1 && month <= 12)) return `一年只有 12 个月，没有 ${month} 月`
  if (day !== null && !(Number.isInteger(day) && day >= 1)) return `日子从 1 号开始，没有 ${day} 号`
  if (calendar === 'lunar') return impossibleLunarReason(month, day, isLeapMonth)
  if (isLeapMonth) return '公历没有闰月'
  if (day !== null && day > daysInMonth(YEAR_WITH_ALL_DAYS, month)) {
    return `${month}月最多 ${daysInMonth(YEAR_WITH_ALL_DAYS, month)} 天，没有 ${day} 号`
  }
  if (year !== undefined && day !== null && day > daysInMonth(year, month))
    return `${year}年不是闰年，2月到 28 号为止，可以记 2月28日`
  return undefined
}

function impossibleLunarReason(month: number, day: number | null, isLeapMonth: boolean): string | undefined {
  if (day !== null && day > 30) return `农历一个月最多 30 天，没有 ${day} 号`
  // Between 1900 and 2100 no leap month follows the first or the twelfth month (next ones: 2262 and 3358).
  if (isLeapMonth && month === 1) return `${FIRST_YEAR} 到 ${LAST_YEAR} 年没有闰正月`
  if (isLeapMonth && month === 12) return `${FIRST_YEAR} 到 ${LAST_YEAR} 年没有闰腊月`
  return undefined
}

/** Libraries convert 31 April without a word; this does not. */
export function isPossible(date: YearlyDate): boolean {
  return impossibleReason(date) === undefined
}

/** The day of a solar date in a year; 29 February is the 28th in common years. */
export function solarOccurrenceIn(year: number, date: YearlyDate): CivilDay {
  return civilDay(year, date.month, Math.min(date.day ?? 1, daysInMonth(year, date.month)))
}

/** Next day of a solar date, today included; see `nextOccurrence` for both calendars. Needs no calendar library. */
export function nextSolarOccurrence(date: YearlyDate, today: CivilDay): CivilDay {
  const { year } = civilDayParts(today)
  const thisYears = solarOccurrenceIn(year, date)
  return thisYears >= today ? thisYears : solarOccurrenceIn(year + 1, date)
}

/** True for the same day of the year: calendar, month, day and leap month; origin and policy do not matter. */
export function isSameYearlyDate(one: YearlyDate, other: YearlyDate): boolean {
  return (
    one.calendar === other.calendar &&
    one.month === other.month &&
    one.day === other.day &&
    one.isLeapMonth === other.isLeapMonth
  )
}
