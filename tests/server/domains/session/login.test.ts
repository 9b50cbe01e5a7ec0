import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WecomError } from '../../../../server/wecom/errors.ts'
import { createTestApp, type TestApp } from '../../../support/createTestApp.ts'
import { aMember } from '../../../support/fakeWecom.ts'
import { TEST_NOW } from '../../../support/make.ts'

let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())

/** A browser: keeps the cookies it is given and follows nothing by itself. */
function createBrowser() {
  const cookies = new Map<string, string>()
  return {
    cookies,
    async get(path: string): Promise<Response> {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const answer = await test.fetch(path, { headers: cookie ? { Cookie: cookie } : {} })
      for (const line of answer.headers.getSetCookie()) {
        const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=')
        if (/max-age=0/i.test(line)) cookies.delete(name)
        else cookies.set(name, value)
      }
      return answer
    },
  }
}
type Browser = ReturnType<typeof createBrowser>

/** Starts a login and answers what WeCom would send the browser back to. */
async function start(
  browser: Browser,
  path = '/auth/login',
): Promise<{ state: string; back: (code: string) => string }> {
  const answer = await browser.get(path)
  expect(answer.status).toBe(302)
  const state = new URL(answer.headers.get('location') ?? '').searchParams.get('state') ?? ''
  return { state, back: code => `/auth/callback?${new URLSearchParams({ code, state }).toString()}` }
}

let nextCode = 0
function codeFor(userId: string | undefined): string {
  const code = `CODE${nextCode++}`
  test.wecom.codes.set(code, userId)
  return code
}
async function knownGuide(): Promise<{ userId: string; staffId: number }> {
  return test.make.staff(test.corp)
}
const locationOf = (answer: Response) => answer.headers.get('location')

