import type { MiddlewareHandler } from 'hono'
import { digest } from '../sealing.ts'
import { cookieJar } from './cookies.ts'
import type { AppEnv } from './env.ts'

/** 32 random bytes as base64url. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** Puts the hash of the session cookie on the request; only the database knows whether it is worth anything. */
export const readSession = (publicUrl: string): MiddlewareHandler<AppEnv> => {
  const { session } = cookieJar(publicUrl)
  return async (c, next) => {
    const token = session.read(c)
    c.set('sessionHash', token !== undefined && TOKEN.test(token) ? digest(token) : undefined)
    await next()
  }
}
