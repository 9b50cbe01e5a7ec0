import { z } from 'zod'
import { MAX_WELCOME_LENGTH, unknownWelcomeVariables } from '../rules/welcomeText.ts'
import { endpoint } from './endpoint.ts'
import { TagId, UserId } from './ids.ts'
import { Instant } from './time.ts'

/** WeCom takes no more members on one code. */
export const MAX_CODE_GUIDES = 100

/** A code to add a friend by (联系我): which guides, which tags, which welcome. */
export const ChannelCodeDraft = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(20)
    .meta({ description: '放在哪里、做什么用，如 国贸店收银台；客户看不到' }),
  guideUserIds: z
    .array(UserId)
    .min(1)
    .max(MAX_CODE_GUIDES)
    .meta({ description: '扫码加的是其中一位，企业微信轮流分配' }),
  tagIds: z.array(TagId).max(20).meta({ description: '加上好友后打的标签' }),
  welcomeText: z
    .string()
    .trim()
    .max(MAX_WELCOME_LENGTH)
    .refine(text => unknownWelcomeVariables(text).length === 0, {
      error: ({ input }) => `没有「${unknownWelcomeVariables(String(input)).join('」「')}」这一项`,
    })
    .meta({ description: '欢迎语，可用 {称呼} {导购姓名} {门店}；空的不发' }),
  templateId: z.uuid().nullable().meta({ description: '随欢迎语送的券，每人一生一次' }),
  skipVerify: z.boolean().meta({ description: '客户扫码直接成为好友，不用同事通过' }),
})
export type ChannelCodeDraft = z.infer<typeof ChannelCodeDraft>

export const ChannelCode = z
  .object({
    channelCodeId: z.uuid(),
    name: z.string(),
    guides: z.array(
      z
        .object({
          userId: UserId,
          name: z.string(),
          store: z.string().nullable().meta({ description: '她的门店' }),
          isActive: z.boolean(),
        })
        .meta({ id: 'ChannelGuide' }),
    ),
    tags: z.array(z.object({ tagId: TagId, name: z.string() })),
    welcomeText: z.string(),
    coupon: z
      .object({ templateId: z.uuid(), name: z.string(), isRunning: z.boolean() })
      .nullable()
      .meta({ description: '暂停或停掉的券不会随欢迎语送' }),
    skipVerify: z.boolean(),
    qrCodeUrl: z.string().nullable().meta({ description: '企业微信给的二维码图片；还没建好时没有' }),
    sync: z
      .enum(['pending', 'done', 'refused'])
      .meta({ description: '企业微信那边：正在告诉、已经一样、没有答应' }),
    reason: z.string().nullable().meta({ description: '没有答应的原因' }),
    added: z.number().int().meta({ description: '扫这个码加上的客户' }),
    coupons: z
      .object({ given: z.number().int(), claimed: z.number().int(), redeemed: z.number().int() })
      .nullable()
      .meta({ description: '随欢迎语送出的券；列表里不数' }),
    unwelcomed: z.number().int().meta({ description: '最近 30 天欢迎语没有送到、或不知道送到没有的' }),
    changedBy: z.string().nullable(),
    changedAt: Instant,
    version: z.number().int(),
  })
  .meta({ id: 'ChannelCode' })
export type ChannelCode = z.infer<typeof ChannelCode>

const params = z.object({ channelCodeId: z.uuid() })

export const listChannelCodes = endpoint({
  id: 'listChannelCodes',
  method: 'get',
  path: '/channel-codes',
  summary: '渠道活码：店长看只有自己门店同事的，管理员看全部；新的在前，最多 300 个',
  answer: z.object({ codes: z.array(ChannelCode), total: z.number().int() }),
  status: 200,
  problems: ['forbidden'],
})

export const getChannelCode = endpoint({
  id: 'getChannelCode',
  method: 'get',
  path: '/channel-codes/{channelCodeId}',
  summary: '一个渠道活码',
  params,
  answer: ChannelCode,
  status: 200,
  problems: ['forbidden'],
})

export const addChannelCode = endpoint({
  id: 'addChannelCode',
  method: 'post',
  path: '/channel-codes',
  summary: '新建渠道活码；二维码在企业微信建好后出现',
  body: ChannelCodeDraft,
  answer: ChannelCode,
  status: 201,
  idempotency: 'required',
  problems: ['forbidden', 'limit_reached'],
})

export const changeChannelCode = endpoint({
  id: 'changeChannelCode',
  method: 'put',
  path: '/channel-codes/{channelCodeId}',
  summary: '改渠道活码，印出去的二维码不变',
  params,
  body: ChannelCodeDraft,
  answer: ChannelCode,
  status: 200,
  idempotency: 'accepted',
  versioned: true,
  problems: ['forbidden'],
})

export const removeChannelCode = endpoint({
  id: 'removeChannelCode',
  method: 'delete',
  path: '/channel-codes/{channelCodeId}',
  summary: '删掉渠道活码，印出去的二维码从此失效',
  params,
  status: 204,
  versioned: true,
  problems: ['forbidden'],
})
