import type { CallbackEvent } from './callbackEvent.ts'
import type { ContactWays } from './contactWays.ts'
import type { ApiLimits } from './limits.ts'

/**
 * The state of the make-believe corp: what WeCom itself would hold. One `World` lives in the sandbox process;
 * the open API, the bridge, the chat window and the control routes all read and change it through these verbs.
 * Field names are ours (camelCase); WeCom's spelling appears only in `openApi/` and `bridge/`.
 */

export interface Corp {
  corpId: string
  name: string
  agentId: number
  secret: string
  /** `host` or `host:port`, compared exactly as WeCom does for OAuth and JS-SDK pages. */
  trustedDomains: string[]
  /** 企业可信IP at the start; absent = everybody may call */
  trustedIps?: string[]
}

export interface Department {
  id: number
  name: string
  parentId: number
  order: number
  /** A shop of the jeweller; the root and the office are not. */
  isStore: boolean
}

export interface Member {
  userId: string
  name: string
  departments: number[]
  mainDepartment: number
  /** Same order as `departments`. */
  isLeaderIn: boolean[]
  position: string
  /** 1 active, 2 disabled, 4 not activated, 5 left */
  status: 1 | 2 | 4 | 5
  inVisibleRange: boolean
  hasCustomerContact: boolean
  /** unix seconds; only for those who left */
  leftAt?: number
}

export interface Customer {
  externalUserId: string
  name: string
  /** 1 WeChat user, 2 WeCom user of another corp */
  type: 1 | 2
  gender: 0 | 1 | 2
  /** Empty, or a path on the sandbox itself. */
  avatar: string
  unionId?: string
  corpName?: string
  corpFullName?: string
  position?: string
}

export interface Follow {
  userId: string
  externalUserId: string
  remark: string
  description: string
  /** unix seconds */
  createdAt: number
  tagIds: string[]
  remarkCompany: string
  mobiles: string[]
  operUserId: string
  addWay: number
  state: string
  /**
   * `removed`: the member deleted the customer; `lost`: the customer deleted the member; `half`: the customer came by a
   * code that asks nobody, and the member has not confirmed yet
   */
  status: 'active' | 'removed' | 'lost' | 'half'
}

export interface Tag {
  id: string
  name: string
  order: number
  createdAt: number
  deleted: boolean
  /** Who made this tag; absent = as its group. */
  madeBy?: 'console' | 'app'
}

export interface TagGroup {
  id: string
  name: string
  order: number
  createdAt: number
  deleted: boolean
  /** An app may edit and delete only what it made itself; console-made groups are read-only to it. */
  madeBy: 'console' | 'app'
  tags: Tag[]
}

export interface CustomerGroup {
  chatId: string
  name: string
  ownerUserId: string
  createdAt: number
  notice: string
  /** type 1 staff, 2 external; `name` only for strangers, whom no member of ours has added. */
  members: { id: string; type: 1 | 2; joinedAt: number; joinScene: 1 | 2 | 3; name?: string }[]
  /** times it was given to another owner through the API, unix seconds */
  handedOverAt?: { kind: Transfer['kind']; at: number; ownerUserId: string }[]
}

/** A customer on the way from one member to another (继承), or one that went it. */
export interface Transfer {
  id: string
  /** from a member at work, or from one who left */
  kind: 'onJob' | 'resigned'
  handoverUserId: string
  takeoverUserId: string
  externalUserId: string
  /** unix seconds */
  startedAt: number
  /** unix seconds: the taker gets the customer then, unless she said something before */
  dueAt: number
  /** `full`: the taker had as many customers as one may have */
  status: 'waiting' | 'done' | 'refused' | 'full'
  /** unix seconds; absent while waiting */
  endedAt?: number
}

/** A message in a conversation: what was typed or what the sidebar sent through the bridge. */
export interface ChatMessage {
  id: string
  /** `single:<userId>:<externalUserId>` or `group:<chatId>` */
  conversationId: string
  from: { kind: 'member' | 'customer'; id: string }
  /** unix milliseconds */
  at: number
  /** `welcome`: send_welcome_msg */
  via: 'typed' | 'sendChatMessage' | 'welcome'
  body:
    | { msgtype: 'text'; content: string }
    | { msgtype: 'image' | 'video' | 'file'; mediaId: string; url: string; filename: string }
    | { msgtype: 'news'; link: string; title: string; desc: string; imgUrl: string }
    | { msgtype: 'miniprogram'; appid: string; title: string; imgUrl: string; page: string }
}

/** One line of the chat list of a member. */
export interface Conversation {
  /** `single:<userId>:<externalUserId>` or `group:<chatId>` */
  id: string
  kind: 'single' | 'group'
  /** external user id or chat id */
  peerId: string
  /** what WeCom shows as title: remark, else the customer's name; or the group's name */
  title: string
  lastMessage?: ChatMessage
}

