import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Problem } from '../../../shared/contract/problem.ts'
import type { StaffActor } from '../../../server/actor.ts'
import { createTestApp, TEST_PUBLIC_URL, type SignedIn, type TestApp } from '../../support/createTestApp.ts'

/** Limits as they are, and — for what is counted by the hour — without the pace that would stand before them. */
let test: TestApp
let unhurried: TestApp
let guide: StaffActor
let admin: StaffActor
beforeAll(async () => {
  test = await createTestApp({ isLimited: true })
  unhurried = await createTestApp({ isLimited: true, env: { REQUESTS_PER_SECOND: '10000' } })
  guide = await unhurried.make.staff(unhurried.corp)
  admin = await unhurried.make.staff(unhurried.corp, { role: 'admin' })
})
afterAll(() => Promise.all([test.close(), unhurried.close()]))

async function expectSlowedDown(answer: Response | undefined): Promise<void> {
  expect(answer?.status).toBe(429)
  expect(Number(answer?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(Problem.parse(await answer?.json())).toMatchObject({
    code: 'rate_limited',
    title: '操作太快，歇一下再试',
  })
}

describe('P26 one noisy client', () => {
  it('is slowed down after thirty requests on end, and nobody else is', async () => {
    const actor = await test.make.staff(test.corp)
    const [noisy, other] = [await test.signIn(actor), await test.signIn(actor)]
    const began = performance.now()
    const answers = await Promise.all(Array.from({ length: 100 }, () => noisy.fetch('/api/session')))
    const mostRefilled = Math.ceil((performance.now() - began) / 100)
    const taken = answers.filter(({ status }) => status === 200).length
    expect(taken).toBeGreaterThanOrEqual(30)
    expect(taken).toBeLessThanOrEqual(30 + mostRefilled)
    await expectSlowedDown(answers.find(({ status }) => status !== 200))
    expect((await other.fetch('/api/session')).status).toBe(200)
  })

  it('costs no statement for what is refused, and a card stays one', async () => {
    const actor = await test.make.staff(test.corp)
    const customer = await test.make.followed(test.corp, actor)
    const noisy = await test.signIn(actor)
    test.statements.length = 0
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => noisy.fetch(`/api/customers/${customer.externalUserId}/card`)),
    )
    const taken = answers.filter(({ status }) => status === 200).length
    expect(taken).toBeLessThan(60)
    expect(test.statements).toHaveLength(taken)
  })
})

describe('P2 whoever tries ids', () => {
  const cardOf = (who: SignedIn, id: string) => who.fetch(`/api/customers/${id}/card`)

  it('is refused after twenty that are none of hers, whether they exist or not, her own customers too', async () => {
    const own = await unhurried.make.followed(unhurried.corp, guide)
    const colleague = await unhurried.make.staff(unhurried.corp)
    const foreign = await unhurried.make.followed(unhurried.corp, colleague)
    const who = await unhurried.signIn(guide)
    for (let turn = 0; turn < 10; turn++) {
      expect((await cardOf(who, foreign.externalUserId)).status).toBe(404)
      expect((await who.fetch(`/api/customers/wmNever${turn}/timeline`)).status).toBe(404)
    }
    await expectSlowedDown(await cardOf(who, own.externalUserId))
    expect((await who.fetch('/api/session')).status).toBe(200)
    expect((await cardOf(await unhurried.signIn(guide), own.externalUserId)).status).toBe(200)
    unhurried.clock.advance({ minutes: 1, seconds: 1 })
    expect((await cardOf(who, own.externalUserId)).status).toBe(200)
  })

  it('is not slowed down by what she is refused for another reason', async () => {
    const own = await unhurried.make.followed(unhurried.corp, guide)
    const who = await unhurried.signIn(guide)
    for (let turn = 0; turn < 25; turn++)
      expect((await who.fetch(`/api/customers/${own.externalUserId}/timeline?cursor=bad`)).status).toBe(400)
    expect((await cardOf(who, own.externalUserId)).status).toBe(200)
  })
})

