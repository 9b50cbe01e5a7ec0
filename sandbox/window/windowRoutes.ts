import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import { DEVICE_COOKIE } from '../deviceCookie.ts'
import type { World } from '../world/types.ts'
import { ensureWindowBuilt, WINDOW_BASE, WINDOW_DIST } from './build.ts'
import { windowView } from './view.ts'

const CONTENT_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * Where the window goes on when it was opened as `localhost` and was told to be open under another name: sign-in comes back under that
 * one, and would leave the sidebar in the window empty.
 */
function otherName(requested: string, windowUrl: string | undefined): string | undefined {
  if (windowUrl === undefined) return undefined
  const [here, there] = [new URL(requested), new URL(windowUrl)]
  if (here.hostname !== 'localhost' || there.hostname === 'localhost' || here.port !== there.port)
    return undefined
  return new URL(here.search, there.origin).href
}

/** The chat window at `/`, its assets and its one read; built on first use when nobody built it before. */
export function windowRoutes(world: World, windowUrl?: string): Hono {
  const sandboxId = randomUUID()
  return new Hono()
    .get('/', context => {
      const elsewhere = otherName(context.req.url, windowUrl)
      return elsewhere === undefined ? file('index.html') : context.redirect(elsewhere)
    })
    .get(`${WINDOW_BASE}view`, context =>
      context.json(windowView(world, getCookie(context, DEVICE_COOKIE) ?? '', sandboxId)),
    )
    .get(`${WINDOW_BASE}:name`, context => file(basename(context.req.param('name'))))
}

async function file(name: string): Promise<Response> {
  const contentType = CONTENT_TYPES[extname(name)]
  if (!contentType) return new Response(null, { status: 404 })
  await ensureWindowBuilt()
  let bytes: Uint8Array<ArrayBuffer>
  try {
    bytes = new Uint8Array(await readFile(join(WINDOW_DIST, name)))
  } catch {
    return new Response(null, { status: 404 }) // a name the build did not make
  }
  return new Response(bytes, { headers: { 'content-type': contentType, 'cache-control': 'no-store' } })
}
