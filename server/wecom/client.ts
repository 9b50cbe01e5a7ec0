import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { z } from 'zod'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { Db } from '../db/db.ts'
import type { Sealing } from '../sealing.ts'
import { createBrakes } from './brakes.ts'
import { createCredentialsRepository } from './credentials.repository.ts'
import { WecomError } from './errors.ts'
import { createCredential, type CredentialSource, type FetchedCredential } from './token.ts'
import { createTransport, type Transport, type TransportLimits } from './transport.ts'
import * as wire from './wire.ts'

export { isNoMember, WecomError } from './errors.ts'

/** Tries of one call in a row, the first included; what still fails then is the queue's. */
const QUICK_TRIES = 3
const QUICK_WAIT_MS = 200
/** mark_tag and remark answer 45033 above about five at a time (wecom/limits.md). */
const PARALLEL_WRITES = 3

export interface WecomAgent {
  name: string
  userIds: string[]
  departmentIds: number[]
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
export interface WecomTicket {
  value: string
  fetchedAt: Date
}

/** WeCom as the product uses it: our types in, our types out, every failure a WecomError. */
export interface WecomClient {
  /** Who came back from OAuth; undefined for people who are no members. One try: a code is good once. */
  findLoginUser(code: string): Promise<string | undefined>
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
  listTagGroups(): Promise<WecomTagGroup[]>
  /** Safe to repeat. `add` and `remove` are WeCom's tag ids, not both empty. */
  markTag(change: { userId: string; externalUserId: string; add: string[]; remove: string[] }): Promise<void>
  /** One page of the chats owned by these members (≤ 100). */
  listGroupChatIds(ownerUserIds: string[], cursor: string): Promise<{ chatIds: string[]; nextCursor: string }>
  getGroupChat(chatId: string): Promise<WecomGroupChat>
  close(): void
}

export interface WecomClientDeps {
  config: Config['wecom']
  corpId: number
  db: Db
  clock: Clock
  sealing: Sealing
  log: Pick<Logger, 'warn' | 'error'>
  limits?: TransportLimits
}

interface CallOptions {
  query?: Record<string, string>
  body?: unknown
  tries?: number
}

export function createWecomClient(deps: WecomClientDeps): WecomClient {
  const { config, corpId, db, clock, sealing, log } = deps
  const transport = createTransport(config.apiBase, deps.limits)
  const brakes = createBrakes()
  const writes = createLane(PARALLEL_WRITES)
  const repository = createCredentialsRepository(db, corpId)
  const source = (kind: Parameters<typeof createCredential>[0], fetch: () => Promise<FetchedCredential>) =>
    createCredential(kind, { repository, sealing, clock, fetch })

  /** One call, parsed; quick failures are tried again. */
  async function ask<T>(api: string, schema: z.ZodType<T>, options: CallOptions): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      brakes.check(api)
      try {
        return readAnswer(api, schema, await transport.exchange(api, options.query ?? {}, options.body))
      } catch (error) {
        if (!(error instanceof WecomError)) throw error
        brakes.note(error)
        if (error.retry === 'stop' || error.retry === 'breaker')
          log.error({ api, errcode: error.errcode }, 'WeCom refuses our calls')
        if (error.retry !== 'quick' || attempt >= (options.tries ?? QUICK_TRIES)) throw error
        await wait(QUICK_WAIT_MS * 2 ** (attempt - 1) * (0.5 + Math.random()))
      }
    }
  }

  const accessToken = source('access_token', async () => {
    const query = { corpid: config.corpId, corpsecret: config.secret }
    const { access_token, expires_in } = await ask('gettoken', wire.TokenAnswer, { query })
    return { value: access_token, expiresInSeconds: expires_in }
  })

  /** A call with the token; a spent token is fetched anew once and the call made once more. */
  async function call<T>(api: string, schema: z.ZodType<T>, options: CallOptions = {}): Promise<T> {
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
    api: string,
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
      const found = await call('auth/getuserinfo', wire.LoginAnswer, { query: { code }, tries: 1 })
      return found.userid === '' ? undefined : found.userid
    },
    async getMember(userId) {
      return toMember(await call('user/get', wire.MemberAnswer, { query: { userid: userId } }))
    },
    getTicket: (kind, wanted = {}) => tickets[kind].get(wanted),
    async getAgent() {
      const found = await call('agent/get', wire.AgentAnswer, { query: { agentid: config.agentId } })
      return {
        name: found.name,
        userIds: (found.allow_userinfos?.user ?? []).map(({ userid }) => userid),
        departmentIds: found.allow_partys?.partyid ?? [],
      }
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
      await writes(() => call('externalcontact/mark_tag', wire.DoneAnswer, { body }))
    },
    async listGroupChatIds(ownerUserIds, cursor) {
      const body = { status_filter: 0, owner_filter: { userid_list: ownerUserIds }, cursor, limit: 1000 }
      const page = await call('externalcontact/groupchat/list', wire.GroupChatsAnswer, { body })
      return { chatIds: page.group_chat_list.map(({ chat_id }) => chat_id), nextCursor: page.next_cursor }
    },
    async getGroupChat(chatId) {
      const body = { chat_id: chatId, need_name: 0 }
      const { group_chat } = await call('externalcontact/groupchat/get', wire.GroupChatAnswer, { body })
      return {
        chatId: group_chat.chat_id,
        name: group_chat.name,
        ownerUserId: group_chat.owner,
        members: group_chat.member_list.map(({ userid, type }) => ({
          id: userid,
          kind: type === 1 ? 'staff' : 'external',
        })),
      }
    },
    close: () => transport.close(),
  }
}

