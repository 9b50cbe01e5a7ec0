import { wallClockOf } from './wallClock.ts'

/** Times are `HH:MM` of the corp's zone; as text they sort as they follow each other. */
export type TimeOfDay = string

/** On the full and half hour every app in WeCom sends its notices: those are slow and get lost among the others. */
export const CROWDED_MINUTES = ['00', '30'] as const

export const DEFAULT_NOTICES = {
  digestAt: '09:15',
  quietFrom: '21:30',
  quietUntil: '08:30',
  doNotDisturbUntil: null,
} as const

export const isCrowded = (time: TimeOfDay): boolean =>
  (CROWDED_MINUTES as readonly string[]).includes(time.slice(3))

/** Quiet from the one to the other, across midnight where `until` is the earlier; never when both are the same. */
export function isQuiet(
  time: TimeOfDay,
  { quietFrom, quietUntil }: { quietFrom: TimeOfDay; quietUntil: TimeOfDay },
): boolean {
  if (quietFrom === quietUntil) return false
  return quietFrom < quietUntil
    ? time >= quietFrom && time < quietUntil
    : time >= quietFrom || time < quietUntil
}

/** `09:15`: what a clock in that zone shows. @throws RangeError for an unknown zone */
export function timeOfDayOf(instantMillis: number, timeZone: string): TimeOfDay {
  const { hour, minute } = wallClockOf(instantMillis, timeZone)
  return [hour, minute].map(each => String(each).padStart(2, '0')).join(':')
}
