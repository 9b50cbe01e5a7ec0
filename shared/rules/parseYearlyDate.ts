import { chineseNumber } from './chineseNumber.ts'
import { civilDayParts } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'
import { knownLeapMonthOf } from './lunarLeapMonths.ts'
import { impossibleReason } from './yearlyDate.ts'
import type { CalendarKind, YearlyDate } from './yearlyDate.ts'

export interface ParseYearlyDateOptions {
  /** What digits without a word mean; the field remembers the guide's last choice. Default `solar`. */
  defaultCalendar?: CalendarKind
  /** Tells in which century a two-digit year lies: the latest one that is not after this year. */
  today: CivilDay
}

/**
 * `calendar`: the words point both ways (八月十五日) and the default was taken · `leapMonth`: the ordinary month and the leap month
 * are both possible.
 */
export type YearlyDateAmbiguity = 'calendar' | 'leapMonth'

export type ParsedYearlyDate =
  | {
      ok: true
      date: YearlyDate
      /** What the echo should ask back; absent when there is no doubt. */
      ambiguous?: YearlyDateAmbiguity
      /** The question, or a remark worth reading (29 February, a lunar 30th, a leap month), in Chinese. */
      hint?: string
    }
  | { ok: false; reason: string }

/** What the text says, before the calendar is decided. */
interface ReadDate {
  month: number
  /** null where only the month was written */
  day: number | null
  year?: number
  isLeapMonth: boolean
  /** Leap written with the wrong character 润. */
  isLeapDoubtful: boolean
  /** What month and day look like: 8.15 · 八月十五 · 八月十五日, 8月十五 · 元旦. */
  style: 'digits' | 'lunar' | 'mixed' | 'solar'
}

const EMPTY = '写个日子，比如 8.15 或 八月十五'
const NOT_UNDERSTOOD = '没看懂这个日子，试试 8.15、0815 或 八月十五'
const DAY_MISSING = '再写上是几号，比如 8月15'
const ONLY_YEAR = '只看到年份，再写上几月几号'
const MONTH_MISSING = '再写上月份，比如 8.15'

