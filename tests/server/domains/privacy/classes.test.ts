import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'

let test: TestDb
beforeAll(async () => {
  test = await createTestDb()
})
afterAll(() => test.drop())

const page = readFileSync(join(import.meta.dirname, '../../../../docs/privacy.md'), 'utf8')

/** `table.column` → the class it stands under in docs/privacy.md. */
function classes(): Map<string, string> {
  const found = new Map<string, string>()
  for (const line of page.split('\n')) {
    const [, table, , ...cells] = line.split('|').map(cell => cell.trim())
    if (!table || !/^`\w+`$/.test(table) || cells.length < 4) continue
    cells.slice(0, 4).forEach((cell, place) => {
      for (const [, column] of cell.matchAll(/`(\w+)`/g)) {
        const name = `${table.replaceAll('`', '')}.${column}`
        if (found.has(name)) throw new Error(`${name} stands there twice`)
        found.set(name, `S${place}`)
      }
    })
  }
  return found
}

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
