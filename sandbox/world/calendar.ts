/** The corp lives in Asia/Shanghai: UTC+8 all year, so days are plain arithmetic. */
export const dayMs = 86_400_000
const shanghaiMs = 8 * 3_600_000

/** Unix milliseconds of 00:00 in Shanghai of the day `now` falls into. */
export function startOfDay(now: number): number {
  return Math.floor((now + shanghaiMs) / dayMs) * dayMs - shanghaiMs
}

/** Unix milliseconds of a clock time (Shanghai), so many days from the day of `now`. */
export function momentOf(now: number, daysAhead: number, hour: number, minute = 0): number {
  return startOfDay(now) + daysAhead * dayMs + (hour * 60 + minute) * 60_000
}

export interface Ymd {
  year: number
  month: number
  day: number
}

/** The civil day in Shanghai, so many days from the day of `now`. */
export function civilDay(now: number, daysAhead = 0): Ymd {
  const at = new Date(startOfDay(now) + daysAhead * dayMs + shanghaiMs)
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() }
}

/** `YYYY-MM-DD` */
export function civilDayText({ year, month, day }: Ymd): string {
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}
