import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { XLSX_TYPE } from '../../../../shared/contract/purchases.ts'
import { readFileTable } from '../../../../server/files/fileTable.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'
import { HER_ID, HER_PHONE, newKey, openShop, type MarkedShop } from './markedPerson.ts'

let test: TestApp
let shop: MarkedShop
let second: SignedIn
beforeEach(async () => {
  test = await createTestApp()
  shop = await openShop(test)
  second = await test.signIn(await test.make.staff(test.corp, { role: 'admin', name: '李强' }))
})
afterEach(() => test.close())

const draft = {
  reason: '年度盘点',
  store: null,
  tag: null,
  columns: ['name', 'phone', 'guide'],
  format: 'csv',
}
interface Asked {
  bulkExportId: string
  number: number
  state: string
  canFetch: boolean
  rowCount: number | null
}
const ask = (json: object = draft, who = shop.admin) =>
  who.fetch('/api/bulk-exports', { method: 'POST', json, key: newKey() })
const asked = async (json?: object) => (await (await ask(json)).json()) as Asked
const decide = (id: string, isApproved: boolean, who = second) =>
  who.fetch(`/api/bulk-exports/${id}/decision`, { method: 'POST', json: { isApproved }, key: newKey() })
const fetchFile = (id: string, who = shop.admin) =>
  who.fetch(`/api/bulk-exports/${id}/file`, { method: 'POST' })
const list = async (who = shop.admin) =>
  (await (await who.fetch('/api/bulk-exports')).json()) as {
    items: Asked[]
    leftToday: number
    approvers: number
  }
const approved = async (json?: object) => {
  const { bulkExportId } = await asked(json)
  await decide(bulkExportId, true)
  await test.runQueued()
  return bulkExportId
}

