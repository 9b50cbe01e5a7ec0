import { realpathSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from 'pino'
import { applicationName } from './db.ts'
import {
  adopt,
  capLog,
  clusterPassword,
  clusterPath,
  DATABASE_USER,
  findLock,
  initialise,
  isInitialised,
  isRunning,
  releaseRecycled,
  start,
  stop,
} from './embeddedCluster.ts'
import { findHome, type EmbeddedHome } from './embeddedHome.ts'
import { isDatabaseUnavailable, isStorageFull } from './failures.ts'

const OPEN_WAIT_MS = 60_000
const RETRY_MS = 100
const RECOVERY_RETRY_MS = 1_000
const LEAVE_WAIT_MS = 5_000
const LOG_CHECK_MS = 3_600_000
/** Held shared by every process that uses the cluster; whoever gets it alone is the last and may stop it. */
const PRESENCE_LOCK = '7164258103462958'

export interface Embedded {
  url: string
  /** true when PostgreSQL was running already */
  joined: boolean
  /** Stops PostgreSQL unless another process of ours still uses it. */
  close(): Promise<void>
}

export interface OpenEmbeddedOptions {
  dataDir: string
  log: Pick<Logger, 'info' | 'warn' | 'error'>
  /** server parameters on top of ours, such as `{ fsync: 'off' }` for tests; values without spaces */
  settings?: Record<string, string>
  /** OS users to try, in order, when this process is root */
  osUsers?: string[]
}

/**
 * Opens the PostgreSQL cluster in `dataDir/postgres`: makes it when there is none, starts it when it does not run, joins
 * it when it does. PostgreSQL outlives this process; when it goes down meanwhile it is started again, on the same port.
 * @throws Error with the reason in plain words and the end of PostgreSQL's own log.
 */
export async function openEmbedded(options: OpenEmbeddedOptions): Promise<Embedded> {
  try {
    return await open(options)
  } catch (cause) {
    if (isStorageFull(cause)) throw new Error(`磁盘满了，数据库打不开（${options.dataDir}）。`, { cause })
    throw cause
  }
}

async function open({ dataDir, log, settings = {}, osUsers }: OpenEmbeddedOptions): Promise<Embedded> {
  const home = await findHome(dataDir, log, osUsers)
  const password = clusterPassword(dataDir, home)
  if (!isInitialised(home)) await initialise(home, password, settings.fsync !== 'off')
  adopt(home)

  const isClosing = new AbortController()
  const entry = { home, password, settings, signal: isClosing.signal }
  const first = await enter(entry)
  let { presence, port } = first
  let recovery: Promise<void> = Promise.resolve()

  const recover = async () => {
    log.warn('the embedded database went away, bringing it back')
    let lastReason = ''
    while (!isClosing.signal.aborted) {
      try {
        const again = await enter({ ...entry, wishedPort: port })
        presence = again.presence
        if (again.port !== port)
          log.error({ from: port, to: again.port }, 'its port is taken: restart this process')
        else log.info('the embedded database is back')
        port = again.port
        watch()
        return
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        if (reason !== lastReason && !isClosing.signal.aborted)
          log.error({ reason }, 'the embedded database stays away')
        lastReason = reason
        await sleep(RECOVERY_RETRY_MS, undefined, { signal: isClosing.signal }).catch(() => undefined)
      }
    }
  }
  const watch = () =>
    presence.once('end', () => {
      if (!isClosing.signal.aborted) recovery = recover()
    })
  watch()
  const logCheck = setInterval(() => capLog(home), LOG_CHECK_MS)
  logCheck.unref()

  let closed: Promise<void> | undefined
  const close = async () => {
    isClosing.abort()
    clearInterval(logCheck)
    await recovery
    await leave(entry, presence)
  }
  return {
    url: `postgres://${DATABASE_USER}:${password}@127.0.0.1:${port}/postgres`,
    joined: first.joined,
    close: () => (closed ??= close()),
  }
}

interface Entry {
  home: EmbeddedHome
  password: string
  settings: Record<string, string>
  signal: AbortSignal
  wishedPort?: number
}

/** Joins the running cluster or starts it, as often as others starting and stopping at the same time make it necessary. */
async function enter(entry: Entry): Promise<{ presence: pg.Client; port: number; joined: boolean }> {
  const { home, settings, signal } = entry
  const deadline = Date.now() + OPEN_WAIT_MS
  let joined = true
  let obstacle: unknown
  while (Date.now() < deadline) {
    signal.throwIfAborted()
    const lock = findLock(home)
    if (lock && (await isRunning(home, lock))) {
      try {
        return { presence: await join(entry, lock.port), port: lock.port, joined }
      } catch (error) {
        // It is on its way up or down.
        if (!isDatabaseUnavailable(error)) throw error
        obstacle = error
      }
    } else {
      if (lock) releaseRecycled(home, lock)
      const started = await start(home, entry.wishedPort ?? lock?.port, settings)
      if (started.isUp) {
        joined = false
        continue
      }
      obstacle = new Error(`数据库没有启动（${clusterPath(home)}）。\n${started.reason}`)
      const rival = findLock(home)
      if (!started.again && !(rival && (await isRunning(home, rival)))) throw obstacle
    }
    await sleep(RETRY_MS)
  }
  const reason = obstacle instanceof Error ? obstacle.message : ''
  throw new Error(`数据库在 ${OPEN_WAIT_MS / 1000} 秒内没有就绪（${clusterPath(home)}）。\n${reason}`, {
    cause: obstacle,
  })
}

/** A connection that says "in use" for as long as it lasts. */
async function join({ home, password }: Entry, port: number): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: DATABASE_USER,
    password,
    database: 'postgres',
    application_name: applicationName(),
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  })
  // What a break means is decided at its end, by whoever holds the connection.
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ data_directory: string }>('show data_directory')
    if (realpathSync(rows[0]?.data_directory ?? '') !== realpathSync(clusterPath(home)))
      throw new Error(`端口 ${port} 上是另一个数据库，不是 ${clusterPath(home)}。`)
    await client.query('select pg_advisory_lock_shared($1)', [PRESENCE_LOCK])
    return client
  } catch (error) {
    client.end().catch(() => undefined)
    if (error instanceof Error && 'code' in error && error.code === '28P01')
      throw new Error(`密码文件 postgres.password 与数据库 ${clusterPath(home)} 对不上。`, { cause: error })
    throw error
  }
}

/** PostgreSQL may be coming back by itself while we go: then it is joined once more, for somebody has to stop it. */
async function leave(entry: Entry, presence: pg.Client): Promise<void> {
  const deadline = Date.now() + LEAVE_WAIT_MS
  for (let client: pg.Client | undefined = presence; ; client = undefined) {
    try {
      const lock = findLock(entry.home)
      if (!lock || !(await isRunning(entry.home, lock))) return
      client ??= await join(entry, lock.port)
      return await stopIfLast(entry.home, client)
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error
      if (Date.now() > deadline) return
    } finally {
      client?.end().catch(() => undefined)
    }
    await sleep(RETRY_MS)
  }
}

/** Whoever joins while we stop waits for the lock, is cut off with everybody, and starts the cluster anew. */
async function stopIfLast(home: EmbeddedHome, presence: pg.Client): Promise<void> {
  const { rows } = await presence.query<{ is_last: boolean }>(
    `select pg_advisory_unlock_shared($1) and pg_try_advisory_lock($1) and not exists (
       select from pg_stat_activity where application_name like 'guidebar:%' and application_name <> $2
     ) as is_last`,
    [PRESENCE_LOCK, applicationName()],
  )
  if (rows[0]?.is_last) await stop(home)
}
