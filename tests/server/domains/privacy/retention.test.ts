import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTombstones } from '../../../../server/db/tombstones.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'
import { openShop, type MarkedShop } from './markedPerson.ts'

let test: TestApp
let shop: MarkedShop
beforeEach(async () => {
  test = await createTestApp()
  shop = await openShop(test)
})
afterEach(() => test.close())

const never = new AbortController().signal
const wanted = { timelineMonths: 12, wordsMonths: 6, callbackDays: 7, lostMonths: 12 }
const change = (json: object, version: number, who: SignedIn = shop.admin) =>
  who.fetch('/api/retention', { method: 'PUT', json, version })
const months = (count: number) => {
  const at = new Date(test.clock.now())
  at.setUTCMonth(at.getUTCMonth() - count)
  return at
}

describe('how long what is kept', () => {
  it('has defaults, is changed by admins who saw the newest, and the change stands in the record', async () => {
    const known = await (await shop.admin.fetch('/api/retention')).json()
    expect(known).toEqual({
      timelineMonths: 36,
      wordsMonths: 24,
      callbackDays: 30,
      lostMonths: 24,
      version: 0,
      auditMonths: 36,
    })
    expect((await shop.who.fetch('/api/retention')).status).toBe(403)
    expect((await change(wanted, 0, shop.who)).status).toBe(403)
    expect(await (await change(wanted, 0)).json()).toMatchObject({ ...wanted, version: 1 })
    expect((await change(wanted, 0)).status).toBe(412)
    expect(await (await change({ ...wanted, callbackDays: 9 }, 1)).json()).toMatchObject({ version: 2 })
    expect((await change({ ...wanted, callbackDays: 0 }, 2)).status).toBe(422)
    const told = await sql<{ detail: object }>`
      select detail from audit_entries where corp_id = ${test.corp.corpId} and action = 'retentionChanged' order by entry_id`.execute(
      test.db,
    )
    expect(told.rows.map(({ detail }) => detail)).toEqual([
      { timelineMonths: [36, 12], wordsMonths: [24, 6], callbackDays: [30, 7], lostMonths: [24, 12] },
      { callbackDays: [7, 9] },
    ])
  })

  it('every night what is older goes, what is younger stays', async () => {
    await change(wanted, 0)
    const { make, corp, db } = test
    const customer = await make.followed(corp, shop.guide)
    for (const at of [months(13), months(11)])
      await sql`
        insert into touches (corp_id, customer_id, at, kind, actor, what)
        values (${corp.corpId}, ${customer.customerId}, ${at}, 'profileChanged', 'system', ${at.toISOString()})`.execute(
        db,
      )
    const sends = []
    for (const startedAt of [months(7), months(5)]) {
      const { sendId } = await make.send(shop.guide, customer, { startedAt, title: '自己写的' })
      await sql`
        insert into send_parts (send_id, index, body, outcome) values (${sendId}, 0, '{"kind":"text","text":"原话"}', 'ok')`.execute(
        db,
      )
      sends.push(sendId)
    }
    await test.services.retention.forget(never)
    await test.services.retention.forget(never)
    const told = await sql<{ detail: object }>`
      select detail - 'job' as detail from audit_entries
      where corp_id = ${corp.corpId} and action = 'retentionApplied' order by entry_id`.execute(db)
    expect(told.rows).toEqual([{ detail: { lines: 1 } }, { detail: { words: 1 } }])
    const touches = await sql<{ what: string }>`
      select what from touches where customer_id = ${customer.customerId}`.execute(db)
    expect(touches.rows).toEqual([{ what: months(11).toISOString() }])
    const words = await sql<{ title: string; body: { text: string }; outcome: string }>`
      select s.title, p.body, s.outcome from sends s join send_parts p using (send_id)
      where s.customer_id = ${customer.customerId} order by s.started_at`.execute(db)
    expect(words.rows).toMatchObject([
      { title: '', body: { text: '' }, outcome: 'ok' },
      { title: '自己写的', body: { text: '原话' }, outcome: 'ok' },
    ])
  })

  it('P29 who has been nobody’s friend for so long is erased; a later friend, or one of somebody else, is not', async () => {
    await change(wanted, 0)
    const { make, corp } = test
    const colleague = await make.staff(corp)
    const gone = await make.followed(corp, shop.guide, { status: 'lost', endedAt: months(13) })
    const lately = await make.followed(corp, shop.guide, { status: 'lost', endedAt: months(11) })
    const shared = await make.followed(corp, shop.guide, { status: 'removed', endedAt: months(13) })
    await make.follow(colleague, shared)
    await test.services.retention.forget(never)
    await test.runQueued()
    const left = await sql<{ id: string }>`
      select external_user_id as id from customers
      where corp_id = ${corp.corpId} and external_user_id = any(${[gone, lately, shared].map(each => each.externalUserId)}::text[])`.execute(
      test.db,
    )
    expect(left.rows.map(({ id }) => id).sort()).toEqual(
      [lately.externalUserId, shared.externalUserId].sort(),
    )
    const [erased] = (
      (await (await shop.admin.fetch('/api/erasures')).json()) as {
        items: { cause: string; askedBy: null }[]
      }
    ).items
    expect(erased).toMatchObject({ cause: 'retention', askedBy: null, state: 'done' })
  })

  it('P29 who has left herself stays away; whom WeCom only stopped showing may be shown again', async () => {
    await change(wanted, 0)
    const { make, corp, db } = test
    const ended = async (reason: string) => {
      const customer = await make.followed(corp, shop.guide, { status: 'lost', endedAt: months(13) })
      await sql`update follows set end_reason = ${reason} where customer_id = ${customer.customerId}`.execute(
        db,
      )
      return customer.externalUserId
    }
    const [left, unlisted] = [await ended('customerLeft'), await ended('notListed')]
    await test.services.retention.forget(never)
    await test.runQueued()
    const kept = await sql`
      select from customers where external_user_id = any(${[left, unlisted]}::text[])`.execute(db)
    expect(kept.rows).toEqual([])
    const erased = await createTombstones(db, corp.corpId).find([left, unlisted])
    expect([...erased.keys()]).toEqual([left])
  })
})
