import { z } from 'zod'
import { defaultLimits } from '../world/limits.ts'
import type { ApiLimits } from '../world/limits.ts'

/** What the control routes accept; strict, so that a misspelt field is told and not ignored. */

const seconds = z.number().int().nonnegative()
const flag = z.boolean()

export const SwitchesChange = z
  .strictObject({
    send: z.enum(['ok', 'cancel', 'deny', 'silent']),
    latencyMs: z.number().int().min(0).max(120_000),
    agentConfig: z.enum(['verify', 'fail', 'silent']),
    contact: z.enum(['ok', 'deny', 'silent']),
    bridge: z.enum(['present', 'late', 'absent']),
    errorStyle: z.enum(['err_msg', 'errMsg']),
  })
  .partial()

export const DeviceChange = z
  .strictObject({
    userId: z.string().min(1),
    conversationId: z.string(),
    entry: z.enum([
      'contact_profile',
      'single_chat_tools',
      'group_chat_tools',
      'chat_attachment',
      'single_kf_tools',
      'normal',
    ]),
    platform: z.enum(['windows', 'mac', 'ios', 'android']),
    clientVersion: z.string().regex(/^\d+(\.\d+){1,3}$/),
    theme: z.enum(['light', 'dark']),
    frame: z.enum(['sidebar', 'phone']),
    onChatSwitch: z.enum(['reload', 'samePage']),
    switches: SwitchesChange,
  })
  .partial()

const CustomerFields = z.strictObject({
  name: z.string().min(1),
  type: z.union([z.literal(1), z.literal(2)]),
  gender: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  avatar: z.string(),
  unionId: z.string().min(1),
  corpName: z.string(),
  corpFullName: z.string(),
  position: z.string(),
})

export const FollowChange = z
  .strictObject({
    remark: z.string(),
    description: z.string(),
    createdAt: seconds,
    tagIds: z.array(z.string().min(1)),
    remarkCompany: z.string(),
    mobiles: z.array(z.string()),
    operUserId: z.string().min(1),
    addWay: z.number().int().nonnegative(),
    state: z.string(),
    status: z.enum(['active', 'removed', 'lost', 'half']),
  })
  .partial()

export const CustomerChange = CustomerFields.partial()

export const NewCustomer = z.strictObject({
  customer: CustomerFields.extend({ externalUserId: z.string().min(1).max(64) })
    .partial()
    .default({}),
  follows: z.array(FollowChange.extend({ userId: z.string().min(1) })).default([]),
})

export const MemberChange = z
  .strictObject({
    name: z.string().min(1),
    departments: z.array(z.number().int().positive()).min(1),
    mainDepartment: z.number().int().positive(),
    isLeaderIn: z.array(flag),
    position: z.string(),
    status: z.union([z.literal(1), z.literal(2), z.literal(4), z.literal(5)]),
    inVisibleRange: flag,
    hasCustomerContact: flag,
  })
  .partial()

export const NewTagGroup = z.strictObject({
  name: z.string().min(1),
  tags: z.array(z.string().min(1)).min(1),
  madeBy: z.enum(['console', 'app']).default('console'),
  order: z.number().int().nonnegative().default(0),
})

export const Faults = z.array(
  z.strictObject({
    /** path below /cgi-bin, e.g. `externalcontact/get`; `externalcontact/*`; or `*` */
    api: z.string().min(1),
    times: z.number().int().min(-1).default(-1),
    rate: z.number().min(0).max(1).optional(),
    errcode: z.number().int().optional(),
    errmsg: z.string().optional(),
    delayMs: z.number().int().min(0).max(120_000).optional(),
    break: z.enum(['drop', 'html', 'http500', 'slowBody']).optional(),
    afterEffect: flag.optional(),
    partial: z.record(z.string().min(1), z.number().int()).optional(),
  }),
)

const count = z.number().int().nonnegative()
const quotas = z.array(
  z.strictObject({
    api: z.string().min(1),
    per: z.enum(['minute', 'hour', 'day', 'month']),
    most: count,
  }),
)
const limitNames = Object.keys(defaultLimits).filter(name => name !== 'quotas')
/** every number of `defaultLimits`, by its name */
export const LimitsChange = z
  .strictObject({
    ...Object.fromEntries(limitNames.map(name => [name, count])),
    writeMs: count.max(120_000),
    quotas,
  })
  .partial()
  .transform((change): Partial<ApiLimits> => change)

export const NetworkChange = z
  .strictObject({
    trustedIps: z.array(z.union([z.ipv4(), z.ipv6()])),
    /** null = the socket's address again */
    pretendIp: z.union([z.ipv4(), z.ipv6()]).nullable(),
    callbackIps: z.array(z.string()),
    apiIps: z.array(z.string()),
    clockSkewMs: z.number().int(),
  })
  .partial()
  .transform(({ pretendIp, ...change }) => ({
    ...change,
    ...(pretendIp !== undefined && { pretendIp: pretendIp ?? undefined }),
  }))

export const ExpireRequest = z.strictObject({
  what: z.enum(['tokens', 'tickets', 'corpTicket', 'agentTicket', 'all']).default('all'),
  /** `revoke`: WeCom does not know the access tokens any more (40014), instead of calling them expired (42001) */
  how: z.enum(['expire', 'revoke']).default('expire'),
})

export const SayRequest = z.strictObject({
  conversationId: z.string().min(1),
  from: z.strictObject({ kind: z.enum(['member', 'customer']), id: z.string().min(1) }),
  content: z.string().min(1).max(4000),
})
