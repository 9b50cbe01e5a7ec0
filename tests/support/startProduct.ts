import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcesses, type Product } from './processes.ts'
import { createTestDb } from './testDb.ts'

export { until, type Product } from './processes.ts'

/** The product for one test file: on a database of its own, made from the template and dropped afterwards. */
export async function startProduct(
  options: Omit<Parameters<typeof startProcesses>[0], 'databaseUrl' | 'dataDir'> = {},
): Promise<Product> {
  const dataDir = await mkdtemp(join(tmpdir(), 'guidebar-flow-'))
  const database = await createTestDb()
  const clean = async () => {
    await database.drop()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    const product = await startProcesses({ ...options, databaseUrl: database.url, dataDir })
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
