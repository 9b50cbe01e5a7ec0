import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiRoutes } from '../../sandbox/openApi/openApi.ts'
import { wordsOf } from '../../sandbox/openApi/refusal.ts'
import { createActions } from '../../sandbox/world/actions.ts'
import type { World } from '../../sandbox/world/types.ts'
import { wellKnown } from '../../sandbox/world/wellKnown.ts'
import { createWorld } from '../../sandbox/world/world.ts'
import { jssdkSignature } from '../../server/domains/session/signPage.ts'
import { isNoMember, WecomError } from '../../server/wecom/client.ts'
import type { WecomClient } from '../../server/wecom/client.ts'
import { corp, createOpenApi } from '../sandbox/openApiCaller.ts'
import type { WireAnswer } from '../sandbox/openApiCaller.ts'
import { createTestDb, openWecomClients, SECRET } from '../server/wecom/wecomClients.ts'
import type { TestDb, WecomClients } from '../server/wecom/wecomClients.ts'
import {
  memberIsGone,
  namedCodes,
  retryOfCode,
  signatureVectors,
  wecomEndpoints,
  wrongSignatures,
} from './wecomConformance.ts'
import type { Cast, Shape, WecomEndpoint } from './wecomConformance.ts'

const domain = '127.0.0.1:8788'

function castOf(world: World): Cast {
  const [userId, leaverId] = ['chenlu', 'mahaoran']
  const stranger = world
    .customers()
    .find(({ externalUserId }) => world.followersOf(externalUserId).every(follow => follow.userId !== userId))
  const left = world.followsOf(leaverId).find(({ status }) => status === 'active')
  world.updateMember(leaverId, { status: 5, leftAt: Math.floor(world.now() / 1000) - 3600 })
  return {
    corpId: world.corp.corpId,
    secret: world.corp.secret,
    agentId: world.corp.agentId,
    userId,
    colleagueId: 'zhoumin',
    externalUserId: wellKnown.mia,
    strangerId: stranger!.externalUserId,
    leaverId,
    leftCustomerId: left!.externalUserId,
    tagId: world.tagGroups()[0]!.tags[0]!.id,
    chatId: world.groups()[0]!.chatId,
    code: world.issueCode(userId, domain),
    welcomeCode: welcomeFor(world, userId),
  }
}

/** Somebody new adds the member, and the event brings a code. */
function welcomeFor(world: World, userId: string): string {
  const codes: string[] = []
  const forget = world.onEvent(event => {
    if (event.kind === 'callback' && 'welcomeCode' in event.event) codes.push(event.event.welcomeCode ?? '')
  })
  createActions(world).customerAdds({ userId, customer: { name: '新来的' } })
  forget()
  return codes[0]!
}

const endpointOf = (api: string): WecomEndpoint => {
  const found = wecomEndpoints.find(endpoint => endpoint.api === api)
  if (!found) throw new Error(`the table has no ${api}`)
  return found
}

/** A corp of its own and the endpoint's example in it, the call that must come before it made. */
async function rehearse(endpoint: WecomEndpoint) {
  const sandbox = createOpenApi()
  const cast = castOf(sandbox.world)
  const call = (
    { api, method, needsToken, isUpload }: WecomEndpoint,
    given: Record<string, unknown>,
    how: { method?: string; token?: string } = {},
  ): Promise<WireAnswer> => {
    const parts = Object.entries(given)
    const texts = parts
      .filter(([, value]) => !(value instanceof File))
      .map(([name, value]) => [name, String(value)])
    const token =
      how.token === undefined && needsToken !== false
        ? { access_token: sandbox.world.issueToken().token }
        : how.token
          ? { access_token: how.token }
          : {}
    const inQuery = method === 'GET' || isUpload
    const query = new URLSearchParams({ ...(inQuery ? Object.fromEntries(texts) : {}), ...token })
    const used = how.method ?? method
    const form = new FormData()
    for (const [name, value] of parts) if (value instanceof File) form.set(name, value)
    const json = () => JSON.stringify(method === 'POST' ? given : {})
    const body = used === 'POST' ? { body: isUpload ? form : json() } : {}
    return Promise.resolve(sandbox.app.request(`/${api}?${query}`, { method: used, ...body })).then(
      answer => answer.json() as Promise<WireAnswer>,
    )
  }
  const former = endpoint.after === undefined ? undefined : endpointOf(endpoint.after)
  const before = former ? await call(former, former.example(cast, {})) : {}
  const example = endpoint.example(cast, before)
  return {
    ...sandbox,
    cast,
    example,
    ask: (given: Record<string, unknown>, how?: { method?: string; token?: string }) =>
      call(endpoint, given, how),
  }
}

