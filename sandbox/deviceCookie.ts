import { randomBytes } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'

/** Names one WeCom client (a browser): two browsers are two devices. */
export const DEVICE_COOKIE = 'sandbox_device'

/**
 * Gives every browser its device. On the very first request the new id is also put into the request itself,
 * so that whatever answers it (control, OAuth, proxy) already finds the device.
 */
export const ensureDevice: MiddlewareHandler = async (context, next) => {
  if (getCookie(context, DEVICE_COOKIE)) return next()
  const id = randomBytes(12).toString('hex')
  const headers = new Headers(context.req.raw.headers)
  headers.set('cookie', [headers.get('cookie'), `${DEVICE_COOKIE}=${id}`].filter(Boolean).join('; '))
  context.req.raw = withHeaders(context.req.raw, headers)
  await next()
  context.res.headers.append(
    'set-cookie',
    `${DEVICE_COOKIE}=${id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000`,
  )
}

/** The same request with other headers; the body stays a stream. */
function withHeaders(request: Request, headers: Headers): Request {
  const body = request.method === 'GET' || request.method === 'HEAD' ? null : request.body
  const init: RequestInit & { duplex?: 'half' } = { method: request.method, headers, signal: request.signal }
  if (body) {
    init.body = body
    init.duplex = 'half'
  }
  return new Request(request.url, init)
}
