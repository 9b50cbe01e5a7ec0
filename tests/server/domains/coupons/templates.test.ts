import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { CouponTemplateDraft, type CouponTemplate } from '../../../../shared/contract/couponTemplates.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, type GuideWorld } from '../guideWorld.ts'
import { expectNoDifference } from './accounts.ts'

let test: TestDb
let world: GuideWorld
beforeAll(async () => {
  test = await createTestDb({ poolSize: 12 })
  world = createGuideWorld(test.db)
})
afterAll(() => test.drop())
afterEach(async () => {
  world.resetClock()
  await expectNoDifference(test.db)
})

/** Two stores of a corp, each with a manager and a guide, and head office. */
async function chain(given: { customers?: number } = {}) {
  const shop = await world.shop(given)
  const there = await world.make.store(shop.corp, { name: '西单店' })
  const departments = await world.rows(sql<{ storeId: number; departmentId: number }>`
    select store_id as "storeId", department_id as "departmentId" from stores where corp_id = ${shop.corp.corpId}`)
  const numberOf = ({ storeId }: { storeId: number }) =>
    departments.find(each => each.storeId === storeId)?.departmentId ?? 0
  const { corp, store } = shop
  return {
    ...shop,
    hereId: numberOf(store),
    thereId: numberOf(there),
    manager: await world.make.staff(corp, { role: 'manager', store, manages: [store] }),
    managerThere: await world.make.staff(corp, { role: 'manager', store: there, manages: [there] }),
    guideThere: await world.make.staff(corp, { store: there }),
    admin: await world.make.staff(corp, { role: 'admin' }),
  }
}

const draftOf = (given: object = {}) =>
  CouponTemplateDraft.parse({
    name: '周年庆',
    face: { kind: 'amountOff', amountFen: 20_000, thresholdFen: 300_000 },
    validity: { kind: 'until', day: '2026-12-31' },
    stock: 40,
    ...given,
  })
const add = (who: StaffActor, given: object = {}) => world.couponTemplates.add(who, draftOf(given), undefined)
type Change = Parameters<GuideWorld['couponTemplates']['change']>[2]
const change = (who: StaffActor, { templateId, version }: CouponTemplate, given: Change) =>
  world.couponTemplates.change(who, templateId, given, version)
const names = async (who: StaffActor) =>
  (await world.couponTemplates.list(who, {})).templates.map(({ name }) => name)
const reserve = (guide: StaffActor, { externalUserId }: { externalUserId: string }, templateId: string) => {
  const request = { templateId, externalUserId, reminderId: null, confirmed: true }
  return world.coupons.reserve(guide, request, intentOf('reserveCoupon', request))
}