describe('P27 a list of many', () => {
  it('is made after a second admin has agreed, marked on every line, numbers half hidden', async () => {
    const { bulkExportId, number, state } = await asked()
    expect([number, state]).toEqual([1, 'waiting'])
    await test.runQueued()
    expect((await fetchFile(bulkExportId)).status).toBe(404)
    expect((await decide(bulkExportId, true, shop.admin)).status).toBe(409)
    expect((await decide(bulkExportId, true)).status).toBe(200)
    expect((await decide(bulkExportId, false)).status).toBe(409)
    await test.runQueued()
    const answer = await fetchFile(bulkExportId)
    expect(answer.headers.get('content-type')).toContain('text/csv')
    const text = await answer.text()
    const [mark, head, ...lines] = text.replace('\ufeff', '').trim().split('\r\n')
    expect(mark).toContain('申请 1 号，方致远 申请，李强 批准')
    expect(mark).toContain('2 行')
    expect(head).toBe('昵称,手机号（遮住中间）,导购,水印')
    expect(lines).toHaveLength(2)
    expect(lines.every(line => line.includes('1 号 方致远'))).toBe(true)
    expect(text).toContain('139****4321')
    expect(text).not.toContain(HER_PHONE)
    const told = await sql<{ action: string; rows: number | null }>`
      select action, (detail ->> 'rows')::int as rows from audit_entries
      where corp_id = ${test.corp.corpId} and action like 'bulkExport%' order by entry_id`.execute(test.db)
    expect(told.rows).toEqual([
      { action: 'bulkExportAsked', rows: null },
      { action: 'bulkExportApproved', rows: null },
      { action: 'bulkExportMade', rows: 2 },
      { action: 'bulkExportFetched', rows: 2 },
    ])
  })

  it('comes as a workbook too, of one store or one tag only', async () => {
    const departmentId = 3
    const id = await approved({ ...draft, store: departmentId, tag: 't1', format: 'xlsx' })
    const bytes = new Uint8Array(await (await fetchFile(id)).arrayBuffer())
    const table = await readFileTable({ type: XLSX_TYPE, bytes })
    expect(JSON.stringify(table)).toContain('1 号 方致远')
    expect((await list()).items[0]).toMatchObject({ rowCount: 1, canFetch: true })
    expect((await ask({ ...draft, store: 999 })).status).toBe(404)
    expect((await ask({ ...draft, tag: 'etNever' })).status).toBe(404)
  })

  it('is for who asked, after the first time for that session only, for a day', async () => {
    const id = await approved()
    const elsewhere = await test.signIn(shop.admin.actor)
    expect((await fetchFile(id, second)).status).toBe(404)
    expect((await fetchFile(id, elsewhere)).status).toBe(200)
    expect((await fetchFile(id)).status).toBe(404)
    expect((await list()).items[0]).toMatchObject({ state: 'ready', canFetch: false })
    test.clock.advance({ hours: 1 })
    expect((await fetchFile(id, elsewhere)).status).toBe(200)
    await sql`update bulk_exports set expires_at = ${test.clock.now()}`.execute(test.db)
    expect((await fetchFile(id, elsewhere)).status).toBe(404)
    await test.services.bulkExports.dropExpired()
    const left = await sql`select state, file_sealed from bulk_exports`.execute(test.db)
    expect(left.rows).toEqual([{ state: 'expired', file_sealed: null }])
  })

  it('P27 is three a day at most with every other export, and none where nobody else could agree', async () => {
    const oneOf = () =>
      shop.admin.fetch(`/api/customers/${HER_ID}/export`, {
        method: 'POST',
        json: { reason: '她要一份' },
        key: newKey(),
      })
    const key = newKey()
    for (let again = 0; again < 3; again++)
      expect(
        (await shop.admin.fetch('/api/bulk-exports', { method: 'POST', json: draft, key })).status,
        'the same intention once more is no second one',
      ).toBe(201)
    expect((await list()).leftToday).toBe(2)
    expect((await ask({ ...draft, store: 999 })).status).toBe(404)
    expect([(await oneOf()).status, (await ask()).status]).toEqual([201, 201])
    expect((await list()).leftToday).toBe(0)
    expect((await list(second)).leftToday).toBe(3)
    for (const refused of [await oneOf(), await ask()]) {
      expect(refused.status).toBe(429)
      expect(await refused.json()).toMatchObject({ detail: '一天最多导出 3 次，各种导出合计' })
    }
    test.clock.advance({ hours: 24, seconds: 1 })
    const nextDay = await test.signIn(shop.admin.actor)
    expect((await ask(draft, nextDay)).status).toBe(201)
    await sql`update staff set status = 'left' where staff_id = ${second.actor.staffId}`.execute(test.db)
    expect((await list(nextDay)).approvers).toBe(0)
    const alone = await ask(draft, nextDay)
    expect([alone.status, await alone.text()]).toEqual([422, expect.stringContaining('另一位管理员')])
  })

  it('that was refused is never made; guides know of none; children are no column', async () => {
    const { bulkExportId } = await asked()
    expect((await decide(bulkExportId, false)).status).toBe(200)
    await test.runQueued()
    expect((await list()).items[0]).toMatchObject({ state: 'refused' })
    expect((await shop.who.fetch('/api/bulk-exports')).status).toBe(403)
    expect((await ask({ ...draft, columns: ['children'] })).status).toBe(422)
    expect((await ask({ ...draft, columns: ['note'] })).status).toBe(422)
  })

  it('P29 is withdrawn when somebody is erased', async () => {
    const id = await approved()
    await shop.admin.fetch(`/api/customers/${HER_ID}`, { method: 'DELETE', json: { reason: '她要求删除' } })
    await test.runQueued()
    expect((await fetchFile(id)).status).toBe(404)
    const { items, leftToday } = await list()
    expect(items[0]).toMatchObject({ state: 'withdrawn' })
    // Through no doing of hers: it may be asked for once more, and counts once.
    expect(leftToday).toBe(3)
    for (const left of [2, 1, 0]) {
      expect((await ask()).status).toBe(201)
      expect((await list()).leftToday).toBe(left)
    }
    expect((await ask()).status).toBe(429)
  })

  it('that nobody decides on, or no job makes, ends after a day', async () => {
    await asked()
    const { bulkExportId } = await asked()
    await decide(bulkExportId, true)
    test.clock.advance({ hours: 23 })
    await test.services.bulkExports.dropExpired()
    const states = async () => {
      const found = await sql<{ state: string }>`select state from bulk_exports order by number`.execute(
        test.db,
      )
      return found.rows.map(({ state }) => state)
    }
    expect(await states()).toEqual(['waiting', 'working'])
    test.clock.advance({ hours: 1 })
    await test.services.bulkExports.dropExpired()
    expect(await states()).toEqual(['expired', 'expired'])
  })
})
