export interface WecomAgent {
  name: string
  userIds: string[]
  departmentIds: number[]
  /** 应用主页; empty when none is set */
  homeUrl: string
  /** 可信域名 of OAuth; empty when none is set */
  redirectDomain: string
  /** an admin has switched the app off */
  isClosed: boolean
}
export interface WecomDepartment {
  id: number
  name: string
  parentId: number
}
export interface WecomMember {
  userId: string
  name: string
  departmentIds: number[]
  mainDepartmentId: number
  /** the departments this member leads */
  leadsDepartmentIds: number[]
  status: 'active' | 'disabled' | 'left'
}
export interface WecomFollow {
  customer: {
    externalUserId: string
    name: string
    avatarUrl: string | null
    /** 1 WeChat, 2 WeCom */
    kind: 1 | 2
    gender: 0 | 1 | 2
    corpName: string | null
  }
  userId: string
  remark: string | null
  description: string | null
  addedAt: Date | null
  tagIds: string[]
  mobiles: string[]
  addWay: number
  /** `state` of the 联系我 code */
  channel: string | null
}
export interface WecomTagGroup {
  groupId: string
  name: string
  /** larger first */
  sort: number
  tags: { tagId: string; name: string; sort: number }[]
}
export interface WecomGroupChat {
  chatId: string
  name: string
  ownerUserId: string
  members: { id: string; kind: 'staff' | 'external' }[]
}
export interface WecomRemark {
  userId: string
  externalUserId: string
  /** ≤ 20 characters */
  remark?: string
  /** ≤ 150 characters */
  description?: string
  /** all of them: they take the place of the former ones, an empty list clears */
  mobiles?: string[]
}
export interface WecomNotice {
  /** ≤ 1000 */
  userIds: string[]
  /** cut at 128 characters */
  title: string
  /** cut at 512 characters; knows `<br>` and `<div class="gray|highlight|normal">` */
  description: string
  url: string
  /** cut at 4 characters */
  buttonText: string
  /** The same notice within this time is dropped by WeCom without a word: default 1800, 14 400 at most. */
  repeatWithinSeconds?: number
}
export interface WecomTransfer {
  fromUserId: string
  toUserId: string
  /** ≤ 100 */
  externalUserIds: string[]
  /** shown to the customer, cut at 200 characters; not for those of people who have left */
  message?: string
  /** the one who hands over has left the corp */
  isResigned: boolean
}
export interface WecomTransferResult {
  externalUserId: string
  /** `full`: the taker has no room for more customers */
  status: 'done' | 'waiting' | 'refused' | 'full' | 'unknown'
  /** only when done */
  takenOverAt: Date | null
}
export interface WecomUnassigned {
  handoverUserId: string
  externalUserId: string
  leftAt: Date
}
/** 联系我 as a QR code that several members share; the type can never be changed, so one member alone has it too. */
export interface WecomContactWayDraft {
  /** who is added by it, 1–100 */
  userIds: string[]
  /** ≤ 30 characters; comes back with everybody who scans it */
  state: string
  /** ≤ 30 characters, only for us */
  remark: string
  /** nobody has to confirm the customer */
  skipVerify: boolean
}
export interface WecomContactWay {
  configId: string
  qrCodeUrl: string
}
export interface WecomWelcome {
  welcomeCode: string
  /** cut at 4000 bytes; may be empty when there is a link */
  text: string
  /** title cut at 128 bytes, description at 512 */
  link: { title: string; description: string; url: string; imageUrl: string } | null
}
export interface WecomMedia {
  kind: 'image' | 'video' | 'file'
  bytes: Uint8Array
  contentType: string
  /** as the chat shows it */
  fileName: string
}
/** What keeps us from calling WeCom. */
export interface WecomBrake {
  /** an endpoint, or `*` for all of them */
  api: string
  errcode: number
  /** our address, when WeCom does not trust it (60020) */
  ip: string | null
  since: Date
  /** closed until then; a refusal of the configuration is asked about again after it */
  until: Date
}
/** One exchange as it ended: WeCom's errcode, or what came instead of one. */
export interface WecomCall {
  api: string
  outcome: number | 'timeout' | 'network' | 'unreadable'
  seconds: number
}
/** How often an endpoint has answered so, by this process since its start. */
export interface WecomCount {
  api: string
  /** 0 success; null when no readable answer came */
  errcode: number | null
  count: number
}
export interface WecomTicket {
  value: string
  fetchedAt: Date
}

/** Who opens a page of ours; `openId` is one person's within the corp, `externalUserId` only that of somebody's customer. */
export type WecomVisitor =
  { kind: 'member'; userId: string } | { kind: 'outsider'; openId: string; externalUserId: string | null }

