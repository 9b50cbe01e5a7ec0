import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RESERVATION_SECONDS } from '../../../../server/domains/coupons/coupons.service.ts'
import { createLedgerIssuer, type IssuerState } from '../../../../server/domains/coupons/issuer.ts'
import { createIssuersRepository } from '../../../../server/domains/coupons/issuers.repository.ts'
import { startFakeIssuer, type FakeIssuer } from '../../../support/fakeIssuer.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, PUBLIC_URL, type GuideWorld } from '../guideWorld.ts'
import { expectNoDifference } from './accounts.ts'

let test: TestDb
let fake: FakeIssuer
let world: GuideWorld
beforeAll(async () => {
  test = await createTestDb()
  fake = await startFakeIssuer()
  world = createGuideWorld(test.db, { issuers: new Map([['pos', fake.issuer]]) })
})
afterAll(async () => {
  await test.drop()
  await fake.close()
})
beforeEach(() => {
  fake.behave('well')
  fake.states.clear()
  Object.assign(fake.effects, { issue: 0, redeem: 0, revoke: 0 })
})
afterEach(async () => {
  world.resetClock()
  await expectNoDifference(test.db)
})

async function shop(given: { issuer?: string; stock?: number } = {}) {
  const made = await world.shop()
  const { store } = made
  const manager = await world.make.staff(made.corp, { role: 'manager', store, manages: [store] })
  const { templateId } = await world.make.couponTemplate(made.corp, { issuer: 'pos', ...given })
  return { ...made, manager, templateId }
}
type Shop = Awaited<ReturnType<typeof shop>>

const reserve = ({ guide, customer, templateId }: Shop, key?: string) => {
  const request = { templateId, externalUserId: customer.externalUserId, reminderId: null, confirmed: true }
  return world.coupons.reserve(guide, request, intentOf('reserveCoupon', request, key))
}
async function claimed(at: Shop) {
  const { couponId, card } = await reserve(at)
  const token = card.link.slice(`${PUBLIC_URL}/c/`.length)
  await world.coupons.claim(token)
  return { couponId, code: (await world.till.find(at.guide, { token })).code }
}
const redeem = ({ guide }: Shop, { couponId, code }: { couponId: string; code: string }, key?: string) => {
  const draft = { code, amountFen: 400_000, piece: null }
  return world.till.redeem(guide, couponId, draft, intentOf('redeemCoupon', draft, key))
}
const stateOf = async (couponId: string) =>
  (await world.rows(sql<{ state: string }>`select state from coupons where coupon_id = ${couponId}`))[0]
    ?.state
const liveOf = async ({ templateId }: Shop) =>
  (
    await world.rows(
      sql<{
        live: number
      }>`select sum(live)::int as live from coupon_pools where template_id = ${templateId}`,
    )
  )[0]?.live

