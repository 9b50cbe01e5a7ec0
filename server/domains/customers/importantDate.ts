import type { ImportantDate } from '../../../shared/contract/people.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import { nextOccurrence } from '../../../shared/rules/nextOccurrence.ts'
import { relationLabel } from '../../../shared/rules/relation.ts'
import type { LeapPolicy } from '../../../shared/rules/yearlyDate.ts'

/** A date with its person, flat, as the statements of this and higher rooms read it. */
export interface ImportantDateRow {
  dateId: string
  personId: string | null
  relation: string | null
  callName: string | null
  kind: ImportantDate['kind']
  label: string | null
  calendar: ImportantDate['calendar']
  month: number
  day: number
  isLeapMonth: boolean
  year: number | null
  leapPolicy: LeapPolicy
  nextOn: CivilDay
  version: number
}

/** The stored next day is rolled on by a nightly job; just after midnight the answer must not wait for it. */
export function nextDayOf(
  row: Omit<ImportantDateRow, 'personId' | 'relation' | 'callName'>,
  today: CivilDay,
): CivilDay {
  if (row.nextOn >= today) return row.nextOn
  const { calendar, month, day, isLeapMonth, year, leapPolicy } = row
  return nextOccurrence(
    { calendar, month, day, isLeapMonth, leapPolicy, ...(year === null ? {} : { year }) },
    today,
  )
}

export const toImportantDate = (row: ImportantDateRow, today: CivilDay): ImportantDate => ({
  dateId: row.dateId,
  person:
    row.personId === null
      ? null
      : { personId: row.personId, relation: row.relation ?? 'other', callName: row.callName },
  kind: row.kind,
  label: row.label,
  calendar: row.calendar,
  month: row.month,
  day: row.day,
  isLeapMonth: row.isLeapMonth,
  year: row.year,
  nextOn: nextDayOf(row, today),
  version: row.version,
})

const kindWords: Record<ImportantDate['kind'], string> = {
  birthday: '生日',
  wedding: '结婚纪念日',
  firstPurchase: '第一次来买的日子',
  other: '纪念日',
}

/** `妈妈生日`, as a line of the timeline names it. */
export const dateWords = (date: Pick<ImportantDateRow, 'relation' | 'kind' | 'label'>): string =>
  `${date.relation === null ? '' : relationLabel(date.relation)}${date.label ?? kindWords[date.kind]}`
