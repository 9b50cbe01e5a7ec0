import { randomUUID } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import type { Logger } from 'pino'
import type { AppEnv } from './env.ts'

/**
 * Gives each request its id (`X-Request-Id`) and writes one line when it is answered: id, method, the route's pattern,
 * status, milliseconds. Never the path itself (it names customers and coupons), query, headers or body.
 */
export const requestLog =
  (log: Logger): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const requestId = randomUUID()
    const started = performance.now()
    c.set('requestId', requestId)
    c.header('X-Request-Id', requestId)
    await next()
    const status = c.res.status
    const line = {
      requestId,
      method: c.req.method,
      route: routePath(c),
      status,
      ms: Math.round(performance.now() - started),
    }
    if (status >= 500) log.warn(line, 'request')
    else log.debug(line, 'request')
  }
