import { createHash } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Boot } from '../../../../shared/contract/session.ts'
import { fillDocument, themeOf } from '../../../../server/domains/session/document.routes.ts'
import { jssdkSignature } from '../../../../server/domains/session/signPage.ts'
import { WecomError } from '../../../../server/wecom/errors.ts'
import { createTestApp, TEST_PUBLIC_URL, type TestApp } from '../../../support/createTestApp.ts'
import { TEST_NOW } from '../../../support/make.ts'

let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())
afterEach(() => test.clock.set(TEST_NOW))

const bootOf = (html: string): Boot =>
  JSON.parse(/<script type="application\/json" id="boot"[^>]*>(.*?)<\/script>/s.exec(html)?.[1] ?? '') as Boot

describe('a session', () => {
  it('tells who it is', async () => {
    const store = await test.make.store(test.corp)
    const guide = await test.signIn(await test.make.staff(test.corp, { store, name: '陈露' }))
    const answer = await guide.fetch('/api/session')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toMatchObject({
      staff: { userId: guide.actor.userId, name: '陈露', role: 'guide', store: { name: '国贸店' } },
      corp: {
        corpId: test.corp.wecomCorpId,
        agentId: '1000002',
        name: '云锦珠宝',
        timeZone: 'Asia/Shanghai',
      },
      today: '2026-11-21',
      import: { state: 'waiting', customers: 0 },
    })
  })

  it('tells why the import stands still to admins only: it names settings and the server’s address', async () => {
    const corp = await test.make.corp()
    await sql`
      insert into sync_runs (corp_id, state, reason, started_at)
      values (${corp.corpId}, 'stopped', '请加上 203.0.113.7', ${TEST_NOW})`.execute(test.db)
    for (const [role, reason] of [
      ['guide', null],
      ['manager', null],
      ['admin', '请加上 203.0.113.7'],
    ] as const) {
      const session = await test.services.session.getSession(await test.make.staff(corp, { role }))
      expect([role, session.import.state, session.import.reason]).toEqual([role, 'stopped', reason])
    }
  })

  it('P24 that cannot be marked as used for want of space still lets its owner read', async () => {
    const guide = await test.signIn(await test.make.staff(test.corp))
    const { externalUserId } = await test.make.followed(test.corp, guide.actor)
    await sql`
      create function no_space() returns trigger language plpgsql as $$
      begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$`.execute(test.db)
    await sql`create trigger full_disk before update on sessions for each row execute function no_space()`.execute(
      test.db,
    )
    test.clock.advance({ minutes: 30 })
    try {
      for (const path of ['/api/session', `/api/customers/${externalUserId}/card`])
        expect((await guide.fetch(path)).status, path).toBe(200)
    } finally {
      await sql`drop trigger full_disk on sessions`.execute(test.db)
    }
  })

  it('ends after two idle hours, and lasts twelve for somebody at work', async () => {
    const guide = await test.signIn(await test.make.staff(test.corp))
    for (let hour = 1; hour <= 11; hour++) {
      test.clock.advance({ hours: 1 })
      expect((await guide.fetch('/api/session')).status).toBe(200)
    }
    test.clock.advance({ hours: 1 })
    expect(await (await guide.fetch('/api/session')).json()).toMatchObject({
      status: 401,
      code: 'session_expired',
    })

    test.clock.set(TEST_NOW)
    const idle = await test.signIn(await test.make.staff(test.corp))
    test.clock.advance({ hours: 2, seconds: 1 })
    expect((await idle.fetch('/api/session')).status).toBe(401)
  })

  it('is marked as used at most every five minutes', async () => {
    const guide = await test.signIn(await test.make.staff(test.corp))
    const updates = async () => {
      test.statements.length = 0
      await guide.fetch('/api/session')
      return test.statements.filter(text => text.includes('update sessions')).length
    }
    expect(await updates()).toBe(0)
    test.clock.advance({ minutes: 6 })
    expect(await updates()).toBe(1)
    expect(await updates()).toBe(0)
  })

  it('ends when its owner signs out', async () => {
    const guide = await test.signIn(await test.make.staff(test.corp))
    expect((await guide.fetch('/api/session', { method: 'DELETE' })).status).toBe(204)
    expect(await (await guide.fetch('/api/session')).json()).toMatchObject({ code: 'session_revoked' })
  })

  it.each(['disabled', 'left'] as const)('is worth nothing once its owner is %s', async status => {
    const guide = await test.signIn(await test.make.staff(test.corp, { status }))
    expect((await guide.fetch('/api/session')).status).toBe(401)
  })

  it('is a plain cookie where the trial runs without https', async () => {
    const local = await createTestApp({ publicUrl: 'http://127.0.0.1:23456' })
    const guide = await local.signIn(await local.make.staff(local.corp))
    expect(guide.cookie).toMatch(/^guidebar=/)
    expect((await guide.fetch('/api/session')).status).toBe(200)
    await local.close()
  })
})

