import { Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import { streamSSE } from 'hono/streaming'
import type { Bridge, ClientEvent } from './bridge/bridge.ts'
import { DEVICE_COOKIE } from './deviceCookie.ts'
import type { World, WorldEvent } from './world/types.ts'

/** What the window hears: the world's changes, and what its own client shows beside the page. */
export type WindowEvent = WorldEvent | ({ kind: 'client' } & ClientEvent)

/** Keeps proxies and browsers from closing a quiet stream. */
const HEARTBEAT_MS = 15_000

/** `GET /sandbox/events`: server-sent events, each a `WindowEvent`; those of other devices are left out. */
export function eventRoutes(world: World, bridge: Bridge): Hono {
  return new Hono().get('/', context => {
    const deviceId = getCookie(context, DEVICE_COOKIE) ?? ''
    return streamSSE(context, async stream => {
      const tell = (event: WindowEvent) => {
        if (!isForDevice(event, deviceId)) return
        stream.writeSSE({ data: JSON.stringify(event) }).catch(() => stream.abort())
      }
      const forgetWorld = world.onEvent(tell)
      const forgetBridge = bridge.onClientEvent(event => tell({ kind: 'client', ...event }))
      const closed = new Promise<void>(resolve => stream.onAbort(resolve))
      const heartbeat = setInterval(() => {
        stream.write(': still here\n\n').catch(() => stream.abort())
      }, HEARTBEAT_MS)
      await stream.write(': hello\n\n')
      await closed
      clearInterval(heartbeat)
      forgetWorld()
      forgetBridge()
    })
  })
}

function isForDevice(event: WindowEvent, deviceId: string): boolean {
  if (event.kind === 'device') return event.device.id === deviceId
  if (event.kind === 'client') return event.deviceId === deviceId
  if (event.kind === 'callback') return false
  return true
}
