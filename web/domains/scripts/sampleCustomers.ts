import type { Session } from '../../../shared/contract/session.ts'
import { SCRIPT_VARIABLES, type KnownFacts } from '../../../shared/rules/fillScript.ts'
import { scriptFacts } from '../../../shared/rules/scriptFacts.ts'

/** Nobody: an invented customer of whom everything is known. */
const everything = Object.fromEntries(
  Object.entries(SCRIPT_VARIABLES).map(([name, { example }]) => [name, example]),
) as KnownFacts

/** For looking at a script before it is used: on somebody well known, and on somebody of whom nothing is noted yet. */
export const sampleCustomers = {
  full: {
    word: '样样都知道',
    facts: (session: Session): KnownFacts => ({ ...everything, ...known(session) }),
  },
  sparse: { word: '只加了好友', facts: (session: Session): KnownFacts => known(session) },
} as const
export type SampleCustomer = keyof typeof sampleCustomers

/** The guide and the shop are the writer's own, as far as they are known. */
const known = (session: Session): KnownFacts =>
  Object.fromEntries(Object.entries(scriptFacts(session)).filter(([, fact]) => fact !== undefined))