describe('coupons of another issuer', () => {
  it('are issued, redeemed and taken back there as here', async () => {
    const at = await shop()
    const one = await claimed(at)
    expect(fake.states.get(one.couponId)).toBe('issued')
    expect(await redeem(at, one)).toMatchObject({ state: 'redeemed' })
    expect(fake.states.get(one.couponId)).toBe('redeemed')

    const other = await shop()
    const two = await claimed(other)
    const intent = intentOf('revokeCoupon')
    await world.till.revoke(other.manager, two.couponId, { reason: '活动取消' }, intent)
    await world.till.payDebts()
    expect(fake.states.get(two.couponId)).toBe('revoked')
    expect(fake.effects).toEqual({ issue: 2, redeem: 1, revoke: 1 })
  })

  it('that cannot be issued there are not given here, and the issuer hears of it once it listens', async () => {
    const at = await shop({ stock: 1 })
    fake.behave('lost')
    const key = 'the-key-of-a-reservation'
    await expect(reserve(at, key)).rejects.toMatchObject({ code: 'issuer_unavailable' })
    await expect(reserve(at, key)).rejects.toMatchObject({ code: 'issuer_unavailable' })
    expect(await liveOf(at)).toBe(0)
    const [couponId = ''] = [...fake.states.keys()]
    expect([fake.states.get(couponId), await stateOf(couponId)]).toEqual(['issued', 'released'])
    await world.till.payDebts()
    fake.behave('well')
    world.travel(60)
    expect(await world.till.payDebts()).toBe(1)
    expect(fake.states.get(couponId)).toBe('revoked')
    expect(await world.till.payDebts()).toBe(0)
    await reserve(at)
  })

  it('P11 a use whose answer got lost is asked for again, and is one use on both sides', async () => {
    const at = await shop()
    const coupon = await claimed(at)
    const key = 'the-key-of-one-redemption'
    fake.behave('lost')
    await expect(redeem(at, coupon, key)).rejects.toMatchObject({ code: 'issuer_unavailable' })
    expect([fake.states.get(coupon.couponId), await stateOf(coupon.couponId)]).toEqual([
      'redeemed',
      'claimed',
    ])
    fake.behave('well')
    const used = await redeem(at, coupon, key)
    expect(await redeem(at, coupon, key)).toEqual(used)
    expect(fake.effects.redeem).toBe(1)
    const sales = await world.rows(sql`select 1 from purchases where coupon_id = ${coupon.couponId}`)
    expect(sales).toHaveLength(1)
  })

  it('used up over there are not used here', async () => {
    const at = await shop()
    const coupon = await claimed(at)
    fake.states.set(coupon.couponId, 'revoked')
    await expect(redeem(at, coupon)).rejects.toMatchObject({
      code: 'coupon_not_redeemable',
      reason: 'issuer',
    })
    expect(await stateOf(coupon.couponId)).toBe('claimed')
  })

  it('while it refuses, nothing is redeemed, and a rule of ours is said without asking it', async () => {
    const at = await shop()
    const coupon = await claimed(at)
    fake.behave('refusing')
    await expect(redeem(at, coupon)).rejects.toMatchObject({ code: 'issuer_unavailable' })
    await sql`update coupon_templates set threshold_fen = 500000 where template_id = ${at.templateId}`.execute(
      test.db,
    )
    await expect(redeem(at, coupon)).rejects.toMatchObject({ reason: 'threshold' })
    expect(fake.effects.redeem).toBe(0)
  })

  it('that lapse here are taken back there, however often it does not answer', async () => {
    const at = await shop()
    const { couponId } = await reserve(at)
    world.travel(RESERVATION_SECONDS)
    await world.coupons.sweep()
    fake.behave('refusing')
    for (let turn = 0; turn < 3; turn++) {
      expect(await world.till.payDebts()).toBe(1)
      world.travel(60)
    }
    fake.behave('well')
    await world.till.payDebts()
    expect([fake.states.get(couponId), fake.effects.revoke]).toEqual(['revoked', 1])
  })

  it('of whom nobody has told us are not given', async () => {
    const at = await shop({ issuer: 'wechatPay' })
    await expect(reserve(at)).rejects.toMatchObject({ code: 'issuer_unavailable' })
    expect(await liveOf(at)).toBe(0)
  })
})

describe('our own ledger is an issuer like any other', () => {
  it('and says what became of a coupon', async () => {
    const at = await shop({ issuer: 'own' })
    const issuer = createLedgerIssuer(couponId => createIssuersRepository(test.db).stateOf(couponId))
    const states: IssuerState[] = []
    const coupon = await claimed(at)
    states.push(await issuer.find(coupon.couponId))
    await redeem(at, coupon)
    states.push(await issuer.find(coupon.couponId), await issuer.find(at.templateId))
    expect(states).toEqual(['issued', 'redeemed', 'unknown'])
    expect(fake.effects).toEqual({ issue: 0, redeem: 0, revoke: 0 })
  })
})
