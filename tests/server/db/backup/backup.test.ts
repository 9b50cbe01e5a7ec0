import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { afterRestore } from '../../../../server/afterRestore.ts'
import { checkBackup, restoreBackup } from '../../../../server/db/backup/restoreBackup.ts'
import { finishRestore } from '../../../../server/db/backup/restoreMark.ts'
import { takeBackup } from '../../../../server/db/backup/takeBackup.ts'
import { openDb, type Db } from '../../../../server/db/db.ts'
import { openEmbedded } from '../../../../server/db/embedded.ts'
import { migrate, newestMigration } from '../../../../server/db/migrate.ts'
import { auditCoupons } from '../../../../server/domains/coupons/auditCoupons.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'

const KEY = 'a key of the tests, long enough for anything'

let folder: string
let source: TestDb
let shop: TestApp
let guide: SignedIn
const extra: TestDb[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guidebar-backup-'))
  source = await createTestDb()
  shop = await createTestApp({ test: source })
  guide = await shop.signIn(await shop.make.staff(shop.corp))
})
afterAll(async () => {
  await shop.close()
  for (const each of [source, ...extra]) await each.drop()
  await rm(folder, { recursive: true })
})

async function emptyDatabase(): Promise<TestDb> {
  const test = await createTestDb()
  extra.push(test)
  await sql`drop schema public cascade; create schema public; drop schema pgboss cascade`.execute(test.db)
  return test
}

let files = 0
const newFile = () => join(folder, `${++files}.backup`)
const take = (file: string, key: string | undefined = KEY) =>
  takeBackup(source.url, file, { key, now: new Date('2026-11-21T02:00:00Z') })
const restore = (test: TestDb, file: string, options: { key?: string; isReplacing?: boolean } = {}) =>
  restoreBackup(test.url, file, { key: KEY, isReplacing: false, now: new Date(), ...options })
const finish = (test: TestDb) => finishRestore(test.url, restored => afterRestore(test.db, restored))

const run = (script: string, args: string[], env: Record<string, string>) =>
  new Promise<{ code: number; said: string }>(resolve => {
    execFile(
      process.execPath,
      [script, ...args],
      { env: { PATH: process.env.PATH ?? '', ...env } },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), said: out + err }),
    )
  })

let keys = 0
async function grantOne(templateId: string): Promise<void> {
  const key = ++keys
  const customer = await shop.make.followed(shop.corp, guide.actor)
  const reserved = await guide.fetch('/api/coupons', {
    method: 'POST',
    json: { templateId, externalUserId: customer.externalUserId, reminderId: null },
    key: `key-of-a-grant-${key}`,
  })
  expect(reserved.status).toBe(201)
  const { couponId } = (await reserved.json()) as { couponId: string }
  const confirmed = await guide.fetch(`/api/coupons/${couponId}/confirm`, {
    method: 'POST',
    key: `key-of-a-confirmation-${key}`,
  })
  expect(confirmed.status).toBe(200)
}

/** Rows of every table, and a hash over all of them. */
async function contentsOf(db: Db): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }>`
    select relname as name from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'restore_mark' order by 1`.execute(
    db,
  )
  const contents: Record<string, string> = {}
  for (const { name } of tables.rows) {
    const found = await sql<{ contents: string }>`
      select count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\n' order by t::text)), '') as contents
      from ${sql.table(name)} t`.execute(db)
    contents[name] = found.rows[0]?.contents ?? ''
  }
  return contents
}
const emptied = ['sessions', 'login_attempts', 'wecom_credentials']

