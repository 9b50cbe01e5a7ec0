import type { MiddlewareHandler } from 'hono'
import { Forbidden } from '../errors.ts'
import type { AppEnv } from './env.ts'

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/** Said to everybody, and linked to from anywhere. */
const FOR_EVERYBODY = ['/api/docs', '/api/openapi.json']

/**
 * What changes something must come from a page of ours: `Origin` has to be PUBLIC_URL's, and a browser that tells
 * (`Sec-Fetch-Site`) must tell of this very origin. What only reads must not come from a page of somebody else's, as far as the
 * browser tells: some readings are counted or written down, and a link would use up what she may have. Without a session cookie
 * there is nothing to borrow, and the request goes on to be told that it needs one.
 * @throws Forbidden csrf_failed
 */
export const guardOrigin = (publicUrl: string): MiddlewareHandler<AppEnv> => {
  const own = new URL(publicUrl).origin
  return async (c, next) => {
    const site = c.req.header('sec-fetch-site')
    const isOwn = SAFE_METHODS.includes(c.req.method)
      ? site !== 'cross-site' || FOR_EVERYBODY.includes(c.req.path)
      : c.req.header('origin') === own && (site ?? 'same-origin') === 'same-origin'
    if (c.get('sessionHash') !== undefined && !isOwn) throw new Forbidden('csrf_failed')
    await next()
  }
}
