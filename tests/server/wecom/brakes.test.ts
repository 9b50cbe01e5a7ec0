import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createBrakesRepository } from '../../../server/wecom/brakes.repository.ts'
import { createBrakes } from '../../../server/wecom/brakes.ts'
import { WecomError, type WecomClient } from '../../../server/wecom/client.ts'
import { createTestDb, failureOf, ok, openWecomClients, refusing } from './wecomClients.ts'
import type { TestDb, WecomClients } from './wecomClients.ts'

const MARK = 'externalcontact/mark_tag'
const change = { userId: 'chenlu', externalUserId: 'wm1', add: ['et1'], remove: [] }
const member = () => ({ json: { errcode: 0, userid: 'chenlu', status: 1 } })

let test: TestDb
let rig: WecomClients
let client: WecomClient
beforeAll(async () => {
  test = await createTestDb()
})
afterAll(() => test.drop())
beforeEach(async () => {
  rig = await openWecomClients(test)
  client = rig.open()
})
afterEach(() => rig.close())

/** As if this much time had passed for every brake of the corp. */
const age = async (seconds: number) => {
  await sql`
    update wecom_brakes set closed_until = closed_until - make_interval(secs => ${seconds}),
      last_hit_at = last_hit_at - make_interval(secs => ${seconds}), since = since - make_interval(secs => ${seconds})
    where corp_id = ${rig.corp.corpId}`.execute(test.db)
}
const closedForSeconds = async (api: string) => {
  const { rows } = await sql<{ seconds: number }>`
    select round(extract(epoch from closed_until - clock_timestamp()))::int as seconds from wecom_brakes
    where corp_id = ${rig.corp.corpId} and api = ${api}`.execute(test.db)
  return rows[0]?.seconds
}
const brakeOf = (elapsedMs = () => performance.now()) =>
  createBrakes({
    repository: createBrakesRepository(test.db, rig.corp.corpId, 'a secret'),
    log: { warn: () => undefined },
    elapsedMs,
  })