describe('the document', () => {
  it('goes to the login first, and remembers where it was to be', async () => {
    const answer = await test.fetch('/sidebar/?x=1&y=%E4%BD%A0')
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toBe(
      `/auth/login?to=${encodeURIComponent('/sidebar/?x=1&y=%E4%BD%A0')}`,
    )
  })

  it('P7 asks the browser for what stands behind the #, and lets the login judge where that leads', async () => {
    const open = (path: string) =>
      test.app.request(`http://evil.example${path}`, { headers: { Accept: 'text/html,*/*;q=0.8' } })
    const answer = await open('/sidebar/?x=1')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const page = await answer.text()
    const [, nonce = '', script = ''] = /<script nonce="([^"]+)">([^<]*)<\/script>/.exec(page) ?? []
    expect(answer.headers.get('content-security-policy')).toContain(`'nonce-${nonce}'`)
    expect(page).toContain(`0;url=/auth/login?to=${encodeURIComponent('/sidebar/?x=1')}`)

    const replaced: string[] = []
    const location = {
      pathname: '/sidebar/',
      search: '?x=1',
      hash: '#/console/privacy?of=1&and=2',
      replace: (address: string) => void replaced.push(address),
    }
    runInNewContext(script, { location, encodeURIComponent })
    expect(replaced).toEqual([
      `/auth/login?to=${encodeURIComponent('/sidebar/?x=1#/console/privacy?of=1&and=2')}`,
    ])
  })

  it('carries the session and both signatures of exactly its address under PUBLIC_URL', async () => {
    const guide = await test.signIn(await test.make.staff(test.corp))
    const answer = await test.app.request('http://evil.example/sidebar/?x=1&y=%E4%BD%A0', {
      headers: { Cookie: guide.cookie, Host: 'evil.example', 'X-Forwarded-Host': 'evil.example' },
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const { session, signatures } = bootOf(await answer.text())
    expect(session.staff.userId).toBe(guide.actor.userId)
    expect(signatures?.url).toBe(`${TEST_PUBLIC_URL}/sidebar/?x=1&y=%E4%BD%A0`)
    for (const [kind, ticket] of Object.entries(test.wecom.tickets)) {
      const { nonceStr, timestamp, signature } = signatures?.[kind as 'corp' | 'agent'] ?? {
        nonceStr: '',
        timestamp: 0,
      }
      const text = `jsapi_ticket=${ticket}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${signatures?.url}`
      expect(signature).toBe(createHash('sha1').update(text).digest('hex'))
    }
  })

  it('P6 gives each member one key for her device, the same in every session and nobody else’s', async () => {
    const [one, other] = [await test.make.staff(test.corp), await test.make.staff(test.corp)]
    const keyOf = async (member: typeof one) =>
      bootOf(await (await (await test.signIn(member)).fetch('/sidebar/')).text()).deviceKey
    const key = await keyOf(one)
    expect(Buffer.from(key ?? '', 'base64url')).toHaveLength(32)
    expect(await keyOf(one)).toBe(key)
    expect(await keyOf(other)).not.toBe(key)
    const session = await (await test.signIn(one)).fetch('/api/session')
    expect(await session.text()).not.toContain(key)
  })

  it('lets only scripts with its nonce run, a new one each time', async () => {
    const guide = await test.signIn(await test.make.staff(test.corp))
    const nonces = new Set<string>()
    for (let time = 0; time < 2; time++) {
      const answer = await guide.fetch('/sidebar/')
      const policy = answer.headers.get('content-security-policy') ?? ''
      const nonce = /script-src 'self' 'nonce-([^']+)'/.exec(policy)?.[1] ?? ''
      expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/)
      const html = await answer.text()
      expect(html).toContain(`<script nonce="${nonce}">`)
      expect(html).not.toContain('__CSP_NONCE__')
      nonces.add(nonce)
    }
    expect(nonces.size).toBe(2)
  })

  it('may use the camera, which nothing else of ours may', async () => {
    const guide = await test.signIn(await test.make.staff(test.corp))
    const allowed = async (path: string) => (await guide.fetch(path)).headers.get('permissions-policy')
    expect(await allowed('/sidebar/')).toBe('camera=(self), microphone=(), geolocation=()')
    expect(await allowed('/c/AAAAAAAAAAAAAAAAAAAAAA')).toBe('camera=(), microphone=(), geolocation=()')
  })

  it('opens without signatures when WeCom does not answer', async () => {
    const guide = await test.signIn(await test.make.staff(test.corp))
    test.wecom.fail('getTicket', new WecomError('get_jsapi_ticket', { trouble: 'timeout' }), 1)
    const answer = await guide.fetch('/sidebar/')
    expect(answer.status).toBe(200)
    expect(bootOf(await answer.text()).signatures).toBeNull()
  })

  it('cannot be broken out of by a name', () => {
    const html = fillDocument('<html><!--boot-->', {
      nonce: 'n',
      theme: 'dark',
      boot: {
        session: { name: '</script><script>alert(1)</script>$&' },
        signatures: null,
      } as unknown as Boot,
    })
    expect(html.match(/<\/script>/g)).toHaveLength(1)
    expect(html).toContain('<html data-theme="dark">')
    expect(bootOf(html).session).toEqual({ name: '</script><script>alert(1)</script>$&' })
  })

  it.each([
    ['Mozilla wxwork/5.0.11 ColorScheme/Dark', 'dark'],
    ['Mozilla wxwork/5.0.11 ColorScheme/Light', 'light'],
    ['Mozilla wxwork/5.0.11', null],
  ])('reads the theme of %s as %s', (userAgent, theme) => expect(themeOf(userAgent)).toBe(theme))

  it.each([
    ['/', '/sidebar/'],
    ['/sidebar', '/sidebar/'],
    ['/sidebar?a=1', '/sidebar/?a=1'],
  ])('is found from %s', async (from, to) => {
    const answer = await test.fetch(from)
    expect([answer.status, answer.headers.get('location')]).toEqual([302, to])
  })
})

