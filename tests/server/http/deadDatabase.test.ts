import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDb } from '../../../server/db/db.ts'
import { createTestApp, type TestApp } from '../../support/createTestApp.ts'
import { createDelayProxy, type DelayProxy } from '../../support/delayProxy.ts'
import { createTestDb, type TestDb } from '../../support/testDb.ts'

let real: TestDb
let proxy: DelayProxy
let test: TestApp
beforeAll(async () => {
  real = await createTestDb()
  proxy = await createDelayProxy(real.url)
  const db = openDb(proxy.url, { log: { warn: () => undefined } })
  test = await createTestApp({ test: { ...real, db } })
})
afterAll(async () => {
  await test.close()
  await test.db.close()
  await proxy.close()
  await real.drop()
})

describe('P22 a database that is gone', () => {
  it.each(['cut', 'silence'] as const)(
    '(%s) is 503 within 5 s everywhere, and forgotten when it is back',
    { timeout: 40_000 },
    async trouble => {
      const guide = await test.signIn(await test.make.staff(test.corp))
      expect((await guide.fetch('/api/session')).status).toBe(200)
      proxy[trouble]()
      const started = performance.now()
      const [session, card, change, page] = await Promise.all([
        guide.fetch('/api/session'),
        guide.fetch('/api/customers/wm1/card'),
        guide.fetch('/api/customers/wm1/tags', { method: 'POST', json: {} }),
        test.fetch('/auth/login'),
      ])
      // A silent network is noticed by the statement's limit; a person is never left without an answer.
      expect(performance.now() - started).toBeLessThan(trouble === 'cut' ? 5_000 : 6_000)
      for (const answer of [session, card, change]) {
        expect(answer.headers.get('retry-after')).toBe('2')
        expect(await answer.json()).toMatchObject({ status: 503, code: 'database_unavailable' })
      }
      expect(page.status).toBe(503)
      expect(await page.text()).toContain('数据暂时取不到')
      expect((await test.fetch('/healthz')).status).toBe(200)
      proxy.mend()
      await expect.poll(async () => (await guide.fetch('/api/session')).status, { timeout: 10_000 }).toBe(200)
    },
  )
})
