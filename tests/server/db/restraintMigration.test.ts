import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { migrate } from '../../../server/db/migrate.ts'
import { createTestDb } from '../../support/testDb.ts'

const MIGRATIONS = join(import.meta.dirname, '..', '..', '..', 'server', 'db', 'migrations')

it('a corp that used the product before keeps its own rule and its wishes, and gets what it lacks', async () => {
  const test = await createTestDb()
  const folder = await mkdtemp(join(tmpdir(), 'guidebar-migrations-'))
  try {
    await sql`drop schema public cascade; create schema public`.execute(test.db)
    const released = (await readdir(MIGRATIONS)).filter(name => name < '0007')
    for (const name of released) await cp(join(MIGRATIONS, name), join(folder, name))
    await migrate(test.url, folder)
    await sql`
      with corp as (insert into corps (wecom_corp_id, name, created_at) values ('wwold', '老店', now()) returning corp_id),
      rule as (
        insert into contact_rules (corp_id, scope, period_days, max_count, hardness, source, since)
        select corp_id, 'customer', 7, 3, 'hard', '总部', '2026-01-01' from corp)
      insert into customers (corp_id, external_user_id, name, quiet_until, synced_at)
      select corp_id, 'wmOld', '李婉清', '2026-12-01'::date, now() from corp`.execute(test.db)

    await migrate(test.url)

    const rules = await sql<{ channel: string; days: number; max: number; hardness: string; isOn: boolean }>`
      select channel, period_days as days, max_count as max, hardness, is_on as "isOn" from contact_rules
      where scope = 'customer' order by channel, days`.execute(test.db)
    expect(rules.rows).toEqual([
      { channel: 'mass', days: 1, max: 1, hardness: 'hard', isOn: false },
      { channel: 'mass', days: 7, max: 7, hardness: 'hard', isOn: false },
      { channel: 'mass', days: 30, max: 30, hardness: 'hard', isOn: true },
      { channel: 'private', days: 7, max: 3, hardness: 'hard', isOn: true },
    ])
    const wishes = await sql`select quiet_level, quiet_until::text from customers`.execute(test.db)
    expect(wishes.rows).toEqual([{ quiet_level: 'none', quiet_until: '2026-12-01' }])
    const hours = await sql`select quiet_from, quiet_until, quiet_is_on from contact_settings`.execute(
      test.db,
    )
    expect(hours.rows).toEqual([{ quiet_from: '21:00', quiet_until: '09:00', quiet_is_on: true }])
  } finally {
    await test.drop()
    await rm(folder, { recursive: true })
  }
})
