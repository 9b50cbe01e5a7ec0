import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CouponShelf } from '../../../../shared/contract/coupons.ts'
import type { Card } from '../../../../shared/contract/customers.ts'
import { createCallbackCrypto } from '../../../../server/wecom/callbackCrypto.ts'
import { WecomError } from '../../../../server/wecom/errors.ts'
import {
  createTestApp,
  TEST_PUBLIC_URL,
  type SignedIn,
  type TestApp,
} from '../../../support/createTestApp.ts'
import { aFollow } from '../../../support/fakeWecom.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'

/** From the event WeCom sends to what she finds in the chat, with everything of ours in between. */
const token = 'LocalSimToken01'
const aesKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'
let testDb: TestDb
let test: TestApp
let manager: SignedIn
let templateId: string
let channelCodeId: string
let state: string
let externalUserId: string
beforeAll(async () => {
  testDb = await createTestDb()
})
afterAll(() => testDb.drop())
beforeEach(async () => {
  const env = { WECOM_CALLBACK_TOKEN: token, WECOM_CALLBACK_AES_KEY: aesKey }
  test = await createTestApp({ test: testDb, env })
  const store = await test.make.store(test.corp)
  manager = await test.signIn(await test.make.staff(test.corp, { role: 'manager', store, manages: [store] }))
  templateId = (await test.make.couponTemplate(test.corp, { name: '见面礼券', stock: 2 })).templateId
  const code = await test.make.channelCode(test.corp, [manager.actor], {
    welcomeText: '{称呼}，您好，我是{导购姓名}',
    templateId,
  })
  ;({ channelCodeId, state } = code)
  externalUserId = `wm${randomUUID().slice(0, 8)}`
})
afterEach(() => test.close())

async function tell(said: Record<string, string>): Promise<void> {
  const crypto = createCallbackCrypto({ token, aesKey, receiveId: test.corp.wecomCorpId })
  const timestamp = String(Math.floor(test.clock.now().getTime() / 1000))
  const elements = Object.entries({ MsgType: 'event', Event: 'change_external_contact', ...said })
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
    .join('')
  const text = `<xml><ToUserName><![CDATA[${test.corp.wecomCorpId}]]></ToUserName><CreateTime>${timestamp}</CreateTime>${elements}</xml>`
  const encrypted = crypto.seal(text)
  const signature = crypto.sign({ timestamp, nonce: 'n', encrypted })
  const query = new URLSearchParams({ msg_signature: signature, timestamp, nonce: 'n' })
  const body = `<xml><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`
  const answer = await test.fetch(`/wecom/callback?${query}`, { method: 'POST', body })
  expect(answer.status).toBe(200)
}
const scans = (welcomeCode: string = randomUUID(), who = externalUserId) =>
  tell({
    ChangeType: 'add_half_external_contact',
    UserID: manager.actor.userId,
    ExternalUserID: who,
    State: state,
    WelcomeCode: welcomeCode,
  })
const confirms = () => {
  test.wecom.follows = [
    aFollow(manager.actor.userId, externalUserId, { channel: state, addedAt: test.clock.now() }),
  ]
  return tell({
    ChangeType: 'add_external_contact',
    UserID: manager.actor.userId,
    ExternalUserID: externalUserId,
    State: state,
  })
}
const sent = () =>
  test.wecom.callsOf('sendWelcome').map(([welcome]) => welcome as { link: { url: string } | null })
const couponStates = async () =>
  (
    await sql<{ state: string }>`
      select c.state from coupons c join customers p on p.customer_id = c.customer_id
      where p.external_user_id = ${externalUserId} order by c.reserved_at, c.coupon_id`.execute(test.db)
  ).rows.map(row => row.state)
const timeline = async () => {
  const answer = await manager.fetch(`/api/customers/${externalUserId}/timeline`)
  return ((await answer.json()) as { items: { kind: string; what: string; outcome: string | null }[] }).items
}
const shown = async () =>
  (await (await manager.fetch(`/api/channel-codes/${channelCodeId}`)).json()) as Record<string, number>
const stockLeft = async () =>
  (
    await sql<{ left: number }>`
      select sum(stock - live)::int as left from coupon_pools where template_id = ${templateId}`.execute(
      test.db,
    )
  ).rows[0]?.left

