import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addDays,
  civilDayOfNumber,
  civilDayParts,
  dayNumberOf,
  daysBetween,
} from '../../../shared/rules/civilDay.ts'
import { toLunar } from '../../../shared/rules/lunarCalendar.ts'
import {
  ageOn,
  dayOfAge,
  existsInItsYear,
  nextOccurrence,
  nominalAgeOn,
  occurrencesIn,
  yearsAt,
} from '../../../shared/rules/nextOccurrence.ts'
import { isPossible } from '../../../shared/rules/yearlyDate.ts'
import type { LeapPolicy, YearlyDate } from '../../../shared/rules/yearlyDate.ts'

const solar = (month: number, day: number | null, year?: number): YearlyDate => ({
  calendar: 'solar',
  month,
  day,
  isLeapMonth: false,
  year,
})
const lunar = (month: number, day: number | null, year?: number): YearlyDate => ({
  calendar: 'lunar',
  month,
  day,
  isLeapMonth: false,
  year,
})
const leap = (month: number, day: number, leapPolicy?: LeapPolicy): YearlyDate => ({
  calendar: 'lunar',
  month,
  day,
  isLeapMonth: true,
  leapPolicy,
})

describe('nextOccurrence', () => {
  it.each([
    ['today counts', solar(11, 21), '2026-11-21', '2026-11-21'],
    ['yesterday is a year away', solar(11, 20), '2026-11-21', '2027-11-20'],
    ["over the year's end", solar(1, 1), '2026-12-31', '2027-01-01'],
    ['29 February in a leap year', solar(2, 29), '2028-01-01', '2028-02-29'],
    ['29 February in a common year', solar(2, 29), '2026-02-28', '2026-02-28'],
    ['29 February after its stand-in', solar(2, 29), '2027-03-01', '2028-02-29'],
    ['29 February is not the 28th in a leap year', solar(2, 29), '2028-02-28', '2028-02-29'],
    ['29 February in 2100, no leap year', solar(2, 29), '2100-02-28', '2100-02-28'],
    ['lunar', lunar(10, 25), '2026-11-21', '2026-12-03'],
    ['lunar, passed this year', lunar(8, 15), '2026-11-21', '2027-09-15'],
    ['lunar twelfth month in the next solar year', lunar(12, 8), '2026-11-21', '2027-01-15'],
    ['lunar twelfth month seen in January', lunar(12, 29), '2026-02-01', '2026-02-16'],
    ['lunar 30th in a month of 29', lunar(12, 30), '2026-02-01', '2026-02-16'],
    ['lunar 30th in a month of 30', lunar(12, 30), '2024-02-01', '2024-02-09'],
    ['lunar 30th in a month of 30 is not the 29th', lunar(12, 30), '2024-02-08', '2024-02-09'],
    ['ordinary sixth month of a leap year', lunar(6, 1), '2025-01-01', '2025-06-25'],
    ['leap month in a year that has it', leap(6, 1), '2025-01-01', '2025-07-25'],
    ['leap month in a year without it', leap(6, 1), '2026-01-01', '2026-07-14'],
    ['leap month, both: the ordinary one', leap(6, 1, 'both'), '2025-01-01', '2025-06-25'],
    ['leap month, both: then the leap one', leap(6, 1, 'both'), '2025-06-26', '2025-07-25'],
    ['leap month, both, in a common year', leap(6, 1, 'both'), '2026-01-01', '2026-07-14'],
    ['leap month only: waits for it', leap(6, 1, 'leapOnly'), '2025-07-26', '2036-07-23'],
    ['leap month, same month: the ordinary one', leap(6, 1, 'sameMonth'), '2025-06-26', '2026-07-14'],
    ['only the month known', solar(8, null), '2026-08-02', '2027-08-01'],
    ['only the lunar month known', lunar(8, null), '2026-11-21', '2027-09-01'],
    ['leap eleventh month of 2033', leap(11, 1), '2033-06-01', '2033-12-22'],
    ['a wedding planned for a later year', solar(5, 20, 2028), '2026-11-21', '2028-05-20'],
    ['a lunar wedding planned for a later year', lunar(8, 15, 2027), '2026-01-01', '2027-09-15'],
    ['a year of origin long ago changes nothing', solar(12, 3, 1960), '2026-11-21', '2026-12-03'],
    ['last day of the calendar', solar(1, 1), '2100-12-31', '2101-01-01'],
  ])('%s', (_case, date, today, expected) => {
    expect(nextOccurrence(date, today)).toBe(expected)
  })

  it('waits for the rarest leap months beyond the calendar, whose moons are estimates there', () => {
    expect(nextOccurrence(leap(9, 1, 'leapOnly'), '2026-01-01')).toMatch(/^2109-10-/)
    expect(nextOccurrence(leap(10, 1, 'leapOnly'), '2026-01-01')).toMatch(/^2166-1[12]-/)
  })

  it('refuses impossible dates and days outside the calendar', () => {
    expect(() => nextOccurrence(solar(2, 30), '2026-01-01')).toThrow(RangeError)
    expect(() => nextOccurrence(lunar(8, 31), '2026-01-01')).toThrow(RangeError)
    expect(() => nextOccurrence(solar(8, 15), '2026-02-30')).toThrow(RangeError)
    expect(() => nextOccurrence(solar(8, 15), '1899-12-31')).toThrow(RangeError)
    expect(() => nextOccurrence(solar(8, 15), '2101-01-01')).toThrow(RangeError)
  })
})

