import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { afterRestore } from '../../../../server/afterRestore.ts'
import { bringIn } from '../../../../server/db/backup/carriedOver.ts'
import {
  putBy,
  readErasureList,
  writeErasureList,
  type ErasureList,
} from '../../../../server/db/backup/erasureList.ts'
import { MAGIC } from '../../../../server/db/backup/frames.ts'
import { checkBackup, restoreBackup } from '../../../../server/db/backup/restoreBackup.ts'
import { finishRestore } from '../../../../server/db/backup/restoreMark.ts'
import { takeBackup } from '../../../../server/db/backup/takeBackup.ts'
import { migrate } from '../../../../server/db/migrate.ts'
import { createTestApp, type TestApp } from '../../../support/createTestApp.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { findMarks, HER_ID, newKey, openShop, plantEverything } from '../../domains/privacy/markedPerson.ts'

const KEY = 'a passphrase of the tests, long enough'

let folder: string
let source: TestDb
let test: TestApp
let backup: string
let list: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guidebar-erased-'))
  source = await createTestDb()
  test = await createTestApp({ test: source })
  const shop = await openShop(test)
  await plantEverything(test, shop)
  backup = join(folder, 'before.backup')
  list = join(folder, 'after.erasures')
  await takeBackup(source.url, backup, { key: undefined, now: new Date() })
  await shop.admin.fetch(`/api/customers/${HER_ID}`, {
    method: 'DELETE',
    json: { reason: '她要求删除' },
    key: newKey(),
  })
  await test.runQueued()
  expect(await writeErasureList(source.url, list, { key: KEY, now: new Date() })).toBe(1)
}, 120_000)
afterAll(async () => {
  await test.close()
  await source.drop()
  await rm(folder, { recursive: true })
})

async function restoreOver(other: TestDb, isReplacing: boolean, erasures?: ErasureList): Promise<void> {
  await restoreBackup(other.url, backup, { key: undefined, isReplacing, now: new Date(), erasures })
  expect(await findMarks({ ...test, db: other.db })).not.toEqual({})
  await migrate(other.url)
}
const finish = (other: TestDb) => finishRestore(other.url, restored => afterRestore(other.db, restored))

it('P29 an older backup over the database brings nobody back who was erased since', async () => {
  // A database of its own with the same erasures: the one of the other tests goes on.
  const other = await createTestDb()
  try {
    await putBy(other.db.pool, await readErasureList(list, KEY))
    await bringIn(other.db.pool)
    await restoreOver(other, true)
    await finish(other)
    expect(await findMarks({ ...test, db: other.db })).toEqual({})
    const left = await sql<{ state: string }>`select state from erasures`.execute(other.db)
    expect(left.rows).toEqual([{ state: 'done' }])
  } finally {
    await other.drop()
  }
}, 120_000)

it('P29 nor into an empty one, when the list is given along', async () => {
  const other = await createTestDb()
  try {
    await sql`drop schema public cascade; create schema public; drop schema pgboss cascade`.execute(other.db)
    // The command is cut off here; the next start does the rest, and is given no list.
    await restoreOver(other, false, await readErasureList(list, KEY))
    await finish(other)
    expect(await findMarks({ ...test, db: other.db })).toEqual({})
  } finally {
    await other.drop()
  }
}, 120_000)

it('P29 the list is encrypted with the key of the backup, and opened by no other', async () => {
  const plain = join(folder, 'plain.erasures')
  expect(await writeErasureList(source.url, plain, { key: undefined, now: new Date() })).toBe(1)
  const { keys, erasures } = await readErasureList(plain, undefined)
  // One that was written before lists were encrypted, or beside a plain backup; a key does not matter to it.
  expect(await readErasureList(plain, KEY)).toEqual({ keys, erasures })
  expect(await readErasureList(list, KEY)).toEqual({ keys, erasures })

  const closed = await readFile(list)
  expect((await stat(list)).mode & 0o777).toBe(0o600)
  for (const secret of [keys[0]?.key, erasures[0]?.tombstone]) {
    expect(secret).toMatch(/^[0-9a-f]{64}$/)
    expect(await readFile(plain, 'utf8')).toContain(secret)
    expect(closed.includes(secret ?? '')).toBe(false)
    expect(closed.includes(Buffer.from(secret ?? '', 'hex'))).toBe(false)
  }
  for (const key of [undefined, `${KEY}!`])
    await expect(readErasureList(list, key)).rejects.toThrow(/删除名单.*BACKUP_KEY/)
  const bad = join(folder, 'bad.erasures')
  for (const end of [closed.length - 1, 40, MAGIC.erasures.length]) {
    await writeFile(bad, closed.subarray(0, end))
    await expect(readErasureList(bad, KEY)).rejects.toThrow(/删除名单/)
  }
  const altered = Buffer.from(closed)
  altered[altered.length - 3]! ^= 1
  await writeFile(bad, altered)
  await expect(readErasureList(bad, KEY)).rejects.toThrow(/删除名单/)
  // Neither is taken for the other.
  await expect(checkBackup(list, KEY)).rejects.toThrow('不是备份')
  await expect(readErasureList(backup, KEY)).rejects.toThrow('读不懂删除名单')
})

