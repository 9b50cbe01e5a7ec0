import fc from 'fast-check'
import solarLunar from 'solarlunar'
import { describe, expect, it } from 'vitest'
import {
  addDays,
  civilDay,
  civilDayOfNumber,
  civilDayParts,
  dayNumberOf,
} from '../../../shared/rules/civilDay.ts'
import {
  daysInLunarMonth,
  fromLunar,
  leapMonthOf,
  springFestivalOf,
  toLunar,
} from '../../../shared/rules/lunarCalendar.ts'

/** New moons within minutes of midnight, decades ahead: almanacs differ by a day. */
const DISPUTED_YEARS = [2057, 2089, 2097]
/**
 * Here the second library is wrong: it gives 闰五月 of 1933 only 29 days. The Hong Kong Observatory's table has 30
 * (https://github.com/jjonline/calendar.js/issues/11); the days at both ends stand in the almanac table above.
 */
const isMistakenIn1933 = (day: string) => day >= '1933-07-22' && day <= '1933-08-20'

/** The other library counts a table of month lengths; ours computes moons. */
function secondOpinion(day: string) {
  const parts = civilDayParts(day)
  const found = solarLunar.solar2lunar(parts.year, parts.month, parts.day)
  if (found === -1) throw new Error(`no second opinion on ${day}`)
  return { year: found.lYear, month: found.lMonth, day: found.lDay, isLeapMonth: found.isLeap }
}

describe('known from almanacs', () => {
  it.each([
    ['1990-01-27'],
    ['2000-02-05'],
    ['2020-01-25'],
    ['2023-01-22'],
    ['2024-02-10'],
    ['2025-01-29'],
    ['2026-02-17'],
    ['2027-02-06'],
    ['2028-01-26'],
    ['2030-02-03'],
    ['2033-01-31'],
    ['2034-02-19'],
  ])('Spring Festival falls on %s', day => {
    expect(springFestivalOf(civilDayParts(day).year)).toBe(day)
  })

  it.each([
    [1917, 2],
    [1922, 5],
    [1987, 6],
    [2017, 6],
    [2020, 4],
    [2023, 2],
    [2025, 6],
    [2028, 5],
    [2033, 11],
    [2026, undefined],
    [2034, undefined],
  ])('%d has leap month %s', (year, month) => {
    expect(leapMonthOf(year)).toBe(month)
  })

  it.each([
    ['2025-07-25', { year: 2025, month: 6, day: 1, isLeapMonth: true }],
    ['2033-12-22', { year: 2033, month: 11, day: 1, isLeapMonth: true }],
    ['2026-09-25', { year: 2026, month: 8, day: 15, isLeapMonth: false }],
    ['2027-09-15', { year: 2027, month: 8, day: 15, isLeapMonth: false }],
    ['2026-11-21', { year: 2026, month: 10, day: 13, isLeapMonth: false }],
    ['2026-12-03', { year: 2026, month: 10, day: 25, isLeapMonth: false }],
    ['2026-02-16', { year: 2025, month: 12, day: 29, isLeapMonth: false }],
    ['1933-07-22', { year: 1933, month: 5, day: 30, isLeapMonth: true }],
    ['1933-08-20', { year: 1933, month: 6, day: 29, isLeapMonth: false }],
    ['1900-01-31', { year: 1900, month: 1, day: 1, isLeapMonth: false }],
  ])('%s', (day, date) => {
    expect(toLunar(day)).toEqual(date)
    expect(fromLunar(date)).toBe(day)
  })
})

describe('against a second library', () => {
  it('agrees on every day from 1900-01-31 to 2100-12-31, disputed years aside', () => {
    const differences: string[] = []
    for (let day = '1900-01-31'; day <= '2100-12-31'; day = addDays(day, 1)) {
      const ours = toLunar(day)
      if (DISPUTED_YEARS.includes(ours.year) || isMistakenIn1933(day)) continue
      const theirs = secondOpinion(day)
      const isSame =
        ours.year === theirs.year &&
        ours.month === theirs.month &&
        ours.day === theirs.day &&
        ours.isLeapMonth === theirs.isLeapMonth
      if (!isSame) differences.push(`${day}: ${JSON.stringify(ours)} ${JSON.stringify(theirs)}`)
    }
    expect(differences).toEqual([])
  }, 60_000)
})

describe('laws', () => {
  const anyDay = fc
    .integer({ min: dayNumberOf(civilDay(1900, 1, 1)), max: dayNumberOf(civilDay(2101, 12, 31)) })
    .map(civilDayOfNumber)

  it('goes there and back', () => {
    fc.assert(fc.property(anyDay, day => fromLunar(toLunar(day)) === day))
  })

  it('steps from one day to the next without a gap', () => {
    fc.assert(
      fc.property(anyDay, day => {
        const today = toLunar(day)
        const tomorrow = toLunar(addDays(day, 1))
        const isMonthOver = today.day === daysInLunarMonth(today.year, today.month, today.isLeapMonth)
        expect(tomorrow.day).toBe(isMonthOver ? 1 : today.day + 1)
      }),
    )
  })

  it('refuses days that a year does not have', () => {
    expect(() => fromLunar({ year: 2026, month: 4, day: 1, isLeapMonth: true })).toThrow(RangeError)
    expect(() => fromLunar({ year: 2025, month: 12, day: 30, isLeapMonth: false })).toThrow(RangeError)
    expect(() => fromLunar({ year: 2026, month: 1, day: 0, isLeapMonth: false })).toThrow(RangeError)
    expect(daysInLunarMonth(2026, 13, false)).toBe(0)
  })
})
