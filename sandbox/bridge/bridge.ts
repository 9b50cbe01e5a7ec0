import { setTimeout as wait } from 'node:timers/promises'
import type { Device, Entry, World } from '../world/types.ts'
import { BRIDGE_APIS, clientHas } from './apis.ts'
import { readChatMessage } from './chatMessage.ts'
import { conversationPartner, singleConversation } from './conversation.ts'
import { createPageGrants } from './pageGrants.ts'
import { createScanner } from './scanner.ts'
import type { Scanned } from './scanner.ts'

/** One `WeixinJSBridge.invoke`, as the injected script reports it. */
export interface BridgeCall {
  deviceId: string
  /** one page load */
  page: string
  /** client name, e.g. `imagePreview` */
  name: string
  params: Record<string, unknown>
  /** the page's address without `#…` */
  url: string
}

/** `answer` is handed to the page's callback; without it the bridge stays silent. `reason` is for the console only. */
export interface BridgeReply {
  answer?: Record<string, unknown>
  reason?: string
}

/** A call as it is remembered for tests: what was asked and how it ended (`silent` when it was never answered). */
export interface BridgeCallRecord {
  at: number
  name: string
  params: Record<string, unknown>
  url: string
  result: string
  reason?: string
}

/** What the client itself shows beside the page: a scanner, a picture, a profile, a copied text. */
export interface ClientEvent {
  deviceId: string
  name:
    | 'scanQRCode'
    | 'imagePreview'
    | 'previewFile'
    | 'openUserProfile'
    | 'setClipboardData'
    | 'closeWindow'
    | 'openDefaultBrowser'
  params: Record<string, unknown>
}

export interface Bridge {
  /** Decides at once by the device's state, answers after the device's latency. */
  invoke(call: BridgeCall): Promise<BridgeReply>
  /** The next (or the waiting) scanQRCode of this device gets this text; `null` = the member closes the scanner, denied = no camera. */
  scan(deviceId: string, scanned: Scanned): void
  /** newest last, at most 500 per device */
  calls(deviceId: string): BridgeCallRecord[]
  forgetCalls(deviceId: string): void
  onClientEvent(listener: (event: ClientEvent) => void): () => void
}

/** How a call ends: the keyword after `name:` with further fields, or no answer at all. */
interface Outcome {
  keyword: string | undefined
  data?: Record<string, unknown>
  reason?: string
}

const ok = (data?: Record<string, unknown>): Outcome => ({ keyword: 'ok', data })
const refuse = (keyword: string, reason?: string): Outcome => ({ keyword, reason })
const NEVER: Outcome = { keyword: undefined }

const NO_PERMISSION = 'fail_nopermission to execute'
const NO_CONTEXT = 'fail_without context of external contact'
const CALLS_MAX = 500