/** Where an answer is not of the documented shape. */
function mismatches(shape: Shape, value: unknown, path: string): string[] {
  if (typeof shape === 'string') return typeof value === shape ? [] : [`${path} is no ${shape}`]
  if ('optional' in shape) return value === undefined ? [] : mismatches(shape.optional, value, path)
  if ('list' in shape) {
    if (!Array.isArray(value)) return [`${path} is no list`]
    if (value.length === 0 && !shape.mayBeEmpty) return [`${path} shows nothing`]
    return value.flatMap((item, index) => mismatches(shape.list, item, `${path}[${index}]`))
  }
  if (typeof value !== 'object' || value === null) return [`${path} is no object`]
  const fields = value as Record<string, unknown>
  return Object.entries(shape.fields).flatMap(([name, field]) =>
    mismatches(field, fields[name], `${path}.${name}`),
  )
}

/** Parts of a multipart body by name; every one must say its file's name and length. */
const partsOf = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(/form-data; name="(\w+)"; filename="([^"]+)"; filelength=(\d+)/g)].map(
      ([, name = '', fileName]) => [name, fileName],
    ),
  )

const without = (given: Record<string, unknown>, ...names: string[]) =>
  Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name)))

describe.each(wecomEndpoints)('the sandbox’s $api', endpoint => {
  it('answers what is documented', async () => {
    const { ask, example } = await rehearse(endpoint)
    const answer = await ask(example)
    expect(answer).toMatchObject({ errcode: 0, errmsg: endpoint.okText ?? 'ok' })
    expect(mismatches({ fields: endpoint.answer }, answer, endpoint.api)).toEqual([])
    for (const name of endpoint.never ?? []) expect(answer).not.toHaveProperty(name)
  })

  it('is reached by its own method only', async () => {
    const { ask, example } = await rehearse(endpoint)
    const other = endpoint.method === 'GET' ? 'POST' : 'GET'
    expect((await ask(example, { method: other })).errcode).toBe(endpoint.method === 'GET' ? 43001 : 43002)
  })

  if (endpoint.needsToken !== false)
    it('wants a token, a known one that has not expired', async () => {
      const { ask, example, world } = await rehearse(endpoint)
      expect((await ask(example, { token: '' })).errcode).toBe(41001)
      expect((await ask(example, { token: 'invented' })).errcode).toBe(40014)
      const { token } = world.issueToken()
      world.expireTokens()
      expect((await ask(example, { token })).errcode).toBe(42001)
    })

  if (endpoint.required.length > 0)
    it('refuses to do without what is required', async () => {
      for (const name of endpoint.required) {
        const { ask, example } = await rehearse(endpoint)
        const { errcode } = await ask(without(example, name))
        const documented = endpoint.missing?.[name]
        if (documented !== undefined) expect([name, errcode]).toEqual([name, documented])
        // The sheet leaves the code open, but it must be one that nobody repeats.
        else {
          expect([name, errcode]).not.toEqual([name, 0])
          expect([name, new WecomError(endpoint.api, { errcode }).retry]).toEqual([name, 'final'])
        }
      }
    })

  if (endpoint.oneOf)
    it('refuses a change that changes nothing', async () => {
      const { ask, example } = await rehearse(endpoint)
      const { errcode } = await ask(without(example, ...(endpoint.oneOf ?? [])))
      expect([40035, 40058, 40063]).toContain(errcode)
    })

  it.each(endpoint.refusals)('refuses $why', async ({ change, errcodes }) => {
    const { ask, example, cast } = await rehearse(endpoint)
    expect(errcodes).toContain((await ask({ ...example, ...change(cast) })).errcode)
  })

  it('fails on demand with every code documented for it', async () => {
    const { ask, example, world } = await rehearse(endpoint)
    for (const errcode of endpoint.failures) {
      world.setFaults([{ api: endpoint.api, times: 1, errcode }])
      const answer = await ask(example)
      expect(answer.errcode).toBe(errcode)
      expect(answer.errmsg).not.toContain('system error')
    }
  })
})

