import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openDb, type Db } from '../../../server/db/db.ts'
import {
  isDatabaseUnavailable,
  isLockTimeout,
  isStatementTimeout,
  isStorageFull,
  violatedConstraint,
} from '../../../server/db/failures.ts'
import { createRequestWait, requestWaits } from '../../../server/db/requestWait.ts'
import { createDelayProxy } from '../../support/delayProxy.ts'
import { createTestDb, type TestDb } from '../../support/testDb.ts'

let test: TestDb
let db: Db
const quiet = { warn: () => undefined }
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => {
      throw new Error('it was expected to be refused')
    },
    (error: unknown) => error,
  )

beforeAll(async () => {
  test = await createTestDb()
  db = test.db
  await sql`create table boxes (id integer primary key, label text,
    constraint boxes__label_key unique (label), constraint boxes__id_check check (id > 0))`.execute(db)
})
afterAll(() => test.drop())

describe('values', () => {
  it('reads civil days as text, whatever the zone of the host', async () => {
    const found = await sql<{ day: string; days: (string | null)[] }>`
      select date '2024-02-29' as day, array[date '2026-01-01', null] as days`.execute(db)
    expect(found.rows).toEqual([{ day: '2024-02-29', days: ['2026-01-01', null] }])
  })

  it('reads counts as numbers, and integers too big for that as text', async () => {
    const found = await sql`select count(*), 9007199254740991::int8 as big, 9007199254740993::int8 as bigger,
      array[1, 9007199254740993]::int8[] as list from generate_series(1, 3)`.execute(db)
    expect(found.rows).toEqual([
      { count: 3, big: 9007199254740991, bigger: '9007199254740993', list: [1, '9007199254740993'] },
    ])
  })

  it('leaves numerics as text and reads instants as Date', async () => {
    const found = await sql`select 1.50::numeric as exact,
      timestamptz '2026-11-21 10:20+08' as moment`.execute(db)
    expect(found.rows).toEqual([{ exact: '1.50', moment: new Date('2026-11-21T02:20:00Z') }])
  })

  it('works in UTC', async () => {
    const found = await sql<{ day: string }>`select timestamptz '2026-11-21 01:00+08'::date as day`.execute(
      db,
    )
    expect(found.rows[0]?.day).toBe('2026-11-20')
  })
})

describe('transactions', () => {
  it('keeps what was done, and gives back what the work returned', async () => {
    const id = await db.transaction(async tx => {
      await sql`insert into boxes values (${1}, ${'kept'})`.execute(tx)
      return 1
    })
    expect(id).toBe(1)
    expect((await sql`select label from boxes where id = ${1}`.execute(db)).rows).toEqual([{ label: 'kept' }])
  })

  it('rolls back and throws what the work threw', async () => {
    const reason = new Error('changed my mind')
    const failure = await failureOf(
      db.transaction(async tx => {
        await sql`insert into boxes values (${2}, ${'gone'})`.execute(tx)
        throw reason
      }),
    )
    expect(failure).toBe(reason)
    expect((await sql`select 1 from boxes where id = ${2}`.execute(db)).rows).toEqual([])
  })

  it('throws what the work threw also when the connection died under it', async () => {
    const reason = new Error('the work itself')
    const failure = await failureOf(
      db.transaction(async tx => {
        await failureOf(sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx))
        throw reason
      }),
    )
    expect(failure).toBe(reason)
  })
})

