import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from './env.ts'
import { refuse } from './problem.ts'

/** Answered to the end: whoever watches the server wants to know that it is about to go. */
const STILL_ANSWERED = ['/healthz', '/readyz', '/metrics']
const RETRY_AFTER_SECONDS = 2

/** The way a server goes (P25): what was begun is answered, what comes later is refused for now. */
export interface Drain {
  readonly isDraining: boolean
  middleware: MiddlewareHandler<AppEnv>
  /** Nothing new from now on. Resolves when everything begun before has its answer, or after `patienceMs`. */
  begin(patienceMs: number): Promise<void>
}

export function createDrain(): Drain {
  let isDraining = false
  let open = 0
  let isEmpty: () => void = () => undefined
  return {
    get isDraining() {
      return isDraining
    },
    async middleware(c, next) {
      if (STILL_ANSWERED.includes(c.req.path)) return next()
      if (isDraining) {
        // Another server takes the next request of this connection.
        c.header('Connection', 'close')
        return refuse(c, 'draining', { retryAfterSeconds: RETRY_AFTER_SECONDS })
      }
      open++
      try {
        await next()
      } finally {
        if (--open === 0) isEmpty()
      }
    },
    begin(patienceMs) {
      isDraining = true
      return new Promise(resolve => {
        if (open === 0) return resolve()
        const patience = setTimeout(resolve, patienceMs)
        isEmpty = () => {
          clearTimeout(patience)
          resolve()
        }
      })
    },
  }
}
