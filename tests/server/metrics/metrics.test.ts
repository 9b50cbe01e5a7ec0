import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDb } from '../../../server/db/db.ts'
import { appendForEveryCorp } from '../../../server/domains/audit/appendForEveryCorp.ts'
import { createMetrics } from '../../../server/metrics/metrics.ts'
import { createStateReader } from '../../../server/metrics/state.ts'
import { createTestApp, type TestApp } from '../../support/createTestApp.ts'

const TOKEN = 'the-token-of-whoever-watches'

let test: TestApp
beforeAll(async () => {
  test = await createTestApp({ env: { METRICS_TOKEN: TOKEN } })
})
afterAll(() => test.close())

/** Of the database an app of the tests stands on. */
const urlOf = ({ db }: TestApp) => String(db.pool.options.connectionString)

const read = async (headers: Record<string, string> = { Authorization: `Bearer ${TOKEN}` }) =>
  test.fetch('/metrics', { headers })

/** Every figure as `name{labels}` with its value. */
function figures(text: string): Map<string, number> {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}

describe('/metrics', () => {
  it('is told to whoever brings the token, and to nobody else', async () => {
    expect((await read()).status).toBe(200)
    for (const headers of [
      {},
      { Authorization: 'Bearer ' },
      { Authorization: `Bearer ${TOKEN}x` },
      { Authorization: `Basic ${TOKEN}` },
      { Cookie: `token=${TOKEN}` },
    ]) {
      const answer = await read(headers as Record<string, string>)
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      expect(await answer.text()).not.toContain('guidebar_')
    }
  })

  it('is not there where no token is set, whatever somebody brings', async () => {
    const other = await createTestApp()
    try {
      for (const token of ['', 'undefined', TOKEN]) {
        const answer = await other.fetch('/metrics', { headers: { Authorization: `Bearer ${token}` } })
        expect(answer.status).toBe(404)
      }
    } finally {
      await other.close()
    }
  })

  it('counts requests by the pattern of their route and their problems by code, never by path', async () => {
    const guide = await test.signIn(await test.make.staff(test.corp))
    for (let each = 0; each < 30; each++) {
      await guide.fetch(`/api/customers/wmSomebody${each}/card`)
      await test.fetch(`/nowhere/wmSomebody${each}`, { method: each % 2 ? 'PROPFIND' : 'GET' })
    }
    const text = await (await read()).text()
    const route = '/api/customers/:externalUserId/card'
    expect(
      figures(text).get(`guidebar_http_request_seconds_count{method="GET",route="${route}",status="4xx"}`),
    ).toBe(30)
    expect(figures(text).get('guidebar_http_problems_total{code="not_found"}')).toBeGreaterThanOrEqual(30)
    expect(text).toContain('method="other"')
    expect(text).not.toContain('wmSomebody')
    // The one that is being answered is this one.
    expect(figures(text).get('guidebar_http_requests_in_flight')).toBe(1)
  })
})

describe('the labels of figures', () => {
  it('are so many at most, whatever comes', async () => {
    const metrics = createMetrics({ version: '1' })
    for (let each = 0; each < 2_000; each++) {
      metrics.request()({
        method: `M${each}`,
        route: `/r${each}`,
        status: 200 + (each % 400),
        code: `c${each}`,
        seconds: 0,
      })
      metrics.wecomCall({ api: 'user/get', outcome: each, seconds: 0 })
      metrics.job({ name: `job${each}`, outcome: 'failed', seconds: 0 })
    }
    const counted = [...figures(await metrics.text()).keys()]
    const rowsOf = (name: string) => counted.filter(key => key.startsWith(`${name}{`)).length
    expect(rowsOf('guidebar_http_request_seconds_count')).toBeLessThanOrEqual(404)
    expect(rowsOf('guidebar_http_problems_total')).toBeLessThanOrEqual(81)
    expect(rowsOf('guidebar_wecom_call_seconds_count')).toBe(61)
    expect(rowsOf('guidebar_job_seconds_count')).toBe(101)
  })
})

