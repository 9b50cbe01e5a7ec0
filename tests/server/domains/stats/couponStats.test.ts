import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { CouponResultRow, CouponResults } from '../../../../shared/contract/couponResults.ts'
import type { StaffActor } from '../../../../server/actor.ts'
import {
  createCouponStatsService,
  type CouponStatsService,
} from '../../../../server/domains/stats/couponStats.service.ts'
import { Forbidden, NotFound } from '../../../../server/errors.ts'
import { TEST_TIME_ZONE, type MadeCustomer } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, PUBLIC_URL, type GuideWorld } from '../guideWorld.ts'

let test: TestDb
let world: GuideWorld
let stats: CouponStatsService
beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
  stats = createCouponStatsService({ db: test.db, clock: world.clock, timeZone: TEST_TIME_ZONE })
})
afterAll(() => test.drop())
afterEach(() => world.resetClock())

const DAY_SECONDS = 24 * 3600
/** Of a coupon of 200 off 3000, as `make` has it. */
const AMOUNT_FEN = 328_000
const PAID_FEN = 308_000

interface Given {
  couponId: string
  token: string
}

/** A manager and a guide of 国贸店, a guide of 西单店, an admin; two templates; each guide with seven customers. */
async function company() {
  const { make } = world
  const corp = await make.corp()
  const [here, there] = [await make.store(corp), await make.store(corp, { name: '西单店' })]
  const manager = await make.staff(corp, { role: 'manager', store: here, manages: [here] })
  const guide = await make.staff(corp, { store: here, name: '陈露' })
  const neighbour = await make.staff(corp, { store: there, name: '周敏' })
  const admin = await make.staff(corp, { role: 'admin' })
  const customers = new Map<StaffActor, MadeCustomer[]>()
  for (const each of [guide, neighbour]) {
    const own: MadeCustomer[] = []
    for (let index = 0; index < 7; index++) own.push(await make.followed(corp, each))
    customers.set(each, own)
  }
  const gold = await make.couponTemplate(corp, { name: '足金饰品券', perPerson: 9 })
  const birthday = await make.couponTemplate(corp, { name: '生日礼券', perPerson: 9 })
  const departmentOf = async (store: { storeId: number }) =>
    (
      await world.rows(
        sql<{ id: number }>`select department_id as id from stores where store_id = ${store.storeId}`,
      )
    )[0]!.id
  return { corp, here, there, manager, guide, neighbour, admin, customers, gold, birthday, departmentOf }
}
type Company = Awaited<ReturnType<typeof company>>

const reserve = async (
  by: StaffActor,
  to: MadeCustomer,
  { templateId }: { templateId: string },
  script?: { scriptId: string },
): Promise<Given> => {
  const request = {
    templateId,
    externalUserId: to.externalUserId,
    reminderId: null,
    confirmed: true,
    message: script
      ? {
          title: '问候',
          parts: [{ kind: 'text' as const, text: '您好' }],
          script: { ...script, version: 1 },
        }
      : null,
  }
  const { couponId, card } = await world.coupons.reserve(by, request, intentOf('reserveCoupon', request))
  return { couponId, token: card.link.slice(`${PUBLIC_URL}/c/`.length) }
}
const give = async (...given: Parameters<typeof reserve>): Promise<Given> => {
  const coupon = await reserve(...given)
  await world.coupons.confirm(given[0], coupon.couponId, intentOf('confirmCoupon', coupon.couponId))
  return coupon
}
const use = async (by: StaffActor, { couponId, token }: Given) => {
  const { code } = await world.till.find(by, { token })
  const draft = { code, amountFen: AMOUNT_FEN, piece: null }
  await world.till.redeem(by, couponId, draft, intentOf('redeemCoupon', { couponId, ...draft }))
}
/** To the first `who` customers of a guide; of these so many claim, and so many use it in her store. */
async function campaign(
  { customers }: Company,
  by: StaffActor,
  template: { templateId: string },
  { who, claimed = 0, used = 0, script }: { who: number; claimed?: number; used?: number; script?: { scriptId: string } },
): Promise<Given[]> {
  const given: Given[] = []
  for (const customer of customers.get(by)!.slice(0, who)) given.push(await give(by, customer, template, script))
  for (const each of given.slice(0, claimed)) await world.coupons.claim(each.token)
  for (const each of given.slice(0, used)) await use(by, each)
  return given
} // prettier-ignore

