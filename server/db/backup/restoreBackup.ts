import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type pg from 'pg'
import { applicationName } from '../db.ts'
import { migrate, newestMigration } from '../migrate.ts'
import { carryOver } from './carriedOver.ts'
import { withClient } from './connect.ts'
import { copyIn } from './copy.ts'
import { putBy, type ErasureList } from './erasureList.ts'
import { BadBackup, readFrames, type BackupHeader } from './frames.ts'
import { readRecords, type BackupRecord, type Table } from './records.ts'
import { createMark, setMark } from './restoreMark.ts'
import { PLAIN_TEXT_OPTIONS } from './takeBackup.ts'
import { takeOff } from './takeOff.ts'

/** Where what was there before lies until the new data is complete. */
const ASIDE = 'before_restore'
/** Whoever holds a table longer than this is no server of ours, and would be waited for without end. */
const LOCK_WAIT_MS = 30_000

export interface Restored {
  header: BackupHeader
  tables: number
  rows: number
}

/** The backup as it comes out of its file, tested piece by piece. */
async function openBackup(file: string, key: string | undefined) {
  const { header, chunks } = await readFrames(createReadStream(file), key)
  const gunzip = createGunzip()
  // Heard by whoever reads, also when that one has not begun yet.
  gunzip.on('error', () => undefined)
  void pipeline(chunks, gunzip).catch(() => undefined)
  return { header, records: readRecords(gunzip), close: () => void gunzip.destroy() }
}

/**
 * Reads the whole file and believes nothing: what is in it, without a database.
 * @throws BadBackup
 */
export async function checkBackup(file: string, key: string | undefined): Promise<Restored> {
  const { header, records } = await openBackup(file, key)
  const counted = { tables: 0, rows: 0 }
  for await (const record of records) {
    if (record.type === 'tableEnd') {
      counted.tables++
      counted.rows += record.end.rows
    } else if (record.type === 'end') assertSame(record.end, counted)
  }
  return { header, ...counted }
}

export interface RestoreOptions {
  key: string | undefined
  isReplacing: boolean
  now: Date
  /** who must not come back, where the database that is restored into does not know it */
  erasures?: ErasureList | undefined
}

/**
 * Puts the data of a backup into a database: all of it or nothing. What was there before is put aside first, brought back if
 * anything fails, and dropped at the end. The schema is the backup's own; the caller migrates it on, and does what has to be done
 * to old data before it marks the restore as finished (`finishRestore`).
 * @throws BadBackup, SchemaMismatch, or an Error saying what stands against it
 */
export async function restoreBackup(
  url: string,
  file: string,
  { key, isReplacing, now, erasures }: RestoreOptions,
): Promise<Restored> {
  const { header, records, close } = await openBackup(file, key)
  try {
    if (header.schema.version > newestMigration())
      throw new BadBackup(`这份备份比程序新：它到 ${header.schema.name}。请用备份时那个版本或更新的程序。`)
    const first = await records.next()
    if (first.done || first.value.type !== 'about') throw new BadBackup('备份文件坏了：读不懂。')
    const { migrations } = first.value.about
    return await withClient(url, `${PLAIN_TEXT_OPTIONS} -c lock_timeout=${LOCK_WAIT_MS}`, async client => {
      await assertAlone(client)
      await putAside(client, isReplacing, { takenAt: header.takenAt, now })
      let counted: { tables: number; rows: number }
      try {
        await migrate(url, undefined, { until: header.schema.version, isRestoring: true })
        await assertSameHistory(client, migrations)
        counted = await load(client, records, erasures)
      } catch (error) {
        // Where this fails too the data lies aside, and the next restore begins with bringing it back.
        await bringBack(client).catch(() => undefined)
        throw error
      }
      await client.query('analyze')
      return { header, ...counted }
    })
  } finally {
    close()
  }
}

/** Whoever works on the database meanwhile would write into tables that are about to go. */
async function assertAlone(client: pg.Client): Promise<void> {
  const { rows } = await client.query(
    `select from pg_stat_activity
     where datname = current_database() and application_name like 'guidebar:%' and application_name <> $1`,
    [applicationName()],
  )
  if (rows.length > 0) throw new Error('还有服务器连着这个数据库：先全部停下，再恢复。')
}

