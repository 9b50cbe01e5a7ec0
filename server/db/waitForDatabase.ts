import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { applicationName } from './db.ts'
import { isDatabaseUnavailable } from './failures.ts'

/** Of the 15 s a start may take (P25) the rest is enough for everything else. */
const PATIENCE_MS = 12_000
const TRY_MS = 2_000
const RETRY_MS = 500

/**
 * Whoever starts everything at once starts the database a moment later. Tells at the first failure that it waits, and for how long.
 * @throws what the last try met; at once when waiting would not help (another password, no such database)
 */
export async function waitForDatabase(
  url: string,
  { tell, patienceMs = PATIENCE_MS }: { tell: (words: string) => void; patienceMs?: number },
): Promise<void> {
  const deadline = performance.now() + patienceMs
  let hasTold = false
  for (;;) {
    try {
      return await touch(url, Math.max(1, Math.min(TRY_MS, deadline - performance.now())))
    } catch (error) {
      if (!isDatabaseUnavailable(error) || performance.now() + RETRY_MS >= deadline) throw error
      if (!hasTold) tell(`数据库还连不上，再等 ${Math.round(patienceMs / 1000)} 秒：${reasonOf(error)}`)
      hasTold = true
    }
    await sleep(RETRY_MS)
  }
}

async function touch(url: string, connectionTimeoutMillis: number): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName(),
    connectionTimeoutMillis,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
  } finally {
    client.end().catch(() => undefined)
  }
}

/** Never the address with its password. */
function reasonOf(error: unknown): string {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error]
  const { code } = (first ?? {}) as { code?: unknown }
  if (code === 'ECONNREFUSED') return '没有人在那个端口上'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return '找不到这个主机名'
  if (typeof code === 'string') return code
  return '没有回应'
}
