import { randomUUID } from 'node:crypto'
import { fromKysely, PgBoss, type QueueResult } from 'pg-boss'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { applicationName as ourName } from '../db/db.ts'
import { JOB_KEY_INDEX, QUEUE_TABLE } from '../db/queueTable.ts'
import { requestIds } from '../requestIds.ts'
import type { BulkQueue, Job } from './job.ts'

export const QUEUE_SCHEMA = 'pgboss'

const DEFAULT_RETRY_LIMIT = 8
const DEFAULT_RETRY_SECONDS = 5
const MAX_RETRY_SECONDS = 60 * 60
const DEFAULT_EXPIRE_SECONDS = 300
/** A worker that dies is noticed after this long without a sign of life. */
const HEARTBEAT_SECONDS = 20
const MONITOR_SECONDS = 10
const KEPT_WHEN_DONE_SECONDS = 24 * 60 * 60
const POOL_SIZE = 4

export interface QueueOptions {
  /** connection string of the database; the queue keeps a few connections of its own there */
  url: string
  log: Pick<Logger, 'info' | 'warn' | 'error'>
  clock: Pick<Clock, 'now'>
  applicationName?: string
  /** false: only puts work in, takes none out and looks after nothing */
  isWorking?: boolean
}

/** A queue that has been opened; `boss` is for the runner. */
export interface OpenQueue extends BulkQueue {
  readonly boss: PgBoss
  /** Makes known which kinds of work there are; `send` knows no others. */
  declare(jobs: Job<unknown>[]): Promise<void>
  close(): Promise<void>
}

/** pg-boss in a schema of its own, made and brought up to date here. */
export async function openQueue({
  url,
  log,
  clock,
  applicationName,
  isWorking = true,
}: QueueOptions): Promise<OpenQueue> {
  const boss = new PgBoss({
    connectionString: url,
    schema: QUEUE_SCHEMA,
    application_name: applicationName ?? ourName(),
    max: isWorking ? POOL_SIZE : 1,
    supervise: isWorking,
    schedule: isWorking,
    useListenNotify: isWorking,
    monitorIntervalSeconds: MONITOR_SECONDS,
    superviseIntervalSeconds: MONITOR_SECONDS,
  })
  boss.on('error', error => log.error({ reason: error.message }, 'the queue met an error'))
  boss.on('warning', warning => log.warn({ reason: warning.message }, 'the queue has a warning'))
  await boss.start()
  await indexKeys(boss)

  // As a delay: `startAfter` is an instant of our clock, and the database has one of its own.
  const secondsUntil = (startAfter: Date | undefined) =>
    Math.max(0, (startAfter ? startAfter.getTime() - clock.now().getTime() : 0) / 1000)

  /**
   * Edits the job that waits, or inserts one. The edit keeps the waiting job locked until the transaction ends, so that no worker
   * can take it up before what it is to serve can be seen.
   */
  async function put(
    db: ReturnType<typeof fromKysely>,
    name: string,
    data: object,
    key: string,
    startAfter: number,
  ) {
    for (let attempt = 1; ; attempt++) {
      const { jobs } = await boss.upsert(name, data, { db, singletonKey: key, startAfter })
      if (jobs.length > 0) return
      // The one that was waiting has been taken up between the two statements.
      if (attempt >= 5) throw new Error(`${name}: the queue gave no place`)
    }
  }

  return {
    boss,
    async declare(jobs) {
      // Most often everything is known already, and a start should not wait for being told so kind by kind.
      const known = new Map((await boss.getQueues()).map(queue => [queue.name, queue]))
      for (const job of jobs) await declareOne(boss, job, known.get(job.name))
    },
    async send(tx, job, payload, options = {}) {
      const db = fromKysely(tx)
      const data = withRequestId(job.payload.parse(payload) as object, requestIds.getStore())
      const startAfter = secondsUntil(options.startAfter)
      if (job.onePerKey) return put(db, job.name, data, options.key ?? job.name, startAfter)
      await boss.send(job.name, data, { db, startAfter, singletonKey: options.key })
    },
    async sendMany(tx, job, all) {
      if (!job.onePerKey) throw new Error(`${job.name}: of these more than one may wait`)
      const db = fromKysely(tx)
      // In one order everywhere, so that two who send the same wait for each other and not in a circle.
      const wanted = all
        .map(({ payload, key, startAfter, requestId }) => ({
          id: randomUUID() as string,
          singletonKey: key,
          startAfter: secondsUntil(startAfter),
          data: withRequestId(job.payload.parse(payload) as object, requestId),
        }))
        .toSorted((one, other) => (one.singletonKey < other.singletonKey ? -1 : 1))
      if (wanted.length === 0) return
      const made = new Set(await boss.insert(job.name, wanted, { db, returnId: true }))
      for (const { id, data, singletonKey, startAfter } of wanted)
        if (!made.has(id)) await put(db, job.name, data, singletonKey, startAfter)
    },
    close: () => boss.stop({ graceful: false, close: true }),
  }
}

/** One server of those that start together; the others wait for it. Where it stands already no writer of jobs is kept waiting. */
async function indexKeys(boss: PgBoss): Promise<void> {
  await boss.getDb().executeSql(`
    do $$ begin
      if to_regclass('${QUEUE_SCHEMA}.${JOB_KEY_INDEX}') is null then
        perform pg_advisory_xact_lock(hashtextextended('${JOB_KEY_INDEX}', 0));
        create index if not exists ${JOB_KEY_INDEX} on ${QUEUE_TABLE} (singleton_key) where singleton_key is not null;
      end if;
    end $$`)
}

/** Beside the payload's own fields: for whose request the job is done. */
const REQUEST_ID = '_requestId'

function withRequestId(payload: object, requestId: string | undefined): object {
  return requestId === undefined ? payload : { ...payload, [REQUEST_ID]: requestId }
}

/** The payload as it was sent, and the request that asked for the job; undefined for jobs nobody in particular has asked for. */
export function takeRequestId(taken: unknown): { data: unknown; requestId: string | undefined } {
  if (typeof taken !== 'object' || taken === null) return { data: taken, requestId: undefined }
  const { [REQUEST_ID]: requestId, ...data } = taken as Record<string, unknown>
  return { data, requestId: typeof requestId === 'string' ? requestId : undefined }
}

async function declareOne(boss: PgBoss, job: Job<unknown>, known: QueueResult | undefined): Promise<void> {
  const options = {
    retryLimit: job.retryLimit ?? DEFAULT_RETRY_LIMIT,
    retryDelay: job.retrySeconds ?? DEFAULT_RETRY_SECONDS,
    retryBackoff: true,
    retryDelayMax: MAX_RETRY_SECONDS,
    expireInSeconds: job.expireSeconds ?? DEFAULT_EXPIRE_SECONDS,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    deleteAfterSeconds: KEPT_WHEN_DONE_SECONDS,
    notify: true,
  }
  // `short`: at most one waiting per key, however many processes send.
  if (!known) await boss.createQueue(job.name, { ...options, policy: job.onePerKey ? 'short' : 'standard' })
  const isAsWanted = Object.entries(options).every(
    ([name, value]) => known?.[name as keyof typeof options] === value,
  )
  if (known && !isAsWanted) await boss.updateQueue(job.name, options)
}
