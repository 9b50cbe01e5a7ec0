import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import type { MadeCorp } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, type GuideWorld } from '../guideWorld.ts'

let test: TestDb
let world: GuideWorld
beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
})
afterAll(() => test.drop())
afterEach(() => world.resetClock())

/** A claimed coupon of hers, redeemed by herself for an amount. */
async function use(corp: MadeCorp, guide: StaffActor, amountFen: number) {
  const customer = await world.make.followed(corp, guide)
  const template = await world.make.couponTemplate(corp)
  const { couponId, code } = await world.make.coupon(guide, template, customer, { state: 'claimed' })
  await world.till.redeem(guide, couponId, { code, amountFen, piece: null }, undefined)
  return { couponId, code, template }
}
const seenBy = async (actor: StaffActor) =>
  (await world.till.today(actor)).redemptions.map(({ couponId }) => couponId)

it('lists what was used today, newest first, with the sums of all of it', async () => {
  const { corp, guide } = await world.shop()
  const first = await use(corp, guide, 300_000)
  world.travel(60)
  const second = await use(corp, guide, 512_300)
  const today = await world.till.today(guide)
  expect(today).toMatchObject({
    day: '2026-11-21',
    redemptions: [
      { couponId: second.couponId, redemption: { by: guide.name, amountFen: 512_300, discountFen: 20_000 } },
      { couponId: first.couponId },
    ],
    total: { count: 2, amountFen: 812_300, discountFen: 40_000 },
  })
  world.travel(24 * 3600)
  expect(await world.till.today(guide)).toMatchObject({ redemptions: [], total: { count: 0, amountFen: 0 } })
})

it('shows a colleague of the store the use but not whose coupon it is, and other stores nothing', async () => {
  const { corp, store, guide } = await world.shop()
  const { couponId } = await use(corp, guide, 300_000)
  const colleague = await world.make.staff(corp, { store })
  const elsewhere = await world.make.store(corp)
  const stranger = await world.make.staff(corp, { store: elsewhere })
  const manager = await world.make.staff(corp, { store: elsewhere, role: 'manager', manages: [store] })
  const admin = await world.make.staff(corp, { role: 'admin' })

  const [seen] = (await world.till.today(colleague)).redemptions
  expect(seen).toMatchObject({ couponId, customer: { isMasked: true }, redemption: { mayUndo: false } })
  expect(await seenBy(stranger)).toEqual([])
  expect(await seenBy(admin)).toEqual([couponId])
  const [managed] = (await world.till.today(manager)).redemptions
  expect(managed).toMatchObject({ couponId, redemption: { mayUndo: true } })
  expect(await seenBy((await world.shop()).guide)).toEqual([])
})

it('tells of a use that was taken back who did it and when, for the day, and counts it no more', async () => {
  const { corp, store, guide } = await world.shop()
  const { couponId, code } = await use(corp, guide, 300_000)
  const admin = await world.make.staff(corp, { role: 'admin', name: '方致远' })
  world.travel(60)
  await world.till.undo(admin, couponId, { reason: '退货' }, undefined)
  const undone = {
    couponId,
    at: world.clock.now().toISOString(),
    by: '方致远',
    store: store.name,
    amountFen: 300_000,
    discountFen: 20_000,
  }
  expect(await world.till.today(guide)).toMatchObject({
    redemptions: [],
    undone: [{ ...undone, customer: { isMasked: false } }],
    total: { count: 0, amountFen: 0 },
  })
  // Used once more after all: both have happened.
  await world.till.redeem(guide, couponId, { code, amountFen: 350_000, piece: null }, undefined)
  expect(await world.till.today(admin)).toMatchObject({
    redemptions: [{ couponId }],
    undone: [undone],
    total: { count: 1, amountFen: 350_000 },
  })
  world.travel(24 * 3600)
  expect((await world.till.today(admin)).undone).toEqual([])
})

it('P2 tells of what was taken back only whom the use itself would be shown, and her name to whoever may know it', async () => {
  const { corp, store, guide } = await world.shop()
  const elsewhere = await world.make.store(corp)
  // She has redeemed it here and works in another store since.
  const { couponId } = await use(corp, guide, 300_000)
  const manager = await world.make.staff(corp, { store, role: 'manager', manages: [store] })
  await world.till.undo(manager, couponId, { reason: '退货' }, undefined)
  const colleague = await world.make.staff(corp, { store })
  const [seen] = (await world.till.today(colleague)).undone
  expect(seen).toMatchObject({ couponId, customer: { isMasked: true } })
  expect((await world.till.today({ ...guide, store: elsewhere })).undone).toHaveLength(1)
  const stranger = await world.make.staff(corp, { store: elsewhere })
  expect((await world.till.today(stranger)).undone).toEqual([])
  const foreign = await world.shop()
  const foreignAdmin = await world.make.staff(foreign.corp, { role: 'admin' })
  expect((await world.till.today(foreignAdmin)).undone).toEqual([])
})

it('P2 tells who may change a template what its live pieces are, on its own page, and nobody else', async () => {
  const { corp, guide } = await world.shop()
  const { template } = await use(corp, guide, 300_000)
  const held = await world.make.followed(corp, guide)
  await world.make.coupon(guide, template, held, { state: 'issued' })
  await sql`update coupon_templates set sort = 0 where template_id = ${template.templateId}`.execute(test.db)
  const admin = await world.make.staff(corp, { role: 'admin' })
  const seen = await world.couponTemplates.get(admin, template.templateId)
  expect(seen).toMatchObject({ live: 2, pieces: { reserved: 0, issued: 1, claimed: 0, redeemed: 1 } })
  expect((await world.couponTemplates.get(guide, template.templateId)).pieces).toBeNull()
  expect((await world.couponTemplates.list(admin, {})).templates).toMatchObject([{ live: 2, pieces: null }])
})
