/** A database error as `pg` hands it over: SQLSTATE or the system's code (`ECONNREFUSED`), and what it names. */
interface DatabaseFailure {
  code?: unknown
  constraint?: unknown
  message?: unknown
  cause?: unknown
  errors?: unknown
}

// https://www.postgresql.org/docs/18/errcodes-appendix.html
const UNAVAILABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  '25P03', // idle_in_transaction_session_timeout: the server closed the connection
  '53200', // out_of_memory
  '53300', // too_many_connections
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
])

// What `pg` and `pg-pool` throw on their own carries no code, only these words.
const LOST_CONNECTION =
  /^(timeout exceeded when trying to connect|timeout expired|Connection terminated|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|Postgres connection has been discarded|driver has already been destroyed)/

/** Looks at the error, at what it was caused by, and into an AggregateError (a host name with several addresses). */
function someFailure(error: unknown, test: (failure: DatabaseFailure) => boolean, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 5) return false
  const failure: DatabaseFailure = error
  if (test(failure)) return true
  if (Array.isArray(failure.errors) && failure.errors.some(inner => someFailure(inner, test, depth + 1)))
    return true
  return someFailure(failure.cause, test, depth + 1)
}

const hasCode = (error: unknown, test: (code: string) => boolean): boolean =>
  someFailure(error, ({ code }) => typeof code === 'string' && test(code))

/** The database is not there, went away, or has no connection free: worth trying again in a moment (P22). */
export function isDatabaseUnavailable(error: unknown): boolean {
  return someFailure(
    error,
    ({ code, message }) =>
      (typeof code === 'string' && (UNAVAILABLE.has(code) || /^08\w{3}$/.test(code))) ||
      (code === undefined && typeof message === 'string' && LOST_CONNECTION.test(message)),
  )
}

/** It was about a customer who was erased at the same moment (P29): she does not exist. */
export function isCustomerGone(error: unknown): boolean {
  return someFailure(
    error,
    ({ code, constraint }) =>
      code === '23503' && typeof constraint === 'string' && constraint.endsWith('_customer_id_fkey'),
  )
}

/** The server knows no such database, or the database has no such table: it is another one, or was never set up. */
export function isMissing(error: unknown): boolean {
  return hasCode(error, code => code === '3D000' || code === '42P01')
}

/** The database's disk is full (P24). */
export function isStorageFull(error: unknown): boolean {
  return hasCode(error, code => code === '53100' || code === 'ENOSPC' || code === 'EDQUOT')
}

/** The statement ran longer than allowed and was cancelled. */
export function isStatementTimeout(error: unknown): boolean {
  return hasCode(error, code => code === '57014')
}

/** Another transaction held a lock longer than we wait. */
export function isLockTimeout(error: unknown): boolean {
  return hasCode(error, code => code === '55P03')
}

/** Transactions waited for one another in a circle, and this one was chosen to give up. */
export function isDeadlock(error: unknown): boolean {
  return hasCode(error, code => code === '40P01')
}

/** Name of the constraint that refused a row (unique, foreign key, check, not null, exclusion); undefined for anything else. */
export function violatedConstraint(error: unknown): string | undefined {
  let name: string | undefined
  someFailure(error, ({ code, constraint }) => {
    if (typeof code !== 'string' || !/^23(505|503|514|502|P01)$/.test(code)) return false
    if (typeof constraint === 'string') name = constraint
    return true
  })
  return name
}
