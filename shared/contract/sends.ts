import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { CustomerParams, GroupParams } from './ids.ts'
import { contactClaims } from './reasonClass.ts'
import { ScriptPart } from './scripts.ts'
import { Instant } from './time.ts'

/** How one part ended. `cancelled`: the guide said no in the client; `unknown`: the client never answered. */
export const PartOutcome = z.enum(['ok', 'cancelled', 'failed', 'unknown'])
export type PartOutcome = z.infer<typeof PartOutcome>

/** Where a part stands: `waiting` has not left; `leaving` was about to be given to the client, which has not answered (yet). */
export const PartState = z.enum(['waiting', 'leaving', ...PartOutcome.options])
export type PartState = z.infer<typeof PartState>

/** The WeCom client a message left from, by its user agent; nothing that tells one device from another. */
export const Client = z.strictObject({
  platform: z.enum(['windows', 'mac', 'ios', 'android', 'other']),
  version: z
    .string()
    .regex(/^[\d.]{1,20}$/)
    .nullable(),
})
export type Client = z.infer<typeof Client>

const textPart = ScriptPart.options[0]
const scriptNews = ScriptPart.options[1]
/** Who has a coupon's link has the coupon: it is shown to nobody but its sender, and to her only while the card is to be sent. */
const newsPart = scriptNews.extend({
  link: scriptNews.shape.link.nullable().meta({ description: '空：券的链接，只有客户该有' }),
})
const miniprogramPart = ScriptPart.options[5]
/** WeCom's id of an upload; it keeps one for three days. */
const mediaId = z.string().min(1).nullable().meta({ description: '空：图片或文件还没准备好，这一条先不能发' })

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
      z.object({
        body: SendPart,
        state: PartState,
        outcome: PartOutcome.nullable(),
        reason: z.string().nullable(),
      }),
    ),
    outcome: z
      .enum(['ok', 'cancelled', 'failed', 'unknown', 'partial'])
      .nullable()
      .meta({ description: '到现在为止怎样；后面的还可以接着发' }),
    scriptId: z.uuid().nullable(),
    reminderId: z.uuid().nullable(),
    isStopped: z.boolean().meta({ description: '剩下的不发了' }),
    client: Client.nullable(),
  })
  .meta({ id: 'Send' })
export type Send = z.infer<typeof Send>

/** A send of one's own of which a part has reached the customer, or may have, and another has not. */
export const OpenSend = z
  .object({
    sendId: z.uuid(),
    title: z.string(),
    scriptId: z.uuid().nullable(),
    reminderId: z.uuid().nullable(),
    parts: z.array(PartState),
  })
  .meta({ id: 'OpenSend' })
export type OpenSend = z.infer<typeof OpenSend>

export const OpenSends = z.object({ sends: z.array(Send) })
export type OpenSends = z.infer<typeof OpenSends>

/** The final words, exactly as they will stand in the chat: no variable may be left in them. */
export const SendDraft = z.strictObject({
  title: z.string().trim().min(1).max(60),
  parts: z.array(ScriptPart).min(1).max(9),
  script: z.strictObject({ scriptId: z.uuid(), version: z.number().int() }).nullable().default(null),
  reminderId: z.uuid().nullable().default(null),
  engravingId: z.uuid().optional().meta({ description: '连图一起发：这份刻字的图是第一条，文字跟在后面' }),
  client: Client.optional(),
  ...contactClaims,
})
export type SendDraft = z.infer<typeof SendDraft>

/** What has become known since the last time; whatever is left out stays as it is. */
export const PartResults = z
  .strictObject({
    results: z
      .array(
        z.strictObject({
          index: z.number().int().min(0).max(9),
          outcome: PartOutcome,
          reason: z.string().max(200).nullable().default(null),
          attempt: z.uuid().optional().meta({
            description: '说的是哪一次；这一条后来又发过，就只听「发到了」。不带：说的是这一条本身',
          }),
        }),
      )
      .max(10)
      .default([]),
    next: z
      .number()
      .int()
      .min(0)
      .max(9)
      .optional()
      .meta({ description: '马上要交给企业微信的那一条；先记下，再发出' }),
    attempt: z
      .uuid()
      .optional()
      .meta({ description: '马上要发的这一次；以后说它发得怎样时带上。第一条的第一次就是 sendId' }),
    again: z
      .boolean()
      .optional()
      .meta({ description: '这一条不确定发出没有，导购看过聊天，里面没有，要再发' }),
    stop: z.boolean().optional().meta({ description: '剩下的不发了' }),
    ...contactClaims,
  })
  .refine(({ results, next, stop }) => results.length > 0 || next !== undefined || stop === true, {
    message: '没有说发得怎样',
  })
  .refine(({ next, stop }) => next === undefined || !stop, { message: '不发了就没有下一条' })
export type PartResults = z.infer<typeof PartResults>

const SendParams = { sendId: z.uuid() }
const OpenOnly = z.object({ open: z.literal('1') })

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

export const listOpenSends = endpoint({
  id: 'listOpenSends',
  method: 'get',
  path: '/customers/{externalUserId}/sends',
  summary: '我发给她、还没发完的，新的在前',
  params: CustomerParams,
  query: OpenOnly,
  answer: OpenSends,
  status: 200,
})

export const getSend = endpoint({
  id: 'getSend',
  method: 'get',
  path: '/customers/{externalUserId}/sends/{sendId}',
  summary: '发给她的一次，同事发的也在内：当时的原文，和每一条发得怎样',
  params: CustomerParams.extend(SendParams),
  answer: Send,
  status: 200,
})

export const finishSend = endpoint({
  id: 'finishSend',
  method: 'patch',
  path: '/customers/{externalUserId}/sends/{sendId}',
  summary: '记下每一条发得怎样，和马上要发哪一条',
  params: CustomerParams.extend(SendParams),
  body: PartResults,
  answer: Send,
  status: 200,
  idempotency: 'accepted',
  problems: ['state_conflict', 'limit_reached'],
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
  problems: ['limit_reached'],
})

export const listOpenGroupSends = endpoint({
  id: 'listOpenGroupSends',
  method: 'get',
  path: '/groups/{chatId}/sends',
  summary: '我发到这个群、还没发完的，新的在前',
  params: GroupParams,
  query: OpenOnly,
  answer: OpenSends,
  status: 200,
})

export const finishGroupSend = endpoint({
  id: 'finishGroupSend',
  method: 'patch',
  path: '/groups/{chatId}/sends/{sendId}',
  summary: '记下群里每一条发得怎样，和马上要发哪一条',
  params: GroupParams.extend(SendParams),
  body: PartResults,
  answer: Send,
  status: 200,
  idempotency: 'accepted',
  problems: ['state_conflict', 'limit_reached'],
})
