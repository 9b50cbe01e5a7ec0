import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Problem } from '../../../shared/contract/problem.ts'
import { createTestApp, TEST_PUBLIC_URL, type SignedIn, type TestApp } from '../../support/createTestApp.ts'
import { addressOf, operations, preconditions } from './walk.ts'

let test: TestApp
let admin: SignedIn
beforeAll(async () => {
  test = await createTestApp()
  admin = await test.signIn(await test.make.staff(test.corp, { role: 'admin' }))
})
afterAll(() => test.close())

const changes = operations.filter(({ method }) => method !== 'get')
const named = changes.map(endpoint => [endpoint.id, endpoint] as const)
/** What a page of somebody else's can make a browser send with her cookie. */
const foreign: Record<string, string>[] = [
  {},
  { Origin: 'null' },
  { Origin: 'https://evil.example' },
  { Origin: `${TEST_PUBLIC_URL}.evil.example` },
  { Origin: TEST_PUBLIC_URL.replace('https:', 'http:') },
  { Origin: `${TEST_PUBLIC_URL}:8443` },
  { Referer: `${TEST_PUBLIC_URL}/sidebar/` },
  { 'Sec-Fetch-Site': 'same-origin' },
  { Origin: TEST_PUBLIC_URL, 'Sec-Fetch-Site': 'same-site' },
  { Origin: TEST_PUBLIC_URL, 'Sec-Fetch-Site': 'cross-site' },
  { Origin: TEST_PUBLIC_URL, 'Sec-Fetch-Site': 'none' },
]

describe('P3 a change from another page', () => {
  it.each(named)('%s is refused before anything is read', async (_, endpoint) => {
    for (const headers of foreign) {
      test.statements.length = 0
      const answer = await test.fetch(addressOf(endpoint), {
        method: endpoint.method.toUpperCase(),
        headers: { ...preconditions(endpoint), Cookie: admin.cookie, ...headers },
        body: '{}',
      })
      expect([headers, answer.status]).toEqual([headers, 403])
      expect(Problem.parse(await answer.json()).code).toBe('csrf_failed')
      expect(test.statements).toEqual([])
    }
  })

  it('of ours goes on, also from a browser that does not tell of the site', async () => {
    const own: Record<string, string>[] = [{}, { 'Sec-Fetch-Site': 'same-origin' }]
    for (const headers of own) {
      const answer = await admin.fetch('/api/session/devices', { method: 'DELETE', headers })
      expect(answer.status).toBe(200)
    }
  })

  it('a method that changes nothing takes no other’s place', async () => {
    // What some frameworks take for the method meant.
    for (const name of ['X-HTTP-Method-Override', 'X-Method-Override'])
      expect((await admin.fetch('/api/session', { headers: { [name]: 'DELETE' } })).status).toBe(200)
    expect((await admin.fetch('/api/session?_method=DELETE')).status).toBe(422)
    expect((await admin.fetch('/api/session')).status).toBe(200)
  })
})

const readings = operations.filter(({ method }) => method === 'get')

describe('P3 a reading by a link on somebody else’s page', () => {
  const ask = (path: string, headers: Record<string, string>) =>
    test.fetch(path, { headers: { Cookie: admin.cookie, ...headers } })

  it.each(readings.map(endpoint => [endpoint.id, endpoint] as const))(
    '%s is refused before anything is read, counted or written down',
    async (_, endpoint) => {
      for (const method of ['GET', 'HEAD']) {
        test.statements.length = 0
        const answer = await test.fetch(addressOf(endpoint), {
          method,
          headers: { Cookie: admin.cookie, 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' },
        })
        expect(answer.status).toBe(403)
        if (method === 'GET') expect(Problem.parse(await answer.json()).code).toBe('csrf_failed')
        expect(test.statements).toEqual([])
      }
    },
  )

  it('of ours, from the address line, or by a browser that does not tell goes on', async () => {
    for (const headers of [{}, { 'Sec-Fetch-Site': 'same-origin' }, { 'Sec-Fetch-Site': 'none' }])
      expect((await ask('/api/session', headers as Record<string, string>)).status).toBe(200)
  })

  it('leaves open what is opened from a chat, from WeCom’s login or from anybody’s page', async () => {
    const link = `/c/${'A'.repeat(22)}`
    for (const [path, status] of [
      ['/sidebar/', 200],
      ['/today', 302],
      ['/auth/login', 302],
      ['/auth/callback?code=X&state=unknown', 302],
      ['/c/icon.png', 200],
      [link, 404],
      ['/api/docs', 200],
      ['/api/openapi.json', 200],
    ] as const)
      expect([path, (await ask(path, { 'Sec-Fetch-Site': 'cross-site' })).status]).toEqual([path, status])
  })
})