/** WeCom as the product uses it: our types in, our types out, every failure a WecomError. */
export interface WecomClient {
  /** Who came back from OAuth; undefined for people who are no members. One try: a code is good once. */
  findLoginUser(code: string): Promise<string | undefined>
  /** The same for pages of customers; undefined when WeCom names nobody. One try: a code is good once. */
  findVisitor(code: string): Promise<WecomVisitor | undefined>
  /** @throws WecomError also for members outside the app's range (60011, 60111) */
  getMember(userId: string): Promise<WecomMember>
  /** for `config` (corp) and `agentConfig` (agent) */
  getTicket(kind: 'corp' | 'agent', wanted?: { maxAgeSeconds?: number }): Promise<WecomTicket>
  getAgent(): Promise<WecomAgent>
  listDepartments(): Promise<WecomDepartment[]>
  /** members directly in one department */
  listDepartmentUserIds(departmentId: number): Promise<string[]>
  /** members who may have customers */
  listFollowUserIds(): Promise<string[]>
  /** One page (≤ 100) of a member's customers; `nextCursor` is empty on the last. No customers is an empty page. */
  listFollows(userId: string, cursor: string): Promise<{ follows: WecomFollow[]; nextCursor: string }>
  /**
   * A customer with all of her relations in our range, as they are now.
   * @throws WecomError final: 84061 no friend of anybody, 40096 unknown or nobody's in our range
   */
  getCustomer(externalUserId: string): Promise<{ customer: WecomFollow['customer']; follows: WecomFollow[] }>
  /** Safe to repeat. At least one of remark, description and mobiles. */
  remark(change: WecomRemark): Promise<void>
  listTagGroups(): Promise<WecomTagGroup[]>
  /** Safe to repeat. `add` and `remove` are WeCom's tag ids, not both empty. */
  markTag(change: { userId: string; externalUserId: string; add: string[]; remove: string[] }): Promise<void>
  /** One page of the chats owned by these members (≤ 100). */
  listGroupChatIds(ownerUserIds: string[], cursor: string): Promise<{ chatIds: string[]; nextCursor: string }>
  getGroupChat(chatId: string): Promise<WecomGroupChat>
  /**
   * An app notice with a link (textcard), WeCom's duplicate check on.
   * @returns who did not get it because she is unknown or out of range, spelled as given
   */
  sendNotice(notice: WecomNotice): Promise<{ invalidUserIds: string[] }>
  /**
   * Asks WeCom to hand customers over. Per customer: errcode 0 has started (it takes effect within 24 h), else its refusal.
   * Not tried again after an answer was lost: `mayHaveActed` of the error says so.
   */
  transferCustomers(transfer: WecomTransfer): Promise<{ externalUserId: string; errcode: number }[]>
  /** One page (≤ 1000) of how the transfers between two members went. */
  listTransferResults(asked: {
    fromUserId: string
    toUserId: string
    isResigned: boolean
    cursor: string
  }): Promise<{ results: WecomTransferResult[]; nextCursor: string }>
  /** One page (≤ 1000) of customers whose member has left and whom nobody has taken over. */
  listUnassigned(cursor: string): Promise<{ items: WecomUnassigned[]; nextCursor: string }>
  /**
   * Puts a picture (JPEG or PNG, 6 B to 10 MB), a video (MP4, to 10 MB) or any file (to 20 MB) where messages can name it, for
   * three days, for all apps of the corp.
   * @returns its media id
   */
  uploadMedia(media: WecomMedia): Promise<string>
  /** Not tried again after an answer was lost: `findContactWay` tells whether it was made. */
  addContactWay(draft: WecomContactWayDraft): Promise<WecomContactWay>
  /** Safe to repeat. @throws WecomError final 41044 when WeCom has no such way (any more) */
  updateContactWay(configId: string, draft: WecomContactWayDraft): Promise<void>
  /** Safe to repeat; one that is gone already is fine. */
  deleteContactWay(configId: string): Promise<void>
  /** The way with this state among those made in that time; undefined when there is none. */
  findContactWay(state: string, made: { from: Date; until: Date }): Promise<WecomContactWay | undefined>
  /**
   * Greets a new friend, within 20 s of the event and once per code. One try: what is `quick` may be asked again by the caller.
   * @throws WecomError final: 41050 too late or no such code, 41051 greeted already; `mayHaveActed` when the answer was lost
   */
  sendWelcome(welcome: WecomWelcome): Promise<void>
  /** addresses WeCom's callbacks come from */
  listCallbackIps(): Promise<string[]>
  /** WeCom's clock minus ours (± 1 s) by its last answer; undefined before the first. Negative: our clock is ahead. */
  skewMs(): number | undefined
  /** what all servers together have learned not to call */
  listBrakes(): Promise<WecomBrake[]>
  stats(): WecomCount[]
  close(): void
}
