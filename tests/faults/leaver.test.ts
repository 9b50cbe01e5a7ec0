import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiCall } from '../../sandbox/world/types.ts'
import { readIntentions } from '../support/customerChanges.ts'
import { until } from '../support/processes.ts'
import { lostBefore, sameOnBothSides } from '../support/sameOnBothSides.ts'
import { startTwoServers, type TwoServers } from '../support/twoServers.ts'

const LEAVER = 'chenlu'

let product: TwoServers
beforeAll(async () => {
  product = await startTwoServers()
})
afterAll(() => product?.stop())

describe('P4 a member who leaves', () => {
  it('has no session on either server, nothing leaves in her name, and her customers wait for the manager', async () => {
    const unheard = await lostBefore(product)
    const [leaver, manager, otherManager] = [
      await product.signIn(LEAVER),
      await product.signIn('sunlihua'),
      await product.signIn('gaofeng'),
    ]
    const { intentions } = await readIntentions(product, [leaver], 6)
    const [counted] = await product.query<{ count: number }>(
      `select count(*)::int as count from follows f join staff s on s.staff_id = f.staff_id
       where s.user_id = $1 and f.status = 'active'`,
      [LEAVER],
    )
    const writes = { api: 'externalcontact/remark', times: -1, errcode: -1 }
    await product.setFaults(writes)
    for (const { externalUserId } of intentions)
      await leaver.change(
        'PATCH',
        `/api/customers/${externalUserId}/remark`,
        { remark: '走之前' },
        crypto.randomUUID(),
      )
    const pending = `select 1 from outbox o join staff s on s.staff_id = o.staff_id
      where s.user_id = '${LEAVER}' and o.state in ('waiting', 'sending')`
    // What is under way at the moment she leaves may still be told; here all wait for their next try.
    await until(
      async () =>
        (await product.query(`${pending} and o.state = 'waiting' and o.tries > 0`)).length ===
        intentions.length,
      'all of them to have failed once',
    )

    await product.act('member-leaves', { userId: LEAVER })
    await product.runJob('staff.poll')
    await until(
      async () =>
        (await product.query(`select 1 from staff where user_id = $1 and status = 'left'`, [LEAVER])).length >
        0,
      'her leaving to be found out',
    )
    for (const server of [0, 1])
      expect((await leaver.ask('GET', '/api/session', undefined, { server })).status).toBe(401)
    await product.setFaults()
    await product.control('DELETE', '/calls')
    await until(async () => {
      await product.letWaitsPass()
      return (await product.query(pending)).length === 0
    }, 'nothing to wait in her name')
    await product.quiet()
    const inHerName = (await product.control<ApiCall[]>('GET', '/calls')).filter(
      ({ api, request }) => api === writes.api && JSON.stringify(request).includes(LEAVER),
    )
    expect(inHerName).toEqual([])

    for (const server of [0, 1]) {
      const leavers = await manager.ask('GET', '/api/leavers', undefined, { server })
      expect(leavers).toMatchObject({ status: 200 })
      expect(JSON.stringify(leavers.body)).toContain(LEAVER)
      const waiting = await manager.ask('GET', `/api/leavers/${LEAVER}/customers`, undefined, { server })
      expect(waiting).toMatchObject({ status: 200 })
      const elsewhere = await otherManager.ask('GET', `/api/leavers/${LEAVER}/customers`, undefined, {
        server,
      })
      expect(elsewhere.status, 'of another store').toBe(404)
    }
    const [waiting] = await product.query<{ count: number }>(
      `select count(*)::int as count from follows f join staff s on s.staff_id = f.staff_id
       where s.user_id = $1 and f.status = 'active'`,
      [LEAVER],
    )
    expect(waiting).toEqual(counted)
    await sameOnBothSides(product, unheard)
  })
})
