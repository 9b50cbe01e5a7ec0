import type { ImportantDate } from '../../../shared/contract/people.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import { ageOn, nextOccurrence, nominalAgeOn, yearsAt } from '../../../shared/rules/nextOccurrence.ts'
import { relationLabel } from '../../../shared/rules/relation.ts'
import type { LeapPolicy, YearlyDate } from '../../../shared/rules/yearlyDate.ts'

/** A date with its person, flat, as the statements of this and higher rooms read it. */
export interface ImportantDateRow {
  dateId: string
  personId: string | null
  relation: string | null
  callName: string | null
  /** a child's data until this day, `infinity` while nobody told the year; null for everybody else */
  minorUntil: string | null
  kind: ImportantDate['kind']
  label: string | null
  calendar: ImportantDate['calendar']
  month: number
  day: number | null
  isLeapMonth: boolean
  year: number | null
  leapPolicy: LeapPolicy
  leadDays: number
  ownLeadDays: number | null
  nextOn: CivilDay
  version: number
}

/** The part of a row that decides on which days it falls. */
export type StoredDay = Pick<
  ImportantDateRow,
  'calendar' | 'month' | 'day' | 'isLeapMonth' | 'year' | 'leapPolicy'
>

/** The rules leave out what is not known; the columns hold null. */
export const yearlyDateOf = ({
  calendar,
  month,
  day,
  isLeapMonth,
  year,
  leapPolicy,
}: StoredDay): YearlyDate => ({
  calendar,
  month,
  day,
  isLeapMonth,
  leapPolicy,
  ...(year === null ? {} : { year }),
})

/** The stored next day is rolled on by a nightly job; just after midnight the answer must not wait for it. */
export const nextDayOf = (row: StoredDay & { nextOn: CivilDay }, today: CivilDay): CivilDay =>
  row.nextOn >= today ? row.nextOn : nextOccurrence(yearlyDateOf(row), today)

/** Whether `minor_until` makes somebody a child today; `infinity` sorts behind every day. */
export const isMinorOn = (minorUntil: string | null, today: CivilDay): boolean =>
  minorUntil !== null && minorUntil > today

export function toImportantDate(row: ImportantDateRow, today: CivilDay): ImportantDate {
  const nextOn = nextDayOf(row, today)
  const { dateId, kind, label, calendar, month, day, isLeapMonth, year, leapPolicy, leadDays } = row
  const isBirthday = kind === 'birthday'
  const date = yearlyDateOf(row)
  return {
    dateId,
    person:
      row.personId === null
        ? null
        : {
            personId: row.personId,
            relation: row.relation ?? 'other',
            callName: row.callName,
            isMinor: isMinorOn(row.minorUntil, today),
          },
    kind,
    label,
    calendar,
    month,
    day,
    isLeapMonth,
    year,
    leapPolicy,
    leadDays,
    ownLeadDays: row.ownLeadDays,
    nextOn,
    years: (isBirthday ? ageOn(date, nextOn) : yearsAt(date, nextOn)) ?? null,
    nominalYears: (isBirthday && calendar === 'lunar' ? nominalAgeOn(date, nextOn) : undefined) ?? null,
    version: row.version,
  }
}

export const dateKindWords: Record<ImportantDate['kind'], string> = {
  birthday: '生日',
  wedding: '结婚纪念日',
  firstPurchase: '第一次来买的日子',
  other: '纪念日',
}

/** `妈妈生日`, as a line of the timeline names it; of a child no more than that it is somebody of the family (P28). */
export const dateWords = (
  date: Pick<ImportantDateRow, 'relation' | 'kind' | 'label'> & { isMinor: boolean },
): string =>
  date.isMinor
    ? '家人的日子'
    : `${date.relation === null ? '' : relationLabel(date.relation)}${date.label ?? dateKindWords[date.kind]}`

/** The children among the people of dates, as ids; to be recorded with the reading (P28). */
export const minorsOf = (dates: Pick<ImportantDate, 'person'>[]): string[] =>
  dates.flatMap(({ person }) => (person?.isMinor ? [person.personId] : []))
