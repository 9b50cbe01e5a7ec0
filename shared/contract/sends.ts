import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { CustomerParams, GroupParams } from './ids.ts'
import { ScriptPart } from './scripts.ts'
import { Instant } from './time.ts'

/** How one part ended. `cancelled`: the guide said no in the client; `unknown`: the client never answered. */
export const PartOutcome = z.enum(['ok', 'cancelled', 'failed', 'unknown'])
export type PartOutcome = z.infer<typeof PartOutcome>

const textPart = ScriptPart.options[0]
const newsPart = ScriptPart.options[1]
const miniprogramPart = ScriptPart.options[5]
/** WeCom's id of an upload; it keeps one for three days. */
const mediaId = z.string().min(1)

/** A picture: of an engraving, or an asset of the library. */
export const ImagePart = z.strictObject({
  kind: z.literal('image'),
  engravingId: z.uuid().optional(),
  assetId: z.uuid().optional(),
  mediaId,
})
export type ImagePart = z.infer<typeof ImagePart>

/** What goes out as one message. The server has put WeCom's ids where a script names its assets. */
export const SendPart = z.discriminatedUnion('kind', [
  textPart,
  newsPart,
  ImagePart,
  z.strictObject({ kind: z.literal('video'), assetId: z.uuid(), mediaId }),
  z.strictObject({ kind: z.literal('file'), assetId: z.uuid(), name: z.string(), mediaId }),
  miniprogramPart,
])
export type SendPart = z.infer<typeof SendPart>

export const Send = z
  .object({
    sendId: z.uuid(),
    startedAt: Instant,
    title: z.string(),
    parts: z.array(
      z.object({ body: SendPart, outcome: PartOutcome.nullable(), reason: z.string().nullable() }),
    ),
    outcome: z.enum(['ok', 'cancelled', 'failed', 'unknown', 'partial']).nullable(),
  })
  .meta({ id: 'Send' })
export type Send = z.infer<typeof Send>

/** The final words, exactly as they will stand in the chat: no variable may be left in them. */
export const SendDraft = z.strictObject({
  title: z.string().trim().min(1).max(60),
  parts: z.array(ScriptPart).min(1).max(9),
  script: z.strictObject({ scriptId: z.uuid(), version: z.number().int() }).nullable().default(null),
  reminderId: z.uuid().nullable().default(null),
  engravingId: z.uuid().optional().meta({ description: '连图一起发：这份刻字的图是第一条，文字跟在后面' }),
})
export type SendDraft = z.infer<typeof SendDraft>

export const PartResults = z.strictObject({
  results: z
    .array(
      z.strictObject({
        index: z.number().int().min(0).max(9),
        outcome: PartOutcome,
        reason: z.string().max(200).nullable().default(null),
      }),
    )
    .min(1)
    .max(10),
})
export type PartResults = z.infer<typeof PartResults>

const SendParams = { sendId: z.uuid() }

export const startSend = endpoint({
  id: 'startSend',
  method: 'post',
  path: '/customers/{externalUserId}/sends',
  summary: '开始发给一位客户：先记下要发的原文，再由客户端发出',
  params: CustomerParams,
  body: SendDraft,
  answer: Send,
  status: 201,
  idempotency: 'required',
  problems: ['limit_reached', 'wecom_error', 'wecom_timeout', 'wecom_unavailable'],
})

export const finishSend = endpoint({
  id: 'finishSend',
  method: 'patch',
  path: '/customers/{externalUserId}/sends/{sendId}',
  summary: '记下每一条发得怎样',
  params: CustomerParams.extend(SendParams),
  body: PartResults,
  answer: Send,
  status: 200,
  idempotency: 'accepted',
  problems: ['state_conflict'],
})

export const startGroupSend = endpoint({
  id: 'startGroupSend',
  method: 'post',
  path: '/groups/{chatId}/sends',
  summary: '开始发到一个客户群',
  params: GroupParams,
  body: SendDraft,
  answer: Send,
  status: 201,
  idempotency: 'required',
})

export const finishGroupSend = endpoint({
  id: 'finishGroupSend',
  method: 'patch',
  path: '/groups/{chatId}/sends/{sendId}',
  summary: '记下群里每一条发得怎样',
  params: GroupParams.extend(SendParams),
  body: PartResults,
  answer: Send,
  status: 200,
  idempotency: 'accepted',
  problems: ['state_conflict'],
})