describe('statements', () => {
  it('prepares a text with parameters once per connection, under a name', async () => {
    await db.transaction(async tx => {
      for (const value of [1, 2, 3]) await sql`select ${value}::int + 1 as prepared_here`.execute(tx)
      const found = await sql<{ uses: number }>`select generic_plans + custom_plans as uses
        from pg_prepared_statements where statement like '%prepared_here%' and not from_sql`.execute(tx)
      expect(found.rows).toEqual([{ uses: 3 }])
    })
  })

  it('stops naming after 500 texts, and the rest still works', async () => {
    const own = openDb(test.url, { log: quiet, poolSize: 1 })
    try {
      for (let turn = 0; turn < 520; turn++)
        await sql`select ${turn}::int as ${sql.ref(`column_${turn}`)}`.execute(own)
      const found = await sql<{ count: number }>`select count(*) from pg_prepared_statements`.execute(own)
      expect(found.rows[0]?.count).toBe(500)
    } finally {
      await own.close()
    }
  })

  it('goes on after a table has changed under a prepared statement', async () => {
    const own = openDb(test.url, { log: quiet, poolSize: 1 })
    try {
      await sql`create table shapes (id integer)`.execute(own)
      const read = () => sql`select * from shapes where id <> ${0}`.execute(own)
      await read()
      await sql`alter table shapes add name text`.execute(db)
      expect(await failureOf(read())).toMatchObject({ code: '0A000' })
      expect((await read()).rows).toEqual([])
    } finally {
      await own.close()
    }
  })

  it('tells the texts it sends, for those who count', async () => {
    test.statements.length = 0
    await sql`select ${1}::int`.execute(db)
    expect(test.statements).toEqual(['select $1::int'])
  })
})

describe('limits', () => {
  it('cancels a statement after 5 s', async () => {
    const found = await sql<{ name: string; setting: string }>`select name, setting from pg_settings
      where name in ('statement_timeout', 'lock_timeout') order by name`.execute(db)
    expect(found.rows).toEqual([
      { name: 'lock_timeout', setting: '3000' },
      { name: 'statement_timeout', setting: '4200' },
    ])
    const failure = await failureOf(
      db.transaction(async tx => {
        await sql`set local statement_timeout = 50`.execute(tx)
        await sql`select pg_sleep(2)`.execute(tx)
      }),
    )
    expect(isStatementTimeout(failure)).toBe(true)
    expect(isDatabaseUnavailable(failure)).toBe(false)
  })

  it('does not wait for a lock for ever', async () => {
    await sql`insert into boxes values (5, 'locked')`.execute(db)
    await db.transaction(async holder => {
      await sql`select from boxes where id = 5 for update`.execute(holder)
      const failure = await failureOf(
        db.transaction(async tx => {
          await sql`set local lock_timeout = 50`.execute(tx)
          await sql`select from boxes where id = 5 for update`.execute(tx)
        }),
      )
      expect(isLockTimeout(failure)).toBe(true)
    })
  })

  it('P22 refuses after 3 s when every connection is taken', async () => {
    const own = openDb(test.url, { log: quiet, poolSize: 1 })
    try {
      await own.transaction(async () => {
        const started = performance.now()
        const failure = await failureOf(sql`select 1`.execute(own))
        expect(isDatabaseUnavailable(failure)).toBe(true)
        expect(performance.now() - started).toBeLessThan(4_000)
      })
    } finally {
      await own.close()
    }
  })
})

