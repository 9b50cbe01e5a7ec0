import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { pino } from 'pino'
import { z } from 'zod'
import { jobWork, type Job } from '../../../server/jobs/job.ts'
import { openQueue, type OpenQueue } from '../../../server/jobs/queue.ts'
import { logOptions } from '../../../server/log.ts'
import { requestIds } from '../../../server/requestIds.ts'
import { startRunner } from '../../../server/jobs/runner.ts'
import { fixedClock } from '../../support/fixedClock.ts'
import { createTestDb, type TestDb } from '../../support/testDb.ts'

const Payload = z.object({ id: z.number() })
const plain: Job<{ id: number }> = { name: 'test.plain', payload: Payload, retrySeconds: 1 }
const perKey: Job<{ id: number }> = {
  name: 'test.perKey',
  payload: Payload,
  onePerKey: true,
  retrySeconds: 1,
}
const log = pino({ level: 'silent' })

let test: TestDb
const queues: OpenQueue[] = []
beforeAll(async () => {
  test = await createTestDb()
})
afterAll(() => test.drop())
afterEach(async () => {
  for (const queue of queues.splice(0)) await queue.close()
  await test.db.pool.query('delete from pgboss.job')
})

const clock = fixedClock()
async function open(isWorking: boolean): Promise<OpenQueue> {
  const queue = await openQueue({ url: test.url, log, clock, isWorking })
  queues.push(queue)
  await queue.declare([plain, perKey])
  return queue
}
const waiting = async (job: Job<{ id: number }>) =>
  (
    await test.db.pool.query<{ id: number }>(
      `select (data->>'id')::int as id from pgboss.job where name = $1 and state < 'active' order by created_on`,
      [job.name],
    )
  ).rows.map(row => row.id)

describe('a transaction', () => {
  it.each([plain, perKey])('that is rolled back sends nothing ($name)', async job => {
    const queue = await open(false)
    await expect(
      test.db.transaction(async tx => {
        await queue.send(tx, job, { id: 1 }, { key: 'a' })
        throw new Error('changed my mind')
      }),
    ).rejects.toThrow('changed my mind')
    expect(await waiting(job)).toEqual([])
    await test.db.transaction(tx => queue.send(tx, job, { id: 2 }, { key: 'a' }))
    expect(await waiting(job)).toEqual([2])
  })
})

describe('one per key', () => {
  it('keeps one waiting job for each key, however often it is asked for', async () => {
    const queue = await open(false)
    for (const id of [1, 2, 3]) await queue.send(test.db, perKey, { id }, { key: 'a' })
    await queue.send(test.db, perKey, { id: 4 }, { key: 'b' })
    expect(await waiting(perKey)).toEqual([3, 4])
  })

  it('keeps one for each key also of many that are sent together, and says whose request it was', async () => {
    const queue = await open(false)
    await queue.send(test.db, perKey, { id: 1 }, { key: 'a' })
    const sent = [
      { key: 'c', payload: { id: 4 }, requestId: 'request-4' },
      { key: 'a', payload: { id: 2 } },
      { key: 'b', payload: { id: 3 } },
    ]
    await test.db.transaction(tx => queue.sendMany(tx, perKey, sent))
    await queue.sendMany(test.db, perKey, [])
    expect((await waiting(perKey)).toSorted()).toEqual([2, 3, 4])
    const { rows } = await test.db.pool.query<{ key: string; request: string | null }>(
      `select singleton_key as key, data ->> '_requestId' as request from pgboss.job order by 1`,
    )
    expect(rows).toEqual([
      { key: 'a', request: null },
      { key: 'b', request: null },
      { key: 'c', request: 'request-4' },
    ])
  })

  it('a waiting job is not taken up before what it is to serve as well can be seen', async () => {
    const queue = await open(false)
    await queue.send(test.db, perKey, { id: 1 }, { key: 'a' })
    await test.db.transaction(async tx => {
      await queue.sendMany(tx, perKey, [{ key: 'a', payload: { id: 2 } }])
      expect(await queue.boss.fetch(perKey.name)).toEqual([])
    })
    expect(await queue.boss.fetch(perKey.name)).toMatchObject([{ data: { id: 2 } }])
  })

  it('keeps one when many ask at the same time', async () => {
    const queue = await open(false)
    await Promise.all(
      Array.from({ length: 10 }, (_, id) =>
        test.db.transaction(tx => queue.send(tx, perKey, { id }, { key: 'a' })),
      ),
    )
    expect(await waiting(perKey)).toHaveLength(1)
  })

  it('is not taken up before what it is to serve can be seen', async () => {
    const queue = await open(false)
    await queue.send(test.db, perKey, { id: 1 }, { key: 'a' })
    await test.db.transaction(async tx => {
      await queue.send(tx, perKey, { id: 2 }, { key: 'a' })
      expect(await queue.boss.fetch(perKey.name)).toEqual([])
    })
    expect(await queue.boss.fetch(perKey.name)).toMatchObject([{ data: { id: 2 } }])
  })

  it('makes another one while the first is being worked', async () => {
    const queue = await open(false)
    await queue.send(test.db, perKey, { id: 1 }, { key: 'a' })
    expect(await queue.boss.fetch(perKey.name)).toHaveLength(1)
    await queue.send(test.db, perKey, { id: 2 }, { key: 'a' })
    expect(await waiting(perKey)).toEqual([2])
  })

  it('pulls forward one that waits for its next try', async () => {
    const queue = await open(false)
    const later = new Date(clock.now().getTime() + 3_600_000)
    await queue.send(test.db, perKey, { id: 1 }, { key: 'a', startAfter: later })
    expect(await queue.boss.fetch(perKey.name)).toEqual([])
    await queue.send(test.db, perKey, { id: 2 }, { key: 'a' })
    expect(await queue.boss.fetch(perKey.name)).toHaveLength(1)
  })
})

