import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { CustomerParams, ExternalUserId, TagId } from './ids.ts'
import { PageQuery, page } from './page.ts'
import { Instant } from './time.ts'

const reason = z.string().trim().min(2).max(200).meta({ description: '为什么；记进操作记录' })

/** Somebody the shop holds data of, also when nobody has her as a friend any more. */
export const HeldPerson = z
  .object({
    externalUserId: ExternalUserId,
    name: z.string(),
    address: z.string().meta({ description: '称呼，没有就是昵称' }),
    guides: z.array(z.string()).meta({ description: '谁在服务她；都离开了就是空的' }),
    erasureId: z.uuid().nullable().meta({ description: '正在删除' }),
  })
  .meta({ id: 'HeldPerson' })
export type HeldPerson = z.infer<typeof HeldPerson>

export const findHeldPeople = endpoint({
  id: 'findHeldPeople',
  method: 'post',
  path: '/privacy/people',
  summary: '按昵称、称呼、备注、手机号或外部联系人 id 找一个人，不再是好友的也找得到；管理员',
  body: z.strictObject({ words: z.string().trim().min(1).max(64) }),
  answer: z.object({ items: z.array(HeldPerson) }),
  status: 200,
  problems: ['forbidden'],
})

/** Everything held about one person, as a file that waits for 15 minutes. */
export const PersonalExport = z
  .object({ exportId: z.uuid(), expiresAt: Instant, fileName: z.string() })
  .meta({ id: 'PersonalExport' })
export type PersonalExport = z.infer<typeof PersonalExport>

export const exportPerson = endpoint({
  id: 'exportPerson',
  method: 'post',
  path: '/customers/{externalUserId}/export',
  summary: '导出一个人的全部资料；管理员；含手机号和孩子的资料，都算一次查看；各种导出合计每人每天 3 次',
  params: CustomerParams,
  body: z.strictObject({ reason }),
  answer: PersonalExport,
  status: 201,
  idempotency: 'required',
  problems: ['forbidden', 'rate_limited'],
})

export const fetchPersonalExport = endpoint({
  id: 'fetchPersonalExport',
  method: 'post',
  path: '/personal-exports/{exportId}/file',
  summary: '取走导出的文件：15 分钟内，只在导出时的那次登录里；没取完可以再取，每次都记下',
  params: z.object({ exportId: z.uuid() }),
  download: ['application/json'],
  status: 200,
  problems: ['forbidden'],
})

export const Erasure = z
  .object({
    erasureId: z.uuid(),
    cause: z.enum(['asked', 'retention']).meta({ description: '有人要求，或保留期到了' }),
    state: z.enum(['waiting', 'done']),
    askedBy: z.string().nullable(),
    askedAt: Instant,
    doneAt: Instant.nullable(),
    counts: z.array(z.object({ what: z.string(), rows: z.number().int() })).meta({
      description: '每类资料删了几行；不再说是谁',
    }),
  })
  .meta({ id: 'Erasure' })
export type Erasure = z.infer<typeof Erasure>

export const erasePerson = endpoint({
  id: 'erasePerson',
  method: 'delete',
  path: '/customers/{externalUserId}',
  summary: '删除一个人的全部资料，不能恢复；管理员；一分钟内完成',
  params: CustomerParams,
  body: z.strictObject({ reason }),
  answer: Erasure,
  status: 202,
  idempotency: 'accepted',
  problems: ['forbidden'],
})

export const getErasure = endpoint({
  id: 'getErasure',
  method: 'get',
  path: '/erasures/{erasureId}',
  summary: '一次删除做到哪里了；管理员',
  params: z.object({ erasureId: z.uuid() }),
  answer: Erasure,
  status: 200,
  problems: ['forbidden'],
})

export const listErasures = endpoint({
  id: 'listErasures',
  method: 'get',
  path: '/erasures',
  summary: '做过的删除，新的在前；管理员',
  query: PageQuery,
  answer: page(Erasure),
  status: 200,
  problems: ['forbidden', 'cursor_invalid'],
})

/** Columns a list of many may have. What children, notes and consents say is none of them. */
export const BulkColumn = z.enum([
  'name',
  'salutation',
  'tier',
  'guide',
  'store',
  'addedOn',
  'channel',
  'tags',
  'phone',
  'purchases',
  'spentYuan',
  'lastPurchaseOn',
])
export type BulkColumn = z.infer<typeof BulkColumn>