describe('a backup', () => {
  it('of a shop at work is the shop at one moment: restored, the books agree and the app answers', async () => {
    const { templateId } = await shop.make.couponTemplate(shop.corp, { stock: 10_000 })
    await grantOne(templateId)
    let isOver = false
    let granted = 0
    const busy = Promise.all(
      [1, 2, 3].map(async () => {
        while (!isOver) {
          await grantOne(templateId)
          granted++
        }
      }),
    )
    const file = newFile()
    await expect.poll(() => granted, { timeout: 20_000 }).toBeGreaterThan(3)
    const taken = await take(file).finally(() => (isOver = true))
    await busy
    expect(await checkBackup(file, KEY)).toMatchObject({ tables: taken.tables, rows: taken.rows })

    const empty = await emptyDatabase()
    const restored = await restore(empty, file)
    expect(restored).toMatchObject({ tables: taken.tables, rows: taken.rows })
    expect(await finish(empty)).toBe(true)
    const { differences, counted } = await auditCoupons(empty.db)
    expect(differences).toEqual([])
    expect(counted.coupons).toBeGreaterThan(3)

    // New rows get numbers of their own: the sequences stand where they stood.
    const again = await createTestApp({ test: empty })
    try {
      const customer = await again.make.followed(shop.corp, guide.actor)
      const me = await again.signIn(guide.actor)
      const card = await me.fetch(`/api/customers/${customer.externalUserId}/card`)
      expect(card.status).toBe(200)
    } finally {
      await again.close()
    }
  }, 120_000)

  it('brings back every row of every table, but sessions and WeCom’s tokens', async () => {
    await sql`insert into wecom_credentials values (${shop.corp.corpId}, 'access_token', 'x', 1, now(), now())`.execute(
      source.db,
    )
    await sql`update customers set name = ${'\\N \t 换行\n"引号"\r'}, note = '' where customer_id =
      (select min(customer_id) from customers)`.execute(source.db)
    const before = await contentsOf(source.db)
    const file = newFile()
    await take(file)
    const empty = await emptyDatabase()
    await restore(empty, file)
    const after = await contentsOf(empty.db)
    for (const name of emptied) expect([name, after[name]]).toEqual([name, '0 '])
    const comparable = (contents: Record<string, string>) =>
      Object.fromEntries(Object.entries(contents).filter(([name]) => !emptied.includes(name)))
    expect(comparable(after)).toEqual(comparable(before))
    const shapeOf = async (db: Db) =>
      (
        await sql`
          select conrelid::regclass::text as table, conname, convalidated, pg_get_constraintdef(oid) from pg_constraint
          where connamespace = 'public'::regnamespace and conrelid <> coalesce(to_regclass('restore_mark'), 0)
          union all
          select tablename, indexname, true, indexdef from pg_indexes where schemaname = 'public'
          union all
          select tgrelid::regclass::text, tgname, tgenabled = 'O', pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
          order by 1, 2, 4`.execute(db)
      ).rows
    expect(await shapeOf(empty.db)).toEqual(await shapeOf(source.db))
  }, 120_000)

  it('shows nothing of anybody without its key, and is refused with another one', async () => {
    await sql`update customers set name = 'Marked Person' where customer_id = (select min(customer_id) from customers)`.execute(
      source.db,
    )
    const file = newFile()
    await take(file)
    const bytes = await readFile(file)
    expect(bytes.includes('Marked') || bytes.includes('customers')).toBe(false)
    expect((await stat(file)).mode & 0o077).toBe(0)
    await expect(checkBackup(file, undefined)).rejects.toThrow('BACKUP_KEY')
    await expect(checkBackup(file, `${KEY}!`)).rejects.toThrow('BACKUP_KEY')
  })

  it.each([
    ['encrypted', KEY],
    ['plain', undefined],
  ])('(%s) that was altered, shortened or put together of two is found out', async (_, key) => {
    const file = newFile()
    await take(file, key)
    const bytes = await readFile(file)
    const expectBad = async (content: Buffer) => {
      const bad = newFile()
      await writeFile(bad, content)
      await expect(checkBackup(bad, key)).rejects.toThrow(/备份|BACKUP_KEY/)
    }
    for (const place of [20, 60, Math.floor(bytes.length / 2), bytes.length - 1]) {
      const altered = Buffer.from(bytes)
      altered[place] = (altered[place] ?? 0) ^ 1
      await expectBad(altered)
    }
    for (const length of [0, 10, 100, Math.floor(bytes.length / 2), bytes.length - 1])
      await expectBad(bytes.subarray(0, length))
    await expectBad(Buffer.concat([bytes, Buffer.from('x')]))
  })

  it('is not held up by half a file that a killed one has left', async () => {
    const file = newFile()
    await writeFile(`${file}.part`, 'half')
    await take(file)
    expect(await checkBackup(file, KEY)).toMatchObject({ header: { isEncrypted: true } })
    await expect(stat(`${file}.part`)).rejects.toThrow('ENOENT')
  })

  it('leaves no half file behind when it fails', async () => {
    const file = newFile()
    await expect(
      takeBackup('postgres://nobody@127.0.0.1:1/none', file, { key: KEY, now: new Date() }),
    ).rejects.toThrow()
    await expect(stat(file)).rejects.toThrow('ENOENT')
    await expect(stat(`${file}.part`)).rejects.toThrow('ENOENT')
  })
})

