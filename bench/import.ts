import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import pino from 'pino'
import { openEmbedded } from '../server/db/embedded.ts'
import { startProcesses, until, type Product } from '../tests/support/processes.ts'
import { residentMiB } from './memory.ts'
import { round, type Row } from './row.ts'

const GUIDES = Number(process.env.BENCH_GUIDES ?? 100)
const CUSTOMERS = Number(process.env.BENCH_IMPORT_CUSTOMERS ?? 50_000)

/**
 * S8: the first import of a chain from the stand-in, every page over HTTP, against the same rows loaded in bulk into tables
 * with the same indexes (a copy into a bare table, then one merge each), in the same run. The time the stand-in needs to
 * answer is part of ours.
 */
export async function measureImport(): Promise<Row[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'guidebar-bench-'))
  const database = await openEmbedded({ dataDir, log: pino({ level: 'silent' }) })
  let product: Product | undefined
  try {
    console.log(`importing ${CUSTOMERS.toLocaleString('en')} customers of ${GUIDES} guides …`)
    product = await startProcesses({
      databaseUrl: database.url,
      dataDir,
      isDirect: true,
      waitForImport: false,
      env: { LOG_LEVEL: 'warn' },
      sandboxEnv: {
        SANDBOX_CORP: 'big',
        SANDBOX_GUIDES: String(GUIDES),
        SANDBOX_CUSTOMERS: String(CUSTOMERS),
      },
    })
    const { query, serverPid } = product
    const idle = residentMiB(serverPid)
    await until(
      async () => (await query<{ state: string }>('select state from sync_runs'))[0]?.state === 'done',
      'the import',
      30 * 60_000,
    )
    const [took] = await query<{ seconds: number; follows: number; customers: number }>(
      `select extract(epoch from finished_at - started_at)::float8 as seconds,
        (select count(*)::int from follows) as follows, (select count(*)::int from customers) as customers from sync_runs`,
    )
    if (!took || took.customers < CUSTOMERS * 0.99) throw new Error('the import is not complete')
    const peak = residentMiB(serverPid, 'VmHWM')
    const reference = await loadInBulk(product)
    const calls = await product.control<{ api: string; count: number }[]>('GET', '/calls/totals')
    const pages = calls.filter(({ api }) => api === 'externalcontact/batch/get_by_user')
    return [
      {
        name: 'S8',
        what: `first import, ${took.customers.toLocaleString('en')} customers, ${took.follows.toLocaleString('en')} relations, ${GUIDES} guides, ${sum(pages)} pages`,
        measured: `${round(took.seconds, 1)} s, ${Math.round(took.follows / took.seconds)} relations/s, RSS ${idle} → ${peak} MiB at most`,
        reference: `copy and merge ${round(reference, 1)} s`,
        ratio: round(reference / took.seconds),
        good: '≥ 0.4',
        moonshot: '≥ 0.8',
      },
    ]
  } finally {
    await product?.stop()
    await database.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

const sum = (rows: { count: number }[]) => rows.reduce((total, row) => total + row.count, 0)

/** Seconds to copy the rows the import has made into bare tables and to merge them into tables with all its indexes. */
async function loadInBulk({ databaseUrl }: Product): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('set statement_timeout = 0; create schema bulk')
    let seconds = 0
    for (const table of ['customers', 'follows', 'touches']) {
      await client.query(`create table bulk.${table} (like public.${table} including all)`)
      const started = performance.now()
      await client.query(`create table bulk.${table}_copied as select * from public.${table}`)
      await client.query(
        `insert into bulk.${table} overriding system value select * from bulk.${table}_copied on conflict do nothing`,
      )
      seconds += (performance.now() - started) / 1000
    }
    return seconds
  } finally {
    await client.end()
  }
}
