/** `npm run migrate`: brings the database to this code's schema. Needs `DATABASE_URL`, or `DATA_DIR` for the embedded one. */
import { resolve } from 'node:path'
import { openEmbedded } from './embedded.ts'
import { migrate } from './migrate.ts'

const say = (line: unknown) => console.log(typeof line === 'string' ? line : JSON.stringify(line))

async function run(): Promise<void> {
  const { DATABASE_URL, DATA_DIR } = process.env
  const embedded = DATABASE_URL
    ? undefined
    : await openEmbedded({
        dataDir: resolve(DATA_DIR || './data'),
        log: { info: say, warn: say, error: say },
      })
  try {
    const applied = await migrate(embedded?.url ?? DATABASE_URL ?? '')
    for (const name of applied) console.log(`已应用 ${name}`)
    console.log(applied.length > 0 ? `数据库已更新，共 ${applied.length} 个迁移` : '数据库已是最新')
  } finally {
    await embedded?.close()
  }
}

try {
  await run()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
