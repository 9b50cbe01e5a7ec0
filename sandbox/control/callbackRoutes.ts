import { Hono } from 'hono'
import { z } from 'zod'
import type { Callbacks } from '../callbacks/callbacks.ts'
import { CallbackSwitches } from '../callbacks/settings.ts'
import { body, newest } from './body.ts'

const RawEvent = z.strictObject({
  /** the plaintext, sent as it is */
  xml: z.string().min(1).max(60_000),
})

/** What was told to the app and how it went, and what shall go wrong on the way. */
export function callbackRoutes(callbacks: Callbacks): Hono {
  const state = () => ({
    isActive: callbacks.isActive,
    url: callbacks.url,
    counts: callbacks.counts(),
    switches: callbacks.switches(),
  })
  return new Hono()
    .get('/', context => {
      const changeType = context.req.query('changeType')
      const lines = callbacks
        .lines()
        .filter(line => changeType === undefined || line.changeType === changeType)
      return context.json({ ...state(), lines: newest(lines, context.req.query('limit')) })
    })
    .delete('/', context => {
      callbacks.forget()
      return context.body(null, 204)
    })
    .get('/switches', context => context.json(callbacks.switches()))
    .patch('/switches', async context =>
      context.json(callbacks.setSwitches(await body(context, CallbackSwitches.partial()))),
    )
    .post('/flush', context => {
      callbacks.flush()
      return context.json(state())
    })
    .post('/send', async context => {
      const { xml } = await body(context, RawEvent)
      callbacks.post({ event: 'raw', changeType: 'raw', xml })
      return context.json(state(), 202)
    })
    .post('/verify', async context => context.json(await callbacks.verify()))
    .get('/idle', async context => {
      await callbacks.idle()
      return context.json(state())
    })
}
