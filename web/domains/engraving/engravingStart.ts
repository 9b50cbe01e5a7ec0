import type { ImportantDate } from '../../../shared/contract/people.ts'
import { civilDayParts, type CivilDay } from '../../../shared/rules/civilDay.ts'
import { relationLabel } from '../../../shared/rules/relation.ts'
import { dateName } from '../../../shared/rules/scriptFacts.ts'

/** With what the sheet opens. */
export interface EngravingStart {
  /** offered for a tap; the first one stands there already */
  suggestions: string[]
  /** the reminder it is sent for */
  reminderId: string | null
  /** the day it is made for; without one it is ready when it is ready */
  occasion: EngravingOccasion | null
  /** for whom in the family; null: for the customer, or nobody has said */
  person: ImportantDate['person']
}

export interface EngravingOccasion {
  /** `妈妈的生日`, as the customer reads it */
  name: string
  day: CivilDay
}

/** `2026.12.3`, as it is cut into metal. */
export function metalDay(day: CivilDay): string {
  const { year, month, day: dayOfMonth } = civilDayParts(day)
  return `${year}.${month}.${dayOfMonth}`
}

/** Short enough for every piece with room for four characters. */
function wishFor({ kind, person }: OccasionDate): string {
  if (kind === 'wedding') return '岁岁相伴'
  return person?.isMinor ? '平安长大' : '平安喜乐'
}

type OccasionDate = Pick<ImportantDate, 'person' | 'kind' | 'label'>

/** Whose day it is, the day itself, and a wish for it. */
export function startForDate(
  date: OccasionDate,
  occurrence: CivilDay,
  address: string,
  reminderId: string | null,
): EngravingStart {
  const { person } = date
  const name = person ? (person.callName ?? relationLabel(person.relation)) : address
  return {
    suggestions: [name, metalDay(occurrence), wishFor(date)],
    reminderId,
    person,
    occasion: { name: person ? `${name}的${dateName(date)}` : dateName(date), day: occurrence },
  }
}