describe('the figures of the database', () => {
  const clockedReader = (elapsed: { ms: number }) =>
    createStateReader({
      db: test.db,
      corpId: test.corp.corpId,
      clock: test.clock,
      timeZone: 'Asia/Shanghai',
      elapsedMs: () => elapsed.ms,
    })
  const valueOf = (
    reading: Awaited<ReturnType<ReturnType<typeof clockedReader>>>,
    name: string,
    labels = {},
  ) =>
    reading.figures.find(each => each.name === name && JSON.stringify(each.labels) === JSON.stringify(labels))
      ?.value

  it('are read once in 15 s, however many ask', async () => {
    const elapsed = { ms: 0 }
    const readState = clockedReader(elapsed)
    test.statements.length = 0
    await Promise.all([readState(), readState(), readState()])
    const once = test.statements.length
    elapsed.ms = 14_999
    await readState()
    expect(test.statements).toHaveLength(once)
    elapsed.ms = 15_000
    await readState()
    expect(test.statements.length).toBeGreaterThan(once)
  })

  it('tell what waits to be told to WeCom, what it told, what is closed, and how old all that is', async () => {
    const { pool } = test.db
    const { corpId } = test.corp
    const ago = (seconds: number) => new Date(test.clock.now().getTime() - seconds * 1000)
    await pool.query(
      `insert into outbox (outbox_id, corp_id, kind, lane, subject, payload, state, created_at)
       select gen_random_uuid(), $1, 'tags', 'customer:' || n, 'follow:' || n, '{}', state, $2
       from unnest('{waiting,waiting,refused,dead,dead,done}'::text[]) with ordinality as s (state, n)`,
      [corpId, ago(90)],
    )
    await pool.query(
      `insert into callback_events (corp_id, content_hash, event, change_type, subject, body_sealed, happened_at, received_at, state)
       select $1, sha256(state::bytea), 'e', 'c', '', '', $2, $2, state from unnest('{waiting,failed,done}'::text[]) state`,
      [corpId, ago(40)],
    )
    await pool.query(
      `insert into wecom_brakes (corp_id, secret_mark, api, errcode, closed_until)
       values ($1, 'm', '*', 40001, clock_timestamp() + interval '1 hour'),
              ($1, 'm', 'user/get', 45009, clock_timestamp() - interval '1 hour')`,
      [corpId],
    )
    await pool.query('insert into sync_heartbeats (corp_id, beat_at) values ($1, $2)', [corpId, ago(61)])
    const reading = await clockedReader({ ms: 0 })()
    expect(reading.failed).toEqual([])
    expect(reading.isUp).toBe(true)
    expect(valueOf(reading, 'outbox_pending')).toBe(2)
    expect(valueOf(reading, 'outbox_oldest_seconds')).toBeCloseTo(90)
    expect(valueOf(reading, 'outbox_given_up', { state: 'refused' })).toBe(1)
    expect(valueOf(reading, 'outbox_given_up', { state: 'dead' })).toBe(2)
    expect(valueOf(reading, 'callbacks_pending')).toBe(1)
    expect(valueOf(reading, 'callbacks_oldest_seconds')).toBeCloseTo(40)
    expect(valueOf(reading, 'callbacks_failed')).toBe(1)
    expect(reading.figures.filter(({ name }) => name === 'wecom_brake').map(({ labels }) => labels)).toEqual([
      { api: '*', errcode: '40001' },
    ])
    expect(valueOf(reading, 'heartbeat_age_seconds')).toBeCloseTo(61)
    expect(valueOf(reading, 'queue_jobs', { job: 'outbox.sweep', state: 'waiting' })).toBe(0)
  })

  it.each([
    ['waiting', null, 2],
    ['running', null, 2],
    ['running', 27, 27],
    ['stopped', 27, 27],
    ['done', 27, 27],
  ])(
    'tell how long no pull has been complete, also while one is %s that began since (%s hours ago)',
    async (state, finishedHours, expectedHours) => {
      const hoursAgo = (hours: number) => new Date(test.clock.now().getTime() - hours * 3_600_000)
      const { corpId } = test.corp
      await test.db.pool.query('update corps set created_at = $2 where corp_id = $1', [corpId, hoursAgo(2)])
      await test.db.pool.query(
        `insert into sync_runs (corp_id, state, started_at, finished_at) values ($1, $2, $3, $4)
         on conflict (corp_id) do update set state = $2, started_at = $3, finished_at = $4`,
        [corpId, state, hoursAgo(1), finishedHours === null ? null : hoursAgo(finishedHours)],
      )
      const reading = await clockedReader({ ms: 0 })()
      expect(reading.failed).toEqual([])
      expect(valueOf(reading, 'sync_age_seconds')).toBeCloseTo(expectedHours * 3600)
      expect(valueOf(reading, 'sync_stopped')).toBe(state === 'stopped' ? 1 : 0)
    },
  )

  it('tell how long an erasure that was asked for has waited, apart from those whose time has come', async () => {
    const { pool } = test.db
    const oldest = async () => {
      const reading = await clockedReader({ ms: 0 })()
      expect(reading.failed).toEqual([])
      return ['asked', 'retention'].map(cause => valueOf(reading, 'erasure_oldest_seconds', { cause }))
    }
    expect(await oldest()).toEqual([0, 0])
    const insert = (cause: string, state: string, seconds: number) =>
      pool.query(
        `insert into erasures (erasure_id, corp_id, tombstone, cause, state, asked_at)
         values (gen_random_uuid(), $1, 'x', $2, $3, $4)`,
        [test.corp.corpId, cause, state, new Date(test.clock.now().getTime() - seconds * 1000)],
      )
    await insert('asked', 'done', 9_000)
    await insert('asked', 'waiting', 150)
    await insert('asked', 'waiting', 20)
    await insert('retention', 'waiting', 600)
    expect(await oldest()).toEqual([150, 600])
    await pool.query(`update erasures set state = 'done'`)
    expect(await oldest()).toEqual([0, 0])
  })

  it('tell whether the record was found broken, as soon as it has been proved at all', async () => {
    const { pool } = test.db
    const told = async () => {
      const reading = await clockedReader({ ms: 0 })()
      expect(reading.failed).toEqual([])
      return [valueOf(reading, 'audit_broken'), valueOf(reading, 'audit_check_age_seconds')]
    }
    await pool.query('delete from audit_checks')
    expect(await told()).toEqual([undefined, undefined])
    const guide = await test.signIn(await test.make.staff(test.corp))
    for (let refused = 0; refused < 3; refused++) expect((await guide.fetch('/api/audit')).status).toBe(403)
    await test.services.auditChain.checkWhole()
    expect(await told()).toEqual([0, 0])
    // As somebody with the database in her hands would.
    await pool.query('alter table audit_entries disable trigger audit_entries__stays')
    await pool.query(
      `update audit_entries set detail = '{}' where corp_id = $1 and seq = (select max(seq) from audit_entries where corp_id = $1)`,
      [test.corp.corpId],
    )
    await pool.query('alter table audit_entries enable trigger audit_entries__stays')
    await test.services.auditChain.checkWhole()
    test.clock.advance({ minutes: 5 })
    expect(await told()).toEqual([1, 300])
  })

  it('tell how old the last backup is that was written whole, and how long there has been none', async () => {
    const age = async () => {
      const reading = await clockedReader({ ms: 0 })()
      expect(reading.failed).toEqual([])
      return valueOf(reading, 'backup_age_seconds')
    }
    const hoursAgo = (hours: number) => new Date(test.clock.now().getTime() - hours * 3_600_000)
    const { corpId } = test.corp
    await test.db.pool.query('update corps set created_at = $2 where corp_id = $1', [corpId, hoursAgo(50)])
    expect(await age()).toBe(50 * 3600)
    for (const hours of [40, 30, 7])
      await appendForEveryCorp(test.db, 'backup', {
        at: hoursAgo(hours),
        action: hours === 7 ? 'backupRestored' : 'backupWritten',
      })
    expect(await age()).toBe(30 * 3600)
  })

  it('tell of the day’s reminders and of coupons by state', async () => {
    const guide = await test.make.staff(test.corp)
    const customer = await test.make.customer(test.corp)
    const today = test.clock.today('Asia/Shanghai')
    await test.db.pool.query(
      `insert into reminders (reminder_id, corp_id, customer_id, staff_id, kind, subject, occurrence, due_on, state, created_at)
       select gen_random_uuid(), $1, $2, $3, 'care', 's' || n, $4, $4, state, $5
       from unnest('{pending,pending,sent,expired}'::text[]) with ordinality as s (state, n)`,
      [test.corp.corpId, customer.customerId, guide.staffId, today, test.clock.now()],
    )
    const reading = await clockedReader({ ms: 0 })()
    expect(reading.failed).toEqual([])
    expect(valueOf(reading, 'reminders_due_today', { state: 'pending' })).toBe(2)
    expect(valueOf(reading, 'reminders_due_today', { state: 'sent' })).toBe(1)
    expect(valueOf(reading, 'reminders_due_today', { state: 'expired' })).toBe(1)
    expect(valueOf(reading, 'coupons_estimated')).toBe(0)
  })

  it('are counted without a walk through what grows with the customers', async () => {
    const own = await createTestApp()
    const watcher = openDb(urlOf(own), { log: { warn: () => undefined }, poolSize: 1 })
    try {
      // Filling takes longer than a request may.
      const { pool } = own.db.patient()
      const { corpId } = own.corp
      const guide = await own.make.staff(own.corp)
      const { customerId } = await own.make.customer(own.corp)
      await pool.query(
        `insert into reminders (reminder_id, corp_id, customer_id, staff_id, kind, subject, occurrence, due_on, state, created_at)
         select gen_random_uuid(), $1, $2, $3, 'care', 's' || n, date '2026-01-01' + n % 365, date '2026-01-01' + n % 365, 'done', now()
         from generate_series(1, 8000) n`,
        [corpId, customerId, guide.staffId],
      )
      await pool.query(
        `insert into outbox (outbox_id, corp_id, kind, lane, subject, payload, state, created_at, ended_at)
         select gen_random_uuid(), $1, 'tags', 'l' || n, 's' || n, '{}', 'done', now(), now() from generate_series(1, 8000) n`,
        [corpId],
      )
      await pool.query(
        `insert into callback_events (corp_id, content_hash, event, change_type, subject, body_sealed, happened_at, received_at, state)
         select $1, sha256(n::text::bytea), 'e', 'c', '', '', now(), now(), 'done' from generate_series(1, 8000) n`,
        [corpId],
      )
      await pool.query(
        `insert into erasures (erasure_id, corp_id, tombstone, cause, state, asked_at)
         select gen_random_uuid(), $1, sha256(n::text::bytea), 'asked', 'done', now() from generate_series(1, 8000) n`,
        [corpId],
      )
      await pool.query(
        `insert into audit_entries (corp_id, at, actor, action)
         select $1, now() - n * interval '1 minute', 'system', case when n % 4000 = 0 then 'backupWritten' else 'personErased' end
         from generate_series(1, 8000) n`,
        [corpId],
      )
      await pool.query('analyze')
      await pool.query('select pg_stat_force_next_flush()')
      const walked = async () =>
        (
          await pool.query<{ name: string; walked: number }>(
            `select relname as name, seq_tup_read::int as walked from pg_stat_user_tables
             where relname in ('reminders', 'outbox', 'callback_events', 'erasures', 'audit_entries') order by 1`,
          )
        ).rows
      const before = await walked()
      const reading = await createStateReader({
        db: watcher,
        corpId,
        clock: own.clock,
        timeZone: 'Asia/Shanghai',
      })()
      expect(reading.failed).toEqual([])
      expect(valueOf(reading, 'reminders_due_today', { state: 'done' })).toBeGreaterThan(15)
      await watcher.pool.query('select pg_stat_force_next_flush()')
      expect(await walked()).toEqual(before)
    } finally {
      await watcher.close()
      await own.close()
    }
  })

  it('that cannot be read are left out, and the page still answers', async () => {
    const elapsed = { ms: 0 }
    let isAway = false
    const dead = openDb('postgres://nobody@127.0.0.1:1/none', { log: { warn: () => undefined } })
    const gone = new Proxy(test.db, {
      get: (db, name) => Reflect.get(isAway && name === 'getExecutor' ? dead : db, name) as unknown,
    })
    const metrics = createMetrics({
      version: '1',
      readState: createStateReader({
        db: gone,
        corpId: test.corp.corpId,
        clock: test.clock,
        timeZone: 'Asia/Shanghai',
        elapsedMs: () => elapsed.ms,
      }),
    })
    expect(figures(await metrics.text()).get('guidebar_database_up')).toBe(1)
    elapsed.ms = 60_000
    isAway = true
    const text = await metrics.text()
    expect(figures(text).get('guidebar_database_up')).toBe(0)
    expect(figures(text).has('guidebar_outbox_pending')).toBe(false)
    expect(figures(text).get('guidebar_state_failures_total{part="outbox"}')).toBe(1)
  })
})
