import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type SignedIn, type TestApp } from '../../support/createTestApp.ts'

const [DEBUG, INFO] = [20, 30]

let test: TestApp
let guide: SignedIn
beforeAll(async () => {
  test = await createTestApp()
  guide = await test.signIn(await test.make.staff(test.corp))
})
afterAll(() => test.close())

/** The one line of the request, without what differs from run to run. */
async function lineOf(ask: () => Promise<Response>): Promise<Record<string, unknown>> {
  test.logged.length = 0
  const answer = await ask()
  const lines = test.logged.filter(line => line.msg === 'request')
  expect(lines).toHaveLength(1)
  const { time, ms, requestId, ...line } = lines[0] ?? {}
  expect(time).toEqual(expect.any(String))
  expect(ms).toEqual(expect.any(Number))
  expect(requestId).toBe(answer.headers.get('x-request-id'))
  return line
}

describe('P6 the line of a request', () => {
  const card = '/api/customers/wmSomebody/card'
  const cardRoute = { method: 'GET', route: '/api/customers/:externalUserId/card' }

  it.each([
    ['without a session', () => test.fetch(card), { ...cardRoute, status: 401, code: 'unauthenticated' }],
    [
      'for want of a role',
      () => guide.fetch('/api/audit'),
      { method: 'GET', route: '/api/audit', status: 403, code: 'forbidden' },
    ],
    [
      'from another page',
      () => guide.fetch('/api/session', { method: 'DELETE', headers: { 'Sec-Fetch-Site': 'cross-site' } }),
      { method: 'DELETE', status: 403, code: 'csrf_failed' },
    ],
  ])('that is refused %s is there at info, with nothing of anybody', async (_, ask, expected) => {
    const line = await lineOf(ask)
    expect(line).toMatchObject({ level: INFO, msg: 'request', ...expected })
    expect(Object.keys(line).sort()).toEqual(['code', 'level', 'method', 'msg', 'route', 'status'])
    expect(JSON.stringify(line)).not.toContain('wmSomebody')
  })

  it('that comes too often is there at info', async () => {
    const limited = await createTestApp({ isLimited: true })
    try {
      const who = await limited.signIn(await limited.make.staff(limited.corp))
      await Promise.all(Array.from({ length: 60 }, () => who.fetch('/api/session')))
      const refused = limited.logged.filter(line => line.code === 'rate_limited')
      expect(refused.length).toBeGreaterThan(0)
      for (const line of refused) expect(line).toMatchObject({ level: INFO, msg: 'request', status: 429 })
    } finally {
      await limited.close()
    }
  })

  it.each([
    ['answered', () => guide.fetch('/api/session'), 200],
    ['of something that is not there', () => guide.fetch(card), 404],
    ['of somebody who has mistyped', () => guide.fetch('/api/customers?limit=no'), 422],
  ])('%s is there for whoever looks closely only', async (_, ask, status) => {
    expect(await lineOf(ask)).toMatchObject({ level: DEBUG, msg: 'request', status })
  })
})
