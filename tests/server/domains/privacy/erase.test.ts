import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isCustomerGone } from '../../../../server/db/failures.ts'
import { ERASE_LOCK } from '../../../../server/db/locks.ts'
import { createTombstones } from '../../../../server/db/tombstones.ts'
import { auditCoupons } from '../../../../server/domains/coupons/auditCoupons.ts'
import { replayErasures } from '../../../../server/domains/privacy/replayErasures.ts'
import { readCallbackEvent, textToKeep } from '../../../../server/domains/sync/callbackEvent.ts'
import { createCallbackCrypto } from '../../../../server/wecom/callbackCrypto.ts'
import { WecomError } from '../../../../server/wecom/client.ts'
import { createActions } from '../../../../sandbox/world/actions.ts'
import { createOpenApi } from '../../../sandbox/openApiCaller.ts'
import { createTestApp, type TestApp } from '../../../support/createTestApp.ts'
import { aFollow } from '../../../support/fakeWecom.ts'
import {
  findMarks,
  HER_ID,
  herRow,
  MARK,
  newKey,
  openShop,
  OTHERS_ID,
  plantEverything,
  type MarkedShop,
} from './markedPerson.ts'

const token = 'LocalSimToken01'
const aesKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'
const never = new AbortController().signal
/** What admins and guides wrote as their own reasons stays in the record, and nothing else of her does. */
const MAY_STAY: Record<string, number> = {}

let test: TestApp
let shop: MarkedShop
beforeEach(async () => {
  test = await createTestApp({
    env: { WECOM_CALLBACK_TOKEN: token, WECOM_CALLBACK_AES_KEY: aesKey },
  })
  test.wecom.getCustomer = async externalUserId => {
    const follows = test.wecom.follows.filter(each => each.customer.externalUserId === externalUserId)
    const [first] = follows
    if (!first) throw new WecomError('externalcontact/get', { errcode: 84061 })
    return { customer: first.customer, follows }
  }
  shop = await openShop(test)
})
afterEach(() => test.close())

const erase = (key = newKey(), externalUserId = HER_ID) =>
  shop.admin.fetch(`/api/customers/${externalUserId}`, {
    method: 'DELETE',
    json: { reason: '她要求删除' },
    key,
  })
const pull = () => test.services.sync.pull({ isFresh: true, cause: 'manual' }, never)

/** A genuine callback about her. */
async function tell(changeType: string, at = test.clock.now()): Promise<number> {
  const crypto = createCallbackCrypto({ token, aesKey, receiveId: test.corp.wecomCorpId })
  const seconds = Math.floor(at.getTime() / 1000)
  const text = `<xml><ToUserName><![CDATA[${test.corp.wecomCorpId}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>${seconds}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[${changeType}]]></ChangeType><UserID><![CDATA[chenlu]]></UserID><ExternalUserID><![CDATA[${HER_ID}]]></ExternalUserID></xml>`
  const encrypted = crypto.seal(text)
  const timestamp = String(Math.floor(test.clock.now().getTime() / 1000))
  const nonce = '1597212914'
  const signature = crypto.sign({ timestamp, nonce, encrypted })
  const query = new URLSearchParams({ msg_signature: signature, timestamp, nonce }).toString()
  const body = `<xml><ToUserName><![CDATA[x]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`
  return (await test.fetch(`/wecom/callback?${query}`, { method: 'POST', body })).status
}
/** How many wait until nobody erases any more. */
async function waitingForErasing(): Promise<number> {
  const found = await sql<{ count: number }>`
    select count(*)::int as count from pg_locks
    where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())
      and classid = ${ERASE_LOCK}::int::oid`.execute(test.db)
  return found.rows[0]?.count ?? 0
}
/** How the friendship looks that an admin makes in WeCom's console, giving a customer to another member: new, with the old words. */
async function wayOfTakenOver(): Promise<number> {
  const { world, time, get } = createOpenApi()
  const actions = createActions(world)
  const [old] = world.followsOf('chenlu').filter(({ status, remark }) => status === 'active' && remark !== '')
  const { externalUserId, remark } = old!
  time.now += 60_000
  actions.adminTransfers({
    handoverUserId: 'chenlu',
    takeoverUserId: 'zhoumin',
    externalUserIds: [externalUserId],
  })
  actions.customerAnswersTransfer({ externalUserId, isAccepted: true })
  const answer = await get('externalcontact/get', { external_userid: externalUserId })
  const follows = answer.follow_user as {
    userid: string
    createtime: number
    remark: string
    add_way: number
  }[]
  const taken = follows.find(({ userid }) => userid === 'zhoumin')
  expect(taken).toMatchObject({ createtime: Math.floor(time.now / 1000), remark })
  return taken!.add_way
}
const erasures = async () =>
  (
    (await (await shop.admin.fetch('/api/erasures')).json()) as {
      items: { state: string; counts: { what: string; rows: number }[] }[]
    }
  ).items

