/**
 * `npm run backup [-- --out file] [--plain]`: writes the whole database into one file, encrypted with BACKUP_KEY, while servers go
 * on working. Needs `DATABASE_URL`, or `DATA_DIR` for the embedded one.
 */
import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { AuditDetail } from '../shared/contract/audit.ts'
import { readArguments, withDatabase } from './command.ts'
import { openDb } from './db/db.ts'
import { isDatabaseUnavailable, isStorageFull } from './db/failures.ts'
import { readBackupKey } from './db/backup/backupKey.ts'
import { writeErasureList } from './db/backup/erasureList.ts'
import { takeBackup } from './db/backup/takeBackup.ts'
import { appendForEveryCorp } from './domains/audit/appendForEveryCorp.ts'
import { readEnvFile } from './envFile.js'

async function run(): Promise<void> {
  const { values } = readArguments('npm run backup [-- --out 文件] [--plain]', {
    options: { out: { type: 'string' }, plain: { type: 'boolean', default: false } },
  })
  readEnvFile()
  const key = values.plain ? undefined : readBackupKey(process.env)
  if (!key && !values.plain)
    throw new Error('没有设置 BACKUP_KEY：备份里有客户的资料，不加密不写。确实要明文，请加 --plain。')
  const now = new Date()
  const name = `guidebar-${now.toISOString().replace(/[-:]|\.\d+/g, '')}.backup`
  const file = resolve(values.out ?? `backups/${name}`)
  await mkdir(dirname(file), { recursive: true }).catch((cause: unknown) => {
    throw new Error(`${dirname(file)} 不是能写的文件夹`, { cause })
  })
  const { tables, rows, bytes, erased } = await withDatabase(process.env, async url => {
    const taken = await takeBackup(url, file, { key, now })
    const erased = await writeErasureList(url, `${file}.erasures`, { key, now })
    await noteDown(url, { rows: taken.rows, bytes: taken.bytes, isEncrypted: key !== undefined })
    return { ...taken, erased }
  })
  console.log(`已备份到 ${file}`)
  console.log(`${tables} 张表，${rows} 行，${(bytes / 1e6).toFixed(1)} MB，${key ? '已加密' : '没有加密'}`)
  console.log(
    `旁边的 ${file}.erasures 是删除名单，${erased} 人，${key ? '也加密了' : '没有加密'}：最新的一份另外存好`,
  )
}

/** Into the audit record; a database that cannot take it (an older one, a replica, a full disk) has been backed up all the same. */
async function noteDown(url: string, detail: AuditDetail): Promise<void> {
  const db = openDb(url, { log: { warn: () => undefined }, poolSize: 1 })
  try {
    await appendForEveryCorp(db, 'backup', { at: new Date(), action: 'backupWritten', detail })
  } catch (error) {
    console.error(`备份没有记进操作记录：${error instanceof Error ? error.message : String(error)}`)
  } finally {
    await db.close()
  }
}

try {
  await run()
} catch (error) {
  if (isStorageFull(error)) console.error('磁盘满了，备份没有写完；写了一半的已经删掉。')
  else if (isDatabaseUnavailable(error))
    console.error('数据库连不上，或中途断了，没有备份：请检查 DATABASE_URL，以及数据库是否在运行。')
  else console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