/** An app notice from message/send, as the member sees it. */
export interface AppMessage {
  id: string
  /** of the send it came from, for a recall */
  msgId?: string
  userId: string
  at: number
  msgtype: string
  /** the message's own object, e.g. `{ content }` or `{ title, description, url }` */
  content: Record<string, unknown>
}

export interface Media {
  mediaId: string
  type: 'image' | 'voice' | 'video' | 'file'
  filename: string
  contentType: string
  bytes: Uint8Array
  /** unix seconds; valid for three days */
  createdAt: number
}

/** One call of the open API, kept (the newest 2,000) so that tests can count and read them. Never holds secrets. */
export interface ApiCall {
  at: number
  api: string
  method: string
  /** what WeCom decided; a caller whose answer was lost has not heard it */
  errcode: number
  /** request body with tokens removed */
  request: unknown
  /** the caller's address */
  ip?: string
  /** how long WeCom worked on it, milliseconds */
  ms?: number
  /** how the answer was lost or delayed, when a fault did that */
  fault?: 'drop' | 'html' | 'http500' | 'slowBody' | 'late'
}

/**
 * What the next calls of one API answer instead of the truth. `api` is a path below /cgi-bin, `externalcontact/*` for
 * all below it, or `*`. `times` counts down; -1 = until cleared.
 */
export interface Fault {
  api: string
  times: number
  /** how probable it is at each call, 0–1; absent = certain */
  rate?: number | undefined
  errcode?: number | undefined
  errmsg?: string | undefined
  /** before anything happens; with `afterEffect` between the effect and the answer; with `slowBody` inside the answer */
  delayMs?: number | undefined
  /** cut the connection, answer HTML, answer HTTP 500, or stop in the middle of the answer */
  break?: 'drop' | 'html' | 'http500' | 'slowBody' | undefined
  /** the call takes effect, and only its answer is lost, wrong or late */
  afterEffect?: boolean | undefined
  /** errcodes of single items (a member, a customer, a chat; `*` = each) in calls that answer item by item */
  partial?: Record<string, number> | undefined
}

export type Entry =
  | 'contact_profile'
  | 'single_chat_tools'
  | 'group_chat_tools'
  | 'chat_attachment'
  | 'single_kf_tools'
  | 'normal'

/**
 * One WeCom client: a browser that opened the chat window, known by its own cookie. Two browsers are two devices,
 * so that tests running side by side do not disturb each other.
 */
export interface Device {
  id: string
  userId: string
  /** conversation in view, or empty (workbench) */
  conversationId: string
  entry: Entry
  platform: 'windows' | 'mac' | 'ios' | 'android'
  /** WeCom client version, e.g. `5.0.11`; decides `function not exist` */
  clientVersion: string
  theme: 'light' | 'dark'
  frame: 'sidebar' | 'phone'
  onChatSwitch: 'reload' | 'samePage'
  switches: BridgeSwitches
}

export interface BridgeSwitches {
  /** how sendChatMessage ends */
  send: 'ok' | 'cancel' | 'deny' | 'silent'
  /** every bridge answer, and every `/api/` request of the app, waits this long, milliseconds */
  latencyMs: number
  /** agentConfig: truthfully verified, always refused, or never answered */
  agentConfig: 'verify' | 'fail' | 'silent'
  /** getCurExternalContact / getCurExternalChat */
  contact: 'ok' | 'deny' | 'silent'
  /** the bridge object is missing altogether (page opened in a plain browser) */
  bridge: 'present' | 'late' | 'absent'
  /** `err_msg` as older clients, `errMsg` as newer ones */
  errorStyle: 'err_msg' | 'errMsg'
}

/** The addresses that matter between the corp and WeCom. */
export interface Network {
  /** 企业可信IP: a caller from elsewhere is refused with 60020; empty = everybody may call */
  trustedIps: string[]
  /** the address every caller seems to come from; absent = that of the socket */
  pretendIp?: string | undefined
  /** what getcallbackip answers */
  callbackIps: string[]
  /** what get_api_domain_ip answers */
  apiIps: string[]
  /** how far the `Date` of WeCom's answers is ahead of the sandbox's clock */
  clockSkewMs: number
}

export interface CallTotal {
  api: string
  errcode: number
  count: number
}

export type WorldEvent =
  | { kind: 'message'; message: ChatMessage }
  | { kind: 'appMessage'; message: AppMessage }
  | { kind: 'device'; device: Device }
  | { kind: 'follow'; userId: string; externalUserId: string }
  | { kind: 'callback'; event: CallbackEvent }
  | { kind: 'recall'; msgId: string }
  | { kind: 'limits' }
  | { kind: 'reset' }

/** Whom a code was issued for, and on which host. */
export type Redeemed = ({ userId: string } | { externalUserId: string }) & { domain: string }

