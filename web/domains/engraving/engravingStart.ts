import type { ImportantDate } from '../../../shared/contract/people.ts'
import { civilDayParts, type CivilDay } from '../../../shared/rules/civilDay.ts'
import { relationLabel } from '../../../shared/rules/relation.ts'

/** With what the sheet opens. */
export interface EngravingStart {
  /** offered for a tap; the first one stands there already */
  suggestions: string[]
  /** the occasion it is sent for */
  reminderId: string | null
}

/** `2026.12.3`, as it is cut into metal. */
export function metalDay(day: CivilDay): string {
  const { year, month, day: dayOfMonth } = civilDayParts(day)
  return `${year}.${month}.${dayOfMonth}`
}

/** Whose day it is, and the day itself. */
export function startForDate(
  date: Pick<ImportantDate, 'person'>,
  occurrence: CivilDay,
  address: string,
  reminderId: string | null,
): EngravingStart {
  const { person } = date
  const name = person ? (person.callName ?? relationLabel(person.relation)) : address
  return { suggestions: [name, metalDay(occurrence), '平安喜乐'], reminderId }
}