describe('somebody scans a code', () => {
  it('is greeted once, claims her coupon by the link, and is a customer by the code’s name', async () => {
    await scans('CODE1')
    await scans('CODE1')
    await test.runQueued()
    expect(sent()).toMatchObject([{ text: `您好，我是${manager.actor.name}` }])
    const path = new URL(sent()[0]?.link?.url ?? '').pathname
    expect((await test.fetch(path)).status).toBe(200)
    expect(await couponStates()).toEqual(['issued'])
    await test.fetch(path, { method: 'POST', headers: { origin: new URL(TEST_PUBLIC_URL).origin } })
    expect(await couponStates()).toEqual(['claimed'])

    await confirms()
    await test.runQueued()
    const card = await (await manager.fetch(`/api/customers/${externalUserId}/card`)).json()
    expect(JSON.stringify(card)).toContain('国贸店收银台')
    expect(await shown()).toMatchObject({ added: 1, coupons: { given: 1, claimed: 1, redeemed: 0 } })
    const { codes } = (await (await manager.fetch('/api/channel-codes')).json()) as { codes: unknown[] }
    expect(codes).toMatchObject([{ added: 1, coupons: null }])
    expect((await timeline()).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['welcomed', 'couponIssued', 'couponClaimed', 'halfAdded']),
    )
    expect(sent()).toHaveLength(1)
  })

  it('has not been written to by that: the welcome is in 动态, her coupon says where it is from, and every message is left', async () => {
    await test.make.contactRule(test.corp, { channel: 'private', periodDays: 7, maxCount: 1 })
    await scans()
    await confirms()
    await test.runQueued()
    const fetched = await manager.fetch(`/api/customers/${externalUserId}/card`)
    const { contact } = (await fetched.json()) as Card
    expect(contact.rules).toMatchObject([{ maxCount: 1, used: 0 }])
    const shelf = await manager.fetch(`/api/customers/${externalUserId}/coupons`)
    expect(((await shelf.json()) as CouponShelf).held).toMatchObject([{ origin: 'welcome', state: 'issued' }])
    expect(await timeline()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'welcomed', by: 'system', outcome: 'ok' }),
        expect.objectContaining({ kind: 'couponIssued', by: 'system', detail: '欢迎语' }),
      ]),
    )
  })

  it('gets no second coupon when she leaves and comes again, and one elsewhere does not count', async () => {
    await scans()
    await test.runQueued()
    const left = { UserID: manager.actor.userId, ExternalUserID: externalUserId }
    await tell({ ChangeType: 'del_follow_user', ...left })
    await test.runQueued()
    test.clock.advance({ days: 400 })
    await scans()
    await test.runQueued()
    expect(sent().map(({ link }) => link !== null)).toEqual([true, false])
    expect(await stockLeft()).toBe(1)
  })

  it('gets the words alone when the coupons are gone (P9)', async () => {
    const others = [1, 2, 3].map(each => `wm${each}${randomUUID().slice(0, 8)}`)
    for (const other of others) await scans(randomUUID(), other)
    await test.runQueued()
    expect(sent().filter(({ link }) => link !== null)).toHaveLength(2)
    expect(sent()).toHaveLength(3)
    expect(await stockLeft()).toBe(0)
  })

  it('has her coupon given back when WeCom certainly did not take the welcome (P10)', async () => {
    test.wecom.fail('sendWelcome', new WecomError('externalcontact/send_welcome_msg', { errcode: 41050 }), 1)
    await scans()
    await test.runQueued()
    expect(await couponStates()).toEqual(['released'])
    expect(await stockLeft()).toBe(2)
    expect(await timeline()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          kind: 'welcomed',
          outcome: 'failed',
          detail: '过了 20 秒，企业微信不收了',
        }),
      ]),
    )
    expect(await shown()).toMatchObject({ coupons: { given: 0 }, unwelcomed: 1 })
    await scans()
    await test.runQueued()
    expect((await couponStates()).toSorted()).toEqual(['issued', 'released'])
  })

  it('is not greeted for a code that was deleted, and becomes a customer all the same', async () => {
    await manager.fetch(`/api/channel-codes/${channelCodeId}`, { method: 'DELETE', version: 1 })
    await scans()
    await test.runQueued()
    expect(sent()).toEqual([])
    expect(await timeline()).toMatchObject([{ kind: 'halfAdded', what: '加了你，等你通过 · 国贸店收银台' }])
  })
})

describe('an arrival no callback told of', () => {
  it('is counted and tagged by the next pull (P16)', async () => {
    const { tags } = await test.make.tagGroup(test.corp, { tags: ['到店'] })
    await sql`update channel_codes set tag_ids = ${tags.map(tag => tag.id)}::integer[]
      where channel_code_id = ${channelCodeId}`.execute(test.db)
    const { userId } = manager.actor
    test.wecom.departments = [{ id: 1, name: '云锦珠宝', parentId: 0 }]
    test.wecom.members = [
      {
        userId,
        name: '陈露',
        departmentIds: [1],
        mainDepartmentId: 1,
        leadsDepartmentIds: [],
        status: 'active',
      },
    ]
    test.wecom.followUserIds = [userId]
    test.wecom.tagGroups = [
      {
        groupId: 'g',
        name: '来处',
        sort: 1,
        tags: tags.map(({ tagId, name }) => ({ tagId, name, sort: 1 })),
      },
    ]
    test.wecom.follows = [aFollow(userId, externalUserId, { channel: state })]
    for (let pull = 0; pull < 2; pull++)
      await test.services.sync.pull({ isFresh: false }, new AbortController().signal)
    const found = await sql<{ channel: string; tagIds: number[] }>`
      select f.channel, f.tag_ids as "tagIds" from follows f join customers c on c.customer_id = f.customer_id
      where c.external_user_id = ${externalUserId}`.execute(test.db)
    expect(found.rows).toEqual([{ channel: '国贸店收银台', tagIds: tags.map(tag => tag.id) }])
    const arrivals = await sql`select from channel_arrivals where channel_code_id = ${channelCodeId}`.execute(
      test.db,
    )
    expect(arrivals.rows).toHaveLength(1)
  })
})
