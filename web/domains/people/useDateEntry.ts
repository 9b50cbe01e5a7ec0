import { computed, ref, watch } from 'vue'
import type { CalendarKind, DateKind, LeapPolicy } from '../../../shared/contract/people.ts'
import type { ReminderRules } from '../../../shared/contract/reminderRules.ts'
import { civilDayParts, monthDayText } from '../../../shared/rules/civilDay.ts'
import { planLead } from '../../../shared/rules/leadPlan.ts'
import { toLunar } from '../../../shared/rules/lunarCalendar.ts'
import { nextOccurrence } from '../../../shared/rules/nextOccurrence.ts'
import { parseYearlyDate } from '../../../shared/rules/parseYearlyDate.ts'
import type { YearlyDate } from '../../../shared/rules/yearlyDate.ts'
import { echoFacts, stillDaysText, yearlyDateText } from '../../../shared/rules/yearlyDateText.ts'
import { fullDateText } from './dateWords.ts'

/** What the sheet says back: understood, a question, or why it cannot be. Undefined while nothing is written. */
export type Echo =
  { kind: 'understood'; facts: string[]; more: string[] } | { kind: 'question'; words: string } | undefined

export interface DateEntryOptions {
  /** how early the corp reminds; while they are not here, the built-in lead is said */
  rules?: () => Pick<ReminderRules, 'leads' | 'closures'> | undefined
  /** days ahead chosen for this date alone */
  leadDays?: () => number | null
  /** what stands there to be changed */
  start?: YearlyDate
}

// The guide's last choice: many shops write birthdays in one calendar only. Kept as long as the page lives.
const lastCalendar = ref<CalendarKind>('solar')

/** The same for one line, which names no calendar for `8.15`. */
export const usualCalendar = (): CalendarKind => lastCalendar.value

/** One field that understands how guides write a birthday, with the echo of what it understood. */
export function useDateEntry(today: () => string, kind: () => DateKind, options: DateEntryOptions = {}) {
  const words = ref(options.start ? fullDateText(options.start) : '')
  /** The answer to 农历四月还是闰四月, once given. */
  const isLeapMonth = ref<boolean>()
  const leapPolicy = ref<LeapPolicy>(options.start?.leapPolicy ?? 'leapElseOrdinary')
  watch(words, () => (isLeapMonth.value = undefined))

  const parsed = computed(() =>
    words.value.trim() === ''
      ? undefined
      : parseYearlyDate(words.value, { defaultCalendar: lastCalendar.value, today: today() }),
  )
  /** Nobody is born in a year to come. */
  const isBeforeBirth = computed(() => {
    const { year } = parsed.value?.ok ? parsed.value.date : {}
    return kind() === 'birthday' && year !== undefined && year > civilDayParts(today()).year
  })
  const isLeapAsked = computed(() => parsed.value?.ok === true && parsed.value.ambiguous === 'leapMonth')

  const date = computed<YearlyDate | undefined>(() => {
    if (!parsed.value?.ok || isBeforeBirth.value) return undefined
    const { date: found } = parsed.value
    const read = isLeapMonth.value === undefined ? found : { ...found, isLeapMonth: isLeapMonth.value }
    return read.isLeapMonth ? { ...read, leapPolicy: leapPolicy.value } : read
  })

  const echo = computed<Echo>(() => {
    if (!parsed.value) return undefined
    if (!parsed.value.ok) return { kind: 'question', words: parsed.value.reason }
    if (isBeforeBirth.value) return { kind: 'question', words: '出生的年份还没到，看看是不是写错了' }
    if (isLeapAsked.value && isLeapMonth.value === undefined) {
      return { kind: 'question', words: parsed.value.hint ?? '是平月，还是闰月？' }
    }
    if (!date.value) return undefined
    return understood(date.value, parsed.value.hint)
  })

  /** `今年 71 岁`, `今年 10 年` */
  function sinceText(year: number): string {
    const years = civilDayParts(today()).year - year
    if (years <= 0 || kind() === 'other') return ''
    return kind() === 'birthday' ? `今年 ${years} 岁` : `今年 ${years} 周年`
  }

  function understood(read: YearlyDate, hint: string | undefined): Echo {
    const occurrence = nextOccurrence(read, today())
    const { leads = [], closures = [] } = options.rules?.() ?? {}
    const ownLeadDays = options.leadDays?.() ?? null
    const { remindOn } = planLead({ occurrence, dateKind: kind(), ownLeadDays }, leads, closures)
    const [said, next] = echoFacts(read, occurrence)
    const facts =
      read.year === undefined
        ? [said, next]
        : [fullDateText(read).replace('公历', ''), sinceText(read.year), next].filter(Boolean)
    // The other calendar too: guides and customers may speak of different ones.
    const isOtherTold = read.calendar === 'solar' && read.day !== null
    const other = isOtherTold ? [`那天${yearlyDateText({ calendar: 'lunar', ...toLunar(occurrence) })}`] : []
    // 29 February and a lunar 30th fall on the day before where there is none.
    const isShortened = read.calendar === 'solar' ? read.month === 2 && read.day === 29 : read.day === 30
    const isKept =
      read.day === null || (read.isLeapMonth ? leapPolicy.value === 'leapElseOrdinary' : isShortened)
    return {
      kind: 'understood',
      facts,
      more: [
        ...(hint !== undefined && isKept ? [hint] : []),
        ...other,
        stillDaysText(today(), occurrence),
        remindOn > today() ? `${monthDayText(remindOn)}起提醒你` : '现在就会提醒你',
      ],
    }
  }

  /** The calendar that counts: named in the words, else the switch. */
  const calendar = computed<CalendarKind>({
    get: () => (parsed.value?.ok ? parsed.value.date.calendar : lastCalendar.value),
    set(chosen) {
      lastCalendar.value = chosen
      // A calendar named in the words would win over the switch; who turns the switch means it.
      words.value = words.value.replace(/农历|阴历|旧历|公历|阳历|新历/g, '')
      if (parsed.value?.ok && parsed.value.date.calendar !== chosen) {
        words.value = `${chosen === 'lunar' ? '农历' : '公历'}${words.value.trim()}`
      }
    },
  })

  return {
    words,
    calendar,
    isLeapAsked,
    isLeapMonth,
    leapPolicy,
    echo,
    date: computed(() => (echo.value?.kind === 'understood' ? date.value : undefined)),
    clear() {
      words.value = ''
      leapPolicy.value = 'leapElseOrdinary'
    },
  }
}

export type DateEntry = ReturnType<typeof useDateEntry>
