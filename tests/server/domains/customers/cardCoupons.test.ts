import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { Card } from '../../../../shared/contract/customers.ts'
import { createOffersRepository } from '../../../../server/domains/coupons/offers.repository.ts'
import { TEST_NOW, TEST_TIME_ZONE, TEST_TODAY } from '../../../support/make.ts'
import { openLowerRooms } from '../lowerRooms.ts'

const rooms = openLowerRooms()
const HOUR_MS = 3_600_000

async function world() {
  const { make } = rooms
  const corp = await make.corp()
  const store = await make.store(corp)
  const guide = await make.staff(corp, { store })
  const session = await make.session(guide)
  const customer = await make.followed(corp, guide, { tier: '金卡' })
  const date = await make.date(corp, customer, { nextOn: '2026-12-03' })
  await make.reminder(guide, customer, { dateId: date.dateId, occurrence: '2026-12-03', dueOn: '2026-11-19' })
  const card = async (): Promise<Card> =>
    Card.parse(await rooms.customers.openCard(session.hash, customer.externalUserId))
  const template = async (
    given: Parameters<typeof make.couponTemplate>[1] & {
      occasions?: string[]
      tiers?: string[]
      perGuidePerDay?: number
      sort?: number
    } = {},
  ) => {
    const made = await make.couponTemplate(corp, given)
    await sql`
      update coupon_templates
      set occasions = ${given.occasions ?? ['birthday']}::text[], tiers = ${given.tiers ?? []}::text[],
          per_guide_per_day = ${given.perGuidePerDay ?? null}::int, sort = ${given.sort ?? 100}
      where template_id = ${made.templateId}`.execute(rooms.db)
    return made
  }
  return { make, corp, store, guide, customer, card, template }
}
type World = Awaited<ReturnType<typeof world>>
const offered = async ({ card }: World) => (await card()).reminders[0]?.coupon?.name

describe('the coupon that goes with a reminder', () => {
  it('is the first of the manager’s for that occasion, with its face', async () => {
    const shop = await world()
    await shop.template({ name: '周年券', occasions: ['wedding'], sort: 1 })
    await shop.template({ name: '后面的', sort: 20 })
    const { templateId } = await shop.template({ name: '生日礼券', sort: 10, validUntil: null })
    expect((await shop.card()).reminders[0]?.coupon).toEqual({
      templateId,
      name: '生日礼券',
      face: {
        kind: 'amountOff',
        amountFen: 20_000,
        percent: null,
        words: null,
        thresholdFen: 300_000,
        goods: null,
      },
      validity: { kind: 'daysAfterClaim', days: 30 },
    })
  })

  it.each<[string, (shop: World) => Promise<unknown>]>([
    ['it is for another occasion', shop => shop.template({ occasions: ['care', 'newFriend'] })],
    ['it is paused', shop => shop.template({ state: 'paused' })],
    ['it is a draft', shop => shop.template({ state: 'draft' })],
    ['its last day has passed', shop => shop.template({ validUntil: '2026-11-20' })],
    ['none is left', shop => shop.template({ stock: 3, live: 3, pools: 1 })],
    ['she is of another tier', shop => shop.template({ tiers: ['钻石'] })],
    ['it is another store’s', async shop => shop.template({ stores: [await shop.make.store(shop.corp)] })],
    [
      'she holds one',
      async shop => shop.make.coupon(shop.guide, await shop.template(), shop.customer, { state: 'issued' }),
    ],
    [
      'the guide has given her share of today',
      async shop => {
        const other = await shop.make.followed(shop.corp, shop.guide)
        const made = await shop.template({ perGuidePerDay: 1 })
        await shop.make.coupon(shop.guide, made, other, { state: 'issued' })
      },
    ],
  ])('is none while %s', async (_, prepare) => {
    const shop = await world()
    await prepare(shop)
    expect(await offered(shop)).toBeUndefined()
  })

  it('is there for her tier, in her store', async () => {
    const shop = await world()
    await shop.template({ name: '金卡生日', tiers: ['金卡', '钻石'], stores: [shop.store] })
    expect(await offered(shop)).toBe('金卡生日')
  })
})

describe('P2 whose coupons they are', () => {
  it.each(['guide', 'manager', 'admin'] as const)('is for a %s the same as on the shelf', async role => {
    const shop = await world()
    const { make, corp, store } = shop
    const managed = await make.store(corp)
    const member = await make.staff(corp, { store, role, manages: [managed] })
    const session = await make.session(member)
    const far = await make.store(corp)
    for (const stores of [[], [store], [managed], [far], [far, store]]) {
      const customer = await make.followed(corp, member)
      const date = await make.date(corp, customer, { nextOn: '2026-12-03' })
      await make.reminder(member, customer, {
        dateId: date.dateId,
        occurrence: '2026-12-03',
        dueOn: '2026-11-19',
      })
      const { templateId } = await shop.template({ stores })
      const card = Card.parse(await rooms.customers.openCard(session.hash, customer.externalUserId))
      const day = { now: TEST_NOW, today: TEST_TODAY, timeZone: TEST_TIME_ZONE }
      const shelf = await createOffersRepository(rooms.db).listOffers(member, customer.customerId, day)
      expect([stores.length, card.reminders[0]?.coupon?.templateId]).toEqual([
        stores.length,
        shelf[0]?.templateId,
      ])
      await sql`update coupon_templates set state = 'stopped' where template_id = ${templateId}`.execute(
        rooms.db,
      )
    }
  })
})

describe('the state of her coupons', () => {
  const latest = async ({ card }: World) => (await card()).coupons.latest

  it('is nothing where she has none, or none of late', async () => {
    const shop = await world()
    const made = await shop.template({ perPerson: 9 })
    await shop.make.coupon(shop.guide, made, shop.customer, { state: 'expired', slot: 1 })
    await shop.make.coupon(shop.guide, made, shop.customer, { state: 'revoked', slot: 2 })
    expect(await latest(shop)).toBeNull()
  })

  it('is the one about to expire before a newer one, else the newest; used is told for thirty days', async () => {
    const shop = await world()
    const made = await shop.template({ perPerson: 9 })
    const { couponId } = await shop.make.coupon(shop.guide, made, shop.customer, {
      state: 'redeemed',
      slot: 1,
    })
    const usedDaysAgo = (days: number) =>
      sql`update coupons set redeemed_at = ${new Date(TEST_NOW.getTime() - days * 24 * HOUR_MS)}
          where coupon_id = ${couponId}`.execute(rooms.db)
    await usedDaysAgo(31)
    expect(await latest(shop)).toBeNull()
    await usedDaysAgo(2)
    expect(await latest(shop)).toMatchObject({ state: 'redeemed' })
    await shop.make.coupon(shop.guide, made, shop.customer, {
      state: 'claimed',
      slot: 2,
      expiresOn: '2026-11-30',
    })
    expect(await latest(shop)).toEqual({ name: '足金饰品券', state: 'claimed', expiresOn: '2026-11-30' })
  })
})
