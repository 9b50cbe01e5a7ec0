import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { createStatsService, type StatsService } from '../../../../server/domains/stats/stats.service.ts'
import { TEST_TIME_ZONE, type MadeCustomer } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, type GuideWorld } from '../guideWorld.ts'

let test: TestDb
let world: GuideWorld
let stats: StatsService
beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
  stats = createStatsService({ db: test.db, clock: world.clock, timeZone: TEST_TIME_ZONE })
})
afterAll(() => test.drop())

type State = 'pending' | 'snoozed' | 'sent' | 'done' | 'skipped' | 'expired'
async function remind(
  guide: StaffActor,
  customer: MadeCustomer,
  given: { dueOn: string; state: State; sentOn?: string },
) {
  const { reminderId } = await world.make.reminder(guide, customer, {
    kind: 'newFriend', occurrence: given.dueOn, dueOn: given.dueOn, state: given.state,
  }) // prettier-ignore
  if (given.sentOn)
    await world.make.send(guide, customer, { reminderId, startedAt: new Date(`${given.sentOn}T02:00:00Z`) })
}
const buy = (guide: StaffActor, customer: MadeCustomer, day: string, given: { isCustom?: boolean; amountFen?: number } = {}) =>
  world.purchases.add(guide, customer.externalUserId, {
    day, piece: '足金手链', amountFen: 100_000, recipient: null, personId: null, isCustom: true, engraving: null, ...given,
  }) // prettier-ignore
const month = (months: { month: string }[], wanted: string) => months.find(each => each.month === wanted)

describe('my results', () => {
  it('follow reminders from due to purchase, each step within the one before, in the month they were due', async () => {
    const { guide, customers } = await world.shop({ customers: 4 })
    const [a, b, c, d] = [customers[0]!, customers[1]!, customers[2]!, customers[3]!]
    await remind(guide, a, { dueOn: '2026-10-30', state: 'sent', sentOn: '2026-11-01' })
    await buy(guide, a, '2026-11-12', { amountFen: 300_000 })
    await remind(guide, b, { dueOn: '2026-11-02', state: 'sent', sentOn: '2026-11-02' })
    await remind(guide, c, { dueOn: '2026-11-02', state: 'skipped' })
    await remind(guide, d, { dueOn: '2026-11-02', state: 'pending' })
    await remind(guide, d, { dueOn: '2026-11-25', state: 'pending' })
    await buy(guide, d, '2026-11-12')
    const { today, months } = await stats.mine(guide)
    expect(today).toBe('2026-11-21')
    expect(months.map(each => each.month)).toEqual([
      '2026-06', '2026-07', '2026-08', '2026-09', '2026-10', '2026-11',
    ]) // prettier-ignore
    expect(month(months, '2026-10')).toMatchObject({ due: 1, acted: 1, sent: 1, bought: 1, purchases: 0 })
    expect(month(months, '2026-11')).toEqual({
      month: '2026-11', due: 3, acted: 2, sent: 1, bought: 0,
      purchases: 2, proven: 1, replied: 0, couponUsed: 0, shared: 0, provenFen: 300_000,
    }) // prettier-ignore
  })

  it('share a purchase with the colleague who wrote too, and do not count hers alone', async () => {
    const { corp, guide, customers } = await world.shop({ customers: 2 })
    const [shared, hers] = [customers[0]!, customers[1]!]
    const colleague = await world.make.staff(corp, { name: '周敏' })
    for (const customer of [shared, hers]) await world.make.follow(colleague, customer)
    await remind(guide, shared, { dueOn: '2026-11-01', state: 'sent', sentOn: '2026-11-01' })
    for (const customer of [shared, hers])
      await remind(colleague, customer, { dueOn: '2026-11-01', state: 'sent', sentOn: '2026-11-02' })
    for (const customer of [shared, hers]) await buy(guide, customer, '2026-11-12', { amountFen: 300_001 })
    const november = async (actor: StaffActor) => month((await stats.mine(actor)).months, '2026-11')
    expect(await november(guide)).toMatchObject({ purchases: 2, proven: 1, shared: 1, provenFen: 150_000 })
    expect(await november(colleague)).toMatchObject({
      purchases: 2,
      proven: 2,
      shared: 1,
      provenFen: 450_001,
    })
  })

  it('compare the share of custom pieces before the first message and from it on', async () => {
    const { guide, customer } = await world.shop()
    for (const [day, isCustom] of [['2026-01-05', false], ['2026-02-05', false], ['2026-03-05', true], ['2024-01-01', true]] as const)
      await buy(guide, customer, day, { isCustom }) // prettier-ignore
    expect((await stats.mine(guide)).custom).toMatchObject({ since: null, after: { custom: 0, total: 0 } })
    await remind(guide, customer, { dueOn: '2026-06-01', state: 'sent', sentOn: '2026-06-01' })
    for (const isCustom of [true, true, false]) await buy(guide, customer, '2026-06-01', { isCustom })
    expect((await stats.mine(guide)).custom).toEqual({
      since: '2026-06-01',
      before: { custom: 1, total: 3 },
      after: { custom: 2, total: 3 },
    })
  })

  it('are all zero for who has just begun', async () => {
    const { guide } = await world.shop()
    const { months, custom } = await stats.mine(guide)
    expect(months.every(each => each.due + each.purchases === 0)).toBe(true)
    expect(custom.before.total).toBe(0)
  })
})