const LUNAR_WORDS = /农历|阴历|旧历|老历|古历|夏历|^农(?!历)|^阴(?!历)/
const SOLAR_WORDS = /公历|阳历|新历|国历|西历|^公(?!历)|^阳(?!历)/
const CALENDAR_WORDS = new RegExp(`${LUNAR_WORDS.source}|${SOLAR_WORDS.source}`, 'g')
const IDLE_WORDS = /生日|生辰|出生|每年|纪念日|[的是在过生()[\]【】:;!?"'“”]/g

const TRADITIONAL: Readonly<Record<string, string>> = {
  農: '农',
  曆: '历',
  歷: '历',
  陰: '阴',
  陽: '阳',
  國: '国',
  閏: '闰',
  臘: '腊',
  號: '号',
  節: '节',
  舊: '旧',
}

const NAMED_DAYS = new Map<string, Pick<ReadDate, 'month' | 'day' | 'style'>>(
  Object.entries({
    春节: { month: 1, day: 1, style: 'lunar' as const },
    元宵: { month: 1, day: 15, style: 'lunar' as const },
    端午: { month: 5, day: 5, style: 'lunar' as const },
    七夕: { month: 7, day: 7, style: 'lunar' as const },
    中秋: { month: 8, day: 15, style: 'lunar' as const },
    重阳: { month: 9, day: 9, style: 'lunar' as const },
    腊八: { month: 12, day: 8, style: 'lunar' as const },
    小年: { month: 12, day: 23, style: 'lunar' as const },
    除夕: { month: 12, day: 30, style: 'lunar' as const },
    元旦: { month: 1, day: 1, style: 'solar' as const },
    国庆: { month: 10, day: 1, style: 'solar' as const },
  }),
)

const NUMERALS = '〇一二三四五六七八九'
const MONTH_NAMES: Readonly<Record<string, number>> = { 正: 1, 冬: 11, 腊: 12 }
const NUMERAL = '[〇零一二三四五六七八九十廿卅]'
const SEPARATOR = '[-,./\\\\、。・·—–_~]'

const OUTER_SEPARATORS = new RegExp(`^${SEPARATOR}+|${SEPARATOR}+$`, 'g')
const YEAR = new RegExp(
  `^(?:(\\d{4}|\\d{2}|[〇零一二三四五六七八九]{4}|[〇零一二三四五六七八九]{2})年|(\\d{4})(?:${SEPARATOR}|(?=[闰润正冬腊一二三四五六七八九十])))`,
)
const YEAR_OF_THREE = new RegExp(`^(\\d{2})${SEPARATOR}(?=[闰润]?\\d{1,2}${SEPARATOR}\\d{1,2}(?:日|号)?$)`)
const YEAR_LAST = new RegExp(`${SEPARATOR}(\\d{4})年?$`)
const WITH_MONTH_WORD = new RegExp(
  `^([闰润]?)(\\d{1,2}|[正元冬腊]|${NUMERAL}{1,3})月份?(初?)(\\d{1,2}|${NUMERAL}{1,4})(日|号)?$`,
)
const SEPARATED = new RegExp(`^([闰润]?)(\\d{1,2})${SEPARATOR}(\\d{1,2})(?:日|号)?$`)
const COMPACT = /^([闰润]?)(\d{3,4})$/
const MONTH_ONLY = new RegExp(`^([闰润]?)(\\d{1,2}|[正元冬腊]|${NUMERAL}{1,3})月份?$`)
const DAY_ONLY = new RegExp(`^(?:\\d{1,2}(?:日|号)?|初?${NUMERAL}{1,4}(?:日|号)?)$`)

/**
 * Understands what guides type for a birthday: `8.15` `0815` `8月15日` `八月十五` `农历8/15` `闰四月初三` `腊月三十` `1990.8.15` `90年8月15`, and
 * a month alone (`农历八月`).
 * An explicit 农历 or 公历 wins; 初, 廿, 正月, 冬月, 腊月 and Chinese numerals mean lunar; digits mean the default calendar.
 * Needs no calendar library. Whether one lunar year had a 30th is `existsInItsYear` of nextOccurrence.ts.
 */
export function parseYearlyDate(typed: string, options: ParseYearlyDateOptions): ParsedYearlyDate {
  const text = folded(typed)
  if (text === '') return { ok: false, reason: EMPTY }
  const saysLunar = LUNAR_WORDS.test(text)
  const saysSolar = SOLAR_WORDS.test(text)
  if (saysLunar && saysSolar) return { ok: false, reason: '公历和农历只能选一个' }
  const found = read(
    text.replace(CALENDAR_WORDS, '').replace(IDLE_WORDS, '').replace(OUTER_SEPARATORS, ''),
    options.today,
  )
  if (typeof found === 'string') return { ok: false, reason: found }
  const said: CalendarKind | undefined = saysLunar ? 'lunar' : saysSolar ? 'solar' : undefined
  return decide(found, said, options.defaultCalendar ?? 'solar')
}

/** Width, blanks and traditional characters do not matter; a blank between two digits parts them. */
function folded(typed: string): string {
  return (
    typed
      .normalize('NFKC')
      .trim()
      .replace(/(\d)\s+(?=\d)/g, '$1.')
      .replace(/\s+/g, '')
      .replace(/[農曆歷陰陽國閏臘號節舊]/g, character => TRADITIONAL[character] ?? character)
      // 八月半: the middle of a lunar month
      .replace(/(?<=[正一二三四五六七八九十冬腊]月)半$/, '十五')
      .replace(/^大年(?=初)/, '正月')
      .replace(/^大年三十$/, '除夕')
  )
}

/** 1990, 90, 一九九〇, 九零 */
function yearOf(text: string, today: CivilDay): number {
  const digits = text.replace(/[〇零一二三四五六七八九]/g, numeral =>
    String(Math.max(0, NUMERALS.indexOf(numeral))),
  )
  const year = Number(digits)
  if (digits.length > 2) return year
  return 2000 + year <= civilDayParts(today).year ? 2000 + year : 1900 + year
}

/** A date, or the reason why there is none. */
function read(text: string, today: CivilDay): ReadDate | string {
  const named = NAMED_DAYS.get(text) ?? NAMED_DAYS.get(text.replace(/节$/, ''))
  if (named) return { ...named, isLeapMonth: false, isLeapDoubtful: false }
  const { year, rest } = cutYear(text, today)
  const monthAndDay = readMonthAndDay(rest)
  if (typeof monthAndDay !== 'string') return { ...monthAndDay, ...(year === undefined ? {} : { year }) }
  if (year === undefined) return monthAndDay
  if (rest === '') return ONLY_YEAR
  return /^\d{1,2}$/.test(rest) ? DAY_MISSING : monthAndDay
}

function cutYear(text: string, today: CivilDay): { year?: number; rest: string } {
  const long = /^(?:(\d{4})(\d{4})|(\d{2})(\d{4}))$/.exec(text)
  if (long) return { year: yearOf(long[1] ?? long[3] ?? '', today), rest: long[2] ?? long[4] ?? '' }
  const first = YEAR.exec(text) ?? YEAR_OF_THREE.exec(text)
  if (first) return { year: yearOf(first[1] ?? first[2] ?? '', today), rest: text.slice(first[0].length) }
  const last = YEAR_LAST.exec(text)
  if (last) return { year: yearOf(last[1] ?? '', today), rest: text.slice(0, last.index) }
  return { rest: text }
}

function readMonthAndDay(text: string): ReadDate | string {
  const worded = WITH_MONTH_WORD.exec(text)
  if (worded) return readWorded(worded)
  const separated = SEPARATED.exec(text)
  if (separated) return digitDate(separated[1], Number(separated[2]), Number(separated[3]))
  const compact = COMPACT.exec(text)
  if (compact) return readCompact(compact[1], compact[2] ?? '')
  const onlyMonth = MONTH_ONLY.exec(text)
  if (onlyMonth) return readMonth(onlyMonth)
  return DAY_ONLY.test(text) ? MONTH_MISSING : NOT_UNDERSTOOD
}

/** 农历八月, 8月份: the day is not known. 八月 alone is written for both calendars. */
function readMonth([, leap, monthText = '']: RegExpExecArray): ReadDate | string {
  const month = monthNumber(monthText)
  if (Number.isNaN(month)) return NOT_UNDERSTOOD
  const style = monthText in MONTH_NAMES ? 'lunar' : /\d/.test(monthText) ? 'digits' : 'mixed'
  return { month, day: null, ...leapFlags(leap), style }
}

const monthNumber = (text: string): number => (text === '元' ? 1 : (MONTH_NAMES[text] ?? chineseNumber(text)))

function leapFlags(leap: string | undefined): Pick<ReadDate, 'isLeapMonth' | 'isLeapDoubtful'> {
  return { isLeapMonth: leap === '闰' || leap === '润', isLeapDoubtful: leap === '润' }
}

function digitDate(leap: string | undefined, month: number, day: number): ReadDate {
  return { month, day, ...leapFlags(leap), style: 'digits' }
}

/** `0815`, `1225`, `815`; three digits can be cut in two ways and are asked about when both are possible. */
function readCompact(leap: string | undefined, digits: string): ReadDate | string {
  if (digits.length === 4) {
    const found = digitDate(leap, Number(digits.slice(0, 2)), Number(digits.slice(2)))
    const isYear = /^(?:19|20)/.test(digits) && found.month > 12
    return isYear ? ONLY_YEAR : found
  }
  const cuts = [1, 2]
    .map(at => digitDate(leap, Number(digits.slice(0, at)), Number(digits.slice(at))))
    .filter(cut => impossibleReason({ ...cut, calendar: cut.isLeapMonth ? 'lunar' : 'solar' }) === undefined)
  const [one, other] = cuts
  if (one && other)
    return `是 ${one.month}月${one.day} 还是 ${other.month}月${other.day}？中间加个点，比如 ${one.month}.${one.day}`
  return one ?? NOT_UNDERSTOOD
}

function readWorded([, leap, monthText = '', first, dayText = '', dayWord]: RegExpExecArray):
  ReadDate | string {
  const month = monthNumber(monthText)
  const day = chineseNumber(dayText)
  if (Number.isNaN(month) || Number.isNaN(day) || (first && day > 10)) return NOT_UNDERSTOOD
  const isLunarWord = first !== '' || /^[廿卅]/.test(dayText) || monthText in MONTH_NAMES
  return {
    month,
    day,
    ...leapFlags(leap),
    style: isLunarWord ? 'lunar' : numeralStyle(monthText, dayText, dayWord, day),
  }
}

/** 八月十五 is how the lunar calendar is written; with 号, or as a 31st, it is the solar one. */
function numeralStyle(
  month: string,
  day: string,
  dayWord: string | undefined,
  value: number,
): ReadDate['style'] {
  const hasDigits = /\d/.test(month)
  if (/\d/.test(day)) return hasDigits ? 'digits' : 'mixed'
  // A 31st is solar; beyond it there is none in either, and it is written as a lunar one.
  if (dayWord === '号' || month === '元' || value === 31) return 'solar'
  return dayWord === '日' || hasDigits ? 'mixed' : 'lunar'
}

function decide(found: ReadDate, said: CalendarKind | undefined, fallback: CalendarKind): ParsedYearlyDate {
  if (found.isLeapMonth && said === 'solar') return { ok: false, reason: '公历没有闰月' }
  const styled = found.isLeapMonth
    ? 'lunar'
    : found.style === 'lunar' || found.style === 'solar'
      ? found.style
      : undefined
  const { month, day, year, isLeapMonth } = found
  const calendar = said ?? styled ?? fallback
  const date: YearlyDate = { calendar, month, day, isLeapMonth, ...(year === undefined ? {} : { year }) }
  const reason = impossibleReason(date) ?? foreignLeapMonthReason(date)
  if (reason !== undefined) return { ok: false, reason }
  const isCalendarOpen = said === undefined && styled === undefined && found.style === 'mixed'
  return { ok: true, date, ...doubtAbout(date, found.isLeapDoubtful, isCalendarOpen) }
}

const MONTH_TEXTS = ['正', '二', '三', '四', '五', '六', '七', '八', '九', '十', '冬', '腊'] as const

/** 闰四月 of a year that had another leap month or none. */
function foreignLeapMonthReason({ isLeapMonth, month, year }: YearlyDate): string | undefined {
  if (!isLeapMonth || year === undefined) return undefined
  const leapMonth = knownLeapMonthOf(year)
  if (leapMonth === month) return undefined
  const had = leapMonth === undefined ? '没有闰月' : `闰的是${MONTH_TEXTS[leapMonth - 1]}月`
  return `农历 ${year} 年${had}`
}

function doubtAbout(
  date: YearlyDate,
  isLeapDoubtful: boolean,
  isCalendarOpen: boolean,
): { ambiguous?: YearlyDateAmbiguity; hint?: string } {
  if (isCalendarOpen) return { ambiguous: 'calendar', hint: '是公历，还是农历？' }
  if (date.day === null) return { hint: `只知道月份，按${date.calendar === 'solar' ? ' 1 号' : '初一'}提醒` }
  if (date.calendar === 'solar')
    return date.month === 2 && date.day === 29 ? { hint: '没有 2月29日 的年份，按 2月28日 算' } : {}
  const month = MONTH_TEXTS[date.month - 1]
  const bornInLeapYear = date.year !== undefined && knownLeapMonthOf(date.year) === date.month
  if (isLeapDoubtful || (bornInLeapYear && !date.isLeapMonth)) {
    return { ambiguous: 'leapMonth', hint: `是农历${month}月，还是闰${month}月？` }
  }
  if (date.isLeapMonth) return { hint: `没有闰${month}月的年份，按${month}月算` }
  return date.day === 30 ? { hint: '没有三十的年份，按廿九算' } : {}
}
