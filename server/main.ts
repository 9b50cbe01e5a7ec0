import { serve } from '@hono/node-server'
import { existsSync, statfsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import { afterRestore } from './afterRestore.ts'
import { createApp } from './app.ts'
import { createClock, type Clock } from './clock.ts'
import { compose, jobsOf } from './compose.ts'
import { ConfigError, readConfig, type Config } from './config.ts'
import { finishRestore } from './db/backup/restoreMark.ts'
import { ensureCorp } from './db/corp.ts'
import { openDb, type Db } from './db/db.ts'
import { openEmbedded } from './db/embedded.ts'
import { isDatabaseUnavailable } from './db/failures.ts'
import { findSchemaGaps, migrate } from './db/migrate.ts'
import { waitForDatabase } from './db/waitForDatabase.ts'
import { createDrain, type Drain } from './http/drain.ts'
import { loadWebFiles, WebNotBuilt, type WebFiles } from './http/webFiles.ts'
import { openQueue } from './jobs/queue.ts'
import { startRunner } from './jobs/runner.ts'
import { createLog } from './log.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import { createStateReader } from './metrics/state.ts'
import { createSealing } from './sealing.ts'
import { version } from './version.ts'
import { createWecomClient } from './wecom/client.ts'

/** In all; of that the requests in hand get so much, and what the jobs in hand get stands with them. */
const DRAIN_MS = 14_000
const REQUESTS_MS = 5_500
const LAST_BYTES_MS = 1_000
/** Whoever watches must not wait for what the guides wait for, nor take a connection from them. */
const WATCHER_STATEMENT_MS = 2_000
const SAME_SIGNAL_MS = 1_000
const READY_PATIENCE_MS = 2_000

/** What has been opened, to be closed in the opposite order. */
const opened: { name: string; close: () => Promise<void> | void }[] = []
const onClose = (name: string, close: () => Promise<void> | void) => void opened.unshift({ name, close })

requireNode()
try {
  await start()
} catch (error) {
  console.error(inOneLine(error))
  await closeAll()
  process.exit(1)
}

async function start(): Promise<void> {
  const config = readConfig(process.env)
  const log = createLog(config.logLevel, process.stdout.isTTY === true)
  process.on('unhandledRejection', reason => log.error({ err: reason }, 'a promise was left alone'))
  const clock = createClock(config.clockFile, log)
  const web = readWebFiles(resolve(config.webDir))

  const url = config.databaseUrl ?? (await openOwnDatabase(config, log))
  await waitForDatabase(url, { tell: words => log.warn(words) })
  const applied = await migrate(url)
  if (applied.length > 0) log.info({ applied }, `数据库已更新：${applied.join('、')}`)
  const db = openDb(url, { log })
  onClose('database', () => db.close())
  if (await finishRestore(url, restored => afterRestore(db, restored))) log.info('恢复已收尾')

  const corpId = await ensureCorp(db, config.wecom.corpId, clock.now())
  const queue = await openQueue({ url, log, clock })
  onClose('queue', () => queue.close())
  const sealing = createSealing(config.sessionSecret)
  const metrics = measure(config, { db, url, corpId, clock, log })
  const wecom = createWecomClient({
    config: config.wecom,
    corpId,
    db,
    clock,
    sealing,
    log,
    onCall: metrics.wecomCall,
  })
  onClose('wecom', () => wecom.close())
  const services = compose({ config, corpId, db, clock, log, queue, wecom })
  onClose('limits', services.limits.start())
  const works = jobsOf(services)
  await queue.declare(works.map(({ job }) => job))
  await services.session.applyAdmins()

  // Nobody who asks for a page has to wait until every kind of job has its worker.
  const runner = startRunner(queue, works, { log, timeZone: config.timeZone, metrics })
  onClose('jobs', () =>
    runner.then(
      each => each.stop(),
      () => undefined,
    ),
  )

  const drain = createDrain()
  const app = createApp({
    services,
    config,
    log,
    metrics,
    drain,
    web: await web,
    isReady: async () => (drain.isDraining ? { ready: false, reasons: ['正在停下'] } : isReady(db)),
  })
  await listen(app.fetch, config, drain)
  await runner
  log.info(
    { port: config.port },
    `已在 http://${config.host}:${config.port} 启动，对外地址 ${config.publicUrl}`,
  )
  endOnSignals(log)
  await services.sync.startImport()
  await services.sync.beat()
}

/** Begun while the database is not asked yet, and awaited when it has answered: a failure is heard there. */
function readWebFiles(folder: string): Promise<WebFiles> {
  // The one that befalls people is told before anything is opened.
  if (!existsSync(join(folder, 'index.html'))) throw new WebNotBuilt(folder)
  const files = loadWebFiles(folder)
  files.catch(() => undefined)
  return files
}

async function openOwnDatabase(config: Config, log: Logger): Promise<string> {
  const embedded = await openEmbedded({ dataDir: resolve(config.dataDir), log })
  onClose('embedded database', () => embedded.close())
  return embedded.url
}

/** The figures of this process, and of what the database holds by a connection of its own. */
function measure(
  config: Config,
  { db, url, corpId, clock, log }: { db: Db; url: string; corpId: number; clock: Clock; log: Logger },
): Metrics {
  const ownDb = openDb(url, { log, poolSize: 1, statementTimeoutMs: WATCHER_STATEMENT_MS })
  onClose('figures', () => ownDb.close())
  return createMetrics({
    version,
    withProcess: true,
    pool: db.pool,
    readState: createStateReader({ db: ownDb, corpId, clock, timeZone: config.timeZone }),
    freeBytes: () => freeBytes(config.dataDir),
  })
}

/** undefined while there is no such folder: with a database elsewhere none is needed. */
function freeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return undefined
  }
}

