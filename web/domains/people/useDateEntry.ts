import { computed, ref, watch } from 'vue'
import type { CalendarKind, DateKind } from '../../../shared/contract/people.ts'
import { nextOccurrence } from '../../../shared/rules/nextOccurrence.ts'
import { parseYearlyDate } from '../../../shared/rules/parseYearlyDate.ts'
import { DEFAULT_LEAD_DAYS, remindOn } from '../../../shared/rules/reminderDue.ts'
import { monthDayText } from '../../../shared/rules/civilDay.ts'
import type { YearlyDate } from '../../../shared/rules/yearlyDate.ts'
import { echoFacts, stillDaysText } from '../../../shared/rules/yearlyDateText.ts'

/** What the sheet says back: understood, a question, or why it cannot be. Undefined while nothing is written. */
export type Echo =
  { kind: 'understood'; facts: string[]; more: string[] } | { kind: 'question'; words: string } | undefined

// The guide's last choice: many shops write birthdays in one calendar only. Kept as long as the page lives.
const lastCalendar = ref<CalendarKind>('solar')

/** One field that understands how guides write a birthday, with the echo of what it understood. */
export function useDateEntry(today: () => string, kind: () => DateKind) {
  const words = ref('')
  /** The answer to 农历四月还是闰四月, once given. */
  const isLeapMonth = ref<boolean>()
  watch(words, () => (isLeapMonth.value = undefined))

  const parsed = computed(() =>
    words.value.trim() === ''
      ? undefined
      : parseYearlyDate(words.value, { defaultCalendar: lastCalendar.value, today: today() }),
  )
  const isLeapAsked = computed(() => parsed.value?.ok === true && parsed.value.ambiguous === 'leapMonth')

  const date = computed<YearlyDate | undefined>(() => {
    if (!parsed.value?.ok) return undefined
    const { date: found } = parsed.value
    return isLeapMonth.value === undefined ? found : { ...found, isLeapMonth: isLeapMonth.value }
  })

  const echo = computed<Echo>(() => {
    if (!parsed.value) return undefined
    if (!parsed.value.ok) return { kind: 'question', words: parsed.value.reason }
    if (isLeapAsked.value && isLeapMonth.value === undefined) {
      return { kind: 'question', words: parsed.value.hint ?? '是平月，还是闰月？' }
    }
    if (!date.value) return undefined
    const occurrence = nextOccurrence(date.value, today())
    const reminder = remindOn(occurrence, DEFAULT_LEAD_DAYS[kind()])
    return {
      kind: 'understood',
      facts: echoFacts(date.value, occurrence),
      more: [
        stillDaysText(today(), occurrence),
        reminder > today() ? `${monthDayText(reminder)}起提醒你` : '现在就会提醒你',
      ],
    }
  })

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
    echo,
    date: computed(() => (echo.value?.kind === 'understood' ? date.value : undefined)),
    clear() {
      words.value = ''
    },
  }
}
