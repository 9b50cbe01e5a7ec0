import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Duplex } from 'node:stream'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { setTimeout as wait } from 'node:timers/promises'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context, Handler } from 'hono'
import { getCookie } from 'hono/cookie'
import { createAppCookies } from './appCookies.ts'
import type { CookieOwner } from './appCookies.ts'
import { clientIdentity, WECHAT_USER_AGENT } from './bridge/clientIdentity.ts'
import { injectBridge } from './bridge/injectBridge.ts'
import { isCustomersPage, PHONE_COOKIE } from './customersPhone.ts'
import { DEVICE_COOKIE } from './deviceCookie.ts'
import type { Device, World } from './world/types.ts'

/** Headers that belong to one connection and are never passed on (RFC 9110 §7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Who looks through this webview: the guide's WeCom client, or WeChat on the customer's phone. */
type Viewer = 'wecom' | 'wechat'

/**
 * The webview: passes every request to the app as this device's client would send it. Bytes, encodings, cookies,
 * redirects and statuses come back as the app gave them; only documents under `/sidebar/` gain the bridge, and the
 * rules that forbid framing are lifted. `hono/proxy` is not used because `fetch` unpacks compressed answers.
 */
export function createProxy({ world, appUrl }: { world: World; appUrl: string }): Handler {
  const cookies = createAppCookies()

  return async context => {
    const device = world.device(getCookie(context, DEVICE_COOKIE) ?? '')
    const viewer = viewerOf(context.req.raw)
    const owner: CookieOwner =
      viewer === 'wechat' ? `customer:${getCookie(context, PHONE_COOKIE) ?? ''}` : `member:${device.userId}`
    const isDocument = asksForDocument(context.req.raw)
    const injects =
      viewer === 'wecom' && isDocument && isSidebar(context.req.path) && device.switches.bridge !== 'absent'
    if (context.req.path.startsWith('/api/')) await wait(device.switches.latencyMs)

    const sorted = cookies.sort(withoutOwnCookies(context.req.header('cookie') ?? ''), owner)
    const headers = requestHeaders(context, device, viewer)
    if (sorted.forward) headers.set('cookie', sorted.forward)
    else headers.delete('cookie')
    if (injects) askForPlainDocument(headers)

    let answer: IncomingMessage
    try {
      answer = await send(targetOf(appUrl, context.req.url), context.req.raw, headers)
    } catch (cause) {
      if (context.req.raw.signal.aborted) return new Response(null, { status: 499 })
      return appIsAway(context, appUrl, cause)
    }

    const answered = answerHeaders(answer)
    const setCookies = answered.getSetCookie()
    cookies.remember(setCookies, owner)
    liftFramingRules(answered)
    if (isDocument) {
      for (const { name, setCookie } of sorted.expire) {
        if (!setCookies.some(line => line.startsWith(`${name}=`))) answered.append('set-cookie', setCookie)
      }
    }
    if (injects && /^text\/html\b/i.test(answered.get('content-type') ?? '')) {
      return documentWithBridge(answer, answered, device)
    }
    return new Response(bodyOf(answer, context.req.method), {
      status: answer.statusCode ?? 502,
      headers: answered,
    })
  }
}

