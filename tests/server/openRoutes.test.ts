import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Problem } from '../../shared/contract/problem.ts'
import { assertOnlyKnownRoutes, OPEN_ROUTES, type OpenRoute } from '../../server/http/openRoutes.ts'
import { createTestApp, TEST_PUBLIC_URL, type TestApp } from '../support/createTestApp.ts'

let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())

/** What each open route tells a stranger, asked with nothing at all. */
const toStrangers: Record<string, number> = {
  'GET /auth/login': 302,
  'GET /auth/callback': 302,
  'GET /wecom/callback': 400,
  'POST /wecom/callback': 400,
  'GET /c/icon.png': 200,
  'GET /c/picture/:pictureId': 404,
  'GET /c/back': 400,
  'GET /c/:token': 404,
  'GET /c/:token/state': 404,
  'POST /c/:token': 404,
  'GET /healthz': 200,
  'GET /readyz': 200,
  'GET /api/openapi.json': 200,
  'GET /api/docs': 200,
  'GET /:name{WW_verify_[A-Za-z0-9]+\\.txt}': 404,
  'GET /*': 404,
}

const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`
const isOpen = (route: { method: string; path: string }) =>
  OPEN_ROUTES.some(open => nameOf(open) === nameOf(route))
const routes = () =>
  test.app.routes.filter(
    (route, place, all) =>
      route.method !== 'ALL' && all.findIndex(other => nameOf(other) === nameOf(route)) === place,
  )
const exampleOf = (path: string) =>
  path
    .replace(/:name\{.*\}/, 'WW_verify_abc.txt')
    .replace(/:\w+/g, 'a1b2c3')
    .replace('*', 'assets/nothing.js')

describe('P1 without a valid session', () => {
  it('every route that is not on the list answers 401, whatever comes with the request', async () => {
    const closed = routes().filter(route => !isOpen(route))
    expect(closed.length).toBeGreaterThan(35)
    const ended = await test.make.session(await test.make.staff(test.corp), { revokedAt: test.clock.now() })
    const cookies = [undefined, 'guess', 'a'.repeat(43), ended.token]
    for (const route of closed) {
      for (const cookie of cookies) {
        const headers: Record<string, string> = {
          Origin: TEST_PUBLIC_URL,
          'Content-Type': 'application/json',
          'Idempotency-Key': 'a-key-without-a-session',
          Authorization: 'Bearer anything',
        }
        if (cookie !== undefined) headers.Cookie = `__Host-guidebar=${cookie}`
        const body = route.method === 'GET' ? undefined : '{}'
        const answer = await test.fetch(exampleOf(route.path), { method: route.method, headers, body })
        expect([nameOf(route), answer.status]).toEqual([nameOf(route), 401])
        expect(Problem.parse(await answer.json()).code).toMatch(/^(unauthenticated|session_revoked)$/)
      }
    }
  })

  it('hears nothing either of what else is wrong with the request', async () => {
    for (const route of routes().filter(each => !isOpen(each) && each.path.includes(':'))) {
      const answer = await test.fetch(route.path.replace(/:\w+/g, '%20'), {
        method: route.method,
        headers: { Origin: TEST_PUBLIC_URL, Cookie: `__Host-guidebar=${'a'.repeat(43)}` },
      })
      expect([nameOf(route), answer.status]).toEqual([nameOf(route), 401])
    }
  })

  it.each(OPEN_ROUTES.filter(route => route.leadsToLogin))(
    '$method $path leads to the login and shows nothing',
    async ({ method, path }: OpenRoute) => {
      let answer = await test.fetch(path, { method })
      // From short addresses to the page, from the page to the login.
      for (let hop = 0; hop < 2 && !answer.headers.get('location')?.startsWith('/auth/login'); hop++) {
        expect(answer.status).toBe(302)
        answer = await test.fetch(answer.headers.get('location') ?? '')
      }
      expect(answer.headers.get('location')).toMatch(/^\/auth\/login\?to=/)
      expect(await answer.text()).toBe('')
    },
  )

  it('the rest of the list tells a stranger only what is meant for strangers', async () => {
    const open = OPEN_ROUTES.filter(route => !route.leadsToLogin)
    expect(open.map(nameOf).sort()).toEqual(Object.keys(toStrangers).sort())
    for (const route of open) {
      const answer = await test.fetch(exampleOf(route.path), { method: route.method })
      expect([nameOf(route), answer.status]).toEqual([nameOf(route), toStrangers[nameOf(route)]])
    }
  })
})

describe('the list of open routes', () => {
  it('holds nothing the app does not have, and the app nothing that is on no list', () => {
    expect(() => assertOnlyKnownRoutes(test.app.routes)).not.toThrow()
    expect(() => assertOnlyKnownRoutes([...test.app.routes, { method: 'GET', path: '/metrics' }])).toThrow(
      'GET /metrics',
    )
    expect(() => assertOnlyKnownRoutes([...test.app.routes, { method: 'ALL', path: '/api/secret' }])).toThrow(
      'ALL /api/secret',
    )
    expect(() => assertOnlyKnownRoutes(test.app.routes.filter(({ path }) => path !== '/healthz'))).toThrow(
      'GET /healthz',
    )
  })
})
