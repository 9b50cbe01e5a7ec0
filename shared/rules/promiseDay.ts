import { addDays, civilDay, civilDayParts, daysInMonth, weekday } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'

const WEEKDAYS = '日一二三四五六'
const RELATIVE_DAYS: Readonly<Record<string, number>> = {
  今天: 0,
  今晚: 0,
  明天: 1,
  明早: 1,
  后天: 2,
  大后天: 3,
}

/**
 * By when something was promised, as the words say it: `周五前回复价格`, `下周二给她看图`, `12月3日`, `3号`, `月底`, `3天内`.
 * Undefined where they name no day, or one that cannot be. A day that has passed this week or month is the next one.
 */
export function promiseDay(words: string, today: CivilDay): CivilDay | undefined {
  return relativeDay(words, today) ?? weekDay(words, today) ?? monthDay(words, today)
}

function relativeDay(words: string, today: CivilDay): CivilDay | undefined {
  const named = /大后天|今天|今晚|明天|明早|后天/.exec(words)?.[0]
  if (named !== undefined) return addDays(today, RELATIVE_DAYS[named] ?? 0)
  const within = /(\d{1,2}|[一两二三四五六七八九十])\s*天(?:内|之内|以内|后)/.exec(words)?.[1]
  if (within === undefined) return undefined
  const days = /\d/.test(within)
    ? Number(within)
    : '零一二三四五六七八九十'.indexOf(within.replace('两', '二'))
  return addDays(today, days)
}

function weekDay(words: string, today: CivilDay): CivilDay | undefined {
  const match = /(下+)?(?:个)?(?:周|星期|礼拜)([一二三四五六日天末])/.exec(words)
  if (!match) return undefined
  const wanted = match[2] === '末' ? 6 : WEEKDAYS.indexOf((match[2] ?? '').replace('天', '日'))
  // Weeks begin on Monday, as people count them.
  const place = (day: number) => (day + 6) % 7
  const weeks = match[1]?.length ?? 0
  const offset = place(wanted) - place(weekday(today)) + 7 * weeks
  return addDays(today, weeks === 0 && offset < 0 ? offset + 7 : offset)
}

function monthDay(words: string, today: CivilDay): CivilDay | undefined {
  const now = civilDayParts(today)
  const whole = /(\d{1,2})\s*(?:月|[./-])\s*(\d{1,2})\s*[日号]?/.exec(words)
  if (whole) {
    const month = Number(whole[1])
    const day = Number(whole[2])
    const year = now.year + (month < now.month || (month === now.month && day < now.day) ? 1 : 0)
    return day >= 1 && day <= daysInMonth(year, month) ? civilDay(year, month, day) : undefined
  }
  if (/月底|月末/.test(words)) return civilDay(now.year, now.month, daysInMonth(now.year, now.month))
  const day = Number(/(\d{1,2})\s*[日号]/.exec(words)?.[1] ?? 0)
  if (day === 0) return undefined
  const month = day < now.day ? (now.month % 12) + 1 : now.month
  const year = now.year + (day < now.day && now.month === 12 ? 1 : 0)
  return day <= daysInMonth(year, month) ? civilDay(year, month, day) : undefined
}
