import { Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import { z } from 'zod'
import { DEVICE_COOKIE } from '../deviceCookie.ts'
import type { Bridge } from './bridge.ts'

const Invoke = z.object({
  page: z.string().min(1).max(64),
  name: z.string().min(1).max(80),
  params: z.record(z.string(), z.unknown()),
  url: z.url(),
})
const Scan = z.object({ text: z.string().min(1).nullable(), isDenied: z.literal(true).optional() })

/** Mounted at `/sandbox/bridge`: the injected script's door, and the tests' view of what a device's pages called. */
export function bridgeRoutes(bridge: Bridge): Hono {
  const deviceId = (context: Parameters<typeof getCookie>[0]) => getCookie(context, DEVICE_COOKIE) ?? ''
  const malformed = (error: z.ZodError) => Response.json({ message: z.prettifyError(error) }, { status: 400 })

  return new Hono()
    .post('/invoke', async context => {
      const parsed = Invoke.safeParse(await json(context.req.raw))
      if (!parsed.success) return malformed(parsed.error)
      const { url } = parsed.data
      if (!cameFrom(url, context.req.header('referer'), context.req.header('origin'))) {
        return context.json({ message: `这次调用不是从 ${url} 发出的` }, 403)
      }
      return context.json(await bridge.invoke({ deviceId: deviceId(context), ...parsed.data }))
    })
    .post('/scan', async context => {
      const parsed = Scan.safeParse(await json(context.req.raw))
      if (!parsed.success) return malformed(parsed.error)
      bridge.scan(deviceId(context), parsed.data.isDenied ? { isDenied: true } : parsed.data.text)
      return context.body(null, 204)
    })
    .get('/calls', context => context.json(bridge.calls(deviceId(context))))
    .delete('/calls', context => {
      bridge.forgetCalls(deviceId(context))
      return context.body(null, 204)
    })
}

/** The browser's own word (`Referer`, else `Origin`) on where the call was made; a page cannot forge either. */
function cameFrom(url: string, referer: string | undefined, origin: string | undefined): boolean {
  if (url.includes('#')) return false
  if (referer) return referer.split('#')[0] === new URL(url).href || referer === url
  if (origin) return origin === new URL(url).origin
  return true
}

async function json(request: Request): Promise<unknown> {
  try {
    return await request.json()
  } catch {
    return undefined // told to the caller as a malformed body
  }
}
