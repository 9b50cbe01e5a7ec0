import { readFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { restoreBackup } from '../../../server/db/backup/restoreBackup.ts'
import { takeBackup } from '../../../server/db/backup/takeBackup.ts'
import { createTestApp, type TestApp } from '../../support/createTestApp.ts'
import { createTestDb, type TestDb } from '../../support/testDb.ts'
import {
  findMarks,
  HER_ID,
  herRow,
  newKey,
  openShop,
  plantEverything,
} from '../domains/privacy/markedPerson.ts'

const SCRIPT = join(import.meta.dirname, '../../../server/db/partitioning/touches_by_month.sql')
/** The shop's days: 2026-11-21. Everything before is in one part. */
const FIRST_MONTH = '2025-10-01'
const LAST_MONTH = Date.UTC(2027, 2)
const MONTH_MS = 30 * 86_400_000
const never = new AbortController().signal
const PATH = `/api/customers/${HER_ID}`

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const step of undo.splice(0).reverse()) await step()
})

async function newDatabase(): Promise<TestDb> {
  const test = await createTestDb()
  undo.push(() => test.drop())
  return test
}

async function cut(url: string, firstMonth = FIRST_MONTH): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    // Months are made from the real day on, whichever that is.
    const ahead = Math.max(1, Math.ceil((LAST_MONTH - Date.now()) / MONTH_MS) + 1)
    await client.query(`set guidebar.first_month = '${firstMonth}'; set guidebar.months_ahead = ${ahead}`)
    await client.query(await readFile(SCRIPT, 'utf8'))
  } finally {
    await client.end()
  }
}

const partsOf = async ({ db }: TestDb) =>
  (
    await sql<{ name: string; rows: number }>`
      select c.relname as name, (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I', c.relname), false, true, '')))[1]::text::int as rows
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'touches'::regclass order by c.relname`.execute(db)
  ).rows

async function addOldLines(app: TestApp): Promise<void> {
  const { customerId } = await herRow(app)
  await sql`
    insert into touches (corp_id, customer_id, at, kind, actor, what)
    select ${app.corp.corpId}, ${customerId}, ${app.clock.now()}::timestamptz - make_interval(months => month, hours => n), 'profileChanged', 'system',
           month || ' ' || n
    from generate_series(0, 20) month, generate_series(1, 3) n`.execute(app.db)
}

/** So many other customers with lines in each month that to read them all is the longer way. */
async function addOthers({ corp, db, clock }: TestApp): Promise<void> {
  await sql`
    with others as (
      insert into customers (corp_id, external_user_id, name, synced_at)
      select ${corp.corpId}, 'wmOther' || n, '客户', now() from generate_series(1, 500) n returning customer_id)
    insert into touches (corp_id, customer_id, at, kind, actor, what)
    select ${corp.corpId}, customer_id, ${clock.now()}::timestamptz - make_interval(months => month, hours => n), 'profileChanged', 'system', '称呼'
    from others, generate_series(0, 20) month, generate_series(1, 3) n`.execute(db)
  await sql`analyze`.execute(db)
}

interface Line {
  at: string
  kind: string
  what: string
  detail: string | null
  outcome: string | null
}

/** Everything her timeline shows, page by page. */
async function readTimeline({ fetch }: { fetch: (path: string) => Promise<Response> }): Promise<Line[]> {
  const lines: Line[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const answer = await fetch(`${PATH}/timeline?limit=7${query}`)
    expect(answer.status).toBe(200)
    const page = (await answer.json()) as { items: Line[]; nextCursor: string | null }
    lines.push(
      ...page.items.map(({ at, kind, what, detail, outcome }) => ({ at, kind, what, detail, outcome })),
    )
    cursor = page.nextCursor
  } while (cursor !== null)
  return lines
}

