import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import pino from 'pino'
import { openEmbedded } from '../server/db/embedded.ts'
import { digest } from '../server/sealing.ts'
import { civilDayOf } from '../shared/rules/civilDay.ts'
import { startOn, type BenchOptions, type BenchProduct } from './product.ts'
import { fillCorp } from './scale.ts'
import { MEDIAN_CUSTOMERS } from './scalePeople.ts'

/** Guides who look at their customers, each with the median of them, whatever the size of the corp. */
const VIEWERS = 10
const TOUCHES_EACH = 5
const timeZone = 'Asia/Shanghai'
const log = pino({ level: 'silent' })

export interface Viewer {
  cookie: string
  /** whom she follows, in no order */
  customers: { externalUserId: string; name: string; phone: string | null }[]
}

/** The product with a corp of a chosen size in its database. */
export interface BigProduct extends BenchProduct {
  viewers: Viewer[]
}

let ownFolder: string | undefined
/** BENCH_DATA_DIR, where each size is kept for the next time; without it a folder for this run only. */
function folderOf(customers: number): string {
  const kept = process.env.BENCH_DATA_DIR
  ownFolder ??= kept ?? mkdtempSync(join(tmpdir(), 'guidebar-bench-'))
  const folder = join(ownFolder, `corp-of-${customers}`)
  mkdirSync(folder, { recursive: true })
  return folder
}
export function forgetScaleData(): void {
  if (ownFolder && !process.env.BENCH_DATA_DIR) rmSync(ownFolder, { recursive: true, force: true })
  ownFolder = undefined
}

/** Started on a filled database; filled first when that size is not there yet. */
export async function startBigProduct(customers: number, options: BenchOptions = {}): Promise<BigProduct> {
  const dataDir = folderOf(customers)
  const settings = { wal_level: 'minimal', max_wal_senders: '0', max_wal_size: '8GB' }
  const database = await openEmbedded({ dataDir, log, settings })
  const pool = new pg.Pool({ connectionString: database.url, max: 1, options: '-c TimeZone=UTC' })
  pool.on('error', () => undefined)
  try {
    if (!(await isFilled(pool))) await fill(pool, database.url, dataDir, customers)
    // What the queue would make up for and what callbacks may have been missed is no business of a bench.
    await pool.query('drop schema if exists pgboss cascade')
    await pool.query('delete from sync_heartbeats')
    // The stand-in knows nobody of them: they would be taken for people who have left.
    await pool.query(
      `update staff set status = 'active', left_at = null, confirmed_at = '2100-01-01' where user_id like 'bench%'`,
    )
    const product = await startOn(database.url, dataDir, options)
    return {
      ...product,
      viewers: await signInViewers(pool, product),
      async stop() {
        await product.stop()
        await pool.end()
        await database.close()
      },
    }
  } catch (error) {
    await pool.end()
    await database.close()
    throw error
  }
}

async function isFilled(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ filled: string | null }>(`select to_regclass('bench_filled') as filled`)
  return rows[0]?.filled != null
}

/** The product sets up its tables and its corp, ends, and the corp's customers make room for others. */
async function fill(pool: pg.Pool, url: string, dataDir: string, customers: number): Promise<void> {
  console.log(`${customers.toLocaleString('en')} customers …`)
  const started = performance.now()
  await (await startOn(url, dataDir)).stop()
  const { rows } = await pool.query<{ corpId: number }>('select min(corp_id) as "corpId" from corps')
  await fillCorp(pool, {
    corpId: rows[0]?.corpId ?? 0,
    customers,
    today: civilDayOf(Date.now(), timeZone),
    touchesEach: TOUCHES_EACH,
    known: ['chenlu'],
    medians: VIEWERS,
  })
  await pool.query('create table bench_filled ()')
  console.log(`… filled in ${Math.round((performance.now() - started) / 1000)} s`)
}

/** Their sessions are written where the login would write them: one by one they would be slow to log in. */
async function signInViewers(pool: pg.Pool, { cookie }: BenchProduct): Promise<Viewer[]> {
  const { rows: guides } = await pool.query<{ staffId: number }>(
    'select staff_id as "staffId" from bench_guides order by first_slot limit $1',
    [VIEWERS],
  )
  const name = cookie.slice(0, cookie.indexOf('='))
  return Promise.all(
    guides.map(async ({ staffId }) => {
      const token = randomBytes(32).toString('base64url')
      await pool.query(
        `insert into sessions (token_hash, corp_id, staff_id, created_at, last_seen_at, expires_at)
         select $1, corp_id, staff_id, now(), now(), now() + interval '12 hours' from staff where staff_id = $2`,
        [digest(token), staffId],
      )
      const { rows } = await pool.query<Viewer['customers'][number]>(
        `select c.external_user_id as "externalUserId", c.name, b.phone
         from follows f join customers c using (customer_id)
         left join bench_phones b on b.tail = f.phone_tails[1]
         where f.staff_id = $1 order by md5(c.external_user_id)`,
        [staffId],
      )
      if (rows.length < MEDIAN_CUSTOMERS) throw new Error(`a guide has ${rows.length} customers only`)
      return { cookie: `${name}=${token}`, customers: rows }
    }),
  )
}
