import type { GuardianConsent } from '../../../shared/contract/people.ts'

export const guardianWords: Record<GuardianConsent['guardian'], string> = {
  customer: '客户本人',
  otherParent: '孩子另一位家长',
  otherGuardian: '其他监护人',
}

export const howWords: Record<GuardianConsent['how'], string> = {
  inPerson: '当面说的',
  chat: '聊天里说的',
  phone: '电话里说的',
  form: '签了字',
}

/** A consent that is told whole, or nothing yet. */
export function wholeConsent({ guardian, how, givenOn }: Partial<GuardianConsent>): GuardianConsent | null {
  return guardian && how && givenOn ? { guardian, how, givenOn } : null
}