describe('P5 login', () => {
  it('asks WeCom who it is with everything the page of WeCom needs', async () => {
    const answer = await createBrowser().get('/auth/login?to=%2Fsidebar%2F%3Ffrom%3Dchat')
    const url = new URL(locationOf(answer) ?? '')
    expect(url.origin + url.pathname).toBe('https://open.weixin.qq.com/connect/oauth2/authorize')
    expect(url.hash).toBe('#wechat_redirect')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      appid: test.corp.wecomCorpId,
      redirect_uri: 'https://guidebar.example.com/auth/callback',
      response_type: 'code',
      scope: 'snsapi_base',
      state: expect.stringMatching(/^[a-zA-Z0-9]{60,128}$/) as string,
      agentid: '1000002',
    })
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it('lets a member in, sets a cookie no script can read, and returns to the clean page', async () => {
    const { userId } = await knownGuide()
    const browser = createBrowser()
    const { back } = await start(browser, '/auth/login?to=%2Fsidebar%2F%3Ffrom%3Dchat')
    const answer = await browser.get(back(codeFor(userId)))
    expect(answer.status).toBe(302)
    expect(locationOf(answer)).toBe('/sidebar/?from=chat#/')
    const cookie = answer.headers.getSetCookie().find(line => line.startsWith('__Host-guidebar=')) ?? ''
    expect(cookie).toMatch(/; Path=\//)
    for (const word of ['HttpOnly', 'Secure', 'SameSite=Lax']) expect(cookie).toContain(word)
    const page = await browser.get('/sidebar/?from=chat')
    expect(page.status).toBe(200)
  })

  it('returns to the page of the workbench that was meant, also when the return comes again', async () => {
    const { userId } = await knownGuide()
    const browser = createBrowser()
    const { back } = await start(browser, '/auth/login?to=/sidebar/%23/today')
    const path = back(codeFor(userId))
    expect(locationOf(await browser.get(path))).toBe('/sidebar/#/today')
    expect(locationOf(await browser.get(path))).toBe('/sidebar/#/today')
  })

  it('keeps what was begun for an hour and no longer, whoever began it', async () => {
    const count = async () =>
      (await sql<{ count: number }>`select count(*)::int as count from login_attempts`.execute(test.db))
        .rows[0]?.count
    await sql`delete from login_attempts`.execute(test.db)
    await start(createBrowser())
    test.clock.advance({ minutes: 55 })
    await start(createBrowser())
    test.clock.advance({ minutes: 6 })
    await test.services.session.sweepAttempts()
    test.clock.set(TEST_NOW)
    expect(await count()).toBe(1)
  })

  it('remembers the page that was meant when the login starts over', async () => {
    const { back } = await start(createBrowser(), '/auth/login?to=/sidebar/%23/today')
    const stranger = createBrowser()
    const restart = locationOf(await stranger.get(back('X'))) ?? ''
    expect(new URLSearchParams(restart.split('?')[1]).get('to')).toBe('/sidebar/#/today')
    const { userId } = await knownGuide()
    const again = await start(stranger, restart)
    expect(locationOf(await stranger.get(again.back(codeFor(userId))))).toBe('/sidebar/#/today')
  })

  it('stores only hashes of the session and of the state', async () => {
    const { userId } = await knownGuide()
    const browser = createBrowser()
    const { state, back } = await start(browser)
    await browser.get(back(codeFor(userId)))
    const rows = await sql<{ all: string }>`
      select (select json_agg(s) from sessions s)::text || (select json_agg(l) from login_attempts l)::text as all`.execute(
      test.db,
    )
    const stored = rows.rows[0]?.all ?? ''
    expect(stored).not.toContain(state)
    for (const token of browser.cookies.values()) expect(stored).not.toContain(token)
  })

  it('lands in the app when the same return comes again, without asking WeCom twice', async () => {
    const { userId } = await knownGuide()
    const browser = createBrowser()
    const { back } = await start(browser)
    const path = back(codeFor(userId))
    await browser.get(path)
    const asked = test.wecom.callsOf('findLoginUser').length
    const again = await browser.get(path)
    expect(again.status).toBe(302)
    expect(locationOf(again)).toBe('/sidebar/#/')
    expect((await browser.get('/sidebar/')).status).toBe(200)
    expect(test.wecom.callsOf('findLoginUser')).toHaveLength(asked)
  })

  it('gives one session when the same return comes twice at the same time', async () => {
    const { userId, staffId } = await knownGuide()
    const browser = createBrowser()
    const { back } = await start(browser)
    const path = back(codeFor(userId))
    const answers = await Promise.all([browser.get(path), browser.get(path), browser.get(path)])
    expect(answers.map(locationOf)).toEqual(['/sidebar/#/', '/sidebar/#/', '/sidebar/#/'])
    const sessions = await sql`select 1 from sessions where staff_id = ${staffId}`.execute(test.db)
    expect(sessions.rows).toHaveLength(1)
  })

  it('gives nothing to a browser that did not start the login, and starts over once', async () => {
    const { userId, staffId } = await knownGuide()
    const { back } = await start(createBrowser())
    const stranger = createBrowser()
    const answer = await stranger.get(back(codeFor(userId)))
    expect(answer.status).toBe(302)
    expect(locationOf(answer)).toMatch(/^\/auth\/login\?.*again=1/)
    expect([...stranger.cookies.keys()]).not.toContain('__Host-guidebar')
    const sessions = await sql`select 1 from sessions where staff_id = ${staffId}`.execute(test.db)
    expect(sessions.rows).toHaveLength(0)
  })

  it('ends on one clear page when the second try is lost too, also for a browser that keeps no cookies', async () => {
    const without = { get: (path: string) => test.fetch(path) }
    const first = await without.get('/auth/login')
    const stateOf = (answer: Response) => new URL(locationOf(answer) ?? '').searchParams.get('state') ?? ''
    const lost = await without.get(`/auth/callback?code=X&state=${stateOf(first)}`)
    const second = await without.get(locationOf(lost) ?? '')
    const page = await without.get(`/auth/callback?code=X&state=${stateOf(second)}`)
    expect(page.status).toBe(400)
    expect(page.headers.get('content-type')).toMatch(/^text\/html/)
    expect(await page.text()).toContain('登录没有接上')
  })

  it('starts over when the return comes after ten minutes', async () => {
    const { userId } = await knownGuide()
    const browser = createBrowser()
    const { back } = await start(browser)
    test.clock.advance({ minutes: 11 })
    const answer = await browser.get(back(codeFor(userId)))
    test.clock.set(TEST_NOW)
    expect(locationOf(answer)).toMatch(/^\/auth\/login/)
    expect([...browser.cookies.keys()]).not.toContain('__Host-guidebar')
  })

  it('starts over when WeCom says the code has been used', async () => {
    const { userId } = await knownGuide()
    const code = codeFor(userId)
    const first = createBrowser()
    await first.get((await start(first)).back(code))
    const second = createBrowser()
    const answer = await second.get((await start(second)).back(code))
    expect(locationOf(answer)).toMatch(/again=1/)
  })

  it.each([undefined, '', 'a1', '%00', 'a'.repeat(500)])(
    'starts over for the unknown state %s',
    async state => {
      const answer = await createBrowser().get(
        `/auth/callback?code=X${state === undefined ? '' : `&state=${state}`}`,
      )
      expect(answer.status).toBe(302)
      expect(locationOf(answer)).toMatch(/^\/auth\/login/)
    },
  )

  it.each([
    ['/sidebar/?a=1', '/sidebar/?a=1'],
    ['//evil.example', '/sidebar/'],
    ['/\\evil.example', '/sidebar/'],
    ['https://evil.example/', '/sidebar/'],
    ['/\t/evil.example', '/sidebar/'],
    ['javascript:alert(1)', '/sidebar/'],
    ['/auth/login', '/sidebar/'],
  ])('returns from %s to %s', async (to, expected) => {
    const { userId } = await knownGuide()
    const browser = createBrowser()
    const { back } = await start(browser, `/auth/login?${new URLSearchParams({ to }).toString()}`)
    expect(locationOf(await browser.get(back(codeFor(userId))))).toBe(`${expected}#/`)
  })
})

describe('who is let in', () => {
  async function signIn(userId: string | undefined): Promise<Response> {
    const browser = createBrowser()
    const { back } = await start(browser)
    return browser.get(back(codeFor(userId)))
  }
  const staffRow = async (userId: string) =>
    (
      await sql<{ role: string; store: string | null }>`
      select role, stores.name as store from staff left join stores using (store_id)
      where staff.corp_id = ${test.corp.corpId} and user_id = ${userId}`.execute(test.db)
    ).rows[0]

  it('learns a member it has not met, with her store and her part in it', async () => {
    await sql`insert into stores (corp_id, department_id, name) values (${test.corp.corpId}, 77, '西单店')`.execute(
      test.db,
    )
    test.wecom.members.push(aMember('newguide', { departmentIds: [2, 77], mainDepartmentId: 2 }))
    test.wecom.members.push(aMember('newmanager', { departmentIds: [77], leadsDepartmentIds: [77] }))
    test.wecom.members.push(aMember('HQ_Admin'))
    for (const userId of ['newguide', 'newmanager', 'HQ_Admin'])
      expect((await signIn(userId)).status).toBe(302)
    expect(await staffRow('newguide')).toEqual({ role: 'guide', store: '西单店' })
    expect(await staffRow('newmanager')).toEqual({ role: 'manager', store: '西单店' })
    expect(await staffRow('HQ_Admin')).toEqual({ role: 'admin', store: null })
  })

  it('says so to somebody outside the range, to a stranger, and to a disabled member', async () => {
    test.wecom.members.push(aMember('asleep', { status: 'disabled' }))
    for (const userId of ['nobody', undefined, 'asleep']) {
      const page = await signIn(userId)
      expect(page.status).toBe(403)
      expect(await page.text()).toContain('还没有对你开放')
      expect(page.headers.getSetCookie().join()).not.toContain('__Host-guidebar=')
    }
  })

  it('takes back the role of somebody who is on the list of admins no more', async () => {
    const former = await test.make.staff(test.corp, { role: 'admin' })
    test.wecom.members.push(aMember(former.userId))
    await signIn(former.userId)
    expect((await staffRow(former.userId))?.role).toBe('guide')
  })

  it('says when WeCom does not answer, and that trying again makes sense', async () => {
    const { userId } = await knownGuide()
    test.wecom.fail('findLoginUser', new WecomError('auth/getuserinfo', { trouble: 'timeout' }), 1)
    const page = await signIn(userId)
    expect(page.status).toBe(504)
    expect(await page.text()).toContain('再试一次')
  })

  it('ends the former session of the browser when another member signs in', async () => {
    const [first, second] = [await knownGuide(), await knownGuide()]
    const browser = createBrowser()
    await browser.get((await start(browser)).back(codeFor(first.userId)))
    const former = `__Host-guidebar=${browser.cookies.get('__Host-guidebar')}`
    await browser.get((await start(browser)).back(codeFor(second.userId)))
    const answer = await test.fetch('/api/session', { headers: { Cookie: former } })
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ code: 'session_revoked' })
  })
})

