import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFollowsRepository } from '../../../../server/domains/sync/follows.repository.ts'
import { createCallbackCrypto } from '../../../../server/wecom/callbackCrypto.ts'
import { WecomError, type WecomFollow } from '../../../../server/wecom/client.ts'
import { createTestApp, type TestApp } from '../../../support/createTestApp.ts'
import { aFollow, aMember } from '../../../support/fakeWecom.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'

const token = 'LocalSimToken01'
const aesKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'
const never = new AbortController().signal

let testDb: TestDb
let test: TestApp
beforeAll(async () => {
  testDb = await createTestDb()
})
afterAll(() => testDb.drop())

/** The relations WeCom would show; a customer nobody follows is answered by 84061. */
let relations: WecomFollow[]
const crypto = () => createCallbackCrypto({ token, aesKey, receiveId: test.corp.wecomCorpId })

beforeEach(async () => {
  test = await createTestApp({
    test: testDb,
    env: { WECOM_CALLBACK_TOKEN: token, WECOM_CALLBACK_AES_KEY: aesKey },
  })
  const { wecom } = test
  wecom.departments = [
    { id: 1, name: '云锦珠宝', parentId: 0 },
    { id: 3, name: '国贸店', parentId: 1 },
  ]
  wecom.members = ['chenlu', 'ZhouMin'].map(userId =>
    aMember(userId, { name: userId, departmentIds: [3], mainDepartmentId: 3 }),
  )
  wecom.followUserIds = ['chenlu', 'ZhouMin']
  wecom.tagGroups = [{ groupId: 'g1', name: '喜好', sort: 1, tags: [{ tagId: 't1', name: '简约', sort: 1 }] }]
  relations = [aFollow('chenlu', 'wm1', { remark: '婉清姐' }), aFollow('ZhouMin', 'wm2')]
  wecom.follows = relations
  await test.services.sync.pull({ isFresh: false }, never)
  wecom.calls.length = 0
  wecom.getCustomer = async externalUserId => {
    const call = { verb: 'getCustomer' as const, args: [externalUserId] }
    wecom.calls.push(call)
    await wecom.before?.(call)
    const follows = relations.filter(follow => follow.customer.externalUserId === externalUserId)
    const [first] = follows
    if (!first) throw new WecomError('externalcontact/get', { errcode: 84061 })
    return { customer: first.customer, follows }
  }
})
afterEach(() => test.close())

const seconds = (at: Date) => Math.floor(at.getTime() / 1000)
const minutes = (count: number) => new Date(test.clock.now().getTime() + count * 60_000)

interface Said {
  ChangeType: string
  at?: Date
  Event?: string
  [element: string]: string | Date | undefined
}

function xmlOf({ at = test.clock.now(), Event = 'change_external_contact', ...rest }: Said): string {
  const elements = Object.entries({ MsgType: 'event', Event, ...rest })
    .map(([name, value]) => `<${name}><![CDATA[${String(value)}]]></${name}>`)
    .join('')
  const head = `<ToUserName><![CDATA[${test.corp.wecomCorpId}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>`
  return `<xml>${head}<CreateTime>${seconds(at)}</CreateTime>${elements}</xml>`
}

function query(encrypted: string, changed: Record<string, string> = {}): string {
  const timestamp = String(seconds(test.clock.now()))
  const nonce = '1597212914'
  const signature = crypto().sign({ timestamp, nonce, encrypted })
  return new URLSearchParams({ msg_signature: signature, timestamp, nonce, ...changed }).toString()
}

const envelope = (encrypted: string) =>
  `<xml><ToUserName><![CDATA[x]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`

async function post(encrypted: string, changed: Record<string, string> = {}, body = envelope(encrypted)) {
  const answer = await test.fetch(`/wecom/callback?${query(encrypted, changed)}`, { method: 'POST', body })
  return { status: answer.status, text: await answer.text() }
}
const tell = (said: Said) => post(crypto().seal(xmlOf(said)))
const done = { status: 200, text: '' }
const refused = { status: 400, text: '' }

async function rows<Row>(statement: ReturnType<typeof sql<Row>>): Promise<Row[]> {
  return (await statement.execute(test.db)).rows
}
const stored = () =>
  rows(sql<{ state: string; changeType: string }>`
    select state, change_type as "changeType" from callback_events where corp_id = ${test.corp.corpId} order by event_id`)
const followOf = async (userId: string, externalUserId: string) =>
  (
    await rows(sql<{ status: string; endReason: string | null; remark: string | null; half: boolean }>`
      select f.status, f.end_reason as "endReason", f.remark, f.half_added_at is not null as half
      from follows f join staff s on s.staff_id = f.staff_id join customers c on c.customer_id = f.customer_id
      where c.corp_id = ${test.corp.corpId} and lower(s.user_id) = lower(${userId}) and c.external_user_id = ${externalUserId}`)
  )[0]
const told = async (externalUserId: string) =>
  (
    await rows(sql<{ kind: string }>`
      select t.kind from touches t join customers c on c.customer_id = t.customer_id
      where c.corp_id = ${test.corp.corpId} and c.external_user_id = ${externalUserId} order by t.at, t.touch_id`)
  ).map(row => row.kind)

