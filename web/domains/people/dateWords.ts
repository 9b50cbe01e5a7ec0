import type { ImportantDate } from '../../../shared/contract/people.ts'
import { daysBetween } from '../../../shared/rules/civilDay.ts'
import { relationLabel } from '../../../shared/rules/relation.ts'

const kindWords = { birthday: '生日', wedding: '纪念', firstPurchase: '相识', other: '' } as const

/** Whose day it is, as the strip says it: `妈妈`, `本人`, and for a couple's day `结婚`. */
export function whoseDay(date: Pick<ImportantDate, 'person' | 'kind'>): string {
  if (date.person) return relationLabel(date.person.relation)
  return date.kind === 'wedding' ? '结婚' : '本人'
}

/** What day it is: `生日`, `纪念`, or the words it was given. */
export const whatDay = (date: Pick<ImportantDate, 'kind' | 'label'>): string =>
  date.label ?? kindWords[date.kind]

/** Dates this near are shown in amber. */
export const NEAR_DAYS = 14
export const isNear = (today: string, nextOn: string): boolean => daysBetween(today, nextOn) <= NEAR_DAYS
