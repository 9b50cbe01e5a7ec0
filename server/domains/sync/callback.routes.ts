import { Hono } from 'hono'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { AppEnv } from '../../http/env.ts'
import { ForeignCallback } from '../../wecom/callbackCrypto.ts'
import type { EventsService } from './events.service.ts'

const BODY_LIMIT_BYTES = 64 * 1024

/**
 * Where WeCom tells what has changed. Whatever is not genuine gets the same empty answer; a genuine event gets 200 once it is
 * stored, and an error of ours otherwise, so that WeCom sends it again (wecom/callbacks.md §3).
 */
export function callbackRoutes(events: EventsService) {
  const refuse = (c: Context<AppEnv>) => c.body(null, 400)
  const app = new Hono<AppEnv>()

  app.get('/wecom/callback', c => {
    // An unescaped + in base64 arrives as a space; base64 has no spaces of its own.
    const encrypted = (c.req.query('echostr') ?? '').replaceAll(' ', '+')
    try {
      const answer = events.verifyAddress({ ...signatureOf(c), encrypted })
      return c.body(answer, 200, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
    } catch (error) {
      if (error instanceof ForeignCallback) return refuse(c)
      throw error
    }
  })

  app.post('/wecom/callback', bodyLimit({ maxSize: BODY_LIMIT_BYTES, onError: refuse }), async c => {
    try {
      await events.receive(signatureOf(c), await c.req.text())
      return c.body(null, 200)
    } catch (error) {
      if (error instanceof ForeignCallback) return refuse(c)
      throw error
    }
  })
  return app
}

const signatureOf = (c: Context<AppEnv>) => ({
  signature: c.req.query('msg_signature') ?? '',
  timestamp: c.req.query('timestamp') ?? '',
  nonce: c.req.query('nonce') ?? '',
})
