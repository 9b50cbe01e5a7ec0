/**
 * `npm run restore -- file [--replace] [--check] [--erasures list]`: puts a backup into an empty database, or with `--replace` in the
 * place of what is there; `--check` only reads the file through. Needs `BACKUP_KEY` for encrypted ones (and `ERASURES_KEY` where the
 * list was written with another), and the database's settings. All servers have to be stopped.
 */
import { resolve } from 'node:path'
import { afterRestore } from './afterRestore.ts'
import { readArguments, withDatabase } from './command.ts'
import { openDb } from './db/db.ts'
import { readErasureList } from './db/backup/erasureList.ts'
import { finishRestore } from './db/backup/restoreMark.ts'
import { checkBackup, restoreBackup, type Restored } from './db/backup/restoreBackup.ts'
import { readBackupKey } from './db/backup/backupKey.ts'
import { isDatabaseUnavailable, isLockTimeout, isStorageFull } from './db/failures.ts'
import { migrate } from './db/migrate.ts'
import { readEnvFile } from './envFile.js'

const USAGE = 'npm run restore -- 备份文件 [--replace] [--check] [--erasures 名单]'
const say = (line: unknown) => console.error(typeof line === 'string' ? line : JSON.stringify(line))

async function run(): Promise<void> {
  const { values, positionals } = readArguments(USAGE, {
    allowPositionals: true,
    options: {
      replace: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      erasures: { type: 'string' },
    },
  })
  const [given, ...others] = positionals
  if (given === undefined || others.length > 0) throw new Error(`用法：${USAGE}`)
  readEnvFile()
  const file = resolve(given)
  const key = readBackupKey(process.env)
  if (values.check) {
    console.log(`完整可用：${inWords(await checkBackup(file, key))}`)
    return
  }
  // Before anything is touched: whoever is on it must not come back.
  const erasures =
    values.erasures === undefined
      ? undefined
      : // The newest list beside an old backup: the key may have been changed between the two.
        await readErasureList(resolve(values.erasures), process.env.ERASURES_KEY || key)
  await withDatabase(process.env, async url => {
    const options = { key, isReplacing: values.replace, now: new Date(), erasures }
    const restored = await restoreBackup(url, file, options)
    console.log(`已恢复：${inWords(restored)}`)
    if (erasures) console.log(`删除名单：${erasures.erasures.length} 人`)
    const applied = await migrate(url)
    if (applied.length > 0) console.log(`已升级到现在的程序：${applied.join('、')}`)
    const db = openDb(url, { log: { warn: say } })
    try {
      await finishRestore(url, restored => afterRestore(db, restored))
    } finally {
      await db.close()
    }
    console.log('恢复完成，可以启动服务器了')
  })
}

const inWords = ({ header, tables, rows }: Restored): string =>
  `${new Date(header.takenAt).toLocaleString('zh-CN')} 的备份，到 ${header.schema.name}，${tables} 张表，${rows} 行`

try {
  await run()
} catch (error) {
  if (isStorageFull(error)) console.error('磁盘满了，没有恢复：原来的数据还在。')
  else if (isDatabaseUnavailable(error))
    console.error('数据库连不上，或中途断了，没有恢复：等它回来，再运行一次 npm run restore。')
  else if (isLockTimeout(error))
    console.error('别的程序占着数据库里的表（比如开着事务的 psql），没有恢复：先关掉它。')
  else console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
