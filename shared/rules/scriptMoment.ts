import type { Occasion, ScriptMoment } from '../contract/scripts.ts'
import { daysBetween } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'

/** So many days before the day are `near`. */
export const NEAR_DAYS = 3

export function momentOf(today: CivilDay, occurrence: CivilDay): ScriptMoment {
  const days = daysBetween(today, occurrence)
  if (days < 0) return 'after'
  if (days === 0) return 'onDay'
  return days <= NEAR_DAYS ? 'near' : 'ahead'
}

/** When the starter scripts that speak of a day may be said, by their occasion. Whoever writes his own chooses the day himself. */
export const STARTER_MOMENTS: Readonly<
  Partial<Record<Occasion, Readonly<Record<string, readonly ScriptMoment[]>>>>
> = {
  birthdaySelf: {
    'birthday-self-wish': ['onDay'],
    'birthday-self-eve': ['ahead', 'near'],
    'birthday-self-treat': ['ahead'],
    'birthday-self-late': ['after'],
  },
  birthdayElder: {
    'birthday-elder-engraving': ['ahead'],
    'birthday-elder-visit': ['ahead', 'near'],
    'birthday-elder-wish': ['onDay'],
    'birthday-elder-choose': ['ahead'],
    'birthday-elder-late': ['after'],
  },
  birthdayPartner: {
    'birthday-partner-surprise': ['ahead'],
    'birthday-partner-engraving': ['ahead'],
    'birthday-partner-last-days': ['near'],
    'birthday-partner-wish': ['onDay'],
    'birthday-partner-late': ['after'],
  },
  birthdayChild: {
    'birthday-child-wish': ['onDay'],
    'birthday-child-keepsake': ['ahead', 'near'],
    'birthday-child-late': ['after'],
  },
  birthdayOther: {
    'birthday-other-gift': ['ahead', 'near'],
    'birthday-other-wish': ['onDay'],
    'birthday-other-late': ['after'],
  },
  wedding: {
    'wedding-wish': ['onDay'],
    'wedding-anniversary-gift': ['ahead', 'near'],
    'wedding-ring-care': ['ahead'],
    'wedding-late': ['after'],
  },
  firstPurchase: {
    'first-purchase-visit': ['ahead', 'near'],
    'first-purchase-thanks': ['onDay'],
    'first-purchase-late': ['after'],
  },
  ownDay: {
    'own-day-gift': ['ahead', 'near'],
    'own-day-wish': ['onDay'],
    'own-day-late': ['after'],
  },
  readyMade: {
    'ready-made-today': ['ahead', 'near'],
    'ready-made-engrave-later': ['ahead', 'near'],
    'ready-made-visit': ['ahead', 'near'],
  },
}

/**
 * When a script may be said; null is always: those of a shop's own (no key), those that speak of no day, and those that were
 * rewritten for another occasion than the starter's.
 */
export const momentsOfStarter = (starterKey: string | null, occasion: Occasion): ScriptMoment[] | null => {
  const moments = starterKey === null ? undefined : STARTER_MOMENTS[occasion]?.[starterKey]
  return moments ? [...moments] : null
}

export const suitsMoment = (starterKey: string | null, occasion: Occasion, moment: ScriptMoment): boolean =>
  momentsOfStarter(starterKey, occasion)?.includes(moment) ?? true

/** The starters that may not be said at this moment, each with the occasion for which that holds. */
export const startersOutOf = (moment: ScriptMoment): { starterKey: string; occasion: Occasion }[] =>
  (Object.keys(STARTER_MOMENTS) as Occasion[]).flatMap(occasion =>
    Object.keys(STARTER_MOMENTS[occasion] ?? {})
      .filter(starterKey => !suitsMoment(starterKey, occasion, moment))
      .map(starterKey => ({ starterKey, occasion })),
  )
