import { civilDayOf, weekdayText } from '../../../shared/rules/civilDay.ts'
import { toLunar } from '../../../shared/rules/lunarCalendar.ts'
import { ageOn, nextOccurrence, nominalAgeOn } from '../../../shared/rules/nextOccurrence.ts'
import { parseYearlyDate } from '../../../shared/rules/parseYearlyDate.ts'
import type { LeapPolicy } from '../../../shared/rules/yearlyDate.ts'
import { yearlyDateText } from '../../../shared/rules/yearlyDateText.ts'

/**
 * Known from almanacs (Hong Kong Observatory's conversion tables): what a guide types, from which day on it is looked for, and the
 * day on which it falls. Holds whatever the host's time zone.
 */
export const GOLDEN: [typed: string, from: string, falls: string, policy?: LeapPolicy][] = [
  // The year without a clear leap month that is one: 2033 has 闰冬月 and not 闰七月.
  ['农历闰冬月初一', '2033-06-01', '2033-12-22 星期四'],
  ['农历冬月初一', '2033-06-01', '2033-11-22 星期二'],
  ['农历冬月初一', '2033-11-23', '2033-12-22 星期四', 'both'],
  ['农历腊月初一', '2033-06-01', '2034-01-20 星期五'],
  ['农历七月十五', '2033-06-01', '2033-08-09 星期二'],
  ['农历八月十五', '2033-06-01', '2033-09-08 星期四'],
  // 闰六月 of 2025.
  ['农历六月廿四', '2025-01-01', '2025-07-18 星期五'],
  ['农历闰六月廿四', '2025-01-01', '2025-08-17 星期日'],
  ['农历闰六月廿四', '2025-01-01', '2025-07-18 星期五', 'sameMonth'],
  ['农历闰六月廿四', '2025-07-19', '2025-08-17 星期日', 'both'],
  ['农历闰六月廿四', '2026-01-01', '2026-08-06 星期四'],
  ['农历闰六月廿四', '2026-01-01', '2036-08-15 星期五', 'leapOnly'],
  // 腊月 with twenty-nine days: New Year's Eve is the 29th.
  ['腊月三十', '2024-02-01', '2024-02-09 星期五'],
  ['腊月三十', '2025-01-01', '2025-01-28 星期二'],
  ['腊月三十', '2026-01-01', '2026-02-16 星期一'],
  ['除夕', '2027-01-01', '2027-02-05 星期五'],
  ['除夕', '2028-01-01', '2028-01-25 星期二'],
  // Over both New Years.
  ['正月初一', '2026-02-17', '2026-02-17 星期二'],
  ['正月初一', '2026-02-18', '2027-02-06 星期六'],
  ['腊月初八', '2026-12-31', '2027-01-15 星期五'],
  ['冬月廿三', '2026-12-31', '2026-12-31 星期四'],
  ['公历1月1日', '2026-12-31', '2027-01-01 星期五'],
  ['12.31', '2026-12-31', '2026-12-31 星期四'],
  // 29 February.
  ['2.29', '2024-02-01', '2024-02-29 星期四'],
  ['2.29', '2026-02-01', '2026-02-28 星期六'],
  ['2.29', '2100-01-01', '2100-02-28 星期日'],
  ['2.29', '2000-02-29', '2000-02-29 星期二'],
  // The case we exist for, and both ends of the calendar.
  ['农历八月十五', '2026-01-01', '2026-09-25 星期五'],
  ['农历八月十五', '2026-09-26', '2027-09-15 星期三'],
  ['农历八月', '2026-09-12', '2027-09-01 星期三'],
  ['农历正月初一', '1900-01-01', '1900-01-31 星期三'],
  ['农历腊月初一', '2100-12-01', '2100-12-31 星期五'],
]

/** 周岁 and 虚岁 on a day of those born so. */
export const GOLDEN_AGES: [born: string, on: string, full: number, nominal: number][] = [
  ['1960年农历八月十五', '2026-09-25', 65, 67],
  ['1960年农历八月十五', '2026-10-05', 66, 67],
  ['1990年农历腊月三十', '2026-02-16', 35, 36],
  ['1990年农历腊月三十', '2026-02-17', 35, 37],
  ['2012年2月29日', '2026-02-28', 14, 15],
  ['2025年1月28日', '2025-01-29', 0, 2],
]

/** Instants and the day it is then in Shanghai, wherever the host stands. */
export const GOLDEN_INSTANTS: [instant: string, day: string][] = [
  ['2026-12-31T15:59:59.999Z', '2026-12-31'],
  ['2026-12-31T16:00:00.000Z', '2027-01-01'],
  ['2026-03-08T07:00:00.000Z', '2026-03-08'],
  ['1988-08-15T15:30:00.000Z', '1988-08-16'],
]

/** The table as this process computes it. */
export function computeGolden(): {
  days: string[]
  ages: [number?, number?][]
  instants: string[]
  lunar: string
} {
  const read = (typed: string, today: string) => {
    const parsed = parseYearlyDate(typed, { today })
    if (!parsed.ok) throw new Error(`${typed}: ${parsed.reason}`)
    return parsed.date
  }
  return {
    days: GOLDEN.map(([typed, from, , leapPolicy]) => {
      const day = nextOccurrence({ ...read(typed, from), ...(leapPolicy ? { leapPolicy } : {}) }, from)
      return `${day} ${weekdayText(day)}`
    }),
    ages: GOLDEN_AGES.map(([born, on]) => [ageOn(read(born, on), on), nominalAgeOn(read(born, on), on)]),
    instants: GOLDEN_INSTANTS.map(([instant]) => civilDayOf(Date.parse(instant), 'Asia/Shanghai')),
    lunar: yearlyDateText({ calendar: 'lunar', ...toLunar('2026-11-21') }),
  }
}
