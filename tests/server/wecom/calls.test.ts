import { createServer, type AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { wecomApis } from '../../../server/wecom/apis.ts'
import { WecomError, type WecomClient } from '../../../server/wecom/client.ts'
import { createTestDb, failureOf, ok, openWecomClients, refusing, SECRET } from './wecomClients.ts'
import type { TestDb, WecomClients } from './wecomClients.ts'
import type { Reply } from './wecomServer.ts'

let test: TestDb
let rig: WecomClients
let client: WecomClient
beforeAll(async () => {
  // As many servers at once as there are verbs, each with a connection for the token's lock.
  test = await createTestDb({ poolSize: 40 })
})
afterAll(() => test.drop())
beforeEach(async () => {
  rig = await openWecomClients(test)
  client = rig.open()
})
afterEach(() => rig.close())

const MARK = 'externalcontact/mark_tag'
const way = { userIds: ['chenlu'], state: 'gb-cashier', remark: '林婉清的码', skipVerify: true }
const change = { userId: 'chenlu', externalUserId: 'wm-of-lin', add: ['et1'], remove: [] }
/** Every verb, once. */
const verbs: Record<string, (from: WecomClient) => Promise<unknown>> = {
  findLoginUser: from => from.findLoginUser('the-login-code'),
  getMember: from => from.getMember('chenlu'),
  getTicket: from => from.getTicket('corp'),
  getAgentTicket: from => from.getTicket('agent'),
  getAgent: from => from.getAgent(),
  listDepartments: from => from.listDepartments(),
  listDepartmentUserIds: from => from.listDepartmentUserIds(1),
  listFollowUserIds: from => from.listFollowUserIds(),
  listFollows: from => from.listFollows('chenlu', ''),
  getCustomer: from => from.getCustomer('wm-of-lin'),
  remark: from => from.remark({ userId: 'chenlu', externalUserId: 'wm-of-lin', mobiles: ['13800001234'] }),
  listTagGroups: from => from.listTagGroups(),
  markTag: from => from.markTag(change),
  listGroupChatIds: from => from.listGroupChatIds(['chenlu'], ''),
  getGroupChat: from => from.getGroupChat('wr1'),
  sendNotice: from =>
    from.sendNotice({
      userIds: ['chenlu'],
      title: '林婉清的生日',
      description: '明天',
      url: 'https://guidebar.example.com/',
      buttonText: '看看',
    }),
  transferCustomers: from =>
    from.transferCustomers({
      fromUserId: 'sunli',
      toUserId: 'chenlu',
      externalUserIds: ['wm-of-lin'],
      isResigned: false,
    }),
  transferResigned: from =>
    from.transferCustomers({
      fromUserId: 'sunli',
      toUserId: 'chenlu',
      externalUserIds: ['wm-of-lin'],
      isResigned: true,
    }),
  listTransferResults: from =>
    from.listTransferResults({ fromUserId: 'sunli', toUserId: 'chenlu', isResigned: false, cursor: '' }),
  listResignedResults: from =>
    from.listTransferResults({ fromUserId: 'sunli', toUserId: 'chenlu', isResigned: true, cursor: '' }),
  listUnassigned: from => from.listUnassigned(''),
  uploadMedia: from =>
    from.uploadMedia({
      kind: 'image',
      bytes: Buffer.from('a picture'),
      contentType: 'image/jpeg',
      fileName: 'ring.jpg',
    }),
  addContactWay: from => from.addContactWay(way),
  updateContactWay: from => from.updateContactWay('config-1', way),
  deleteContactWay: from => from.deleteContactWay('config-1'),
  findContactWay: from =>
    from.findContactWay('gb-cashier', { from: new Date(0), until: new Date(86_400_000) }),
  sendWelcome: from =>
    from.sendWelcome({ welcomeCode: 'the-welcome-code', text: '林婉清，您好', link: null }),
  listCallbackIps: from => from.listCallbackIps(),
}
const GET_WAY = 'externalcontact/get_contact_way'
/** There is a code: looking for one goes on to what it is. */
const oneWay = (): Reply => ({
  json: { errcode: 0, contact_way: [{ config_id: 'config-1' }], next_cursor: '' },
})
/** Every endpoint but gettoken answers so. */
function everyApi(reply: () => Reply): void {
  for (const api of Object.keys(wecomApis)) if (api !== 'gettoken') rig.server.answer[api] = reply
}

describe('secrets', () => {
  const secrets = [SECRET, 'token-1', 'token-2', 'ticket-of-the-corp', 'the-login-code', 'the-welcome-code']
  const people = ['13800001234', '林婉清', 'wm-of-lin']
  const troubles: [string, () => Reply][] = [
    ['a refusal that repeats the call', refusing(40058)],
    ['a spent token', refusing(42001)],
    ['a wrong secret', refusing(40001)],
    ['an untrusted address', refusing(60020)],
    ['too many calls', refusing(45009)],
    [
      'an answer of another shape',
      () => ({ json: { errcode: 0, userid: 5, ticket: ['ticket-of-the-corp'] } }),
    ],
    ['a gateway’s page', () => ({ raw: `<html>${SECRET} 林婉清</html>`, status: 502 })],
    ['half an answer', () => ({ raw: `{"errcode":0,"ticket":"ticket-of-the-corp"` })],
    ['a cut connection', () => 'drop'],
  ]

  it.each(troubles)(
    'and people are in nothing logged or thrown after %s',
    { timeout: 60_000 },
    async (_, reply) => {
      everyApi(reply)
      const errors: unknown[] = []
      await Promise.all(
        Object.values(verbs).map(verb =>
          verb(rig.open()).catch((error: unknown) => {
            errors.push(error)
          }),
        ),
      )
      expect(errors.length).toBeGreaterThan(0)
      const told = errors.map(error => {
        expect(error).toBeInstanceOf(WecomError)
        const { message, stack, cause } = error as WecomError
        return [message, stack, String(cause), JSON.stringify(error)]
      })
      const said = JSON.stringify([told, rig.lines])
      for (const secret of [...secrets, ...people, rig.server.apiBase, '1576065934_28'])
        expect(said).not.toContain(secret)
    },
  )

  it('stay out of what is said when gettoken itself goes wrong', async () => {
    for (const reply of [refusing(40001), () => ({ json: { errcode: 0, access_token: ['token-1'] } })]) {
      rig.server.answer.gettoken = reply
      const { message, stack } = await failureOf(rig.open().getMember('x'))
      expect(JSON.stringify([message, stack, rig.lines])).not.toMatch(/token-1|the-secret-of-the-app/)
    }
  })
})

describe('trying again', () => {
  it('is done after a lost answer where that does no harm', async () => {
    await client.getTicket('corp')
    const before = rig.server.asked.length
    everyApi(() => 'drop')
    const { getTicket: _, ...others } = verbs
    const errors = await Promise.all(Object.values(others).map(verb => failureOf(verb(rig.open()))))
    for (const error of errors) expect(error).toMatchObject({ trouble: 'network', mayHaveActed: true })
    const once = [
      'auth/getuserinfo',
      'externalcontact/transfer_customer',
      'externalcontact/resigned/transfer_customer',
      'externalcontact/add_contact_way',
      'externalcontact/send_welcome_msg',
    ]
    const fetched = ['gettoken', 'get_jsapi_ticket']
    const asked = rig.server.asked.slice(before)
    const oftenAsked = (name: string) => !fetched.includes(name) && name !== GET_WAY
    for (const api of Object.keys(wecomApis).filter(oftenAsked))
      expect([api, asked.filter(each => each.api === api).length]).toEqual([api, once.includes(api) ? 1 : 3])
    rig.server.answer['externalcontact/list_contact_way'] = oneWay
    await failureOf(verbs.findContactWay!(rig.open()))
    expect(rig.server.askedFor(GET_WAY)).toHaveLength(3)
  })

  it('is never done with a login code', async () => {
    rig.server.answer['auth/getuserinfo'] = refusing(-1)
    await failureOf(client.findLoginUser('CODE'))
    expect(rig.server.askedFor('auth/getuserinfo')).toHaveLength(1)
  })

  it('knows when WeCom has certainly not seen the call', async () => {
    await client.getTicket('corp')
    const closed = createServer()
    await new Promise<void>(listening => closed.listen(0, '127.0.0.1', listening))
    const { port } = closed.address() as AddressInfo
    await new Promise(done => closed.close(done))
    const lost = rig.open({ apiBase: `http://127.0.0.1:${port}` })
    expect(await failureOf(lost.markTag(change))).toMatchObject({ trouble: 'network', mayHaveActed: false })
    rig.server.answer[MARK] = refusing(-1)
    expect((await failureOf(client.markTag(change))).mayHaveActed).toBe(false)
  })

  it.each([45033, 45035, 45036, 6000])(
    'is done after %i, which says that nothing was written',
    async errcode => {
      let tries = 0
      rig.server.answer[MARK] = () => (++tries < 3 ? refusing(errcode)() : ok())
      await client.markTag(change)
      expect(tries).toBe(3)
    },
  )

  it('is not done with an errcode nobody can read, nor is it taken for success', async () => {
    rig.server.answer[MARK] = () => ({ json: { errcode: '42001', errmsg: 'expired' } })
    expect(await failureOf(client.markTag(change))).toMatchObject({ errcode: null, trouble: 'unreadable' })
  })

  it.each([
    [610023, 'final'],
    [610024, 'final'],
    [48011, 'final'],
    [40097, 'final'],
    [41002, 'stop'],
    [85005, 'stop'],
  ])('%i is %s', (errcode, retry) => {
    expect(new WecomError(MARK, { errcode }).retry).toBe(retry)
  })

  it('tells which fields WeCom did not understand, not what was in them', async () => {
    rig.server.answer['externalcontact/remark'] = refusing(40058)
    await failureOf(client.remark({ userId: 'chenlu', externalUserId: 'wm1', remark: '林姐' }))
    const said = JSON.stringify(rig.lines)
    expect(said).toContain('external_userid')
    expect(said).not.toContain('林姐')
  })
})

describe('P19 a token storm', () => {
  it('of two servers costs one gettoken per expiry', async () => {
    const servers = [client, rig.open()]
    const valid = () => `token-${rig.server.askedFor('gettoken').length}`
    let spent = ''
    rig.server.answer[MARK] = ({ query }) => (query.access_token === spent ? refusing(42001)() : ok())
    for (let expiry = 0; expiry < 3; expiry++) {
      await Promise.all(servers.flatMap(each => Array.from({ length: 20 }, () => each.markTag(change))))
      spent = valid()
    }
    expect(rig.server.askedFor('gettoken')).toHaveLength(3)
  })

  it('at the end of a token’s life costs one gettoken', async () => {
    const servers = [client, rig.open(), rig.open()]
    rig.server.answer[MARK] = ok
    await Promise.all(servers.map(each => each.markTag(change)))
    rig.clock.advance({ seconds: 7200 })
    await Promise.all(servers.flatMap(each => Array.from({ length: 10 }, () => each.markTag(change))))
    expect(rig.server.askedFor('gettoken')).toHaveLength(2)
  })

  it('leaves the newer token to one who still holds the older', async () => {
    let spent = ''
    rig.server.answer[MARK] = ({ query }) => (query.access_token === spent ? refusing(40014)() : ok())
    const late = rig.open()
    await late.markTag(change)
    await client.markTag(change)
    spent = 'token-1'
    await client.markTag(change)
    await late.markTag(change)
    await client.markTag(change)
    expect(rig.server.askedFor('gettoken')).toHaveLength(2)
    expect(rig.server.askedFor(MARK).at(-1)?.query.access_token).toBe('token-2')
  })
})

describe('WeCom’s clock', () => {
  const at = (iso: string) => () =>
    ({ json: { errcode: 0, userid: 'chenlu', status: 1 }, date: new Date(iso).toUTCString() }) as Reply

  it('is not known before it has answered', () => {
    expect(client.skewMs()).toBeUndefined()
  })

  it.each([
    ['2026-11-21T04:00:00Z', '2026-11-21T04:00:00Z', 0],
    ['2026-11-21T04:05:00Z', '2026-11-21T04:00:00Z', -300_000],
    ['2026-11-21T03:58:00Z', '2026-11-21T04:00:00Z', 120_000],
  ])('when ours says %s and an answer %s is %i ms away', async (ours, theirs, skew) => {
    rig.clock.set(new Date(ours))
    rig.server.answer.gettoken = () => ({
      json: { errcode: 0, access_token: 'token-1', expires_in: 7200 },
      date: new Date(theirs).toUTCString(),
    })
    rig.server.answer['user/get'] = at(theirs)
    await client.getMember('chenlu')
    expect(Math.abs(client.skewMs()! - skew)).toBeLessThanOrEqual(1_000)
  })

  it('is read off refusals too', async () => {
    rig.server.answer.gettoken = () => ({
      json: { errcode: 40001 },
      date: new Date(rig.clock.now().getTime() + 60_000).toUTCString(),
    })
    await failureOf(client.getMember('x'))
    expect(client.skewMs()).toBeGreaterThan(58_000)
  })
})

it('what was called, how often and how it ended, can be read', async () => {
  rig.server.answer[MARK] = ok
  await client.markTag(change)
  await client.markTag(change)
  rig.server.answer[MARK] = refusing(84061)
  await failureOf(client.markTag(change))
  rig.server.answer['user/get'] = () => 'drop'
  await failureOf(client.getMember('x'))
  expect(client.stats()).toEqual([
    { api: 'gettoken', errcode: 0, count: 1 },
    { api: MARK, errcode: 0, count: 2 },
    { api: MARK, errcode: 84061, count: 1 },
    { api: 'user/get', errcode: null, count: 3 },
  ])
})

it('every endpoint of the table is called by a verb, and no other', async () => {
  everyApi(refusing(40058))
  rig.server.answer['externalcontact/list_contact_way'] = oneWay
  for (const verb of Object.values(verbs)) await verb(client).catch(() => undefined)
  expect(new Set(rig.server.asked.map(({ api }) => api))).toEqual(new Set(Object.keys(wecomApis)))
})
