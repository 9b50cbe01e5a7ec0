/** What calendar and clock on a wall show. */
export interface WallClock {
  year: number
  month: number
  day: number
  hour: number
  minute: number
}

/** One for each zone, and one for everything: to make the first of a kind takes a slow phone a tenth of a second. */
const formats = new Map<string, Intl.DateTimeFormat>()

function formatIn(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (!format) {
    const options = {
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    } as const
    format = new Intl.DateTimeFormat('en-US', { ...options, timeZone })
    formats.set(timeZone, format)
  }
  return format
}

/**
 * What they show at an instant in an IANA time zone such as `Asia/Shanghai`.
 * @throws RangeError for an unknown time zone or an instant that is no time.
 */
export function wallClockOf(instantMillis: number, timeZone: string): WallClock {
  const found: WallClock = { year: 0, month: 0, day: 0, hour: 0, minute: 0 }
  for (const { type, value } of formatIn(timeZone).formatToParts(instantMillis))
    if (type in found) found[type as keyof WallClock] = Number(value)
  return found
}