describe('P7 signatures', () => {
  // wecom/server-api.md §1, both worked examples.
  it('are WeCom’s own examples', () => {
    expect(
      jssdkSignature(
        'kgt8ON7yVITDhtdwci0qeZg4L-Dj1O5WF42Nog47n_0aGF4WPJDIF2UA9MeS8GSAMPLE',
        'a1b2c3d4e5f6',
        1767225600,
        'https://sidebar.example.com/app/index.html?corp=ww1234567890abcdef&code=CODE01&state=s1',
      ),
    ).toBe('c8f741f88b4750c7b792f31eb6e81d77f1276d1a')
    expect(
      jssdkSignature(
        'sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg',
        'Wm3WZYTPz0wzccnW',
        1414587457,
        'http://mp.weixin.qq.com?params=value',
      ),
    ).toBe('0f9de62fce790f9a083d5c99e95740ceb90c27ed')
  })

  it('are given for our own pages, without what stands behind #', async () => {
    const guide = await test.signIn(await test.make.staff(test.corp))
    const url = `${TEST_PUBLIC_URL}/sidebar/?a=1#/today`
    const answer = await guide.fetch(`/api/jssdk/signature?${new URLSearchParams({ url }).toString()}`)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ url: `${TEST_PUBLIC_URL}/sidebar/?a=1` })
  })

  it.each([
    'https://evil.example/sidebar/',
    `${TEST_PUBLIC_URL}.evil.example/`,
    `${TEST_PUBLIC_URL}@evil.example/`,
    'https://user@guidebar.example.com/sidebar/',
    'http://guidebar.example.com/sidebar/',
  ])('are refused for %s', async url => {
    const guide = await test.signIn(await test.make.staff(test.corp))
    const answer = await guide.fetch(`/api/jssdk/signature?${new URLSearchParams({ url }).toString()}`)
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({ errors: [{ path: 'url' }] })
  })

  it('come with renewed tickets, a few times quickly and then at most once a minute', async () => {
    const own = await createTestApp()
    const guide = await own.signIn(await own.make.staff(own.corp))
    const url = new URLSearchParams({ url: `${TEST_PUBLIC_URL}/sidebar/` }).toString()
    for (let time = 0; time < 12; time++) await guide.fetch(`/api/jssdk/signature?${url}`)
    const ages = own.wecom
      .callsOf('getTicket')
      .map(([, wanted]) => (wanted as { maxAgeSeconds: number }).maxAgeSeconds)
    expect(ages).toEqual([...Array<number>(20).fill(3), ...Array<number>(4).fill(60)])
    await own.close()
  })

  it('say when WeCom is away', async () => {
    const guide = await test.signIn(await test.make.staff(test.corp))
    test.wecom.fail('getTicket', new WecomError('ticket/get', { errcode: 40001 }), 1)
    const url = `${TEST_PUBLIC_URL}/sidebar/`
    const answer = await guide.fetch(`/api/jssdk/signature?${new URLSearchParams({ url }).toString()}`)
    expect(await answer.json()).toMatchObject({ status: 502, code: 'wecom_error' })
  })
})
