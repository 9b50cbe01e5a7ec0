import { open, rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type pg from 'pg'
import { version } from '../../version.ts'
import { withClient } from './connect.ts'
import { copyOut } from './copy.ts'
import { writeFrames } from './frames.ts'
import { packRecord, type End } from './records.ts'

/** Rows are put together to pieces of this size. */
const PIECE_BYTES = 64 * 1024
/**
 * Their rows stay behind: whoever was logged in logs in again (a session ended since would otherwise come back to life), and
 * WeCom's tokens are asked for anew; limits begin anew.
 */
const WITHOUT_ROWS = ['sessions', 'login_attempts', 'wecom_credentials', 'limit_paces', 'limit_quotas']
/** Texts of values must read the same on every server. */
export const PLAIN_TEXT_OPTIONS =
  '-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres -c extra_float_digits=3 -c bytea_output=hex'

export interface TakenBackup {
  tables: number
  rows: number
  /** of the file */
  bytes: number
}

/**
 * Writes everything the database holds into one file, as it is at one moment: in one transaction that sees nothing of what is
 * written meanwhile and holds nobody up. Memory is bounded, whatever the size. The file appears under its name when it is whole.
 * @param key undefined = not encrypted
 */
export async function takeBackup(
  url: string,
  file: string,
  { key, now }: { key: string | undefined; now: Date },
): Promise<TakenBackup> {
  const partial = `${file}.part`
  return withClient(url, PLAIN_TEXT_OPTIONS, async client => {
    await client.query('begin isolation level repeatable read read only')
    const source = await look(client)
    const counted = { tables: 0, rows: 0 }
    // Left by one that was killed.
    await rm(partial, { force: true })
    // Only for whoever takes it: it holds everything.
    const handle = await open(partial, 'wx', 0o600)
    try {
      const about = {
        takenAt: now.toISOString(),
        program: version,
        schema: { version: source.migrations.length, name: source.migrations.at(-1)?.name ?? '' },
      }
      await pipeline(
        records(client, source, counted),
        createGzip({ level: 4 }),
        (packed: AsyncIterable<Buffer>) => writeFrames(about, key, packed),
        async (frames: AsyncIterable<Buffer>) => {
          for await (const frame of frames) await handle.writeFile(frame)
        },
      )
      await handle.sync()
      const { size } = await handle.stat()
      await rename(partial, file)
      return { ...counted, bytes: size }
    } catch (error) {
      await rm(partial, { force: true })
      throw error
    } finally {
      await handle.close()
    }
  })
}

interface Source {
  migrations: { version: number; name: string; checksum: string }[]
  tables: { name: string; columns: string[] }[]
  sequences: string[]
}

/** What there is, held as it is until the end: a migration that would change it waits. */
async function look(client: pg.Client): Promise<Source> {
  const { rows: tables } = await client.query<{ name: string; columns: string[] }>(`
    select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace and c.relname <> 'restore_mark'
    group by c.oid, c.relname order by c.relname`)
  if (!tables.some(({ name }) => name === 'schema_migrations'))
    throw new Error('数据库里还没有数据，没有什么可备份。')
  await client.query(
    `lock table ${tables.map(({ name }) => client.escapeIdentifier(name)).join(', ')} in access share mode`,
  )
  const migrations = await client.query<Source['migrations'][number]>(
    'select version, name, checksum from schema_migrations order by version',
  )
  const sequences = await client.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'S' and relnamespace = 'public'::regnamespace order by 1`,
  )
  return { migrations: migrations.rows, tables, sequences: sequences.rows.map(({ name }) => name) }
}

async function* records(
  client: pg.Client,
  { migrations, tables, sequences }: Source,
  counted: { tables: number; rows: number },
): AsyncGenerator<Buffer> {
  yield packRecord({ type: 'about', about: { migrations } })
  for (const table of tables) {
    yield packRecord({ type: 'table', table })
    let rows = 0
    let piece: Buffer[] = []
    let size = 0
    const columns = table.columns.map(column => client.escapeIdentifier(column)).join(', ')
    // A table cut into parts is one table here, and whole again after a restore; a plain copy would not read it.
    const text = `copy (select ${columns} from ${client.escapeIdentifier(table.name)}) to stdout`
    for await (const row of WITHOUT_ROWS.includes(table.name) ? [] : copyOut(client, text)) {
      rows++
      piece.push(row)
      size += row.length
      if (size < PIECE_BYTES) continue
      yield packRecord({ type: 'rows', bytes: Buffer.concat(piece) })
      piece = []
      size = 0
    }
    if (size > 0) yield packRecord({ type: 'rows', bytes: Buffer.concat(piece) })
    yield packRecord({ type: 'tableEnd', end: { rows } })
    counted.tables++
    counted.rows += rows
  }
  // Sequences know no snapshot: read last, they are behind none of the rows above.
  const ends: End['sequences'] = []
  for (const name of sequences) {
    const found = await client.query<{ last: string; isCalled: boolean }>(
      `select last_value::text as last, is_called as "isCalled" from ${client.escapeIdentifier(name)}`,
    )
    const [end] = found.rows
    if (end) ends.push({ name, ...end })
  }
  yield packRecord({ type: 'end', end: { sequences: ends, ...counted } })
}
