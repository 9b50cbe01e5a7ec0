import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportedTables, notExportedTables } from '../../../../server/domains/privacy/personalData.ts'
import { createTestApp, type TestApp } from '../../../support/createTestApp.ts'
import {
  HER_ID,
  HER_PHONE,
  herRow,
  MARK,
  newKey,
  openShop,
  OTHERS_ID,
  plantEverything,
  type MarkedShop,
} from './markedPerson.ts'

let test: TestApp
let shop: MarkedShop
beforeAll(async () => {
  test = await createTestApp()
  shop = await openShop(test)
  await plantEverything(test, shop)
}, 60_000)
afterAll(() => test.close())

const ask = (who = shop.admin, externalUserId = HER_ID, key = newKey()) =>
  who.fetch(`/api/customers/${externalUserId}/export`, { method: 'POST', json: { reason: '她要一份' }, key })
const fetchFile = (exportId: string, who = shop.admin) =>
  who.fetch(`/api/personal-exports/${exportId}/file`, { method: 'POST' })
const made = async (who = shop.admin) =>
  (await (await ask(who)).json()) as { exportId: string; expiresAt: string }
const entries = async (action: string) =>
  (
    await sql<{ customerId: number; detail: Record<string, unknown>; subject: string | null }>`
      select customer_id as "customerId", detail, subject_id as subject from audit_entries
      where corp_id = ${test.corp.corpId} and action = ${action} order by entry_id`.execute(test.db)
  ).rows

describe('P29 all data of one person', () => {
  it('names every table that knows her, or why it is left out', async () => {
    const found = await sql<{ name: string }>`
      select distinct c.table_name as name
      from information_schema.columns c
      join information_schema.tables t on t.table_name = c.table_name and t.table_schema = c.table_schema
      where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and (
        c.column_name in ('customer_id', 'person_id', 'external_user_id', 'member_id', 'person_hash', 'persons',
          'coupon_id', 'purchase_id', 'send_id', 'engraving_id', 'follow_id')
        or (c.column_name = 'customers' and c.data_type = 'ARRAY') or (c.column_name = 'holder' and c.data_type = 'bytea')
        or (c.table_name in ('callback_events', 'sync_leases', 'outbox') and c.column_name = 'subject'))`.execute(
      test.db,
    )
    const known = [...Object.keys(exportedTables), ...Object.keys(notExportedTables)]
    expect(found.rows.map(({ name }) => name).filter(name => !known.includes(name))).toEqual([])
    expect(Object.values(notExportedTables).every(why => why.length > 1)).toBe(true)
  })

  it('holds every row of hers from each of them, and nothing of anybody else', async () => {
    const { exportId } = await made()
    const answer = await fetchFile(exportId)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const text = await answer.text()
    const file = JSON.parse(text) as { 资料: Record<string, object[]>; 手机号: string[]; 字段: object }
    expect(file.手机号).toEqual([HER_PHONE])
    const { customerId } = await herRow(test)
    for (const [table, { title, where }] of Object.entries(exportedTables)) {
      const condition = where
        .replaceAll('$customer', String(customerId))
        .replaceAll('$external', `'${HER_ID}'`)
      const { rows } = await test.db.pool.query<{ count: number }>(
        `select count(*)::int as count from ${table} t where ${condition}`,
      )
      // What asking for the file has itself written is younger than the file.
      if (table === 'audit_entries') continue
      expect([table, file.资料[title]?.length ?? 0]).toEqual([table, rows[0]?.count])
    }
    for (const title of [
      '本人',
      '好友关系',
      '家人',
      '重要日子',
      '购买',
      '消息的内容',
      '刻字稿',
      '监护人同意',
      '客户群',
    ])
      expect(file.资料[title]?.length, title).toBeGreaterThan(0)
    expect(text).toContain(`${MARK}备注`)
    expect(text).toContain('陈露')
    expect(text).not.toContain(OTHERS_ID)
    expect(text).not.toContain('search_key')
  })

  it('P27 P28 counts as a look at her number and at each of her children, and stands in the record', async () => {
    const { customerId } = await herRow(test)
    expect(await entries('personExported')).toMatchObject([{ customerId, detail: { reason: '她要一份' } }])
    expect(await entries('personExportFetched')).toMatchObject([{ customerId }])
    expect(await entries('phoneRevealed')).toMatchObject([{ customerId, detail: { count: 1 } }])
    const children = await sql<{ id: string }>`
      select person_id::text as id from people where customer_id = ${customerId} and minor_until is not null`.execute(
      test.db,
    )
    const reads = await sql<{ subject: string }>`
      select subject_id as subject from audit_entries where action = 'minorRead' and staff_id = ${shop.admin.actor.staffId}`.execute(
      test.db,
    )
    expect(reads.rows.map(({ subject }) => subject)).toEqual(children.rows.map(({ id }) => id))
  })

  it('is fetched once, in a quarter of an hour, in the session it was asked for in', async () => {
    const other = await test.signIn(shop.admin.actor)
    const { exportId } = await made()
    expect((await fetchFile(exportId, other)).status).toBe(404)
    expect((await fetchFile(exportId)).status).toBe(200)
    expect((await fetchFile(exportId)).status).toBe(404)
    const late = await made()
    test.clock.advance({ minutes: 15 })
    expect((await fetchFile(late.exportId)).status).toBe(404)
    await test.services.personalExports.dropExpired(test.corp.corpId)
    const left = await sql`select from personal_exports`.execute(test.db)
    expect(left.rows).toEqual([])
  })

  it('is for admins, also of who is nobody’s friend any more', async () => {
    expect((await ask(shop.who)).status).toBe(403)
    expect((await fetchFile('7b7a1c2e-5d1f-4d7a-9d8e-2b1c3d4e5f60', shop.who)).status).toBe(403)
    expect((await ask(shop.admin, 'wmNeverExisted')).status).toBe(404)
    const lost = await test.make.followed(test.corp, shop.guide, { status: 'lost', name: '走了的' })
    const another = await test.signIn(await test.make.staff(test.corp, { role: 'admin' }))
    expect((await ask(another, lost.externalUserId)).status).toBe(201)
    const found = await shop.admin.fetch('/api/privacy/people', { method: 'POST', json: { words: '走了的' } })
    expect(await found.json()).toMatchObject({
      items: [{ externalUserId: lost.externalUserId, guides: [], erasureId: null }],
    })
    const byPhone = await shop.admin.fetch('/api/privacy/people', {
      method: 'POST',
      json: { words: HER_PHONE.slice(-4) },
    })
    expect(await byPhone.json()).toMatchObject({ items: [{ externalUserId: HER_ID }] })
    expect(
      (await shop.who.fetch('/api/privacy/people', { method: 'POST', json: { words: '走' } })).status,
    ).toBe(403)
  })
})
