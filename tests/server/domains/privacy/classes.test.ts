import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { classes } from './classesOfColumns.ts'

let test: TestDb
beforeAll(async () => {
  test = await createTestDb()
})
afterAll(() => test.drop())

it('P27 P28 every column of every table has its class in docs/privacy.md', async () => {
  const { rows } = await test.db.pool.query<{ name: string }>(`
    select c.table_name || '.' || c.column_name as name from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.table_name <> 'schema_migrations'
    order by 1`)
  const known = classes()
  expect(rows.map(({ name }) => name).filter(name => !known.has(name))).toEqual([])
  const there = new Set(rows.map(({ name }) => name))
  expect([...known.keys()].filter(name => !there.has(name))).toEqual([])
})

it.each([
  ['customers.note', 'S2'],
  ['follows.phones_sealed', 'S2'],
  ['people.minor_until', 'S1'],
  ['guardian_consents.guardian', 'S1'],
  ['sessions.token_hash', 'S0'],
  ['erasure_keys.key', 'S0'],
  ['scripts.parts', 'S3'],
])('%s is %s', (column, of) => expect(classes().get(column)).toBe(of))
