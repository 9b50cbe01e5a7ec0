import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { changeMany, readIntentions, unfulfilled } from '../support/customerChanges.ts'
import { createActors } from '../support/randomActions.ts'
import { until } from '../support/processes.ts'
import { lostBefore, sameOnBothSides, unheardOf } from '../support/sameOnBothSides.ts'
import { seededRandom } from '../support/seededRandom.ts'
import type { SignedIn } from '../support/signIn.ts'
import { startTwoServers, type TwoServers } from '../support/twoServers.ts'

/** Below the five seconds a call of ours waits for WeCom: who waits for a call does not answer in time. */
const WITHOUT_WECOM_MS = 4_500
const WRITES_IN_HAND = 3
const BRAKES_CACHED_MS = 2_500
const REMARK = 'externalcontact/remark'

let product: TwoServers
let guides: SignedIn[]
let unheard: Set<string>
beforeAll(async () => {
  product = await startTwoServers()
  unheard = await lostBefore(product)
  guides = []
  for (const userId of ['chenlu', 'zhoumin', 'linxiaoyu', 'guoqian'])
    guides.push(await product.signIn(userId))
})
afterAll(() => product?.stop())
afterEach(() => product.setFaults())

/** Until everything has arrived: the waits between tries are let pass as often as there are any. */
async function untilArrived(): Promise<void> {
  await until(
    async () => {
      await product.letWaitsPass()
      await product.quiet(3_000)
      return true
    },
    'everything to arrive',
    60_000,
  )
}

async function sameInTheEnd(): Promise<void> {
  for (const pair of unheardOf(await product.callbackLines())) unheard.add(pair)
  await sameOnBothSides(product, unheard)
}

describe('while WeCom is silent', () => {
  it('P18 guides read and change as ever', async () => {
    const { intentions, tagIds } = await readIntentions(product, guides, 5)
    await product.quiet()
    await product.control('DELETE', '/calls')
    await product.setFaults({ api: '*', times: -1, delayMs: 60_000 })
    const statuses: number[] = []
    for (const [index, { guide, externalUserId, tagIds: worn }] of intentions.entries()) {
      const customer = `/api/customers/${externalUserId}`
      const deadline = { deadlineMs: WITHOUT_WECOM_MS }
      const tagId = tagIds[index] ?? ''
      const change = worn.has(tagId) ? { remove: [tagId] } : { add: [tagId] }
      for (const { status } of [
        await guide.ask('POST', `${customer}/tags`, change, deadline),
        await guide.ask('PATCH', `${customer}/remark`, { remark: `静默${index}` }, deadline),
        await guide.ask('GET', `${customer}/card`, undefined, deadline),
        await guide.ask('GET', '/api/today', undefined, deadline),
        await guide.ask('GET', '/api/outbox', undefined, deadline),
      ])
        statuses.push(status)
    }
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(await product.countCalls(undefined, 0), 'nothing was answered by WeCom meanwhile').toBe(0)
    await product.setFaults()
    await untilArrived()
    await sameInTheEnd()
  })
})

describe('while WeCom fails in every way', () => {
  it('P12 P16 P18 no guide notices, and when it is over everything has arrived', async () => {
    const random = seededRandom('bad WeCom')
    const { intentions, tagIds } = await readIntentions(product, guides, 8)
    const actors = await createActors(product, random, {
      // The guides' own remarks and tags are left to them: the later of two writers wins, and which is later is not the test's to say.
      isQuietWith: new Set(intentions.map(({ externalUserId }) => externalUserId)),
    })
    const api = 'externalcontact/*'
    await product.setFaults(
      { api, times: -1, rate: 0.08, errcode: -1 },
      { api, times: -1, rate: 0.06, errcode: 45033 },
      { api, times: -1, rate: 0.06, break: 'http500' },
      { api, times: -1, rate: 0.06, break: 'html' },
      { api, times: -1, rate: 0.06, break: 'drop' },
      { api, times: -1, rate: 0.06, break: 'drop', afterEffect: true },
      { api, times: 4, rate: 0.05, delayMs: 6_000, afterEffect: true },
      { api: REMARK, times: 1, rate: 0.1, errcode: 45009 },
    )
    const statuses = new Set<number>()
    const reading = async () => {
      for (const { guide, externalUserId } of intentions)
        statuses.add((await guide.ask('GET', `/api/customers/${externalUserId}/card`)).status)
    }
    await Promise.all([
      changeMany(intentions, tagIds, { count: 120, abreast: 4, random }),
      actors.doSome(60),
      reading(),
    ])
    expect(statuses).toEqual(new Set([200]))
    await product.setFaults()
    await untilArrived()
    expect(await unfulfilled(product, intentions)).toEqual([])
    const unsent = await product.query(
      `select kind, state, errcode, reason from outbox where state in ('dead', 'refused')`,
    )
    expect(unsent).toEqual([])
    await sameInTheEnd()
  })

  it('P18 an API over its rate is left alone by both servers until its time is over', async () => {
    const { intentions } = await readIntentions(product, guides, 4)
    await product.quiet()
    await product.control('DELETE', '/calls')
    await product.setFaults({ api: REMARK, times: -1, errcode: 45009 })
    for (const [index, intention] of intentions.entries()) {
      intention.remark = `超频${index}`
      const { guide, externalUserId, remark } = intention
      await guide.change(
        'PATCH',
        `/api/customers/${externalUserId}/remark`,
        { remark },
        `rate-limit-test-${index}`,
      )
    }
    const braked = `select 1 from outbox where kind = 'remark' and state = 'waiting'
      and next_at >= (select date_trunc('milliseconds', closed_until) from wecom_brakes where api = '${REMARK}')`
    await until(
      async () => (await product.query(braked)).length === intentions.length,
      'all remarks to wait for the brake',
    )
    expect(await product.countCalls(REMARK)).toBeLessThanOrEqual(WRITES_IN_HAND)
    await product.setFaults()
    await untilArrived()
    expect(await product.countCalls(REMARK, 45009)).toBeLessThanOrEqual(WRITES_IN_HAND)
    expect(await unfulfilled(product, intentions)).toEqual([])
    await sameInTheEnd()
  })
})

