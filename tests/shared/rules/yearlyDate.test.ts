import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  FIRST_YEAR,
  LAST_YEAR,
  impossibleReason,
  isPossible,
  isSameYearlyDate,
} from '../../../shared/rules/yearlyDate.ts'
import { leapMonthOf } from '../../../shared/rules/lunarCalendar.ts'
import { knownLeapMonthOf } from '../../../shared/rules/lunarLeapMonths.ts'
import type { YearlyDate } from '../../../shared/rules/yearlyDate.ts'

const solar = (month: number, day: number, year?: number): YearlyDate => ({
  calendar: 'solar',
  month,
  day,
  isLeapMonth: false,
  year,
})
const lunar = (month: number, day: number, isLeapMonth = false): YearlyDate => ({
  calendar: 'lunar',
  month,
  day,
  isLeapMonth,
})

describe('isPossible', () => {
  it.each([
    solar(2, 29),
    solar(2, 29, 2000),
    solar(12, 31),
    lunar(12, 30),
    lunar(4, 30, true),
    lunar(11, 1, true),
  ])('accepts %o', date => {
    expect(impossibleReason(date)).toBeUndefined()
  })

  it.each([
    [solar(2, 30), '2月最多 29 天，没有 30 号'],
    [solar(4, 31), '4月最多 30 天，没有 31 号'],
    [solar(13, 1), '一年只有 12 个月，没有 13 月'],
    [solar(0, 1), '一年只有 12 个月，没有 0 月'],
    [solar(8, 0), '日子从 1 号开始，没有 0 号'],
    [solar(2, 29, 1900), '1900年不是闰年，2月到 28 号为止，可以记 2月28日'],
    [solar(8, 15, 1899), '年份要在 1900 到 2100 之间'],
    [solar(8, 15, 2101), '年份要在 1900 到 2100 之间'],
    [solar(1.5, 1), '一年只有 12 个月，没有 1.5 月'],
    [{ ...solar(8, 15), isLeapMonth: true }, '公历没有闰月'],
    [lunar(8, 31), '农历一个月最多 30 天，没有 31 号'],
    [lunar(1, 1, true), '1900 到 2100 年没有闰正月'],
    [lunar(12, 1, true), '1900 到 2100 年没有闰腊月'],
  ])('refuses %o and says why', (date, reason) => {
    expect(impossibleReason(date)).toBe(reason)
    expect(isPossible(date)).toBe(false)
  })

  it('agrees with the runtime on every solar day of every year', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: FIRST_YEAR, max: LAST_YEAR }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 31 }),
        (year, month, day) => {
          expect(isPossible(solar(month, day, year))).toBe(
            new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day,
          )
        },
      ),
    )
  })
})

it('keeps the leap months of 1900 to 2100 as the calendar library has them', () => {
  for (let year = FIRST_YEAR; year <= LAST_YEAR; year++)
    expect([year, knownLeapMonthOf(year)]).toEqual([year, leapMonthOf(year)])
  expect(knownLeapMonthOf(1899)).toBeUndefined()
  expect(knownLeapMonthOf(2101)).toBeUndefined()
})

it('compares dates by the day of the year alone', () => {
  expect(isSameYearlyDate(solar(8, 15, 1990), solar(8, 15))).toBe(true)
  expect(isSameYearlyDate(solar(8, 15), lunar(8, 15))).toBe(false)
  expect(isSameYearlyDate(lunar(4, 3), lunar(4, 3, true))).toBe(false)
  expect(isSameYearlyDate(lunar(4, 3), lunar(4, 4))).toBe(false)
})
