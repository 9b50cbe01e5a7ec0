import { Hono } from 'hono'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../server/errors.ts'
import type { AppEnv } from '../../../server/http/env.ts'
import { respondToError } from '../../../server/http/problem.ts'

/** Everything is refused for now, as by a server whose database is away. */
const app = new Hono<AppEnv>()
app.get('*', () => {
  throw new Refusal('database_unavailable', { retryAfterSeconds: 2 })
})
app.onError((error, c) => respondToError(error, c, pino({ level: 'silent' })))
const open = (path: string, accept: string) => app.request(path, { headers: { accept } })
const browser = 'text/html,application/xhtml+xml,*/*;q=0.8'

describe('what cannot be answered now', () => {
  it('is told to whoever opened a page in words, with a way on', async () => {
    const answer = await open('/sidebar/?entry=1', browser)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('2')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const page = await answer.text()
    expect(page).toContain('<main>')
    expect(page).toContain('数据暂时取不到')
    expect(page).toContain('<a href="/sidebar/?entry=1">再试一次</a>')
  })

  it('is told to programs as a problem', async () => {
    for (const [path, accept] of [
      ['/sidebar/', '*/*'],
      ['/api/session', browser],
    ] as const) {
      const answer = await open(path, accept)
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
      expect(await answer.json()).toMatchObject({ code: 'database_unavailable' })
    }
  })

  it('P6 leads to no other host and keeps no code of a login in the page', async () => {
    expect(await (await open('//evil.example/x', browser)).text()).toContain('href="/evil.example/x"')
    const returned = await (await open('/auth/callback?code=secret&state=s', browser)).text()
    expect(returned).not.toContain('secret')
    expect(returned).toContain('href="/sidebar/"')
  })
})
