import { computed, ref, shallowRef, watch } from 'vue'
import type { z } from 'zod'
import type { Profile } from '../../../shared/contract/customers.ts'
import type { FactsDraft } from '../../../shared/contract/facts.ts'
import type {
  Family,
  GuardianConsent,
  ImportantDate,
  Person,
  PersonDetails,
} from '../../../shared/contract/people.ts'
import { monthDayText, shortWeekdayText } from '../../../shared/rules/civilDay.ts'
import { nextOccurrence } from '../../../shared/rules/nextOccurrence.ts'
import type { OneLineFact, OneLineWho } from '../../../shared/rules/oneLineFacts.ts'
import { readOneLine } from '../../../shared/rules/readOneLine.ts'
import { isSameYearlyDate, type YearlyDate } from '../../../shared/rules/yearlyDate.ts'
import { stillDaysText, yearlyDateText } from '../../../shared/rules/yearlyDateText.ts'
import { wholeConsent } from './consentWords.ts'
import { fullDateText, whoIs } from './dateWords.ts'
import { isChild } from './isChild.ts'
import { knownPerson } from './knownPerson.ts'
import { usualCalendar } from './useDateEntry.ts'

/** One thing that was understood, as the guide sees and may change it. */
export interface Chip {
  key: string
  fact: OneLineFact
  isDropped: boolean
  /** what becomes of the day that is noted already, once said */
  choice?: 'instead' | 'both'
}

/** Longest line that is read; a longer one is no line. */
export const MAX_LINE_LENGTH = 300

const sizeFields = { ring: 'ringSize', wrist: 'wristSize', neck: 'neckSize' } as const
const sizeWords = { ring: '戒圈', wrist: '手围', neck: '项链' } as const
const wishFields = { like: 'likes', avoid: 'avoids', allergy: 'allergies' } as const

export const whoseWords = ({ relation, callName }: OneLineWho): string =>
  relation === null ? '本人' : whoIs({ relation, callName })

const dateKindWords = { birthday: '生日', wedding: '结婚纪念日', other: '' } as const

/** What a chip says without whose it is: `生日 农历八月十五`, `戒圈 13`, `不要银`. */
export function factWords(fact: OneLineFact): string {
  switch (fact.kind) {
    case 'date':
      return `${fact.label ?? dateKindWords[fact.dateKind]} ${fullDateText(fact.date)}`
    case 'size':
      return `${sizeWords[fact.size]} ${fact.value}`
    case 'like':
      return `喜欢${fact.words}`
    case 'avoid':
      return `不要${fact.words}`
    case 'allergy':
      return `对${fact.words}过敏`
    case 'wish':
      return `想要${fact.words}`
    case 'salutation':
      return `叫${fact.words}`
    case 'budget':
      return `预算 ${fact.words}`
    case 'promise':
      return fact.words
  }
}

/** A second line for a chip: the day that is meant, the question, or that it is known already. */
function moreWords(fact: OneLineFact, today: string, isKnown: boolean): string {
  if (isKnown) return '已经记着了'
  if (fact.kind === 'promise')
    return fact.day === today
      ? '今天就提醒你'
      : `${monthDayText(fact.day)} ${shortWeekdayText(fact.day)}提醒你`
  if (fact.kind !== 'date') return ''
  const next = nextOccurrence(fact.date, today)
  return [fact.hint ?? '', stillDaysText(today, next)].filter(Boolean).join('，')
}

const joined = (before: string | null, words: string): string =>
  before === null || before === '' ? words : before.includes(words) ? before : `${before}、${words}`

const isSameWho = (one: OneLineWho, other: OneLineWho): boolean =>
  one.relation === other.relation && one.callName === other.callName

/** One of whom something is said, with all of it. */
interface Group {
  who: OneLineWho
  facts: OneLineFact[]
}

