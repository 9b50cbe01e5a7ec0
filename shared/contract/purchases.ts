import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { CustomerParams } from './ids.ts'
import { PageQuery, page } from './page.ts'
import { CivilDay, Instant } from './time.ts'

const AmountFen = z.number().int().min(0).max(100_000_000)

/** How surely a message led to a purchase; `sent` says no more than that it went out before. */
export const TraceStrength = z.enum(['replied', 'couponUsed', 'sent'])
export type TraceStrength = z.infer<typeof TraceStrength>

/** The message a purchase counts for. */
export const PurchaseTrace = z.object({
  strength: TraceStrength,
  sentAt: Instant,
  title: z.string().meta({ description: '那条消息是什么，如 生日祝福' }),
  guides: z.array(z.string()).meta({ description: '是哪几位同事发的，算在他们共同名下' }),
})
export type PurchaseTrace = z.infer<typeof PurchaseTrace>

export const Purchase = z
  .object({
    purchaseId: z.uuid(),
    day: CivilDay,
    piece: z.string(),
    amountFen: AmountFen,
    recipient: z.string().nullable().meta({ description: '送给谁的关系代码，自用为空' }),
    personId: z.uuid().nullable().meta({ description: '送给谁，档案里有这位家人时' }),
    isCustom: z.boolean(),
    engraving: z.string().nullable(),
    trace: PurchaseTrace.nullable().meta({ description: '可能与哪条消息有关；没有就是未能证明' }),
    version: z.number().int(),
  })
  .meta({ id: 'Purchase' })
export type Purchase = z.infer<typeof Purchase>

const facts = {
  day: CivilDay.meta({ description: '不能晚于今天' }),
  piece: z.string().trim().min(1).max(60),
  amountFen: AmountFen,
  recipient: z.string().trim().max(20).nullable(),
  personId: z.uuid().nullable(),
  isCustom: z.boolean(),
  engraving: z.string().trim().max(60).nullable(),
}

export const PurchaseDraft = z.strictObject({
  ...facts,
  recipient: facts.recipient.default(null),
  personId: facts.personId.default(null),
  isCustom: facts.isCustom.default(false),
  engraving: facts.engraving.default(null),
})
export type PurchaseDraft = z.infer<typeof PurchaseDraft>

export const PurchaseChange = z.strictObject(facts).partial()
export type PurchaseChange = z.infer<typeof PurchaseChange>

const PurchaseParams = CustomerParams.extend({ purchaseId: z.uuid() })

export const listPurchases = endpoint({
  id: 'listPurchases',
  method: 'get',
  path: '/customers/{externalUserId}/purchases',
  summary: '买过什么，新的在前',
  params: CustomerParams,
  query: PageQuery,
  answer: page(Purchase),
  status: 200,
  problems: ['cursor_invalid'],
})

export const addPurchase = endpoint({
  id: 'addPurchase',
  method: 'post',
  path: '/customers/{externalUserId}/purchases',
  summary: '记一笔购买',
  params: CustomerParams,
  body: PurchaseDraft,
  answer: Purchase,
  status: 201,
  idempotency: 'required',
})

export const changePurchase = endpoint({
  id: 'changePurchase',
  method: 'patch',
  path: '/customers/{externalUserId}/purchases/{purchaseId}',
  summary: '改一笔购买',
  params: PurchaseParams,
  body: PurchaseChange,
  answer: Purchase,
  status: 200,
  versioned: true,
})

export const removePurchase = endpoint({
  id: 'removePurchase',
  method: 'delete',
  path: '/customers/{externalUserId}/purchases/{purchaseId}',
  summary: '去掉一笔购买；一天之内可以放回来',
  params: PurchaseParams,
  status: 204,
})

export const restorePurchase = endpoint({
  id: 'restorePurchase',
  method: 'post',
  path: '/customers/{externalUserId}/purchases/{purchaseId}/restore',
  summary: '把刚去掉的一笔放回来',
  params: PurchaseParams,
  answer: Purchase,
  status: 200,
})

/** WeCom does not tell whether a customer answered: a guide who knows may say so. */
export const answerTrace = endpoint({
  id: 'answerTrace',
  method: 'patch',
  path: '/customers/{externalUserId}/purchases/{purchaseId}/trace',
  summary: '说说那条消息客户回过没有',
  params: PurchaseParams,
  body: z.strictObject({ isReplied: z.boolean() }),
  answer: Purchase,
  status: 200,
  problems: ['state_conflict'],
})

/** How many days before a purchase a message still counts. */
export const TraceWindows = z
  .strictObject({
    customDays: z.number().int().min(1).max(180).meta({ description: '定制' }),
    otherDays: z.number().int().min(1).max(180).meta({ description: '现货' }),
  })
  .meta({ id: 'TraceWindows' })
export type TraceWindows = z.infer<typeof TraceWindows>

export const getTraceWindows = endpoint({
  id: 'getTraceWindows',
  method: 'get',
  path: '/trace-windows',
  summary: '消息发出后几天内的购买算有关',
  answer: TraceWindows,
  status: 200,
  problems: ['forbidden'],
})

