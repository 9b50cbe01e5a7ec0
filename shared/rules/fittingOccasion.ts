import type { CivilDay } from './civilDay.ts'

/** Which scripts suit a person's birthday; everybody else gets words that fit any friend (`birthdayOther`). */
export const BIRTHDAY_RELATIONS = {
  birthdayElder: [
    'mother',
    'father',
    'mother_of_husband',
    'father_of_husband',
    'mother_of_wife',
    'father_of_wife',
    'grandmother',
    'grandfather',
    'maternal_grandmother',
    'maternal_grandfather',
    'teacher',
  ],
  birthdayPartner: ['spouse', 'husband', 'wife', 'girlfriend', 'boyfriend'],
  birthdayChild: ['child', 'son', 'daughter', 'grandson', 'granddaughter', 'nephew', 'niece'],
} as const

export type DateOccasion =
  | keyof typeof BIRTHDAY_RELATIONS
  | 'birthdaySelf'
  | 'birthdayOther'
  | 'wedding'
  | 'firstPurchase'
  | 'ownDay'
  | 'readyMade'

const byRelation: ReadonlyMap<string, DateOccasion> = new Map(
  (Object.keys(BIRTHDAY_RELATIONS) as (keyof typeof BIRTHDAY_RELATIONS)[]).flatMap(occasion =>
    BIRTHDAY_RELATIONS[occasion].map(relation => [relation, occasion] as const),
  ),
)

/**
 * The occasion of the scripts offered for a date. `relation` is null for the customer's own date. A wedding day is the customer's
 * only if it is hers or her partner's: her parents' is a day like any other.
 */
export function fittingOccasion(
  kind: 'birthday' | 'wedding' | 'firstPurchase' | 'other',
  relation: string | null,
): DateOccasion {
  if (kind === 'firstPurchase') return 'firstPurchase'
  if (kind === 'other') return 'ownDay'
  const ofRelation = relation === null ? undefined : (byRelation.get(relation) ?? 'birthdayOther')
  if (kind === 'wedding')
    return ofRelation === undefined || ofRelation === 'birthdayPartner' ? 'wedding' : 'ownDay'
  return ofRelation ?? 'birthdaySelf'
}

/** Whether what is made for the day can no longer be ordered while the day is still to come: then ready pieces are spoken of. */
export const isOnlyReadyMade = (
  today: CivilDay,
  occurrence: CivilDay,
  lastOrderOn: CivilDay | null,
): boolean => lastOrderOn !== null && lastOrderOn < today && today < occurrence
