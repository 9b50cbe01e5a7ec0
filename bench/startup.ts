import { join } from 'node:path'
import { freePort, run, SERVER } from '../tests/support/processes.ts'
import { asStatement, killed, spawnBare, untilAnswer } from './bareProcess.ts'
import { statementOfCard } from './cardLoad.ts'
import { startBenchProduct, type BenchProduct } from './product.ts'
import { median, round, type Row } from './row.ts'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)

/**
 * M2: from the start of the process to the first card of the right customer, tables and session being there, against bare Hono with
 * the same statement in turn. Both keep what was compiled at an earlier start.
 */
export async function measureStartup(): Promise<Row[]> {
  const product = await startBenchProduct()
  try {
    const id = product.externalUserId
    const statement = await statementOfCard(product, id)
    const ours: number[] = []
    const bare: number[] = []
    for (let turn = 0; turn <= ROUNDS; turn++) {
      const mine = await secondsToCard(product)
      const started = performance.now()
      const other = await spawnBare({
        ...asStatement(statement, id),
        DATABASE_URL: product.databaseUrl,
        NODE_COMPILE_CACHE: join(product.dataDir, 'compiled'),
      })
      await untilAnswer(`${other.url}/card`, id)
      const floor = (performance.now() - started) / 1000
      await killed(other.child)
      // The first round warms the machine.
      if (turn === 0) continue
      ours.push(mine)
      bare.push(floor)
    }
    return [
      {
        name: 'M2',
        what: 'cold start of the server to the first right card, database running',
        measured: `${round(median(ours))} s`,
        reference: `bare Hono with a pool ${round(median(bare))} s`,
        ratio: round(median(ours.map((seconds, turn) => seconds / (bare[turn] ?? Number.NaN)))),
        good: '≤ 2',
        moonshot: '≤ 1.2',
        readings: { ours: ours.map(each => round(each, 3)), bare: bare.map(each => round(each, 3)) },
      },
    ]
  } finally {
    await product.stop()
  }
}

/** A second server beside the one that made the tables and the session. */
async function secondsToCard(product: BenchProduct): Promise<number> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const started = performance.now()
  const { child, output } = run(SERVER, {
    DATA_DIR: product.dataDir,
    ADMIN_USERIDS: 'hq_admin',
    REQUESTS_PER_SECOND: '100000',
    WECOM_CORP_ID: 'ww5a9db0xguidebar01',
    WECOM_AGENT_ID: '1000002',
    WECOM_APP_SECRET: 'sandbox-secret-not-a-real-one',
    WECOM_API_BASE: product.url,
    WECOM_OAUTH_BASE: product.url,
    SESSION_SECRET: 'test-only-0123456789abcdef0123456789abcdef',
    DATABASE_URL: product.databaseUrl,
    LOG_LEVEL: 'error',
    PORT: String(port),
    PUBLIC_URL: url,
  })
  try {
    await untilAnswer(
      `${url}/api/customers/${product.externalUserId}/card`,
      product.externalUserId,
      product.cookie,
    )
    return (performance.now() - started) / 1000
  } catch (cause) {
    throw new Error(`the second server: ${output()}`, { cause })
  } finally {
    await killed(child)
  }
}