async function putAside(
  client: pg.Client,
  isReplacing: boolean,
  mark: { takenAt: string; now: Date },
): Promise<void> {
  const { rows } = await client.query<{ schemas: string[]; hasTables: boolean }>(
    `select array(select nspname::text from pg_namespace) as schemas,
       exists (select from pg_class where relkind in ('r', 'p') and relnamespace = to_regnamespace('public')) as "hasTables"`,
  )
  const found = rows[0]
  // Left by a restore that was killed: what it had made counts for nothing, what it had put aside is the data.
  if (found?.schemas.includes(ASIDE)) {
    await bringBack(client)
    return putAside(client, isReplacing, mark)
  }
  if (found?.hasTables && !isReplacing)
    throw new Error('数据库里已经有数据：要用备份换掉它，请加 --replace。')
  await client.query(`begin; alter schema public rename to ${ASIDE}; create schema public`)
  await createMark(client, mark)
  await client.query('commit')
}

async function bringBack(client: pg.Client): Promise<void> {
  await client.query('rollback')
  await client.query(
    `begin; drop schema if exists public cascade; alter schema ${ASIDE} rename to public; commit`,
  )
}

/** The same numbers with other contents would make tables into which the rows do not belong. */
async function assertSameHistory(
  client: pg.Client,
  migrations: { version: number; name: string; checksum: string }[],
): Promise<void> {
  const { rows } = await client.query<{ checksum: string }>(
    'select checksum from schema_migrations order by version',
  )
  const ours = rows.map(({ checksum }) => checksum).join()
  if (ours !== migrations.map(({ checksum }) => checksum).join())
    throw new BadBackup('这份备份来自另一个版本的程序：它的表与这个程序的不同。')
}

/** In one transaction. Keys between tables and indexes are taken off and put on again at the end, which also proves the rows. */
async function load(
  client: pg.Client,
  records: AsyncGenerator<BackupRecord>,
  erasures: ErasureList | undefined,
): Promise<{ tables: number; rows: number }> {
  await client.query("begin; set local maintenance_work_mem = '256MB'")
  const putOnAgain = await takeOff(client)
  const counted = { tables: 0, rows: 0 }
  for (let next = await records.next(); !next.done; next = await records.next()) {
    const record = next.value
    if (record.type === 'table') {
      counted.tables++
      counted.rows += await loadTable(client, record.table, records)
    } else if (record.type === 'end') {
      assertSame(record.end, counted)
      for (const { name, last, isCalled } of record.end.sequences)
        await client.query('select setval($1::regclass, $2, $3)', [
          client.escapeIdentifier(name),
          last,
          isCalled,
        ])
    }
  }
  for (const statement of putOnAgain) await fitting(statement, () => client.query(statement))
  await carryOver(client, ASIDE)
  if (erasures) await putBy(client, erasures)
  await client.query(`drop schema ${ASIDE} cascade; drop schema if exists pgboss cascade`)
  await setMark(client, 'loaded')
  await client.query('commit')
  return counted
}

async function loadTable(
  client: pg.Client,
  table: Table,
  records: AsyncGenerator<BackupRecord>,
): Promise<number> {
  const columns = table.columns.map(column => client.escapeIdentifier(column)).join(', ')
  let expected: number | undefined
  async function* rows(): AsyncGenerator<Buffer> {
    for (;;) {
      const next = await records.next()
      if (next.done) throw new BadBackup('备份文件不完整：它在中间断了。')
      if (next.value.type === 'rows') yield next.value.bytes
      else if (next.value.type === 'tableEnd') {
        expected = next.value.end.rows
        return
      } else throw new BadBackup('备份文件坏了：读不懂。')
    }
  }
  const text = `copy ${client.escapeIdentifier(table.name)} (${columns}) from stdin`
  const taken = await fitting(table.name, () => copyIn(client, text, rows()))
  if (taken !== expected) throw new BadBackup(`备份文件坏了：${table.name} 的行数对不上。`)
  return taken
}

function assertSame(end: { tables: number; rows: number }, counted: { tables: number; rows: number }): void {
  if (end.tables !== counted.tables || end.rows !== counted.rows)
    throw new BadBackup('备份文件坏了：行数对不上。')
}

/** Says where rows were refused by their table (SQLSTATE 22…, 23…), without the values the database quotes. */
async function fitting<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const { code, constraint } = cause as { code?: unknown; constraint?: unknown }
    if (typeof code !== 'string' || !/^2[23]/.test(code)) throw cause
    const where = typeof constraint === 'string' ? constraint : what
    throw new BadBackup(`备份里的数据放不进表里（${where}，${code}）。`, { cause })
  }
}
