import { randomUUID } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import type { Logger } from 'pino'
import { createRequestWait, requestWaits } from '../db/requestWait.ts'
import type { Counting } from '../metrics/metrics.ts'
import { requestIds } from '../requestIds.ts'
import type { AppEnv } from './env.ts'

/** Refusals that whoever guards the server wants to see: nobody known, no right to it, too often. */
const REFUSED = [401, 403, 429]

/**
 * Gives each request its id (`X-Request-Id`), writes one line when it is answered — id, method, the route's pattern, status,
 * the problem's code, milliseconds — and counts it. A refusal stands there at `info`, a failure at `warn`, all else at `debug`.
 * Never the path itself (it names customers and coupons), query, headers or body.
 */
export const requestLog =
  (log: Logger, metrics: Pick<Counting, 'request'>): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const requestId = randomUUID()
    const started = performance.now()
    const answered = metrics.request()
    c.set('requestId', requestId)
    c.header('X-Request-Id', requestId)
    let status = 500
    try {
      await requestIds.run(requestId, () => requestWaits.run(createRequestWait(), next))
      status = c.res.status
    } finally {
      const ms = performance.now() - started
      const { method } = c.req
      const [route, code] = [routePath(c), c.get('problemCode')]
      answered({ method, route, status, code, seconds: ms / 1000 })
      const line = { requestId, method, route, status, code, ms: Math.round(ms) }
      if (status >= 500) log.warn(line, 'request')
      else if (REFUSED.includes(status) || code === 'oauth_state_invalid') log.info(line, 'request')
      else log.debug(line, 'request')
    }
  }