describe('restoring', () => {
  it('over data is refused without a word for it, and replaces it with one', async () => {
    const file = newFile()
    await take(file)
    const other = await createTestDb()
    extra.push(other)
    await expect(restore(other, file)).rejects.toThrow('--replace')
    await restore(other, file, { isReplacing: true })
    expect(
      (await sql<{ n: number }>`select count(*)::int as n from corps`.execute(other.db)).rows[0]?.n,
    ).toBe(1)
  }, 120_000)

  it('that fails leaves everything as it was', async () => {
    const file = newFile()
    await take(file)
    const bytes = await readFile(file)
    const half = newFile()
    await writeFile(half, bytes.subarray(0, bytes.length - 100))
    const other = await createTestDb()
    extra.push(other)
    const before = await contentsOf(other.db)
    await expect(restore(other, half, { isReplacing: true })).rejects.toThrow('备份')
    expect(await contentsOf(other.db)).toEqual(before)
    expect(await migrate(other.url)).toEqual([])
  }, 120_000)

  it.each([
    [
      'a table that does not take them',
      `alter table staff drop constraint staff_role_check; update staff set role = 'nobody'`,
      'staff_role_check，23514',
    ],
    [
      'a key',
      `drop index staff__user_key; insert into staff (corp_id, user_id, name, synced_at) select corp_id, user_id, name, synced_at from staff limit 1`,
      'staff__user_key，23505',
    ],
  ])(
    'rows that are refused by %s says so, and leaves everything as it was',
    async (_, spoil, words) => {
      const spoilt = await createTestDb()
      extra.push(spoilt)
      await sql`
      insert into corps (wecom_corp_id, created_at) values ('ww_spoilt', now())`.execute(spoilt.db)
      await sql`
      insert into staff (corp_id, user_id, name, synced_at) select corp_id, 'lihua', '李华', now() from corps`.execute(
        spoilt.db,
      )
      await sql.raw(spoil).execute(spoilt.db)
      const file = newFile()
      await takeBackup(spoilt.url, file, { key: KEY, now: new Date() })
      const other = await createTestDb()
      extra.push(other)
      await sql`insert into corps (wecom_corp_id, created_at) values ('ww_there', now())`.execute(other.db)
      const before = await contentsOf(other.db)
      await other.db.close()
      const failed = await run('server/restore.ts', [file, '--replace'], {
        DATABASE_URL: other.url,
        BACKUP_KEY: KEY,
      })
      expect(failed).toEqual({ code: 1, said: expect.stringContaining(words) as string })
      expect(failed.said).not.toContain('李华')
      const now = openDb(other.url, { log: { warn: () => undefined } })
      expect(await contentsOf(now)).toEqual(before)
      await now.close()
      expect(await migrate(other.url)).toEqual([])
    },
    120_000,
  )

  it('that was killed on the way lets nobody start, and is done by the next try', async () => {
    const file = newFile()
    await take(file)
    const other = await createTestDb()
    extra.push(other)
    // As it stands between the two transactions of a restore.
    await sql`alter schema public rename to before_restore`.execute(other.db)
    await sql`create schema public`.execute(other.db)
    await sql`create table restore_mark (state text, taken_at timestamptz, begun_at timestamptz)`.execute(
      other.db,
    )
    await sql`insert into restore_mark values ('loading', now(), now())`.execute(other.db)
    await expect(migrate(other.url)).rejects.toThrow('npm run restore')
    await restore(other, file, { isReplacing: true })
    expect(await migrate(other.url)).toEqual([])
    expect(await finish(other)).toBe(true)
    expect(await finish(other)).toBe(false)
  }, 120_000)

  it('P29 keeps what was erased since erased, over whatever the backup holds', async () => {
    const file = newFile()
    await take(file)
    const other = await emptyDatabase()
    await migrate(other.url)
    const erasureId = randomUUID()
    await sql`
      insert into erasures (erasure_id, corp_id, tombstone, cause, state, asked_at)
      values (${erasureId}, 1, 'x', 'asked', 'done', now())`.execute(other.db)
    await sql`
      insert into erasure_keys (key_id, corp_id, key, created_at)
      values (gen_random_uuid(), 1, decode(repeat('00', 32), 'hex'), now())`.execute(other.db)
    await restore(other, file, { isReplacing: true })
    const seen: unknown[] = []
    await finishRestore(other.url, async () => {
      seen.push(...(await sql`select erasure_id as who from erasures`.execute(other.db)).rows)
      seen.push(...(await sql`select corp_id as corp from erasure_keys`.execute(other.db)).rows)
    })
    expect(seen).toEqual([{ who: erasureId }, { corp: 1 }])
    expect((await sql`select to_regclass('restore_erasures') as left`.execute(other.db)).rows).toEqual([
      { left: null },
    ])
  }, 120_000)

  it('is finished by the next start when it was not, and notices of then are not sent now', async () => {
    await sql`
      insert into outbox (outbox_id, corp_id, kind, lane, subject, payload, created_at)
      select gen_random_uuid(), ${shop.corp.corpId}, kind, 'lane ' || kind, 'subject', '{}', '2026-11-20T00:00Z'
      from unnest('{message,tags}'::text[]) kind`.execute(source.db)
    const file = newFile()
    await take(file)
    const other = await emptyDatabase()
    await restore(other, file)
    let tries = 0
    await expect(
      finishRestore(other.url, async () => {
        tries++
        throw new Error('killed')
      }),
    ).rejects.toThrow('killed')
    expect(await finish(other)).toBe(true)
    const { rows } = await sql`
      select kind, state from outbox where subject = 'subject' order by kind`.execute(other.db)
    expect([tries, rows]).toEqual([
      1,
      [
        { kind: 'message', state: 'cancelled' },
        { kind: 'tags', state: 'waiting' },
      ],
    ])
  }, 120_000)
})