describe('a team’s results', () => {
  /** A store with guides of so many customers each, every one reminded in November; a neighbour store with one guide of 6. */
  async function team(sizes: number[]) {
    const { make } = world
    const corp = await make.corp()
    const store = await make.store(corp)
    const manager = await make.staff(corp, { role: 'manager', store, manages: [store] })
    const there = await make.store(corp, { name: '西单店' })
    const guides: StaffActor[] = []
    for (const [index, size] of [...sizes, 6].entries()) {
      const isHere = index < sizes.length
      const guide = await make.staff(corp, { store: isHere ? store : there, name: `导购${index + 1}` })
      guides.push(guide)
      for (let count = 0; count < size; count++) {
        const customer = await make.followed(corp, guide)
        await remind(guide, customer, { dueOn: '2026-11-02', state: 'sent', sentOn: '2026-11-02' })
        if (count === 0) await buy(guide, customer, '2026-11-12')
      }
    }
    return { corp, manager, guides, admin: await make.staff(corp, { role: 'admin' }) }
  }
  const rowsOf = async (actor: StaffActor, by: 'guide' | 'store') =>
    (await stats.team(actor, by)).rows.map(row => [row.name, row.thisMonth.due, row.thisMonth.proven])

  it('are of the stores in scope', async () => {
    const { manager, admin } = await team([5, 7])
    expect(await rowsOf(manager, 'guide')).toEqual([['导购1', 5, 1], ['导购2', 7, 1]]) // prettier-ignore
    expect(await rowsOf(admin, 'store')).toEqual([['国贸店', 12, 2], ['西单店', 6, 1]]) // prettier-ignore
    expect(month((await stats.team(manager, 'guide')).months, '2026-11')).toMatchObject({
      due: 12,
      proven: 2,
    })
    expect(month((await stats.team(admin, 'guide')).months, '2026-11')).toMatchObject({ due: 18, proven: 3 })
  })

  it('S3 do not tell groups of fewer than five customers apart', async () => {
    expect(await rowsOf((await team([3, 4, 9])).manager, 'guide')).toEqual([['导购3', 9, 1], ['其余', 7, 2]]) // prettier-ignore
  })

  it('S3 take one more group in where the small ones together are still fewer than five', async () => {
    const { manager } = await team([2, 6, 9])
    expect(await rowsOf(manager, 'guide')).toEqual([['导购3', 9, 1], ['其余', 8, 2]]) // prettier-ignore
  })

  it('S3 count a customer of two small groups once', async () => {
    const { manager, guides, corp } = await team([3, 2, 9])
    const shared = await world.rows(sql<{ customer_id: number }>`
      select customer_id from follows where staff_id = ${guides[0]!.staffId} order by follow_id limit 2`)
    const [first, second] = shared as [{ customer_id: number }, { customer_id: number }]
    await sql`
      update reminders r set customer_id = case when r.customer_id = f.customer_id and f.rank = 1 then ${first.customer_id}::bigint
                                                else ${second.customer_id}::bigint end
      from (select customer_id, row_number() over (order by follow_id) as rank from follows where staff_id = ${guides[1]!.staffId}) f
      where r.customer_id = f.customer_id and r.staff_id = ${guides[1]!.staffId}`.execute(test.db)
    await sql`delete from purchases where corp_id = ${corp.corpId}`.execute(test.db)
    // Three persons in all: the third guide goes with them, and then there is nothing left to split.
    expect(await rowsOf(manager, 'guide')).toEqual([])
  })

  it('S3 have no rows at all where everything is small', async () => {
    const { manager } = await team([2, 2])
    expect(await rowsOf(manager, 'guide')).toEqual([])
    expect(month((await stats.team(manager, 'guide')).months, '2026-11')).toMatchObject({ due: 4 })
  })

  it('of a big corp are those of the night before, whole, while a store is counted when it is asked about', async () => {
    const { admin, manager, guides, corp } = await team([5, 7])
    const nightly = createStatsService({
      db: test.db,
      clock: world.clock,
      timeZone: TEST_TIME_ZONE,
      liveFollows: 17,
    })
    const live = { store: await stats.team(admin, 'store'), guide: await stats.team(admin, 'guide') }
    await nightly.countAhead()
    const late = await world.make.followed(corp, guides[0]!)
    await remind(guides[0]!, late, { dueOn: '2026-11-03', state: 'pending' })
    expect(await nightly.team(admin, 'store')).toEqual(live.store)
    expect(await nightly.team(admin, 'guide')).toEqual(live.guide)
    expect(await rowsOf(manager, 'guide')).toEqual([['导购1', 6, 1], ['导购2', 7, 1]]) // prettier-ignore
    await nightly.countAhead()
    expect(month((await nightly.team(admin, 'store')).months, '2026-11')).toMatchObject({ due: 19 })
  })

  it('are counted when asked for again, once the corp is small', async () => {
    const { admin, guides, corp } = await team([5, 7])
    const withLimit = (liveFollows: number) =>
      createStatsService({ db: test.db, clock: world.clock, timeZone: TEST_TIME_ZONE, liveFollows })
    await withLimit(17).countAhead()
    await withLimit(18).countAhead()
    const late = await world.make.followed(corp, guides[0]!)
    await remind(guides[0]!, late, { dueOn: '2026-11-03', state: 'pending' })
    expect(month((await stats.team(admin, 'store')).months, '2026-11')).toMatchObject({ due: 19 })
  })

  it('are not for guides', async () => {
    const { guides } = await team([5])
    await expect(stats.team(guides[0]!, 'guide')).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('S3 one statement per page', async () => {
    const { manager } = await team([5])
    test.statements.length = 0
    await stats.team(manager, 'guide')
    await stats.mine(manager)
    expect(test.statements).toHaveLength(2)
  })
})
