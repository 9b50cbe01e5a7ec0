/** `npm run migrate`: brings the database to this code's schema. Needs `DATABASE_URL`, or `DATA_DIR` for the embedded one. */
import { withDatabase } from '../command.ts'
import { readEnvFile } from '../envFile.js'
import { migrate } from './migrate.ts'

try {
  readEnvFile()
  const applied = await withDatabase(process.env, migrate)
  for (const name of applied) console.log(`已应用 ${name}`)
  console.log(applied.length > 0 ? `数据库已更新，共 ${applied.length} 个迁移` : '数据库已是最新')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