describe('P29 who asks to be erased', () => {
  it('leaves no value of hers in any table, and nobody else loses anything', async () => {
    await plantEverything(test, shop)
    await tell('edit_external_contact')
    const planted = Object.keys(await findMarks(test))
    expect(planted).toEqual(
      expect.arrayContaining([
        ...['customers', 'follows', 'people', 'important_dates', 'purchases', 'removed_purchases', 'touches'],
        ...['sends', 'send_parts', 'engravings', 'reminders', 'outbox', 'callback_events', 'group_members'],
        'family_undos',
      ]),
    )
    const answer = await erase()
    expect(answer.status).toBe(202)
    expect(await answer.json()).toMatchObject({ state: 'waiting', askedBy: '方致远' })
    await test.runQueued()

    expect(await findMarks(test)).toEqual(MAY_STAY)
    expect(await erasures()).toMatchObject([{ state: 'done' }])
    expect((await erasures())[0]?.counts).toEqual(
      expect.arrayContaining([
        { what: '本人', rows: 1 },
        { what: '好友关系', rows: 1 },
      ]),
    )
    const others = await sql<{ count: number }>`
      select count(*)::int as count from follows f join customers c on c.customer_id = f.customer_id
      where c.external_user_id = ${OTHERS_ID} and f.corp_id = ${test.corp.corpId} and f.status = 'active'`.execute(
      test.db,
    )
    expect(others.rows[0]?.count).toBe(1)
  }, 60_000)

  it('keeps amounts under a number that leads to nobody, gives back the pieces she had not used', async () => {
    await plantEverything(test, shop)
    const of = async () =>
      (
        await sql<{ purchases: number; fen: number; coupons: number; live: number }>`
          select (select count(*)::int from purchases where corp_id = ${test.corp.corpId}) as purchases,
            (select coalesce(sum(amount_fen), 0)::int from purchases where corp_id = ${test.corp.corpId}) as fen,
            (select count(*)::int from coupons where corp_id = ${test.corp.corpId}) as coupons,
            (select count(*)::int from coupons
             where corp_id = ${test.corp.corpId} and state in ('reserved', 'issued', 'claimed')) as live`.execute(
          test.db,
        )
      ).rows[0]!
    const before = await of()
    expect(before.live).toBeGreaterThan(0)
    await erase()
    await test.runQueued()
    expect(await of()).toEqual({ ...before, live: 0 })
    const pools = await sql<{ live: number }>`
      select sum(live)::int as live from coupon_pools where template_id = ${shop.templateId}`.execute(test.db)
    expect(pools.rows[0]?.live).toBe(0)
    expect((await auditCoupons(test.db)).differences).toEqual([])
    const owners = await sql<{ name: string; follows: number }>`
      select c.name, (select count(*)::int from follows f where f.customer_id = c.customer_id) as follows
      from purchases p join customers c on c.customer_id = p.customer_id where p.corp_id = ${test.corp.corpId}
      group by c.customer_id, c.name`.execute(test.db)
    expect(owners.rows).toEqual([{ name: '已删除的客户', follows: 0 }])
  }, 60_000)

  it('is not found from then on, and the same wish again is the same erasure', async () => {
    const key = newKey()
    const first = (await (await erase(key)).json()) as { erasureId: string }
    const meanwhile = (await (await erase()).json()) as { erasureId: string }
    expect(meanwhile.erasureId).toBe(first.erasureId)
    await test.runQueued()
    expect((await shop.who.fetch(`/api/customers/${HER_ID}/card`)).status).toBe(404)
    expect((await erase()).status).toBe(404)
    const again = await erase(key)
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, 'true'])
    expect(await again.json()).toMatchObject({ erasureId: first.erasureId, state: 'done' })
    await test.services.erasures.run(first.erasureId)
    expect(await erasures()).toHaveLength(1)
  })

  it('is not named in news of groups, which are kept without their members', async () => {
    const text = (body: string) =>
      `<xml><ToUserName><![CDATA[${test.corp.wecomCorpId}]]></ToUserName><CreateTime>1763690400</CreateTime><MsgType>event</MsgType><Event>change_external_chat</Event><ChangeType>dismiss</ChangeType><ChatId>${shop.chatId}</ChatId>${body}</xml>`
    const told = text(`<MemChangeList><Item>${HER_ID}</Item></MemChangeList>`)
    const event = readCallbackEvent(told, test.corp.wecomCorpId)
    const kept = textToKeep(event, told)
    expect(kept).not.toContain(HER_ID)
    expect(readCallbackEvent(kept, test.corp.wecomCorpId)).toEqual(event)
  })

  it('nor in those that were kept with them before', async () => {
    const store = (n: number) =>
      sql`
      insert into callback_events (corp_id, content_hash, event, change_type, subject, body_sealed, happened_at, received_at, names_members)
      values (${test.corp.corpId}, ${Buffer.from([n])}, 'change_external_chat', 'update', ${`chat:wr${n}`}, 'cannot be opened', now(), now(),
        ${n === 1})`.execute(test.db)
    await store(1)
    await store(2)
    await erase()
    await test.runQueued()
    const left = await sql<{ subject: string }>`
      select subject from callback_events where corp_id = ${test.corp.corpId} and event = 'change_external_chat'`.execute(
      test.db,
    )
    expect(left.rows).toEqual([{ subject: 'chat:wr2' }])
  })

  it('does not wait for somebody before her whose erasing fails', async () => {
    const { customerId } = await herRow(test)
    await sql`
      create function not_now() returns trigger language plpgsql as 'begin raise exception ''not now''; end'`.execute(
      test.db,
    )
    await sql`
      create trigger not_now before delete on follows
      for each row when (old.customer_id = ${sql.raw(String(customerId))}) execute function not_now()`.execute(
      test.db,
    )
    await erase()
    test.clock.advance({ seconds: 1 })
    await erase(newKey(), OTHERS_ID)
    await expect(test.services.erasures.runLeft(never)).rejects.toThrow('could not be ended')
    expect((await erasures()).map(({ state }) => state)).toEqual(['done', 'waiting'])
  })

  it('is for admins only, with a reason, and stands in the record by number', async () => {
    for (const json of [{}, { reason: ' ' }, { reason: '她要求删除', more: 1 }])
      expect((await shop.admin.fetch(`/api/customers/${HER_ID}`, { method: 'DELETE', json })).status).toBe(
        422,
      )
    const refused = await shop.who.fetch(`/api/customers/${HER_ID}`, {
      method: 'DELETE',
      json: { reason: '不想服务了' },
    })
    expect(refused.status).toBe(403)
    const { customerId } = await herRow(test)
    await erase()
    await test.runQueued()
    const entries = await sql<{ action: string; customerId: number | null; detail: object }>`
      select action, customer_id as "customerId", detail from audit_entries
      where corp_id = ${test.corp.corpId} and action in ('erasureAsked', 'personErased') order by entry_id`.execute(
      test.db,
    )
    expect(entries.rows).toMatchObject([
      { action: 'erasureAsked', customerId, detail: { reason: '她要求删除' } },
      { action: 'personErased', customerId: null },
    ])
  })
})

