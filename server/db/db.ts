import { createHash, randomUUID } from 'node:crypto'
import { Kysely, PostgresDialect } from 'kysely'
import type {
  CompiledQuery,
  PostgresPool,
  PostgresPoolClient,
  QueryExecutorProvider,
  QueryResult,
  Transaction,
} from 'kysely'
import pg from 'pg'
import type { Logger } from 'pino'
import { requestWaits } from './requestWait.ts'
import type { Database } from './schema.ts'

/** With what is around it an answer stays below five seconds (P22): what a request has waited for a connection is taken off. */
const STATEMENT_TIMEOUT_MS = 4_200
/** For counting what nobody waits for. */
const PATIENT_STATEMENT_MS = 15 * 60_000
/** So long a callback may have to be told again by WeCom, which does it three times. */
const THOROUGH_STATEMENT_MS = 30_000
const LOCK_TIMEOUT_MS = 3_000
const POOL_WAIT_MS = 3_000
/** So much longer than the server's own limit: only a connection that has fallen silent gets this far, or one long waited for. */
const SILENCE_MS = 300
/** However long was waited before: for a connection, for an answer. */
const LEAST_PATIENCE_MS = 200
const IDLE_IN_TRANSACTION_MS = 30_000
const IDLE_CONNECTION_MS = 30_000
const NAMED_STATEMENTS = 500

/** Everything that runs inside one transaction is given this, and nothing else. */
export type Tx = Transaction<Database>

/** The pool. `sql` templates run on it as they run on a transaction: `sql<Row>\`…\`.execute(db)`. */
export interface Db extends QueryExecutorProvider {
  readonly kysely: Kysely<Database>
  /** For what is not ours to wrap (migrations, the queue): connections with the limits of this pool. */
  readonly pool: pg.Pool
  /** Commits what `work` did, or rolls it back and throws what `work` threw. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  executeQuery<R>(query: CompiledQuery<R>): Promise<QueryResult<R>>
  /** One connection for statements of minutes, opened when it is first asked for: reading of jobs only, it must hold no locks where servers run. */
  patient(): Db
  /** One connection for what has to end though it may take half a minute a statement: erasing, which holds locks. */
  thorough(): Db
  /** Waits for connections in use. */
  close(): Promise<void>
}

export interface OpenDbOptions {
  log: Pick<Logger, 'warn'>
  /** most connections at a time; default 10 */
  poolSize?: number
  /** most a statement may take; default 4.2 s */
  statementTimeoutMs?: number
  /** hears the text of every statement, `begin` and `commit` included, before it is sent */
  onStatement?: (text: string) => void
}

// Not by its number: in containers every server is process 1.
const processName = `guidebar:${process.pid}:${randomUUID()}`

/** How a process of ours shows itself in `pg_stat_activity`: by a name no other process has, on any machine. */
export const applicationName = (): string => processName

/**
 * Opens a pool; connections are made when they are needed, so a database that is down shows at the first statement.
 * Limits per connection: statement 4.2 s, lock 3 s; waiting for a connection 3 s, of one request in all, and its statements may take
 * so much less (`requestWait`). Days (`date`) come as text, `int8` as a number where that is exact and else as text, `numeric` as
 * text, instants as `Date`; the session's zone is UTC.
 */
export function openDb(
  url: string,
  { log, poolSize = 10, statementTimeoutMs = STATEMENT_TIMEOUT_MS, onStatement }: OpenDbOptions,
): Db {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    application_name: applicationName(),
    statement_timeout: statementTimeoutMs,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    query_timeout: statementTimeoutMs + SILENCE_MS,
    connectionTimeoutMillis: POOL_WAIT_MS,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    options: '-c TimeZone=UTC',
    types: { getTypeParser: readType },
  })
  // Never the error itself: the driver hangs the whole client on it.
  const report = (error: Error & { code?: unknown }) =>
    log.warn({ code: error.code, reason: error.message }, 'lost a database connection')
  pool.on('error', report)
  // A connection that breaks while somebody holds it has no listener of the pool's; its statement throws all the same.
  pool.on('connect', client => client.on('error', () => undefined))

  const kysely = new Kysely<Database>({
    dialect: new PostgresDialect({
      pool: preparing(pool, { onStatement, patienceMs: statementTimeoutMs + SILENCE_MS }),
    }),
  })
  const openOne = (limitMs: number) =>
    openDb(url, { log, poolSize: 1, statementTimeoutMs: limitMs, onStatement })
  let patient: Db | undefined
  let thorough: Db | undefined
  let closed: Promise<void> | undefined
  const close = async () => {
    await Promise.all([pool.end(), patient?.close(), thorough?.close()])
  }
  return {
    kysely,
    pool,
    getExecutor: () => kysely.getExecutor(),
    executeQuery: query => kysely.executeQuery(query),
    transaction: work => inTransaction(kysely, work),
    patient: () => (patient ??= openOne(PATIENT_STATEMENT_MS)),
    thorough: () => (thorough ??= openOne(THOROUGH_STATEMENT_MS)),
    close: () => (closed ??= close()),
  }
}

