import type { Problem } from '../../shared/contract/problem.ts'

/** The server refused; `problem` says why, in words that may be shown. */
export class ApiError extends Error {
  declare readonly problem: Problem
  constructor(problem: Problem) {
    super(`${problem.status} ${problem.code}`)
    this.name = 'ApiError'
    this.problem = problem
  }
}

/** No answer at all: no network, a cut line, or longer than we wait. */
export class Unreachable extends Error {
  constructor(options?: ErrorOptions) {
    super('no answer', options)
    this.name = 'Unreachable'
  }
}

/** An answer that is not what the contract says: of a gateway between, or of another release. */
export class UnexpectedAnswer extends Error {
  declare readonly status: number
  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UnexpectedAnswer'
    this.status = status
  }
}

/** The server has another release by now: what this page wants of its own does not exist any more. */
export class Superseded extends Error {
  constructor() {
    super('another release')
    this.name = 'Superseded'
  }
}

let hasEnded = false
/** Until somebody can do something about it, it is remembered. */
let unauthenticated = () => {
  hasEnded = true
}

/**
 * What to do when the session has ended; set once by `main.ts`, so that no api ever knows a store. The first card is asked for before
 * that: when its answer was a 401, the hook hears of it now.
 */
export function onUnauthenticated(hook: () => void): void {
  unauthenticated = hook
  if (!hasEnded) return
  hasEnded = false
  hook()
}

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && 'title' in body && 'status' in body

/** The error of an answer that was not 2xx. Tells the hook when it was a 401. */
export function errorOf(status: number, body: unknown): Error {
  if (status === 401) unauthenticated()
  return isProblem(body)
    ? new ApiError(body)
    : new UnexpectedAnswer(`status ${status} without a problem`, status)
}

const statusOf = (error: unknown): number | undefined => {
  if (error instanceof ApiError) return error.problem.status
  return error instanceof UnexpectedAnswer ? error.status : undefined
}
const isInFlight = (error: unknown) =>
  error instanceof ApiError && error.problem.code === 'idempotency_in_flight'

/** Whether the same request may succeed later without anybody changing anything. */
export function isPassing(error: unknown): boolean {
  if (error instanceof Unreachable) return true
  const status = statusOf(error) ?? 0
  return status >= 500 || status === 429 || isInFlight(error)
}

/**
 * What an error tells of the write that was asked for under one key: `refused` for good, `notNow` this time while an earlier attempt
 * may have gone through, or `unknown`: no answer, a broken one, or another attempt still under way.
 */
export function fateOf(error: unknown): 'refused' | 'notNow' | 'unknown' {
  const status = statusOf(error)
  if (status === undefined || status >= 500 || isInFlight(error)) return 'unknown'
  if (status === 401 || status === 429) return 'notNow'
  return status < 300 ? 'unknown' : 'refused'
}
