import type { Logger } from 'pino'
import type { z } from 'zod'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { Db } from '../db/db.ts'
import { digest, type Sealing } from '../sealing.ts'
import type { WecomApi } from './apis.ts'
import { createBrakesRepository } from './brakes.repository.ts'
import { createBrakes } from './brakes.ts'
import { createCalls, type CallOptions } from './calls.ts'
import { contactWayVerbs } from './contactWays.ts'
import { createCredentialsRepository } from './credentials.repository.ts'
import { WecomError } from './errors.ts'
import {
  cutText,
  pickGiven,
  toAgent,
  toCustomer,
  toFollow,
  toFollowOf,
  toGroupChat,
  toMember,
  toTagGroup,
  toTransferResult,
  toUnassigned,
  toVisitor,
} from './mapping.ts'
import { createSkew } from './skew.ts'
import { createCredential, type CredentialSource, type FetchedCredential } from './token.ts'
import { createTransport, FilePart, type TransportLimits } from './transport.ts'
import type { WecomCall, WecomClient, WecomFollow } from './types.ts'
import * as wire from './wire.ts'

export { isNoMember, WecomError } from './errors.ts'
export type * from './types.ts'

/** mark_tag and remark answer 45033 above about five at a time (wecom/limits.md). */
const PARALLEL_WRITES = 3
/** Most characters of a textcard's parts, and of what a transferred customer is told (wecom/limits.md). */
const NOTICE = { title: 128, description: 512, button: 4 }
const TRANSFER_MESSAGE = 200
/** WeCom's own default and its most for the duplicate check. */
const REPEAT_SECONDS = 1800
const MOST_REPEAT_SECONDS = 4 * 3600

export interface WecomClientDeps {
  config: Pick<Config['wecom'], 'corpId' | 'agentId' | 'secret' | 'apiBase'>
  corpId: number
  db: Db
  clock: Clock
  sealing: Sealing
  log: Pick<Logger, 'warn' | 'error'>
  limits?: TransportLimits
  onCall?: (call: WecomCall) => void
}

