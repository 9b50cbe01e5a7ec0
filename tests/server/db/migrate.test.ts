import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findSchemaGaps, migrate } from '../../../server/db/migrate.ts'
import { createTestDb, type TestDb } from '../../support/testDb.ts'

let test: TestDb
let folder: string
beforeEach(async () => {
  test = await createTestDb()
  await sql`drop schema public cascade; create schema public`.execute(test.db)
  folder = await mkdtemp(join(tmpdir(), 'guidebar-migrations-'))
  await writeFile(
    join(folder, '0001_boxes.sql'),
    'create table boxes (id integer);\ncreate index on boxes (id);',
  )
  await writeFile(join(folder, '0002_labels.sql'), 'alter table boxes add label text')
})
afterEach(async () => {
  await test.drop()
  await rm(folder, { recursive: true })
})

const history = async () =>
  (
    await sql<{
      version: number
      name: string
    }>`select version, name from schema_migrations order by 1`.execute(test.db)
  ).rows

describe('migrations', () => {
  it('are applied in order, once', async () => {
    expect(await migrate(test.url, folder)).toEqual(['0001_boxes', '0002_labels'])
    expect(await migrate(test.url, folder)).toEqual([])
    expect(await history()).toEqual([
      { version: 1, name: '0001_boxes' },
      { version: 2, name: '0002_labels' },
    ])
    await sql`insert into boxes (id, label) values (1, 'x')`.execute(test.db)
  })

  it('of the product all apply to an empty database', async () => {
    const applied = await migrate(test.url)
    expect(applied[0]).toBe('0001_foundation')
    expect(await migrate(test.url)).toEqual([])
  })

  it('are applied once when several servers start together', async () => {
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => migrate(test.url, folder)))
    expect(outcomes.flat().sort()).toEqual(['0001_boxes', '0002_labels'])
  })

  it('that fail leave nothing of themselves, and what came before stays', async () => {
    await writeFile(
      join(folder, '0003_wrong.sql'),
      'create table half (id integer);\nselect no_such_thing();',
    )
    await expect(migrate(test.url, folder)).rejects.toThrow(/0003_wrong.*no_such_thing/)
    expect((await sql`select to_regclass('half') as half`.execute(test.db)).rows).toEqual([{ half: null }])
    expect(await history()).toHaveLength(2)
    await writeFile(join(folder, '0003_wrong.sql'), 'create table half (id integer)')
    expect(await migrate(test.url, folder)).toEqual(['0003_wrong'])
  })

  it('that changed after being applied are refused', async () => {
    await migrate(test.url, folder)
    await writeFile(join(folder, '0001_boxes.sql'), 'create table boxes (id bigint)')
    await expect(migrate(test.url, folder)).rejects.toThrow('0001_boxes')
    expect(await findSchemaGaps(test.db.pool, folder)).toEqual([expect.stringContaining('0001_boxes')])
  })

  it('do not mind the line ends of a Windows checkout', async () => {
    await migrate(test.url, folder)
    await writeFile(
      join(folder, '0001_boxes.sql'),
      'create table boxes (id integer);\r\ncreate index on boxes (id);',
    )
    expect(await migrate(test.url, folder)).toEqual([])
  })

  it('of a newer program are not touched by an older one', async () => {
    await migrate(test.url, folder)
    await rm(join(folder, '0002_labels.sql'))
    await expect(migrate(test.url, folder)).rejects.toThrow('数据库比程序新')
    expect(await findSchemaGaps(test.db.pool, folder)).toHaveLength(1)
  })

  it.each(['0004_gap.sql', '0002_twice.sql', 'labels.sql'])(
    'with a name out of line are refused: %s',
    async name => {
      await writeFile(join(folder, name), 'select 1')
      await expect(migrate(test.url, folder)).rejects.toThrow(/迁移/)
      expect((await sql`select to_regclass('boxes') as boxes`.execute(test.db)).rows).toEqual([
        { boxes: null },
      ])
    },
  )

  it('tell what is missing', async () => {
    expect(await findSchemaGaps(test.db.pool, folder)).toEqual(['no migration has been applied'])
    await migrate(test.url, folder)
    expect(await findSchemaGaps(test.db.pool, folder)).toEqual([])
    await cp(join(folder, '0002_labels.sql'), join(folder, '0003_more.sql'))
    expect(await findSchemaGaps(test.db.pool, folder)).toEqual(['migration 0003_more is missing'])
  })
})

describe('npm run migrate', () => {
  const run = (env: Record<string, string>) =>
    new Promise<{ code: number | null; output: string }>(resolve => {
      const child = spawn(process.execPath, ['server/db/migrateCommand.ts'], {
        env: { PATH: process.env.PATH ?? '', ...env },
      })
      let output = ''
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
      child.once('close', code => resolve({ code, output }))
    })

  it('says what it did, and that there is nothing to do', async () => {
    const first = await run({ DATABASE_URL: test.url })
    expect(first).toMatchObject({
      code: 0,
      output: expect.stringContaining('已应用 0001_foundation') as string,
    })
    expect(await run({ DATABASE_URL: test.url })).toEqual({ code: 0, output: '数据库已是最新\n' })
  })

  it('ends with 1 and a line when the database cannot be reached', async () => {
    const { code, output } = await run({ DATABASE_URL: 'postgres://a:b@127.0.0.1:1/c' })
    expect(code).toBe(1)
    expect(output).toContain('ECONNREFUSED')
    expect(output).not.toContain('at ')
  })
})
