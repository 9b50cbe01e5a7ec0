import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../../support/createTestApp.ts'

let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())

describe('P25 a server on its way out', () => {
  it('answers what it has begun, and refuses what comes later for now', async () => {
    const guide = await test.signIn(await test.make.staff(test.corp))
    const holder = await test.db.pool.connect()
    await holder.query('begin; lock table sessions in access exclusive mode')
    const begun = guide.fetch('/api/session')
    let isGone = false
    const gone = test.drain.begin(60_000).then(() => (isGone = true))
    try {
      for (const path of ['/api/session', '/sidebar/', '/c/anything', '/wecom/callback']) {
        const late = await guide.fetch(path)
        expect([path, late.status]).toEqual([path, 503])
        expect(late.headers.get('retry-after')).toBe('2')
        expect(late.headers.get('connection')).toBe('close')
        expect(late.headers.get('x-content-type-options')).toBe('nosniff')
        expect(await late.json()).toMatchObject({ code: 'draining', status: 503 })
      }
      expect((await test.fetch('/healthz')).status).toBe(200)
      expect((await test.fetch('/readyz')).status).toBe(200)
      expect(isGone).toBe(false)
    } finally {
      await holder.query('rollback')
      holder.release()
    }
    expect((await begun).status).toBe(200)
    await gone
  })
})
