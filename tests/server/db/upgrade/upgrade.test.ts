import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import type { Db } from '../../../../server/db/db.ts'
import { checkBackup, restoreBackup } from '../../../../server/db/backup/restoreBackup.ts'
import { takeBackup } from '../../../../server/db/backup/takeBackup.ts'
import { migrate, newestMigration } from '../../../../server/db/migrate.ts'
import { auditCoupons } from '../../../../server/domains/coupons/auditCoupons.ts'
import { createTestApp, type TestApp } from '../../../support/createTestApp.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'

const RESERVED = '00000000-0000-4000-8000-000000000111'
const CLAIMED = '00000000-0000-4000-8000-000000000112'

/** What a later migration has done away with on purpose, and where it is now. */
const FOLDED_IN: Record<string, (db: Db) => Promise<number>> = {
  minor_reads: db => count(db, `audit_entries where action = 'minorRead'`),
}
/** Columns whose values a later migration has changed on purpose. */
const CHANGED = new Set(['schema_migrations', 'coupon_ledger.pool_effect'])

let test: TestDb
let before: Map<string, Record<string, unknown>[]>
let app: TestApp
const count = async (db: Db, from: string) =>
  (await db.pool.query<{ n: number }>(`select count(*)::int as n from ${from}`)).rows[0]?.n ?? 0

async function rowsOf(db: Db): Promise<Map<string, Record<string, unknown>[]>> {
  const { rows } = await db.pool.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
  )
  const contents = new Map<string, Record<string, unknown>[]>()
  for (const { name } of rows) {
    const found = await db.pool.query<{ row: Record<string, unknown> }>(
      `select to_jsonb(t) as row from ${name} t order by t::text`,
    )
    contents.set(
      name,
      found.rows.map(({ row }) => row),
    )
  }
  return contents
}

beforeAll(async () => {
  test = await createTestDb()
  await sql`drop schema public cascade; create schema public`.execute(test.db)
  await migrate(test.url, undefined, { until: 14 })
  await test.db.pool.query(await readFile(join(import.meta.dirname, 'shopAt0014.sql'), 'utf8'))
  before = await rowsOf(test.db)
})
afterAll(async () => {
  await app?.close()
  await test.drop()
})

describe('an upgrade from the tables after 0014', () => {
  it('begins with data in every table', () => {
    expect([...before].filter(([, rows]) => rows.length === 0).map(([name]) => name)).toEqual([])
    expect(before.size).toBeGreaterThan(70)
  })

  it('may begin from a backup of then: it is restored by the program of now, and upgraded', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'guidebar-old-backup-'))
    const other = await createTestDb()
    try {
      const file = join(folder, 'old.backup')
      await takeBackup(test.url, file, { key: undefined, now: new Date() })
      expect((await checkBackup(file, undefined)).header.schema.version).toBe(14)
      await restoreBackup(other.url, file, { key: undefined, isReplacing: true, now: new Date() })
      const restored = await rowsOf(other.db)
      for (const [table, rows] of before)
        if (!['sessions', 'login_attempts', 'wecom_credentials'].includes(table))
          expect([table, restored.get(table)]).toEqual([table, rows])
      expect(await migrate(other.url)).toHaveLength(newestMigration() - 14)
      expect((await auditCoupons(other.db)).differences).toEqual([])
    } finally {
      await other.drop()
      await rm(folder, { recursive: true })
    }
  })

  it('is made once by the servers that start together, and keeps every row and every value', async () => {
    const outcomes = await Promise.all([migrate(test.url), migrate(test.url)])
    expect(outcomes.flat()).toHaveLength(newestMigration() - 14)
    const after = await rowsOf(test.db)
    for (const [table, rows] of before) {
      if (CHANGED.has(table)) continue
      const now = after.get(table)
      if (!now) {
        expect([table, await FOLDED_IN[table]?.(test.db)]).toEqual([table, rows.length])
        continue
      }
      // Columns may be added and taken away; what is still there is as it was.
      const kept = Object.keys(rows[0] ?? {}).filter(
        column => column in (now[0] ?? {}) && !CHANGED.has(`${table}.${column}`),
      )
      expect([table, kept.length > 0]).toEqual([table, true])
      const only = (row: Record<string, unknown>) => JSON.stringify(kept.map(column => row[column]))
      const found = new Set(now.map(only))
      expect([table, rows.map(only).filter(row => !found.has(row))]).toEqual([table, []])
    }
  })

  it('leaves stock, coupons and ledger in agreement', async () => {
    expect((await auditCoupons(test.db)).differences).toEqual([])
  })

  it('can be worked on at once: the card opens, and what was reserved before is confirmed and claimed after', async () => {
    app = await createTestApp({ test })
    const actor: StaffActor = {
      kind: 'staff',
      corpId: 1,
      staffId: 1,
      userId: 'chenlu',
      name: '陈露',
      role: 'guide',
      store: null,
      managedStoreIds: [],
    }
    const guide = await app.signIn(actor)
    const card = await guide.fetch('/api/customers/wmUpgraded1/card')
    expect(card.status).toBe(200)
    expect(JSON.stringify(await card.json())).toContain('婉清姐')

    const confirm = () =>
      guide.fetch(`/api/coupons/${RESERVED}/confirm`, { method: 'POST', key: 'confirmed-after-the-upgrade' })
    expect((await confirm()).status).toBe(200)
    expect((await confirm()).headers.get('idempotency-replayed')).toBe('true')
    const claimed = await app.fetch('/c/AAAAAAAAAAAAAAAAAAAAAA', {
      method: 'POST',
      headers: { Origin: new URL(app.config.publicUrl).origin },
    })
    expect(claimed.status).toBe(303)
    const states = await app.db.pool.query<{ state: string }>(
      'select state from coupons where coupon_id = any($1) order by coupon_id',
      [[RESERVED, CLAIMED]],
    )
    expect(states.rows.map(({ state }) => state)).toEqual(['claimed', 'claimed'])
    expect((await auditCoupons(test.db)).differences).toEqual([])
  })

  it('is not undone by a server of before: it leaves the newer tables alone and says so', async () => {
    const migrations = join(import.meta.dirname, '../../../../server/db/migrations')
    const folder = await mkdtemp(join(tmpdir(), 'guidebar-older-'))
    try {
      const older = (await readdir(migrations)).filter(name => name < '0015')
      for (const name of older) await cp(join(migrations, name), join(folder, name))
      await expect(migrate(test.url, folder)).rejects.toThrow(/数据库比程序新.*请升级程序/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
