import { createServer, type AddressInfo } from 'node:net'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { WecomClient } from '../../../server/wecom/client.ts'
import type { FixedClock } from '../../support/fixedClock.ts'
import type { MadeCorp } from '../../support/make.ts'
import { createTestDb, failureOf, ok, openWecomClients, refusing, SECRET } from './wecomClients.ts'
import type { TestDb, WecomClients } from './wecomClients.ts'
import type { WecomServer } from './wecomServer.ts'

let test: TestDb
let rig: WecomClients
let server: WecomServer
let clock: FixedClock
let corp: MadeCorp
let client: WecomClient

beforeAll(async () => {
  test = await createTestDb()
})
afterAll(() => test.drop())
beforeEach(async () => {
  rig = await openWecomClients(test)
  ;({ server, clock, corp } = rig)
  client = rig.open()
})
afterEach(() => rig.close())

const change = { userId: 'chenlu', externalUserId: 'wm1', add: ['et1'], remove: ['et2'] }
describe('a call', () => {
  it('carries the token in the query and our words in WeCom’s spelling', async () => {
    server.answer['externalcontact/mark_tag'] = ok
    await client.markTag(change)
    expect(server.askedFor('gettoken')[0]?.query).toEqual({ corpid: corp.wecomCorpId, corpsecret: SECRET })
    expect(server.askedFor('externalcontact/mark_tag')).toEqual([
      {
        api: 'externalcontact/mark_tag',
        query: { access_token: 'token-1' },
        body: { userid: 'chenlu', external_userid: 'wm1', add_tag: ['et1'], remove_tag: ['et2'] },
      },
    ])
  })

  it.each([40014, 42001])('fetches a new token once on %i and makes the call once more', async errcode => {
    server.answer['externalcontact/mark_tag'] = ({ query }) =>
      query.access_token === 'token-1' ? refusing(errcode)() : ok()
    await client.markTag(change)
    expect(server.askedFor('gettoken')).toHaveLength(2)
    expect(server.askedFor('externalcontact/mark_tag').map(({ query }) => query.access_token)).toEqual([
      'token-1',
      'token-2',
    ])
  })

  it('does not go on for ever when every token is refused', async () => {
    server.answer['externalcontact/mark_tag'] = refusing(42001)
    expect((await failureOf(client.markTag(change))).errcode).toBe(42001)
    expect(server.askedFor('externalcontact/mark_tag')).toHaveLength(2)
  })

  it.each([-1, 6000, 45033, 45035])('tries three times while WeCom says %i', async errcode => {
    server.answer['externalcontact/mark_tag'] = refusing(errcode)
    expect((await failureOf(client.markTag(change))).retry).toBe('quick')
    expect(server.askedFor('externalcontact/mark_tag')).toHaveLength(3)
  })

  it.each([
    ['html', { raw: '<!doctype html><h1>502 Bad Gateway from 10.0.0.1</h1>' }, 'unreadable'],
    ['half an answer', { raw: '{"errcode":0,', type: 'application/json' }, 'unreadable'],
    ['an HTTP 500', { raw: 'Internal Server Error', status: 500 }, 'network'],
    ['a cut connection', 'drop', 'network'],
    ['something that is no object', { json: null }, 'unreadable'],
  ] as const)('tries again after %s, then says so without its text', async (_, reply, trouble) => {
    server.answer['externalcontact/mark_tag'] = () => reply
    const error = await failureOf(client.markTag(change))
    expect(error).toMatchObject({ api: 'externalcontact/mark_tag', errcode: null, retry: 'quick', trouble })
    expect(error.message).not.toContain('10.0.0.1')
    expect(server.askedFor('externalcontact/mark_tag')).toHaveLength(3)
  })

  it.each([40068, 84061, 40144, 60111])('does not repeat what WeCom has decided (%i)', async errcode => {
    server.answer['externalcontact/mark_tag'] = refusing(errcode)
    expect((await failureOf(client.markTag(change))).retry).toBe('final')
    expect(server.askedFor('externalcontact/mark_tag')).toHaveLength(1)
  })

  it('refuses an answer that is not what it should be, naming the field and not its value', async () => {
    server.answer['user/get'] = () => ({ json: { errcode: 0, userid: 5, name: '陈露' } })
    const error = await failureOf(client.getMember('chenlu'))
    expect(error.message).toContain('userid')
    expect(error.message).not.toContain('陈露')
  })

  it('ends when WeCom is silent, and when it cannot be reached', async () => {
    server.answer['user/get'] = () => 'silence'
    server.answer['auth/getuserinfo'] = () => 'silence'
    const impatient = rig.open({ limits: { totalMs: 150 } })
    expect(await failureOf(impatient.findLoginUser('CODE'))).toMatchObject({ trouble: 'timeout' })

    const closed = createServer()
    await new Promise<void>(listening => closed.listen(0, '127.0.0.1', listening))
    const { port } = closed.address() as AddressInfo
    await new Promise(done => closed.close(done))
    const lost = rig.open({ apiBase: `http://127.0.0.1:${port}` })
    expect(await failureOf(lost.getMember('x'))).toMatchObject({ trouble: 'network' })
  })

  it.each([
    ['three writes at a time', (turn: number) => `wm${turn}`, 3],
    ['one at a time for one customer', () => 'wm1', 1],
  ])('makes no more than %s', async (_, customer, width) => {
    let running = 0
    let most = 0
    server.answer['externalcontact/mark_tag'] = async () => {
      most = Math.max(most, ++running)
      await new Promise(resolve => setTimeout(resolve, 20))
      running--
      return ok()
    }
    const turns = Array.from({ length: 12 }, (_turn, index) => customer(index))
    await Promise.all(turns.map(externalUserId => client.markTag({ ...change, externalUserId })))
    expect(most).toBe(width)
  })

  it('goes on with a customer after a write for her was refused', async () => {
    server.answer['externalcontact/mark_tag'] = ({ body }) =>
      (body as { add_tag: string[] }).add_tag.includes('etGone') ? refusing(40068)() : ok()
    const refused = failureOf(client.markTag({ ...change, add: ['etGone'] }))
    const next = client.markTag(change)
    expect((await refused).errcode).toBe(40068)
    await expect(next).resolves.toBeUndefined()
  })
})

