import type { Clock } from '../../server/clock.ts'
import { civilDayOf } from '../../shared/rules/civilDay.ts'
import { TEST_NOW } from './make.ts'

/** A clock that stands still until it is told otherwise. */
export interface FixedClock extends Clock {
  set(instant: Date): void
  advance(by: { days?: number; hours?: number; minutes?: number; seconds?: number }): void
}

export function fixedClock(start: Date = TEST_NOW): FixedClock {
  let now = start.getTime()
  return {
    now: () => new Date(now),
    today: timeZone => civilDayOf(now, timeZone),
    set(instant) {
      now = instant.getTime()
    },
    advance({ days = 0, hours = 0, minutes = 0, seconds = 0 }) {
      now += (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
    },
  }
}
