import pg from 'pg'
import { end } from '../tests/support/processes.ts'
import { spawnBare, untilAnswer } from './bareProcess.ts'
import { startBigProduct } from './bigProduct.ts'
import { answerOf, CUSTOMERS } from './card.ts'
import { cardRequest, load, openingsOf, statementOfCard } from './cardLoad.ts'
import { openLoop, percentile } from './openLoop.ts'
import { openRawHttp } from './rawHttp.ts'
import { median, round, type Row } from './row.ts'

const ROUNDS = 3
const SHARE = 0.7
const SECONDS = 8
const WARM_UP_SECONDS = 3
/** Of the server's own pool. */
const SQL_CONNECTIONS = 10

/**
 * S2: how long the slowest hundredth waits for a card while the server has 70 % of what it can do (S1, taken in the same run),
 * against bare Hono answering the same JSON and the same statement through the bare driver at the same rate, in turn. Arrivals do
 * not wait for answers, and time counts from the planned moment.
 */
export async function measureTail(): Promise<Row[]> {
  const product = await startBigProduct(CUSTOMERS)
  const pool = new pg.Pool({ connectionString: product.databaseUrl, max: SQL_CONNECTIONS })
  pool.on('error', () => undefined)
  const bare = await spawnBare({ ANSWER: await answerOf(product) })
  const server = openRawHttp(product.serverUrl)
  const hono = openRawHttp(bare.url)
  try {
    await untilAnswer(`${bare.url}/json`, product.externalUserId)
    const openings = openingsOf(product.viewers).map(opening => ({ ...opening, ...cardRequest(opening) }))
    const statement = await statementOfCard(product, product.externalUserId)
    const values = openings.map(({ externalUserId, cookie }) => statement.valuesFor(externalUserId, cookie))
    await load(product.serverUrl, openings)
    const most = await load(product.serverUrl, openings)
    const perSecond = Math.round(most * SHARE)
    const ways = {
      ours: (nth: number) => {
        const { path, cookie } = openings[nth % openings.length] ?? { path: '/', cookie: '' }
        return server.get(path, cookie)
      },
      hono: () => hono.get('/json'),
      sql: async (nth: number) => {
        await pool.query({ name: 'card', text: statement.text, values: values[nth % values.length] ?? [] })
      },
    }
    const taken = { ours: [] as number[], hono: [] as number[], sql: [] as number[] }
    const middle: number[] = []
    for (let turn = 0; turn <= ROUNDS; turn++) {
      for (const way of ['ours', 'hono', 'sql'] as const) {
        const seconds = turn === 0 ? WARM_UP_SECONDS : SECONDS
        const waits = await openLoop(ways[way], { perSecond, seconds })
        if (turn === 0) continue
        taken[way].push(round(percentile(waits, 99), 1))
        if (way === 'ours') middle.push(round(percentile(waits, 50), 1))
      }
    }
    const { ours, hono: ofHono, sql } = taken
    return [
      {
        name: 'S2',
        what: `p99 of card at ${perSecond}/s, 70 % of ${Math.round(most)}/s, open-loop arrivals, ${CUSTOMERS.toLocaleString('en')} customers`,
        measured: `${median(ours)} ms (p50 ${median(middle)} ms)`,
        reference: `Hono p99 ${median(ofHono)} ms + SQL p99 ${median(sql)} ms`,
        ratio: round(median(ours.map((ms, turn) => ms / ((ofHono[turn] ?? 0) + (sql[turn] ?? 0))))),
        good: '≤ 3',
        moonshot: '≤ 1.5',
        readings: taken,
      },
    ]
  } finally {
    server.close()
    hono.close()
    await end(bare.child)
    await pool.end()
    await product.stop()
  }
}