describe('P19 tokens and tickets', () => {
  const stored = async (kind: string) =>
    (
      await sql<{ generation: number; text: string }>`
        select generation, encode(sealed, 'escape') as text from wecom_credentials
        where corp_id = ${corp.corpId} and kind = ${kind}`.execute(test.db)
    ).rows[0]

  it('are fetched once for all processes, whoever comes first', async () => {
    server.answer.gettoken = async () => {
      await new Promise(resolve => setTimeout(resolve, 60))
      return { json: { errcode: 0, access_token: 'the-one', expires_in: 7200 } }
    }
    const processes = [client, rig.open(), rig.open(), rig.open()]
    const tickets = await Promise.all(
      processes.flatMap(each => [each.getTicket('corp'), each.getTicket('corp')]),
    )
    expect(new Set(tickets.map(ticket => ticket.value))).toEqual(new Set(['ticket-of-the-corp']))
    expect(server.askedFor('gettoken')).toHaveLength(1)
    expect(server.askedFor('get_jsapi_ticket')).toHaveLength(1)
  })

  it('are renewed once for all when a token is refused to several at the same time', async () => {
    server.answer['externalcontact/mark_tag'] = ({ query }) =>
      query.access_token === 'token-1' ? refusing(42001)() : ok()
    const processes = [client, rig.open(), rig.open()]
    await client.getTicket('corp')
    await Promise.all(processes.flatMap(each => [each.markTag(change), each.markTag(change)]))
    expect(server.askedFor('gettoken')).toHaveLength(2)
  })

  it('lie sealed in the database', async () => {
    await client.getTicket('corp')
    expect((await stored('access_token'))?.text).not.toContain('token-1')
    expect((await stored('corp_ticket'))?.text).not.toContain('ticket-of-the-corp')
  })

  it('are renewed at 85 % of their life, not before', async () => {
    await client.getTicket('corp')
    clock.advance({ seconds: 7200 * 0.85 - 1 })
    await client.getTicket('corp')
    expect(server.askedFor('get_jsapi_ticket')).toHaveLength(1)
    clock.advance({ seconds: 2 })
    await client.getTicket('corp')
    expect(server.askedFor('get_jsapi_ticket')).toHaveLength(2)
    expect((await stored('corp_ticket'))?.generation).toBe(2)
  })

  it('serve to their end while WeCom cannot be asked for new ones', async () => {
    await client.getTicket('corp')
    clock.advance({ seconds: 7200 * 0.9 })
    server.answer.get_jsapi_ticket = refusing(-1)
    expect((await client.getTicket('corp')).value).toBe('ticket-of-the-corp')
    clock.advance({ seconds: 7200 * 0.2 })
    expect((await failureOf(client.getTicket('corp'))).errcode).toBe(-1)
  })

  it('a ticket that is asked to be younger is fetched anew, and served to all', async () => {
    await client.getTicket('corp')
    clock.advance({ seconds: 61 })
    server.answer.get_jsapi_ticket = () => ({
      json: { errcode: 0, ticket: 'a-younger-one', expires_in: 7200 },
    })
    expect((await client.getTicket('corp', { maxAgeSeconds: 60 })).value).toBe('a-younger-one')
    const other = rig.open()
    expect((await other.getTicket('corp', { maxAgeSeconds: 60 })).value).toBe('a-younger-one')
    expect(server.askedFor('get_jsapi_ticket')).toHaveLength(2)
  })
})