describe('laws', () => {
  const anyToday = fc
    .integer({ min: dayNumberOf('1900-01-01'), max: dayNumberOf('2100-12-31') })
    .map(civilDayOfNumber)
  const anyDate = fc
    .record({
      calendar: fc.constantFrom('solar' as const, 'lunar' as const),
      month: fc.integer({ min: 1, max: 12 }),
      day: fc.option(fc.integer({ min: 1, max: 31 })),
      isLeapMonth: fc.boolean(),
      leapPolicy: fc.constantFrom<LeapPolicy>('leapElseOrdinary', 'both', 'sameMonth'),
    })
    .filter(isPossible)

  it('is never before today and never further than a lunar leap year', () => {
    fc.assert(
      fc.property(anyDate, anyToday, (date, today) => {
        const days = daysBetween(today, nextOccurrence(date, today))
        expect(days).toBeGreaterThanOrEqual(0)
        // A leap-month day moves back to the ordinary month and forth: up to a lunar year of 13 months and one month more.
        expect(days).toBeLessThanOrEqual(date.calendar === 'solar' ? 366 : 415)
      }),
    )
  })

  it('does not skip: from the day before, it is the same day or that day before', () => {
    fc.assert(
      fc.property(anyDate, anyToday, (date, today) => {
        if (today === '1900-01-01') return
        const yesterday = addDays(today, -1)
        const found = nextOccurrence(date, yesterday)
        expect([yesterday, nextOccurrence(date, today)]).toContain(found)
      }),
    )
  })

  it('falls on the written day, or on the last of a shorter month', () => {
    fc.assert(
      fc.property(anyDate, anyToday, (date, today) => {
        const found = nextOccurrence(date, today)
        const { month, day } = date.calendar === 'solar' ? civilDayParts(found) : toLunar(found)
        const next = date.calendar === 'solar' ? civilDayParts(addDays(found, 1)) : toLunar(addDays(found, 1))
        expect(month).toBe(date.month)
        if (day !== (date.day ?? 1)) {
          expect(day).toBeLessThan(date.day ?? 1)
          expect(next.day).toBe(1)
        }
      }),
    )
  })
})

describe('occurrencesIn', () => {
  it('has two days in a year with both months, none for leapOnly without it', () => {
    expect(occurrencesIn(2025, leap(6, 1, 'both'))).toEqual(['2025-06-25', '2025-07-25'])
    expect(occurrencesIn(2025, { ...lunar(6, 1), leapPolicy: 'both' })).toEqual(['2025-06-25', '2025-07-25'])
    expect(occurrencesIn(2026, leap(6, 1, 'leapOnly'))).toEqual([])
    expect(occurrencesIn(2026, solar(2, 29))).toEqual(['2026-02-28'])
  })
})