function listen(
  fetch: ReturnType<typeof createApp>['fetch'],
  config: Config,
  drain: Drain,
): Promise<AddressInfo> {
  return new Promise((done, failed) => {
    const server = serve({ fetch, hostname: config.host, port: config.port }, done)
    server.on('error', failed)
    onClose('http', async () => {
      await drain.begin(REQUESTS_MS)
      await new Promise<void>(closed => {
        // Connections kept open for a next request hold nothing that has to be finished.
        const sweep = setInterval(
          () => 'closeIdleConnections' in server && server.closeIdleConnections(),
          100,
        )
        const patience = setTimeout(
          () => 'closeAllConnections' in server && server.closeAllConnections(),
          LAST_BYTES_MS,
        )
        server.close(() => {
          clearInterval(sweep)
          clearTimeout(patience)
          closed()
        })
      })
    })
  })
}

/** Whether a request would be served now: the database answers, and its tables are this code's. */
async function isReady(db: Db): Promise<{ ready: boolean; reasons: string[] }> {
  const silence = new Promise<string[]>(tell =>
    setTimeout(tell, READY_PATIENCE_MS, ['数据库没有回应']).unref(),
  )
  const asked = findSchemaGaps(db.pool).catch(() => ['数据库连不上'])
  const reasons = await Promise.race([asked, silence])
  return { ready: reasons.length === 0, reasons }
}

function endOnSignals(log: Logger): void {
  let endingSince: number | undefined
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // A second Ctrl-C means now; what comes at the same time is one Ctrl-C by way of npm.
      if (endingSince !== undefined && Date.now() - endingSince > SAME_SIGNAL_MS) process.exit(1)
      if (endingSince !== undefined) return
      endingSince = Date.now()
      log.info('正在停下')
      setTimeout(() => process.exit(1), DRAIN_MS).unref()
      void closeAll().then(() => process.exit(0))
    })
  }
}

/** In the opposite order of opening: no new requests, jobs in hand finished, then what they stand on. */
async function closeAll(): Promise<void> {
  for (const { name, close } of opened.splice(0)) {
    try {
      await close()
    } catch (error) {
      console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

/** Why it did not start, for the person at the terminal. */
function inOneLine(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') return '端口已被占用：换一个 PORT，或停掉正在用它的程序。'
  if (code === 'EACCES') return '没有权限监听这个端口：换一个 1024 以上的 PORT。'
  if (code === 'EADDRNOTAVAIL') return 'HOST 不是这台机器的地址。'
  if (isDatabaseUnavailable(error)) return '数据库连不上：请检查 DATABASE_URL，以及数据库是否在运行。'
  return error instanceof Error ? error.message : String(error)
}

/** Before anything else is touched: an older Node fails later, and obscurely. */
function requireNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return
  console.error(
    `需要 Node 22.18 以上，现在是 ${process.version}。请用 npm start 启动；若装依赖时关掉了安装脚本，先运行 npm rebuild node。`,
  )
  process.exit(1)
}
