import { setTimeout as sleep } from 'node:timers/promises'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import type { Fault } from '../world/types.ts'

/** What node-server puts beside a request; absent when a test calls the routes directly. */
export interface NodeBindings {
  incoming?: { socket: { remoteAddress?: string; destroy(): void } }
}

/** How long a slow answer stands still when the fault does not say, milliseconds. */
const usualPauseMs = 60_000

/**
 * The network between us and WeCom misbehaves.
 * @param answer what WeCom would have said; a slow body brings it in two halves
 */
export function brokenAnswer(
  context: Context<{ Bindings: NodeBindings }>,
  fault: Fault & { break: NonNullable<Fault['break']> },
  answer: unknown,
): Response {
  switch (fault.break) {
    case 'http500':
      return new Response('Internal Server Error', { status: 500 })
    case 'html': {
      const page = '<!doctype html><title>502 Bad Gateway</title><center><h1>502 Bad Gateway</h1></center>'
      return new Response(page, { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
    }
    case 'slowBody':
      return inTwoHalves(answer, fault.delayMs ?? usualPauseMs)
    case 'drop': {
      const socket = context.env?.incoming?.socket
      if (socket) {
        socket.destroy()
        return RESPONSE_ALREADY_SENT
      }
      const severed = new ReadableStream({
        start: stream => stream.error(new Error('connection cut by a fault')),
      })
      return new Response(severed, { headers: { 'content-type': 'application/json' } })
    }
  }
}

function inTwoHalves(answer: unknown, pauseMs: number): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(answer))
  const middle = Math.floor(bytes.length / 2)
  const gone = new AbortController()
  const body = new ReadableStream<Uint8Array>({
    async start(stream) {
      stream.enqueue(bytes.subarray(0, middle))
      try {
        await sleep(pauseMs, undefined, { signal: gone.signal })
      } catch {
        return // the caller has given up: there is nobody to tell the rest
      }
      stream.enqueue(bytes.subarray(middle))
      stream.close()
    },
    cancel: () => gone.abort(),
  })
  return new Response(body, { headers: { 'content-type': 'application/json' } })
}
