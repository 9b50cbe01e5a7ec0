import type { GuardianConsent } from '../contract/people.ts'

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
