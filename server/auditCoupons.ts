/**
 * `npm run audit:coupons`: proves on a database in use that stock, coupons and ledger agree, prints every difference and ends
 * with 1 if there is one; ends with 2 where it could not look. Needs `DATABASE_URL`, or `DATA_DIR` for the embedded one. Reads
 * only, makes nothing and holds nobody up.
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { withDatabase } from './command.ts'
import { openDb } from './db/db.ts'
import { isMissing } from './db/failures.ts'
import { auditCoupons } from './domains/coupons/auditCoupons.ts'
import { readEnvFile } from './envFile.js'

const say = (line: unknown) => console.log(typeof line === 'string' ? line : JSON.stringify(line))
const NO_DATABASE = '这里没有数据库，DATA_DIR 或 DATABASE_URL 对吗'
const log = { info: say, warn: say, error: say }

async function run(): Promise<void> {
  readEnvFile()
  const { DATABASE_URL, DATA_DIR } = process.env
  const cluster = join(resolve(DATA_DIR || './data'), 'postgres', 'PG_VERSION')
  // To open one that is not there would make it.
  if (!DATABASE_URL && !existsSync(cluster)) throw new Error(NO_DATABASE)
  await withDatabase(process.env, async url => {
    const db = openDb(url, { log, poolSize: 1 })
    try {
      const { differences, counted } = await auditCoupons(db.patient())
      for (const { rule, id, expected, found } of differences)
        console.log(`✗ ${rule}\n    ${id}: ${expected} ≠ ${found}`)
      const { templates, coupons, entries } = counted
      console.log(`${templates} 种券，${coupons} 张，${entries} 行账`)
      console.log(differences.length > 0 ? `账对不上，${differences.length} 处` : '库存、券和账完全一致')
      if (differences.length > 0) process.exitCode = 1
    } finally {
      await db.close()
    }
  })
}

try {
  await run()
} catch (error) {
  console.error(isMissing(error) ? NO_DATABASE : error instanceof Error ? error.message : error)
  process.exitCode = 2
}
