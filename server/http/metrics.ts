import { Hono } from 'hono'
import { timingSafeEqual } from 'node:crypto'
import { Unauthenticated } from '../errors.ts'
import { digest } from '../sealing.ts'
import type { AppEnv } from './env.ts'
import { problemResponse } from './problem.ts'

/**
 * `/metrics` for Prometheus, to whoever brings the token (`METRICS_TOKEN`); without a token set there is no such page.
 * @param metrics.text what is told
 */
export const metricsRoutes = (
  metrics: { contentType: string; text: () => Promise<string> },
  token: string | undefined,
) => {
  const expected = token === undefined ? undefined : digest(token)
  return new Hono<AppEnv>().get('/metrics', async c => {
    if (!expected) return problemResponse(c, 'not_found')
    const given = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? ''
    // Over digests: of equal length, and telling nothing of the token by the time they take.
    if (!timingSafeEqual(digest(given), expected)) {
      c.header('WWW-Authenticate', 'Bearer')
      throw new Unauthenticated()
    }
    return c.text(await metrics.text(), 200, {
      'Content-Type': metrics.contentType,
      'Cache-Control': 'no-store',
    })
  })
}
