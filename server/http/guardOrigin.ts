import type { MiddlewareHandler } from 'hono'
import { Forbidden } from '../errors.ts'
import type { AppEnv } from './env.ts'

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/**
 * What changes something must come from a page of ours: `Origin` has to be PUBLIC_URL's, and a browser that tells
 * (`Sec-Fetch-Site`) must tell of this very origin. Without a session cookie there is nothing to borrow, and the request goes on
 * to be told that it needs one.
 * @throws Forbidden csrf_failed
 */
export const guardOrigin = (publicUrl: string): MiddlewareHandler<AppEnv> => {
  const own = new URL(publicUrl).origin
  return async (c, next) => {
    const isChange = !SAFE_METHODS.includes(c.req.method)
    const isOwn =
      c.req.header('origin') === own && (c.req.header('sec-fetch-site') ?? 'same-origin') === 'same-origin'
    if (isChange && c.get('sessionHash') !== undefined && !isOwn) throw new Forbidden('csrf_failed')
    await next()
  }
}