describe('P19 a refusal of the configuration', () => {
  it.each([40001, 40013, 40091, 50003, 60020])(
    'stops every call of every server at once (%i)',
    async errcode => {
      rig.server.answer.gettoken = refusing(errcode)
      expect(await failureOf(client.markTag(change))).toMatchObject({ errcode, retry: 'stop' })
      expect(await failureOf(client.getMember('x'))).toMatchObject({ errcode })
      const other = rig.open()
      expect(await failureOf(other.getMember('x'))).toMatchObject({ api: 'gettoken', errcode })
      expect(await failureOf(other.getTicket('corp'))).toMatchObject({ errcode })
      expect(rig.server.asked).toHaveLength(1)
    },
  )

  it.each([48001, 48002, 48005, 60031])(
    'of one API stops that API only, for every server (%i)',
    async errcode => {
      rig.server.answer[MARK] = refusing(errcode)
      rig.server.answer['user/get'] = member
      await failureOf(client.markTag(change))
      const other = rig.open()
      expect(await failureOf(other.markTag(change))).toMatchObject({ api: MARK, errcode })
      expect(rig.server.askedFor(MARK)).toHaveLength(1)
      expect((await other.getMember('chenlu')).status).toBe('active')
    },
  )

  it('of the trusted domain stops nobody: other codes and pages are good', async () => {
    rig.server.answer['auth/getuserinfo'] = refusing(50001)
    expect((await failureOf(client.findLoginUser('CODE'))).retry).toBe('stop')
    rig.server.answer['auth/getuserinfo'] = () => ({ json: { errcode: 0, userid: 'chenlu' } })
    expect(await client.findLoginUser('CODE2')).toBe('chenlu')
    expect(JSON.stringify(rig.lines)).toContain('50001')
    expect(await client.listBrakes()).toEqual([])
  })

  it('carries the address WeCom does not trust, and shows it to every server', async () => {
    rig.server.answer['user/get'] = refusing(60020)
    const error = await failureOf(client.getMember('x'))
    expect(error).toMatchObject({ errcode: 60020, ip: '203.0.113.7' })
    expect(error.message).toBe('user/get: errcode 60020 (from ip 203.0.113.7)')
    const other = rig.open()
    expect(await failureOf(other.getMember('x'))).toMatchObject({ ip: '203.0.113.7' })
    expect(await other.listBrakes()).toMatchObject([{ api: '*', errcode: 60020, ip: '203.0.113.7' }])
  })

  it.each([
    ['from ip: 2001:db8::7, more info', '2001:db8::7'],
    ['from ip: 999.1.2.3, more info', undefined],
    ['from ip: <script>alert(1)</script>', undefined],
    ['not allow to access', undefined],
  ])('keeps nothing of %j that is no address', async (errmsg, ip) => {
    rig.server.answer['user/get'] = () => ({ json: { errcode: 60020, errmsg } })
    expect((await failureOf(client.getMember('x'))).ip).toBe(ip)
  })

  it('keeps no address of other refusals', async () => {
    rig.server.answer['user/get'] = refusing(60111)
    const error = await failureOf(client.getMember('x'))
    expect(error.ip).toBeUndefined()
    expect(error.message).not.toContain('203.0.113.7')
  })

  it('is asked about by one call of all servers when five minutes have passed', async () => {
    rig.server.answer['user/get'] = refusing(60020)
    await failureOf(client.getMember('x'))
    await age(301)
    const servers = [rig.open(), rig.open(), rig.open()]
    const errors = await Promise.all(
      servers.flatMap(each => [1, 2, 3].map(() => failureOf(each.getMember('x')))),
    )
    expect(new Set(errors.map(({ errcode }) => errcode))).toEqual(new Set([60020]))
    expect(rig.server.askedFor('user/get')).toHaveLength(2)
    expect(await closedForSeconds('*')).toBeGreaterThan(290)
  })

  it('is over for everybody once a call has succeeded', async () => {
    rig.server.answer['user/get'] = refusing(60020)
    await failureOf(client.getMember('x'))
    await age(301)
    rig.server.answer['user/get'] = member
    expect((await rig.open().getMember('chenlu')).status).toBe('active')
    expect((await rig.open().getMember('chenlu')).status).toBe('active')
    expect(await client.listBrakes()).toEqual([])
  })

  it('is over also when WeCom refuses the call for what it asks', async () => {
    rig.server.answer[MARK] = refusing(48002)
    await failureOf(client.markTag(change))
    await age(301)
    rig.server.answer[MARK] = refusing(84061)
    expect((await failureOf(rig.open().markTag(change))).errcode).toBe(84061)
    expect(await client.listBrakes()).toEqual([])
  })

  it('stays when the one that asks gets no answer', async () => {
    rig.server.answer['user/get'] = refusing(60020)
    await failureOf(client.getMember('x'))
    await age(301)
    rig.server.answer['user/get'] = () => 'drop'
    expect(await failureOf(rig.open().getMember('x'))).toMatchObject({ trouble: 'network' })
    expect(await failureOf(rig.open().getMember('x'))).toMatchObject({ errcode: 60020 })
  })

  it('remembers since when, however often it is asked about', async () => {
    rig.server.answer['user/get'] = refusing(60020)
    await failureOf(client.getMember('x'))
    await age(301)
    const [before] = await client.listBrakes()
    await failureOf(rig.open().getMember('x'))
    const [after] = await client.listBrakes()
    expect(after?.since).toEqual(before?.since)
    expect(after?.until.getTime()).toBeGreaterThan(before!.until.getTime())
  })

  it('is not lifted by a call that was under way when another was refused', async () => {
    const brakes = brakeOf()
    const pass = await brakes.enter('user/get')
    await brakes.note(new WecomError('user/get', { errcode: 60020 }))
    await brakes.passed(pass)
    expect(await brakes.list()).toHaveLength(1)
  })

  it('is not lifted by a probe that another refusal has overtaken', async () => {
    const [brakes, other] = [brakeOf(), brakeOf()]
    await brakes.note(new WecomError('user/get', { errcode: 60020 }))
    await age(301)
    const pass = await other.enter('user/get')
    await brakes.note(new WecomError('user/get', { errcode: 60020 }))
    await other.passed(pass)
    expect(await brakes.list()).toHaveLength(1)
  })
})