describe('the sandbox', () => {
  it('has words for every code the facts name, and puts each on any API', async () => {
    const { ask, example, world } = await rehearse(endpointOf('user/get'))
    for (const errcode of namedCodes) {
      expect([errcode, wordsOf(errcode)]).not.toEqual([errcode, 'system error'])
      world.setFaults([{ api: '*', times: 1, errcode }])
      expect((await ask(example)).errcode).toBe(errcode)
    }
  })
})

describe('the client', () => {
  interface Asked {
    api: string
    method: string
    query: Record<string, string>
    text: string
  }
  const asked: Asked[] = []
  let test: TestDb
  let rig: WecomClients
  let client: WecomClient
  let cast: Cast
  let world: World
  let stop: () => Promise<void>

  beforeAll(async () => {
    test = await createTestDb()
    rig = await openWecomClients(test)
    const now = () => rig.clock.now().getTime()
    world = createWorld({ corp: { ...corp(), corpId: rig.corp.wecomCorpId, secret: SECRET }, now })
    cast = castOf(world)
    const app = new Hono()
      .use(async (context, next) => {
        const api = context.req.path.replace('/cgi-bin/', '')
        const { method } = context.req
        asked.push({ api, method, query: context.req.query(), text: await context.req.raw.clone().text() })
        await next()
      })
      .route('/cgi-bin', openApiRoutes(world))
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
    await new Promise<void>(resolve => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    client = rig.open({ apiBase: `http://127.0.0.1:${port}` })
    stop = () =>
      new Promise(resolve => {
        server.close(() => resolve())
        if ('closeAllConnections' in server) server.closeAllConnections()
      })
  })
  afterAll(async () => {
    await rig.close()
    await stop()
    await test.drop()
  })

  /** Verbs that call nothing. */
  type Local = 'skewMs' | 'listBrakes' | 'stats' | 'close'
  const locals: Local[] = ['skewMs', 'listBrakes', 'stats', 'close']
  const transferOf = (isResigned: boolean) => ({
    fromUserId: isResigned ? cast.leaverId : cast.userId,
    toUserId: cast.colleagueId,
    isResigned,
  })
  const follow = () => world.findFollow(cast.userId, cast.externalUserId)!
  const way = { state: 'gbTill01', remark: '国贸店收银台', skipVerify: true }
  const wayThere = { ...way, type: 2, scene: 2 }
  /** Each verb as the product uses it, and what it must have understood or brought about; in this order. */
  const verbs: Record<Exclude<keyof WecomClient, Local>, () => Promise<void>> = {
    async findLoginUser() {
      expect(await client.findLoginUser(cast.code)).toBe(cast.userId)
    },
    async findVisitor() {
      const code = (externalUserId: string) => world.issueOutsiderCode(externalUserId, domain)
      const customer = await client.findVisitor(code(cast.externalUserId))
      expect(customer).toMatchObject({ kind: 'outsider', externalUserId: cast.externalUserId })
      expect(await client.findVisitor(code(cast.externalUserId))).toEqual(customer)
      const member = await client.findVisitor(world.issueCode(cast.userId, domain))
      expect(member).toEqual({ kind: 'member', userId: cast.userId })
    },
    async getMember() {
      expect(await client.getMember('sunlihua')).toEqual({
        userId: 'sunlihua',
        name: '孙丽华',
        departmentIds: [3],
        mainDepartmentId: 3,
        leadsDepartmentIds: [3],
        status: 'active',
      })
    },
    async getTicket() {
      expect((await client.getTicket('corp')).value).toBe(world.ticket('corp').ticket)
      expect((await client.getTicket('agent')).value).toBe(world.ticket('agent').ticket)
    },
    async getAgent() {
      const { departmentIds, redirectDomain, isClosed } = await client.getAgent()
      expect({ redirectDomain, isClosed }).toEqual({ redirectDomain: domain, isClosed: false })
      expect(departmentIds).toEqual([1])
    },
    async listDepartments() {
      expect(await client.listDepartments()).toContainEqual({ id: 3, name: '国贸店', parentId: 1 })
    },
    async listDepartmentUserIds() {
      expect(await client.listDepartmentUserIds(3)).toEqual(['chenlu', 'zhoumin', 'zhaoyiming', 'sunlihua'])
    },
    async listFollowUserIds() {
      const userIds = await client.listFollowUserIds()
      expect(userIds).toContain('WuTing')
      expect(userIds).not.toContain(cast.leaverId)
    },
    async listFollows() {
      world.setLimits({ followsPerPage: 10 })
      const found: string[] = []
      let cursor = ''
      do {
        const page = await client.listFollows(cast.userId, cursor)
        found.push(...page.follows.map(({ customer }) => customer.externalUserId))
        const { remark, tagIds, addWay } = follow()
        const known = page.follows.find(({ customer }) => customer.externalUserId === cast.externalUserId)
        if (known) expect(known).toMatchObject({ userId: cast.userId, remark, tagIds, addWay })
        cursor = page.nextCursor
      } while (cursor !== '')
      const standing = world.followsOf(cast.userId).filter(({ status }) => status !== 'removed')
      expect(found).toEqual(standing.map(({ externalUserId }) => externalUserId))
      // WeCom says "not friends" of a member without customers in one list; here her page is empty.
      expect(await client.listFollows('gaofeng', '')).toEqual({ follows: [], nextCursor: '' })
    },
    async getCustomer() {
      world.setLimits({ followersPerPage: 1 })
      const { customer, follows } = await client.getCustomer(cast.externalUserId)
      expect(customer).toMatchObject({ externalUserId: cast.externalUserId, name: 'Mia', kind: 1 })
      expect(follows.map(({ userId }) => userId)).toEqual(['chenlu', 'zhaoyiming'])
      expect(follows[0]?.tagIds.toSorted()).toEqual(follow().tagIds.toSorted())
    },
    async remark() {
      const change = { remark: '米娅', description: '喜欢珍珠', mobiles: ['19900000001'] }
      await client.remark({ ...cast, ...change })
      expect(follow()).toMatchObject(change)
      await client.remark({ userId: cast.userId, externalUserId: cast.externalUserId, mobiles: [] })
      expect(follow()).toMatchObject({ remark: '米娅', mobiles: [] })
    },
    async listTagGroups() {
      const groups = await client.listTagGroups()
      expect(groups).toHaveLength(12)
      expect(groups[0]?.tags).toContainEqual(expect.objectContaining({ tagId: cast.tagId, name: '普卡' }))
    },
    async markTag() {
      const [removed] = follow().tagIds
      await client.markTag({ ...cast, add: [cast.tagId], remove: [removed!] })
      expect(follow().tagIds).toContain(cast.tagId)
      expect(follow().tagIds).not.toContain(removed)
    },
    async listGroupChatIds() {
      const { chatIds } = await client.listGroupChatIds([cast.userId], '')
      expect(chatIds).toEqual([cast.chatId])
    },
    async getGroupChat() {
      const chat = await client.getGroupChat(cast.chatId)
      expect(chat).toMatchObject({ chatId: cast.chatId, name: '国贸店老友群', ownerUserId: cast.userId })
      expect(chat.members).toHaveLength(86)
    },
    async sendNotice() {
      const notice = {
        userIds: ['WuTing', 'NoBody'],
        title: '今天',
        description: '三位客户明天生日',
        url: 'https://sidebar.test/today',
        buttonText: '去看看',
      }
      expect(await client.sendNotice(notice)).toEqual({ invalidUserIds: ['NoBody'] })
      await client.sendNotice(notice)
      expect(await client.sendNotice({ ...notice, userIds: ['NoBody'] })).toEqual({
        invalidUserIds: ['NoBody'],
      })
      expect(world.appMessages('WuTing')).toMatchObject([{ msgtype: 'textcard', content: { title: '今天' } }])
    },
    async listUnassigned() {
      const { items } = await client.listUnassigned('')
      expect(items).toContainEqual({
        handoverUserId: cast.leaverId,
        externalUserId: cast.leftCustomerId,
        leftAt: new Date(world.findMember(cast.leaverId)!.leftAt! * 1000),
      })
    },
    async transferCustomers() {
      for (const isResigned of [false, true]) {
        const externalUserId = isResigned ? cast.leftCustomerId : cast.externalUserId
        const outcome = await client.transferCustomers({
          ...transferOf(isResigned),
          externalUserIds: [externalUserId, 'wmNobodyAtAll'],
          message: '您好，以后由我为您服务',
        })
        expect(outcome).toEqual([
          { externalUserId, errcode: 0 },
          { externalUserId: 'wmNobodyAtAll', errcode: 40096 },
        ])
      }
    },
    async listTransferResults() {
      for (const isResigned of [false, true]) {
        const { results } = await client.listTransferResults({ ...transferOf(isResigned), cursor: '' })
        expect(results).toEqual([
          {
            externalUserId: isResigned ? cast.leftCustomerId : cast.externalUserId,
            status: 'waiting',
            takenOverAt: null,
          },
        ])
      }
    },
    async uploadMedia() {
      const media = [
        { kind: 'image', contentType: 'image/jpeg', fileName: 'ring.jpg', beginning: [0xff, 0xd8, 0xff] },
        {
          kind: 'video',
          contentType: 'video/mp4',
          fileName: '戒指.mp4',
          beginning: [0, 0, 0, 24, 102, 116, 121, 112],
        },
        { kind: 'file', contentType: 'application/pdf', fileName: '保养.pdf', beginning: [37, 80, 68, 70] },
      ] as const
      for (const { beginning, ...given } of media) {
        const bytes = Uint8Array.from({ length: 900 }, (_, at) => beginning[at] ?? at % 256)
        const kept = world.findMedia(await client.uploadMedia({ ...given, bytes }))
        const { kind: type, fileName: filename, contentType } = given
        expect(kept).toMatchObject({ type, filename, contentType })
        expect(Uint8Array.from(kept?.bytes ?? [])).toEqual(bytes)
      }
    },
    async addContactWay() {
      const made = await client.addContactWay({ ...way, userIds: [cast.userId] })
      expect(world.findContactWay(made.configId)).toMatchObject({ ...wayThere, userIds: [cast.userId] })
      expect(made.qrCodeUrl).toContain(made.configId)
    },
    async updateContactWay() {
      const [made] = world.contactWays()
      const userIds = [cast.userId, cast.colleagueId]
      await client.updateContactWay(made!.configId, { ...way, remark: '收银台', skipVerify: false, userIds })
      expect(world.findContactWay(made!.configId)).toMatchObject({
        ...wayThere,
        remark: '收银台',
        skipVerify: false,
        userIds,
      })
    },
    async findContactWay() {
      world.addContactWay({ ...world.contactWays()[0]!, state: 'another' })
      const now = world.now()
      const lately = { from: new Date(now - 60_000), until: new Date(now + 60_000) }
      const { configId } = world.contactWays()[0]!
      expect(await client.findContactWay(way.state, lately)).toMatchObject({ configId })
      expect(await client.findContactWay('nobody', lately)).toBeUndefined()
    },
    async deleteContactWay() {
      const { configId } = world.contactWays()[0]!
      await client.deleteContactWay(configId)
      expect(world.findContactWay(configId)).toBeUndefined()
      await client.deleteContactWay(configId)
    },
    async sendWelcome() {
      const link = {
        title: '足金饰品券 ¥200',
        description: '券'.repeat(300),
        url: 'https://sidebar.test/c/token',
        imageUrl: 'https://sidebar.test/c/icon.png',
      }
      await client.sendWelcome({ welcomeCode: cast.welcomeCode, text: '您好，欢迎', link })
      const { externalUserId } = world.readWelcome(cast.welcomeCode)
      const said = world.messages(`single:${cast.userId}:${externalUserId}`)
      expect(said.map(({ body }) => body)).toMatchObject([
        { msgtype: 'text', content: '您好，欢迎' },
        { msgtype: 'news', title: link.title, link: link.url, desc: '券'.repeat(170) },
      ])
      await expect(
        client.sendWelcome({ welcomeCode: cast.welcomeCode, text: '又一次', link: null }),
      ).rejects.toMatchObject({ errcode: 41051, retry: 'final' })
    },
    async listCallbackIps() {
      expect(await client.listCallbackIps()).toEqual(world.network().callbackIps)
    },
  }

  it('has no verb the table does not know, and the table none that it lacks', () => {
    const known = new Set<string>([...locals, ...wecomEndpoints.flatMap(endpoint => endpoint.verbs)])
    expect(Object.keys(client).toSorted()).toEqual([...known].toSorted())
    expect(Object.keys(client).toSorted()).toEqual([...Object.keys(verbs), ...locals].toSorted())
  })

  it.each(Object.keys(verbs) as (keyof typeof verbs)[])(
    '%s calls its endpoints as documented and understands the answers',
    async verb => {
      asked.length = 0
      await verbs[verb]()
      const calls = asked.filter(({ api }) => api !== 'gettoken')
      const documented = wecomEndpoints.filter(endpoint => endpoint.verbs.includes(verb))
      const apis = [...new Set(calls.map(({ api }) => api))].toSorted()
      expect(apis).toEqual(documented.map(({ api }) => api).toSorted())
      for (const call of calls) assertDocumented(call)
    },
  )

  it('fetched one token for all of that, by the documented parameters', () => {
    const fetched = world.callTotals().filter(({ api }) => api === 'gettoken')
    expect(fetched).toEqual([{ api: 'gettoken', errcode: 0, count: 1 }])
  })

  it('never has two writes for one customer, or too many in all, on their way at once', async () => {
    world.clearCalls()
    const customers = world.followsOf('zhaoyiming').filter(({ status }) => status === 'active')
    const changes = [...customers.slice(0, 8), ...customers.slice(0, 2), follow()].map(
      ({ userId, externalUserId }) => ({ userId, externalUserId }),
    )
    await Promise.all(
      changes.flatMap(who => [
        client.markTag({ ...who, add: [cast.tagId], remove: [] }),
        client.remark({ ...who, description: '喜欢珍珠' }),
      ]),
    )
    expect(new Set(world.callTotals().map(({ errcode }) => errcode))).toEqual(new Set([0]))
  })

  function assertDocumented({ api, method, query, text }: Asked) {
    const endpoint = endpointOf(api)
    const texts: Record<string, unknown> = without(query, 'access_token')
    const given: Record<string, unknown> = endpoint.isUpload
      ? { ...texts, ...partsOf(text) }
      : method === 'POST'
        ? (JSON.parse(text) as Record<string, unknown>)
        : texts
    const names = Object.keys(given)
    expect([api, method]).toEqual([api, endpoint.method])
    expect(query).toHaveProperty('access_token')
    if (method === 'POST' && !endpoint.isUpload) expect(Object.keys(query)).toEqual(['access_token'])
    expect(given).not.toHaveProperty('access_token')
    expect(names).toEqual(expect.arrayContaining(endpoint.required))
    expect([...endpoint.required, ...endpoint.optional]).toEqual(expect.arrayContaining(names))
    if (endpoint.oneOf) expect(names.some(name => endpoint.oneOf?.includes(name))).toBe(true)
    // Raw UTF-8, never \uXXXX (40033).
    expect(text).not.toMatch(/\\u[0-9a-f]{4}/i)
  }
})

describe('what the client does about a code', () => {
  const rows = Object.entries(retryOfCode).flatMap(([retry, codes]) =>
    codes.map(errcode => ({ errcode, retry })),
  )

  it.each(rows)('$errcode: $retry', ({ errcode, retry }) => {
    expect(new WecomError('user/get', { errcode }).retry).toBe(retry)
  })

  it('takes members for gone by exactly the documented codes', () => {
    const gone = namedCodes.filter(errcode => isNoMember(new WecomError('user/get', { errcode })))
    expect(gone.toSorted()).toEqual(memberIsGone.toSorted())
  })
})

describe('the signature of a page', () => {
  it.each(signatureVectors)('is that of $why', ({ ticket, nonceStr, timestamp, url, signature }) => {
    expect(jssdkSignature(ticket, nonceStr, timestamp, url)).toBe(signature)
  })

  it('differs when the url keeps its hash or is encoded', () => {
    const { ticket, nonceStr, timestamp, url } = signatureVectors[0]!
    const sign = (page: string) => jssdkSignature(ticket, nonceStr, timestamp, page)
    expect(sign(`${url}#/customer`)).toBe(wrongSignatures.withHash)
    expect(sign(encodeURIComponent(url))).toBe(wrongSignatures.encoded)
  })
})
