import { createHash } from 'node:crypto'
import { brotliCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Sandbox } from '../../sandbox/app.ts'
import { startStubApp } from './stubApp.ts'
import type { StubApp } from './stubApp.ts'
import { createTestSandbox, ORIGIN } from './testSandbox.ts'

const PAGE =
  '<!doctype html><html><head><!-- <script>no</script> --><title>t</title><script type="application/json">{}</script></head><body></body></html>'
const SCRIPT = brotliCompressSync(Buffer.from('console.log("sidebar")'))

let app: StubApp
let sandbox: Sandbox
let received = ''

beforeEach(async () => {
  app = await startStubApp((request, response) => {
    const path = (request.url ?? '').split('?')[0]
    switch (path) {
      case '/sidebar/':
      case '/c/token':
        response.writeHead(200, {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': "default-src 'self'; script-src 'nonce-r4nd0m'; frame-ancestors 'none'",
          'x-frame-options': 'DENY',
          etag: '"one"',
        })
        return response.end(PAGE)
      case '/assets/app.js':
        response.writeHead(200, {
          'content-type': 'text/javascript',
          'content-encoding': 'br',
          'content-length': SCRIPT.length,
        })
        return response.end(SCRIPT)
      case '/auth/login':
        response.writeHead(302, {
          location: 'http://elsewhere.test/connect?x=%E5%A5%BD&redirect_uri=a%2Fb',
          'set-cookie': [
            'state=abc; Path=/; HttpOnly',
            'session=chenlus; Path=/; HttpOnly; SameSite=Lax; Max-Age=600',
          ],
        })
        return response.end()
      case '/api/echo':
        request.setEncoding('utf8')
        received = ''
        request.on('data', (chunk: string) => (received += chunk))
        return request.on('end', () => {
          response.writeHead(422, { 'content-type': 'application/problem+json; charset=utf-8' })
          response.end('{"code":"validation_failed"}')
        })
      case '/api/stream':
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('data: first\n\n')
        return setTimeout(() => response.end('data: second\n\n'), 300)
      default:
        response.writeHead(404)
        return response.end('no')
    }
  })
  sandbox = createTestSandbox(app.url)
})
afterEach(() => app.close())

const ask = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
  sandbox.app.request(`${ORIGIN}${path}`, { ...init, headers: { cookie: 'sandbox_device=d1', ...headers } })
const openDocument = (path: string, headers: Record<string, string> = {}) =>
  ask(path, { accept: 'text/html', 'sec-fetch-dest': 'iframe', ...headers })

describe('documents under /sidebar/', () => {
  it('gain the bridge in front of their first script, under the nonce of the page', async () => {
    const html = await (await openDocument('/sidebar/')).text()
    const at = html.indexOf('<script nonce="r4nd0m" data-device="')
    expect(at).toBe(html.indexOf('<title>t</title>') + '<title>t</title>'.length)
    expect(html.slice(0, at) + html.slice(html.indexOf('</script>', at) + '</script>'.length)).toBe(PAGE)
  })

  it('may be framed, and are not kept by the browser', async () => {
    const { headers } = await openDocument('/sidebar/')
    expect(headers.get('x-frame-options')).toBeNull()
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'self'; script-src 'nonce-r4nd0m'; frame-ancestors 'self'",
    )
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('etag')).toBeNull()
  })

  it('reach the app with the user agent of the device', async () => {
    sandbox.world.updateDevice('d1', { platform: 'android', theme: 'dark', clientVersion: '5.0.6' })
    await openDocument('/sidebar/', { 'user-agent': 'plain Chrome', 'sec-ch-ua-platform': '"Linux"' })
    const { headers } = app.requests[0] ?? {}
    expect(headers?.['user-agent']).toMatch(/Android.*wxwork\/5\.0\.6 .*ColorScheme\/Dark/)
    expect(headers?.['sec-ch-ua-platform']).toBeUndefined()
  })

  it('stay as they are when the device has no bridge at all', async () => {
    sandbox.world.updateDevice('d1', { switches: { bridge: 'absent' } })
    expect(await (await openDocument('/sidebar/', { 'user-agent': 'plain Chrome' })).text()).toBe(PAGE)
    expect(app.requests[0]?.headers['user-agent']).toBe('plain Chrome')
  })
})

describe('everything else', () => {
  it('leaves the customer page alone but lets it be framed, as WeChat would open it', async () => {
    const answer = await openDocument('/c/token')
    expect(await answer.text()).toBe(PAGE)
    expect(answer.headers.get('x-frame-options')).toBeNull()
    expect(answer.headers.get('etag')).toBe('"one"')
    expect(app.requests[0]?.headers['user-agent']).toMatch(/MicroMessenger/)
    expect(app.requests[0]?.headers['user-agent']).not.toMatch(/wxwork/)
  })

  it('passes compressed bytes untouched', async () => {
    const answer = await ask('/assets/app.js', { 'accept-encoding': 'br' })
    expect(answer.headers.get('content-encoding')).toBe('br')
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
    expect(digest(new Uint8Array(await answer.arrayBuffer()))).toBe(digest(SCRIPT))
    expect(app.requests[0]?.headers['accept-encoding']).toBe('br')
  })

  it('passes redirects and each cookie as the app gave them', async () => {
    const answer = await ask('/auth/login')
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toBe(
      'http://elsewhere.test/connect?x=%E5%A5%BD&redirect_uri=a%2Fb',
    )
    expect(answer.headers.getSetCookie()).toEqual([
      'state=abc; Path=/; HttpOnly',
      'session=chenlus; Path=/; HttpOnly; SameSite=Lax; Max-Age=600',
    ])
  })

  it('passes bodies up and problems down', async () => {
    const body = JSON.stringify({ 称呼: '婉清姐' })
    const answer = await ask(
      '/api/echo?a=1&b=%20',
      { 'content-type': 'application/json' },
      { method: 'POST', body },
    )
    expect([answer.status, await answer.text()]).toEqual([422, '{"code":"validation_failed"}'])
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    expect(received).toBe(body)
    expect(app.requests[0]?.path).toBe('/api/echo?a=1&b=%20')
  })

  it('streams', async () => {
    const reader = (await ask('/api/stream')).body?.getReader()
    const first = await reader?.read()
    expect(new TextDecoder().decode(first?.value)).toBe('data: first\n\n')
    await reader?.cancel()
  })

  it('says who asked, and keeps its own cookie to itself', async () => {
    await ask('/api/none', { cookie: 'a=1; sandbox_device=d1; b=2', host: 'sandbox.test:8788' })
    expect(app.requests[0]?.headers).toMatchObject({
      cookie: 'a=1; b=2',
      host: 'sandbox.test:8788',
      'x-forwarded-host': 'sandbox.test:8788',
      'x-forwarded-proto': 'http',
      'x-forwarded-for': '127.0.0.1',
    })
  })

  it("takes its time with the app's requests on a slow network, not with its files", async () => {
    sandbox.world.updateDevice('d1', { switches: { latencyMs: 120 } })
    const started = performance.now()
    await ask('/assets/app.js')
    expect(performance.now() - started).toBeLessThan(100)
    await ask('/api/none')
    expect(performance.now() - started).toBeGreaterThanOrEqual(115)
  })

  it('gives a new browser its device', async () => {
    const answer = await sandbox.app.request(`${ORIGIN}/api/none`)
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^sandbox_device=[0-9a-f]{24}; Path=\/; HttpOnly/),
    ])
  })
})

describe('cookies of several people in one browser', () => {
  const signedIn = 'sandbox_device=d1; session=chenlus; mine=1'

  it("do not reach the app under another member's account, and are expired with the next page", async () => {
    await ask('/auth/login')
    await ask('/api/none', { cookie: signedIn })
    sandbox.world.updateDevice('d1', { userId: 'zhoumin' })
    const page = await openDocument('/sidebar/', { cookie: signedIn })
    expect(app.requests.slice(1).map(request => request.headers.cookie)).toEqual([
      'session=chenlus; mine=1',
      'mine=1',
    ])
    expect(page.headers.getSetCookie()).toEqual(['session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0'])
  })

  it("do not follow the customer's phone", async () => {
    await ask('/auth/login')
    const page = await openDocument('/c/token', { cookie: signedIn })
    expect(app.requests[1]?.headers.cookie).toBe('mine=1')
    expect(page.headers.getSetCookie()).toEqual([])
  })

  it('do not go from one customer to the next who holds the phone', async () => {
    const held = (by: string) => `sandbox_device=d1; sandbox_phone=${by}; session=chenlus; mine=1`
    await ask('/auth/login', { cookie: 'sandbox_phone=wmOne', referer: `${ORIGIN}/c/token` })
    await openDocument('/c/token', { cookie: held('wmOne') })
    await openDocument('/c/token', { cookie: held('wmTwo') })
    expect(app.requests.map(request => request.headers.cookie)).toEqual([
      undefined,
      'session=chenlus; mine=1',
      'mine=1',
    ])
  })
})

describe('an app that is not up', () => {
  beforeEach(() => app.close())

  it('is a page that says so', async () => {
    const answer = await openDocument('/sidebar/')
    expect(answer.status).toBe(502)
    expect(await answer.text()).toContain('应用还没起来')
  })

  it('is a problem to a script', async () => {
    const answer = await ask('/api/session')
    expect(answer.status).toBe(502)
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(await answer.json()).toMatchObject({ status: 502, code: 'sandbox_app_away' })
  })
})