describe('P29 what was erased does not come back', () => {
  beforeEach(async () => {
    await tell('add_external_contact', new Date(test.clock.now().getTime() - 60_000))
    test.clock.advance({ minutes: 1 })
    await erase()
    await test.runQueued()
    expect(await findMarks(test)).toEqual(MAY_STAY)
  })

  it('by a pull, though WeCom still shows her old friendship and her group', async () => {
    test.clock.advance({ minutes: 1 })
    await pull()
    expect(await findMarks(test)).toEqual(MAY_STAY)
    expect((await herRow(test)).customerId).toBe(0)
  })

  it('by a callback repeated, by news of her old friendship, by her leaving', async () => {
    expect(await tell('add_external_contact', new Date(test.clock.now().getTime() - 120_000))).toBe(200)
    for (const type of ['edit_external_contact', 'del_follow_user', 'del_external_contact'])
      expect(await tell(type, new Date(test.clock.now().getTime() + 60_000))).toBe(200)
    await test.runQueued()
    expect(await findMarks(test)).toEqual(MAY_STAY)
  })

  it('nor do news of her and her erasing wait for one another in a circle', async () => {
    test.clock.advance({ minutes: 5 })
    const addedAt = test.clock.now()
    test.wecom.follows = [aFollow('chenlu', HER_ID, { addedAt })]
    expect(await tell('add_external_contact', addedAt)).toBe(200)
    const { worked, leases } = await test.db.transaction(async alone => {
      await createTombstones(alone, test.corp.corpId).holdAlone()
      const worked = test.services.events.work(`customer:${HER_ID}`)
      worked.catch(() => undefined)
      await expect.poll(() => waitingForErasing(), { timeout: 10_000 }).toBe(1)
      const freed = await sql`
        delete from sync_leases
        where corp_id = ${test.corp.corpId} and subject = ${`customer:${HER_ID}`}`.execute(alone)
      return { worked, leases: Number(freed.numAffectedRows) }
    })
    expect(leases).toBe(1)
    await expect(worked).rejects.toThrow('taken over')
  })

  it('by a job that was to be tried again, or by who was writing at that moment', async () => {
    await test.services.events.work(`customer:${HER_ID}`)
    expect(await findMarks(test)).toEqual(MAY_STAY)
    const late = sql`
      insert into touches (corp_id, customer_id, at, kind, actor, what)
      select ${test.corp.corpId}, max(customer_id) + 1000000, now(), 'friendAdded', 'customer', 'x' from customers`.execute(
      test.db,
    )
    await expect(late).rejects.toMatchObject({ constraint: 'touches_customer_id_fkey' })
    const promised = sql`
      insert into reminders (reminder_id, corp_id, customer_id, staff_id, kind, occurrence, due_on, created_at, subject)
      select gen_random_uuid(), ${test.corp.corpId}, max(customer_id) + 1000000, ${shop.guide.staffId}, 'promise',
        '2026-11-21', '2026-11-21', now(), 'x' from customers`.execute(test.db)
    await expect(promised).rejects.toSatisfy(isCustomerGone)
  })

  it('but adding a guide anew is her own act: a profile begins, with nothing of the old one', async () => {
    test.clock.advance({ minutes: 5 })
    const addedAt = test.clock.now()
    test.wecom.follows = [
      ...test.wecom.follows.filter(each => each.customer.externalUserId !== HER_ID),
      aFollow('chenlu', HER_ID, { addedAt, customer: { name: '重新来的' } }),
    ]
    expect(await tell('add_external_contact', addedAt)).toBe(200)
    await test.runQueued()
    const card = await shop.who.fetch(`/api/customers/${HER_ID}/card`)
    expect(card.status).toBe(200)
    const text = await card.text()
    expect(text).not.toContain(MARK)
    expect(JSON.parse(text)).toMatchObject({
      customer: { name: '重新来的', profile: { note: null }, lastPurchase: null },
      dates: [],
    })
    await pull()
    expect((await shop.who.fetch(`/api/customers/${HER_ID}/card`)).status).toBe(200)
    // Nor does a replay after a restore take the new one for the old.
    expect(await replayErasures(test.db)).toBe(0)
    expect((await herRow(test)).customerId).toBeGreaterThan(0)
  })

  it('by being given to a colleague: what the former one wrote is not hers to bring', async () => {
    test.clock.advance({ minutes: 5 })
    const addedAt = test.clock.now()
    const [old] = test.wecom.follows.filter(each => each.customer.externalUserId === HER_ID)
    for (const addWay of [201, await wayOfTakenOver()]) {
      test.wecom.follows = test.wecom.follows.filter(each => each !== old)
      test.wecom.follows.push({ ...old!, addedAt, addWay })
      expect(await tell('add_external_contact', addedAt)).toBe(200)
      await test.runQueued()
      await pull()
      expect(await findMarks(test)).toEqual(MAY_STAY)
      expect((await herRow(test)).customerId).toBe(0)
    }
  })

  it('but who has come back by herself can be given to a colleague like anybody', async () => {
    test.clock.advance({ minutes: 5 })
    const hers = (addWay: number) =>
      aFollow('chenlu', HER_ID, { addedAt: test.clock.now(), addWay, customer: { name: '重新来的' } })
    test.wecom.follows = [hers(1)]
    await pull()
    const { customerId } = await herRow(test)
    expect(customerId).toBeGreaterThan(0)
    await sql`update follows set status = 'removed', ended_at = now() where customer_id = ${customerId}`.execute(
      test.db,
    )
    test.clock.advance({ minutes: 5 })
    test.wecom.follows = [hers(202)]
    await pull()
    expect((await shop.who.fetch(`/api/customers/${HER_ID}/card`)).status).toBe(200)
  })

  it('by a restore: whoever is in it again is erased before anybody sees her', async () => {
    await sql`
      with her as (
        insert into customers (corp_id, external_user_id, name, note, synced_at, known_since)
        values (${test.corp.corpId}, ${HER_ID}, ${MARK}, ${MARK}, now(), '-infinity') returning customer_id)
      insert into follows (corp_id, staff_id, customer_id, added_at, remark, synced_at)
      select ${test.corp.corpId}, ${shop.guide.staffId}, customer_id, '2026-03-02', ${MARK}, now() from her`.execute(
      test.db,
    )
    expect(await replayErasures(test.db)).toBe(1)
    expect(await findMarks(test)).toEqual(MAY_STAY)
    expect(await replayErasures(test.db)).toBe(0)
  })
})
