import { AsyncLocalStorage } from 'node:async_hooks'

/** A request that is older than this has worked, not waited, and may go on as if it had just come. */
const COUNTED_MS = 5_000

/**
 * How long one request has waited for connections, where statements that wait at the same time count once, and for answers that never
 * came.
 */
export interface RequestWait {
  readonly ms: number
  /** @returns what ends it */
  begin(): () => void
  /** A statement was given up after so long: nothing more is to be hoped for, whatever the request's age. */
  lose(milliseconds: number): void
}

export function createRequestWait(): RequestWait {
  const beganAt = performance.now()
  let waiting = 0
  let since = 0
  let waitedMs = 0
  let lostMs = 0
  return {
    get ms() {
      const now = performance.now()
      if (now - beganAt > COUNTED_MS) return lostMs
      return lostMs + waitedMs + (waiting > 0 ? now - since : 0)
    },
    begin() {
      if (waiting++ === 0) since = performance.now()
      return () => {
        if (--waiting === 0) waitedMs += performance.now() - since
      }
    },
    lose(milliseconds) {
      lostMs += milliseconds
    },
  }
}

/**
 * Of the request that statements are made for: what it has waited is taken off what each of its statements may take, so that all
 * together keep nobody longer than one of them may (P22). Jobs have none.
 */
export const requestWaits = new AsyncLocalStorage<RequestWait>()