export function createBridge(world: World): Bridge {
  const grants = createPageGrants(world)
  const scanner = createScanner()
  const records = new Map<string, BridgeCallRecord[]>()
  const listeners = new Set<(event: ClientEvent) => void>()

  function show(device: Device, name: ClientEvent['name'], params: Record<string, unknown>): Outcome {
    for (const listener of listeners) listener({ deviceId: device.id, name, params })
    return ok()
  }

  /** @returns why the call may not run at all */
  function refusal(device: Device, call: BridgeCall): Outcome | undefined {
    const api = BRIDGE_APIS[call.name]
    if (!api || !clientHas(device, call.name)) {
      return refuse('function not exist', `${device.platform} ${device.clientVersion} 没有这个接口`)
    }
    if (api.identity !== 'none' && !grants.allows(call.page, call.url, call.name, api.identity)) {
      return refuse(NO_PERMISSION, 'agentConfig 还没有对这个地址成功，或 jsApiList 里没有它')
    }
    if (api.entries && (!api.entries.includes(device.entry) || !device.conversationId)) {
      return refuse(NO_CONTEXT, `从 ${device.entry} 打开的页面不能调用`)
    }
    if (api.needsCustomerContact && device.entry !== 'single_kf_tools') {
      const member = world.findMember(device.userId)
      if (!member?.hasCustomerContact || !member.inVisibleRange) {
        return refuse('fail no permission', `${device.userId} 没有客户联系权限，或不在应用可见范围`)
      }
    }
    return undefined
  }

  function currentContact(device: Device): Outcome {
    if (device.switches.contact === 'silent') return NEVER
    if (device.switches.contact === 'deny') return refuse('fail no permission', '开关：不给客户身份')
    const partner = conversationPartner(device.conversationId)
    if (device.entry === 'group_chat_tools')
      return partner.chatId ? ok({ chatId: partner.chatId }) : refuse(NO_CONTEXT)
    return partner.externalUserId ? ok({ userId: partner.externalUserId }) : refuse(NO_CONTEXT)
  }

  function sendChatMessage(device: Device, params: Record<string, unknown>): Outcome {
    if (device.entry === 'chat_attachment' && device.platform === 'mac') return refuse('function not exist')
    const body = readChatMessage(world, params)
    if ('refused' in body) return refuse(body.refused, '消息内容不对')
    switch (device.switches.send) {
      case 'silent':
        return NEVER
      case 'cancel':
        return refuse('cancel')
      case 'deny':
        return refuse('permission denied', '开关：不许发送')
      case 'ok':
        world.say({
          conversationId: device.conversationId,
          from: { kind: 'member', id: device.userId },
          via: 'sendChatMessage',
          body,
        })
        return ok()
    }
  }

  function openEnterpriseChat(device: Device, params: Record<string, unknown>): Outcome {
    const chatId = text(params.chatId)
    if (chatId) {
      const group = world.findGroup(chatId)
      if (!group?.members.some(member => member.id === device.userId))
        return refuse('fail', '不在这个客户群里')
      return moveTo(device, `group:${chatId}`, 'group_chat_tools', { chatId })
    }
    const externalUserIds = list(params.externalUserIds)
    const userIds = list(params.userIds).filter(userId => userId !== device.userId)
    const [externalUserId] = externalUserIds
    if (!externalUserId || externalUserIds.length > 1 || userIds.length > 0) {
      return refuse('fail', '沙盒只打开已有的单聊和客户群')
    }
    const status = world.findFollow(device.userId, externalUserId)?.status
    // Who was deleted by the customer, or has yet to confirm her, still has the chat; who deleted her has none.
    if (status === undefined || status === 'removed') {
      return refuse('fail', `${device.userId} 没有这位客户`)
    }
    return moveTo(device, singleConversation(device.userId, externalUserId), 'single_chat_tools')
  }

  function moveTo(
    device: Device,
    conversationId: string,
    entry: Entry,
    data?: Record<string, unknown>,
  ): Outcome {
    world.updateDevice(device.id, { conversationId, entry })
    return ok(data)
  }

  async function scanQRCode(device: Device, params: Record<string, unknown>): Promise<Outcome> {
    show(device, 'scanQRCode', params)
    const scanned = await scanner.next(device.id)
    if (scanned === null) return refuse('cancel')
    if (typeof scanned === 'object') return refuse('permission denied', '没有让企业微信用相机')
    if (params.needResult !== 1) return ok()
    const onIos = JSON.stringify({ scan_code: { scan_type: 'qrcode', scan_result: scanned } })
    return ok({ resultStr: device.platform === 'ios' ? onIos : scanned })
  }

  function configured(device: Device, refusedBecause: string | undefined): Outcome {
    if (device.switches.agentConfig === 'silent') return NEVER
    if (device.switches.agentConfig === 'fail') return refuse('fail', '开关：总是不通过')
    return refusedBecause === undefined ? ok() : refuse('fail', refusedBecause)
  }

  async function run(device: Device, call: BridgeCall): Promise<Outcome> {
    const { name, params, page, url } = call
    switch (name) {
      case 'agentConfig':
        return configured(
          device,
          device.switches.agentConfig === 'verify' ? grants.agentConfig(page, url, params) : undefined,
        )
      case 'preVerifyJSAPI': {
        const refused = grants.corpConfig(page, url, params)
        return refused === undefined ? ok() : refuse('fail', refused)
      }
      case 'checkJsApi':
        return ok({
          checkResult: Object.fromEntries(names(params.jsApiList).map(api => [api, clientHas(device, api)])),
        })
      case 'getContext':
        return ok({ entry: device.entry })
      case 'getCurExternalContact':
      case 'getCurExternalChat':
        return currentContact(device)
      case 'sendChatMessage':
        return sendChatMessage(device, params)
      case 'openEnterpriseChat':
        return openEnterpriseChat(device, params)
      case 'scanQRCode':
        return scanQRCode(device, params)
      case 'hideChatAttachmentMenu':
        return names(params.menuList).join() === 'sendMessage' ? ok() : refuse('fail_invalid menuList')
      case 'getNetworkType':
        return ok({ networkType: 'wifi' })
      case 'setClipboardData':
        return text(params.data) ? show(device, name, params) : refuse('fail_missing arguments')
      case 'openUserProfile':
        return knowsPerson(world, params) ? show(device, name, params) : refuse('fail', '没有这个人')
      case 'imagePreview':
      case 'previewFile':
      case 'openDefaultBrowser':
      case 'closeWindow':
        return show(device, name, params)
      default:
        return ok()
    }
  }

  function record(device: Device, call: BridgeCall, outcome: Outcome): void {
    const { name, params, url } = call
    const kept = records.get(device.id) ?? []
    kept.push({
      at: world.now(),
      name,
      params,
      url,
      result: outcome.keyword ?? 'silent',
      reason: outcome.reason,
    })
    records.set(device.id, kept.slice(-CALLS_MAX))
  }

  return {
    async invoke(call) {
      const device = structuredClone(world.device(call.deviceId))
      const outcome = refusal(device, call) ?? (await run(device, call))
      record(device, call, outcome)
      await wait(device.switches.latencyMs)
      return { answer: answerOf(device, call.name, outcome), reason: outcome.reason }
    },
    scan: (deviceId, scanned) => scanner.give(deviceId, scanned),
    calls: deviceId => records.get(deviceId) ?? [],
    forgetCalls: deviceId => void records.delete(deviceId),
    onClientEvent(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Older clients answer `err_msg` with underscores, newer ones `errMsg` with spaces and a code. */
function answerOf(
  device: Device,
  name: string,
  { keyword, data }: Outcome,
): Record<string, unknown> | undefined {
  if (keyword === undefined) return undefined
  if (device.switches.errorStyle === 'err_msg') return { err_msg: `${name}:${keyword}`, ...data }
  const spaced = keyword === NO_PERMISSION ? 'fail no permission' : keyword.replace(/^fail_/, 'fail ')
  const errCode = keyword === 'ok' ? 0 : spaced.includes('permission') ? 3 : -1
  return { errMsg: `${name}:${spaced}`, errCode, ...data }
}

function knowsPerson(world: World, params: Record<string, unknown>): boolean {
  const id = text(params.userid)
  return Number(params.type) === 1 ? world.findMember(id) !== undefined : world.findCustomer(id) !== undefined
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')
const list = (value: unknown) => text(value).split(';').filter(Boolean)
const names = (value: unknown) =>
  Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : []
