import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OPEN_ROUTES } from '../../../server/http/openRoutes.ts'
import { createTestApp, TEST_PUBLIC_URL, type SignedIn, type TestApp } from '../../support/createTestApp.ts'
import { addressOf, operations } from './walk.ts'

let test: TestApp
let guide: SignedIn
/** Every kind of page the product shows, by what it is. */
let pages: Record<string, () => Promise<Response>>
beforeAll(async () => {
  test = await createTestApp()
  const actor = await test.make.staff(test.corp)
  guide = await test.signIn(actor)
  const customer = await test.make.followed(test.corp, actor)
  const { templateId } = await test.make.couponTemplate(test.corp)
  const reserved = await guide.fetch('/api/coupons', {
    method: 'POST',
    key: 'a-key-for-a-page-of-a-coupon',
    json: { templateId, externalUserId: customer.externalUserId },
  })
  const { card } = (await reserved.json()) as { card: { link: string } }
  const { pathname } = new URL(card.link)
  pages = {
    document: () => guide.fetch('/sidebar/'),
    docs: () => test.fetch('/api/docs'),
    'a coupon': () => test.fetch(pathname),
    'no coupon': () => test.fetch('/c/AAAAAAAAAAAAAAAAAAAAAA'),
    'a foreign form': () =>
      test.fetch(pathname, { method: 'POST', headers: { Origin: 'https://evil.example' } }),
    'a lost way back': () => test.fetch('/c/back?code=x&state=y'),
    'a page that is not there': () =>
      test.fetch('/nowhere', { headers: { Accept: 'text/html,application/xhtml+xml' } }),
    'a login that is lost twice': async () => {
      const begun = await test.fetch('/auth/login?again=1')
      const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? ''
      return test.fetch(`/auth/callback?code=x&state=${state}`)
    },
  }
})
afterAll(() => test.close())

const openPaths = () =>
  OPEN_ROUTES.filter(({ method }) => method === 'GET').map(({ path }) =>
    path
      .replace(/:name\{.*\}/, 'WW_verify_abcdefgh.txt')
      .replace(':token', 'AAAAAAAAAAAAAAAAAAAAAA')
      .replace(':pictureId', '00000000-0000-4000-8000-000000000000')
      .replace('*', 'assets/nothing.js'),
  )
const readPaths = () => operations.filter(({ method }) => method === 'get').map(addressOf)

describe('P6 a page', () => {
  it('each kind is really shown', async () => {
    for (const [name, open] of Object.entries(pages)) {
      const answer = await open()
      expect([name, answer.headers.get('content-type')]).toEqual([name, expect.stringMatching(/^text\/html/)])
    }
  })

  it('runs nothing but what bears its nonce or comes from here, and a new nonce each time', async () => {
    for (const [name, open] of Object.entries(pages)) {
      const nonces = new Set<string>()
      for (let time = 0; time < 2; time++) {
        const answer = await open()
        const policy = answer.headers.get('content-security-policy') ?? ''
        const directive = (wanted: string) =>
          policy
            .split(';')
            .map(each => each.trim().split(/\s+/))
            .find(([found]) => found === wanted)
            ?.slice(1) ?? []
        const scripts = directive('script-src')
        const nonce = /'nonce-([\w+/=-]{20,})'/.exec(policy)?.[1] ?? ''
        nonces.add(nonce)
        expect([name, directive('default-src')]).toEqual([name, ["'none'"]])
        expect([name, directive('base-uri'), directive('frame-ancestors')]).toEqual([
          name,
          ["'none'"],
          ["'none'"],
        ])
        expect([
          name,
          scripts.filter(source => source !== "'self'" && source !== `'nonce-${nonce}'`),
        ]).toEqual([name, []])
        expect([name, directive('connect-src').filter(source => source !== "'self'")]).toEqual([name, []])
        const html = await answer.text()
        const tags = [...html.matchAll(/<(script|style)\b([^>]*)>/g)]
        for (const [tag, , attributes = ''] of tags)
          expect([
            name,
            tag,
            attributes.includes(`nonce="${nonce}"`) || /\bsrc="\//.test(attributes),
          ]).toEqual([name, tag, true])
        expect([name, html.match(/\son\w+\s*=|javascript:/gi)]).toEqual([name, null])
        expect([name, html.match(/(?:src|href|action)="(?:https?:)?\/\/[^"]*/g)]).toEqual([name, null])
      }
      expect([name, nonces.size]).toEqual([name, 2])
    }
  })

  it('with a session in it, and every answer of the api, is kept by nobody', async () => {
    expect((await guide.fetch('/sidebar/')).headers.get('cache-control')).toBe('no-store')
    for (const path of readPaths()) {
      const answer = await guide.fetch(path)
      const kept = answer.headers.get('cache-control') ?? ''
      // What bears a tag is asked about each time, and stays with her.
      expect([path, /no-store|private, no-cache|private, max-age=\d+, immutable/.test(kept)]).toEqual([
        path,
        true,
      ])
    }
  })
})

describe('P6 every answer', () => {
  it('may not be sniffed, framed, read by other sites or told of, and names no program', async () => {
    for (const path of [...openPaths(), ...readPaths(), '/nowhere', '/api/nowhere']) {
      const { headers, status } = await guide.fetch(path)
      const given = Object.fromEntries(headers)
      expect([path, status < 500, given]).toEqual([
        path,
        true,
        expect.objectContaining({
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-resource-policy': expect.stringMatching(/^(same|cross)-origin$/) as string,
          'strict-transport-security': expect.stringMatching(/max-age=31536000/) as string,
          'referrer-policy': expect.stringMatching(/^(same-origin|no-referrer)$/) as string,
          'content-security-policy': expect.stringContaining("default-src 'none'") as string,
        }),
      ])
      const told = Object.keys(given).filter(name =>
        /^(server|x-powered-by|via|x-version|access-control-.*)$/.test(name),
      )
      expect([path, told]).toEqual([path, []])
    }
  })

  it('lets no other site ask ahead', async () => {
    for (const path of ['/api/session', '/api/coupons', '/sidebar/', '/c/AAAAAAAAAAAAAAAAAAAAAA']) {
      const answer = await test.fetch(path, {
        method: 'OPTIONS',
        headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
      })
      expect([path, [...answer.headers.keys()].filter(name => name.startsWith('access-control'))]).toEqual([
        path,
        [],
      ])
    }
  })

  it('sets only cookies that no script, no other host and no other site’s form gets', async () => {
    const begun = await test.fetch('/auth/login')
    test.wecom.codes.set('CODE-OF-COOKIES', guide.actor.userId)
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? ''
    const cookie = begun.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const back = await test.fetch(`/auth/callback?code=CODE-OF-COOKIES&state=${state}`, {
      headers: { Cookie: cookie },
    })
    const set = [...begun.headers.getSetCookie(), ...back.headers.getSetCookie()]
    expect(set.length).toBeGreaterThanOrEqual(2)
    for (const line of set) {
      expect(line).toMatch(/^__Host-[\w-]+=/)
      for (const part of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']) expect(line).toContain(part)
      expect(line).not.toMatch(/Domain=/i)
    }
  })
})

describe('P7 what a request says of its host', () => {
  const lies = {
    Host: 'evil.example',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'http',
    'X-Forwarded-Port': '8080',
    'X-Forwarded-Prefix': '/evil.example',
    'X-Original-URL': '/api/session',
    'X-Rewrite-URL': '/api/session',
    Forwarded: 'host=evil.example;proto=http',
  }

  it('leads nowhere: no redirect, page or document names it', async () => {
    for (const path of openPaths()) {
      for (const headers of [{ ...lies }, { ...lies, Cookie: guide.cookie }]) {
        const answer = await test.app.request(`http://evil.example${path}`, { headers })
        const location = answer.headers.get('location') ?? ''
        expect([path, location.includes('evil.example')]).toEqual([path, false])
        expect([path, /^(\/(?![/\\])|https:\/\/open\.weixin\.qq\.com\/|$)/.test(location)]).toEqual([
          path,
          true,
        ])
        expect([path, (await answer.text()).includes('evil.example')]).toEqual([path, false])
      }
    }
  })

  it('the way back from WeCom is under PUBLIC_URL', async () => {
    const answer = await test.app.request('http://evil.example/auth/login?to=//evil.example/', {
      headers: lies,
    })
    const url = new URL(answer.headers.get('location') ?? '')
    expect(url.searchParams.get('redirect_uri')).toBe(`${TEST_PUBLIC_URL}/auth/callback`)
  })

  it('opens no other route', async () => {
    expect((await test.fetch('/healthz', { headers: lies })).status).toBe(200)
    expect(await (await test.fetch('/healthz', { headers: lies })).json()).toEqual({ status: 'alive' })
  })
})

describe('P6 an address', () => {
  it.each([
    '/assets/../../package.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/..%5c..%5cpackage.json',
    '/..;/package.json',
    '/.env',
    '/.git/config',
    '/.vite/manifest.json',
    '/index.html',
    '/server/config.ts',
    '/WW_verify_..%2f..%2fpackage.txt',
    '/WW_verify_%00.txt',
    '/assets/entry.js%00.txt',
    '/%c0%ae%c0%ae/package.json',
    '//etc/passwd',
    '/file:///etc/passwd',
  ])('%s reads no file that is not meant to be read', async path => {
    const answer = await test.app.request(`${TEST_PUBLIC_URL}${path}`)
    expect(answer.status).toBe(404)
    expect(await answer.text()).not.toMatch(/"dependencies"|root:/)
  })

  it.each([
    '/auth/login?to=/sidebar/%0d%0aSet-Cookie:%20__Host-guidebar=evil',
    '/sidebar?a=%0d%0aSet-Cookie:%20x=1',
    '/sidebar/?a=%0d%0aLocation:%20https://evil.example',
    '/auth/callback?code=%0d%0aX-Evil:%201&state=%0d%0aX-Evil:%201',
  ])('%s adds no header', async path => {
    const answer = await test.fetch(path)
    expect(answer.status).toBeLessThan(500)
    expect(answer.headers.has('x-evil')).toBe(false)
    expect(answer.headers.getSetCookie().filter(line => /evil|^x=/.test(line))).toEqual([])
    expect(answer.headers.get('location') ?? '').not.toMatch(/[\r\n]/)
  })
})
