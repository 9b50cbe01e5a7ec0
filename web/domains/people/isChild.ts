import { dayOfAge } from '../../../shared/rules/nextOccurrence.ts'
import { isMinorByNature } from '../../../shared/rules/relation.ts'
import type { YearlyDate } from '../../../shared/rules/yearlyDate.ts'

/** Below this age a guardian has to agree (PIPL §31, P28). */
const CHILD_AGE = 14

/** Whether a guardian's consent has to be asked for: the year of birth decides, then what was said, then the relation. */
export function isChild(
  person: { relation: string; isMinor: boolean | null },
  birth: YearlyDate | undefined,
  today: string,
): boolean {
  const grownUpOn = birth && dayOfAge(birth, CHILD_AGE)
  if (grownUpOn !== undefined) return grownUpOn > today
  return person.isMinor ?? isMinorByNature(person.relation)
}
