import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fc from 'fast-check'
import solarLunar from 'solarlunar'
import { describe, expect, it } from 'vitest'
import { civilDay, civilDayOfNumber, civilDayParts, dayNumberOf } from '../../../shared/rules/civilDay.ts'
import { daysInLunarMonth, leapMonthOf } from '../../../shared/rules/lunarCalendar.ts'
import { nextOccurrence, occurrencesIn } from '../../../shared/rules/nextOccurrence.ts'
import type { YearlyDate } from '../../../shared/rules/yearlyDate.ts'
import { computeGolden, GOLDEN, GOLDEN_AGES, GOLDEN_INSTANTS } from './calendarGolden.ts'

const run = promisify(execFile)
const expected = {
  days: GOLDEN.map(([, , falls]) => falls),
  ages: GOLDEN_AGES.map(([, , full, nominal]) => [full, nominal]),
  instants: GOLDEN_INSTANTS.map(([, day]) => day),
  lunar: '农历十月十三',
}

describe('the golden table', () => {
  it('holds here', () => {
    const { days, ages, instants, lunar } = computeGolden()
    expect(days.map((day, index) => [...(GOLDEN[index] ?? []).slice(0, 2), day])).toEqual(
      GOLDEN.map(([typed, from, falls]) => [typed, from, falls]),
    )
    expect({ ages, instants, lunar }).toEqual({ ...expected, days: undefined })
  })

  it.each(['America/New_York', 'UTC', 'Asia/Shanghai'])('P20 holds on a host in %s', async zone => {
    const script = fileURLToPath(new URL('calendarGoldenProcess.ts', import.meta.url))
    const { stdout } = await run(process.execPath, [script], { env: { ...process.env, TZ: zone } })
    expect(JSON.parse(stdout)).toEqual({ zone, golden: expected })
  })
})

describe('the next day, against a second library of other authors', () => {
  /** New moons within minutes of midnight, and a month that the second library has wrong (see lunarCalendar.test.ts). */
  const ASIDE = [1933, 2057, 2089, 2097]
  const day = fc
    .integer({ min: dayNumberOf('1901-03-01'), max: dayNumberOf('2099-01-01') })
    .map(civilDayOfNumber)
  const lunarDate = fc.record({
    calendar: fc.constant('lunar' as const),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 29 }),
    isLeapMonth: fc.constant(false),
  })

  /** The day by counting on the other library's table: of this and the next lunar years the first that is not before. */
  function secondOpinion(date: YearlyDate, today: string): string {
    for (let year = Number(today.slice(0, 4)) - 1; ; year++) {
      const found = solarLunar.lunar2solar(year, date.month, date.day ?? 1, date.isLeapMonth)
      if (found === -1) continue
      const falls = civilDay(found.cYear, found.cMonth, found.cDay)
      if (falls >= today) return falls
    }
  }

  it('agrees for every day of an ordinary month, from any day of two centuries', () => {
    fc.assert(
      fc.property(lunarDate, day, (date, today) => {
        const ours = nextOccurrence(date, today)
        fc.pre(!ASIDE.some(year => Math.abs(Number(ours.slice(0, 4)) - year) <= 1))
        expect(ours).toBe(secondOpinion(date, today))
      }),
      { numRuns: 2000 },
    )
  })

  it('agrees for the days of every leap month there is', () => {
    const wrong: string[] = []
    for (let year = 1901; year <= 2099; year++) {
      const month = leapMonthOf(year)
      if (month === undefined || ASIDE.includes(year)) continue
      for (const number of [1, 15, daysInLunarMonth(year, month, true)]) {
        const date: YearlyDate = {
          calendar: 'lunar',
          month,
          day: number,
          isLeapMonth: true,
          leapPolicy: 'leapOnly',
        }
        const [ours] = occurrencesIn(year, date)
        const { year: cYear, month: cMonth, day: cDay } = civilDayParts(ours ?? '')
        // From the day back: the other way the second library refuses the 30th of any leap month.
        const found = solarLunar.solar2lunar(cYear, cMonth, cDay)
        const isSame =
          found !== -1 &&
          [found.lYear, found.lMonth, found.lDay, found.isLeap].join() === [year, month, number, true].join()
        if (!isSame) wrong.push(`${year} 闰${month}/${number}: ${ours}`)
      }
    }
    expect(wrong).toEqual([])
  })
})
