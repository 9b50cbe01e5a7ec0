import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from './env.ts'

/** For whatever is no page of ours: nothing may run, nothing may frame it. */
const CLOSED_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

const permissions = (camera: '' | 'self') => `camera=(${camera}), microphone=(), geolocation=()`

/** Of the app's own document: at the till it reads codes by the camera where the client has no scanner. */
export const APP_PERMISSIONS = permissions('self')

/**
 * A year of https, for hosts below ours too — unless ours is a registered name itself, below which others' sites may stand.
 * @returns undefined on plain http, a trial on this machine
 */
export function strictTransport(publicUrl: string): string | undefined {
  if (!publicUrl.startsWith('https:')) return undefined
  const labels = new URL(publicUrl).hostname.split('.')
  const isRegistered = labels.length <= (/^(com|net|org|gov|edu|ac|co)$/.test(labels.at(-2) ?? '') ? 3 : 2)
  return isRegistered ? 'max-age=31536000' : 'max-age=31536000; includeSubDomains'
}

/** Headers of every answer; a page brings its own Content-Security-Policy. */
export const securityHeaders = (publicUrl = ''): MiddlewareHandler<AppEnv> => {
  const transport = strictTransport(publicUrl)
  return async (c, next) => {
    await next()
    const { headers } = c.res
    const set = (name: string, value: string) => {
      if (!headers.has(name)) headers.set(name, value)
    }
    set('X-Content-Type-Options', 'nosniff')
    set('Referrer-Policy', 'same-origin')
    set('Content-Security-Policy', CLOSED_POLICY)
    set('X-Frame-Options', 'DENY')
    set('Cross-Origin-Opener-Policy', 'same-origin')
    set('Cross-Origin-Resource-Policy', 'same-origin')
    set('Permissions-Policy', permissions(''))
    if (transport) set('Strict-Transport-Security', transport)
  }
}

/**
 * The policy of a page of ours: scripts by nonce and from our own origin, styles likewise (a `style` attribute set by a
 * component is allowed), pictures also from WeCom's and the shops' https hosts, no other host for anything.
 */
export const pagePolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' https: data: blob:",
    "font-src 'self' data:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
