import { chineseNumber } from './chineseNumber.ts'
import { addDays, civilDay, civilDayParts, daysInMonth, weekday } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'

const WEEKDAYS = '日一二三四五六'
const NUMBER =
  '\\d{1,2}|[一二三四五六七八九]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|[一二两三四五六七八九]'
const RELATIVE_DAYS: Readonly<Record<string, number>> = {
  今天: 0,
  今晚: 0,
  明天: 1,
  明早: 1,
  明晚: 1,
  后天: 2,
  大后天: 3,
}

/** Every way to name a day; the groups tell which one it was. */
const NAMED_DAY = new RegExp(
  [
    '(?<relative>大后天|今天|今晚|明天|明早|明晚|后天)',
    `(?<within>${NUMBER})\\s*天(?:内|之内|以内|后|之后|以后)`,
    '(?<next>下*)个?(?:周|星期|礼拜)(?<weekday>[一二三四五六日天末])',
    `(?<month>${NUMBER})\\s*(?:月|[./-])\\s*(?<day>${NUMBER})\\s*[日号]?`,
    '(?<nextMonth>下个?)?月[底末]',
    `(?<dayOnly>${NUMBER})\\s*[日号]`,
  ].join('|'),
  'g',
)
/** Behind a number these make it an amount, a size or a span; before it they make it a size. */
const NO_DAY_BEHIND = /^(?:[\d.]|\s*(?:万|千|百|折|元|块|克|分|毫米|厘米|天|个|寸|%|％|ct|mm|cm))/i
const NO_DAY_BEFORE = /(?:\d|[\d.][./-]|圈口?|戒指?|手寸|尺寸|码)$/
/** What is named like this is the day by which it has to be done. */
const DEADLINE = /^\s*(?:前|之前|以前|内)/

/**
 * By when something was promised, as the words say it: `周五前回复价格`, `下周二给她看图`, `12月3日`, `3号`, `月底`, `十五天内`.
 * Of several days the one that is called a limit counts, else the last. Undefined where the words name none, or one that
 * cannot be. A day that has passed this week or month is the next one.
 */
export function promiseDay(words: string, today: CivilDay): CivilDay | undefined {
  const found = [...words.matchAll(NAMED_DAY)].flatMap(match => {
    const behind = words.slice(match.index + match[0].length)
    const isNumber = match.groups?.month !== undefined || match.groups?.dayOnly !== undefined
    if (isNumber && (NO_DAY_BEHIND.test(behind) || NO_DAY_BEFORE.test(words.slice(0, match.index)))) return []
    const day = dayOf(match.groups ?? {}, today)
    const isDeadline = DEADLINE.test(behind) || /内$/.test(match[0])
    return day === undefined ? [] : [{ day, isDeadline }]
  })
  return (found.filter(({ isDeadline }) => isDeadline).at(-1) ?? found.at(-1))?.day
}

function dayOf(named: Readonly<Record<string, string | undefined>>, today: CivilDay): CivilDay | undefined {
  const { relative, within, weekday: name, next, month, day, dayOnly, nextMonth } = named
  if (relative !== undefined) return addDays(today, RELATIVE_DAYS[relative] ?? 0)
  if (within !== undefined) return addDays(today, chineseNumber(within))
  if (name !== undefined) return weekDay(name, next?.length ?? 0, today)
  if (month !== undefined) return monthDay(chineseNumber(month), chineseNumber(day ?? ''), today)
  if (dayOnly !== undefined) return dayOfMonth(chineseNumber(dayOnly), today)
  return monthEnd(nextMonth === undefined ? 0 : 1, today)
}

/** @param weeks how often 下 was said */
function weekDay(name: string, weeks: number, today: CivilDay): CivilDay {
  const wanted = name === '末' ? 6 : WEEKDAYS.indexOf(name.replace('天', '日'))
  // Weeks begin on Monday, as people count them.
  const place = (day: number) => (day + 6) % 7
  const offset = place(wanted) - place(weekday(today)) + 7 * weeks
  return addDays(today, weeks === 0 && offset < 0 ? offset + 7 : offset)
}

function monthDay(month: number, day: number, today: CivilDay): CivilDay | undefined {
  const now = civilDayParts(today)
  const year = now.year + (month < now.month || (month === now.month && day < now.day) ? 1 : 0)
  if (month < 1 || month > 12) return undefined
  return day >= 1 && day <= daysInMonth(year, month) ? civilDay(year, month, day) : undefined
}

function dayOfMonth(day: number, today: CivilDay): CivilDay | undefined {
  const now = civilDayParts(today)
  const month = day < now.day ? (now.month % 12) + 1 : now.month
  const year = now.year + (day < now.day && now.month === 12 ? 1 : 0)
  return day >= 1 && day <= daysInMonth(year, month) ? civilDay(year, month, day) : undefined
}

function monthEnd(monthsOn: number, today: CivilDay): CivilDay {
  const now = civilDayParts(today)
  const month = ((now.month - 1 + monthsOn) % 12) + 1
  const year = now.year + (month < now.month ? 1 : 0)
  return civilDay(year, month, daysInMonth(year, month))
}