describe('the runner', () => {
  it('takes up a job within a second of its commit', async () => {
    const queue = await open(true)
    let done: (id: number) => void = () => undefined
    const worked = new Promise<number>(resolve => (done = resolve))
    await startRunner(queue, [jobWork(plain, async ({ id }) => done(id))], { log, timeZone: 'Asia/Shanghai' })
    await wait(300)
    await test.db.transaction(tx => queue.send(tx, plain, { id: 7 }))
    const result = await Promise.race([worked, wait(1_500, 'too late')])
    expect(result).toBe(7)
  })

  it('does again what failed', async () => {
    const queue = await open(true)
    const tries: number[] = []
    let done: () => void = () => undefined
    const worked = new Promise<void>(resolve => (done = resolve))
    const work = jobWork(plain, async ({ id }) => {
      tries.push(id)
      if (tries.length < 2) throw new Error('not yet')
      done()
    })
    await startRunner(queue, [work], { log, timeZone: 'Asia/Shanghai' })
    await queue.send(test.db, plain, { id: 8 })
    await worked
    expect(tries).toEqual([8, 8])
  })

  it('bears the id of the request that asked for it, and is counted', async () => {
    const queue = await open(true)
    const lines: Record<string, unknown>[] = []
    const told = pino(logOptions('debug'), {
      write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
    })
    const counted: { name: string; outcome: string }[] = []
    const seen: unknown[] = []
    const work = jobWork(plain, async payload => {
      seen.push(payload)
      if (seen.length === 1) throw new Error('not the first time')
    })
    await startRunner(queue, [work], {
      log: told,
      timeZone: 'Asia/Shanghai',
      metrics: { job: ({ name, outcome }) => void counted.push({ name, outcome }) },
    })
    await requestIds.run('the-request', () => queue.send(test.db, plain, { id: 5 }))
    await expect.poll(() => counted.length, { timeout: 15_000 }).toBe(2)
    expect(seen).toEqual([{ id: 5 }, { id: 5 }])
    expect(counted.map(({ outcome }) => outcome)).toEqual(['failed', 'done'])
    expect(lines.map(({ msg, requestId, job }) => ({ msg, requestId, job }))).toEqual([
      { msg: 'job did not succeed', requestId: 'the-request', job: 'test.plain' },
      { msg: 'job done', requestId: 'the-request', job: 'test.plain' },
    ])
  })

  it('tells the job in hand that it stops, and lets it end', async () => {
    const queue = await open(true)
    let isDone = false
    let begun: () => void = () => undefined
    const beginning = new Promise<void>(resolve => (begun = resolve))
    let isTold = false
    const work = jobWork(plain, async (_, signal) => {
      signal.addEventListener('abort', () => (isTold = true))
      begun()
      await wait(300)
      isDone = isTold
    })
    const runner = await startRunner(queue, [work], { log, timeZone: 'Asia/Shanghai' })
    await queue.send(test.db, plain, { id: 9 })
    await beginning
    await runner.stop()
    expect(isDone).toBe(true)
  })

  it('plans the regular ones in the corp’s time zone', async () => {
    const queue = await open(true)
    const nightly: Job<object> = { name: 'test.nightly', payload: z.object({}), cron: '10 3 * * *' }
    await queue.declare([nightly])
    await startRunner(queue, [jobWork(nightly, async () => undefined)], { log, timeZone: 'Asia/Shanghai' })
    expect(await queue.boss.getSchedules('test.nightly')).toMatchObject([
      { cron: '10 3 * * *', timezone: 'Asia/Shanghai' },
    ])
  })

  it('gives the work of a process that was killed to somebody else', async () => {
    const queue = await open(true)
    await queue.send(test.db, plain, { id: 11 })
    const worker = spawn(
      process.execPath,
      [join(import.meta.dirname, 'dyingWorker.ts'), test.url, plain.name],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    await once(worker.stdout, 'data')
    worker.kill('SIGKILL')
    await once(worker, 'exit')
    // The time of silence after which the watch gives up on a worker, without waiting for it.
    await test.db.pool.query(`update pgboss.job set heartbeat_on = heartbeat_on - interval '1 minute'`)
    await queue.boss.supervise(plain.name)

    let done: (id: number) => void = () => undefined
    const worked = new Promise<number>(resolve => (done = resolve))
    await startRunner(queue, [jobWork(plain, async ({ id }) => done(id))], { log, timeZone: 'Asia/Shanghai' })
    expect(await worked).toBe(11)
  })
})