describe('what WeCom says, in our words', () => {
  it('a member without customers is an empty page', async () => {
    server.answer['externalcontact/batch/get_by_user'] = refusing(84061)
    expect(await client.listFollows('gaofeng', '')).toEqual({ follows: [], nextCursor: '' })
  })

  it('a customer with her relation', async () => {
    server.answer['externalcontact/batch/get_by_user'] = () => ({
      json: {
        errcode: 0,
        external_contact_list: [
          {
            external_contact: {
              external_userid: 'wm1',
              // Half an emoji: one such name would end the statement that writes a whole page.
              name: '林婉清\ud83d',
              avatar: 'http://wx.qlogo.cn/a/0',
              type: 1,
              gender: 2,
            },
            follow_info: {
              userid: 'chenlu',
              remark: '',
              createtime: 1772420400,
              tag_id: ['et1'],
              remark_mobiles: ['13800001234', ''],
              add_way: 1,
              state: 'gm-cashier',
            },
          },
        ],
        next_cursor: 'more',
      },
    })
    expect(await client.listFollows('chenlu', 'before')).toEqual({
      nextCursor: 'more',
      follows: [
        {
          customer: {
            externalUserId: 'wm1',
            name: '林婉清\ufffd',
            avatarUrl: 'https://wx.qlogo.cn/a/0',
            kind: 1,
            gender: 2,
            corpName: null,
          },
          userId: 'chenlu',
          remark: null,
          description: null,
          addedAt: new Date(1772420400_000),
          tagIds: ['et1'],
          mobiles: ['13800001234'],
          addWay: 1,
          channel: 'gm-cashier',
        },
      ],
    })
    expect(server.askedFor('externalcontact/batch/get_by_user')[0]?.body).toEqual({
      userid_list: ['chenlu'],
      cursor: 'before',
      limit: 100,
    })
  })

  it('a stranger is nobody', async () => {
    server.answer['auth/getuserinfo'] = () => ({ json: { errcode: 0, openid: 'o1' } })
    expect(await client.findLoginUser('CODE')).toBeUndefined()
    expect(await client.findVisitor('CODE')).toEqual({ kind: 'outsider', openId: 'o1', externalUserId: null })
  })

  it('deleted tags are left out', async () => {
    server.answer['externalcontact/get_corp_tag_list'] = () => ({
      json: {
        errcode: 0,
        tag_group: [
          {
            group_id: 'g1',
            group_name: '风格',
            order: 5,
            tag: [
              { id: 't1', name: '简约', order: 2 },
              { id: 't2', deleted: true },
            ],
          },
          { group_id: 'g2', group_name: '旧', deleted: true, tag: [] },
        ],
      },
    })
    expect(await client.listTagGroups()).toEqual([
      { groupId: 'g1', name: '风格', sort: 5, tags: [{ tagId: 't1', name: '简约', sort: 2 }] },
    ])
  })
})
