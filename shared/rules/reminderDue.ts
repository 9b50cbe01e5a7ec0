import { addDays } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'

export type DateKind = 'birthday' | 'wedding' | 'firstPurchase' | 'other'

/** How many days ahead a guide is told, unless the date has its own lead: long enough for a piece that has to be engraved. */
export const DEFAULT_LEAD_DAYS: Readonly<Record<DateKind, number>> = {
  birthday: 14,
  wedding: 14,
  firstPurchase: 7,
  other: 7,
}

/** First day on which a date asks for a message. @throws RangeError when `occurrence` is no civil day or the lead is negative. */
export function remindOn(occurrence: CivilDay, leadDays: number): CivilDay {
  if (!(Number.isInteger(leadDays) && leadDays >= 0)) throw new RangeError(`not a lead in days: ${leadDays}`)
  return addDays(occurrence, -leadDays)
}

/** The part of a reminder that decides its turn. */
export interface DueThing {
  /** The day itself. */
  occurrence: CivilDay
  /** From which day on it should be done; a snooze moves it. */
  dueOn: CivilDay
}

/** The occasion has passed and nothing was said: a word today is still in time. */
export function isOverdue(thing: Pick<DueThing, 'occurrence'>, today: CivilDay): boolean {
  return thing.occurrence < today
}

export function isDue(thing: Pick<DueThing, 'dueOn'>, today: CivilDay): boolean {
  return thing.dueOn <= today
}

/**
 * Order of two due things, for `sort`: what has been missed first, the latest missed before the older ones (soonest forgiven),
 * then the nearest occasion. 0 when both are on the same day, so that a stable sort keeps the given order.
 */
export function compareDue(one: DueThing, other: DueThing, today: CivilDay): number {
  const missedFirst = Number(isOverdue(other, today)) - Number(isOverdue(one, today))
  if (missedFirst !== 0 || one.occurrence === other.occurrence) return missedFirst
  const nearer = one.occurrence < other.occurrence ? -1 : 1
  return isOverdue(one, today) ? -nearer : nearer
}

/** The one thing to show as the next step; undefined when nothing is due yet. The list is not changed. */
export function nextDue<Thing extends DueThing>(
  things: readonly Thing[],
  today: CivilDay,
): Thing | undefined {
  let next: Thing | undefined
  for (const thing of things) {
    if (isDue(thing, today) && (next === undefined || compareDue(thing, next, today) < 0)) next = thing
  }
  return next
}
