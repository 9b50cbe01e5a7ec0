import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Device } from '../../../../shared/contract/session.ts'
import { clientOf } from '../../../../server/domains/session/clientOf.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'

const opened: TestApp[] = []
let test: TestApp
beforeEach(async () => {
  test = opened[0] ?? (await createTestApp())
  if (opened.length === 0) opened.push(test)
})
afterAll(() => Promise.all(opened.map(each => each.close())))

const devicesOf = async (who: SignedIn): Promise<Device[]> =>
  ((await (await who.fetch('/api/session/devices')).json()) as { devices: Device[] }).devices
const isIn = async (who: SignedIn) => (await who.fetch('/api/session')).status === 200

describe('登录设备', () => {
  it.each([
    ['Mozilla/5.0 (Linux; Android 14) MicroMessenger/8 wxwork/4.1 Mobile', 'wecom', 'android'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) wxwork/4.1', 'wecom', 'ios'],
    ['Mozilla/5.0 (Windows NT 10.0) wxwork/4.1 MicroMessenger/7', 'wecom', 'windows'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) Safari', 'browser', 'mac'],
    ['Mozilla/5.0 (Phone; OpenHarmony 5.0) wxwork/5', 'wecom', 'harmony'],
    ['Mozilla/5.0 (Linux; Android 14) MicroMessenger/8', 'wechat', 'android'],
    ['', 'other', 'other'],
  ])('%s is %s on %s', (userAgent, app, platform) => expect(clientOf(userAgent)).toEqual({ app, platform }))

  it('shows one’s own live sessions, this one marked, and no token of them', async () => {
    const guide = await test.make.staff(test.corp)
    const colleague = await test.make.staff(test.corp)
    const [phone, desk] = [await test.signIn(guide), await test.signIn(guide)]
    await test.signIn(colleague)
    const { clock, make } = test
    await make.session(guide, { createdAt: clock.now(), revokedAt: clock.now() })
    await make.session(guide, { createdAt: new Date(clock.now().getTime() - 3 * 3_600_000) })
    const devices = await devicesOf(phone)
    expect(devices).toHaveLength(2)
    expect(devices.map(({ isThis }) => isThis).sort()).toEqual([false, true])
    expect((await devicesOf(desk)).find(({ isThis }) => isThis)?.sessionId).not.toBe(
      devices.find(({ isThis }) => isThis)?.sessionId,
    )
    const text = JSON.stringify(devices)
    expect(text).not.toContain(phone.cookie.split('=')[1])
  })

  it('P4 ends one of them, or all the others, from the next request on', async () => {
    const guide = await test.make.staff(test.corp)
    const [here, lost, old] = [
      await test.signIn(guide),
      await test.signIn(guide),
      await test.signIn(guide),
    ] as const
    const lostId = (await devicesOf(lost)).find(({ isThis }) => isThis)?.sessionId ?? ''
    const end = (id: string) => here.fetch(`/api/session/devices/${id}`, { method: 'DELETE' })
    expect((await end(lostId)).status).toBe(204)
    expect([await isIn(here), await isIn(lost), await isIn(old)]).toEqual([true, false, true])
    expect((await end(lostId)).status).toBe(404)
    const others = await here.fetch('/api/session/devices', { method: 'DELETE' })
    expect(await others.json()).toEqual({ ended: 1 })
    expect([await isIn(here), await isIn(old)]).toEqual([true, false])
  })

  it('P2 ends nobody else’s', async () => {
    const [guide, colleague] = [await test.make.staff(test.corp), await test.make.staff(test.corp)]
    const [here, hers] = [await test.signIn(guide), await test.signIn(colleague)]
    const [device] = await devicesOf(hers)
    const foreign = await here.fetch(`/api/session/devices/${device?.sessionId}`, { method: 'DELETE' })
    expect(foreign.status).toBe(404)
    expect(await isIn(hers)).toBe(true)
  })

  it('P2 an admin sees where a member is signed in, and nobody else may', async () => {
    const { make, corp } = test
    const store = await make.store(corp)
    const guide = await make.staff(corp, { store })
    const [hers] = [await test.signIn(guide), await test.signIn(guide)]
    const manager = await test.signIn(await make.staff(corp, { role: 'manager', store, manages: [store] }))
    const admin = await test.signIn(await make.staff(corp, { role: 'admin' }))
    const look = (who: SignedIn, userId: string) => who.fetch(`/api/staff/${userId}/sessions`)
    expect((await look(manager, guide.userId)).status).toBe(403)
    expect((await look(admin, (await make.staff(await make.corp())).userId)).status).toBe(404)
    const { devices } = (await (await look(admin, guide.userId)).json()) as { devices: Device[] }
    expect(devices.map(({ sessionId }) => sessionId).sort()).toEqual(
      (await devicesOf(hers)).map(({ sessionId }) => sessionId).sort(),
    )
    expect(devices.map(({ isThis }) => isThis)).toEqual([false, false])
  })

  it('P4 an admin ends all of a member’s, and nobody else may', async () => {
    const { make, corp } = test
    const store = await make.store(corp)
    const guide = await make.staff(corp, { store })
    const sessions = [await test.signIn(guide), await test.signIn(guide)]
    const manager = await test.signIn(await make.staff(corp, { role: 'manager', store, manages: [store] }))
    const admin = await test.signIn(await make.staff(corp, { role: 'admin' }))
    const end = (who: SignedIn, userId: string) =>
      who.fetch(`/api/staff/${userId}/sessions`, { method: 'DELETE' })
    expect((await end(manager, guide.userId)).status).toBe(403)
    const stranger = await make.staff(await make.corp())
    expect((await end(admin, stranger.userId)).status).toBe(404)
    expect(await (await end(admin, guide.userId)).json()).toEqual({ ended: 2 })
    expect(await Promise.all(sessions.map(isIn))).toEqual([false, false])
    const entry = await sql<{ subject: string; count: number }>`
      select subject_id as subject, (detail ->> 'count')::int as count from audit_entries
      where action = 'sessionsEnded' and staff_id = ${admin.actor.staffId}`.execute(test.db)
    expect(entry.rows).toEqual([{ subject: String(guide.staffId), count: 2 }])
  })
})
