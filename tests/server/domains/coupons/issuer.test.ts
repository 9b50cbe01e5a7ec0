import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { auditCoupons } from '../../../../server/domains/coupons/auditCoupons.ts'
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
    await world.till.elsewhere.payDebts()
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
    await world.till.elsewhere.payDebts()
    fake.behave('well')
    world.travel(60)
    expect(await world.till.elsewhere.payDebts()).toBe(1)
    expect(fake.states.get(couponId)).toBe('revoked')
    expect(await world.till.elsewhere.payDebts()).toBe(0)
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
    for (const minutes of [1, 2, 4]) {
      expect(await world.till.elsewhere.payDebts()).toBe(1)
      world.travel(minutes * 60 - 1)
      expect(await world.till.elsewhere.payDebts()).toBe(0)
      world.travel(1)
    }
    fake.behave('well')
    await world.till.elsewhere.payDebts()
    expect([fake.states.get(couponId), fake.effects.revoke]).toEqual(['revoked', 1])
  })

  it('are asked about less and less often while the issuer is silent, and four times a day for as long as it takes', async () => {
    const at = await shop()
    await reserve(at)
    world.travel(RESERVATION_SECONDS)
    await world.coupons.sweep()
    fake.behave('refusing')
    for (let turn = 0; turn < 12; turn++) {
      expect(await world.till.elsewhere.payDebts()).toBe(1)
      world.travel(6 * 3600)
    }
  })

  it('P10 used over there after they had ended here stay written down, are not asked for again, and the audit says so', async () => {
    const at = await shop()
    const { couponId } = await reserve(at)
    world.travel(RESERVATION_SECONDS)
    await world.coupons.sweep()
    fake.states.set(couponId, 'redeemed')
    expect(await world.till.elsewhere.payDebts()).toBe(1)
    world.travel(86_400)
    expect(await world.till.elsewhere.payDebts()).toBe(0)
    const { differences } = await auditCoupons(test.db)
    expect(differences).toEqual([
      {
        rule: 'what has ended here was not used at its issuer',
        id: couponId,
        expected: 'released',
        found: 'redeemed at pos',
      },
    ])
    await sql`delete from coupon_issuer_debts where coupon_id = ${couponId}`.execute(test.db)
  })

  it('that cannot be taken back there stay hers', async () => {
    const at = await shop()
    const { couponId } = await claimed(at)
    const revoke = () =>
      world.till.revoke(at.manager, couponId, { reason: '发错了' }, intentOf('revokeCoupon', couponId))
    fake.behave('refusing')
    await expect(revoke()).rejects.toMatchObject({ code: 'issuer_unavailable' })
    fake.behave('well')
    fake.states.set(couponId, 'redeemed')
    await expect(revoke()).rejects.toMatchObject({
      code: 'state_conflict',
      detail: '这张券已经在发券方那边用掉了',
    })
    expect(await stateOf(couponId)).toBe('claimed')
  })

  it('of whom nobody has told us are not given', async () => {
    const at = await shop({ issuer: 'wechatPay' })
    await expect(reserve(at)).rejects.toMatchObject({ code: 'issuer_unavailable' })
    expect(await liveOf(at)).toBe(0)
  })
})

describe('a use over there', () => {
  const ledgerOf = (couponId: string) =>
    world.rows(sql<{ step: string; actor: string; reason: string | null }>`
      select coalesce(from_state, '') || ' > ' || to_state as step, actor, reason from coupon_ledger
      where coupon_id = ${couponId} order by entry_id offset 2`)
  const isUsed = [{ step: 'claimed > redeemed', actor: 'system:issuer', reason: 'usedElsewhere' }]
  const pastLastDay = () => world.travel(60 * 86_400)

  it('is written down here, once, some minutes after it was first heard of', async () => {
    const at = await shop()
    const { couponId } = await claimed(at)
    fake.states.set(couponId, 'redeemed')
    await world.till.elsewhere.reconcile()
    expect(await stateOf(couponId)).toBe('claimed')
    world.travel(10 * 60)
    await world.till.elsewhere.reconcile()
    await world.till.elsewhere.reconcile()
    expect(await stateOf(couponId)).toBe('redeemed')
    expect(await ledgerOf(couponId)).toEqual(isUsed)
    const touches = await world.touchesOf(at.customer.customerId)
    expect(touches.at(-1)).toMatchObject({ kind: 'couponRedeemed', actor: 'system', detail: '在发券方用的' })
  })

  it('of a coupon she never opened is a claim and a use', async () => {
    const at = await shop()
    const { couponId } = await reserve(at)
    await world.coupons.confirm(at.guide, couponId, intentOf('confirmCoupon', couponId))
    fake.states.set(couponId, 'redeemed')
    await world.till.elsewhere.reconcile()
    world.travel(10 * 60)
    await world.till.elsewhere.reconcile()
    expect((await ledgerOf(couponId)).map(({ step }) => step)).toEqual([
      'issued > claimed',
      'claimed > redeemed',
    ])
  })

  it('that our own till has begun is left to it', async () => {
    const at = await shop()
    const coupon = await claimed(at)
    fake.behave('lost')
    await expect(redeem(at, coupon, 'the-key-of-that-use')).rejects.toMatchObject({
      code: 'issuer_unavailable',
    })
    fake.behave('well')
    await world.till.elsewhere.reconcile()
    world.travel(60)
    await world.till.elsewhere.reconcile()
    expect(await redeem(at, coupon, 'the-key-of-that-use')).toMatchObject({
      state: 'redeemed',
      redemption: { amountFen: 400_000 },
    })
    world.travel(10 * 60)
    await world.till.elsewhere.reconcile()
    expect((await ledgerOf(coupon.couponId)).map(({ actor }) => actor)).toEqual([`staff:${at.guide.staffId}`])
  })

  it('P10 just before it lapses here ends as a use, with two servers at work; what was not used lapses', async () => {
    const at = await shop()
    const used = await claimed(at)
    const other = await shop()
    const unused = await claimed(other)
    pastLastDay()
    fake.states.set(used.couponId, 'redeemed')
    const second = createGuideWorld(test.db, { issuers: new Map([['pos', fake.issuer]]) })
    second.travel(60 * 86_400)
    await Promise.all(
      [world, second].map(async server => {
        await server.coupons.expire()
        await server.till.elsewhere.expire()
        await server.till.elsewhere.payDebts()
      }),
    )
    await world.till.elsewhere.payDebts()
    expect([await stateOf(used.couponId), await stateOf(unused.couponId)]).toEqual(['redeemed', 'expired'])
    expect(await ledgerOf(used.couponId)).toEqual(isUsed)
    expect([await liveOf(at), await liveOf(other)]).toEqual([1, 0])
    expect(fake.states.get(unused.couponId)).toBe('revoked')
  })

  it('P10 and lapsing, while the issuer is silent, both wait for its word', async () => {
    const at = await shop()
    const { couponId } = await claimed(at)
    pastLastDay()
    fake.behave('lost')
    await world.till.elsewhere.expire()
    await world.till.elsewhere.payDebts()
    expect([fake.states.get(couponId), await stateOf(couponId), await liveOf(at)]).toEqual([
      'revoked',
      'claimed',
      1,
    ])
    fake.behave('well')
    world.travel(60)
    await world.till.elsewhere.payDebts()
    expect([await stateOf(couponId), await liveOf(at), fake.effects.revoke]).toEqual(['expired', 0, 1])
    expect(await world.till.elsewhere.expire()).toBe(0)
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
