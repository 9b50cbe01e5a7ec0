import { addDays, dayNumberOf } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'
import { DEFAULT_LEAD_DAYS } from './reminderDue.ts'
import type { DateKind } from './reminderDue.ts'

/** How long one product line takes for one kind of date. */
export interface LeadRule {
  dateKind: DateKind
  /** `刻字`, `现货` */
  productLine: string
  /** days the workshop works on it */
  productionDays: number
  /** calendar days to talk about it before it has to be ordered */
  bufferDays: number
}

/** Days on which nothing is made, both ends included. */
export interface Closure {
  firstDay: CivilDay
  lastDay: CivilDay
}

export interface LeadPlan {
  /** the first day on which the date asks for a message */
  remindOn: CivilDay
  /** the last day to order what has to be made; null where nothing has */
  lastOrderOn: CivilDay | null
  /** the longest lead in days, closed days left out */
  leadDays: number
}

/** Of several lines of one kind the one that has to be ordered first: it decides the last day to order. */
export function slowestLine(rules: readonly LeadRule[], dateKind: DateKind): LeadRule | undefined {
  return rules
    .filter(rule => rule.dateKind === dateKind && rule.productionDays > 0)
    .toSorted((one, other) => other.productionDays - one.productionDays)[0]
}

/**
 * When to tell the guide of a day. A piece has to be ordered so many working days of the workshop before it, and is talked about
 * a buffer earlier; with several lines the earliest counts. A lead of the date's own replaces the rules' lead, not the last day
 * to order.
 * @throws RangeError when `occurrence` is no civil day.
 */
export function planLead(
  given: {
    occurrence: CivilDay
    dateKind: DateKind
    ownLeadDays: number | null
    /** where no rule speaks of the kind; default: the built-in one */
    usualLeadDays?: number
  },
  rules: readonly LeadRule[],
  closures: readonly Closure[],
): LeadPlan {
  const { occurrence, dateKind, ownLeadDays } = given
  const ofKind = rules.filter(rule => rule.dateKind === dateKind)
  const slowest = slowestLine(ofKind, dateKind)
  const lastOrderOn = slowest ? workdaysBefore(occurrence, slowest.productionDays, closures) : null
  if (ownLeadDays !== null) {
    return { remindOn: addDays(occurrence, -ownLeadDays), lastOrderOn, leadDays: ownLeadDays }
  }
  if (ofKind.length === 0) {
    const leadDays = given.usualLeadDays ?? DEFAULT_LEAD_DAYS[dateKind]
    return { remindOn: addDays(occurrence, -leadDays), lastOrderOn: null, leadDays }
  }
  const starts = ofKind.map(({ productionDays, bufferDays }) =>
    addDays(workdaysBefore(occurrence, productionDays, closures), -bufferDays),
  )
  return {
    remindOn: starts.reduce((earliest, day) => (day < earliest ? day : earliest)),
    lastOrderOn,
    leadDays: Math.max(...ofKind.map(rule => rule.productionDays + rule.bufferDays)),
  }
}

const dayNumbers = (closures: readonly Closure[]) =>
  closures.map(({ firstDay, lastDay }) => [dayNumberOf(firstDay), dayNumberOf(lastDay)] as const)

/**
 * The day that leaves `workdays` open days before `day`: work begins on it and is done on the eve. A closed day is no day to
 * begin on either.
 */
export function workdaysBefore(day: CivilDay, workdays: number, closures: readonly Closure[]): CivilDay {
  const closed = dayNumbers(closures)
  const end = dayNumberOf(day)
  let at = end
  for (let left = workdays; left > 0;) {
    at -= 1
    const closure = closed.find(([first, last]) => at >= first && at <= last)
    if (closure) at = closure[0]
    else left -= 1
  }
  return addDays(day, at - end)
}

/**
 * The day on which a piece can be taken home that is ordered on `day` and takes `workdays` open days of the workshop; `day`
 * counts as the first of them when it is open. The counterpart of `workdaysBefore`: ready in time as long as it is ordered by
 * then.
 */
export function readyAfter(day: CivilDay, workdays: number, closures: readonly Closure[]): CivilDay {
  const closed = dayNumbers(closures)
  const begin = dayNumberOf(day)
  let at = begin
  for (let left = workdays; left > 0;) {
    const closure = closed.find(([first, last]) => at >= first && at <= last)
    if (closure) at = closure[1] + 1
    else {
      at += 1
      left -= 1
    }
  }
  return addDays(day, at - begin)
}
