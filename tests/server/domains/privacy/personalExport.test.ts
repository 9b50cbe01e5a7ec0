import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportedTables, notExportedTables } from '../../../../server/domains/privacy/personalData.ts'
import { createGlossary } from '../../../../server/domains/privacy/personalFile.ts'
import { createTestApp, type TestApp } from '../../../support/createTestApp.ts'
import { classes } from './classesOfColumns.ts'
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

const HAN = /\p{Script=Han}/u
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-/
const INSTANT = /^\d{4}-\d\d-\d\d( \d\d:\d\d)?$/
const AMOUNT = /^¥[\d,.]+$/
const BRANDS = ['iPhone', 'Windows', 'Mac']

/** Every value of the file that is no object, under the name it has. */
function* leaves(value: unknown, path: string[] = []): Generator<{ path: string[]; value: unknown }> {
  if (Array.isArray(value)) for (const each of value) yield* leaves(each, path)
  else if (typeof value === 'object' && value !== null)
    for (const [name, each] of Object.entries(value)) yield* leaves(each, [...path, name])
  else yield { path, value }
}

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

  it('tells every column of those tables under a Chinese name, or says why it is left out', async () => {
    const found = await sql<{ table: string; column: string }>`
      select table_name as "table", column_name as "column" from information_schema.columns
      where table_schema = 'public' and table_name = any(${Object.keys(exportedTables)}::text[])
      order by 1, 2`.execute(test.db)
    const there = found.rows.map(({ table, column }) => `${table}.${column}`)
    const listed = Object.entries(exportedTables).flatMap(([table, { columns, leftOut }]) =>
      [...Object.keys(columns), ...Object.keys(leftOut)].map(column => `${table}.${column}`),
    )
    expect(listed.toSorted()).toEqual(there.toSorted())
    for (const [table, { columns, leftOut }] of Object.entries(exportedTables)) {
      const names = Object.values(columns).map(told => (typeof told === 'string' ? told : told[0]))
      expect([table, names.filter(name => !HAN.test(name))]).toEqual([table, []])
      expect([table, new Set(names).size]).toEqual([table, names.length])
      expect([table, Object.values(leftOut).filter(why => !HAN.test(why))]).toEqual([table, []])
    }
  })

  it('tells no secret', () => {
    const of = classes()
    const told = Object.entries(exportedTables).flatMap(([table, { columns }]) =>
      Object.keys(columns).map(column => `${table}.${column}`),
    )
    expect(told.filter(column => of.get(column) === 'S0')).toEqual([])
    expect(of.get('coupons.token')).toBe('S0')
  })

  it('has a word for every code the tables can hold', async () => {
    const found = await sql<{ table: string; rule: string }>`
      select conrelid::regclass::text as "table", pg_get_constraintdef(oid) as rule from pg_constraint
      where contype = 'c' and conrelid::regclass::text = any(${Object.keys(exportedTables)}::text[])`.execute(
      test.db,
    )
    const codes = found.rows.flatMap(({ table, rule }) =>
      [...rule.matchAll(/(\w+) = ANY \(ARRAY\[([^\]]+)\]/g)].flatMap(([, column = '', list = '']) =>
        [...list.matchAll(/'(\w+)'/g)].map(([, code]) => ({ table, column, code })),
      ),
    )
    expect(codes.length).toBeGreaterThan(80)
    const glossary = createGlossary({}, [], 'Asia/Shanghai')
    const unsaid = codes.flatMap(({ table, column, code }) => {
      const told = exportedTables[table]?.columns[column]
      if (told === undefined) return []
      const row = { [column]: code, is_leap_month: true, piece_id: 'ring' }
      const words = typeof told === 'string' ? code : told[1](code, row, glossary)
      const isOther = words === '其他' && !(column === 'client_platform' && code === 'other')
      return typeof words === 'string' && (HAN.test(words) || BRANDS.includes(words)) && !isOther
        ? []
        : [`${table}.${column}: ${String(code)}`]
    })
    expect(unsaid).toEqual([])
  })

  it('holds every row of hers from each of them, and nothing of anybody else', async () => {
    const { exportId } = await made()
    const answer = await fetchFile(exportId)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const text = await answer.text()
    const file = JSON.parse(text) as { 资料: Record<string, object[]>; 手机号: string[] }
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
    expect(text).not.toContain(OTHERS_ID)
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

  it('can be fetched in the session it was asked for in, again where a download broke, for a quarter of an hour', async () => {
    const other = await test.signIn(shop.admin.actor)
    const before = (await entries('personExportFetched')).length
    const key = newKey()
    const { exportId } = (await (await ask(shop.admin, HER_ID, key)).json()) as { exportId: string }
    expect((await fetchFile(exportId, other)).status).toBe(404)
    const first = await fetchFile(exportId)
    expect(first.status).toBe(200)
    // As after an answer that got lost: the same intention, the same file, no further look at her data.
    expect(await (await ask(shop.admin, HER_ID, key)).json()).toMatchObject({ exportId })
    const second = await fetchFile(exportId)
    expect(second.status).toBe(200)
    expect(await second.text()).toBe(await first.text())
    expect(await entries('personExportFetched')).toHaveLength(before + 2)

    test.clock.advance({ minutes: 15 })
    expect((await fetchFile(exportId)).status).toBe(404)
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

  it('can be read by her: names for numbers, words for codes, yuan, the time of the shop', async () => {
    const another = await test.signIn(await test.make.staff(test.corp, { role: 'admin' }))
    await made(another)
    const { exportId } = await made(another)
    const text = await (await fetchFile(exportId, another)).text()
    const file = JSON.parse(text) as { 导出时间: string; 资料: Record<string, Record<string, unknown>[]> }
    const { 资料: sections } = file
    expect(file.导出时间).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d$/)
    expect(sections['家人']).toContainEqual(expect.objectContaining({ 关系: '妈妈', 谁记的: '陈露' }))
    expect(sections['重要日子']).toContainEqual(
      expect.objectContaining({ 谁的: `妈妈（${MARK}妈）`, 什么日子: '生日', 哪一天: '12月5日' }),
    )
    expect(sections['购买']).toContainEqual(expect.objectContaining({ 款式: `${MARK}手链`, 金额: '¥123' }))
    expect(sections['刻字稿']).toMatchObject([{ 款式: '戒指', 材质: '足金', 刻在哪里: '外圈', 字体: '宋体' }])
    expect(sections['监护人同意']).toMatchObject([{ 谁同意的: '客户本人', 怎样同意的: '当面说的' }])
    expect(sections['客户群']).toEqual([{ 群: '福利群' }])
    expect(sections['优惠券的经过']?.map(({ 谁: who }) => who)).toContain('陈露')
    expect(sections['消息的内容']).toContainEqual(
      expect.objectContaining({
        哪条消息: expect.stringContaining(`${MARK}问候（`) as string,
        内容: { 类型: '文字', 文字: `${MARK}您好` },
      }),
    )
    expect(sections['谁处理过资料']).toContainEqual(
      expect.objectContaining({ 做了什么: expect.stringContaining('的全部资料 · 理由：她要一份') as string }),
    )

    const coupons = await sql<{ token: string; code: string }>`select token, code from coupons`.execute(
      test.db,
    )
    for (const { token } of coupons.rows) expect(text).not.toContain(token)
    const mayStand = [HER_ID, ...coupons.rows.map(({ code }) => code)]
    const odd = [...leaves(file.资料)].filter(
      ({ path, value }) =>
        !HAN.test(path.at(-1) ?? '') ||
        (typeof value === 'string'
          ? UUID.test(value) ||
            !(HAN.test(value) || INSTANT.test(value) || AMOUNT.test(value) || mayStand.includes(value)) ||
            value === '其他'
          : path.at(-1) !== '第几条'),
    )
    expect(odd.filter(({ path }) => path.at(-1) !== '头像')).toEqual([])
  })
})