describe('existsInItsYear', () => {
  it.each([
    [lunar(12, 30, 2024), false],
    [lunar(12, 30, 2023), true],
    [{ ...leap(6, 1), year: 2025 }, true],
    [{ ...leap(6, 1), year: 2026 }, false],
    [leap(6, 1), true],
    [solar(2, 29, 2023), false],
    [solar(2, 29), true],
  ])('%o: %s', (date, exists) => {
    expect(existsInItsYear(date)).toBe(exists)
  })
})

describe('ages', () => {
  it('counts the years an occurrence completes, lunar years for lunar dates', () => {
    expect(yearsAt(solar(12, 3, 1960), '2026-12-03')).toBe(66)
    expect(yearsAt(lunar(12, 8, 1960), '2027-01-15')).toBe(66)
    expect(yearsAt(solar(12, 3), '2026-12-03')).toBeUndefined()
    expect(yearsAt(solar(12, 3, 2027), '2026-12-03')).toBeUndefined()
  })

  it.each([
    ['2026-08-14', 13],
    ['2026-08-15', 14],
    ['2012-08-15', 0],
    ['2012-08-14', undefined],
  ])('on %s somebody born on 15 August 2012 is %s', (today, age) => {
    expect(ageOn(solar(8, 15, 2012), today)).toBe(age)
  })

  it('counts the age of a lunar birthday by the solar day of birth', () => {
    expect(toLunar('2012-02-01')).toMatchObject({ year: 2012, month: 1, day: 10 })
    expect(ageOn(lunar(1, 10, 2012), '2026-01-31')).toBe(13)
    expect(ageOn(lunar(1, 10, 2012), '2026-02-01')).toBe(14)
  })

  it('turns a year older on 28 February when born on the 29th', () => {
    expect(ageOn(solar(2, 29, 2012), '2026-02-27')).toBe(13)
    expect(ageOn(solar(2, 29, 2012), '2026-02-28')).toBe(14)
  })

  it('counts 虚岁 from one and by Spring Festivals', () => {
    expect(nominalAgeOn(solar(2, 1, 2026), '2026-02-16')).toBe(1)
    expect(nominalAgeOn(solar(2, 1, 2026), '2026-02-17')).toBe(2)
    expect(nominalAgeOn(solar(2, 1), '2026-02-17')).toBeUndefined()
  })

  it.each([
    ['by the solar day', solar(8, 15, 2012), '2026-08-15'],
    ['on 28 February when born on the 29th', solar(2, 29, 2012), '2026-02-28'],
    ['of a lunar birthday by the solar day of birth', lunar(1, 10, 2012), '2026-02-01'],
    ['of a birthday in a leap month', { ...leap(4, 3, 'both'), year: 2012 }, '2026-05-23'],
    ['by the last day of a month without a day', solar(8, null, 2012), '2026-08-31'],
    ['by the last day of a lunar month without a day', lunar(12, null, 2012), '2027-02-09'],
    ['never without a year', solar(8, 15), undefined],
  ])('is fourteen %s', (_case, birth, day) => {
    expect(dayOfAge(birth, 14)).toBe(day)
  })

  it('counts the age of a child of a leap month from the leap month, whatever the policy', () => {
    const birth: YearlyDate = { ...leap(4, 3, 'sameMonth'), year: 2012 }
    expect(toLunar('2012-05-23')).toMatchObject({ month: 4, day: 3, isLeapMonth: true })
    expect([ageOn(birth, '2026-05-22'), ageOn(birth, '2026-05-23')]).toEqual([13, 14])
  })

  it('does not know an age without a year', () => {
    expect(ageOn(solar(8, 15), '2026-08-15')).toBeUndefined()
  })
})