export interface World extends Omit<ContactWays, 'forgetContactWays'> {
  readonly corp: Corp
  departments(): Department[]
  members(): Member[]
  findMember(userId: string): Member | undefined
  findCustomer(externalUserId: string): Customer | undefined
  customers(): Customer[]
  /** every follow of one member, any status, oldest first */
  followsOf(userId: string): Follow[]
  followersOf(externalUserId: string): Follow[]
  findFollow(userId: string, externalUserId: string): Follow | undefined
  tagGroups(): TagGroup[]
  groups(): CustomerGroup[]
  findGroup(chatId: string): CustomerGroup | undefined

  /** Test and window verbs: make a customer with its follow(s), change anything of them. */
  addCustomer(customer: Partial<Customer>, follows: (Partial<Follow> & { userId: string })[]): Customer
  /** one more member for a known customer; a relation that ended is begun anew */
  addFollow(externalUserId: string, follow: Partial<Follow> & { userId: string }): Follow
  updateFollow(userId: string, externalUserId: string, change: Partial<Follow>): Follow
  updateCustomer(externalUserId: string, change: Partial<Customer>): Customer
  updateMember(userId: string, change: Partial<Member>): Member
  addTagGroup(name: string, tags: string[], madeBy: 'console' | 'app', order?: number): TagGroup
  addTag(groupId: string, name: string, madeBy: 'console' | 'app', order?: number): Tag
  updateTagGroup(id: string, change: Partial<Pick<TagGroup, 'name' | 'order'>>): TagGroup
  updateTag(id: string, change: Partial<Pick<Tag, 'name' | 'order'>>): Tag
  /** Marks as deleted and takes them off every customer; a group that lost its last tag goes too. */
  deleteTags(ids: { tagIds: string[]; groupIds: string[] }): void
  addGroup(group: Omit<CustomerGroup, 'chatId' | 'createdAt'>): CustomerGroup
  updateGroup(chatId: string, change: Partial<Omit<CustomerGroup, 'chatId'>>): CustomerGroup
  dismissGroup(chatId: string): void
  wasDismissed(chatId: string): boolean
  /** oldest first */
  transfers(): Transfer[]
  addTransfer(transfer: Omit<Transfer, 'id'>): Transfer
  updateTransfer(id: string, change: Partial<Omit<Transfer, 'id'>>): Transfer
  /** WeCom tells the app, by a callback, what somebody did in a client or in the console */
  raise(event: CallbackEvent): void
  /** every chat a member can open, the one with the newest message first */
  conversationsOf(userId: string): Conversation[]

  messages(conversationId: string): ChatMessage[]
  say(message: Omit<ChatMessage, 'id' | 'at'>): ChatMessage
  appMessages(userId: string): AppMessage[]
  notify(message: Omit<AppMessage, 'id' | 'at'>): AppMessage
  /** takes the notices of one send back from everybody */
  recall(msgId: string): void

  saveMedia(media: Omit<Media, 'mediaId' | 'createdAt'>): Media
  /** undefined when unknown or older than three days */
  findMedia(mediaId: string): Media | undefined
  /** as it still lies in the chats it was sent to; its id opens nothing new after three days */
  readMedia(mediaId: string): Media | undefined
  isExpiredMedia(mediaId: string): boolean

  device(id: string): Device
  updateDevice(
    id: string,
    change: Partial<Omit<Device, 'switches'>> & { switches?: Partial<BridgeSwitches> },
  ): Device

  calls(): ApiCall[]
  recordCall(call: ApiCall): void
  /** how many calls of each API ended with each errcode since the log was cleared, also those no longer kept */
  callTotals(): CallTotal[]
  faults(): Fault[]
  setFaults(faults: Fault[]): void
  /** the fault that applies to this call, if any; consumes one `times` */
  takeFault(api: string): Fault | undefined
  clearCalls(): void
  limits(): ApiLimits
  /** counting begins anew, and nobody stays blocked */
  setLimits(change: Partial<ApiLimits>): ApiLimits
  network(): Network
  setNetwork(change: Partial<Network>): Network

  /** Tokens, tickets, OAuth codes. */
  issueToken(): { token: string; expiresInSeconds: number }
  checkToken(token: string): 'ok' | 'expired' | 'unknown'
  expireTokens(): void
  /** as WeCom may before the time: such a token is not expired but unknown */
  revokeTokens(): void
  ticket(kind: 'corp' | 'agent'): { ticket: string; expiresInSeconds: number }
  /** every ticket of that kind still valid (for signature checks) */
  validTickets(kind: 'corp' | 'agent'): string[]
  /** absent = both kinds */
  expireTickets(kind?: 'corp' | 'agent'): void
  issueCode(userId: string, domain: string): string
  /** the same for somebody from outside: WeChat's silent login on a page of the corp */
  issueOutsiderCode(externalUserId: string, domain: string): string
  /** single use, five minutes */
  redeemCode(code: string): Redeemed | 'unknown' | 'used' | 'expired'

  onEvent(listener: (event: WorldEvent) => void): () => void
  /** Back to the corp as first generated; devices stay but return to their first chat. */
  reset(): void
  /** unix milliseconds of the sandbox's clock (follows CLOCK_FILE) */
  now(): number
}
