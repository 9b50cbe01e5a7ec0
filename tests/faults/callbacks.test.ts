import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createActors } from '../support/randomActions.ts'
import { until } from '../support/processes.ts'
import { lostBefore, sameOnBothSides, unheardOf } from '../support/sameOnBothSides.ts'
import { seededRandom } from '../support/seededRandom.ts'
import { startTwoServers, type TwoServers } from '../support/twoServers.ts'

const PAGES = 'externalcontact/batch/get_by_user'

let product: TwoServers
/** Endings nobody has told us of; they stay unknown until something else happens to the two. */
let unheard: Set<string>
beforeAll(async () => {
  product = await startTwoServers()
  unheard = await lostBefore(product)
})
afterAll(() => product?.stop())
beforeEach(async () => {
  await product.setFaults()
  await product.control('DELETE', '/callbacks')
})

const takeNoteOfUnheard = async () => {
  for (const pair of unheardOf(await product.callbackLines())) unheard.add(pair)
}

describe('what people do in WeCom', () => {
  it('P16 P17 arrives of itself, repeated, out of order and while a server dies, as long as nothing is lost', async () => {
    const random = seededRandom('callbacks')
    const actors = await createActors(product, random)
    await product.control('PATCH', '/callbacks/switches', {
      duplicates: 1,
      holdCount: 8,
      holdOrder: 'shuffled',
      parallel: 4,
    })
    const [victim] = random.sample(product.servers, 1)
    const [killedAt, backAt] = [random.between(40, 70), random.between(80, 110)]
    await actors.doSome(150, async sum => {
      if (sum === killedAt) await victim?.kill()
      if (sum === backAt) await victim?.start()
    })
    await product.control('PATCH', '/callbacks/switches', { holdCount: 0, duplicates: 0 })
    await product.quiet()

    const lines = await product.callbackLines()
    await takeNoteOfUnheard()
    const arrived = new Set(lines.filter(({ outcome }) => outcome === 200).map(({ id }) => id))
    expect(
      lines.filter(({ id }) => !arrived.has(id)),
      'each was taken in by one of the two',
    ).toEqual([])
    const [stored] = await product.query<{ events: number; done: number }>(
      `select count(*)::int as events, count(*) filter (where state = 'done')::int as done from callback_events`,
    )
    expect(stored?.events).toBe(new Set(lines.map(({ xml }) => xml)).size)
    expect(stored?.done).toBe(stored?.events)
    await sameOnBothSides(product, unheard)
  })

  it('P16 and what was lost on the way is found by one reconciliation', async () => {
    const random = seededRandom('lost callbacks')
    const actors = await createActors(product, random)
    await product.control('PATCH', '/callbacks/switches', {
      loseProbability: 0.1,
      duplicates: 1,
      holdCount: 8,
      holdOrder: 'shuffled',
    })
    await actors.doSome(150)
    await product.control('PATCH', '/callbacks/switches', {
      loseProbability: 0,
      holdCount: 0,
      duplicates: 0,
    })
    await product.quiet()
    await takeNoteOfUnheard()
    expect(
      (await product.callbackLines()).filter(({ outcome }) => outcome === 'lost').length,
    ).toBeGreaterThan(3)
    await product.reconcile()
    await product.quiet()
    await sameOnBothSides(product, unheard)
  })
})

describe('an outage of both servers', () => {
  const bothDie = () => Promise.all(product.servers.map(server => server.kill()))
  /** Up again after so long that WeCom has given up telling. */
  async function bothReturnLater(): Promise<void> {
    await product.query(`update sync_heartbeats set beat_at = clock_timestamp() - interval '1 hour'`)
    await Promise.all(product.servers.map(server => server.start()))
    await until(
      async () => {
        await product.letWaitsPass()
        const found = await product.query(
          `select 1 from sync_runs where cause = 'outage' and state = 'done' and finished_at > started_at`,
        )
        return found.length > 0
      },
      'the reconciliation after the outage',
      60_000,
    )
  }

  it('P16 P25 is made up without a hand', async () => {
    const actors = await createActors(product, seededRandom('outage'))
    await bothDie()
    await actors.doSome(50)
    await product.control('GET', '/callbacks/idle')
    await takeNoteOfUnheard()
    await bothReturnLater()
    await product.quiet()
    await sameOnBothSides(product, unheard)
  })

  it('P16 is made up also for members whom an interrupted pull had already been through', async () => {
    const random = seededRandom('outage in a pull')
    const actors = await createActors(product, random)
    await product.setFaults({ api: PAGES, times: -1, delayMs: 600 })
    const admin = await product.signIn('hq_admin')
    expect((await admin.ask('POST', '/api/sync/pull', {})).status).toBeLessThan(300)
    await until(async () => {
      const [staff] = await product.query<{ done: number; left: number }>(
        `select count(*) filter (where s.state = 'done')::int as done,
                count(*) filter (where s.state <> 'done')::int as left
         from sync_staff s, sync_runs run where run.state = 'running'`,
      )
      return staff !== undefined && staff.done >= 3 && staff.left > 0
    }, 'a pull that is half done')
    await bothDie()
    await product.setFaults()
    await actors.doSome(40)
    await product.control('GET', '/callbacks/idle')
    await takeNoteOfUnheard()
    await bothReturnLater()
    await product.quiet()
    await sameOnBothSides(product, unheard)
  })
})
