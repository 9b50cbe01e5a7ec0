import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Follow, Member } from '../../sandbox/world/types.ts'
import { until } from '../support/processes.ts'
import { lostBefore, sameOnBothSides } from '../support/sameOnBothSides.ts'
import { seededRandom } from '../support/seededRandom.ts'
import { startTwoServers, type TwoServers } from '../support/twoServers.ts'

const PAGES = 'externalcontact/batch/get_by_user'
const PAGE_SIZE = 100
/** Members one server pulls at the same time, and the pages of each that die with it: one being written, the next being asked for. */
const PARALLEL = 5
const IN_HAND = 2
const KILLS = 3

let product: TwoServers
beforeAll(async () => {
  product = await startTwoServers({
    sandbox: {
      SANDBOX_CORP: 'big',
      SANDBOX_GUIDES: '20',
      SANDBOX_STORES: '4',
      SANDBOX_CUSTOMERS: '4000',
    },
    // Slow enough to be killed in the middle.
    prepare: ({ setFaults }) => setFaults({ api: PAGES, times: -1, delayMs: 150 }),
    waitForImport: false,
  })
})
afterAll(() => product?.stop())

describe('the first import', () => {
  it('P12 goes on wherever its server is killed, on the other one, and asks no page more often than that explains', async () => {
    const random = seededRandom('import')
    const standing = (await product.control<Follow[]>('GET', '/follows')).filter(
      ({ status }) => status === 'active' || status === 'lost',
    )
    const countOf = (userId: string) => standing.filter(follow => follow.userId === userId).length
    // Whoever has no customers is asked about once too.
    const pages = (await product.control<Member[]>('GET', '/members'))
      .filter(({ hasCustomerContact, inVisibleRange }) => hasCustomerContact && inVisibleRange)
      .map(({ userId }) => Math.max(1, Math.ceil(countOf(userId) / PAGE_SIZE)))
      .reduce((sum, count) => sum + count, 0)

    for (let kill = 1; kill <= KILLS; kill++) {
      const asked = random.between(
        Math.floor((pages * (kill - 0.8)) / (KILLS + 1)),
        Math.floor((pages * kill) / (KILLS + 1)),
      )
      await until(async () => (await product.countCalls(PAGES)) >= asked, `page ${asked} to be asked`)
      const victim = await until(importingServer, 'a server at the import')
      await victim.kill()
      expect(await runState(), 'the kill came too late to prove anything').toBe('running')
      await victim.start()
    }
    await until(async () => (await runState()) === 'done', 'the import', 60_000)
    await product.quiet()

    await sameOnBothSides(product, await lostBefore(product))
    const [counts] = await product.query<{ follows: number; told: number; customers: number }>(`
      select (select count(*)::int from follows) as follows,
             (select count(*)::int from touches where kind = 'friendAdded') as told,
             (select count(*)::int from customers) as customers`)
    expect(counts).toEqual({
      follows: standing.length,
      told: standing.length,
      customers: new Set(standing.map(({ externalUserId }) => externalUserId)).size,
    })
    const asked = await product.countCalls(PAGES)
    expect(asked).toBeGreaterThanOrEqual(pages)
    expect(asked).toBeLessThanOrEqual(pages + KILLS * PARALLEL * IN_HAND)
    expect(await product.countCalls('gettoken'), 'the token is everybody’s').toBe(1)
  })
})

/** Who holds the lease of the pull. */
async function importingServer() {
  const [holder] = await product.query<{ process: string }>(`
    select h.process from sync_leases lease join test_holders h on h.held = lease.holder::text
    where lease.subject = 'pull' and lease.leased_until > clock_timestamp()`)
  return product.servers.find(server => holder?.process.startsWith(`guidebar:${server.pid()}:`))
}

const runState = async () => (await product.query<{ state: string }>('select state from sync_runs'))[0]?.state