/** What one line says about the customer in view and her family, and the one request that notes what was kept of it. */
export function useOneLine(given: {
  today: () => string
  profile: () => (Profile & { version: number }) | undefined
  family: () => Family | undefined
}) {
  const words = ref('')
  const chips = shallowRef<Chip[]>([])
  const rest = ref<string[]>([])
  const isRestKept = ref(false)
  const consent = ref<Partial<GuardianConsent>>({})

  // At once: whether it is about a child is asked with every letter that is kept.
  watch(words, readWords, { flush: 'sync' })
  function readWords(typed: string): void {
    const line = readOneLine(typed.slice(0, MAX_LINE_LENGTH), {
      today: given.today(),
      defaultCalendar: usualCalendar(),
    })
    const before = chips.value
    // Typing on does not bring back what was dropped.
    chips.value = line.facts.map(fact => {
      const key = `${fact.kind} ${whoseWords(fact.who)} ${factWords(fact)}`
      return { key, fact, isDropped: before.some(chip => chip.key === key && chip.isDropped) }
    })
    rest.value = line.rest
  }

  /** The known person a fact speaks of: of that name, else the only one of that relation who has no other. */
  function knownOf(who: OneLineWho): Person | undefined {
    const family = given.family()
    if (who.relation === null || !family) return undefined
    return knownPerson(family.people, { relation: who.relation, callName: who.callName })
  }

  function isKnownDate(fact: OneLineFact): boolean {
    if (fact.kind !== 'date') return false
    const person = knownOf(fact.who)
    if (fact.who.relation !== null && !person) return false
    return (given.family()?.dates ?? []).some(
      date =>
        (date.person?.personId ?? undefined) === person?.personId &&
        date.kind === fact.dateKind &&
        isSameYearlyDate({ ...date, year: undefined }, fact.date),
    )
  }

  /** The day of that kind which is noted of the same person already, another than this one. */
  function twinOf(fact: OneLineFact): ImportantDate | undefined {
    if (fact.kind !== 'date' || fact.dateKind === 'other' || isKnownDate(fact)) return undefined
    const person = knownOf(fact.who)
    if (fact.who.relation !== null && !person) return undefined
    return (given.family()?.dates ?? []).find(
      date => date.kind === fact.dateKind && (date.person?.personId ?? undefined) === person?.personId,
    )
  }

  const shown = computed(() =>
    chips.value.map((chip, index) => {
      const isKnown = isKnownDate(chip.fact)
      const twin = twinOf(chip.fact)
      return {
        index,
        isKnown,
        isDropped: chip.isDropped || isKnown,
        isDoubtful: chip.fact.confidence === 'low',
        whose: chip.fact.kind === 'promise' ? '答应' : whoseWords(chip.fact.who),
        // 小宝 叫小宝 says it twice.
        words:
          chip.fact.kind === 'salutation' && chip.fact.words === whoseWords(chip.fact.who)
            ? ''
            : factWords(chip.fact),
        /** `已记了农历十月廿五`: then it has to be said what becomes of it */
        twin: twin && !chip.isDropped ? `已记了${yearlyDateText(twin)}` : '',
        choice: chip.choice,
        more: moreWords(chip.fact, given.today(), isKnown),
      }
    }),
  )
  const kept = computed(() => chips.value.filter((_, index) => shown.value[index]?.isDropped === false))

  function put(index: number, chip: Partial<Chip>): void {
    chips.value = chips.value.map((one, at) => (at === index ? { ...one, ...chip } : one))
  }

  /** Those of whom something is kept, each with their facts. */
  const groups = computed(() => grouped(kept.value))
  function grouped(shownChips: readonly Chip[]): Group[] {
    const found: Group[] = []
    for (const { fact } of shownChips) {
      if (fact.kind === 'promise') continue
      const group = found.find(one => isSameWho(one.who, fact.who))
      if (group) group.facts.push(fact)
      else found.push({ who: fact.who, facts: [fact] })
    }
    return found
  }

  const births = (facts: OneLineFact[]): YearlyDate | undefined =>
    facts.flatMap(fact => (fact.kind === 'date' && fact.dateKind === 'birthday' ? [fact.date] : []))[0]

  const isOfChild = ({ who, facts }: Group): boolean => {
    if (who.relation === null) return false
    const known = knownOf(who)
    const isMinor = known ? known.isMinor : who.isMinor
    return isChild({ relation: who.relation, isMinor }, births(facts), given.today())
  }
  const needsConsent = (group: Group): boolean => isOfChild(group) && !knownOf(group.who)?.consent
  /** Also of what is not to be noted: the words are kept as they stand. */
  const isAboutChild = computed(() => grouped(chips.value).some(isOfChild))
  const asksConsent = computed(() => groups.value.some(needsConsent))

  const isChoiceOpen = computed(() => shown.value.some(chip => chip.twin !== '' && !chip.choice))

  function datesOf(facts: OneLineFact[]) {
    return facts.flatMap(fact => {
      if (fact.kind !== 'date') return []
      const { calendar, month, day, isLeapMonth, year } = fact.date
      const date = { calendar, month, day, isLeapMonth, year: year ?? null }
      const twin = twinOf(fact)
      const choice = chips.value.find(chip => chip.fact === fact)?.choice
      const beside = twin && (choice === 'instead' ? { instead: twin.dateId } : { isAnother: true })
      return [{ kind: fact.dateKind, label: fact.label, date, ...beside }]
    })
  }

  function detailsOf(facts: OneLineFact[], before: Person | undefined): Partial<PersonDetails> {
    const details: Partial<PersonDetails> = {}
    for (const fact of facts) {
      if (fact.kind === 'size') details[sizeFields[fact.size]] = fact.value
      else if (fact.kind === 'salutation') details.callName = fact.words
      else if (fact.kind === 'like' || fact.kind === 'avoid' || fact.kind === 'allergy') {
        const field = wishFields[fact.kind]
        details[field] = joined(details[field] ?? before?.[field] ?? null, fact.words)
      } else if (fact.kind === 'wish') {
        details.likes = joined(details.likes ?? before?.likes ?? null, fact.words)
      }
    }
    return details
  }

  function selfChanges(facts: OneLineFact[], profile: Profile) {
    const changes: Partial<Profile> = {}
    const notes: string[] = []
    for (const fact of facts) {
      if (fact.kind === 'size') changes[sizeFields[fact.size]] = fact.value
      else if (fact.kind === 'salutation') changes.salutation = fact.words
      else if (fact.kind === 'wish') changes.wish = joined(changes.wish ?? profile.wish, fact.words)
      // The customer's own tastes stand in the note, where every colleague reads them.
      else if (fact.kind !== 'date' && fact.kind !== 'promise') notes.push(factWords(fact))
    }
    return { changes, notes }
  }

  /** What one confirm sends; undefined while there is nothing to note or something to be answered first. */
  const draft = computed<z.input<typeof FactsDraft> | undefined>(() => {
    const profile = given.profile()
    if (!profile || !given.family() || isChoiceOpen.value) return undefined
    const agreed = asksConsent.value ? wholeConsent(consent.value) : null
    if (asksConsent.value && agreed === null) return undefined
    const own = groups.value.find(({ who }) => who.relation === null)
    const { changes, notes } = selfChanges(own?.facts ?? [], profile)
    const ownDates = datesOf(own?.facts ?? [])
    const people = groups.value.flatMap(group => {
      const { relation, callName, isMinor } = group.who
      if (relation === null) return []
      const known = knownOf(group.who)
      return [
        {
          person: known
            ? { personId: known.personId, version: known.version }
            : { relation, callName, isMinor },
          changes: detailsOf(group.facts, known),
          dates: datesOf(group.facts),
          consent: needsConsent(group) ? agreed : null,
        },
      ]
    })
    const promises = kept.value.flatMap(({ fact }) =>
      fact.kind === 'promise' ? [{ words: fact.words, day: fact.day }] : [],
    )
    const left = isRestKept.value ? rest.value : []
    const note = [...notes, ...left].join('；')
    const hasSelf = Object.keys(changes).length > 0 || ownDates.length > 0
    if (people.length === 0 && promises.length === 0 && !hasSelf && note === '') return undefined
    return {
      people,
      self: hasSelf ? { version: profile.version, changes, dates: ownDates } : null,
      ...(promises.length > 0 ? { promises } : {}),
      note: note === '' ? null : note,
    }
  })

  return {
    words,
    shown,
    rest,
    isRestKept,
    consent,
    asksConsent,
    isAboutChild,
    draft,
    /** how many things one confirm notes */
    count: computed(() => kept.value.length + (isRestKept.value ? rest.value.length : 0)),
    choose: (index: number, choice: 'instead' | 'both'): void => put(index, { choice }),
    factAt: (index: number): OneLineFact | undefined => chips.value[index]?.fact,
    toggle: (index: number): void => put(index, { isDropped: !chips.value[index]?.isDropped }),
    /** What the guide says it is, she has looked at. */
    change: (index: number, fact: OneLineFact): void =>
      put(index, { fact: { ...fact, confidence: 'high' }, isDropped: false }),
    clear(): void {
      words.value = ''
      chips.value = []
      rest.value = []
      isRestKept.value = false
    },
  }
}

export type OneLineEntry = ReturnType<typeof useOneLine>
