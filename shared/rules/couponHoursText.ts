/** Hours of some days of the week, `weekdays` 1 (Monday) to 7, times `HH:MM`; `until` is the first minute after, 00:00 midnight. */
export interface WeeklyHours {
  weekdays: readonly number[]
  from: string
  until: string
}

const WEEKDAY_CHARACTERS = '一二三四五六日'
/** So many days in a row are named by their ends. */
const SHORTEST_STRETCH = 3

/** Hours of the week in words: `周一至周五 10:00–18:00；周六、周日 全天`; empty for no limit at all. */
export function couponHoursText(hours: readonly WeeklyHours[]): string {
  return hours
    .map(({ weekdays, from, until }) => `${weekdaysText(weekdays)} ${spanText(from, until)}`)
    .join('；')
}

function weekdaysText(weekdays: readonly number[]): string {
  const days = [...new Set(weekdays)].sort((one, other) => one - other)
  if (days.length === WEEKDAY_CHARACTERS.length) return '每天'
  const stretches: number[][] = []
  for (const day of days) {
    const running = stretches.at(-1)
    if (running?.at(-1) === day - 1) running.push(day)
    else stretches.push([day])
  }
  return stretches
    .map(stretch =>
      stretch.length < SHORTEST_STRETCH
        ? stretch.map(weekdayName).join('、')
        : `${weekdayName(stretch[0] ?? 1)}至${weekdayName(stretch.at(-1) ?? 7)}`,
    )
    .join('、')
}

const weekdayName = (day: number): string => `周${WEEKDAY_CHARACTERS.charAt(day - 1)}`

function spanText(from: string, until: string): string {
  if (until === '00:00') return from === '00:00' ? '全天' : `${from}–24:00`
  return until <= from ? `${from}–次日 ${until}` : `${from}–${until}`
}