describe('the check of the address', () => {
  it('answers exactly the plaintext, also when a + came unescaped', async () => {
    for (let tries = 0, isTried = false; !isTried && tries < 50; tries++) {
      const echostr = crypto().seal(`59277824894423524${tries}`)
      isTried = echostr.includes('+')
      for (const raw of [
        encodeURIComponent(echostr),
        echostr.replaceAll('/', '%2F').replaceAll('=', '%3D'),
      ]) {
        const answer = await test.fetch(`/wecom/callback?${query(echostr)}&echostr=${raw}`)
        expect([answer.status, await answer.text()]).toEqual([200, `59277824894423524${tries}`])
      }
    }
  })

  it('P15 refuses others with nothing in the answer', async () => {
    const echostr = crypto().seal('1')
    const foreign = createCallbackCrypto({ token, aesKey, receiveId: 'ww0000000000000000' }).seal('1')
    const asked = [
      `${query(echostr, { msg_signature: '0'.repeat(40) })}&echostr=${encodeURIComponent(echostr)}`,
      `${query(foreign)}&echostr=${encodeURIComponent(foreign)}`,
      `${query(echostr)}`,
      '',
    ]
    for (const search of asked) {
      const answer = await test.fetch(`/wecom/callback?${search}`)
      expect([answer.status, await answer.text()]).toEqual([400, ''])
    }
  })

  it('is closed while no token is set', async () => {
    const closed = await createTestApp({ test: testDb })
    const answer = await closed.fetch(`/wecom/callback?msg_signature=x&timestamp=1&nonce=1&echostr=x`)
    await closed.close()
    expect(answer.status).toBe(400)
  })
})

describe('taking events in', () => {
  it('P17 stores first, answers 200 with an empty body, and calls nobody meanwhile', async () => {
    expect(
      await tell({ ChangeType: 'edit_external_contact', UserID: 'chenlu', ExternalUserID: 'wm1' }),
    ).toEqual(done)
    expect(await stored()).toEqual([{ state: 'waiting', changeType: 'edit_external_contact' }])
    expect(test.wecom.calls).toEqual([])
  })

  it('P17 answers 5xx when it cannot store', async () => {
    await sql`alter table callback_events rename to callback_events_away`.execute(test.db)
    try {
      const answer = await tell({
        ChangeType: 'edit_external_contact',
        UserID: 'chenlu',
        ExternalUserID: 'wm1',
      })
      expect(answer.status).toBeGreaterThanOrEqual(500)
      expect(answer.text).not.toContain('callback_events')
    } finally {
      await sql`alter table callback_events_away rename to callback_events`.execute(test.db)
    }
  })

  it('P16 takes each event once, however often it comes', async () => {
    const said = { ChangeType: 'edit_external_contact', UserID: 'chenlu', ExternalUserID: 'wm1' }
    const answers = await Promise.all([tell(said), tell(said), tell(said)])
    expect(answers).toEqual([done, done, done])
    expect(await stored()).toHaveLength(1)
  })

  it('P16 P17 what is told all at once is stored together: each once, each with its work, and forged ones not', async () => {
    const of = (count: number) => ({
      ChangeType: 'edit_external_contact',
      UserID: 'chenlu',
      ExternalUserID: `wmcrowd${count}`,
    })
    test.statements.length = 0
    const crowd = Array.from({ length: 40 }, (_, count) => of(count % 30))
    const answers = await Promise.all([
      ...crowd.map(tell),
      post(crypto().seal(xmlOf(of(99))), { msg_signature: 'f'.repeat(40) }),
    ])
    expect(answers).toEqual([...crowd.map(() => done), refused])
    expect(await stored()).toHaveLength(30)
    expect(test.statements.filter(text => text === 'commit').length).toBeLessThan(10)
    await test.runQueued()
    expect(new Set(test.wecom.callsOf('getCustomer').map(([id]) => id)).size).toBe(30)
    expect((await stored()).every(({ state }) => state === 'done')).toBe(true)
  })

  it('P16 never merges two events of the same second', async () => {
    const at = test.clock.now()
    const said = { ChangeType: 'edit_external_contact', UserID: 'chenlu', at }
    await tell({ ...said, ExternalUserID: 'wm1' })
    await tell({ ...said, ExternalUserID: 'wm2' })
    await tell({ ...said, ExternalUserID: 'wm1', ChangeType: 'del_follow_user' })
    expect(await stored()).toHaveLength(3)
  })

  it('P15 stores nothing that is forged, altered, foreign or malformed', async () => {
    const good = crypto().seal(
      xmlOf({ ChangeType: 'del_follow_user', UserID: 'chenlu', ExternalUserID: 'wm1' }),
    )
    const foreign = createCallbackCrypto({ token, aesKey, receiveId: 'ww0000000000000000' })
    const ofOtherCorp = xmlOf({ ChangeType: 'x', ExternalUserID: 'wm1' }).replace(
      test.corp.wecomCorpId,
      'ww0000000000000000',
    )
    const noEvent = crypto().seal('<xml><ToUserName>nobody</ToUserName></xml>')
    expect(await post(good, { msg_signature: 'f'.repeat(40) })).toEqual(refused)
    expect(await post(good, { nonce: '1' })).toEqual(refused)
    expect(await post(foreign.seal('<xml></xml>'))).toEqual(refused)
    expect(await post(crypto().seal(ofOtherCorp))).toEqual(refused)
    expect(await post(noEvent)).toEqual(refused)
    // Heard a day and a half ago, and signed then.
    const old = { timestamp: String(seconds(minutes(-36 * 60))), nonce: '1597212914' }
    const oldSignature = crypto().sign({ ...old, encrypted: good })
    expect(await post(good, { ...old, msg_signature: oldSignature })).toEqual(refused)
    expect(await post(good, { timestamp: '1e9' })).toEqual(refused)
    expect(await post(good, {}, 'not XML')).toEqual(refused)
    expect(await post(good, {}, `<!DOCTYPE a [<!ENTITY b "c">]>${envelope(good)}`)).toEqual(refused)
    expect(await post(good, {}, envelope(good) + ' '.repeat(70_000))).toEqual(refused)
    expect(await stored()).toEqual([])
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ status: 'active' })
  })

  it('lets go of what is no business of ours, and takes unknown changes of customers', async () => {
    expect(await tell({ Event: 'enter_agent', ChangeType: '' })).toEqual(done)
    expect(await stored()).toEqual([])
    expect(await tell({ ChangeType: 'something_new', ExternalUserID: 'wm1' })).toEqual(done)
    expect(await stored()).toHaveLength(1)
  })

  it('keeps no plaintext in the database and says none in the log', async () => {
    await tell({
      ChangeType: 'add_external_contact',
      UserID: 'chenlu',
      ExternalUserID: 'wm1',
      WelcomeCode: 'CODE77',
    })
    const [row] = await rows(sql<{ body: Buffer }>`
      select body_sealed as body from callback_events where corp_id = ${test.corp.corpId}`)
    expect(row?.body.includes('CODE77')).toBe(false)
    expect(JSON.stringify(test.logged)).not.toContain('CODE77')
  })
})

