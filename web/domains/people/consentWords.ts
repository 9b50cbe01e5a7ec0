import type { GuardianConsent } from '../../../shared/contract/people.ts'

/** A consent that is told whole, or nothing yet. */
export function wholeConsent({ guardian, how, givenOn }: Partial<GuardianConsent>): GuardianConsent | null {
  return guardian && how && givenOn ? { guardian, how, givenOn } : null
}