export const BulkExportState = z.enum(['waiting', 'refused', 'working', 'ready', 'withdrawn', 'expired'])

export const BulkExport = z
  .object({
    bulkExportId: z.uuid(),
    number: z.number().int().meta({ description: '申请号，水印里也是它' }),
    askedBy: z.string(),
    isMine: z.boolean(),
    askedAt: Instant,
    reason: z.string(),
    store: z.string().nullable(),
    tag: z.string().nullable(),
    columns: z.array(BulkColumn),
    format: z.enum(['csv', 'xlsx']),
    state: BulkExportState,
    decidedBy: z.string().nullable(),
    rowsDone: z.number().int(),
    rowCount: z.number().int().nullable(),
    expiresAt: Instant.nullable(),
    canFetch: z.boolean().meta({ description: '我申请的，而且没有在别的登录里下载过' }),
  })
  .meta({ id: 'BulkExport' })
export type BulkExport = z.infer<typeof BulkExport>

export const BulkExportDraft = z.strictObject({
  reason,
  store: z.number().int().positive().nullable().meta({ description: '只要一家门店的' }),
  tag: TagId.nullable().meta({ description: '只要有这个标签的' }),
  columns: z.array(BulkColumn).min(1).max(BulkColumn.options.length),
  format: z.enum(['csv', 'xlsx']),
})
export type BulkExportDraft = z.infer<typeof BulkExportDraft>

export const listBulkExports = endpoint({
  id: 'listBulkExports',
  method: 'get',
  path: '/bulk-exports',
  summary: '批量导出的申请，新的在前；管理员',
  answer: z.object({
    items: z.array(BulkExport),
    leftToday: z.number().int().meta({ description: '24 小时内还能导出几次，各种导出合计' }),
    approvers: z.number().int().meta({ description: '还有几位管理员能批准我的申请' }),
  }),
  status: 200,
  problems: ['forbidden'],
})

export const askBulkExport = endpoint({
  id: 'askBulkExport',
  method: 'post',
  path: '/bulk-exports',
  summary: '申请批量导出；要另一位管理员批准，各种导出合计每人每天 3 次',
  body: BulkExportDraft,
  answer: BulkExport,
  status: 201,
  idempotency: 'required',
  problems: ['forbidden', 'rate_limited'],
})

export const decideBulkExport = endpoint({
  id: 'decideBulkExport',
  method: 'post',
  path: '/bulk-exports/{bulkExportId}/decision',
  summary: '批准或不批准别人的申请；自己的不行',
  params: z.object({ bulkExportId: z.uuid() }),
  body: z.strictObject({ isApproved: z.boolean() }),
  answer: BulkExport,
  status: 200,
  idempotency: 'accepted',
  problems: ['forbidden', 'state_conflict'],
})

export const fetchBulkExport = endpoint({
  id: 'fetchBulkExport',
  method: 'post',
  path: '/bulk-exports/{bulkExportId}/file',
  summary: '取批量导出的文件：24 小时内，只有申请的人，第一次下载以后只在那次登录里',
  params: z.object({ bulkExportId: z.uuid() }),
  download: ['text/csv', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  status: 200,
  problems: ['forbidden'],
})

export const RetentionDraft = z.strictObject({
  timelineMonths: z.number().int().min(6).max(120).meta({ description: '动态留几个月' }),
  wordsMonths: z.number().int().min(3).max(120).meta({ description: '发过的原话留几个月，之后只留发过' }),
  callbackDays: z.number().int().min(1).max(30).meta({ description: '企业微信回调的原文留几天' }),
  lostMonths: z.number().int().min(3).max(120).meta({ description: '没有人再是她好友，过几个月删除她' }),
})
export type RetentionDraft = z.infer<typeof RetentionDraft>

export const Retention = RetentionDraft.extend({
  version: z.number().int(),
  auditMonths: z.number().int().meta({ description: '操作记录留几个月，改不了' }),
}).meta({ id: 'Retention' })
export type Retention = z.infer<typeof Retention>

export const getRetention = endpoint({
  id: 'getRetention',
  method: 'get',
  path: '/retention',
  summary: '各类资料保留多久；管理员',
  answer: Retention,
  status: 200,
  problems: ['forbidden'],
})

export const changeRetention = endpoint({
  id: 'changeRetention',
  method: 'put',
  path: '/retention',
  summary: '改保留期限；管理员',
  body: RetentionDraft,
  answer: Retention,
  status: 200,
  versioned: true,
  problems: ['forbidden'],
})
