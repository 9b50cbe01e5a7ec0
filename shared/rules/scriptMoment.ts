import { daysBetween } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'

/** How a message stands to the day it speaks of: an early word, a last one, the wish itself, the wish that comes late. */
export type ScriptMoment = (typeof SCRIPT_MOMENTS)[number]
export const SCRIPT_MOMENTS = ['ahead', 'near', 'onDay', 'after'] as const

/** So many days before the day are `near`. */
export const NEAR_DAYS = 3

export function momentOf(today: CivilDay, occurrence: CivilDay): ScriptMoment {
  const days = daysBetween(today, occurrence)
  if (days < 0) return 'after'
  if (days === 0) return 'onDay'
  return days <= NEAR_DAYS ? 'near' : 'ahead'
}

/** When the starter scripts that speak of a day may be said. Whoever writes his own chooses the day himself. */
export const STARTER_MOMENTS: Readonly<Record<string, readonly ScriptMoment[]>> = {
  'birthday-self-wish': ['onDay'],
  'birthday-self-eve': ['ahead', 'near'],
  'birthday-self-treat': ['ahead'],
  'birthday-self-late': ['after'],
  'birthday-elder-engraving': ['ahead'],
  'birthday-elder-visit': ['ahead', 'near'],
  'birthday-elder-wish': ['onDay'],
  'birthday-elder-choose': ['ahead'],
  'birthday-elder-late': ['after'],
  'birthday-partner-surprise': ['ahead'],
  'birthday-partner-engraving': ['ahead'],
  'birthday-partner-last-days': ['near'],
  'birthday-partner-wish': ['onDay'],
  'birthday-partner-late': ['after'],
  'birthday-child-wish': ['onDay'],
  'birthday-child-keepsake': ['ahead', 'near'],
  'birthday-child-late': ['after'],
  'birthday-other-gift': ['ahead', 'near'],
  'birthday-other-wish': ['onDay'],
  'birthday-other-late': ['after'],
  'wedding-wish': ['onDay'],
  'wedding-anniversary-gift': ['ahead', 'near'],
  'wedding-ring-care': ['ahead'],
  'wedding-late': ['after'],
  'first-purchase-visit': ['ahead', 'near'],
  'first-purchase-thanks': ['onDay'],
  'first-purchase-late': ['after'],
  'own-day-gift': ['ahead', 'near'],
  'own-day-wish': ['onDay'],
  'own-day-late': ['after'],
  'ready-made-today': ['ahead', 'near'],
  'ready-made-engrave-later': ['ahead', 'near'],
  'ready-made-visit': ['ahead', 'near'],
}

/** When a script may be said; null is always: those of a shop's own (no key) and those that speak of no day. */
export const momentsOfStarter = (starterKey: string | null): ScriptMoment[] | null => {
  const moments = starterKey === null ? undefined : STARTER_MOMENTS[starterKey]
  return moments ? [...moments] : null
}

export const suitsMoment = (starterKey: string | null, moment: ScriptMoment): boolean =>
  momentsOfStarter(starterKey)?.includes(moment) ?? true

/** The starters that may not be said at this moment. */
export const startersOutOf = (moment: ScriptMoment): string[] =>
  Object.keys(STARTER_MOMENTS).filter(key => !suitsMoment(key, moment))