const count = ({ corp }: Company) => stats.count(corp.corpId, 3)
const named = ({ rows }: CouponResults) =>
  rows.map(({ kind, name, issued }: CouponResultRow) => [kind === 'one' ? name : kind, issued])
const all = { issued: 0, claimed: 0, redeemed: 0, paidFen: 0, discountFen: 0 }

describe('what came of coupons', () => {
  it('is given, claimed, used and sold with, of the members in scope', async () => {
    const shop = await company()
    await campaign(shop, shop.guide, shop.gold, { who: 6, claimed: 4, used: 2 })
    await campaign(shop, shop.neighbour, shop.gold, { who: 7, claimed: 1 })
    expect(await stats.team(shop.admin, { by: 'template' })).toMatchObject({ countedAt: null, total: all })
    await count(shop)
    const ofHere = { issued: 6, claimed: 4, redeemed: 2, paidFen: 2 * PAID_FEN, discountFen: 40_000 }
    const seen = await stats.team(shop.manager, { by: 'template' })
    expect(seen).toMatchObject({
      from: '2026-06',
      until: '2026-11',
      countedAt: world.clock.now().toISOString(),
      total: ofHere,
      rows: [{ kind: 'one', name: '足金饰品券', templateId: shop.gold.templateId, ...ofHere }],
      unlisted: 0,
    })
    expect(seen.months.map(({ month }) => month)).toEqual([
      '2026-06', '2026-07', '2026-08', '2026-09', '2026-10', '2026-11',
    ]) // prettier-ignore
    expect(seen.months.at(-1)).toMatchObject(ofHere)
    expect((await stats.team(shop.admin, { by: 'template' })).total).toMatchObject({ issued: 13, claimed: 5 })
    await expect(stats.team(shop.guide, { by: 'template' })).rejects.toThrow(Forbidden)
    const elsewhere = await world.make.staff(await world.make.corp(), { role: 'admin' })
    expect((await stats.team(elsewhere, { by: 'template' })).total).toEqual(all)
  })

  it('is split by store and guide, and looked at of one store or one template', async () => {
    const shop = await company()
    const { manager, admin, guide, neighbour, here, there, gold, birthday, departmentOf } = shop
    await campaign(shop, guide, gold, { who: 6 })
    await campaign(shop, guide, birthday, { who: 5 })
    await campaign(shop, neighbour, gold, { who: 7 })
    await count(shop)
    const byStore = await stats.team(admin, { by: 'store' })
    expect(named(byStore)).toEqual([['国贸店', 11], ['西单店', 7]]) // prettier-ignore
    expect(byStore.rows.map(({ departmentId }) => departmentId)).toEqual([
      await departmentOf(here),
      await departmentOf(there),
    ])
    const byGuide = await stats.team(admin, { by: 'guide' })
    expect(byGuide.rows.map(({ name, store }) => [name, store])).toEqual([['陈露', '国贸店'], ['周敏', '西单店']]) // prettier-ignore
    expect(named(await stats.team(admin, { by: 'guide', templateId: birthday.templateId }))).toEqual([['陈露', 5]]) // prettier-ignore
    const store = await departmentOf(there)
    expect(named(await stats.team(admin, { by: 'template', store }))).toEqual([['足金饰品券', 7]])
    await expect(stats.team(manager, { by: 'template', store })).rejects.toThrow(NotFound)
    const foreign = await world.make.couponTemplate(await world.make.corp())
    await expect(stats.team(admin, { by: 'guide', templateId: foreign.templateId })).rejects.toThrow(NotFound)
    await expect(stats.mine(guide, { by: 'script', templateId: foreign.templateId })).rejects.toThrow(
      NotFound,
    )
  })

  it('is split by the script whose words went out with them, colleagues’ own ones unnamed', async () => {
    const shop = await company()
    const { corp, guide, neighbour, manager, gold } = shop
    const visit = await world.make.script(corp, { title: '到店' })
    const own = await world.make.script(corp, { title: '悄悄话', scope: 'personal', owner: guide })
    await campaign(shop, guide, gold, { who: 6, script: visit })
    await campaign(shop, guide, gold, { who: 5, script: own })
    await campaign(shop, guide, gold, { who: 7 })
    await campaign(shop, neighbour, gold, { who: 7, script: visit })
    await count(shop)
    expect(named(await stats.team(manager, { by: 'script' }))).toEqual([['到店', 6], ['none', 7], ['personal', 5]]) // prettier-ignore
    expect(named(await stats.mine(guide, { by: 'script' }))).toEqual([['到店', 6], ['悄悄话', 5], ['none', 7]]) // prettier-ignore
  })

  it('is her own for a guide, nobody folded away, and stays hers where another store has the sale', async () => {
    const shop = await company()
    const { guide, neighbour, gold } = shop
    const [coupon] = await campaign(shop, guide, gold, { who: 2, claimed: 1 })
    await use(neighbour, coupon!)
    await count(shop)
    expect(await stats.mine(guide, { by: 'template' })).toMatchObject({
      total: { issued: 2, claimed: 1, redeemed: 1, paidFen: PAID_FEN },
      rows: [{ name: '足金饰品券', issued: 2 }],
    })
    expect((await stats.mine(neighbour, { by: 'template' })).total).toEqual(all)
  })

  it('counts each step in the month in which it happened, and a range of months', async () => {
    const shop = await company()
    const { guide, admin, gold } = shop
    world.travel(-32 * DAY_SECONDS)
    const given = await campaign(shop, guide, gold, { who: 7, claimed: 1 })
    world.resetClock()
    for (const each of given.slice(0, 3)) await use(guide, each)
    await count(shop)
    const { months } = await stats.team(admin, { by: 'template' })
    expect(months.slice(-2)).toEqual([
      { ...all, month: '2026-10', issued: 7, claimed: 1 },
      { ...all, month: '2026-11', claimed: 2, redeemed: 3, paidFen: 3 * PAID_FEN, discountFen: 60_000 },
    ])
    const october = await stats.team(admin, { by: 'template', from: '2026-10', until: '2026-10' })
    expect(october.total).toEqual({ ...all, issued: 7, claimed: 1 })
    expect(october.months.at(-1)?.month).toBe('2026-10')
    const year = await stats.team(admin, { by: 'template', from: '2025-12', until: '2026-11' })
    expect([year.total.issued, year.months.length]).toEqual([7, 6])
  })

  it('turns a month where the corp’s day does', async () => {
    const shop = await company()
    const since = (Date.parse('2026-10-31T15:59:59Z') - world.clock.now().getTime()) / 1000
    world.travel(since)
    await campaign(shop, shop.guide, shop.gold, { who: 5 })
    world.travel(1)
    await campaign(shop, shop.guide, shop.gold, { who: 6 })
    world.resetClock()
    await count(shop)
    const { months } = await stats.mine(shop.guide, { by: 'template' })
    expect(months.slice(-2).map(({ issued }) => issued)).toEqual([5, 6])
  })

  it('forgets a use that was taken back, and what has not gone out', async () => {
    const shop = await company()
    const { guide, manager, customers, gold } = shop
    const [first] = await campaign(shop, guide, gold, { who: 5, claimed: 5, used: 2 })
    const notSent = await reserve(guide, customers.get(guide)![5]!, gold)
    await count(shop)
    expect((await stats.team(manager, { by: 'template' })).total).toMatchObject({ issued: 5, redeemed: 2 })
    await world.till.undo(manager, first!.couponId, { reason: '退货' }, intentOf('undoRedeem', first))
    await world.coupons.release(
      guide,
      notSent.couponId,
      { outcome: 'cancelled', reason: null },
      intentOf('releaseCoupon', notSent),
    )
    await count(shop)
    const total = { issued: 5, claimed: 5, redeemed: 1, paidFen: PAID_FEN, discountFen: 20_000 }
    expect((await stats.team(manager, { by: 'template' })).total).toEqual(total)
  })

  it('counts a piece of a group’s link once somebody has claimed it, also one whom we do not know', async () => {
    const shop = await company()
    const { corp, guide, manager, customers, gold } = shop
    const chatId = `wr${randomBytes(6).toString('hex')}`
    const members = [{ id: guide.userId, kind: 'staff' as const }]
    const job = { kind: 'job', corpId: corp.corpId, name: 'test' } as const
    const pulled = { chatId, name: '老友群', ownerUserId: guide.userId, members }
    await world.groups.upsertGroup(test.db, job, pulled, world.clock.now())
    const request = { templateId: gold.templateId, chatId, count: 20, hours: 24, confirmed: true }
    const share = await world.couponShares.reserve(guide, request, intentOf('reserveCouponShare', request))
    await world.couponShares.confirm(guide, share.shareId, intentOf('confirmCouponShare', share.shareId))
    const token = share.card.link.slice(`${PUBLIC_URL}/c/`.length)
    const known = customers.get(guide)![0]!.externalUserId
    for (const externalUserId of [known, null, null, null])
      await world.couponShares.claimShare(token, { hash: randomBytes(16), externalUserId })
    await count(shop)
    const total = { ...all, issued: 4, claimed: 4 }
    expect(await stats.team(manager, { by: 'template' })).toMatchObject({ total, rows: [] })
    const last = await world.couponShares.claimShare(token, { hash: randomBytes(16), externalUserId: null })
    const [coupon] = await world.rows(
      sql<Given>`select coupon_id as "couponId", token from coupons where token = ${last}`,
    )
    await use(guide, coupon!)
    await count(shop)
    const { rows } = await stats.team(manager, { by: 'template' })
    expect(rows).toMatchObject([{ issued: 5, claimed: 5, redeemed: 1, paidFen: PAID_FEN }])
  })

  it('S3 stands together where it concerns fewer than five persons, with one more where these are still too few', async () => {
    const shop = await company()
    const { corp, guide, manager, gold } = shop
    const [few, some] = [
      await world.make.couponTemplate(corp, { name: '少', perPerson: 9 }),
      await world.make.couponTemplate(corp, { name: '中', perPerson: 9 }),
    ]
    await campaign(shop, guide, few, { who: 4 })
    await campaign(shop, guide, few, { who: 4 })
    await campaign(shop, guide, gold, { who: 7 })
    await count(shop)
    // four persons behind one and seven behind the other: alone the few may not stand
    expect(await stats.team(manager, { by: 'template' })).toMatchObject({ total: { issued: 15 }, rows: [] })
    await campaign(shop, guide, some, { who: 5 })
    await count(shop)
    expect(named(await stats.team(manager, { by: 'template' }))).toEqual([['足金饰品券', 7], ['rest', 13]]) // prettier-ignore
    expect(named(await stats.mine(guide, { by: 'template' }))).toEqual([['少', 8], ['足金饰品券', 7], ['中', 5]]) // prettier-ignore
  })

  it('S3 knows five persons where each month has fewer', async () => {
    const shop = await company()
    const { guide, neighbour, customers, admin, gold } = shop
    const [some, others] = [customers.get(guide)!.slice(0, 3), customers.get(guide)!.slice(3, 6)]
    for (const to of some) await give(guide, to, gold)
    world.travel(-32 * DAY_SECONDS)
    for (const to of others) await give(guide, to, gold)
    world.resetClock()
    await campaign(shop, neighbour, gold, { who: 5 })
    await count(shop)
    expect(named(await stats.team(admin, { by: 'guide' }))).toEqual([['陈露', 6], ['周敏', 5]]) // prettier-ignore
    const november = { by: 'guide', from: '2026-11', until: '2026-11' } as const
    expect((await stats.team(admin, november)).rows).toEqual([])
  })

  it('may be counted by several at once, and again', async () => {
    const shop = await company()
    await campaign(shop, shop.guide, shop.gold, { who: 6, claimed: 2 })
    await Promise.all([count(shop), count(shop), stats.countHourly(), stats.countNightly()])
    await count(shop)
    expect((await stats.team(shop.admin, { by: 'store' })).total).toMatchObject({ issued: 6, claimed: 2 })
  })
})
