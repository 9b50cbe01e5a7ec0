import { addDays, civilDayParts, daysInMonth } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'
import { daysInLunarMonth, fromLunar, toLunar } from './lunarCalendar.ts'
import {
  FIRST_YEAR,
  LAST_YEAR,
  impossibleReason,
  nextSolarOccurrence,
  solarOccurrenceIn,
} from './yearlyDate.ts'
import type { YearlyDate } from './yearlyDate.ts'

/** Long enough for the rarest leap month of `leapOnly` dates: 闰九月 comes in 2014 and then in 2109, 闰十月 in 1984 and 2166. */
const SEARCHED_LUNAR_YEARS = 200

/**
 * Next day on which a yearly date falls, today included. 29 February counts as the 28th in common years, a lunar 30th as the
 * 29th in short months, a leap month by the date's `leapPolicy`. A date whose year of origin lies ahead (a wedding next spring)
 * does not fall before it.
 * @throws RangeError when the date is impossible, `today` is no civil day or lies outside 1900–2100.
 */
export function nextOccurrence(date: YearlyDate, today: CivilDay): CivilDay {
  assertPossible(date)
  const { year: todaysYear } = civilDayParts(today)
  if (todaysYear < FIRST_YEAR || todaysYear > LAST_YEAR)
    throw new RangeError(`today is outside the calendar: ${today}`)
  if (date.calendar === 'lunar') return nextLunarOccurrence(date, today)
  const start = date.year !== undefined && date.year > todaysYear ? solarOccurrenceIn(date.year, date) : today
  return nextSolarOccurrence(date, start)
}

/**
 * Every day of the date in one year of its own calendar, in order: for lunar dates the lunar year. Empty when the year has none
 * (`leapOnly`), two for `both` in a year with that leap month, else one.
 * @throws RangeError when the date is impossible.
 */
export function occurrencesIn(year: number, date: YearlyDate): CivilDay[] {
  assertPossible(date)
  return date.calendar === 'lunar' ? lunarOccurrencesIn(year, date) : [solarOccurrenceIn(year, date)]
}

/** False when the date has a year and that year had no such day: 农历1990年闰四月, 农历 1990年四月三十. */
export function existsInItsYear(date: YearlyDate): boolean {
  if (impossibleReason(date) !== undefined) return false
  if (date.calendar === 'solar' || date.year === undefined) return true
  return (date.day ?? 1) <= daysInLunarMonth(date.year, date.month, date.isLeapMonth)
}

/**
 * How many years an occurrence completes: the age on a birthday, the number of a wedding day. 0 on the day itself,
 * undefined when the year of origin is unknown or the occurrence lies before it.
 */
export function yearsAt(date: YearlyDate, occurrence: CivilDay): number | undefined {
  if (date.year === undefined) return undefined
  const year = date.calendar === 'lunar' ? toLunar(occurrence).year : civilDayParts(occurrence).year
  return year >= date.year ? year - date.year : undefined
}

/**
 * Full years of age (周岁) on a day, counted by the solar day of birth also for lunar dates.
 * Undefined when the year of birth is unknown or lies ahead.
 */
export function ageOn(birth: YearlyDate, today: CivilDay): number | undefined {
  const day = bornOn(birth)
  if (day === undefined || day > today) return undefined
  const born = civilDayParts(day)
  const { year } = civilDayParts(today)
  const birthday = solarOccurrenceIn(year, {
    calendar: 'solar',
    month: born.month,
    day: born.day,
    isLeapMonth: false,
  })
  return year - born.year - (today < birthday ? 1 : 0)
}

/** Age as elders count it (虚岁): one at birth, one more at each Spring Festival. Undefined as for `ageOn`. */
export function nominalAgeOn(birth: YearlyDate, today: CivilDay): number | undefined {
  const day = bornOn(birth)
  if (day === undefined || day > today) return undefined
  return toLunar(today).year - toLunar(day).year + 1
}

/**
 * The day on which somebody is `years` years old (周岁). Where only the month of birth is known, its last day counts, so that
 * nobody is taken for older. Undefined when the year is unknown or had no such day.
 */
export function dayOfAge(birth: YearlyDate, years: number): CivilDay | undefined {
  const first = bornOn(birth)
  if (first === undefined) return undefined
  const last = birth.day === null ? lastOfMonth(birth, first) : first
  const { year, month, day } = civilDayParts(last)
  return solarOccurrenceIn(year + years, { calendar: 'solar', month, day, isLeapMonth: false })
}

/** The day of origin itself, whatever the date's policy for other years; the first of the month where no day is known. */
function bornOn({ year, ...date }: YearlyDate): CivilDay | undefined {
  return year === undefined
    ? undefined
    : occurrencesIn(year, { ...date, leapPolicy: date.isLeapMonth ? 'leapOnly' : 'leapElseOrdinary' })[0]
}

function lastOfMonth({ calendar, year = 0, month, isLeapMonth }: YearlyDate, first: CivilDay): CivilDay {
  const length = calendar === 'solar' ? daysInMonth(year, month) : daysInLunarMonth(year, month, isLeapMonth)
  return addDays(first, length - 1)
}

function assertPossible(date: YearlyDate): void {
  const reason = impossibleReason(date)
  if (reason !== undefined) throw new RangeError(reason)
}

function nextLunarOccurrence(date: YearlyDate, today: CivilDay): CivilDay {
  const firstYear = Math.max(toLunar(today).year, date.year ?? 0)
  for (let year = firstYear; year <= firstYear + SEARCHED_LUNAR_YEARS; year++) {
    for (const day of lunarOccurrencesIn(year, date)) {
      if (day >= today) return day
    }
  }
  throw new RangeError(`no occurrence of lunar ${date.month}-${date.day} after ${today}`)
}

function lunarOccurrencesIn(year: number, date: YearlyDate): CivilDay[] {
  const days: CivilDay[] = []
  for (const isLeapMonth of leapFlagsIn(year, date)) {
    const length = daysInLunarMonth(year, date.month, isLeapMonth)
    days.push(fromLunar({ year, month: date.month, isLeapMonth, day: Math.min(date.day ?? 1, length) }))
  }
  return days
}

/** In which of the two months of that number the date falls: [false] the ordinary, [true] the leap month. */
function leapFlagsIn(year: number, date: YearlyDate): boolean[] {
  const hasLeapMonth = daysInLunarMonth(year, date.month, true) > 0
  if (date.leapPolicy === 'both') return hasLeapMonth ? [false, true] : [false]
  if (!date.isLeapMonth || date.leapPolicy === 'sameMonth') return [false]
  if (hasLeapMonth) return [true]
  return date.leapPolicy === 'leapOnly' ? [] : [false]
}