/** errcode first: failing answers need not have the shape of successful ones. */
function readAnswer<T>(
  api: string,
  schema: z.ZodType<T>,
  answer: Awaited<ReturnType<Transport['exchange']>>,
): T {
  if (typeof answer !== 'object' || answer === null) throw new WecomError(api, { trouble: 'unreadable' })
  const errcode = 'errcode' in answer ? answer.errcode : 0
  if (typeof errcode === 'number' && errcode !== 0) throw new WecomError(api, { errcode })
  const parsed = schema.safeParse(answer)
  // Names of the fields only: values may be secrets or people.
  if (!parsed.success) {
    const fields = parsed.error.issues.map(issue => issue.path.join('.')).join(', ')
    throw new WecomError(api, { trouble: 'unreadable', reason: `unexpected ${fields}` })
  }
  return parsed.data
}

/** At most `width` at a time, the rest in order. */
function createLane(width: number) {
  let free = width
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
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
}

const memberStatus = new Map<number, WecomMember['status']>([
  [1, 'active'],
  [5, 'left'],
])
const toMember = (found: z.output<typeof wire.MemberAnswer>): WecomMember => ({
  userId: found.userid,
  name: found.name === '' ? found.userid : found.name,
  departmentIds: found.department,
  mainDepartmentId: found.main_department,
  leadsDepartmentIds: found.department.filter((_, index) => found.is_leader_in_dept[index] === 1),
  status: memberStatus.get(found.status) ?? 'disabled',
})

type WireFollow = z.output<typeof wire.FollowsAnswer>['external_contact_list'][number]
const toFollow = ({ external_contact: contact, follow_info: follow }: WireFollow): WecomFollow => ({
  customer: {
    externalUserId: contact.external_userid,
    name: contact.name,
    avatarUrl: toAvatarUrl(contact.avatar),
    kind: contact.type === 2 ? 2 : 1,
    gender: contact.gender === 1 || contact.gender === 2 ? contact.gender : 0,
    corpName: emptyToNull(contact.corp_name),
  },
  userId: follow.userid,
  remark: emptyToNull(follow.remark),
  description: emptyToNull(follow.description),
  addedAt: follow.createtime > 0 ? new Date(follow.createtime * 1000) : null,
  tagIds: follow.tag_id,
  mobiles: follow.remark_mobiles.filter(mobile => mobile !== ''),
  addWay: follow.add_way,
  channel: emptyToNull(follow.state),
})

const emptyToNull = (text: string) => (text === '' ? null : text)

/** WeChat's avatar hosts answer https too, and a page under https may not show others. */
const toAvatarUrl = (url: string) =>
  emptyToNull(url.replace(/^http:(?=\/\/[\w.-]+\.(qlogo|qpic)\.cn\/)/, 'https:'))

const toTagGroup = (group: z.output<typeof wire.TagGroupsAnswer>['tag_group'][number]): WecomTagGroup => ({
  groupId: group.group_id,
  name: group.group_name,
  sort: group.order,
  tags: group.tag
    .filter(tag => !tag.deleted)
    .map(({ id, name, order }) => ({ tagId: id, name, sort: order })),
})