async function inTransaction<T>(kysely: Kysely<Database>, work: (tx: Tx) => Promise<T>): Promise<T> {
  let thrown: { error: unknown } | undefined
  try {
    return await kysely.transaction().execute(async tx => {
      try {
        return await work(tx)
      } catch (error) {
        thrown = { error }
        throw error
      }
    })
  } catch (error) {
    // A rollback over a dead connection fails too; what the work threw says more.
    throw thrown ? thrown.error : error
  }
}

/**
 * The pool as Kysely sees it. Statements with parameters are prepared under a name once per connection (35 k/s against
 * 22 k/s unnamed); after 500 different texts the rest stays unnamed, so that generated texts cannot fill the server.
 */
function preparing(
  pool: pg.Pool,
  { onStatement, patienceMs }: Pick<OpenDbOptions, 'onStatement'> & { patienceMs: number },
): PostgresPool {
  const names = new Map<string, string>()
  const nameOf = (text: string): string | undefined => {
    const known = names.get(text)
    if (known || names.size >= NAMED_STATEMENTS) return known
    const name = `g${createHash('sha256').update(text).digest('base64url').slice(0, 16)}`
    names.set(text, name)
    return name
  }

  const wrap = (client: pg.PoolClient): PostgresPoolClient => {
    let isSpoilt = false
    let silence: unknown
    const query = async (text: string, values: readonly unknown[]) => {
      // Nor would it answer a rollback; the server undoes what was begun when the connection goes.
      if (silence !== undefined) throw silence
      onStatement?.(text)
      const wait = requestWaits.getStore()
      const limitMs = Math.max(LEAST_PATIENCE_MS, patienceMs - (wait?.ms ?? 0))
      try {
        // The driver's types do not know that a statement may have a limit of its own.
        const config: pg.QueryConfig & { query_timeout: number } = {
          text,
          values: [...values],
          name: values.length > 0 ? nameOf(text) : undefined,
          query_timeout: limitMs,
        }
        return await client.query(config)
      } catch (error) {
        isSpoilt ||= spoilsConnection(error)
        if (isSilence(error)) {
          silence = error
          wait?.lose(limitMs)
        }
        throw error
      }
    }
    return {
      // Kysely's other way to ask, by cursor, is for streams, which are not switched on here.
      query: query as unknown as PostgresPoolClient['query'],
      release: destroy => client.release(destroy || isSpoilt),
    }
  }
  return {
    options: pool.options,
    connect: async () => wrap(await connect(pool)),
    end: () => pool.end(),
  }
}

/** @throws Error as the pool does when none is free in time, and no later than the request's whole wait allows */
async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  const wait = requestWaits.getStore()
  if (!wait) return pool.connect()
  const { ms: waitedMs } = wait
  const ended = wait.begin()
  try {
    // The pool's own limit is the same one, and needs no second timer.
    if (waitedMs < LEAST_PATIENCE_MS) return await pool.connect()
    return await within(Math.max(LEAST_PATIENCE_MS, POOL_WAIT_MS - waitedMs), pool.connect())
  } finally {
    ended()
  }
}

async function within(milliseconds: number, asked: Promise<pg.PoolClient>): Promise<pg.PoolClient> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      // Whoever waits next has use for it.
      asked.then(
        late => late.release(),
        () => undefined,
      )
      reject(new Error('timeout exceeded when trying to connect'))
    }, milliseconds)
  })
  return Promise.race([asked, silence]).finally(() => clearTimeout(timer))
}

const isSilence = (error: unknown): boolean =>
  error instanceof Error && error.message === 'Query read timeout'

/**
 * After these the connection must not go back to the pool: it still waits for an answer, or its prepared statements no
 * longer fit the tables or are unknown to the server (a schema change, a restarted pooler).
 */
function spoilsConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  if (code === '26000' || code === '42P05') return true
  return (code === '0A000' && /cached plan/.test(error.message)) || isSilence(error)
}

const { builtins, getTypeParser } = pg.types
const DATE_ARRAY = 1182
const INT8_ARRAY = 1016
const TEXT_ARRAY = 1009
const asText = (value: string): string => value
const asSafeNumber = (value: string): number | string =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value
const asTexts = getTypeParser(TEXT_ARRAY as number) as (value: string) => (string | null)[]

/** Reads one column of a result by its type's number (`select oid from pg_type`). */
function readType(oid: number, format?: 'text' | 'binary') {
  if (format === 'binary') return getTypeParser(oid, 'binary')
  if (oid === builtins.DATE) return asText
  if (oid === builtins.INT8) return asSafeNumber
  if (oid === DATE_ARRAY) return asTexts
  if (oid === INT8_ARRAY)
    return (value: string) => asTexts(value).map(item => (item === null ? null : asSafeNumber(item)))
  return getTypeParser(oid, 'text')
}
