import { wallClockOf } from './wallClock.ts'

/**
 * A day of the calendar, `YYYY-MM-DD`, years 0001–9999: no hour, no zone. All arithmetic runs on day numbers,
 * so neither the host's zone nor daylight saving can shift it.
 */
export type CivilDay = string

export interface CivilDayParts {
  year: number
  /** 1–12 */
  month: number
  /** 1–31 */
  day: number
}

const CIVIL_DAY = /^(\d{4})-(\d{2})-(\d{2})$/
const COMMON_YEAR_MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const
const WEEKDAY_CHARACTERS = '日一二三四五六'

export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

/** Days of a month; 0 when there is no such month. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2 && isLeapYear(year)) return 29
  return COMMON_YEAR_MONTH_LENGTHS[month - 1] ?? 0
}

function findParts(text: string): CivilDayParts | undefined {
  const match = CIVIL_DAY.exec(text)
  if (!match) return undefined
  const year = Number(match[1])
  const month = Number(match[2])
  const day = Number(match[3])
  return year >= 1 && day >= 1 && day <= daysInMonth(year, month) ? { year, month, day } : undefined
}

/** True for a day that exists: `2026-02-29` is not one. */
export function isCivilDay(text: string): text is CivilDay {
  return findParts(text) !== undefined
}

/** @throws RangeError when `day` is not a civil day. */
export function civilDayParts(day: CivilDay): CivilDayParts {
  const parts = findParts(day)
  if (!parts) throw new RangeError(`not a civil day: ${day}`)
  return parts
}

/** @throws RangeError when there is no such day. */
export function civilDay(year: number, month: number, day: number): CivilDay {
  const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
  if (!isCivilDay(text)) throw new RangeError(`not a civil day: ${year}-${month}-${day}`)
  return text
}

// The two conversions count years from March, so that the leap day is the last of its year (Howard Hinnant, "chrono-Compatible
// Low-Level Date Algorithms"). Day 0 is 1970-01-01.

/** Whole days since 1970-01-01. @throws RangeError when `day` is not a civil day. */
export function dayNumberOf(day: CivilDay): number {
  const parts = civilDayParts(day)
  const year = parts.month <= 2 ? parts.year - 1 : parts.year
  const era = Math.floor(year / 400)
  const yearOfEra = year - era * 400
  const dayOfYear = Math.floor((153 * ((parts.month + 9) % 12) + 2) / 5) + parts.day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** @throws RangeError when the day lies outside the years 0001–9999. */
export function civilDayOfNumber(dayNumber: number): CivilDay {
  const shifted = dayNumber + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return civilDay(year, month, dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1)
}

/** Days from one day to another; negative when `to` lies before `from`. */
export function daysBetween(from: CivilDay, to: CivilDay): number {
  return dayNumberOf(to) - dayNumberOf(from)
}

export function addDays(day: CivilDay, days: number): CivilDay {
  return civilDayOfNumber(dayNumberOf(day) + days)
}

/** 0 is Sunday, 6 is Saturday. */
export function weekday(day: CivilDay): number {
  return (((dayNumberOf(day) + 4) % 7) + 7) % 7
}

/** `星期三` */
export function weekdayText(day: CivilDay): string {
  return `星期${WEEKDAY_CHARACTERS.charAt(weekday(day))}`
}

/** `周三` */
export function shortWeekdayText(day: CivilDay): string {
  return `周${WEEKDAY_CHARACTERS.charAt(weekday(day))}`
}

/** `12月3日` */
export function monthDayText(day: CivilDay): string {
  const parts = civilDayParts(day)
  return `${parts.month}月${parts.day}日`
}

/** `2027年9月15日` */
export function fullDayText(day: CivilDay): string {
  return `${civilDayParts(day).year}年${monthDayText(day)}`
}

/** `12月3日`, and with the year in front when it is another year than today's. */
export function nearDayText(day: CivilDay, today: CivilDay): string {
  return civilDayParts(day).year === civilDayParts(today).year ? monthDayText(day) : fullDayText(day)
}

/**
 * The civil day on which an instant falls in an IANA time zone such as `Asia/Shanghai`.
 * @throws RangeError for an unknown time zone or an instant that is no time.
 */
export function civilDayOf(instantMillis: number, timeZone: string): CivilDay {
  const { year, month, day } = wallClockOf(instantMillis, timeZone)
  return civilDay(year, month, day)
}
