import * as ww from '@wecom/jssdk'
import type { Client, SendPart } from '../../shared/contract/sends.ts'
import type { Boot, JssdkSignatures } from '../../shared/contract/session.ts'

/** From where the page was opened (`wecom/jssdk.md` §5.1); whatever we do not know counts as `normal`. */
export type Entry =
  | 'single_chat_tools'
  | 'contact_profile'
  | 'single_kf_tools'
  | 'group_chat_tools'
  | 'chat_attachment'
  | 'normal'

/** Who is in view. `canSend`: whether messages can be posted into this very chat. */
export type Contact =
  | { kind: 'customer'; externalUserId: string; canSend: boolean }
  | { kind: 'group'; chatId: string; canSend: boolean }
  | { kind: 'elsewhere'; entry: Entry }

/** How one message ended. `unknown`: the client never answered, so nobody knows. */
export type SendResult = 'ok' | 'cancelled' | 'unknown' | { failed: string }
export type ActResult = 'ok' | 'cancelled' | 'unknown' | { failed: string }

/** The client did not answer in time. */
export class BridgeSilent extends Error {
  constructor(what: string) {
    super(`${what}: no answer`)
    this.name = 'BridgeSilent'
  }
}

/** The client refused; `reason` is its own text, e.g. `getCurExternalContact:no permission`. */
export class BridgeRefused extends Error {
  declare readonly reason: string
  constructor(reason: string) {
    super(reason)
    this.name = 'BridgeRefused'
    this.reason = reason
  }
}

/** Longest wait for a read; agentConfig alone was seen to take 4 s. */
export const READ_TIMEOUT_MS = 8_000
/** Longest wait for a send: the client may ask the guide first. */
export const SEND_TIMEOUT_MS = 30_000
/** Longest wait for a scan: somebody holds a phone before a phone. */
export const SCAN_TIMEOUT_MS = 120_000

const APIS = [
  'getContext',
  'getCurExternalContact',
  'getCurExternalChat',
  'sendChatMessage',
  'openEnterpriseChat',
  'scanQRCode',
]

/** Whether the page runs inside WeCom at all (by its user agent). */
export const isInWecom = (): boolean => ww.env.isWeCom

let signaturesAreStale = false

/**
 * Registers the SDK for this page. The signatures of the document are used as long as they are for this very address and
 * the client takes them; otherwise fresh ones are fetched.
 */
export function register(boot: Boot, fetchSignatures: (url: string) => Promise<JssdkSignatures>): void {
  const { corpId, agentId } = boot.session.corp
  let fresh: Promise<JssdkSignatures> | undefined
  const signaturesFor = (url: string): Promise<JssdkSignatures> => {
    if (!signaturesAreStale && boot.signatures?.url === url) return Promise.resolve(boot.signatures)
    // Both signatures are asked for at once; one request answers both.
    fresh ??= fetchSignatures(url).finally(() => (fresh = undefined))
    return fresh
  }
  ww.register({
    corpId,
    agentId,
    jsApiList: APIS,
    getConfigSignature: async url => (await signaturesFor(url)).corp,
    getAgentConfigSignature: async url => (await signaturesFor(url)).agent,
  })
}

/** The text of whatever the SDK rejected with: a plain object `{errMsg}`, an Error, or something else. */
function reasonOf(rejected: unknown): string {
  if (rejected instanceof Error) return rejected.message
  if (typeof rejected === 'object' && rejected !== null && 'errMsg' in rejected)
    return String(rejected.errMsg)
  return String(rejected)
}

function withTimeout<T>(what: string, promise: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new BridgeSilent(what)), milliseconds)
    promise.then(
      found => {
        clearTimeout(timer)
        resolve(found)
      },
      (rejected: unknown) => {
        clearTimeout(timer)
        reject(new BridgeRefused(reasonOf(rejected)))
      },
    )
  })
}

/** Calls the client; a refused agentConfig is tried once more with fresh signatures. */
async function ask<T>(what: string, call: () => Promise<T>, milliseconds = READ_TIMEOUT_MS): Promise<T> {
  try {
    return await withTimeout(what, call(), milliseconds)
  } catch (error) {
    if (!(error instanceof BridgeRefused && /agentConfig|Aborted/i.test(error.reason))) throw error
    signaturesAreStale = true
    return await withTimeout(what, call(), milliseconds)
  }
}

function entryOf(entry: string): Entry {
  switch (entry) {
    case 'single_chat_tools':
    case 'contact_profile':
    case 'single_kf_tools':
    case 'group_chat_tools':
    case 'chat_attachment':
      return entry
    default:
      return 'normal'
  }
}

const canSendFrom = (entry: Entry) => entry !== 'normal' && entry !== 'contact_profile'

/**
 * Who is in view right now; asks the client every time.
 * @throws BridgeSilent without an answer in time, BridgeRefused when the client says no to a chat it is in.
 */
export async function currentContact(): Promise<Contact> {
  // The id is asked for beside the entry: nearly always a customer is in view, and it saves a trip through the client.
  const customer = ask('getCurExternalContact', () => ww.getCurExternalContact()).then(
    answer => answer.userId,
    (error: unknown) => error,
  )
  const entry = entryOf(String((await ask('getContext', () => ww.getContext())).entry))
  if (entry === 'group_chat_tools') {
    const { chatId } = await ask('getCurExternalChat', () => ww.getCurExternalChat())
    return { kind: 'group', chatId, canSend: true }
  }
  if (entry === 'normal' || entry === 'chat_attachment') return { kind: 'elsewhere', entry }
  const found = await customer
  if (typeof found === 'string' && found !== '')
    return { kind: 'customer', externalUserId: found, canSend: canSendFrom(entry) }
  if (found instanceof BridgeRefused && /without context/i.test(found.reason))
    return { kind: 'elsewhere', entry }
  throw found instanceof Error ? found : new BridgeRefused('getCurExternalContact: no id')
}

