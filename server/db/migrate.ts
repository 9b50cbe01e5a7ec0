import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { refuseHalfRestored } from './backup/restoreMark.ts'
import { applicationName } from './db.ts'

const MIGRATIONS = join(import.meta.dirname, 'migrations')
/** Held while migrating, so that of two servers starting together the second waits for the first. */
const MIGRATION_LOCK = '7164258103462959'

interface Migration {
  version: number
  name: string
  checksum: string
  text: string
}

interface AppliedMigration {
  version: number
  name: string
  checksum: string
}

export interface MigrateOptions {
  /** no further than this one; default: all */
  until?: number
  /** asked by a restore that is under way, which nobody else may touch */
  isRestoring?: boolean
}

/** Number of this program's newest migration. */
export const newestMigration = (folder = MIGRATIONS): number => readMigrations(folder).length

/**
 * Applies what is missing of `folder/0001_name.sql …`, in order, each in a transaction of its own, on a connection of its
 * own without the pool's time limits. Safe to run from several processes at once.
 * @returns the names of the migrations applied now
 * @throws Error when an applied file has changed, when the database is newer than this code, or half restored.
 */
export async function migrate(
  url: string,
  folder = MIGRATIONS,
  { until = Infinity, isRestoring = false }: MigrateOptions = {},
): Promise<string[]> {
  const migrations = readMigrations(folder)
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName(),
    connectionTimeoutMillis: 10_000,
    options: '-c TimeZone=UTC',
  })
  // A break shows at the statement that is running.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    if (!isRestoring) await refuseHalfRestored(client)
    await client.query(`create table if not exists schema_migrations (
      version integer primary key, name text not null, checksum text not null, applied_at timestamptz not null)`)
    const waiting = outstanding(migrations, await readApplied(client)).filter(
      ({ version }) => version <= until,
    )
    for (const migration of waiting) await apply(client, migration)
    return waiting.map(migration => migration.name)
  } finally {
    // Ending the session gives the lock back.
    await client.end().catch(() => undefined)
  }
}

/** What still stands between this database and this code, in words; empty when they fit. */
export async function findSchemaGaps(
  db: { query: (text: string) => Promise<{ rows: unknown[] }> },
  folder = MIGRATIONS,
): Promise<string[]> {
  try {
    return outstanding(readMigrations(folder), await readApplied(db)).map(
      ({ name }) => `migration ${name} is missing`,
    )
  } catch (error) {
    if (error instanceof SchemaMismatch) return [error.message]
    if (error instanceof Error && 'code' in error && error.code === '42P01')
      return ['no migration has been applied']
    throw error
  }
}

/** The database and the migrations of this code have a different history. */
export class SchemaMismatch extends Error {}

function readMigrations(folder: string): Migration[] {
  const migrations = readdirSync(folder)
    .filter(file => file.endsWith('.sql'))
    .sort()
    .map(file => {
      const version = /^(\d{4})_\w+\.sql$/.exec(file)?.[1]
      if (!version) throw new Error(`${join(folder, file)}：迁移文件要叫 0001_name.sql 这样的名字。`)
      // Checkouts on Windows may bring other line ends; the statements are the same.
      const text = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n')
      const checksum = createHash('sha256').update(text).digest('hex')
      return { version: Number(version), name: file.replace(/\.sql$/, ''), checksum, text }
    })
  migrations.forEach(({ version, name }, index) => {
    if (version !== index + 1) throw new Error(`迁移 ${name} 的编号不连续：这里应当是 ${index + 1}。`)
  })
  return migrations
}

async function readApplied(db: {
  query: (text: string) => Promise<{ rows: unknown[] }>
}): Promise<AppliedMigration[]> {
  const { rows } = await db.query('select version, name, checksum from schema_migrations order by version')
  return rows as AppliedMigration[]
}

function outstanding(migrations: Migration[], applied: AppliedMigration[]): Migration[] {
  const known = new Map(migrations.map(migration => [migration.version, migration]))
  for (const { version, name, checksum } of applied) {
    const migration = known.get(version)
    if (!migration)
      throw new SchemaMismatch(
        `数据库比程序新：它已有迁移 ${name}，程序只到 ${migrations.length}。请升级程序。`,
      )
    if (migration.checksum !== checksum)
      throw new SchemaMismatch(`迁移 ${migration.name} 在应用之后被改过。请还原这个文件，改动写进新的迁移。`)
  }
  const versions = new Set(applied.map(({ version }) => version))
  return migrations.filter(({ version }) => !versions.has(version))
}

async function apply(client: pg.Client, { version, name, checksum, text }: Migration): Promise<void> {
  await client.query('begin')
  try {
    await client.query(text)
    await client.query('insert into schema_migrations values ($1, $2, $3, $4)', [
      version,
      name,
      checksum,
      new Date(),
    ])
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback').catch(() => undefined)
    throw new Error(
      `迁移 ${name} 没有做完，已撤回：${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}
