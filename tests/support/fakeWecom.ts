import type {
  WecomAgent,
  WecomBrake,
  WecomClient,
  WecomContactWay,
  WecomContactWayDraft,
  WecomDepartment,
  WecomFollow,
  WecomGroupChat,
  WecomMember,
  WecomTagGroup,
  WecomTransferResult,
  WecomUnassigned,
  WecomVisitor,
} from '../../server/wecom/client.ts'
import { WecomError } from '../../server/wecom/errors.ts'
import { TEST_NOW } from './make.ts'

type Verb = Exclude<keyof WecomClient, 'close' | 'skewMs' | 'stats'>

export interface FakeCall {
  verb: Verb
  args: unknown[]
}

/** WeCom at our door: what it holds is set by the test, what it was asked can be read, each verb can be made to fail. */
export interface FakeWecom extends WecomClient {
  calls: FakeCall[]
  callsOf(verb: Verb): unknown[][]
  /** The next `times` calls of a verb (default: all from now on) end with this. */
  fail(verb: Verb, error: WecomError, times?: number): void
  /** Runs before each call; for waiting, cutting off, changing things in the middle. */
  before: ((call: FakeCall) => Promise<void>) | undefined

  agent: WecomAgent
  departments: WecomDepartment[]
  members: WecomMember[]
  followUserIds: string[]
  follows: WecomFollow[]
  tagGroups: WecomTagGroup[]
  groupChats: WecomGroupChat[]
  /** code → userid; a code is good once */
  codes: Map<string, string | undefined>
  /** the same of people from outside */
  visitors: Map<string, WecomVisitor | undefined>
  tickets: { corp: string; agent: string }
  /** members a notice does not reach */
  unreachable: string[]
  /** external user id → errcode of her transfer; absent: it has started */
  transferRefusals: Map<string, number>
  transferResults: WecomTransferResult[]
  unassigned: WecomUnassigned[]
  callbackIps: string[]
  skew: number | undefined
  /** ways by their config id, with what was asked for them */
  contactWays: Map<string, WecomContactWayDraft & WecomContactWay>
  brakes: WecomBrake[]
  pageSize: number
}

/** A member with sensible defaults. */
export const aMember = (userId: string, given: Partial<WecomMember> = {}): WecomMember => ({
  userId,
  name: given.name ?? userId,
  departmentIds: [1],
  mainDepartmentId: 1,
  leadsDepartmentIds: [],
  status: 'active',
  ...given,
})

/** A member's customer with sensible defaults. */
export const aFollow = (
  userId: string,
  externalUserId: string,
  given: Partial<Omit<WecomFollow, 'customer' | 'userId'>> & {
    customer?: Partial<WecomFollow['customer']>
  } = {},
): WecomFollow => ({
  remark: null,
  description: null,
  addedAt: new Date('2026-03-02T03:00:00Z'),
  tagIds: [],
  mobiles: [],
  addWay: 1,
  channel: null,
  ...given,
  userId,
  customer: {
    externalUserId,
    name: '林婉清',
    avatarUrl: null,
    kind: 1,
    gender: 2,
    corpName: null,
    ...given.customer,
  },
})

