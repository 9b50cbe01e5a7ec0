import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'

/**
 * The product's cookies under their names: `__Host-…` with Secure on https; on plain http (a trial on this machine) the
 * nearest browsers accept. Always HttpOnly, SameSite=Lax, for the whole origin and no other host.
 */
export const cookieJar = (publicUrl: string) => {
  const isSecure = publicUrl.startsWith('https:')
  const options = { path: '/', httpOnly: true, secure: isSecure, sameSite: 'Lax' as const }
  const named = (name: string) => (isSecure ? `__Host-${name}` : name)
  const cookie = (name: string) => ({
    name: named(name),
    read: (c: Context): string | undefined => getCookie(c, named(name)),
    write: (c: Context, value: string, maxAgeSeconds: number) =>
      setCookie(c, named(name), value, { ...options, maxAge: maxAgeSeconds }),
    remove: (c: Context) => {
      deleteCookie(c, named(name), options)
    },
  })
  return { session: cookie('guidebar'), login: cookie('guidebar-login'), holder: cookie('guidebar-holder') }
}