export function createWecomClient(deps: WecomClientDeps): WecomClient {
  const { config, corpId, db, clock, sealing, log } = deps
  // What was learned with another secret, or for another app, is not ours: a token of it would hide that this one is wrong.
  const secretMark = digest(`${config.corpId} ${config.agentId} ${config.secret}`)
    .toString('base64url')
    .slice(0, 22)
  const skew = createSkew(clock)
  const transport = createTransport(config.apiBase, { ...deps.limits, onDate: skew.note })
  const brakes = createBrakes({ repository: createBrakesRepository(db, corpId, secretMark), log })
  const { ask, stats } = createCalls({ transport, brakes, log, onCall: deps.onCall })
  const writes = createLane(PARALLEL_WRITES)
  const repository = createCredentialsRepository(db, corpId)
  const source = (kind: Parameters<typeof createCredential>[0], fetch: () => Promise<FetchedCredential>) =>
    createCredential(kind, { repository, sealing: markedSealing(sealing, secretMark), clock, fetch })

  const accessToken = source('access_token', async () => {
    const query = { corpid: config.corpId, corpsecret: config.secret }
    const { access_token, expires_in } = await ask('gettoken', wire.TokenAnswer, { query })
    return { value: access_token, expiresInSeconds: expires_in }
  })

  /** A call with the token; a spent token is fetched anew once and the call made once more. */
  async function call<T>(api: WecomApi, schema: z.ZodType<T>, options: CallOptions = {}): Promise<T> {
    const token = await accessToken.get()
    const withToken = (value: string) => ({ ...options, query: { ...options.query, access_token: value } })
    try {
      return await ask(api, schema, withToken(token.value))
    } catch (error) {
      if (!(error instanceof WecomError) || error.retry !== 'refreshToken') throw error
      await accessToken.spend(token.generation)
      const next = await accessToken.get({ after: token.generation })
      return ask(api, schema, withToken(next.value))
    }
  }

  const ticketSource = (
    kind: 'corp_ticket' | 'agent_ticket',
    api: WecomApi,
    query: Record<string, string>,
  ): CredentialSource =>
    source(kind, async () => {
      const { ticket, expires_in } = await call(api, wire.TicketAnswer, { query })
      return { value: ticket, expiresInSeconds: expires_in }
    })
  const tickets = {
    corp: ticketSource('corp_ticket', 'get_jsapi_ticket', {}),
    agent: ticketSource('agent_ticket', 'ticket/get', { type: 'agent_config' }),
  }

  return {
    async findLoginUser(code) {
      const found = await call('auth/getuserinfo', wire.LoginAnswer, { query: { code } })
      return found.userid === '' ? undefined : found.userid
    },
    async findVisitor(code) {
      return toVisitor(await call('auth/getuserinfo', wire.LoginAnswer, { query: { code } }))
    },
    async getMember(userId) {
      return toMember(await call('user/get', wire.MemberAnswer, { query: { userid: userId } }))
    },
    getTicket: (kind, wanted = {}) => tickets[kind].get(wanted),
    async getAgent() {
      return toAgent(await call('agent/get', wire.AgentAnswer, { query: { agentid: config.agentId } }))
    },
    async listDepartments() {
      const { department } = await call('department/list', wire.DepartmentsAnswer)
      return department.map(({ id, name, parentid }) => ({ id, name, parentId: parentid }))
    },
    async listDepartmentUserIds(departmentId) {
      const query = { department_id: String(departmentId) }
      const { userlist } = await call('user/simplelist', wire.MembersAnswer, { query })
      return userlist.map(({ userid }) => userid)
    },
    async listFollowUserIds() {
      return (await call('externalcontact/get_follow_user_list', wire.FollowUsersAnswer)).follow_user
    },
    async listFollows(userId, cursor) {
      try {
        const body = { userid_list: [userId], cursor, limit: 100 }
        const page = await call('externalcontact/batch/get_by_user', wire.FollowsAnswer, { body })
        return { follows: page.external_contact_list.map(toFollow), nextCursor: page.next_cursor }
      } catch (error) {
        // A member without customers is answered by "not friends" [SEC WxJava#1528].
        if (error instanceof WecomError && error.errcode === 84061) return { follows: [], nextCursor: '' }
        throw error
      }
    },
    async listTagGroups() {
      const { tag_group } = await call('externalcontact/get_corp_tag_list', wire.TagGroupsAnswer, {
        body: {},
      })
      return tag_group.filter(group => !group.deleted).map(toTagGroup)
    },
    async markTag({ userId, externalUserId, add, remove }) {
      const body = { userid: userId, external_userid: externalUserId, add_tag: add, remove_tag: remove }
      await writes(externalUserId, () => call('externalcontact/mark_tag', wire.DoneAnswer, { body }))
    },
    async listGroupChatIds(ownerUserIds, cursor) {
      const body = { status_filter: 0, owner_filter: { userid_list: ownerUserIds }, cursor, limit: 1000 }
      const page = await call('externalcontact/groupchat/list', wire.GroupChatsAnswer, { body })
      return { chatIds: page.group_chat_list.map(({ chat_id }) => chat_id), nextCursor: page.next_cursor }
    },
    async getGroupChat(chatId) {
      const body = { chat_id: chatId, need_name: 0 }
      return toGroupChat(await call('externalcontact/groupchat/get', wire.GroupChatAnswer, { body }))
    },
    async getCustomer(externalUserId) {
      let customer: WecomFollow['customer'] | undefined
      const follows: WecomFollow[] = []
      let cursor = ''
      do {
        const query = { external_userid: externalUserId, ...(cursor !== '' && { cursor }) }
        const page = await call('externalcontact/get', wire.CustomerAnswer, { query })
        const found = (customer ??= toCustomer(page.external_contact))
        follows.push(...page.follow_user.map(follower => toFollowOf(found, follower)))
        if (page.next_cursor !== '' && page.next_cursor === cursor)
          throw new WecomError('externalcontact/get', {
            trouble: 'unreadable',
            reason: 'the cursor stands still',
          })
        cursor = page.next_cursor
      } while (cursor !== '')
      return { customer, follows }
    },
    async remark({ userId, externalUserId, remark, description, mobiles }) {
      const body = {
        userid: userId,
        external_userid: externalUserId,
        remark,
        description,
        // An empty list leaves the numbers alone; one empty text clears them [D92115].
        remark_mobiles: mobiles?.length === 0 ? [''] : mobiles,
      }
      await writes(externalUserId, () => call('externalcontact/remark', wire.DoneAnswer, { body }))
    },
    async sendNotice({ userIds, title, description, url, buttonText, repeatWithinSeconds }) {
      const body = {
        touser: userIds.join('|'),
        msgtype: 'textcard',
        agentid: Number(config.agentId),
        textcard: {
          title: cutText(title, NOTICE.title),
          description: cutText(description, NOTICE.description),
          url,
          btntxt: cutText(buttonText, NOTICE.button),
        },
        enable_duplicate_check: 1,
        duplicate_check_interval: Math.min(repeatWithinSeconds ?? REPEAT_SECONDS, MOST_REPEAT_SECONDS),
      }
      try {
        const { invaliduser } = await call('message/send', wire.NoticeAnswer, { body })
        return { invalidUserIds: pickGiven(userIds, invaliduser) }
      } catch (error) {
        // Nobody of them can be reached.
        if (error instanceof WecomError && error.errcode === 81013) return { invalidUserIds: userIds }
        throw error
      }
    },
    async transferCustomers({ fromUserId, toUserId, externalUserIds, message, isResigned }) {
      const api = isResigned
        ? 'externalcontact/resigned/transfer_customer'
        : 'externalcontact/transfer_customer'
      const body = {
        handover_userid: fromUserId,
        takeover_userid: toUserId,
        external_userid: externalUserIds,
        ...(message !== undefined &&
          !isResigned && { transfer_success_msg: cutText(message, TRANSFER_MESSAGE) }),
      }
      const { customer } = await call(api, wire.TransferAnswer, { body })
      return customer.map(({ external_userid, errcode }) => ({ externalUserId: external_userid, errcode }))
    },
    async listTransferResults({ fromUserId, toUserId, isResigned, cursor }) {
      const api = isResigned ? 'externalcontact/resigned/transfer_result' : 'externalcontact/transfer_result'
      const body = { handover_userid: fromUserId, takeover_userid: toUserId, cursor }
      const page = await call(api, wire.TransferResultsAnswer, { body })
      return { results: page.customer.map(toTransferResult), nextCursor: page.next_cursor }
    },
    async listUnassigned(cursor) {
      const body = { cursor, page_size: 1000 }
      const page = await call('externalcontact/get_unassigned_list', wire.UnassignedAnswer, { body })
      return { items: page.info.map(toUnassigned), nextCursor: page.is_last ? '' : page.next_cursor }
    },
    ...contactWayVerbs(call),
    async uploadMedia({ kind, bytes, contentType, fileName }) {
      const body = new FilePart('media', fileName, contentType, bytes)
      return (await call('media/upload', wire.MediaAnswer, { query: { type: kind }, body })).media_id
    },
    async listCallbackIps() {
      return (await call('getcallbackip', wire.CallbackIpsAnswer)).ip_list
    },
    skewMs: skew.read,
    listBrakes: brakes.list,
    stats,
    close: () => transport.close(),
  }
}

/** One at a time for each customer, at most `width` in all, the rest in order (45035, 45033). */
function createLane(width: number) {
  let free = width
  const waiting: (() => void)[] = []
  const lastOf = new Map<string, Promise<unknown>>()

  async function whenFree<T>(work: () => Promise<T>): Promise<T> {
    if (free > 0) free--
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }

  return async <T>(externalUserId: string, work: () => Promise<T>): Promise<T> => {
    const former = lastOf.get(externalUserId) ?? Promise.resolve()
    const mine = former.then(() => whenFree(work))
    const ended = mine.then(
      () => undefined,
      () => undefined, // its own caller hears of it; the next one only waits
    )
    lastOf.set(externalUserId, ended)
    try {
      return await mine
    } finally {
      if (lastOf.get(externalUserId) === ended) lastOf.delete(externalUserId)
    }
  }
}

/** Opens only what was sealed under the same mark. */
const markedSealing = (sealing: Sealing, mark: string): Pick<Sealing, 'seal' | 'open'> => ({
  seal: text => sealing.seal(`${mark} ${text}`),
  open(sealed) {
    const text = sealing.open(sealed)
    if (!text.startsWith(`${mark} `)) throw new Error('sealed for another secret')
    return text.slice(mark.length + 1)
  },
})
