import { z } from 'zod'

/** What is recorded, in the past tense. The words for people are in `shared/rules/auditWords.ts`. */
export const AuditAction = z.enum([
  'loggedIn',
  'loggedOut',
  'sessionsEnded',
  'denied',
  'deniedMore',
  'phoneRevealed',
  'minorRead',
  'contactRulesChanged',
  'reminderRulesChanged',
  'traceWindowsChanged',
  'storeChanged',
  'managerAdded',
  'managerRemoved',
  'couponTemplateChanged',
  'customerTransferred',
  'couponRedeemed',
  'couponRedeemUndone',
  'couponRevoked',
  'auditExported',
  'auditTrimmed',
])
export type AuditAction = z.infer<typeof AuditAction>

/** What an entry is about, beside the customer whom it concerns. */
export const AuditSubject = z.enum([
  'staff',
  'store',
  'session',
  'person',
  'couponTemplate',
  'coupon',
  'transfer',
])
export type AuditSubject = z.infer<typeof AuditSubject>

/** Ids, codes and numbers: never what somebody is called, nor what was written or shown. */
export const AuditDetail = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.union([z.string(), z.number()]))]),
)
export type AuditDetail = z.infer<typeof AuditDetail>
