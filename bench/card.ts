import pg from 'pg'
import { end } from '../tests/support/processes.ts'
import { spawnBare, untilAnswer } from './bareProcess.ts'
import { startBigProduct, type BigProduct } from './bigProduct.ts'
import { cardRequest, CONNECTIONS, load, LOAD_SECONDS, openingsOf, statementOfCard } from './cardLoad.ts'
import { median, round, type Row } from './row.ts'

export const CUSTOMERS = Number(process.env.BENCH_CUSTOMERS ?? 1_000_000)
const ROUNDS = 3
const SQL_CONNECTIONS = 16

/**
 * S1: `card` requests a second with the session check, against B = 1 / (1/hono + 1/sql): a process of bare Hono answering JSON of
 * the same size, and the same statement through the bare driver, in the same interleaved run.
 */
export async function measureCard(): Promise<Row[]> {
  const product = await startBigProduct(CUSTOMERS)
  const pool = new pg.Pool({ connectionString: product.databaseUrl, max: SQL_CONNECTIONS })
  pool.on('error', () => undefined)
  try {
    const openings = openingsOf(product.viewers)
    const answer = await answerOf(product)
    const bare = await spawnBare({ ANSWER: answer })
    try {
      await untilAnswer(`${bare.url}/json`, product.externalUserId)
      const runStatement = await createStatementLoad(pool, product)
      const ours: number[] = []
      const hono: number[] = []
      const sql: number[] = []
      for (let turn = 0; turn <= ROUNDS; turn++) {
        const a = await load(product.serverUrl, openings.map(cardRequest))
        const b = await load(bare.url, [{ method: 'GET', path: '/json' }])
        const c = await runStatement()
        // The first round warms the machine.
        if (turn === 0) continue
        ours.push(a)
        hono.push(b)
        sql.push(c)
      }
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
      await end(bare.child)
    }
  } finally {
    await pool.end()
    await product.stop()
  }
}

/** The card as the server writes it. @throws Error when it is not the right customer's */
export async function answerOf({ serverUrl, cookie, externalUserId }: BigProduct): Promise<string> {
  const card = await fetch(`${serverUrl}/api/customers/${externalUserId}/card`, { headers: { cookie } })
  const answer = await card.text()
  if (!card.ok || !answer.includes(externalUserId)) throw new Error(`the card answers ${card.status}`)
  return answer
}

/** Statements a second; their parameters are made beforehand. */
async function createStatementLoad(pool: pg.Pool, product: BigProduct): Promise<() => Promise<number>> {
  const statement = await statementOfCard(product, product.externalUserId)
  const values = openingsOf(product.viewers).map(({ externalUserId, cookie }) =>
    statement.valuesFor(externalUserId, cookie),
  )
  return async () => {
    const until = Date.now() + LOAD_SECONDS * 1000
    let done = 0
    await Promise.all(
      Array.from({ length: SQL_CONNECTIONS }, async (_, lane) => {
        for (let index = lane; Date.now() < until; index += SQL_CONNECTIONS) {
          const { rows } = await pool.query<{ followId: unknown }>({
            name: 'card',
            text: statement.text,
            values: values[index % values.length] ?? [],
          })
          if (rows[0]?.followId == null) throw new Error('the statement found nothing')
          done++
        }
      }),
    )
    return done / LOAD_SECONDS
  }
}
