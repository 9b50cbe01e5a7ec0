import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import pino from 'pino'
import type { StaffActor } from '../server/actor.ts'
import { ensureCorp } from '../server/db/corp.ts'
import { openDb } from '../server/db/db.ts'
import { openEmbedded } from '../server/db/embedded.ts'
import { migrate } from '../server/db/migrate.ts'
import { createStatsService } from '../server/domains/stats/stats.service.ts'
import type { TeamResults } from '../shared/contract/stats.ts'
import type { CivilDay } from '../shared/rules/civilDay.ts'
import { fillCorp } from './scale.ts'
import { median, round, type Row } from './row.ts'

const PURCHASES = Number(process.env.BENCH_PURCHASES ?? 1_000_000)
const KEPT_IN = process.env.BENCH_DATA_DIR
const TODAY: CivilDay = '2026-12-11'
const RUNS = 5
const GUIDES_PER_STORE = 10
const timeZone = 'Asia/Shanghai'

/**
 * RESULTS: what came of reminders, for the whole of a big corp, for one of its stores and for one guide: as many customers as
 * purchases, two years of purchases, half a year of reminders. Against a bare scan of the purchases.
 */
export async function measureResults(): Promise<Row[]> {
  const dataDir = KEPT_IN ?? (await mkdtemp(join(tmpdir(), 'guidebar-bench-')))
  const log = pino({ level: 'silent' })
  const settings = { wal_level: 'minimal', max_wal_senders: '0' }
  const database = await openEmbedded({ dataDir, log, settings })
  const pool = new pg.Pool({ connectionString: database.url, max: 1, options: '-c TimeZone=UTC' })
  pool.on('error', () => undefined)
  await migrate(database.url)
  const db = openDb(database.url, { log })
  try {
    const now = new Date(`${TODAY}T10:00:00+08:00`)
    const corpId = await ensureCorp(db, 'wwbench', now)
    const { rows: kept } = await pool.query('select from purchases limit 1')
    if (kept.length === 0) {
      console.log(`${PURCHASES.toLocaleString('en')} purchases and what led to them …`)
      await fillCorp(pool, { corpId, customers: PURCHASES, today: TODAY, touchesEach: 0 })
      await fillWithPurchases(pool, corpId)
    }
    const stats = createStatsService({ db, clock: { now: () => now, today: () => TODAY }, timeZone })
    const { rows: members } = await pool.query<{ staffId: number; storeId: number; name: string }>(
      `select staff_id as "staffId", store_id as "storeId", name from staff where corp_id = $1 order by staff_id limit 1`,
      [corpId],
    )
    const [member] = members
    if (!member) throw new Error('nobody is there')
    const actor: StaffActor = {
      kind: 'staff',
      corpId,
      staffId: member.staffId,
      userId: 'bench1',
      name: member.name,
      role: 'admin',
      store: null,
      managedStoreIds: [member.storeId],
    }
    const views: [string, () => Promise<Pick<TeamResults, 'months' | 'custom'>>][] = [
      ['the corp by store', () => stats.team(actor, 'store')],
      ['the corp by guide', () => stats.team(actor, 'guide')],
      ['one store by guide', () => stats.team({ ...actor, role: 'manager' }, 'guide')],
      ['one guide', () => stats.mine({ ...actor, role: 'guide' })],
    ]
    const ahead = await secondsOf(() => stats.countAhead())
    await verify(pool, corpId, await stats.team(actor, 'store'))
    const seconds = new Map<string, number[]>(views.map(([name]) => [name, []]))
    const bare: number[] = []
    for (let run = 0; run < RUNS; run++) {
      bare.push(await secondsOf(() => pool.query('select count(*), sum(amount_fen) from purchases')))
      for (const [name, read] of views) seconds.get(name)?.push(await secondsOf(read))
    }
    const reference = median(bare)
    const counted: Row = {
      name: 'RESULTS',
      what: `results of the corp by store and by guide counted at night, ${PURCHASES.toLocaleString('en')} purchases`,
      measured: `${round(ahead, 1)} s`,
      reference: `one scan of the purchases ${round(reference, 3)} s`,
      good: 'nobody waits for it',
      moonshot: '–',
    }
    const read = [...seconds].map(([name, readings]) => ({
      name: 'RESULTS',
      what: `results of ${name}, ${PURCHASES.toLocaleString('en')} purchases and customers in the corp`,
      measured: `${round(median(readings), 3)} s`,
      reference: `one scan of the purchases ${round(reference, 3)} s`,
      ratio: round(median(readings) / reference),
      good: '≤ 1 s',
      moonshot: '≤ 0.2 s',
      readings: { seconds: readings.map(each => round(each, 3)), bare: bare.map(each => round(each, 3)) },
    }))
    return [...read, counted]
  } finally {
    await db.close()
    await pool.end()
    await database.close()
    if (!KEPT_IN) await rm(dataDir, { recursive: true, force: true })
  }
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

/** What is simple to count, counted once more. */
async function verify(pool: pg.Pool, corpId: number, { months }: Pick<TeamResults, 'months'>): Promise<void> {
  const { rows } = await pool.query<{ month: string; due: number; purchases: number; fen: number }>(
    `select month,
            (select count(*)::int from reminders r
             where r.corp_id = $1 and to_char(r.due_on, 'YYYY-MM') = month and r.due_on <= $3::date) as due,
            (select count(*)::int from purchases p
             where p.corp_id = $1 and to_char(p.day, 'YYYY-MM') = month and p.day <= $3::date) as purchases,
            (select coalesce(sum(p.amount_fen), 0)::float8 from purchases p join purchase_traces t using (purchase_id)
             where p.corp_id = $1 and to_char(p.day, 'YYYY-MM') = month and p.day <= $3::date) as fen
     from unnest($2::text[]) as month`,
    [corpId, months.map(({ month }) => month), TODAY],
  )
  for (const { month, due, purchases, fen } of rows) {
    const shown = months.find(each => each.month === month)
    if (shown?.due !== due || shown.purchases !== purchases || shown.provenFen !== fen)
      throw new Error(
        `${month}: ${JSON.stringify({ due, purchases, fen })} are there, shown ${JSON.stringify(shown)}`,
      )
  }
}

/** Stores of ten guides; for each customer a purchase somewhere in two years, half a year of reminders, and what came of them. */
async function fillWithPurchases(pool: pg.Pool, corpId: number): Promise<void> {
  const client = await pool.connect()
  const run = (text: string, values: unknown[] = []) => client.query(text, values)
  const hashOf = (value: string) => `(hashint8extended(${value}, 11) & 1073741823)`
  try {
    await run(`set statement_timeout = 0; set work_mem = '256MB'; set session_replication_role = replica`)
    await run(
      `insert into stores (corp_id, department_id, name)
       select $1, n, '门店' || n from generate_series(1, (select 1 + count(*) / $2::int from staff where corp_id = $1)) n`,
      [corpId, GUIDES_PER_STORE],
    )
    await run(
      `update staff set store_id = (select min(store_id) from stores) + (staff_id / $2::int) % (select count(*) from stores)::int
       where corp_id = $1`,
      [corpId, GUIDES_PER_STORE],
    )
    await run(
      `insert into reminders (reminder_id, corp_id, customer_id, staff_id, date_id, kind, occurrence, due_on, state, created_at)
       select gen_random_uuid(), d.corp_id, d.customer_id, f.staff_id, d.date_id, 'date', due_on + 14, due_on,
              case when ${hashOf('d.customer_id')} % 5 < 2 then 'expired' else 'sent' end, due_on
       from important_dates d
       join follows f on f.customer_id = d.customer_id and f.status = 'active'
       cross join lateral (select d.remind_on - 365 as due_on) past
       where d.corp_id = $1 and due_on between $2::date - 180 and $2::date
       on conflict do nothing`,
      [corpId, TODAY],
    )
    await run(
      `insert into sends (send_id, corp_id, staff_id, customer_id, title, reminder_id, started_at, finished_at, outcome)
       select gen_random_uuid(), corp_id, staff_id, customer_id, '生日祝福', reminder_id, due_on + interval '10 hours',
              due_on + interval '10 hours', 'ok'
       from reminders where corp_id = $1 and state in ('sent', 'done')`,
      [corpId],
    )
    await run(
      `insert into purchases (purchase_id, corp_id, customer_id, day, piece, amount_fen, is_custom, created_at)
       select gen_random_uuid(), c.corp_id, c.customer_id, $2::date - (${hashOf('c.customer_id')} % 730)::int, '足金手链',
              100000 + (c.customer_id % 900000)::int, c.customer_id % 4 = 0, $2::date
       from customers c where c.corp_id = $1`,
      [corpId, TODAY],
    )
    await run(
      `insert into purchase_traces (purchase_id, corp_id, send_id, strength, staff_ids)
       select distinct on (p.purchase_id) p.purchase_id, p.corp_id, s.send_id, 'sent', array[s.staff_id]
       from purchases p
       join sends s on s.customer_id = p.customer_id and s.started_at between p.day - 30 and p.day + 1
       where p.corp_id = $1
       order by p.purchase_id, s.started_at`,
      [corpId],
    )
    await run('vacuum (analyze) staff, stores, reminders, sends, purchases, purchase_traces')
  } finally {
    client.release(true)
  }
}
