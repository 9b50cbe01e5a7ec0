import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addDays,
  civilDay,
  civilDayOf,
  civilDayOfNumber,
  civilDayParts,
  dayNumberOf,
  daysBetween,
  daysInMonth,
  fullDayText,
  isCivilDay,
  monthDayText,
  nearDayText,
  shortWeekdayText,
  weekday,
  weekdayText,
} from '../../../shared/rules/civilDay.ts'

const FIRST = dayNumberOf('0001-01-01')
const LAST = dayNumberOf('9999-12-31')
const anyDayNumber = fc.integer({ min: FIRST, max: LAST })

describe('isCivilDay', () => {
  it.each(['2026-11-21', '2024-02-29', '2000-02-29', '0001-01-01', '9999-12-31'])('accepts %s', text => {
    expect(isCivilDay(text)).toBe(true)
  })

  it.each([
    '2026-02-29',
    '1900-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '0000-01-01',
    '2026-1-1',
    '2026/01/01',
    '2026-01-01T00:00',
    ' 2026-01-01',
    '２０２６-01-01',
    '',
  ])('refuses %j', text => {
    expect(isCivilDay(text)).toBe(false)
  })
})

describe('arithmetic', () => {
  it.each([
    ['2026-11-21', '2026-12-03', 12],
    ['2026-12-31', '2027-01-01', 1],
    ['2024-02-28', '2024-03-01', 2],
    ['2026-02-28', '2026-03-01', 1],
    ['2026-03-01', '2026-02-28', -1],
    ['1900-01-01', '2100-12-31', 73_413],
  ])('from %s to %s are %d days', (from, to, days) => {
    expect(daysBetween(from, to)).toBe(days)
    expect(addDays(from, days)).toBe(to)
  })

  it('numbers days as the Gregorian calendar of the runtime does', () => {
    fc.assert(
      fc.property(anyDayNumber, dayNumber => {
        const day = civilDayOfNumber(dayNumber)
        expect(day).toBe(new Date(dayNumber * 86_400_000).toISOString().slice(0, 10))
        expect(dayNumberOf(day)).toBe(dayNumber)
        expect(weekday(day)).toBe(new Date(dayNumber * 86_400_000).getUTCDay())
      }),
    )
  })

  it('sorts as text as it sorts in time', () => {
    fc.assert(
      fc.property(anyDayNumber, anyDayNumber, (one, other) => {
        expect(civilDayOfNumber(one) < civilDayOfNumber(other)).toBe(one < other)
      }),
    )
  })

  it('knows no month of its own making', () => {
    expect([daysInMonth(2026, 0), daysInMonth(2026, 13), daysInMonth(2026, 2), daysInMonth(2024, 2)]).toEqual(
      [0, 0, 28, 29],
    )
  })

  it('throws instead of rolling over', () => {
    expect(() => civilDay(2026, 2, 30)).toThrow(RangeError)
    expect(() => civilDay(2026, 1.5, 1)).toThrow(RangeError)
    expect(() => civilDayParts('yesterday')).toThrow(RangeError)
    expect(() => addDays('9999-12-31', 1)).toThrow(RangeError)
    expect(() => addDays('2026-01-01', NaN)).toThrow(RangeError)
  })
})

describe('civilDayOf', () => {
  it.each([
    ['2026-11-21T15:59:59.999Z', 'Asia/Shanghai', '2026-11-21'],
    ['2026-11-21T16:00:00Z', 'Asia/Shanghai', '2026-11-22'],
    ['2026-11-21T16:00:00Z', 'UTC', '2026-11-21'],
    ['2026-01-01T04:59:00Z', 'America/New_York', '2025-12-31'],
    ['2026-03-08T07:30:00Z', 'America/New_York', '2026-03-08'],
    ['1989-07-01T15:30:00Z', 'Asia/Shanghai', '1989-07-02'],
    ['2026-12-31T10:30:00Z', 'Pacific/Kiritimati', '2027-01-01'],
  ])('%s in %s is %s', (instant, timeZone, day) => {
    expect(civilDayOf(Date.parse(instant), timeZone)).toBe(day)
  })

  it('refuses an unknown zone and an instant that is none', () => {
    expect(() => civilDayOf(0, 'Asia/Nowhere')).toThrow(RangeError)
    expect(() => civilDayOf(NaN, 'UTC')).toThrow(RangeError)
  })
})

describe('words', () => {
  it('writes a day as guides do', () => {
    expect(monthDayText('2026-12-03')).toBe('12月3日')
    expect(fullDayText('2027-09-15')).toBe('2027年9月15日')
    expect(weekdayText('2027-09-15')).toBe('星期三')
    expect(weekdayText('2026-11-22')).toBe('星期日')
    expect(shortWeekdayText('2026-11-23')).toBe('周一')
  })

  it('names the year only when it is another one', () => {
    expect(nearDayText('2026-12-31', '2026-11-21')).toBe('12月31日')
    expect(nearDayText('2027-01-01', '2026-11-21')).toBe('2027年1月1日')
  })
})