export const changeTraceWindows = endpoint({
  id: 'changeTraceWindows',
  method: 'put',
  path: '/trace-windows',
  summary: '改天数；以前的购买随后重新算',
  body: TraceWindows,
  answer: TraceWindows,
  status: 200,
  problems: ['forbidden'],
})

/** What a column of a file can be understood as. */
export const PurchaseColumn = z.enum([
  'externalUserId',
  'customer',
  'phone',
  'day',
  'piece',
  'amount',
  'recipient',
  'custom',
  'engraving',
  'orderNo',
])
export type PurchaseColumn = z.infer<typeof PurchaseColumn>

/** `customer,phone,,day,piece,amount`: one word per column of the file, empty for a column that is left aside. */
const Columns = z
  .string()
  .max(1000)
  .transform(text => text.split(',').map(word => (word === '' ? null : word)))
  .pipe(z.array(PurchaseColumn.nullable()).max(100))

/** One line of a file as it was understood. */
export const UnderstoodLine = z.object({
  line: z.number().int().meta({ description: '文件里的第几行，表头是第 1 行' }),
  customer: z.string().meta({ description: '认出的客户，按档案里的称呼' }),
  day: CivilDay,
  piece: z.string(),
  amountFen: AmountFen,
  recipient: z.string().nullable(),
  isCustom: z.boolean(),
  engraving: z.string().nullable(),
  isRepeated: z.boolean().meta({ description: '以前已经有这一笔，不会再加' }),
})
export type UnderstoodLine = z.infer<typeof UnderstoodLine>

export const LineError = z.object({
  line: z.number().int(),
  column: PurchaseColumn.nullable(),
  message: z.string(),
})
export type LineError = z.infer<typeof LineError>

/** What a file was understood as; nothing is written yet. */
export const ImportPreview = z
  .object({
    header: z.array(z.string()),
    columns: z.array(PurchaseColumn.nullable()).meta({ description: '每一列认作什么，可以改了再看' }),
    missing: z.array(PurchaseColumn).meta({ description: '还没有认出的必要列' }),
    total: z.number().int(),
    fresh: z.number().int().meta({ description: '会新增几笔' }),
    repeated: z.number().int().meta({ description: '以前已有、不会再加的' }),
    wrong: z.number().int().meta({ description: '有问题的行数' }),
    errors: z.array(LineError).meta({ description: '前 100 个问题' }),
    lines: z.array(UnderstoodLine).meta({ description: '认出的前 20 行' }),
    importedBefore: Instant.nullable().meta({ description: '同一个文件上次导入的时刻' }),
  })
  .meta({ id: 'ImportPreview' })
export type ImportPreview = z.infer<typeof ImportPreview>

export const PurchaseImport = z
  .object({
    importId: z.uuid(),
    fileName: z.string(),
    state: z.enum(['done', 'undone']),
    by: z.string(),
    added: z.number().int(),
    repeated: z.number().int(),
    leftOut: z.number().int(),
    at: Instant,
    canUndo: z.boolean().meta({ description: '当天之内可以整个撤销' }),
  })
  .meta({ id: 'PurchaseImport' })
export type PurchaseImport = z.infer<typeof PurchaseImport>

export const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const upload = { types: ['text/csv', XLSX_TYPE], maxBytes: 1024 * 1024 }

export const previewImport = endpoint({
  id: 'previewImport',
  method: 'post',
  path: '/purchase-imports/preview',
  summary: '看一个购买记录文件会被怎样认，不写入',
  query: z.object({ columns: Columns.optional() }),
  upload,
  answer: ImportPreview,
  status: 200,
  problems: ['forbidden', 'validation_failed'],
})

export const importPurchases = endpoint({
  id: 'importPurchases',
  method: 'post',
  path: '/purchase-imports',
  summary: '导入购买记录：要么全部写入，要么一笔不写',
  query: z.object({
    columns: Columns,
    name: z.string().trim().min(1).max(100).meta({ description: '文件名' }),
    withoutWrong: z
      .enum(['true', 'false'])
      .default('false')
      .transform(word => word === 'true')
      .meta({ description: '有问题的行先不导' }),
  }),
  upload,
  answer: PurchaseImport,
  status: 201,
  idempotency: 'required',
  problems: ['forbidden', 'validation_failed'],
})

export const listImports = endpoint({
  id: 'listImports',
  method: 'get',
  path: '/purchase-imports',
  summary: '最近导入过的文件',
  answer: z.object({ imports: z.array(PurchaseImport) }),
  status: 200,
  problems: ['forbidden'],
})

export const undoImport = endpoint({
  id: 'undoImport',
  method: 'post',
  path: '/purchase-imports/{importId}/undo',
  summary: '当天之内撤销整个导入',
  params: z.object({ importId: z.uuid() }),
  answer: PurchaseImport,
  status: 200,
  idempotency: 'required',
  problems: ['forbidden', 'state_conflict'],
})
