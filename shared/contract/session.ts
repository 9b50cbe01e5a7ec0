import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { UserId } from './ids.ts'
import { CivilDay, Instant } from './time.ts'

export const Role = z.enum(['guide', 'manager', 'admin'])
export type Role = z.infer<typeof Role>

export const JssdkSignature = z.object({
  timestamp: z.number().int().meta({ description: '秒' }),
  nonceStr: z.string(),
  signature: z.string().length(40),
})
export type JssdkSignature = z.infer<typeof JssdkSignature>

/** Both signatures of one page URL (without `#…`): `corp` for config, `agent` for agentConfig (应用身份). */
export const JssdkSignatures = z.object({ url: z.url(), corp: JssdkSignature, agent: JssdkSignature })
export type JssdkSignatures = z.infer<typeof JssdkSignatures>

/** How far the first pull from WeCom is; customers may be missing until it is `done`. */
export const ImportProgress = z.object({
  state: z.enum(['waiting', 'running', 'done', 'stopped']),
  doneStaff: z.number().int(),
  totalStaff: z.number().int(),
  customers: z.number().int(),
  /** Why it stopped, in words for a person. */
  reason: z.string().nullable(),
})
export type ImportProgress = z.infer<typeof ImportProgress>

/** What scripts may say of a store, as an admin noted it. */
export const Store = z.object({
  name: z.string(),
  address: z.string().nullable(),
  hours: z.string().nullable().meta({ description: '营业时间，如「每天 10:00–22:00」' }),
  phone: z.string().nullable(),
})
export type Store = z.infer<typeof Store>

export const Session = z
  .object({
    staff: z.object({ userId: z.string(), name: z.string(), role: Role, store: Store.nullable() }),
    corp: z.object({ corpId: z.string(), agentId: z.string(), name: z.string(), timeZone: z.string() }),
    today: CivilDay,
    now: Instant,
    import: ImportProgress,
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>

/** What the document carries in its JSON script tag (`#boot`): no request is needed before the card. */
export interface Boot {
  session: Session
  signatures: JssdkSignatures | null
  /**
   * 32 bytes, base64url: seals what the page keeps on the device (drafts, catalogues). The same for every session of one
   * member, another one for everybody else. Absent where the page had to ask for its session.
   */
  deviceKey?: string
}

export const getSession = endpoint({
  id: 'getSession',
  method: 'get',
  path: '/session',
  summary: '我是谁',
  answer: Session,
  status: 200,
})

export const endSession = endpoint({
  id: 'endSession',
  method: 'delete',
  path: '/session',
  summary: '退出登录',
  status: 204,
})

/** One live session of a member, by a name that opens nothing. */
export const Device = z
  .object({
    sessionId: z.uuid(),
    since: Instant,
    lastUsedAt: Instant.meta({ description: '最近用过的时候，五分钟内不重复记' }),
    app: z.enum(['wecom', 'wechat', 'browser', 'other']),
    platform: z.enum(['android', 'ios', 'windows', 'mac', 'harmony', 'other']),
    isThis: z.boolean().meta({ description: '就是正在用的这一台' }),
  })
  .meta({ id: 'Device' })
export type Device = z.infer<typeof Device>

export const listDevices = endpoint({
  id: 'listDevices',
  method: 'get',
  path: '/session/devices',
  summary: '我在哪些设备上登录着',
  answer: z.object({ devices: z.array(Device) }),
  status: 200,
})

export const endDevice = endpoint({
  id: 'endDevice',
  method: 'delete',
  path: '/session/devices/{sessionId}',
  summary: '退出我的一台设备',
  params: z.object({ sessionId: z.uuid() }),
  status: 204,
})

export const endOtherDevices = endpoint({
  id: 'endOtherDevices',
  method: 'delete',
  path: '/session/devices',
  summary: '退出我的其他所有设备',
  answer: z.object({ ended: z.number().int() }),
  status: 200,
})

export const listDevicesOf = endpoint({
  id: 'listDevicesOf',
  method: 'get',
  path: '/staff/{userId}/sessions',
  summary: '一位成员在哪些设备上登录着；管理员',
  params: z.object({ userId: UserId }),
  answer: z.object({ devices: z.array(Device) }),
  status: 200,
  problems: ['forbidden'],
})

export const endSessionsOf = endpoint({
  id: 'endSessionsOf',
  method: 'delete',
  path: '/staff/{userId}/sessions',
  summary: '让一位成员在所有设备上退出；管理员',
  params: z.object({ userId: UserId }),
  answer: z.object({ ended: z.number().int() }),
  status: 200,
  problems: ['forbidden'],
})

export const getJssdkSignature = endpoint({
  id: 'getJssdkSignature',
  method: 'get',
  path: '/jssdk/signature',
  summary: '为本应用的一个页面地址签名',
  query: z.object({ url: z.url().max(2048) }),
  limited: 'jsapi',
  answer: JssdkSignatures,
  status: 200,
  problems: ['wecom_error', 'wecom_timeout', 'wecom_unavailable'],
})
