import { PgBoss } from 'pg-boss'
import type { Product } from '../support/startProduct.ts'

/** A regular job, now instead of at its minute. */
export async function runJob(product: Product, name: string): Promise<void> {
  const boss = new PgBoss({
    connectionString: product.databaseUrl,
    schema: 'pgboss',
    supervise: false,
    schedule: false,
  })
  boss.on('error', () => undefined)
  await boss.start()
  await boss.send(name, {})
  await boss.stop({ graceful: false, close: true })
}
