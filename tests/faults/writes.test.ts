import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changeMany, readIntentions, unfulfilled } from '../support/customerChanges.ts'
import { until } from '../support/processes.ts'
import { lostBefore, sameOnBothSides } from '../support/sameOnBothSides.ts'
import { seededRandom } from '../support/seededRandom.ts'
import type { SignedIn } from '../support/signIn.ts'
import { startTwoServers, type TwoServers } from '../support/twoServers.ts'

const WRITES = /^externalcontact\/(mark_tag|remark)$/
/** mark_tag and remark under way at the same time, from both servers together. */
const IN_HAND = 3

let product: TwoServers
let guides: SignedIn[]
let unheard: Set<string>
beforeAll(async () => {
  product = await startTwoServers()
  unheard = await lostBefore(product)
  guides = []
  for (const userId of ['chenlu', 'zhoumin', 'zhaoyiming', 'linxiaoyu'])
    guides.push(await product.signIn(userId))
})
afterAll(() => product?.stop())

describe('many guides at two servers', () => {
  it('P18 looking at customers asks WeCom nothing', async () => {
    const { intentions } = await readIntentions(product, guides.slice(0, 2), 25)
    await product.quiet()
    await product.control('DELETE', '/calls')
    const statuses: number[] = []
    for (let round = 0; round < 6; round++)
      for (const { guide, externalUserId } of intentions)
        statuses.push((await guide.ask('GET', `/api/customers/${externalUserId}/card`)).status)
    expect(statuses).toHaveLength(300)
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(await product.countCalls(/^externalcontact/)).toBe(0)
    // Who works here is asked about every few minutes, whatever anybody looks at.
    expect(await product.countCalls()).toBeLessThan(statuses.length / 5)
  })

  it('P12 P18 what they want arrives, though servers die over it; repeats are no more than the deaths explain', async () => {
    const random = seededRandom('writes')
    const { intentions, tagIds } = await readIntentions(product, guides, 10)
    expect(intentions).toHaveLength(40)
    await product.control('PATCH', '/limits', { writeMs: random.between(50, 200) })
    await product.control('DELETE', '/calls')

    const killAt = [random.between(30, 90), random.between(120, 180)]
    let answered = 0
    const changing = changeMany(intentions, tagIds, {
      count: 200,
      abreast: 6,
      random,
      answered: sum => (answered = sum),
    })
    let lost = 0
    for (const [index, moment] of killAt.entries()) {
      await Promise.race([changing, until(async () => answered >= moment, 'the next moment', 60_000)])
      const victim = product.servers[(index + random.between(0, 1)) % 2]
      await victim?.kill()
      lost += 1
      await victim?.start()
    }
    await changing
    await product.quiet()

    expect(await unfulfilled(product, intentions)).toEqual([])
    await sameOnBothSides(product, unheard)
    const rows = await product.query<{ state: string; count: number }>(
      `select state, count(*)::int as count from outbox group by state order by state`,
    )
    expect(rows.map(({ state }) => state).filter(state => state !== 'superseded')).toEqual(['done'])
    const [needed] = await product.query<{ count: number }>(
      `select count(*)::int as count from outbox where tries > 0`,
    )
    const made = await product.countCalls(WRITES)
    expect(made).toBeLessThanOrEqual((needed?.count ?? 0) + lost * IN_HAND)
    expect(await product.countCalls(WRITES, 0)).toBe(made)
    expect(made, 'the last intention replaces what has not left').toBeLessThan(answered)
  })
})
