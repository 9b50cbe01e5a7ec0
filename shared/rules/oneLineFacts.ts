import type { CivilDay } from './civilDay.ts'
import type { RelationCode } from './relation.ts'
import type { CalendarKind, YearlyDate } from './yearlyDate.ts'

/** What one line can say. */

export type OneLineSize = 'ring' | 'wrist' | 'neck'
export type OneLineWish = 'like' | 'avoid' | 'allergy' | 'wish'

/** Whose a fact is: the customer, or somebody by relation. */
export interface OneLineWho {
  /** null is the customer */
  relation: RelationCode | null
  /** as they are called, where the line says more than the relation: 大宝, 王阿姨 */
  callName: string | null
  /** what the line says of the age; null when nothing */
  isMinor: boolean | null
}

export interface OneLineSpan {
  from: number
  /** behind the last character */
  to: number
}

/** `low`: shown in amber, to be looked at before it is noted. */
export type OneLineConfidence = 'high' | 'low'

export type OneLineFact = {
  who: OneLineWho
  span: OneLineSpan
  confidence: OneLineConfidence
} & (
  | {
      kind: 'date'
      dateKind: 'birthday' | 'wedding' | 'other'
      /** the name of a day that is neither */
      label: string | null
      date: YearlyDate
      /** the question to ask, or a remark worth reading */
      hint?: string
    }
  | { kind: 'size'; size: OneLineSize; value: string }
  | { kind: OneLineWish; words: string }
  | { kind: 'salutation'; words: string }
  | { kind: 'budget'; words: string }
  /** something the guide has said she will do, by a day; whose it is says nothing */
  | { kind: 'promise'; words: string; day: CivilDay }
)

export interface OneLine {
  facts: OneLineFact[]
  /** what no fact was made of, in order, without what only joins words */
  rest: string[]
}

export interface OneLineOptions {
  today: CivilDay
  /** what digits without a word mean; default `solar` */
  defaultCalendar?: CalendarKind
}