it('P29 the command opens a list that was written with a newer key than the backup', async () => {
  const other = await createTestDb()
  // What the list is opened before, and what stops the restore after it.
  const server = new pg.Client({ connectionString: other.url, application_name: 'guidebar:elsewhere' })
  try {
    await server.connect()
    const args = [backup, '--replace', '--erasures', list]
    const older = { BACKUP_KEY: `${KEY}, an older one` }
    expect(await restoreCommand(other.url, args)).toMatch(/删除名单.*BACKUP_KEY/)
    expect(await restoreCommand(other.url, args, older)).toMatch(/删除名单.*BACKUP_KEY/)
    for (const keys of [{ BACKUP_KEY: KEY }, { ...older, ERASURES_KEY: KEY }])
      expect(await restoreCommand(other.url, args, keys)).toContain('还有服务器连着')
  } finally {
    await server.end()
    await other.drop()
  }
}, 120_000)

it('P29 a list that is not there or is no list leaves everything as it was, also for the next start', async () => {
  const other = await createTestDb()
  try {
    await sql`create table as_it_was ()`.execute(other.db)
    await writeFile(join(folder, 'no.list'), '{"keys": []}')
    for (const wrong of ['nowhere', 'no.list']) {
      const said = await restoreCommand(other.url, [backup, '--replace', '--erasures', join(folder, wrong)])
      expect(said).toContain('读不懂删除名单')
      expect(await finish(other)).toBe(false)
      expect((await sql`select to_regclass('as_it_was') is not null as is`.execute(other.db)).rows).toEqual([
        { is: true },
      ])
    }
  } finally {
    await other.drop()
  }
}, 120_000)

it('P29 an erasure does not give way to that of somebody who had her number in the backup', async () => {
  const other = await createTestDb()
  try {
    const [inBackup, since] = [crypto.randomUUID(), crypto.randomUUID()]
    const insert = (erasureId: string) =>
      sql`
        insert into erasures (erasure_id, corp_id, tombstone, customer_id, cause, asked_at)
        values (${erasureId}, 1, 'x', 7, 'asked', now())`.execute(other.db)
    await insert(since)
    await sql`create table restore_erasures as table erasures`.execute(other.db)
    await sql`truncate erasures`.execute(other.db)
    await insert(inBackup)
    await bringIn(other.db.pool)
    const found = await sql`
      select erasure_id as who, customer_id as "customerId" from erasures order by customer_id`.execute(
      other.db,
    )
    expect(found.rows).toEqual([
      { who: inBackup, customerId: 7 },
      { who: since, customerId: null },
    ])
  } finally {
    await other.drop()
  }
}, 120_000)

it('is refused over a server in another container, which has the same number of a process there', async () => {
  const other = await createTestDb()
  const server = new pg.Client({ connectionString: other.url, application_name: `guidebar:${process.pid}` })
  try {
    await server.connect()
    await expect(restoreOver(other, true)).rejects.toThrow('还有服务器连着')
  } finally {
    await server.end()
    await other.drop()
  }
}, 120_000)

/** Runs it as the person at the server does. @returns what it said when it gave up */
function restoreCommand(url: string, args: string[], keys: Record<string, string> = {}): Promise<string> {
  return new Promise(resolve => {
    const env = { ...process.env, DATABASE_URL: url, ...keys }
    execFile(process.execPath, ['server/restore.ts', ...args], { env }, (error, _out, said) =>
      resolve(error ? said : ''),
    )
  })
}
