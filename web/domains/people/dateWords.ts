import type { ImportantDate, Person } from '../../../shared/contract/people.ts'
import { daysBetween } from '../../../shared/rules/civilDay.ts'
import { isMinorByNature, relationLabel } from '../../../shared/rules/relation.ts'
import type { YearlyDate } from '../../../shared/rules/yearlyDate.ts'
import { yearlyDateText } from '../../../shared/rules/yearlyDateText.ts'

const kindWords = { birthday: '生日', wedding: '纪念', firstPurchase: '相识', other: '' } as const

/** Somebody of the family: `妈妈`; where one relation may be several people, what this one is called: `小女儿`, `舅舅`. */
export const whoIs = ({ relation, callName }: Pick<Person, 'relation' | 'callName'>): string =>
  callName !== null && (relation === 'other' || isMinorByNature(relation))
    ? callName
    : relationLabel(relation)

/** Whose day it is, as the strip says it: `妈妈`, `本人`, and for a couple's day `结婚`. */
export function whoseDay(date: Pick<ImportantDate, 'person' | 'kind'>): string {
  if (date.person) return whoIs(date.person)
  return date.kind === 'wedding' ? '结婚' : '本人'
}

/** What day it is: `生日`, `纪念`, or the words it was given. */
export const whatDay = (date: Pick<ImportantDate, 'kind' | 'label'>): string =>
  date.label ?? kindWords[date.kind]

/** A date with calendar and year, as a guide would type it: `公历1990年8月15日`, `农历1990年闰四月廿九`, `农历八月`. */
export function fullDateText(date: YearlyDate): string {
  const year = date.year === undefined ? '' : `${date.year}年`
  return date.calendar === 'solar'
    ? `公历${year}${yearlyDateText(date)}`
    : yearlyDateText(date).replace('农历', `农历${year}`)
}

/**
 * How old on the day: `虚岁 68` for a lunar birthday, `满 66 岁`, `10 周年`; empty while no year is known, and for a day of her own
 * (满月, 百日), which has no anniversaries.
 */
export function yearsText({
  kind,
  years,
  nominalYears,
}: Pick<ImportantDate, 'kind' | 'years' | 'nominalYears'>): string {
  if (nominalYears !== null) return `虚岁 ${nominalYears}`
  if (years === null || years === 0 || kind === 'other') return ''
  return kind === 'birthday' ? `满 ${years} 岁` : `${years} 周年`
}

/** Dates this near are shown in amber. */
export const NEAR_DAYS = 14
export const isNear = (today: string, nextOn: string): boolean => daysBetween(today, nextOn) <= NEAR_DAYS
