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

/** All of China is eight hours ahead, without summer time since September 1991: for this a phone need load no calendar. */
const CHINA = 'Asia/Shanghai'
const CHINA_AHEAD_MS = 8 * 3_600_000
const CHINA_SINCE = Date.UTC(1992, 0, 1)

/**
 * What they show at an instant in an IANA time zone such as `Asia/Shanghai`.
 * @throws RangeError for an unknown time zone or an instant that is no time.
 */
export function wallClockOf(instantMillis: number, timeZone: string): WallClock {
  if (timeZone === CHINA && instantMillis >= CHINA_SINCE) {
    const words = new Date(instantMillis + CHINA_AHEAD_MS).toISOString().split(/[-T:]/)
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = words.map(Number)
    return { year, month, day, hour, minute }
  }
  const found: WallClock = { year: 0, month: 0, day: 0, hour: 0, minute: 0 }
  for (const { type, value } of formatIn(timeZone).formatToParts(instantMillis))
    if (type in found) found[type as keyof WallClock] = Number(value)
  return found
}
