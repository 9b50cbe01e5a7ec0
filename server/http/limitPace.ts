import type { MiddlewareHandler } from 'hono'
import type { Limits } from '../limits/limits.ts'
import type { AppEnv } from './env.ts'
import { problemResponse } from './problem.ts'

/** One noisy client does not slow the others (P26): whoever asks faster than people do waits, before anything is done for it. */
export const limitPace =
  (limits: Pick<Limits, 'pace'>): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const session = c.get('sessionHash')
    const wait = session ? limits.pace('session', session.toString('base64url')) : 0
    if (wait > 0) return problemResponse(c, 'rate_limited', { retryAfterSeconds: wait })
    await next()
  }
