import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createOutboxService } from '../../../../server/domains/outbox/outbox.service.ts'
import { customerLaneWork, otherLaneWork } from '../../../../server/domains/outbox/wakeLane.ts'
import { openQueue, type OpenQueue } from '../../../../server/jobs/queue.ts'
import type { StaffActor } from '../../../../server/actor.ts'
import { createMake } from '../../../support/make.ts'
import { until } from '../../../support/startProduct.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'

const LANES = 20
const ROWS = 200

let test: TestDb
let queue: OpenQueue
let guide: StaffActor
let children: ChildProcess[] = []

beforeEach(async () => {
  test = await createTestDb()
  const make = createMake(test.db)
  guide = await make.staff(await make.corp())
  await sql`
    create table calls (
      call_id bigint generated always as identity primary key, lane text, subject text, version bigint, by integer,
      begun_at timestamptz default clock_timestamp(), ended_at timestamptz)`.execute(test.db)
  const log = pino({ level: 'silent' })
  queue = await openQueue({ url: test.url, log, clock: { now: () => new Date() }, isWorking: false })
  await queue.declare([customerLaneWork, otherLaneWork])
})
afterEach(async () => {
  for (const child of children) await kill(child)
  children = []
  await queue.close()
  await test.drop()
})

async function putAll(sort: 'customer' | 'staff' = 'customer'): Promise<void> {
  const clock = { now: () => new Date(), today: () => '2026-11-21' as const }
  const outbox = createOutboxService({ db: test.db, clock, queue })
  for (let n = 0; n < ROWS; n++) {
    await test.db.transaction(tx =>
      outbox.put(tx, guide, {
        kind: 'tags',
        lane: `${sort}:${n % LANES}`,
        subject: `about:${n}`,
        staffId: guide.staffId,
        customerId: null,
        payload: {},
      }),
    )
  }
}

async function startServer(callMs = 10): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'outboxServer.ts')
  const child = spawn(process.execPath, [script, test.url, String(callMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  await once(child.stdout, 'data')
  return child
}
async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const ask = async <Row>(query: string) => (await sql.raw<Row>(query).execute(test.db)).rows
const countDone = async () =>
  (await ask<{ count: number }>(`select count(*)::int as count from outbox where state = 'done'`))[0]?.count
const allDone = () => until(async () => (await countDone()) === ROWS, 'every row to be done', 90_000)

/** Calls that were under way at the same time: pairs of one lane, and the most of all. */
const pairsOfOneLane = () =>
  ask(`
    select from calls a join calls b on a.lane = b.lane and a.call_id < b.call_id
    where tstzrange(a.begun_at, coalesce(a.ended_at, a.begun_at)) && tstzrange(b.begun_at, coalesce(b.ended_at, b.begun_at))`)
const mostAtOnce = async () =>
  (
    await ask<{ most: number }>(`
      select max(beside)::int as most from (
        select count(*) as beside from calls a
        join calls b on b.begun_at <= a.begun_at and b.ended_at > a.begun_at
        where a.ended_at is not null group by a.call_id) per_call`)
  )[0]?.most ?? 0
const outOfOrder = () =>
  ask(`
    select from (select version, lag(version) over (partition by lane order by call_id) as former from calls) c
    where former > version`)

it('P18 two servers tell everything once, in order, never two at once in a lane', async () => {
  await Promise.all([startServer(), startServer()])
  await putAll('staff')
  await allDone()
  const [calls] = await ask<{ count: number; servers: number }>(
    'select count(*)::int as count, count(distinct by)::int as servers from calls',
  )
  expect(calls).toEqual({ count: ROWS, servers: 2 })
  expect(await pairsOfOneLane()).toEqual([])
  expect(await outOfOrder()).toEqual([])
}, 120_000)

it('P18 two servers write on three customers at the same time at most', async () => {
  await Promise.all([startServer(), startServer()])
  await putAll()
  await allDone()
  expect(await ask('select count(*)::int as count from calls')).toEqual([{ count: ROWS }])
  expect(await pairsOfOneLane()).toEqual([])
  expect(await mostAtOnce()).toBe(3)
}, 120_000)

it('P12 P21 servers killed at random lose nothing and repeat at most what they had in hand', async () => {
  const KILLS = 6
  await putAll()
  await startServer(60)
  await startServer(60)
  for (let n = 0; n < KILLS; n++) {
    await wait(200 + Math.random() * 400)
    await kill(children.shift()!)
    // The time after which a dead holder is given up, without waiting for it.
    await sql`update outbox_lanes set leased_until = clock_timestamp()`.execute(test.db)
    await sql`update outbox_slots set leased_until = clock_timestamp()`.execute(test.db)
    await startServer(60)
  }
  await sql`update outbox set next_at = clock_timestamp() - interval '1 minute' where state = 'waiting'`.execute(
    test.db,
  )
  // What the sweep of the next minute would do.
  const lanes = await ask<{ corp_id: number; lane: string }>(
    `select distinct corp_id, lane from outbox where state in ('waiting', 'sending')`,
  )
  await sql`update outbox_lanes set leased_until = clock_timestamp()`.execute(test.db)
  for (const { corp_id: corpId, lane } of lanes)
    await queue.send(test.db, customerLaneWork, { corpId, lane }, { key: `${corpId}/${lane}` })
  await allDone()
  const repeated = await ask<{ calls: number; lost: number }>(`
    select count(*)::int as calls, max(o.lost_holders) as lost
    from calls join outbox o on o.subject = calls.subject
    group by calls.subject having count(*) > 1`)
  // Each death repeats the one row which the dead had in hand, of each of his workers.
  for (const { calls, lost } of repeated) expect(calls).toBeLessThanOrEqual(lost + 1)
  expect(
    await ask(`select from outbox o where not exists (select from calls where calls.subject = o.subject)`),
  ).toEqual([])
}, 180_000)