describe('P22 what a request waits for a connection', () => {
  const asRequest = <T>(work: () => Promise<T>) => requestWaits.run(createRequestWait(), work)

  it('is taken off what its statement may take', async () => {
    const own = openDb(test.url, { log: quiet, poolSize: 1, statementTimeoutMs: 1_500 })
    try {
      const slow = () => failureOf(sql`select pg_sleep(10)`.execute(own))
      // Nobody waited: the server itself ends it.
      expect(isStatementTimeout(await asRequest(slow))).toBe(true)
      const [, failure] = await Promise.all([sql`select pg_sleep(1)`.execute(own), asRequest(slow)])
      expect(isStatementTimeout(failure)).toBe(false)
      expect(isDatabaseUnavailable(failure)).toBe(true)
      expect((await sql`select 1 as one`.execute(own)).rows).toEqual([{ one: 1 }])
    } finally {
      await own.close()
    }
  })

  it('is 3 s in all, however often it asks', async () => {
    const own = openDb(test.url, { log: quiet, poolSize: 1 })
    const hold = async (milliseconds: number) => {
      const client = await own.pool.connect()
      setTimeout(() => client.release(), milliseconds)
    }
    try {
      await asRequest(async () => {
        await hold(2_000)
        expect((await sql`select 1 as one`.execute(own)).rows).toEqual([{ one: 1 }])
        await hold(2_000)
        // A second more, and not three: the connection is free too late.
        expect(isDatabaseUnavailable(await failureOf(sql`select 1`.execute(own)))).toBe(true)
      })
      // What was given up hands back the connection that it gets after all.
      expect((await sql`select 1 as one`.execute(own)).rows).toEqual([{ one: 1 }])
    } finally {
      await own.close()
    }
  })

  it('is over for one that was given no answer, whatever else it asks', async () => {
    const proxy = await createDelayProxy(test.url)
    const own = openDb(proxy.url, { log: quiet, statementTimeoutMs: 2_700 })
    try {
      await sql`select 1`.execute(own)
      proxy.silence()
      await asRequest(async () => {
        const ask = async () => {
          const started = performance.now()
          expect(isDatabaseUnavailable(await failureOf(sql`select 1`.execute(own)))).toBe(true)
          return performance.now() - started
        }
        const [first, second] = [await ask(), await ask()]
        expect(second).toBeLessThan(first / 2)
      })
    } finally {
      await own.close()
      await proxy.close()
    }
  })

  it('counts no more for one that has been at work for long', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const wait = createRequestWait()
      const ends = [wait.begin(), wait.begin()]
      vi.advanceTimersByTime(1_000)
      expect(wait.ms).toBe(1_000)
      ends.forEach(end => end())
      vi.advanceTimersByTime(3_000)
      expect(wait.ms).toBe(1_000)
      vi.advanceTimersByTime(1_500)
      expect(wait.ms).toBe(0)
      // Except where an answer never came.
      wait.lose(4_500)
      expect(wait.ms).toBe(4_500)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('failures', () => {
  it('names the constraint that was violated', async () => {
    await sql`insert into boxes values (10, 'one of a kind')`.execute(db)
    const twice = await failureOf(sql`insert into boxes values (11, 'one of a kind')`.execute(db))
    expect(violatedConstraint(twice)).toBe('boxes__label_key')
    const negative = await failureOf(sql`insert into boxes values (-1, 'x')`.execute(db))
    expect(violatedConstraint(new Error('insert', { cause: negative }))).toBe('boxes__id_check')
    expect(violatedConstraint(await failureOf(sql`select nothing`.execute(db)))).toBeUndefined()
    expect(violatedConstraint(undefined)).toBeUndefined()
  })

  it('knows a full disk', () => {
    expect(isStorageFull(Object.assign(new Error('could not extend file'), { code: '53100' }))).toBe(true)
    expect(isStorageFull(Object.assign(new Error('x'), { code: '53300' }))).toBe(false)
  })

  it.each(['ECONNREFUSED', 'ECONNRESET', '57P01', '57P03', '53300', '08006'])(
    'counts %s as unavailable',
    code => {
      const error = Object.assign(new Error('x'), { code })
      expect(isDatabaseUnavailable(error)).toBe(true)
      expect(isDatabaseUnavailable(new AggregateError([error]))).toBe(true)
    },
  )

  it.each(['23505', '42P01', '22P02', '40001'])('does not count %s as unavailable', code => {
    expect(isDatabaseUnavailable(Object.assign(new Error('x'), { code }))).toBe(false)
  })

  it('knows a database that is not there, and one that has not got this name', async () => {
    const nowhere = openDb('postgres://x:y@127.0.0.1:1/none', { log: quiet })
    expect(isDatabaseUnavailable(await failureOf(sql`select 1`.execute(nowhere)))).toBe(true)
    await nowhere.close()
    const misnamed = openDb(test.url.replace(/\/[^/]+$/, '/nobody_made_this'), { log: quiet })
    expect(isDatabaseUnavailable(await failureOf(sql`select 1`.execute(misnamed)))).toBe(false)
    await misnamed.close()
  })
})

describe('P22 a network that breaks', () => {
  it('refuses at once while it is cut, and goes on when it is mended', async () => {
    const proxy = await createDelayProxy(test.url)
    const warn = vi.fn()
    const own = openDb(proxy.url, { log: { warn }, poolSize: 3 })
    try {
      await Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.05)`.execute(own)))
      const running = failureOf(sql`select pg_sleep(3)`.execute(own))
      await vi.waitUntil(async () => (await sleepers(test.db)) === 1)
      proxy.cut()
      expect(isDatabaseUnavailable(await running)).toBe(true)
      // The two idle connections hear of it on their own.
      await vi.waitUntil(() => warn.mock.calls.length === 2)
      const started = performance.now()
      expect(isDatabaseUnavailable(await failureOf(sql`select 1`.execute(own)))).toBe(true)
      expect(performance.now() - started).toBeLessThan(1_000)
      proxy.mend()
      expect((await sql`select 1 as one`.execute(own)).rows).toEqual([{ one: 1 }])
      expect(JSON.stringify(warn.mock.calls)).not.toContain(new URL(test.url).password)
    } finally {
      await own.close()
      await proxy.close()
    }
  })

  it('gives up on a connection that has fallen silent and never uses it again', async () => {
    const proxy = await createDelayProxy(test.url)
    const own = openDb(proxy.url, { log: quiet, poolSize: 1 })
    try {
      await sql`select 1`.execute(own)
      proxy.silence()
      const started = performance.now()
      expect(isDatabaseUnavailable(await failureOf(sql`select ${2}::int`.execute(own)))).toBe(true)
      expect(performance.now() - started).toBeLessThan(6_000)
      proxy.mend()
      expect((await sql`select ${3}::int as three`.execute(own)).rows).toEqual([{ three: 3 }])
    } finally {
      await own.close()
      await proxy.close()
    }
  })

  it('asks a connection that has fallen silent for nothing more, nor for a rollback', async () => {
    const proxy = await createDelayProxy(test.url)
    const told: string[] = []
    const own = openDb(proxy.url, {
      log: quiet,
      poolSize: 1,
      statementTimeoutMs: 500,
      onStatement: text => told.push(text),
    })
    try {
      const failure = await failureOf(
        own.transaction(async tx => {
          await sql`create table never_there ()`.execute(tx)
          proxy.silence()
          await sql`select ${2}::int`.execute(tx)
        }),
      )
      expect(isDatabaseUnavailable(failure)).toBe(true)
      expect(told).toEqual(['begin', 'create table never_there ()', 'select $1::int'])
      // Would wait for the other one, were that not undone.
      await sql`create table never_there ()`.execute(test.db)
    } finally {
      await own.close()
      await proxy.close()
    }
  })

  it('answers slowly through a slow network, and rightly', async () => {
    const proxy = await createDelayProxy(test.url)
    const own = openDb(proxy.url, { log: quiet })
    try {
      await sql`select 1`.execute(own)
      proxy.delay(40)
      const started = performance.now()
      expect((await sql`select 7 as seven`.execute(own)).rows).toEqual([{ seven: 7 }])
      expect(performance.now() - started).toBeGreaterThan(75)
    } finally {
      await own.close()
      await proxy.close()
    }
  })
})

describe('test databases', () => {
  it('carry our tables and the queue, and see nothing of each other', async () => {
    const other = await createTestDb()
    try {
      const tables = await sql<{ name: string }>`select table_schema || '.' || table_name as name
        from information_schema.tables`.execute(other.db)
      const names = tables.rows.map(row => row.name)
      expect(names).toEqual(expect.arrayContaining(['public.schema_migrations', 'pgboss.job']))
      expect(names).not.toContain('public.boxes')
    } finally {
      await other.drop()
    }
    const client = new pg.Client({ connectionString: other.url })
    expect(await failureOf(client.connect())).toMatchObject({ code: '3D000' })
  })
})

async function sleepers(on: Db): Promise<number | undefined> {
  const found = await sql<{ count: number }>`select count(*) from pg_stat_activity
    where query like '%pg_sleep(3)%' and pid <> pg_backend_pid()`.execute(on)
  return found.rows[0]?.count
}