/** The same chat? `elsewhere` is never the same: nothing may be sent there. */
export function isSameContact(one: Contact | undefined, other: Contact | undefined): boolean {
  if (one?.kind === 'customer' && other?.kind === 'customer')
    return one.externalUserId === other.externalUserId
  return one?.kind === 'group' && other?.kind === 'group' && one.chatId === other.chatId
}

type Message = Parameters<typeof ww.sendChatMessage>[0]

function messageOf(part: SendPart | NewsPart): Message {
  switch (part.kind) {
    case 'text':
      return { msgtype: 'text', text: { content: part.text } }
    case 'news': {
      const { link, title, description: desc, imageUrl } = part
      return { msgtype: 'news', news: { link: link ?? '', title, desc, imgUrl: imageUrl ?? '' } }
    }
    case 'image':
      return { msgtype: 'image', image: { mediaid: part.mediaId ?? '' } }
    case 'video':
      return { msgtype: 'video', video: { mediaid: part.mediaId ?? '' } }
    case 'file':
      return { msgtype: 'file', file: { mediaid: part.mediaId ?? '' } }
    case 'miniprogram': {
      const { appId: appid, title, page } = part
      // Without a picture the client refuses the card: then it carries the shop's own.
      const imgUrl = part.imageUrl ?? `${location.origin}/c/icon.png`
      return { msgtype: 'miniprogram', miniprogram: { appid, title, page, imgUrl } }
    }
  }
}

/** A link card. */
export interface NewsPart {
  kind: 'news'
  title: string
  description: string
  link: string
  imageUrl: string | null
}

async function settled(
  what: string,
  call: () => Promise<unknown>,
  milliseconds?: number,
): Promise<ActResult> {
  try {
    await ask(what, call, milliseconds)
    return 'ok'
  } catch (error) {
    if (error instanceof BridgeSilent) return 'unknown'
    const reason = reasonOf(error)
    return /cancel/i.test(reason) ? 'cancelled' : { failed: reason }
  }
}

/** For so long after the page was hidden a refusal without a reason may come from that, and not from the client. */
const HIDDEN_LATELY_MS = 5_000
let isGoing = false
let hiddenAt = -Infinity
for (const name of ['beforeunload', 'pagehide']) addEventListener(name, () => (isGoing = true))
addEventListener('pageshow', () => (isGoing = false))
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') hiddenAt = performance.now()
  // It has stayed after all.
  else isGoing = false
})

/**
 * What the client answers to a page that is going, or was just hidden, need not be what became of the message: the message may
 * stand in the chat although the call was cut off. There only `ok` is believed.
 */
function believed(result: SendResult): SendResult {
  if (result === 'ok') return result
  if (isGoing) return 'unknown'
  const isBare = typeof result === 'object' && /^(sendChatMessage:)?fail$/.test(result.failed)
  return isBare && performance.now() - hiddenAt < HIDDEN_LATELY_MS ? 'unknown' : result
}

/** Posts one message into the chat in view, whose media WeCom has. Never throws; ask `currentContact` first. */
export async function sendToChat(part: SendPart | NewsPart): Promise<SendResult> {
  // Whoever sends is in front of a page that has stayed.
  isGoing = false
  return believed(
    await settled('sendChatMessage', () => ww.sendChatMessage(messageOf(part)), SEND_TIMEOUT_MS),
  )
}

/** Opens the chat with a customer. */
export const openChat = (externalUserId: string): Promise<ActResult> =>
  settled('openEnterpriseChat', () =>
    ww.openEnterpriseChat({ groupName: '', userIds: [], externalUserIds: [externalUserId] }),
  )

/** What the client's own scanner read; `cancelled` when it was closed, `failed` where there is none or it has no camera. */
export async function scanCode(): Promise<{ text: string } | Exclude<ActResult, 'ok'>> {
  let text = ''
  const result = await settled(
    'scanQRCode',
    async () => {
      const answer = await ww.scanQRCode({ needResult: true })
      text = String(answer.resultStr ?? '')
    },
    SCAN_TIMEOUT_MS,
  )
  if (result !== 'ok') return result
  // What iOS answers in a shape of its own may arrive as nothing.
  return text === '' ? { failed: 'scanQRCode:no result' } : { text }
}

/** Which client this is, as its user agent says (`wecom/jssdk.md` §2, §6); nothing that tells one device from another. */
export function clientHere(): Client {
  const { userAgent, platform, maxTouchPoints } = navigator
  const version = /wxwork\/([\d.]{1,20})/i.exec(userAgent)?.[1] ?? null
  if (/\bAndroid\b/i.test(userAgent)) return { platform: 'android', version }
  const isTablet = /Mac/i.test(platform) && maxTouchPoints > 2
  if (isTablet || /\b(iPhone|iPad|iPod)\b/i.test(userAgent)) return { platform: 'ios', version }
  if (/Win/i.test(platform)) return { platform: 'windows', version }
  return { platform: /Mac/i.test(platform) ? 'mac' : 'other', version }
}