describe('working events', () => {
  it('asks WeCom how things stand and writes the difference: a remark and a tag of the client', async () => {
    relations = [aFollow('chenlu', 'wm1', { remark: '林姐', tagIds: ['t1'] }), aFollow('ZhouMin', 'wm2')]
    await tell({ ChangeType: 'edit_external_contact', UserID: 'chenlu', ExternalUserID: 'wm1' })
    await test.runQueued()
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ remark: '林姐', status: 'active' })
    const [worn] = await rows(sql<{ tags: string[] }>`
      select array(select wecom_id from tags where tag_id = any(f.tag_ids)) as tags from follows f
      join customers c on c.customer_id = f.customer_id
      where c.corp_id = ${test.corp.corpId} and c.external_user_id = 'wm1'`)
    expect(worn?.tags).toEqual(['t1'])
    expect(await stored()).toEqual([{ state: 'done', changeType: 'edit_external_contact' }])
    expect(test.wecom.callsOf('getCustomer')).toEqual([['wm1']])
  })

  it('one refetch serves a burst about one customer', async () => {
    for (let count = 0; count < 5; count++)
      await tell({
        ChangeType: 'edit_external_contact',
        UserID: 'chenlu',
        ExternalUserID: 'wm1',
        at: minutes(count),
      })
    await test.runQueued()
    expect(test.wecom.callsOf('getCustomer')).toHaveLength(1)
    expect((await stored()).map(event => event.state)).toEqual(Array<string>(5).fill('done'))
  })

  it('a new friend comes with her channel and a line in the timeline', async () => {
    relations.push(aFollow('chenlu', 'wm9', { channel: '国贸店收银台', addedAt: test.clock.now() }))
    await tell({
      ChangeType: 'add_external_contact',
      UserID: 'chenlu',
      ExternalUserID: 'wm9',
      State: '国贸店收银台',
    })
    await test.runQueued()
    expect(await followOf('chenlu', 'wm9')).toMatchObject({ status: 'active' })
    expect(await told('wm9')).toEqual(['friendAdded'])
  })

  it('a friend of a member nobody here has heard of brings the member along', async () => {
    test.wecom.members.push(aMember('newcomer', { name: '新人', departmentIds: [3], mainDepartmentId: 3 }))
    relations.push(aFollow('newcomer', 'wm9'))
    await tell({ ChangeType: 'add_external_contact', UserID: 'newcomer', ExternalUserID: 'wm9' })
    await test.runQueued()
    expect(await followOf('newcomer', 'wm9')).toMatchObject({ status: 'active' })
  })

  it('a tag made a moment ago is fetched before it is worn', async () => {
    test.wecom.tagGroups[0]?.tags.push({ tagId: 't2', name: '古法', sort: 0 })
    relations = [aFollow('chenlu', 'wm1', { tagIds: ['t2'] })]
    await tell({ ChangeType: 'edit_external_contact', UserID: 'chenlu', ExternalUserID: 'wm1' })
    await test.runQueued()
    const [worn] = await rows(sql<{ tags: string[] }>`
      select array(select name from tags where tag_id = any(f.tag_ids)) as tags from follows f
      join customers c on c.customer_id = f.customer_id
      where c.corp_id = ${test.corp.corpId} and c.external_user_id = 'wm1'`)
    expect(worn?.tags).toEqual(['古法'])
  })

  it('a tag that stands in no catalogue has it fetched once, not with every event', async () => {
    relations = [aFollow('chenlu', 'wm1', { tagIds: ['st1'] })]
    for (const count of [0, 1, 2]) {
      await tell({
        ChangeType: 'edit_external_contact',
        UserID: 'chenlu',
        ExternalUserID: 'wm1',
        at: minutes(count),
      })
      await test.runQueued()
    }
    expect(test.wecom.callsOf('getCustomer')).toHaveLength(3)
    expect(test.wecom.callsOf('listTagGroups')).toHaveLength(1)
  })

  it('the customer left: lost, although WeCom goes on showing the one-way relation', async () => {
    await tell({ ChangeType: 'del_follow_user', UserID: 'chenlu', ExternalUserID: 'wm1' })
    await test.runQueued()
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ status: 'lost', endReason: 'customerLeft' })
    test.clock.advance({ days: 1 })
    await test.services.sync.pull({ isFresh: true }, never)
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ status: 'lost' })
    expect(await told('wm1')).toEqual(['friendAdded', 'friendLost'])
  })

  it.each([
    ['the relation is still shown', true],
    ['nothing is shown any more', false],
  ])('the guide removed her: removed, and %s', async (_, isShown) => {
    if (!isShown) relations = relations.filter(follow => follow.userId !== 'chenlu')
    await tell({ ChangeType: 'del_external_contact', UserID: 'chenlu', ExternalUserID: 'wm1' })
    await test.runQueued()
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ status: 'removed', endReason: 'guideRemoved' })
    expect(await told('wm1')).toEqual(['friendAdded', 'friendRemoved'])
  })

  it('handed over: the former relation says so, the new one stands', async () => {
    relations = [
      aFollow('ZhouMin', 'wm1', { addedAt: test.clock.now(), addWay: 202 }),
      aFollow('ZhouMin', 'wm2'),
    ]
    const about = { ExternalUserID: 'wm1', at: test.clock.now() }
    await tell({
      ...about,
      ChangeType: 'del_external_contact',
      UserID: 'chenlu',
      Source: 'DELETE_BY_TRANSFER',
    })
    await tell({ ...about, ChangeType: 'add_external_contact', UserID: 'ZhouMin' })
    await test.runQueued()
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ status: 'removed', endReason: 'transferred' })
    expect(await followOf('ZhouMin', 'wm1')).toMatchObject({ status: 'active' })
  })

  it('what was handed over from here ends with the news, whichever it is', async () => {
    test.wecom.members.push(aMember('hq_admin'))
    relations.push(aFollow('chenlu', 'wm3'))
    test.wecom.follows = relations
    await test.services.sync.pull({ isFresh: true }, never)
    const [admin] = await rows(sql<{ staffId: number }>`
      select staff_id as "staffId" from staff where corp_id = ${test.corp.corpId} and role = 'admin'`)
    const manager = await test.signIn({
      ...(await test.make.staff(test.corp, { role: 'admin' })),
      staffId: admin?.staffId ?? 0,
      userId: 'hq_admin',
    })
    const draft = { fromUserId: 'chenlu', toUserId: 'ZhouMin', externalUserIds: ['wm1', 'wm3'] }
    const key = 'handing-over-00001'
    const answer = await manager.fetch('/api/transfers', { method: 'POST', json: draft, key })
    expect(answer.status).toBe(202)
    await test.runQueued()
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ status: 'transferring' })

    const refused = { ChangeType: 'transfer_fail', UserID: 'ZhouMin', FailReason: 'customer_refused' }
    await tell({ ...refused, ExternalUserID: 'wm3' })
    relations = [
      aFollow('ZhouMin', 'wm1', { addWay: 202 }),
      aFollow('ZhouMin', 'wm2'),
      aFollow('chenlu', 'wm3'),
    ]
    const done = { ChangeType: 'del_external_contact', UserID: 'chenlu', Source: 'DELETE_BY_TRANSFER' }
    await tell({ ...done, ExternalUserID: 'wm1' })
    await test.runQueued()
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ status: 'removed', endReason: 'transferred' })
    expect(await followOf('ZhouMin', 'wm1')).toMatchObject({ status: 'active' })
    expect(await followOf('chenlu', 'wm3')).toMatchObject({ status: 'active' })
    expect(await told('wm1')).toEqual(['friendAdded', 'friendAdded', 'transferStarted', 'transferDone'])
    expect(await told('wm3')).toEqual(['friendAdded', 'transferStarted', 'transferFailed'])
    const states = await rows(sql<{ state: string }>`
      select state from transfers where corp_id = ${test.corp.corpId} order by state`)
    expect(states.map(row => row.state)).toEqual(['done', 'refused'])
  })

  it('added again after leaving: the same customer goes on, with her history', async () => {
    await tell({ ChangeType: 'del_follow_user', UserID: 'chenlu', ExternalUserID: 'wm1', at: minutes(1) })
    await test.runQueued()
    relations = [aFollow('chenlu', 'wm1', { addedAt: minutes(5) })]
    await tell({
      ChangeType: 'add_external_contact',
      UserID: 'chenlu',
      ExternalUserID: 'wm1',
      at: minutes(5),
    })
    await test.runQueued()
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ status: 'active', endReason: null })
    expect(await told('wm1')).toEqual(['friendAdded', 'friendLost', 'friendReturned'])
    const customers = await rows(sql<object>`
      select 1 from customers where corp_id = ${test.corp.corpId} and external_user_id = 'wm1'`)
    expect(customers).toHaveLength(1)
  })

  it('comes back also where WeCom keeps the old createtime', async () => {
    await tell({ ChangeType: 'del_follow_user', UserID: 'chenlu', ExternalUserID: 'wm1', at: minutes(1) })
    await tell({
      ChangeType: 'add_external_contact',
      UserID: 'chenlu',
      ExternalUserID: 'wm1',
      at: minutes(5),
    })
    await test.runQueued()
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ status: 'active' })
  })

  it('half-added: she is there before the guide has answered, and survives the night', async () => {
    await tell({
      ChangeType: 'add_half_external_contact',
      UserID: 'chenlu',
      ExternalUserID: 'wm9',
      State: '橱窗',
    })
    await test.runQueued()
    expect(await followOf('chenlu', 'wm9')).toMatchObject({ status: 'active', half: true })
    expect(await told('wm9')).toEqual(['halfAdded'])
    const [me] = await rows(sql<{ staffId: number }>`
      select staff_id as "staffId" from staff where corp_id = ${test.corp.corpId} and user_id = 'chenlu'`)
    const guide = await test.signIn({
      ...(await test.make.staff(test.corp)),
      staffId: me?.staffId ?? 0,
      userId: 'chenlu',
    })
    const early = await guide.fetch('/api/customers/wm9/tags', { method: 'POST', json: { add: ['t1'] } })
    expect([early.status, await early.json()]).toMatchObject([
      409,
      { code: 'state_conflict', detail: '对方已加你，在企业微信里通过后才能改' },
    ])
    test.clock.advance({ days: 1 })
    await test.services.sync.pull({ isFresh: true }, never)
    expect(await followOf('chenlu', 'wm9')).toMatchObject({ status: 'active', half: true })

    relations.push(aFollow('chenlu', 'wm9', { addedAt: test.clock.now(), remark: '新客' }))
    await tell({ ChangeType: 'add_external_contact', UserID: 'chenlu', ExternalUserID: 'wm9' })
    await test.runQueued()
    expect(await followOf('chenlu', 'wm9')).toMatchObject({ status: 'active', half: false, remark: '新客' })
    expect(await told('wm9')).toEqual(['halfAdded', 'friendAdded'])
  })

  it('half-added again: an answer of WeCom from before, which still shows a friend, does not make her one', async () => {
    await tell({
      ChangeType: 'del_external_contact',
      UserID: 'chenlu',
      ExternalUserID: 'wm1',
      at: minutes(1),
    })
    relations = []
    await test.runQueued()
    const asked = { at: test.clock.now(), mark: performance.now() }
    const half = { ChangeType: 'add_half_external_contact', UserID: 'chenlu', ExternalUserID: 'wm1' }
    await tell({ ...half, at: minutes(5) })
    await test.runQueued()
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ status: 'active', half: true })
    const [ids] = await rows(sql<{ staffId: number; customerId: number }>`
      select f.staff_id as "staffId", f.customer_id as "customerId"
      from follows f join staff s on s.staff_id = f.staff_id join customers c on c.customer_id = f.customer_id
      where c.corp_id = ${test.corp.corpId} and c.external_user_id = 'wm1' and s.user_id = 'chenlu'`)
    const late = {
      ...{ staffId: ids?.staffId ?? 0, customerId: ids?.customerId ?? 0, addedAt: minutes(-60), addWay: 1 },
      ...{ channel: null, remark: null, description: null, tagIds: [], searchKey: '|', sortKey: '' },
      ...{ phonesSealed: null, phoneTails: [], friendAdded: '加为好友', isNewCustomer: false, asked },
    }
    await createFollowsRepository(test.db, test.corp.corpId).upsertFollows([late], test.clock.now())
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ status: 'active', half: true })
  })

  it('P16 the order of arrival does not matter', async () => {
    const history = [
      { ChangeType: 'del_follow_user', at: minutes(1) },
      { ChangeType: 'add_external_contact', at: minutes(2) },
      { ChangeType: 'del_external_contact', at: minutes(3) },
      { ChangeType: 'add_external_contact', at: minutes(4) },
      { ChangeType: 'del_follow_user', at: minutes(5) },
    ].map(event => ({ ...event, UserID: 'chenlu' }))
    let customer = 100
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(history, { minLength: history.length }),
        fc.array(fc.integer({ min: 0, max: history.length - 1 }), { maxLength: 3 }),
        fc.boolean(),
        async (order, repeated, isWorkedEachTime) => {
          const ExternalUserID = `wm${customer++}`
          relations = [aFollow('chenlu', ExternalUserID, { addedAt: minutes(4) })]
          for (const event of [...order, ...repeated.flatMap(at => order[at] ?? [])]) {
            await tell({ ...event, ExternalUserID })
            if (isWorkedEachTime) await test.runQueued()
          }
          await test.runQueued()
          expect(await followOf('chenlu', ExternalUserID)).toMatchObject({ status: 'lost' })
        },
      ),
      { numRuns: 12 },
    )
  })

  it('P16 what an event has brought is not overwritten by a page that was asked for before', async () => {
    test.wecom.follows = relations
    test.wecom.before = async call => {
      if (call.verb !== 'listFollows' || call.args[0] !== 'chenlu') return
      test.wecom.before = undefined
      relations = [aFollow('chenlu', 'wm1', { remark: '林姐' })]
      await tell({ ChangeType: 'edit_external_contact', UserID: 'chenlu', ExternalUserID: 'wm1' })
      await test.services.events.work('customer:wm1')
    }
    await test.services.sync.pull({ isFresh: true }, never)
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ remark: '林姐', status: 'active' })
    test.wecom.follows = relations
    await test.services.sync.pull({ isFresh: true }, never)
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ remark: '林姐', status: 'active' })
  })

  it('P16 two edits of one second are both seen, though they say the same', async () => {
    const said = { ChangeType: 'edit_external_contact', UserID: 'chenlu', ExternalUserID: 'wm1' }
    await tell(said)
    await test.runQueued()
    relations = [aFollow('chenlu', 'wm1', { remark: '林姐' })]
    await tell(said)
    await test.runQueued()
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ remark: '林姐' })
    expect(await stored()).toHaveLength(1)
    test.clock.advance({ minutes: 1 })
    await sql`update callback_events set worked_at = ${test.clock.now()} where corp_id = ${test.corp.corpId}`.execute(
      test.db,
    )
    test.wecom.calls.length = 0
    await post(crypto().seal(xmlOf({ ...said, at: minutes(-1) })))
    await test.runQueued()
    expect(test.wecom.callsOf('getCustomer')).toEqual([])
  })

  it('P16 an edit heard of while another of the same second is worked is seen', async () => {
    const said = { ChangeType: 'edit_external_contact', UserID: 'chenlu', ExternalUserID: 'wm1' }
    const ask = test.wecom.getCustomer
    test.wecom.getCustomer = async externalUserId => {
      const before = await ask(externalUserId)
      test.wecom.getCustomer = ask
      relations = [aFollow('chenlu', 'wm1', { remark: '林姐' })]
      await tell(said)
      return before
    }
    await tell(said)
    await test.services.events.work('customer:wm1')
    await test.runQueued()
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ remark: '林姐' })
    expect(await stored()).toEqual([{ state: 'done', changeType: 'edit_external_contact' }])
  })

  it('P18 a remark being written while news of the customer is worked stays', async () => {
    relations = [aFollow('chenlu', 'wm1', { remark: '婉清姐' })]
    await tell({ ChangeType: 'edit_external_contact', UserID: 'chenlu', ExternalUserID: 'wm1' })
    const client = await test.db.pool.connect()
    try {
      await client.query('begin')
      const { rows: changed } = await client.query<{ follow_id: number; customer_id: number }>(
        `update follows f set remark = '林姐' from customers c
         where c.customer_id = f.customer_id and c.corp_id = $1 and c.external_user_id = 'wm1'
         returning f.follow_id, f.customer_id`,
        [test.corp.corpId],
      )
      const [follow] = changed
      await client.query(
        `insert into outbox (outbox_id, corp_id, kind, lane, subject, customer_id, payload, created_at)
         values (gen_random_uuid(), $1, 'remark', 'customer:' || $2::bigint, 'follow:' || $3::bigint, $2::bigint, '{}', now())`,
        [test.corp.corpId, follow?.customer_id, follow?.follow_id],
      )
      const worked = test.services.events.work('customer:wm1')
      await expect
        .poll(
          async () =>
            (
              await rows(
                sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
              )
            ).length,
        )
        .toBe(1)
      await client.query('commit')
      await worked
    } finally {
      client.release()
    }
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ remark: '林姐' })
  })

  it('P18 what the client changes shows at once, also while other tags are on their way', async () => {
    test.wecom.tagGroups[0]?.tags.push(
      { tagId: 't2', name: '古法', sort: 0 },
      { tagId: 't3', name: '国潮', sort: -1 },
    )
    relations = [aFollow('chenlu', 'wm1', { tagIds: ['t1'] })]
    await test.services.sync.pullTags()
    await tell({ ChangeType: 'edit_external_contact', UserID: 'chenlu', ExternalUserID: 'wm1' })
    await test.runQueued()
    const [staff] = await rows(sql<{ staffId: number }>`
      select staff_id as "staffId" from staff where corp_id = ${test.corp.corpId} and user_id = 'chenlu'`)
    const guide = await test.signIn({ ...(await test.make.staff(test.corp)), ...staff })
    await guide.fetch('/api/customers/wm1/tags', { method: 'POST', json: { add: ['t2'], remove: ['t1'] } })
    relations = [aFollow('chenlu', 'wm1', { tagIds: ['t3', 't1'] })]
    await tell({
      ChangeType: 'edit_external_contact',
      UserID: 'chenlu',
      ExternalUserID: 'wm1',
      at: minutes(1),
    })
    await test.services.events.work('customer:wm1')
    const worn = async () =>
      (
        await rows(sql<{ tags: string[] }>`
          select array(select wecom_id from unnest(f.tag_ids) with ordinality u (id, n)
                       join tags t on t.tag_id = u.id order by n) as tags
          from follows f join customers c on c.customer_id = f.customer_id
          where c.corp_id = ${test.corp.corpId} and c.external_user_id = 'wm1'`)
      )[0]?.tags
    expect(await worn()).toEqual(['t3', 't2'])
  })

  it('P16 a missed event is repaired by reconciliation', async () => {
    relations = [aFollow('chenlu', 'wm1', { remark: '改过了' })]
    test.wecom.follows = relations
    test.clock.advance({ days: 1 })
    await test.services.sync.pull({ isFresh: true }, never)
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ remark: '改过了' })
    expect(await followOf('ZhouMin', 'wm2')).toMatchObject({ status: 'removed', endReason: 'notListed' })
    // It was not her doing but our range: shown again, it is there again.
    test.wecom.follows = [...relations, aFollow('ZhouMin', 'wm2')]
    await test.services.sync.pull({ isFresh: true }, never)
    expect(await followOf('ZhouMin', 'wm2')).toMatchObject({ status: 'active', endReason: null })
  })

  it('keeps the event while WeCom is away, and works it later', async () => {
    test.wecom.before = call => {
      if (call.verb === 'getCustomer') throw new WecomError('externalcontact/get', { trouble: 'timeout' })
      return Promise.resolve()
    }
    await tell({ ChangeType: 'del_follow_user', UserID: 'chenlu', ExternalUserID: 'wm1' })
    await expect(test.runQueued()).rejects.toThrow('timeout')
    expect((await stored())[0]?.state).toBe('waiting')
    test.wecom.before = undefined
    test.clock.advance({ minutes: 11 })
    await test.services.events.workLeft()
    await test.runQueued()
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ status: 'lost' })
  })

  it('asks once more for what the client changed in the seconds in which ours reached WeCom', async () => {
    await sql`update follows set tags_settled_at = ${test.clock.now()} where corp_id = ${test.corp.corpId}`.execute(
      test.db,
    )
    relations = [aFollow('chenlu', 'wm1', { tagIds: ['t1'] })]
    await tell({ ChangeType: 'edit_external_contact', UserID: 'chenlu', ExternalUserID: 'wm1' })
    await test.runQueued()
    const worn = () =>
      rows(sql<{ tags: string[] }>`
        select array(select wecom_id from tags where tag_id = any(f.tag_ids)) as tags from follows f
        join customers c on c.customer_id = f.customer_id
        where c.corp_id = ${test.corp.corpId} and c.external_user_id = 'wm1'`)
    expect(await worn()).toEqual([{ tags: [] }])
    expect((await stored())[0]?.state).toBe('waiting')
    test.clock.advance({ minutes: 1 })
    await sql`update pgboss.job set start_after = now() where state = 'created'`.execute(test.db)
    await test.runQueued()
    expect(await worn()).toEqual([{ tags: ['t1'] }])
    expect((await stored())[0]?.state).toBe('done')
  })

  it('two servers never work on one customer at once, and a late one writes nothing', async () => {
    await tell({ ChangeType: 'edit_external_contact', UserID: 'chenlu', ExternalUserID: 'wm1' })
    relations = [aFollow('chenlu', 'wm1', { remark: '旧的' })]
    test.wecom.before = async call => {
      if (call.verb !== 'getCustomer') return
      test.wecom.before = undefined
      // Its time is over while it waits for WeCom; somebody else takes the customer over with what is newer.
      await test.services.events.work('customer:wm1')
      await sql`update sync_leases set leased_until = '-infinity' where corp_id = ${test.corp.corpId}`.execute(
        test.db,
      )
      const late = relations
      relations = [aFollow('chenlu', 'wm1', { remark: '新的' })]
      await test.services.events.work('customer:wm1')
      relations = late
    }
    await expect(test.services.events.work('customer:wm1')).rejects.toThrow('taken over')
    expect(await followOf('chenlu', 'wm1')).toMatchObject({ remark: '新的' })
  })

  it('a group changes and is dissolved', async () => {
    const chat = {
      chatId: 'wr1',
      name: '老友群',
      ownerUserId: 'chenlu',
      members: [{ id: 'chenlu', kind: 'staff' as const }],
    }
    test.wecom.groupChats = [chat]
    const about = { Event: 'change_external_chat', ChatId: 'wr1' }
    const work = async () => {
      await sql`update pgboss.job set start_after = now() where state = 'created'`.execute(test.db)
      await test.runQueued()
    }
    await tell({ ...about, ChangeType: 'create' })
    await work()
    const members = () =>
      rows(sql<{ name: string }>`
        select chat.name from group_members m join group_chats chat using (group_chat_id)
        where chat.corp_id = ${test.corp.corpId}`)
    expect(await members()).toEqual([{ name: '老友群' }])
    test.wecom.groupChats = [{ ...chat, name: '新名字' }]
    await tell({ ...about, ChangeType: 'update', UpdateDetail: 'change_name', at: minutes(1) })
    await work()
    expect(await members()).toEqual([{ name: '新名字' }])
    await tell({ ...about, ChangeType: 'dismiss', at: minutes(2) })
    await work()
    expect(await members()).toEqual([])
  })

  it('a group is not forgotten by a pull that could not see it, nor for a refusal that says nothing of it', async () => {
    const chat = (chatId: string, ownerUserId: string) => ({
      chatId,
      name: chatId,
      ownerUserId,
      members: [{ id: 'chenlu', kind: 'staff' as const }],
    })
    test.wecom.groupChats = [chat('wr1', 'chenlu'), chat('wr2', 'ZhouMin')]
    await test.services.sync.pull({ isFresh: true }, never)
    const known = async () =>
      (
        await rows(sql<{ name: string }>`
          select distinct chat.name from group_members m join group_chats chat using (group_chat_id)
          where chat.corp_id = ${test.corp.corpId} order by 1`)
      ).map(row => row.name)
    expect(await known()).toEqual(['wr1', 'wr2'])

    // The owner of one is not among those whose groups are listed any more; another is made while they are read.
    test.wecom.followUserIds = ['chenlu']
    test.wecom.before = async call => {
      if (call.verb !== 'getGroupChat' || call.args[0] !== 'wr1') return
      test.wecom.before = undefined
      test.wecom.groupChats.push(chat('wr3', 'chenlu'))
      await tell({ Event: 'change_external_chat', ChangeType: 'create', ChatId: 'wr3' })
      await test.services.events.work('chat:wr3')
    }
    await test.services.sync.pull({ isFresh: true }, never)
    expect(await known()).toEqual(['wr1', 'wr2', 'wr3'])

    test.wecom.fail('getGroupChat', new WecomError('externalcontact/groupchat/get', { errcode: 40058 }), 1)
    await tell({ Event: 'change_external_chat', ChangeType: 'update', ChatId: 'wr1', at: minutes(1) })
    await test.services.events.work('chat:wr1')
    expect(await known()).toEqual(['wr1', 'wr2', 'wr3'])
    test.wecom.fail('getGroupChat', new WecomError('externalcontact/groupchat/get', { errcode: 49008 }), 1)
    await tell({ Event: 'change_external_chat', ChangeType: 'update', ChatId: 'wr1', at: minutes(2) })
    await test.services.events.work('chat:wr1')
    expect(await known()).toEqual(['wr2', 'wr3'])
  })

  it('tags: made, renamed, reordered, deleted, a whole group by one event', async () => {
    const about = { Event: 'change_external_tag', TagType: 'tag' }
    const names = async () =>
      (
        await rows(sql<{ name: string }>`
          select name from tags where corp_id = ${test.corp.corpId} and not is_deleted order by sort desc`)
      ).map(row => row.name)
    test.wecom.tagGroups[0]?.tags.push({ tagId: 't2', name: '古法', sort: 5 })
    await tell({ ...about, ChangeType: 'create', Id: 't2' })
    await test.runQueued()
    expect(await names()).toEqual(['古法', '简约'])
    test.wecom.tagGroups = []
    await tell({ ...about, ChangeType: 'delete', Id: 'g1', TagType: 'tag_group', at: minutes(1) })
    await test.runQueued()
    expect(await names()).toEqual([])
  })
})

