import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ExternalUserId, UserId } from './ids.ts'
import { PageQuery, page } from './page.ts'
import { CivilDay, Instant } from './time.ts'

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
  'couponShareWithdrawn',
  'channelCodeChanged',
  'auditExported',
  'auditTrimmed',
  'personExported',
  'personExportFetched',
  'erasureAsked',
  'personErased',
  'bulkExportAsked',
  'bulkExportApproved',
  'bulkExportRefused',
  'bulkExportMade',
  'bulkExportFetched',
  'retentionChanged',
  'retentionApplied',
  'backupWritten',
  'backupRestored',
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
  'channelCode',
  'transfer',
  'erasure',
  'bulkExport',
])
export type AuditSubject = z.infer<typeof AuditSubject>

/** Ids, codes, numbers, and the reason a member gives: never what a customer is called, nor what was shown. */
export const AuditDetail = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.union([z.string(), z.number()]))]),
)
export type AuditDetail = z.infer<typeof AuditDetail>

/** What admins look for: a few actions under one word. */
export const AuditTopic = z.enum([
  'login',
  'denial',
  'phone',
  'minor',
  'settings',
  'coupon',
  'transfer',
  'privacy',
  'record',
])
export type AuditTopic = z.infer<typeof AuditTopic>

export const AuditRow = z
  .object({
    entryId: z.string(),
    at: Instant,
    action: AuditAction,
    by: z.enum(['staff', 'system', 'customer']),
    who: z.object({ userId: z.string(), name: z.string() }).nullable().meta({ description: '哪位成员' }),
    customer: z
      .object({ externalUserId: ExternalUserId, name: z.string() })
      .nullable()
      .meta({ description: '关于哪位客户；已删除的为空' }),
    about: z.string().nullable().meta({ description: '关于什么的名字：成员、门店、券；孩子的名字从不出现' }),
    detail: AuditDetail,
    isChained: z.boolean().meta({ description: '已经入链；刚写下的几秒内入链' }),
  })
  .meta({ id: 'AuditRow' })
export type AuditRow = z.infer<typeof AuditRow>

/** Whether the record is whole, as far as it was walked. */
export const AuditChain = z
  .object({
    state: z.enum(['unchecked', 'whole', 'broken']),
    checkedAt: Instant.nullable(),
    entries: z.number().int().meta({ description: '走到第几行' }),
    brokenAt: z.number().int().nullable().meta({ description: '断在第几行' }),
  })
  .meta({ id: 'AuditChain' })
export type AuditChain = z.infer<typeof AuditChain>

export const AuditFilter = z.object({
  action: AuditAction.optional(),
  topic: AuditTopic.optional(),
  member: UserId.optional(),
  customer: ExternalUserId.optional(),
  from: CivilDay.optional(),
  until: CivilDay.optional().meta({ description: '含这一天' }),
})
export type AuditFilter = z.infer<typeof AuditFilter>

export const listAudit = endpoint({
  id: 'listAudit',
  method: 'get',
  path: '/audit',
  summary: '操作记录，新的在前；管理员',
  query: PageQuery.extend(AuditFilter.shape),
  answer: page(AuditRow).extend({ chain: AuditChain }),
  status: 200,
  problems: ['forbidden', 'cursor_invalid'],
})

/** The newest rows of what is looked for; that it was taken stands in the record too. */
export const exportAudit = endpoint({
  id: 'exportAudit',
  method: 'get',
  path: '/audit/export',
  summary: '把操作记录导出成 CSV；导出本身也记一笔；管理员',
  query: AuditFilter,
  limited: 'export',
  download: ['text/csv'],
  status: 200,
  problems: ['forbidden'],
})
