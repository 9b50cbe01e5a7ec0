import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { afterRestore } from '../../../../server/afterRestore.ts'
import { addErasureList, writeErasureList } from '../../../../server/db/backup/erasureList.ts'
import { restoreBackup } from '../../../../server/db/backup/restoreBackup.ts'
import { finishRestore } from '../../../../server/db/backup/restoreMark.ts'
import { takeBackup } from '../../../../server/db/backup/takeBackup.ts'
import { migrate } from '../../../../server/db/migrate.ts'
import { createTestApp, type TestApp } from '../../../support/createTestApp.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { findMarks, HER_ID, newKey, openShop, plantEverything } from '../../domains/privacy/markedPerson.ts'

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
  expect(await writeErasureList(source.url, list)).toBe(1)
}, 120_000)
afterAll(async () => {
  await test.close()
  await source.drop()
  await rm(folder, { recursive: true })
})

async function restoreOver(other: TestDb, isReplacing: boolean): Promise<void> {
  await restoreBackup(other.url, backup, { key: undefined, isReplacing, now: new Date() })
  expect(await findMarks({ ...test, db: other.db })).not.toEqual({})
  await migrate(other.url)
}
const finish = (other: TestDb) => finishRestore(other.url, restored => afterRestore(other.db, restored))

it('P29 an older backup over the database brings nobody back who was erased since', async () => {
  // A database of its own with the same erasures: the one of the other tests goes on.
  const other = await createTestDb()
  try {
    await addErasureList(other.url, list)
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
    await restoreOver(other, false)
    await addErasureList(other.url, list)
    await finish(other)
    expect(await findMarks({ ...test, db: other.db })).toEqual({})
  } finally {
    await other.drop()
  }
}, 120_000)
