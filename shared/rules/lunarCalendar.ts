import { LunarYear } from 'tyme4ts'
import { civilDay, civilDayOfNumber, civilDayParts, dayNumberOf } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'

// The only module that imports the calendar library (70 KB and more): the browser loads it, and nextOccurrence.ts, lazily.
// Never Intl with `ca-chinese`: the ICU of current runtimes has Spring Festival 2027 a day late and leap months missing.

/** A day of the Chinese calendar; `year` is the lunar year, which starts with Spring Festival. */
export interface LunarDate {
  year: number
  /** 1–12, also for a leap month. */
  month: number
  /** 1–30 */
  day: number
  isLeapMonth: boolean
}

interface LunarMonthSpan {
  month: number
  isLeapMonth: boolean
  /** Day number (see civilDay.ts) of its first day. */
  firstDayNumber: number
  length: number
}

const monthsByYear = new Map<number, readonly LunarMonthSpan[]>()

/** The months of one lunar year in order; the library computes moons, so each year is asked once. */
function monthsOf(year: number): readonly LunarMonthSpan[] {
  let months = monthsByYear.get(year)
  if (!months) {
    months = LunarYear.fromYear(year)
      .getMonths()
      .map(month => {
        const first = month.getFirstDay().getSolarDay()
        const firstDay = civilDay(first.getYear(), first.getMonth(), first.getDay())
        return {
          month: month.getMonth(),
          isLeapMonth: month.isLeap(),
          firstDayNumber: dayNumberOf(firstDay),
          length: month.getDayCount(),
        }
      })
    monthsByYear.set(year, months)
  }
  return months
}

function findMonth(year: number, month: number, isLeapMonth: boolean): LunarMonthSpan | undefined {
  return monthsOf(year).find(span => span.month === month && span.isLeapMonth === isLeapMonth)
}

/** The month after which the lunar year has a leap month (6 for 闰六月); undefined in a year without one. */
export function leapMonthOf(year: number): number | undefined {
  return monthsOf(year).find(span => span.isLeapMonth)?.month
}

/** 29 or 30; 0 when the lunar year has no such month. */
export function daysInLunarMonth(year: number, month: number, isLeapMonth: boolean): number {
  return findMonth(year, month, isLeapMonth)?.length ?? 0
}

/** @throws RangeError when `day` is not a civil day. */
export function toLunar(day: CivilDay): LunarDate {
  const dayNumber = dayNumberOf(day)
  const solarYear = civilDayParts(day).year
  const springFestival = monthsOf(solarYear)[0]
  const year = springFestival && dayNumber >= springFestival.firstDayNumber ? solarYear : solarYear - 1
  for (const span of monthsOf(year)) {
    const offset = dayNumber - span.firstDayNumber
    if (offset >= 0 && offset < span.length) {
      return { year, month: span.month, day: offset + 1, isLeapMonth: span.isLeapMonth }
    }
  }
  throw new RangeError(`no lunar day for ${day}`)
}

/** @throws RangeError when the lunar year has no such month, or the month no such day. */
export function fromLunar(date: LunarDate): CivilDay {
  const span = findMonth(date.year, date.month, date.isLeapMonth)
  if (!span || !(date.day >= 1 && date.day <= span.length)) {
    throw new RangeError(
      `no such lunar day: ${date.year}-${date.isLeapMonth ? 'leap ' : ''}${date.month}-${date.day}`,
    )
  }
  return civilDayOfNumber(span.firstDayNumber + date.day - 1)
}

/** Spring Festival (正月初一) of a year. */
export function springFestivalOf(year: number): CivilDay {
  return fromLunar({ year, month: 1, day: 1, isLeapMonth: false })
}