/** A guide's work by the product's own routes, what the night takes away, and an end; with all that is to be seen on the way. */
async function walk(test: TestDb): Promise<Record<string, unknown>> {
  const app = await createTestApp({ test })
  undo.push(() => app.close())
  const shop = await openShop(app)
  await plantEverything(app, shop)
  await addOldLines(app)
  const seen: Record<string, unknown> = { planted: await readTimeline(shop.who) }

  const send = (await (
    await shop.who.fetch(`${PATH}/sends`, {
      method: 'POST',
      key: newKey(),
      json: { title: '新款', confirmed: true, parts: [{ kind: 'text', text: '到店看看' }] },
    })
  ).json()) as { sendId: string }
  const told = async (outcome: string) => {
    app.clock.advance({ minutes: 1 })
    const answer = await shop.who.fetch(`${PATH}/sends/${send.sendId}`, {
      method: 'PATCH',
      json: { results: [{ index: 0, outcome }] },
    })
    expect(answer.status).toBe(200)
  }
  // The one line of a send follows it, however late.
  await told('unknown')
  seen.unknown = await readTimeline(shop.who)
  await told('ok')
  seen.ok = await readTimeline(shop.who)

  const bought = (await (
    await shop.who.fetch(`${PATH}/purchases`, {
      method: 'POST',
      key: newKey(),
      json: { day: '2026-11-20', piece: '素圈', amountFen: 10_000 },
    })
  ).json()) as { purchaseId: string; version: number }
  const at = `${PATH}/purchases/${bought.purchaseId}`
  const edited = await shop.who.fetch(at, {
    method: 'PATCH',
    key: newKey(),
    version: bought.version,
    json: { piece: '素圈（改）' },
  })
  seen.edited = [edited.status, await readTimeline(shop.who)]
  seen.removed = [
    (await shop.who.fetch(at, { method: 'DELETE', key: newKey() })).status,
    await readTimeline(shop.who),
  ]

  await shop.admin.fetch('/api/retention', {
    method: 'PUT',
    version: 0,
    json: { timelineMonths: 12, wordsMonths: 6, callbackDays: 7, lostMonths: 24 },
  })
  await app.services.retention.forget(never)
  seen.kept = await readTimeline(shop.who)
  seen.restored = await readTimeline(await restoredFrom(test, app, shop.who.cookie))

  const erased = await shop.admin.fetch(PATH, {
    method: 'DELETE',
    json: { reason: '她要求删除' },
    key: newKey(),
  })
  await app.runQueued()
  seen.erased = [erased.status, await findMarks(app), (await shop.who.fetch(`${PATH}/timeline`)).status]
  return seen
}

/** The same shop from a backup, whose timeline is whole again. */
async function restoredFrom(test: TestDb, app: TestApp, cookie: string) {
  const folder = await mkdtemp(join(tmpdir(), 'guidebar-parts-'))
  undo.push(() => rm(folder, { recursive: true }))
  const file = join(folder, 'a.backup')
  const now = app.clock.now()
  await takeBackup(test.url, file, { key: undefined, now })
  const other = await newDatabase()
  await restoreBackup(other.url, file, { key: undefined, isReplacing: true, now })
  // Sessions stay behind.
  const sessions = await sql<{ row: object }>`select to_jsonb(s) as row from sessions s`.execute(test.db)
  await sql`
    insert into sessions select * from jsonb_populate_recordset(null::sessions, ${JSON.stringify(sessions.rows.map(({ row }) => row))}::jsonb)`.execute(
    other.db,
  )
  const again = await createTestApp({
    test: other,
    clock: app.clock,
    env: { WECOM_CORP_ID: app.corp.wecomCorpId },
  })
  undo.push(() => again.close())
  return { fetch: (path: string) => again.fetch(path, { headers: { cookie } }) }
}