describe('who may do what with templates', () => {
  it('an admin makes them for all stores, a manager for her own, a guide none', async () => {
    const city = await chain()
    await add(city.admin, { name: '全部' })
    await add(city.manager, { name: '国贸', storeIds: [city.hereId] })
    await expect(add(city.guide)).rejects.toMatchObject({ code: 'forbidden' })
    for (const storeIds of [[], [city.thereId], [city.hereId, city.thereId], [1]])
      await expect(add(city.manager, { storeIds })).rejects.toMatchObject({ fields: [{ path: 'storeIds' }] })
    expect(await names(city.admin)).toEqual(expect.arrayContaining(['全部', '国贸']))
    expect(await names(city.manager)).toEqual(['国贸'])
    expect(await names(city.managerThere)).toEqual([])
  })

  it('tiers to choose from are those the corp’s customers have, the frequent ones first', async () => {
    const city = await chain({ customers: 4 })
    const other = await chain()
    const tierOf = (customerId: number, tier: string) =>
      sql`update customers set tier = ${tier} where customer_id = ${customerId}`.execute(test.db)
    const [one, two, three] = city.customers
    for (const [customer, tier] of [
      [one, '金卡'],
      [two, '钻石'],
      [three, '钻石'],
      [other.customer, '黑卡'],
    ] as const)
      await tierOf(customer!.customerId, tier)
    expect(await world.couponTemplates.listTiers(city.manager)).toEqual({ tiers: ['钻石', '金卡'] })
    await expect(world.couponTemplates.listTiers(city.guide)).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('guides see what runs in their store, and give only that', async () => {
    const city = await chain()
    const all = await add(city.admin, { name: '全部' })
    const own = await add(city.manager, { name: '国贸', storeIds: [city.hereId] })
    expect(await names(city.guide)).toEqual([])
    await expect(reserve(city.guide, city.customer, own.templateId)).rejects.toMatchObject({
      code: 'not_found',
    })
    await change(city.admin, all, { state: 'running' })
    await change(city.manager, own, { state: 'running' })
    expect((await names(city.guide)).sort()).toEqual(['全部', '国贸'])
    expect(await names(city.guideThere)).toEqual(['全部'])
    const customerThere = await world.make.followed(city.corp, city.guideThere)
    await expect(reserve(city.guideThere, customerThere, own.templateId)).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(change(city.manager, all, { stock: 50 })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(change(city.managerThere, own, { stock: 50 })).rejects.toMatchObject({ code: 'not_found' })
    await reserve(city.guide, city.customer, own.templateId)
  })

  it('P11 the same edit under the same key is done once, and answered as it was', async () => {
    const city = await chain()
    const draft = await add(city.admin)
    const given = { stock: 60 }
    const asked = () => intentOf('changeCouponTemplate', given, 'a-key-of-one-edit')
    const edit = (intent: ReturnType<typeof asked>) =>
      world.couponTemplates.change(city.admin, draft.templateId, given, draft.version, intent)
    const first = await edit(asked())
    const again = asked()
    expect(await edit(again)).toEqual(first)
    expect([again.isReplay, first.version]).toEqual([true, draft.version + 1])
  })

  it('P13 an edit of what somebody else has changed is refused', async () => {
    const city = await chain()
    const draft = await add(city.admin)
    await change(city.admin, draft, { stock: 50 })
    await expect(change(city.admin, draft, { stock: 60 })).rejects.toMatchObject({ code: 'version_conflict' })
  })
})

describe('the life of a template', () => {
  it('pausing and stopping hold from the moment they are answered', async () => {
    const city = await chain({ customers: 2 })
    const [one, two] = city.customers
    const draft = await add(city.admin)
    const running = await change(city.admin, draft, { state: 'running' })
    await reserve(city.guide, one!, running.templateId)
    const paused = await change(city.admin, running, { state: 'paused' })
    await expect(reserve(city.guide, two!, running.templateId)).rejects.toMatchObject({
      code: 'state_conflict',
    })
    expect((await world.coupons.shelf(city.guide, two!.externalUserId)).offers).toMatchObject([
      { refusal: 'paused' },
    ])
    const again = await change(city.admin, paused, { state: 'running' })
    await reserve(city.guide, two!, running.templateId)
    const stopped = await change(city.admin, again, { state: 'stopped' })
    await expect(change(city.admin, stopped, { state: 'running' })).rejects.toMatchObject({
      code: 'state_conflict',
    })
  })

  it('stock rises, and falls to what is out and no further', async () => {
    const city = await chain({ customers: 3 })
    const running = await change(city.admin, await add(city.admin), { state: 'running' })
    for (const customer of city.customers) await reserve(city.guide, customer, running.templateId)
    await expect(change(city.admin, running, { stock: 2 })).rejects.toMatchObject({
      fields: [{ path: 'stock', message: '已经占用 3 张，不能再少' }],
    })
    const least = await change(city.admin, running, { stock: 3 })
    expect(least).toMatchObject({ stock: 3, live: 3, stockLeft: 0 })
    const other = await world.make.followed(city.corp, city.guide)
    await expect(reserve(city.guide, other, running.templateId)).rejects.toMatchObject({
      code: 'coupon_sold_out',
    })
    expect(await change(city.admin, least, { stock: 500 })).toMatchObject({ stockLeft: 497 })
    await reserve(city.guide, other, running.templateId)
  })

  it('a stock in one pool, as all were, is divided when anything is changed, and nothing else is different', async () => {
    const { corp, guide, admin, customer } = await chain()
    const { templateId } = await world.make.couponTemplate(corp, { stock: 200, pools: 1 })
    await reserve(guide, customer, templateId)
    const seen = await world.couponTemplates.get(admin, templateId)
    const after = await change(admin, seen, { state: 'paused' })
    expect(after).toMatchObject({ stock: 200, live: 1, stockLeft: 199 })
    const pools = await world.rows(
      sql<{ stock: number }>`select stock from coupon_pools where template_id = ${templateId}`,
    )
    expect(pools).toHaveLength(20)
  })

  it('keeps its promise once a piece is out', async () => {
    const city = await chain()
    const running = await change(city.admin, await add(city.admin), { state: 'running' })
    const renamed = await change(city.admin, running, { name: '店庆' })
    await reserve(city.guide, city.customer, running.templateId)
    await expect(change(city.admin, renamed, { name: '周年庆', terms: '每单一张' })).rejects.toMatchObject({
      code: 'validation_failed',
      fields: [{ path: 'name' }, { path: 'terms' }],
    })
    expect(await change(city.admin, renamed, { landingText: '请到店试戴', perPerson: 2 })).toMatchObject({
      name: '店庆',
      landingText: '请到店试戴',
    })
  })

  it('refuses what does not fit together, by the field', async () => {
    const city = await chain()
    await expect(add(city.admin, { face: { kind: 'percentOff' } })).rejects.toMatchObject({
      fields: [{ path: 'face.percent' }],
    })
    await expect(
      add(city.admin, { pictureId: city.corp.wecomCorpId && crypto.randomUUID() }),
    ).rejects.toMatchObject({ fields: [{ path: 'pictureId' }] })
  })
})

describe('limits of a template', () => {
  it('a guide gives no more a day than it allows, whoever she gives to', async () => {
    const city = await chain({ customers: 3 })
    const running = await change(city.admin, await add(city.admin, { perGuidePerDay: 2 }), {
      state: 'running',
    })
    const results = await Promise.allSettled(
      city.customers.map(customer => reserve(city.guide, customer, running.templateId)),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    const shelf = await world.coupons.shelf(
      city.guide,
      (await world.make.followed(city.corp, city.guide)).externalUserId,
    )
    expect(shelf.offers).toMatchObject([{ refusal: 'dayLimit' }])
    world.travel(86_400)
    const refusedOf = results.findIndex(({ status }) => status === 'rejected')
    await reserve(city.guide, city.customers[refusedOf]!, running.templateId)
  })

  it('a tier’s coupon is for that tier', async () => {
    const city = await chain()
    const running = await change(city.admin, await add(city.admin, { tiers: ['金卡'] }), { state: 'running' })
    const offers = async () => (await world.coupons.shelf(city.guide, city.customer.externalUserId)).offers
    expect(await offers()).toMatchObject([{ refusal: 'tier' }])
    await expect(reserve(city.guide, city.customer, running.templateId)).rejects.toMatchObject({
      code: 'state_conflict',
    })
    await sql`update customers set tier = '金卡' where customer_id = ${city.customer.customerId}`.execute(
      test.db,
    )
    expect(await offers()).toMatchObject([{ refusal: null }])
    await reserve(city.guide, city.customer, running.templateId)
  })
})

describe('a welcome', () => {
  it('brings a coupon once per person, ever, unless it was taken back unsent', async () => {
    const shop = await world.shop()
    const { templateId } = await world.make.couponTemplate(shop.corp, { perPerson: 5, stock: 2 })
    const given = {
      corpId: shop.corp.corpId,
      customerId: shop.customer.customerId,
      staffId: shop.guide.staffId,
      templateId,
    }
    const issue = () => world.db.transaction(tx => world.coupons.issueWelcome(tx, given))
    const first = await issue()
    expect(first).toMatchObject({ card: { title: '足金饰品券 ¥200' } })
    expect(await issue()).toEqual({ refusal: 'alreadyHad' })
    if ('couponId' in first)
      await world.db.transaction(tx => world.coupons.takeBackWelcome(tx, first.couponId))
    const results = await Promise.all([issue(), issue(), issue()])
    expect(results.filter(result => 'couponId' in result)).toHaveLength(1)
    const other = await world.make.followed(shop.corp, shop.guide)
    const third = await world.make.followed(shop.corp, shop.guide)
    const to = (customerId: number) =>
      world.db.transaction(tx => world.coupons.issueWelcome(tx, { ...given, customerId }))
    expect(await to(other.customerId)).toHaveProperty('couponId')
    expect(await to(third.customerId)).toEqual({ refusal: 'soldOut' })
    await sql`update coupon_templates set state = 'paused' where template_id = ${templateId}`.execute(test.db)
    expect(await to(third.customerId)).toEqual({ refusal: 'notRunning' })
    await sql`update coupon_templates set state = 'running' where template_id = ${templateId}`.execute(
      test.db,
    )
  })
})