describe('the token', () => {
  /** Changes from both sides, so that both servers need it for several APIs at once. */
  async function underLoad(random: ReturnType<typeof seededRandom>, meanwhile: () => Promise<unknown>) {
    const { intentions, tagIds } = await readIntentions(product, guides, 5)
    const actors = await createActors(product, random, {
      isQuietWith: new Set(intentions.map(({ externalUserId }) => externalUserId)),
    })
    let answered = 0
    const load = Promise.all([
      changeMany(intentions, tagIds, { count: 20, abreast: 5, random, answered: sum => (answered = sum) }),
      actors.doSome(10),
    ])
    await until(async () => answered >= 5, 'the load to be on')
    await meanwhile()
    await load
    return intentions
  }

  it('P19 spent five times under load, is fetched once or twice each time by the two servers together', async () => {
    const random = seededRandom('token storm')
    for (const how of ['expire', 'revoke', 'expire', 'revoke', 'expire']) {
      const before = await product.countCalls('gettoken')
      const intentions = await underLoad(random, () =>
        product.control('POST', '/tokens/expire', { what: 'tokens', how }),
      )
      await untilArrived()
      expect((await product.countCalls('gettoken')) - before).toBeLessThanOrEqual(2)
      expect(await unfulfilled(product, intentions)).toEqual([])
    }
    await sameInTheEnd()
  })

  it('P19 with a wrong secret calls stop at once, and go on when it is put right', async () => {
    const random = seededRandom('wrong secret')
    await product.control('DELETE', '/calls')
    await product.setFaults({ api: 'gettoken', times: -1, errcode: 40001 })
    await underLoad(random, () => product.control('POST', '/tokens/expire', { what: 'tokens' }))
    await until(
      async () =>
        (await product.query(`select 1 from wecom_brakes where api = '*' and errcode = 40001`)).length > 0,
      'the calls to be stopped',
    )
    await until(isAllHeldBack, 'everything to be held back')
    await untilBothKnow()
    const stopped = await product.countCalls()
    const more = await readIntentions(product, guides, 5)
    await changeMany(more.intentions, more.tagIds, { count: 10, abreast: 2, random })
    await until(isAllHeldBack, 'everything to be held back')
    expect(await product.countCalls(), 'nobody asks any more').toBe(stopped)
    expect(await product.countCalls('gettoken', 40001)).toBeLessThanOrEqual(2)

    await product.setFaults()
    await untilArrived()
    expect(await product.countCalls('gettoken', 40001)).toBeLessThanOrEqual(2)
    expect(await unfulfilled(product, more.intentions)).toEqual([])
    await sameInTheEnd()
  })

  /** A server may look at the brakes of two seconds ago: until nobody has asked for longer than that. */
  async function untilBothKnow(): Promise<void> {
    let [seen, since] = [-1, 0]
    await until(async () => {
      const count = await product.countCalls()
      if (count !== seen) [seen, since] = [count, Date.now()]
      return Date.now() - since > BRAKES_CACHED_MS
    }, 'both servers to have heard of it')
  }

  /** Nothing is due but what stands behind something that is not. */
  const isAllHeldBack = async () =>
    (
      await product.query(`
        select 1 from outbox o
        where o.state = 'sending' or o.state = 'waiting' and o.next_at <= clock_timestamp() and not exists (
          select from outbox former
          where former.lane = o.lane and former.staff_id = o.staff_id and former.state = 'waiting'
            and former.version < o.version)`)
    ).length === 0
})
