import type { Card } from '../../../shared/contract/customers.ts'
import type { ImportantDate } from '../../../shared/contract/people.ts'
import { Occasion, type Script } from '../../../shared/contract/scripts.ts'
import { civilDayOf } from '../../../shared/rules/civilDay.ts'
import type { KnownFacts } from '../../../shared/rules/fillScript.ts'
import { metBy, needsOf, type ScriptNeeds } from '../../../shared/rules/scriptNeeds.ts'
import type { Candidate, Moment, SuggestFacts } from '../../../shared/rules/suggestScript.ts'
import { whoIs } from '../people/dateWords.ts'
import { suits } from './occasionWords.ts'
import { dateName } from '../../../shared/rules/scriptFacts.ts'

/** A moment with the date its scripts speak of. */
export interface OccasionMoment extends Moment {
  date: ImportantDate | null
}

const ofDate = (date: ImportantDate, isDue: boolean): OccasionMoment => ({
  occasions: Occasion.options.filter(occasion => suits(occasion, date)),
  words: `${date.person ? whoIs(date.person) : ''}${dateName(date)}`,
  day: date.nextOn,
  isDue,
  date,
})

/** What she has coming, what is due first; of one occasion the first is the one its scripts speak of. */
function momentsOf(card: Card): OccasionMoment[] {
  const due = card.reminders.flatMap(({ kind, date, occurrence }): OccasionMoment[] => {
    // The day the reminder is about: once it has passed, the date itself already speaks of next year.
    if (date) return [ofDate({ ...date, nextOn: occurrence }, true)]
    const without = { isDue: true, date: null }
    if (kind === 'coupon')
      return [{ ...without, occasions: ['couponExpiring'], words: '券到期', day: occurrence }]
    if (kind === 'care') return [{ ...without, occasions: ['care'], words: '该保养了', day: null }]
    return kind === 'newFriend' ? [{ ...without, occasions: ['newFriend'], words: '新朋友', day: null }] : []
  })
  return [...due, ...card.dates.map(date => ofDate(date, false))]
}

/** The one moment of each occasion that has one. */
export function momentsByOccasion(card: Card | undefined): ReadonlyMap<Occasion, OccasionMoment> {
  const known = new Map<Occasion, OccasionMoment>()
  for (const moment of card ? momentsOf(card) : [])
    for (const occasion of moment.occasions) if (!known.has(occasion)) known.set(occasion, moment)
  return known
}

/** @param sent as it was when she began to look: a row must not run away from under the finger that has sent it */
export function suggestFactsOf(
  card: Card | undefined,
  moments: ReadonlyMap<Occasion, OccasionMoment>,
  today: string,
  timeZone: string,
  sent: SuggestFacts['sent'],
): SuggestFacts {
  return {
    today,
    moments: [...moments].map(([occasion, moment]) => ({ ...moment, occasions: [occasion] })),
    addedOn: card?.follow.addedAt ? civilDayOf(Date.parse(card.follow.addedAt), timeZone) : null,
    lastPurchaseOn: card?.customer.lastPurchase?.day ?? null,
    tags: card?.tags.tags.map(({ name }) => name) ?? [],
    sent,
  }
}

/** Templates are cut once, not once per customer. */
const needs = new WeakMap<Script, ScriptNeeds>()
function needsOfScript(script: Script): ScriptNeeds {
  const known = needs.get(script) ?? needsOf(script.parts)
  needs.set(script, known)
  return known
}

/** A script with what of it is known of this customer. */
export function candidateOf(script: Script, facts: KnownFacts): Candidate & { script: Script } {
  const { scriptId, title, occasion, moments, isFavourite, effectiveUntil, worked } = script
  return {
    script, scriptId, title, occasion, saidAt: moments, isFavourite, effectiveUntil, worked,
    ...metBy(needsOfScript(script), facts),
  } // prettier-ignore
}
