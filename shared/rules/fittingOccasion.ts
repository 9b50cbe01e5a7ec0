/**
 * Which scripts suit a person's birthday. Friends, brothers and sisters have none of their own: words for elders
 * (福寿安康) would be wrong for them, and no words are better than wrong ones.
 */
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

export type ReminderOccasion =
  keyof typeof BIRTHDAY_RELATIONS | 'birthdaySelf' | 'wedding' | 'newFriend' | 'care'

const byRelation: ReadonlyMap<string, ReminderOccasion> = new Map(
  (Object.keys(BIRTHDAY_RELATIONS) as (keyof typeof BIRTHDAY_RELATIONS)[]).flatMap(occasion =>
    BIRTHDAY_RELATIONS[occasion].map(relation => [relation, occasion] as const),
  ),
)

/**
 * The occasion of the scripts offered for a date; undefined when none fits.
 * `relation` is null for the customer's own date.
 */
export function fittingOccasion(
  kind: 'birthday' | 'wedding' | 'firstPurchase' | 'other',
  relation: string | null,
): ReminderOccasion | undefined {
  if (kind === 'wedding') return 'wedding'
  if (kind !== 'birthday') return 'care'
  return relation === null ? 'birthdaySelf' : byRelation.get(relation)
}