describe('after an outage', () => {
  it('everything is asked for anew, once', async () => {
    await test.services.sync.beat()
    await test.services.sync.beat()
    await test.runQueued()
    expect(test.wecom.callsOf('listFollows')).toEqual([])
    await sql`update sync_heartbeats set beat_at = clock_timestamp() - interval '4 minutes'
      where corp_id = ${test.corp.corpId}`.execute(test.db)
    await Promise.all([test.services.sync.beat(), test.services.sync.beat()])
    await test.runQueued()
    expect(test.wecom.callsOf('listFollows')).toHaveLength(2)
    const admin = await test.signIn(await test.make.staff(test.corp, { role: 'admin' }))
    const state = (await (await admin.fetch('/api/sync')).json()) as { pull: object }
    expect(state.pull).toMatchObject({ state: 'done', cause: 'outage', isRunning: false })
  })

  it('an admin asks for it by hand; others may not', async () => {
    const admin = await test.signIn(await test.make.staff(test.corp, { role: 'admin' }))
    const guide = await test.signIn(await test.make.staff(test.corp))
    expect((await guide.fetch('/api/sync')).status).toBe(403)
    expect((await guide.fetch('/api/sync/pull', { method: 'POST', json: {} })).status).toBe(403)
    expect((await admin.fetch('/api/sync/pull', { method: 'POST', json: {} })).status).toBe(202)
    await test.runQueued()
    expect(test.wecom.callsOf('listFollows').length).toBeGreaterThan(0)
  })
})