/** Passes a WebSocket (the hot reload of `npm run dev`) through to the app. */
export function passUpgrade(appUrl: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const outgoing = requester(new URL(appUrl))(targetOf(appUrl, `http://sandbox${request.url ?? '/'}`), {
    method: request.method ?? 'GET',
    headers: request.headers,
  })
  outgoing.on('upgrade', (answer, upstream, upstreamHead) => {
    const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`]
    for (let at = 0; at < answer.rawHeaders.length; at += 2)
      lines.push(`${answer.rawHeaders[at]}: ${answer.rawHeaders[at + 1]}`)
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    socket.write(upstreamHead)
    upstream.write(head)
    upstream.pipe(socket).pipe(upstream)
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
  })
  outgoing.on('response', () => socket.destroy())
  outgoing.on('error', () => socket.destroy())
  outgoing.end()
}

function viewerOf(request: Request): Viewer {
  if (isCustomersPage(new URL(request.url).pathname)) return 'wechat'
  const referer = request.headers.get('referer')
  return referer && URL.canParse(referer) && isCustomersPage(new URL(referer).pathname) ? 'wechat' : 'wecom'
}

const isSidebar = (path: string) => path === '/sidebar' || path.startsWith('/sidebar/')

function asksForDocument(request: Request): boolean {
  const destination = request.headers.get('sec-fetch-dest')
  if (destination) return destination === 'document' || destination === 'iframe'
  return request.method === 'GET' && (request.headers.get('accept') ?? '').includes('text/html')
}

function withoutOwnCookies(cookieHeader: string): string {
  const pairs = cookieHeader.split(';').map(pair => pair.trim())
  return pairs
    .filter(pair => pair && ![DEVICE_COOKIE, PHONE_COOKIE].some(name => pair.startsWith(`${name}=`)))
    .join('; ')
}

function requestHeaders(context: Context, device: Device, viewer: Viewer): Headers {
  const headers = new Headers(context.req.raw.headers)
  for (const name of HOP_BY_HOP) headers.delete(name)
  const host = context.req.header('host') ?? new URL(context.req.url).host
  headers.set('host', host)
  headers.set('x-forwarded-host', host)
  headers.set('x-forwarded-proto', new URL(context.req.url).protocol.slice(0, -1))
  headers.set(
    'x-forwarded-for',
    [context.req.header('x-forwarded-for'), clientAddress(context)].filter(Boolean).join(', '),
  )
  if (viewer === 'wechat') headers.set('user-agent', WECHAT_USER_AGENT)
  else if (device.switches.bridge !== 'absent') headers.set('user-agent', clientIdentity(device).userAgent)
  for (const hint of ['sec-ch-ua', 'sec-ch-ua-mobile', 'sec-ch-ua-platform']) headers.delete(hint)
  return headers
}

function clientAddress(context: Context): string {
  const isServed = typeof context.env === 'object' && context.env !== null && 'incoming' in context.env
  return (isServed ? getConnInfo(context).remote.address : undefined) ?? '127.0.0.1'
}

/** A document that will be changed must arrive whole and unpacked, never as "not modified". */
function askForPlainDocument(headers: Headers): void {
  headers.set('accept-encoding', 'identity')
  for (const name of ['if-none-match', 'if-modified-since', 'range']) headers.delete(name)
}

function targetOf(appUrl: string, requested: string): URL {
  const { pathname, search } = new URL(requested)
  return new URL(pathname + search, appUrl)
}

const requester = (url: URL) => (url.protocol === 'https:' ? httpsRequest : httpRequest)

function send(url: URL, request: Request, headers: Headers): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = requester(url)(url, {
      method: request.method,
      headers: Object.fromEntries(headers),
      signal: request.signal,
    })
    outgoing.on('response', resolve)
    outgoing.on('error', reject)
    if (!request.body) outgoing.end()
    else {
      const body = Readable.fromWeb(request.body as NodeReadableStream)
      body.on('error', cause => outgoing.destroy(cause))
      body.pipe(outgoing)
    }
  })
}

function answerHeaders(answer: IncomingMessage): Headers {
  const headers = new Headers()
  for (let at = 0; at < answer.rawHeaders.length; at += 2) {
    headers.append(answer.rawHeaders[at] ?? '', answer.rawHeaders[at + 1] ?? '')
  }
  for (const name of HOP_BY_HOP) headers.delete(name)
  return headers
}

/** The window shows app and coupon page in frames of its own origin. */
function liftFramingRules(headers: Headers): void {
  headers.delete('x-frame-options')
  const policy = headers.get('content-security-policy')
  if (policy) {
    headers.set(
      'content-security-policy',
      policy.replace(/frame-ancestors[^;,]*/gi, "frame-ancestors 'self'"),
    )
  }
}

function bodyOf(answer: IncomingMessage, method: string): ReadableStream | null {
  if (method === 'HEAD' || [204, 205, 304].includes(answer.statusCode ?? 0)) {
    answer.resume()
    return null
  }
  return Readable.toWeb(answer) as ReadableStream
}

async function documentWithBridge(
  answer: IncomingMessage,
  headers: Headers,
  device: Device,
): Promise<Response> {
  const html = unpack(await buffer(answer), headers.get('content-encoding')).toString('utf8')
  const injected = injectBridge(html, headers.get('content-security-policy'), device)
  if (injected.policy) headers.set('content-security-policy', injected.policy)
  for (const name of ['content-encoding', 'content-length', 'etag', 'last-modified']) headers.delete(name)
  headers.set('cache-control', 'no-store')
  return new Response(injected.html, { status: answer.statusCode ?? 502, headers })
}

function unpack(bytes: Buffer, encoding: string | null): Buffer {
  switch (encoding) {
    case 'br':
      return brotliDecompressSync(bytes)
    case 'gzip':
      return gunzipSync(bytes)
    case 'deflate':
      return inflateSync(bytes)
    default:
      return bytes
  }
}

function appIsAway(context: Context, appUrl: string, cause: unknown): Response {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
  if (!asksForDocument(context.req.raw)) {
    const problem = {
      type: 'urn:guidebar:sandbox:app-away',
      title: '应用还没起来',
      status: 502,
      code: 'sandbox_app_away',
      detail: `沙盒没有连上 ${appUrl}（${reason}）`,
    }
    return Response.json(problem, {
      status: 502,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
    })
  }
  return new Response(appIsAwayPage(appUrl, reason), {
    status: 502,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  })
}

function appIsAwayPage(appUrl: string, reason: string): string {
  const escape = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
  return `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="refresh" content="2"><title>应用还没起来</title>
<style>:root{color-scheme:light dark}body{font:15px/22px -apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;margin:0;min-height:100vh;display:grid;place-content:center;text-align:center;padding:24px;box-sizing:border-box}
h1{font-size:17px;margin:0 0 4px}p{margin:0;opacity:.7;font-size:13px}code{font-size:12px}</style>
<h1>应用还没起来</h1><p>沙盒在等 <code>${escape(appUrl)}</code>，起来后这里会自己打开</p><p><code>${escape(reason)}</code></p></html>`
}
