/**
 * A process of its own: bare Hono with a pool, which answers every request with one row of one statement. What a server that does
 * nothing for anybody costs. With DATA_DIR it opens the embedded database there, as the product does. `/json` answers
 * with ANSWER and asks nobody.
 */
import { flushCompileCache } from 'node:module'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import pg from 'pg'
import pino from 'pino'
import { openEmbedded } from '../server/db/embedded.ts'

const { DATABASE_URL, DATA_DIR, PORT, STATEMENT = '{}', ANSWER = '{}' } = process.env
const { text, values } = JSON.parse(STATEMENT, asBytes) as { text: string; values: unknown[] }
const embedded = DATA_DIR
  ? await openEmbedded({ dataDir: DATA_DIR, log: pino({ level: 'silent' }) })
  : undefined
const pool = new pg.Pool({ connectionString: DATABASE_URL || embedded?.url, max: 10 })
pool.on('error', () => undefined)
const answer = JSON.parse(ANSWER) as object
const app = new Hono()
  .get('/json', c => c.json(answer))
  .get('/card', async c => {
    const { rows } = await pool.query<object>({ name: 'card', text, values })
    return rows[0] ? c.json(rows[0]) : c.notFound()
  })
const server = serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' })
flushCompileCache()
process.once('SIGTERM', () => {
  server.close()
  void pool
    .end()
    .then(() => embedded?.close())
    .then(() => process.exit(0))
})

/** A Buffer as JSON writes it. */
function asBytes(_: string, value: unknown): unknown {
  const isBytes = typeof value === 'object' && value !== null && 'data' in value && Array.isArray(value.data)
  return isBytes ? Buffer.from(value.data as number[]) : value
}
