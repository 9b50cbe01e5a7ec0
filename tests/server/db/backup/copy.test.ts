import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { copyIn, copyOut } from '../../../../server/db/backup/copy.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'

let test: TestDb
let client: pg.Client
beforeAll(async () => {
  test = await createTestDb()
})
afterAll(() => test.drop())
beforeEach(async () => {
  client = new pg.Client({ connectionString: test.url })
  client.on('error', () => undefined)
  await client.connect()
  await client.query('create temp table taken (number integer primary key, word text)')
})
afterEach(() => client.end().catch(() => undefined))

const line = (text: string) => Buffer.from(`${text}\n`)
const works = async () => (await client.query<{ n: number }>('select 1 as n')).rows

/** Gives `chunks` and then says no more, for as long as the test lasts. */
async function* thenSilence(...chunks: Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks
  await new Promise(() => undefined)
}
async function* of(...chunks: Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks
}

it('copyOut brings every row as it is, to one who takes his time too', async () => {
  const text = `copy (select n, repeat(md5(n::text), 1 + n % 90) from generate_series(1, 6000) n) to stdout`
  const rows: Buffer[] = []
  for await (const row of copyOut(client, text)) {
    rows.push(row)
    if (rows.length % 100 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  const { rows: expected } = await client.query<{ lines: string }>(
    `select string_agg(n || E'\\t' || repeat(md5(n::text), 1 + n % 90) || E'\\n', '' order by n) as lines from generate_series(1, 6000) n`,
  )
  expect(Buffer.concat(rows).toString() === expected[0]?.lines).toBe(true)
})

it('copyIn tells how many rows were taken', async () => {
  expect(await copyIn(client, 'copy taken from stdin', of(line('1\ta'), Buffer.from('2\t'), line('b')))).toBe(
    2,
  )
})

it.each([
  ['a value that does not fit', 'three\tb', '22P02'],
  ['a row that is there', '1\tb', '23505'],
  ['a column too many', '2\tb\tc', '22P04'],
])('copyIn ends with what the database says to %s, and the connection goes on', async (_, bad, code) => {
  const chunks = Array.from({ length: 2_000 }, (__, n) => line(`${n + 10}\t${'x'.repeat(500)}`))
  await expect(
    copyIn(client, 'copy taken from stdin', of(line('1\ta'), line(bad), ...chunks)),
  ).rejects.toMatchObject({ code })
  expect(await works()).toEqual([{ n: 1 }])
})

it('copyIn ends with what it was fed with when that broke off, and nothing is taken', async () => {
  async function* broken(): AsyncGenerator<Buffer> {
    yield line('1\ta')
    throw new Error('the file ends here')
  }
  await expect(copyIn(client, 'copy taken from stdin', broken())).rejects.toThrow('the file ends here')
  expect((await client.query('select from taken')).rowCount).toBe(0)
})

it('copyIn ends when nobody answers any more', async () => {
  const other = new pg.Client({ connectionString: test.url })
  await other.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const waiting = copyIn(client, 'copy taken from stdin', thenSilence(line('1\ta')))
  waiting.catch(() => undefined)
  await expect
    .poll(async () => {
      const { rows: busy } = await other.query(
        `select from pg_stat_activity where pid = $1 and wait_event = 'ClientRead' and query like 'copy taken%'`,
        [rows[0]?.pid],
      )
      return busy.length
    })
    .toBe(1)
  await other.query('select pg_terminate_backend($1)', [rows[0]?.pid])
  await other.end()
  await expect(waiting).rejects.toThrow(/terminat/)
})
