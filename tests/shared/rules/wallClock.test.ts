import { describe, expect, it } from 'vitest'
import { wallClockOf } from '../../../shared/rules/wallClock.ts'

/** As the calendar of the machine has it. */
function calendarOf(timeZone: string): (instantMillis: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  return instantMillis => format.format(instantMillis)
}
function shown(instantMillis: number, timeZone: string): string {
  const { year, month, day, hour, minute } = wallClockOf(instantMillis, timeZone)
  const two = (count: number) => String(count).padStart(2, '0')
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}`
}

describe('the clock on a wall', () => {
  it.each(['Asia/Shanghai', 'Asia/Tokyo', 'Europe/Berlin', 'Asia/Kathmandu'])(
    'agrees with the calendar, also where summer time began and ended: %s',
    zone => {
      const byCalendar = calendarOf(zone)
      // Every 73 hours and 13 minutes meets every hour of the day in every season.
      const step = (73 * 60 + 13) * 60_000
      const wrong: string[] = []
      for (let at = Date.UTC(1986, 0, 1); at < Date.UTC(2045, 0, 1); at += step)
        if (shown(at, zone) !== byCalendar(at)) wrong.push(new Date(at).toISOString())
      expect(wrong).toEqual([])
    },
  )

  it.each([
    ['2026-11-21T15:59:59.999Z', '2026-11-21 23:59'],
    ['2026-11-21T16:00:00Z', '2026-11-22 00:00'],
    ['2025-12-31T16:00:00Z', '2026-01-01 00:00'],
    ['2028-02-28T16:00:00Z', '2028-02-29 00:00'],
  ])('turns the page at midnight in Shanghai: %s', (instant, wall) => {
    expect(shown(Date.parse(instant), 'Asia/Shanghai')).toBe(wall)
  })

  it.each([
    [Number.NaN, 'Asia/Shanghai'],
    [Number.POSITIVE_INFINITY, 'Asia/Shanghai'],
    [0, 'Asia/Nowhere'],
  ])('refuses %s in %s', (at, zone) => {
    expect(() => wallClockOf(at, zone)).toThrow(RangeError)
  })
})
