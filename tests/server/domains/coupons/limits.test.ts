import { sql } from 'kysely'
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { couponPageHtml } from '../../../../server/domains/coupons/couponPage.ts'
import { RESERVATION_SECONDS } from '../../../../server/domains/coupons/coupons.service.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, PUBLIC_URL, type GuideWorld } from '../guideWorld.ts'
import { expectNoDifference } from './accounts.ts'

let test: TestDb
let world: GuideWorld
beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
})
afterAll(() => test.drop())
afterEach(async () => {
  world.resetClock()
  await expectNoDifference(test.db)
})

const DAY_SECONDS = 86_400
type Shop = Awaited<ReturnType<GuideWorld['shop']>>
type Given = Parameters<GuideWorld['make']['couponTemplate']>[1]

async function shop(given: Given = {}) {
  const made = await world.shop({ customers: 2 })
  return { ...made, ...(await world.make.couponTemplate(made.corp, given)) }
}
const reserve = (shop: Shop & { templateId: string }, place = 0) => {
  const externalUserId = shop.customers[place]?.externalUserId ?? ''
  const request = { templateId: shop.templateId, externalUserId, reminderId: null, confirmed: true }
  return world.coupons.reserve(shop.guide, request, intentOf('reserveCoupon', request))
}
const issue = async (shop: Shop & { templateId: string }, place = 0) => {
  const { couponId, card } = await reserve(shop, place)
  const shown = await world.coupons.confirm(shop.guide, couponId, intentOf('confirmCoupon', couponId))
  return { ...shown, token: card.link.slice(`${PUBLIC_URL}/c/`.length) }
}
const welcome = ({ corp, guide, templateId, customers }: Shop & { templateId: string }, place = 0) => {
  const customerId = customers[place]?.customerId ?? 0
  const given = { corpId: corp.corpId, staffId: guide.staffId, templateId, customerId }
  return test.db.transaction(tx => world.coupons.issueWelcome(tx, given))
}
const liveOf = async (templateId: string) =>
  (
    await world.rows(
      sql<{
        live: number
      }>`select sum(live)::int as live from coupon_pools where template_id = ${templateId}`,
    )
  )[0]?.live

describe('P10 a coupon with days from its claim on', () => {
  it('ends also when nobody claims it, when it would have, claimed at once', async () => {
    const here = await shop({ validUntil: null })
    const coupon = await issue(here)
    expect(coupon.expiresOn).toBe('2026-12-21')
    world.travel(30 * DAY_SECONDS)
    expect(await world.coupons.expire()).toBe(0)
    world.travel(DAY_SECONDS)
    const [held] = (await world.coupons.shelf(here.guide, here.customer.externalUserId)).held
    expect(held?.state).toBe('expired')
    expect(await world.couponPages.find(coupon.token)).toMatchObject({ state: 'expired' })
    expect(await world.coupons.claim(coupon.token)).toBe('closed')
    expect(await world.coupons.expire()).toBe(1)
    expect(await liveOf(here.templateId)).toBe(0)
  })

  it('has all its days from the claim on, whenever that is, and its page says until when to claim', async () => {
    const here = await shop({ validUntil: null })
    const coupon = await issue(here)
    world.travel(10 * DAY_SECONDS)
    const page = await world.couponPages.find(coupon.token)
    if (page?.kind !== 'coupon') throw new Error('no page')
    const html = String(await couponPageHtml('n', page, `/c/${coupon.token}`))
    expect(html).toContain('领取后 30 天内有效，至12月21日可领取')
    expect(html).toContain('领取还剩')
    expect(await world.coupons.claim(coupon.token)).toBe('claimed')
    const [held] = (await world.coupons.shelf(here.guide, here.customer.externalUserId)).held
    expect(held).toMatchObject({ state: 'claimed', expiresOn: '2026-12-31' })
  })

  it('ends as well when it came with a welcome', async () => {
    const here = await shop({ validUntil: null })
    await welcome(here)
    world.travel(31 * DAY_SECONDS)
    expect(await world.coupons.expire()).toBe(1)
  })
})

describe('who may have one, and from whom', () => {
  const change = ({ templateId }: { templateId: string }, what: ReturnType<typeof sql>) =>
    sql`update coupon_templates set ${what} where template_id = ${templateId}`.execute(test.db)

  it('a welcome holds to the tiers of its template', async () => {
    const here = await shop()
    await change(here, sql`tiers = '{金卡}'`)
    expect(await welcome(here)).toEqual({ refusal: 'tier' })
    await sql`update customers set tier = '金卡' where customer_id = ${here.customer.customerId}`.execute(
      test.db,
    )
    expect(await welcome(here)).toMatchObject({ couponId: expect.any(String) })
  })

  it('a welcome takes nothing from what the guide may give today', async () => {
    const here = await shop()
    await change(here, sql`per_guide_per_day = 1`)
    await welcome(here)
    const [, other] = here.customers
    const { offers } = await world.coupons.shelf(here.guide, other?.externalUserId ?? '')
    expect(offers).toMatchObject([{ refusal: null }])
    await reserve(here, 1)
    const third = await world.make.followed(here.corp, here.guide)
    expect((await world.coupons.shelf(here.guide, third.externalUserId)).offers).toMatchObject([
      { refusal: 'dayLimit' },
    ])
    await expect(reserve({ ...here, customers: [third] })).rejects.toMatchObject({
      code: 'state_conflict',
      detail: '你今天已经发了 1 张，明天再发',
    })
  })

  it('what was reserved for her and not answered for in time stands in nobody’s way', async () => {
    const here = await shop()
    await reserve(here)
    world.travel(RESERVATION_SECONDS)
    const { offers } = await world.coupons.shelf(here.guide, here.customer.externalUserId)
    expect(offers).toMatchObject([{ refusal: null }])
    await reserve(here)
    expect(await liveOf(here.templateId)).toBe(1)
  })

  it('overdue pieces of a group’s link are not told as free before the job has given them back', async () => {
    const here = await shop({ stock: 3 })
    const chatId = `wr${randomBytes(6).toString('hex')}`
    const job = { kind: 'job', corpId: here.corp.corpId, name: 'test' } as const
    const pulled = { chatId, name: '老友群', ownerUserId: here.guide.userId, members: [] }
    const members = [{ id: here.guide.userId, kind: 'staff' as const }]
    await world.groups.upsertGroup(test.db, job, { ...pulled, members }, world.clock.now())
    const request = { templateId: here.templateId, chatId, count: 3, hours: 24, confirmed: true }
    await world.couponShares.reserve(here.guide, request, intentOf('reserveCouponShare', request))
    world.travel(RESERVATION_SECONDS)
    const offers = async () => (await world.coupons.shelf(here.guide, here.customer.externalUserId)).offers
    expect(await offers()).toMatchObject([{ stockLeft: 0, refusal: 'soldOut' }])
    await expect(reserve(here)).rejects.toMatchObject({ code: 'coupon_sold_out' })
    await world.couponShares.sweep()
    expect(await offers()).toMatchObject([{ stockLeft: 3, refusal: null }])
  })
})