describe('P6 nothing of the login is in the log', () => {
  it('holds neither code, state, token nor query', async () => {
    const { userId } = await knownGuide()
    const browser = createBrowser()
    const { state, back } = await start(browser)
    const code = codeFor(userId)
    await browser.get(back(code))
    const written = JSON.stringify(test.logged)
    for (const secret of [state, code, ...browser.cookies.values()]) expect(written).not.toContain(secret)
    expect(test.logged.some(line => line.route === '/auth/callback')).toBe(true)
  })
})

describe('P6 a sign-in that is refused', () => {
  const callback = '/auth/callback'
  /** What the log says at `info` and above of what was asked for just now. */
  const said = () =>
    test.logged
      .filter(line => line.msg === 'request' && Number(line.level) >= 30)
      .map(({ route, status, code }) => ({ route, status, code }))
  const backWith = async (from: Browser, to: Browser, code: string) => {
    const { back } = await start(from)
    test.logged.length = 0
    return to.get(back(code))
  }

  it('leaves a line of the log with its code: another browser’s state, a late one, an unknown one, a used code', async () => {
    const { userId } = await knownGuide()
    const [hers, other] = [createBrowser(), createBrowser()]
    const lost = { route: callback, status: 302, code: 'oauth_state_invalid' }
    await backWith(createBrowser(), other, codeFor(userId))
    expect(said()).toEqual([lost])
    const code = codeFor(userId)
    await backWith(hers, hers, code)
    expect(said()).toEqual([])
    await backWith(hers, hers, code)
    expect(said()).toEqual([lost])
    const { back } = await start(hers)
    test.clock.advance({ minutes: 11 })
    test.logged.length = 0
    await hers.get(back(codeFor(userId)))
    test.clock.set(TEST_NOW)
    expect(said()).toEqual([lost])
    test.logged.length = 0
    await other.get(`${callback}?code=X&state=unknown`)
    expect(said()).toEqual([lost])
  })

  it('leaves one too where the second try is lost, and where somebody is not let in', async () => {
    const other = createBrowser()
    const { state } = await start(createBrowser(), '/auth/login?again=1')
    test.logged.length = 0
    expect((await other.get(`${callback}?code=X&state=${state}`)).status).toBe(400)
    expect(said()).toEqual([{ route: callback, status: 400, code: 'oauth_state_invalid' }])
    const outsider = createBrowser()
    expect((await backWith(outsider, outsider, codeFor('somebody.unknown'))).status).toBe(403)
    expect(said()).toEqual([{ route: callback, status: 403, code: 'not_a_member' }])
    expect(JSON.stringify(test.logged)).not.toContain('somebody.unknown')
  })
})

