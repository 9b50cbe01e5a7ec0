import { describe, expect, it } from 'vitest'
import {
  daysLeftText,
  echoFacts,
  spokenDaysText,
  stillDaysText,
  yearlyDateText,
} from '../../../shared/rules/yearlyDateText.ts'
import type { YearlyDate } from '../../../shared/rules/yearlyDate.ts'

const solar = (month: number, day: number): YearlyDate => ({
  calendar: 'solar',
  month,
  day,
  isLeapMonth: false,
})
const lunar = (month: number, day: number, isLeapMonth = false): YearlyDate => ({
  calendar: 'lunar',
  month,
  day,
  isLeapMonth,
})

describe('yearlyDateText', () => {
  it.each([
    [solar(8, 15), '8月15日'],
    [lunar(8, 15), '农历八月十五'],
    [lunar(4, 29, true), '农历闰四月廿九'],
    [lunar(1, 1), '农历正月初一'],
    [lunar(10, 10), '农历十月初十'],
    [lunar(11, 11), '农历冬月十一'],
    [lunar(12, 20), '农历腊月二十'],
    [lunar(12, 21), '农历腊月廿一'],
    [lunar(12, 30), '农历腊月三十'],
  ])('%o is %s', (date, text) => {
    expect(yearlyDateText(date)).toBe(text)
  })
})

describe('days left', () => {
  const today = '2026-11-21'
  it.each([
    ['2026-11-21', '今天', '就在今天', '今天，11月21日'],
    ['2026-11-22', '明天', '就在明天', '明天，11月22日'],
    ['2026-11-23', '2 天', '还有 2 天', '2 天后，11月23日'],
    ['2026-12-03', '12 天', '还有 12 天', '12 天后，12月3日'],
    ['2027-09-15', '298 天', '还有 298 天', '298 天后，9月15日'],
    ['2026-11-18', '过了 3 天', '过了 3 天', '3 天前，11月18日'],
  ])('until %s: %s', (occurrence, short, full, spoken) => {
    expect(daysLeftText(today, occurrence)).toBe(short)
    expect(stillDaysText(today, occurrence)).toBe(full)
    expect(spokenDaysText(today, occurrence)).toBe(spoken)
  })
})

it('echoes what was understood, and when it comes', () => {
  expect(echoFacts(lunar(8, 15), '2027-09-15')).toEqual(['农历八月十五', '2027年9月15日 星期三'])
})