describe('P7 signatures', () => {
  it('are given sixty times an hour to one member, on whichever device', async () => {
    const member = await unhurried.make.staff(unhurried.corp)
    const devices = [await unhurried.signIn(member), await unhurried.signIn(member)]
    const url = `/api/jssdk/signature?${new URLSearchParams({ url: `${TEST_PUBLIC_URL}/sidebar/` }).toString()}`
    for (let turn = 0; turn < 60; turn++) expect((await devices[turn % 2]?.fetch(url))?.status).toBe(200)
    for (const device of devices) await expectSlowedDown(await device.fetch(url))
    expect((await (await unhurried.signIn(guide)).fetch(url)).status).toBe(200)
  })
})

describe('P27 exports', () => {
  it('are three a day, of all kinds together', async () => {
    const who = await unhurried.signIn(admin)
    const paths = ['/api/audit/export', '/api/script-export', '/api/audit/export?topic=phone']
    for (const path of paths) expect([path, (await who.fetch(path)).status]).toEqual([path, 200])
    for (const path of paths) await expectSlowedDown(await who.fetch(path))
    // A new session is no new day.
    await expectSlowedDown(await (await unhurried.signIn(admin)).fetch('/api/script-export'))
  })
})

describe('P5 logins', () => {
  const from = (
    app: TestApp,
    remoteAddress: string,
    headers: Record<string, string> = {},
    path = '/auth/login',
  ) => app.app.request(`${TEST_PUBLIC_URL}${path}`, { headers }, { incoming: { socket: { remoteAddress } } })
  const statuses = async (ask: () => Response | Promise<Response>, times: number) => {
    const found: number[] = []
    for (let turn = 0; turn < times; turn++) found.push((await ask()).status)
    return found
  }
  const tenThenNoMore = [...Array<number>(10).fill(302), 429]

  it('are ten a minute from one address, in words for a person after that', async () => {
    expect(await statuses(() => from(test, '203.0.113.1'), 11)).toEqual(tenThenNoMore)
    const page = await from(test, '203.0.113.1')
    expect(page.headers.get('content-type')).toMatch(/^text\/html/)
    expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await page.text()).toContain('歇一分钟')
    expect((await from(test, '203.0.113.2')).status).toBe(302)
    test.clock.advance({ minutes: 1, seconds: 1 })
    expect((await from(test, '203.0.113.1')).status).toBe(302)
  })

  it('also the ways back, before WeCom is asked', async () => {
    const back = () => from(test, '203.0.113.3', {}, '/auth/callback?code=x&state=y')
    expect(await statuses(back, 11)).toEqual(tenThenNoMore)
  })

  it('an address that a client makes up changes nothing', async () => {
    let turn = 0
    const lying = () => from(test, '203.0.113.4', { 'X-Forwarded-For': `198.51.100.${turn++}` })
    expect(await statuses(lying, 11)).toEqual(tenThenNoMore)
  })

  it('behind a proxy that is named each client has its own ten', async () => {
    const proxied = await createTestApp({ isLimited: true, env: { TRUSTED_PROXIES: '10.0.0.0/8' } })
    const by = (client: string) => from(proxied, '10.0.0.2', { 'X-Forwarded-For': `1.2.3.4, ${client}` })
    expect(await statuses(() => by('198.51.100.1'), 11)).toEqual(tenThenNoMore)
    expect((await by('198.51.100.2')).status).toBe(302)
    await proxied.close()
  })

  it('behind one that nobody has named they are not each other’s, so a hurried guide keeps no company out', async () => {
    const behind = () => from(test, '127.0.0.1', { 'X-Forwarded-For': '198.51.100.1' })
    expect(await statuses(behind, 15)).toEqual(Array(15).fill(302))
  })
})