describe('the audit record', () => {
  const entries = async () =>
    (
      await sql<{ action: string; staff_id: number | null; detail: object }>`
        select action, staff_id, detail from audit_entries order by entry_id`.execute(test.db)
    ).rows
  const since = async (count: number) => (await entries()).slice(count)

  it('has each login with the kind of device, each logout, and who was not let in', async () => {
    const { userId, staffId } = await knownGuide()
    const before = (await entries()).length
    const browser = createBrowser()
    const { back } = await start(browser)
    await browser.get(back(codeFor(userId)))
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const out = { method: 'DELETE', headers: { Cookie: cookie, Origin: test.config.publicUrl } }
    expect((await test.fetch('/api/session', out)).status).toBe(204)
    expect((await test.fetch('/api/session', out)).status).toBe(401)
    expect(await since(before)).toEqual([
      { action: 'loggedIn', staff_id: staffId, detail: { app: 'other', platform: 'other' } },
      { action: 'loggedOut', staff_id: staffId, detail: {} },
    ])
    const outsider = createBrowser()
    const attempt = await start(outsider)
    expect((await outsider.get(attempt.back(codeFor('somebody.unknown')))).status).toBe(403)
    expect((await since(before)).slice(2)).toEqual([
      { action: 'denied', staff_id: null, detail: { code: 'not_a_member', operation: 'login' } },
    ])
  })
})