describe('npm run backup, npm run restore', () => {
  /** What the audit record says of backups, newest last. */
  async function copiesNoted(url: string) {
    const db = openDb(url, { log: { warn: () => undefined }, poolSize: 1 })
    const { rows } = await sql`
      select action, actor, (detail -> 'isEncrypted')::boolean as "isEncrypted" from audit_entries
      where action like 'backup%' order by entry_id`.execute(db)
    await db.close()
    return rows
  }

  it('refuse to write people in the clear unless told so, and go there and back', async () => {
    const file = newFile()
    const env = { DATABASE_URL: source.url }
    const naked = await run('server/backup.ts', ['--out', file], env)
    expect([naked.code, naked.said]).toEqual([1, expect.stringContaining('BACKUP_KEY') as string])
    const weak = await run('server/backup.ts', ['--out', file], { ...env, BACKUP_KEY: 'short' })
    expect(weak.code).toBe(1)
    const done = await run('server/backup.ts', ['--out', file], { ...env, BACKUP_KEY: KEY })
    expect([done.code, done.said]).toEqual([0, expect.stringContaining('已加密') as string])
    expect(await copiesNoted(source.url)).toEqual([
      { action: 'backupWritten', actor: 'system', isEncrypted: true },
    ])
    const checked = await run('server/restore.ts', [file, '--check'], { BACKUP_KEY: KEY })
    expect([checked.code, checked.said]).toEqual([0, expect.stringContaining('完整可用') as string])

    const empty = await emptyDatabase()
    const restored = await run('server/restore.ts', [file], { DATABASE_URL: empty.url, BACKUP_KEY: KEY })
    expect([restored.code, restored.said]).toEqual([1, expect.stringContaining('还有服务器连着') as string])
    await empty.db.close()
    const alone = await run('server/restore.ts', [file], { DATABASE_URL: empty.url, BACKUP_KEY: KEY })
    expect([alone.code, alone.said]).toEqual([0, expect.stringContaining('恢复完成') as string])
    expect(await copiesNoted(empty.url)).toEqual([
      { action: 'backupRestored', actor: 'system', isEncrypted: null },
    ])
    const twice = await run('server/restore.ts', [file], { DATABASE_URL: empty.url, BACKUP_KEY: KEY })
    expect([twice.code, twice.said]).toEqual([1, expect.stringContaining('--replace') as string])
  }, 240_000)

  it('go with the embedded database too, beside a server that uses it, and into a folder where nothing is', async () => {
    const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }
    const settings = { fsync: 'off' }
    const dataDir = await mkdtemp(join(tmpdir(), 'guidebar-backup-data-'))
    await chmod(dataDir, 0o755)
    const file = newFile()
    const there = await openEmbedded({ dataDir, log: quiet, settings })
    try {
      await migrate(there.url)
      const db = openDb(there.url, { log: quiet })
      await sql`insert into corps (wecom_corp_id, created_at) values ('ww_embedded', now())`.execute(db)
      await db.close()
      const taken = await run('server/backup.ts', ['--out', file], { DATA_DIR: dataDir, BACKUP_KEY: KEY })
      expect([taken.code, taken.said]).toEqual([0, expect.stringContaining('已备份') as string])
      const busy = await run('server/restore.ts', [file, '--replace'], { DATA_DIR: dataDir, BACKUP_KEY: KEY })
      expect([busy.code, busy.said]).toEqual([1, expect.stringContaining('还有服务器连着') as string])
    } finally {
      await there.close()
      await rm(dataDir, { recursive: true })
    }
    const newDir = await mkdtemp(join(tmpdir(), 'guidebar-backup-data-'))
    await chmod(newDir, 0o755)
    try {
      const back = await run('server/restore.ts', [file], { DATA_DIR: newDir, BACKUP_KEY: KEY })
      expect([back.code, back.said]).toEqual([0, expect.stringContaining('恢复完成') as string])
      const opened = await openEmbedded({ dataDir: newDir, log: quiet, settings })
      const db = openDb(opened.url, { log: quiet })
      const { rows } = await sql<{ who: string }>`select wecom_corp_id as who from corps`.execute(db)
      await db.close()
      await opened.close()
      expect(rows).toEqual([{ who: 'ww_embedded' }])
    } finally {
      await rm(newDir, { recursive: true })
    }
  }, 240_000)

  it('of a newer program is refused in words', async () => {
    expect(newestMigration()).toBeGreaterThan(16)
    const file = newFile()
    await take(file, undefined)
    const bytes = await readFile(file)
    const newer = newFile()
    await writeFile(newer, bytes.toString('latin1').replace(/"version":\d+/, '"version":9999'), 'latin1')
    const empty = await emptyDatabase()
    await expect(restore(empty, newer)).rejects.toThrow('比程序新')
  })
})
