import pg from 'pg'
import { applicationName } from '../db.ts'

/** A connection without the pool's limits, for as long as `work` takes; one that fell silent is noticed. */
export async function withClient<T>(
  url: string,
  options: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName(),
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    options,
  })
  // A break shows at the statement that is running.
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}
