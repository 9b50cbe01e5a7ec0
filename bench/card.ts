import { once } from 'node:events'
import { createServer } from 'node:http'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import pg from 'pg'
import { CONNECTIONS, load, LOAD_SECONDS, statementOfCard, type Statement } from './cardLoad.ts'
import { fillWithCustomers } from './data.ts'
import { startBenchProduct } from './product.ts'
import { median, round, type Row } from './row.ts'

const CUSTOMERS = Number(process.env.BENCH_CUSTOMERS ?? 1_000_000)
const ROUNDS = 3

/**
 * S1: `card` requests a second with the session check, against B = 1 / (1/hono + 1/sql): bare Hono answering JSON of the
 * same size, and the same statement through the bare driver with as many connections, in the same interleaved run.
 */
export async function measureCard(): Promise<Row[]> {
  const product = await startBenchProduct()
  const pool = new pg.Pool({ connectionString: product.databaseUrl, max: 16 })
  try {
    console.log(`filling ${CUSTOMERS.toLocaleString('en')} customers …`)
    const started = Date.now()
    const ids = await fillWithCustomers(pool, CUSTOMERS)
    console.log(`filled in ${((Date.now() - started) / 1000).toFixed(0)} s`)
    const url = (id: string) => `${product.serverUrl}/api/customers/${id}/card`
    const sample = await fetch(url(ids[0] ?? ''), { headers: { cookie: product.cookie } })
    if (!sample.ok) throw new Error(`the card answers ${sample.status}`)
    const answer = await sample.text()
    const statement = await statementOfCard(product, ids[0] ?? '')

    const bare = new Hono()
    const parsed: unknown = JSON.parse(answer)
    bare.get('/card', c => c.json(parsed as object))
    const bareServer = serve({ fetch: bare.fetch, port: 0, hostname: '127.0.0.1', createServer })
    await once(bareServer, 'listening')
    const address = bareServer.address()
    const bareUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`

    const ours: number[] = []
    const hono: number[] = []
    const sql: number[] = []
    for (let turn = 0; turn <= ROUNDS; turn++) {
      const paths = ids.map(id => ({ method: 'GET' as const, path: `/api/customers/${id}/card` }))
      const a = await load(product.serverUrl, paths, product.cookie)
      const b = await load(bareUrl, [{ method: 'GET', path: '/card' }])
      const c = await runStatement(pool, statement, ids)
      if (turn === 0) continue
      ours.push(a)
      hono.push(b)
      sql.push(c)
    }
    bareServer.close()
    const reference = ours.map((_, index) => 1 / (1 / (hono[index] ?? 0) + 1 / (sql[index] ?? 0)))
    return [
      {
        name: 'S1',
        what: `card requests/s with session check, ${CUSTOMERS.toLocaleString('en')} customers, ${CONNECTIONS} connections`,
        measured: `${Math.round(median(ours))}/s`,
        reference: `B ${Math.round(median(reference))}/s (Hono ${Math.round(median(hono))}/s, same SQL ${Math.round(median(sql))}/s)`,
        ratio: round(median(ours.map((value, index) => value / (reference[index] ?? Number.NaN)))),
        good: '≥ 0.6',
        moonshot: '≥ 0.9',
        readings: { ours, hono, sql },
      },
    ]
  } finally {
    await pool.end()
    await product.stop()
  }
}

async function runStatement(pool: pg.Pool, statement: Statement, ids: string[]): Promise<number> {
  const until = Date.now() + LOAD_SECONDS * 1000
  let done = 0
  await Promise.all(
    Array.from({ length: 16 }, async (_, lane) => {
      for (let index = lane; Date.now() < until; index += 16) {
        const id = ids[index % ids.length] ?? ''
        await pool.query({ name: 'card', text: statement.text, values: statement.valuesFor(id) })
        done++
      }
    }),
  )
  return done / LOAD_SECONDS
}
