import { pino } from 'pino'
import { createApp } from '../../server/app.ts'
import type { StaffActor } from '../../server/actor.ts'
import { compose, jobsOf, type Services } from '../../server/compose.ts'
import { readConfig, type Config } from '../../server/config.ts'
import type { Db } from '../../server/db/db.ts'
import { createDrain, type Drain } from '../../server/http/drain.ts'
import type { JobWork } from '../../server/jobs/job.ts'
import { logOptions } from '../../server/log.ts'
import { noLimits } from '../../server/limits/limits.ts'
import { createMetrics } from '../../server/metrics/metrics.ts'
import { openQueue, takeRequestId, type OpenQueue } from '../../server/jobs/queue.ts'
import { createSealing } from '../../server/sealing.ts'
import type { WecomClient } from '../../server/wecom/client.ts'
import { createFakeWecom, type FakeWecom } from './fakeWecom.ts'
import { fixedClock, type FixedClock } from './fixedClock.ts'
import { createMake, type Make, type MadeCorp } from './make.ts'
import { createTestDb, type TestDb } from './testDb.ts'

export const TEST_PUBLIC_URL = 'https://guidebar.example.com'
const SESSION_COOKIE = '__Host-guidebar'

/** What a signed-in member's browser does: her cookie and our origin on every request. */
export interface SignedIn {
  cookie: string
  actor: StaffActor
  fetch(
    path: string,
    init?: RequestInit & { json?: unknown; key?: string; version?: number },
  ): Promise<Response>
}

export interface TestApp {
  app: ReturnType<typeof createApp>
  services: Services
  config: Config
  corp: MadeCorp
  db: Db
  make: Make
  clock: FixedClock
  wecom: FakeWecom
  queue: OpenQueue
  /** every statement so far; empty with `statements.length = 0` */
  statements: string[]
  /** lines of the log, as objects */
  logged: Record<string, unknown>[]
  drain: Drain
  /** a request as it comes, without cookie and origin */
  fetch(path: string, init?: RequestInit): Promise<Response>
  signIn(actor: StaffActor): Promise<SignedIn>
  /** Does what waits in the queue, in this process, until nothing that is due is left; a failing job throws. */
  runQueued(): Promise<void>
  close(): Promise<void>
}

export interface TestAppOptions {
  /** default: a database of its own, dropped by `close` */
  test?: TestDb
  clock?: FixedClock
  publicUrl?: string
  env?: Record<string, string>
  document?: string
  /** whether requests are counted; by default a test may ask faster than people do */
  isLimited?: boolean
  /** instead of the fake */
  wecomClient?: (deps: { config: Config; corp: MadeCorp; db: Db; clock: FixedClock }) => WecomClient
}

export const TEST_DOCUMENT =
  '<!doctype html><html lang="zh-CN"><head><script nonce="__CSP_NONCE__"></script><!--boot--></head><body></body></html>'

/** The real app over a real database; only WeCom and the clock are stand-ins. */
export async function createTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const test = options.test ?? (await createTestDb())
  const { db, statements } = test
  const clock = options.clock ?? fixedClock()
  const wecom = createFakeWecom()
  const make = createMake(db)
  const corp = await make.corp()
  const config = readConfig({
    PUBLIC_URL: options.publicUrl ?? TEST_PUBLIC_URL,
    SESSION_SECRET: 'a secret of the tests, long enough for anything',
    WECOM_CORP_ID: corp.wecomCorpId,
    WECOM_AGENT_ID: '1000002',
    WECOM_APP_SECRET: 'the secret of the tests',
    ADMIN_USERIDS: 'hq_admin',
    ...options.env,
  })
  const logged: Record<string, unknown>[] = []
  const log = pino(logOptions('debug'), {
    write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>),
  })
  const queue = await openQueue({ url: test.url, log, clock, isWorking: false })
  const drain = createDrain()
  const services = compose({
    config,
    corpId: corp.corpId,
    db,
    clock,
    log,
    queue,
    wecom: options.wecomClient?.({ config, corp, db, clock }) ?? wecom,
  })
  const works = jobsOf(services)
  await queue.declare(works.map(({ job }) => job))
  const app = createApp({
    services: options.isLimited ? services : { ...services, limits: { ...services.limits, ...noLimits } },
    config,
    log,
    drain,
    metrics: createMetrics({ version: 'test', pool: db.pool }),
    web: { document: options.document ?? TEST_DOCUMENT, files: new Map() },
    isReady: async () => ({ ready: true, reasons: [] }),
  })
  const at = (path: string) => new URL(path, config.publicUrl)
  const cookieName = config.publicUrl.startsWith('https:') ? SESSION_COOKIE : 'guidebar'

  return {
    app,
    services,
    config,
    corp,
    db,
    make,
    clock,
    wecom,
    queue,
    statements,
    logged,
    drain,
    fetch: async (path, init) => app.request(at(path).href, init),
    async signIn(actor) {
      const { token } = await make.session(actor, { createdAt: clock.now() })
      const cookie = `${cookieName}=${token}`
      return {
        cookie,
        actor,
        async fetch(path, { json, key, version, ...init } = {}) {
          const headers = new Headers(init.headers)
          headers.set('Cookie', cookie)
          headers.set('Origin', new URL(config.publicUrl).origin)
          if (json !== undefined) headers.set('Content-Type', 'application/json')
          if (key !== undefined) headers.set('Idempotency-Key', key)
          if (version !== undefined) headers.set('If-Match', `"${version}"`)
          const body = json === undefined ? init.body : JSON.stringify(json)
          return app.request(at(path).href, { ...init, headers, body })
        },
      }
    },
    runQueued: () => runQueued(queue, works),
    async close() {
      await queue.close()
      if (!options.test) await test.drop()
    },
  }
}

async function runQueued(queue: OpenQueue, works: JobWork<unknown>[]): Promise<void> {
  for (let isQuiet = false; !isQuiet;) {
    isQuiet = true
    for (const { job, work } of works) {
      for (const taken of await queue.boss.fetch<object>(job.name, { batchSize: 50 })) {
        isQuiet = false
        const { data } = takeRequestId(taken.data)
        await work(job.payload.parse(data), new AbortController().signal)
        await queue.boss.complete(job.name, taken.id)
      }
    }
  }
}

/** The sealing the services of a test app use. */
export const sealingOf = (config: Config) => createSealing(config.sessionSecret)