describe('the timeline cut by month', () => {
  it('answers as the whole one does: pages, sends, purchases, retention, backup and restore, erasure (P29)', async () => {
    const whole = await walk(await newDatabase())
    const test = await newDatabase()
    await cut(test.url)
    const parts = await walk(test)
    for (const [step, seen] of Object.entries(whole)) expect([step, parts[step]]).toEqual([step, seen])
    expect(whole.planted).toHaveLength((whole.kept as Line[]).length + 9 * 3 - 1)
    // What is older than a year went with the night.
    expect((await partsOf(test)).filter(({ name }) => name === 'touches_before')).toEqual([
      { name: 'touches_before', rows: 0 },
    ])
  }, 120_000)

  it('is made of the rows there are without copying one, and takes in the months that come', async () => {
    const test = await newDatabase()
    const app = await createTestApp({ test })
    undo.push(() => app.close())
    const shop = await openShop(app)
    await addOldLines(app)
    const before = await readTimeline(shop.who)
    const rowsBefore = (await sql<{ n: number }>`select count(*)::int as n from touches`.execute(test.db))
      .rows[0]!.n
    const relfile = async (table: string) =>
      (await sql<{ file: string }>`select pg_relation_filepath(${table}) as file`.execute(test.db)).rows[0]
        ?.file
    const file = await relfile('touches')

    await expect(cut(test.url, '2026-11-01')).rejects.toThrow(/partition constraint/)
    await cut(test.url, '2026-12-01')
    await cut(test.url, '2026-12-01')
    expect(await relfile('touches_before')).toBe(file)
    expect(await readTimeline(shop.who)).toEqual(before)
    const { customerId } = await herRow(app)
    // By a clock that is years ahead; its month comes one day.
    const far = new Date('2031-05-05T00:00:00Z')
    for (const at of ['2026-12-31T23:59:59.999Z', '2027-01-01T00:00:00Z', far.toISOString()])
      await sql`
        insert into touches (corp_id, customer_id, at, kind, actor, what)
        values (${app.corp.corpId}, ${customerId}, ${at}, 'profileChanged', 'system', ${at})`.execute(test.db)
    const rows = async (name: string) => (await partsOf(test)).find(part => part.name === name)?.rows
    expect([
      await rows('touches_2026_12'),
      await rows('touches_2027_01'),
      await rows('touches_after'),
    ]).toEqual([1, 1, 1])
    const client = new pg.Client({ connectionString: test.url })
    await client.connect()
    await client.query(
      `set guidebar.months_ahead = ${Math.ceil((far.getTime() - Date.now()) / MONTH_MS) + 2}`,
    )
    await client.query(await readFile(SCRIPT, 'utf8'))
    await client.end()
    expect([await rows('touches_2031_05'), await rows('touches_after')]).toEqual([1, 0])
    const ids = await sql<{ ids: number; rows: number }>`
      select count(distinct touch_id)::int as ids, count(*)::int as rows from touches`.execute(test.db)
    expect(ids.rows).toEqual([{ ids: rowsBefore + 3, rows: rowsBefore + 3 }])
  }, 60_000)

  it('is read only in the months a page shows, and forgotten only in those that are over', async () => {
    const test = await newDatabase()
    await cut(test.url)
    const app = await createTestApp({ test })
    undo.push(() => app.close())
    const shop = await openShop(app)
    await addOldLines(app)
    await addOthers(app)
    const asked = vi.spyOn(pg.Client.prototype, 'query')
    await readTimeline(shop.who)
    const pages = statements(asked.mock.calls, 'from touches t')
    expect(pages.length).toBeGreaterThan(6)
    const read = []
    for (const page of pages) read.push((await partsOfPlan(test, page)).read)
    // A page never goes back to the months that were shown, nor on to those behind it.
    expect(read[0]).toEqual(
      ['touches_2026_11', 'touches_2026_10', 'touches_2026_09'].slice(0, read[0]?.length),
    )
    const newest = read.flatMap(([part]) => (part === undefined || part === 'touches_before' ? [] : part))
    expect([...newest].sort().reverse()).toEqual(newest)
    expect(Math.max(...read.map(parts => parts.length))).toBeLessThanOrEqual(4)

    asked.mockClear()
    await app.services.retention.forget(never)
    const forgetting = statements(asked.mock.calls, 'delete from touches')
    expect(forgetting).not.toEqual([])
    for (const statement of forgetting)
      expect((await partsOfPlan(test, statement)).named).toEqual(['touches_before'])
  }, 60_000)
})

interface Statement {
  text: string
  values: unknown[]
}

const statements = (calls: unknown[][], words: string): Statement[] =>
  calls
    .map(([asked]) => asked as Statement)
    .filter(asked => typeof asked === 'object' && asked.text?.includes(words))

interface Plan {
  'Relation Name'?: string
  'Actual Rows': number
  Plans?: Plan[]
}

/** Which parts a statement may look into, and those where it has read lines, in its order: months to come are empty, and cost a look. */
async function partsOfPlan(
  test: TestDb,
  { text, values }: Statement,
): Promise<{ named: string[]; read: string[] }> {
  const client = await test.db.pool.connect()
  try {
    await client.query('begin')
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain (analyze, costs off, timing off, format json) ${text}`,
      values,
    )
    const named: string[] = []
    const read: string[] = []
    const look = (plan: Plan) => {
      const name = plan['Relation Name']
      if (name?.startsWith('touches_')) {
        named.push(name)
        if (plan['Actual Rows'] > 0) read.push(name)
      }
      plan.Plans?.forEach(look)
    }
    for (const row of rows) look(row['QUERY PLAN'][0].Plan)
    return { named: [...new Set(named)], read: [...new Set(read)] }
  } finally {
    await client.query('rollback')
    client.release()
  }
}
