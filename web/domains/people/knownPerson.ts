import type { Person } from '../../../shared/contract/people.ts'

/** The one of the family whom a relation and a name speak of: of that name, else the only one of that relation, or who has no name. */
export function knownPerson(
  people: readonly Person[],
  { relation, callName }: { relation: string; callName: string | null },
): Person | undefined {
  const ofRelation = people.filter(person => person.relation === relation)
  if (callName !== null) return ofRelation.find(person => person.callName === callName)
  return ofRelation.length === 1 ? ofRelation[0] : ofRelation.find(person => person.callName === null)
}
