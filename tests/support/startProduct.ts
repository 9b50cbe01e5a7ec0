import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcesses, type Product } from './processes.ts'
import { createTestDb } from './testDb.ts'

export { until, type Product } from './processes.ts'

/** The product for one test file: on a database of its own, made from the template and dropped afterwards. */
export async function startProduct({
  hasRestraint = false,
  ...options
}: Omit<Parameters<typeof startProcesses>[0], 'databaseUrl' | 'dataDir'> & {
  /** The corp keeps the rules it began with; else it has switched them off, so that no flow depends on the hour or on another. */
  hasRestraint?: boolean
} = {}): Promise<Product> {
  const dataDir = await mkdtemp(join(tmpdir(), 'guidebar-flow-'))
  const database = await createTestDb()
  const clean = async () => {
    await database.drop()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    const product = await startProcesses({ ...options, databaseUrl: database.url, dataDir })
    if (!hasRestraint) {
      await product.query('update contact_rules set is_on = false')
      await product.query('update contact_settings set quiet_is_on = false')
    }
    return {
      ...product,
      async stop() {
        await product.stop()
        await clean()
      },
    }
  } catch (error) {
    await clean()
    throw error
  }
}