export function createFakeWecom(): FakeWecom {
  const failures: { verb: Verb; error: WecomError; times: number }[] = []
  const used = new Set<string>()
  let waysMade = 0

  async function asked<T>(verb: Verb, args: unknown[], answer: () => T): Promise<T> {
    const call = { verb, args }
    fake.calls.push(call)
    await fake.before?.(call)
    const failure = failures.find(each => each.verb === verb && each.times > 0)
    if (failure) {
      failure.times--
      throw failure.error
    }
    return answer()
  }
  const pageOf = <T>(all: T[], cursor: string) => {
    const from = cursor === '' ? 0 : Number(cursor)
    const to = from + fake.pageSize
    return { items: all.slice(from, to), nextCursor: to < all.length ? String(to) : '' }
  }
  const refuse = (api: string, errcode: number): never => {
    throw new WecomError(api, { errcode })
  }

  const fake: FakeWecom = {
    calls: [],
    callsOf: verb => fake.calls.filter(call => call.verb === verb).map(call => call.args),
    fail: (verb, error, times = Infinity) => void failures.push({ verb, error, times }),
    before: undefined,

    agent: {
      name: '导购侧边栏',
      userIds: [],
      departmentIds: [1],
      homeUrl: '',
      redirectDomain: '',
      isClosed: false,
    },
    departments: [{ id: 1, name: '云锦珠宝', parentId: 0 }],
    members: [],
    followUserIds: [],
    follows: [],
    tagGroups: [],
    groupChats: [],
    codes: new Map(),
    visitors: new Map(),
    tickets: { corp: 'corp-ticket', agent: 'agent-ticket' },
    unreachable: [],
    transferRefusals: new Map(),
    transferResults: [],
    unassigned: [],
    callbackIps: [],
    contactWays: new Map(),
    skew: 0,
    brakes: [],
    pageSize: 100,

    findLoginUser: code =>
      asked('findLoginUser', [code], () => {
        if (used.has(code)) refuse('auth/getuserinfo', 42022)
        if (!fake.codes.has(code)) refuse('auth/getuserinfo', 40029)
        used.add(code)
        return fake.codes.get(code)
      }),
    findVisitor: code =>
      asked('findVisitor', [code], () => {
        if (used.has(code)) refuse('auth/getuserinfo', 42022)
        if (!fake.visitors.has(code)) refuse('auth/getuserinfo', 40029)
        used.add(code)
        return fake.visitors.get(code)
      }),
    getMember: userId =>
      asked(
        'getMember',
        [userId],
        () =>
          fake.members.find(member => member.userId.toLowerCase() === userId.toLowerCase()) ??
          refuse('user/get', 60111),
      ),
    getTicket: (kind, wanted) =>
      asked('getTicket', [kind, wanted], () => ({ value: fake.tickets[kind], fetchedAt: TEST_NOW })),
    getAgent: () => asked('getAgent', [], () => fake.agent),
    listDepartments: () => asked('listDepartments', [], () => fake.departments),
    listDepartmentUserIds: id =>
      asked('listDepartmentUserIds', [id], () =>
        fake.members.filter(member => member.departmentIds.includes(id)).map(({ userId }) => userId),
      ),
    listFollowUserIds: () => asked('listFollowUserIds', [], () => fake.followUserIds),
    listFollows: (userId, cursor) =>
      asked('listFollows', [userId, cursor], () => {
        const { items, nextCursor } = pageOf(
          fake.follows.filter(follow => follow.userId === userId),
          cursor,
        )
        return { follows: items, nextCursor }
      }),
    getCustomer: externalUserId =>
      asked('getCustomer', [externalUserId], () => {
        const follows = fake.follows.filter(({ customer }) => customer.externalUserId === externalUserId)
        const customer = follows[0]?.customer ?? refuse('externalcontact/get', 84061)
        return { customer, follows }
      }),
    remark: change => asked('remark', [change], () => undefined),
    listTagGroups: () => asked('listTagGroups', [], () => fake.tagGroups),
    markTag: change => asked('markTag', [change], () => undefined),
    listGroupChatIds: (owners, cursor) =>
      asked('listGroupChatIds', [owners, cursor], () => ({
        chatIds: fake.groupChats.filter(chat => owners.includes(chat.ownerUserId)).map(chat => chat.chatId),
        nextCursor: '',
      })),
    getGroupChat: chatId =>
      asked(
        'getGroupChat',
        [chatId],
        () =>
          fake.groupChats.find(chat => chat.chatId === chatId) ??
          refuse('externalcontact/groupchat/get', 86001),
      ),
    sendNotice: notice =>
      asked('sendNotice', [notice], () => ({
        invalidUserIds: notice.userIds.filter(userId => fake.unreachable.includes(userId)),
      })),
    transferCustomers: transfer =>
      asked('transferCustomers', [transfer], () =>
        transfer.externalUserIds.map(externalUserId => ({
          externalUserId,
          errcode: fake.transferRefusals.get(externalUserId) ?? 0,
        })),
      ),
    listTransferResults: given =>
      asked('listTransferResults', [given], () => {
        const { items, nextCursor } = pageOf(fake.transferResults, given.cursor)
        return { results: items, nextCursor }
      }),
    listUnassigned: cursor => asked('listUnassigned', [cursor], () => pageOf(fake.unassigned, cursor)),
    listCallbackIps: () => asked('listCallbackIps', [], () => fake.callbackIps),
    uploadMedia: media => asked('uploadMedia', [media], () => `media-${fake.callsOf('uploadMedia').length}`),
    addContactWay: draft =>
      asked('addContactWay', [draft], () => {
        const configId = `config-${++waysMade}`
        const way = { ...draft, configId, qrCodeUrl: `https://wework.qpic.cn/wwpic/${configId}` }
        fake.contactWays.set(configId, way)
        return { configId, qrCodeUrl: way.qrCodeUrl }
      }),
    updateContactWay: (configId, draft) =>
      asked('updateContactWay', [configId, draft], () => {
        const way = fake.contactWays.get(configId) ?? refuse('externalcontact/update_contact_way', 41044)
        fake.contactWays.set(configId, { ...way, ...draft })
      }),
    deleteContactWay: configId =>
      asked('deleteContactWay', [configId], () => void fake.contactWays.delete(configId)),
    findContactWay: (state, made) =>
      asked('findContactWay', [state, made], () => {
        const found = [...fake.contactWays.values()].find(way => way.state === state)
        return found && { configId: found.configId, qrCodeUrl: found.qrCodeUrl }
      }),
    sendWelcome: welcome => asked('sendWelcome', [welcome], () => undefined),
    skewMs: () => fake.skew,
    listBrakes: () => asked('listBrakes', [], () => fake.brakes),
    stats: () => [],
    close: () => undefined,
  }
  return fake
}