describe('too many calls of one API', () => {
  it('close it for a minute, for every server, and no other API', async () => {
    rig.server.answer[MARK] = refusing(45009)
    rig.server.answer['user/get'] = member
    expect((await failureOf(client.markTag(change))).retry).toBe('breaker')
    const other = rig.open()
    expect((await failureOf(other.markTag(change))).errcode).toBe(45009)
    expect(rig.server.askedFor(MARK)).toHaveLength(1)
    expect(await closedForSeconds(MARK)).toBe(60)
    await other.getMember('chenlu')
    expect(await other.listBrakes()).toMatchObject([{ api: MARK, errcode: 45009, ip: null }])
  })

  it('open it again by themselves, without a probe', async () => {
    rig.server.answer[MARK] = refusing(45009)
    await failureOf(client.markTag(change))
    await age(61)
    rig.server.answer[MARK] = ok
    const other = rig.open()
    await Promise.all([other.markTag(change), other.markTag(change), other.markTag(change)])
    expect(rig.server.askedFor(MARK)).toHaveLength(4)
    expect(await other.listBrakes()).toEqual([])
  })

  it.each([
    ['an hour when it happens again within ten minutes', 500, 3600],
    ['a minute when it happens again later', 700, 60],
  ])('close it for %s', async (_, passedSeconds, seconds) => {
    rig.server.answer[MARK] = refusing(45009)
    await failureOf(client.markTag(change))
    await age(passedSeconds)
    await failureOf(rig.open().markTag(change))
    expect(await closedForSeconds(MARK)).toBe(seconds)
  })

  it('that were under way together count once', async () => {
    const [one, two] = [brakeOf(), brakeOf()]
    const error = new WecomError(MARK, { errcode: 45009 })
    await Promise.all([one.note(error), two.note(error), one.note(error), two.note(error)])
    expect(await closedForSeconds(MARK)).toBe(60)
  })
})

describe('what a server knows of the brakes', () => {
  it('costs a statement every two seconds, not one per call', async () => {
    let now = 0
    const brakes = brakeOf(() => now)
    test.statements.length = 0
    for (let call = 0; call < 50; call++) await brakes.passed(await brakes.enter('user/get'))
    expect(test.statements).toHaveLength(1)
    now = 1_999
    await brakes.enter('user/get')
    expect(test.statements).toHaveLength(1)
    now = 2_000
    await Promise.all([1, 2, 3].map(() => brakes.enter('user/get')))
    expect(test.statements).toHaveLength(2)
  })

  it('is what another has learned, two seconds later at the latest', async () => {
    let now = 0
    const [here, there] = [brakeOf(() => now), brakeOf()]
    await here.enter('user/get')
    await there.note(new WecomError('gettoken', { errcode: 40001 }))
    await here.enter('user/get')
    now = 2_000
    expect(await failureOf(here.enter('user/get'))).toMatchObject({ api: 'user/get', errcode: 40001 })
  })

  it('is what it has learned itself, at once, even when it cannot tell the others', async () => {
    const broken = createBrakesRepository(test.db, rig.corp.corpId, 'a secret')
    const brakes = createBrakes({
      repository: { ...broken, closeForConfiguration: () => Promise.reject(new Error('no database')) },
      log: { warn: () => undefined },
    })
    await brakes.enter('user/get')
    await brakes.note(new WecomError('gettoken', { errcode: 40013 }))
    expect((await failureOf(brakes.enter('user/get'))).errcode).toBe(40013)
  })
})
