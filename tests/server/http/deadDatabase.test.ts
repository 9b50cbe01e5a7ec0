import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDb } from '../../../server/db/db.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../support/createTestApp.ts'
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

/** What has been answered until now stands before it, also on a machine that comes to nothing for a while. */
const inFiveSeconds = () =>
  new Promise<'too late'>(resolve => setTimeout(resolve, 5_000, 'too late' as const).unref())

describe('P22 a database that is gone', () => {
  const askEverything = (guide: SignedIn) =>
    Promise.race([
      Promise.all([
        guide.fetch('/api/session'),
        guide.fetch('/api/customers/wm1/card'),
        guide.fetch('/api/customers/wm1/tags', { method: 'POST', json: {} }),
        test.fetch('/auth/login'),
      ]),
      inFiveSeconds(),
    ])

  async function expectRefusal(answers: Awaited<ReturnType<typeof askEverything>>): Promise<void> {
    if (answers === 'too late') throw new Error('a request was without an answer for five seconds')
    const [session, card, change, page] = answers
    for (const answer of [session, card, change]) {
      expect(answer.headers.get('retry-after')).toBe('2')
      expect(await answer.json()).toMatchObject({ status: 503, code: 'database_unavailable' })
    }
    expect(page.status).toBe(503)
    expect(await page.text()).toContain('数据暂时取不到')
    expect((await test.fetch('/healthz')).status).toBe(200)
  }

  it.each(['cut', 'silence'] as const)(
    '(%s) is 503 within 5 s everywhere, and forgotten when it is back',
    { timeout: 40_000 },
    async trouble => {
      const guide = await test.signIn(await test.make.staff(test.corp))
      expect((await guide.fetch('/api/session')).status).toBe(200)
      proxy[trouble]()
      await expectRefusal(await askEverything(guide))
      proxy.mend()
      await expect.poll(async () => (await guide.fetch('/api/session')).status, { timeout: 10_000 }).toBe(200)
    },
  )

  it(
    'is 503 within 5 s where every connection is taken, and falls silent when one is free',
    { timeout: 40_000 },
    async () => {
      const guide = await test.signIn(await test.make.staff(test.corp))
      const { pool } = test.db
      const taken = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()))
      const asked = askEverything(guide)
      setTimeout(() => {
        proxy.silence()
        for (const client of taken) client.release()
      }, 2_000)
      await expectRefusal(await asked)
      proxy.mend()
      await expect.poll(async () => (await guide.fetch('/api/session')).status, { timeout: 10_000 }).toBe(200)
    },
  )
})
