import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { couponCodeText } from '../../../../shared/rules/couponCode.ts'
import type { MadeCustomer } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, PUBLIC_URL, type GuideWorld } from '../guideWorld.ts'
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

/** A shop with its manager, a second store with people of its own, and a coupon a customer has claimed. */
async function claimed(given: Parameters<GuideWorld['make']['couponTemplate']>[1] = {}) {
  const shop = await world.shop()
  const { corp, guide, customer, store } = shop
  const manager = await world.make.staff(corp, { role: 'manager', store, manages: [store], name: '店长' })
  const there = await world.make.store(corp, { name: '西单店' })
  const elsewhere = await world.make.staff(corp, { store: there, name: '周敏' })
  const managerThere = await world.make.staff(corp, { role: 'manager', store: there, manages: [there] })
  const { templateId } = await world.make.couponTemplate(corp, given)
  const coupon = await give(guide, customer, templateId)
  return { ...shop, manager, there, elsewhere, managerThere, templateId, ...coupon }
}

async function give(guide: StaffActor, customer: MadeCustomer, templateId: string) {
  const request = { templateId, externalUserId: customer.externalUserId, reminderId: null, confirmed: true }
  const { couponId, card } = await world.coupons.reserve(guide, request, intentOf('reserveCoupon', request))
  await world.coupons.confirm(guide, couponId, intentOf('confirmCoupon', couponId))
  const token = card.link.slice(`${PUBLIC_URL}/c/`.length)
  await world.coupons.claim(token)
  const { code } = await world.till.find(guide, { token })
  return { couponId, token, code }
}

const redeem = (
  who: StaffActor,
  { couponId, code }: { couponId: string; code: string },
  amountFen = 328_000,
  key?: string,
) => {
  const draft = { code, amountFen, piece: null }
  return world.till.redeem(who, couponId, draft, intentOf('redeemCoupon', { couponId, ...draft }, key))
}
const undo = (who: StaffActor, couponId: string) =>
  world.till.undo(who, couponId, { reason: '客户退货' }, intentOf('undoRedeem', couponId))
const revoke = (who: StaffActor, couponId: string) =>
  world.till.revoke(who, couponId, { reason: '发错了' }, intentOf('revokeCoupon', couponId))
const salesOf = (customerId: number) =>
  world.rows(sql<{ amount: number; piece: string; strength: string | null; coupon: string | null }>`
    select p.amount_fen as amount, p.piece, t.strength, p.coupon_id as coupon
    from purchases p left join purchase_traces t using (purchase_id) where p.customer_id = ${customerId}`)
const refused = (reason: string) => ({ code: 'coupon_not_redeemable', reason })

describe('at the till', () => {
  it('a code is found however it is typed, and a link by its token', async () => {
    const shop = await claimed()
    const typed = couponCodeText(shop.code).toLowerCase()
    expect(await world.till.find(shop.elsewhere, { code: ` ${typed} ` })).toMatchObject({
      couponId: shop.couponId,
      state: 'claimed',
      refusal: null,
      redemption: null,
    })
    expect((await world.till.find(shop.guide, { token: shop.token })).code).toBe(shop.code)
  })

  it('shows who it is only to those whose customer it is', async () => {
    const shop = await claimed()
    await sql`update customers set salutation = '林姐' where customer_id = ${shop.customer.customerId}`.execute(
      test.db,
    )
    const seenBy = async (who: StaffActor) => (await world.till.find(who, { code: shop.code })).customer
    expect(await seenBy(shop.guide)).toEqual({ address: '林姐', isMasked: false })
    expect(await seenBy(shop.elsewhere)).toEqual({ address: '林**', isMasked: true })
  })

  it('slows down whoever tries codes that are none, and nobody else', async () => {
    const shop = await claimed()
    const guess = () => world.till.find(shop.guide, { code: '222222222222' })
    for (let turn = 0; turn < 20; turn++) await expect(guess()).rejects.toMatchObject({ code: 'not_found' })
    await expect(world.till.find(shop.guide, { code: shop.code })).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: expect.any(Number),
    })
    expect((await world.till.find(shop.manager, { code: shop.code })).couponId).toBe(shop.couponId)
  })

  it('needs the code, not only the coupon’s number, and belongs to the corp', async () => {
    const shop = await claimed()
    const other = await claimed()
    const notFound = { code: 'not_found' }
    await expect(redeem(shop.guide, { ...shop, code: other.code })).rejects.toMatchObject(notFound)
    await expect(redeem(other.guide, shop)).rejects.toMatchObject(notFound)
    await expect(world.till.find(other.guide, { code: shop.code })).rejects.toMatchObject(notFound)
    await expect(world.till.find(other.guide, { token: shop.token })).rejects.toMatchObject(notFound)
  })
})

describe('redeeming', () => {
  it('takes the discount off, once, and the sale counts for the message that brought the coupon', async () => {
    const shop = await claimed()
    const used = await redeem(shop.elsewhere, shop)
    expect(used).toMatchObject({
      state: 'redeemed',
      redemption: { by: '周敏', store: '西单店', amountFen: 328_000, discountFen: 20_000, mayUndo: false },
    })
    expect(await salesOf(shop.customer.customerId)).toEqual([
      { amount: 308_000, piece: '用券 · 足金饰品券', strength: 'couponUsed', coupon: shop.couponId },
    ])
    const again = redeem(shop.guide, shop)
    await expect(again).rejects.toMatchObject({ ...refused('used'), detail: '这张券已经用过了' })
    const kinds = (await world.touchesOf(shop.customer.customerId)).map(({ kind }) => kind)
    expect(kinds).toEqual(['couponIssued', 'couponClaimed', 'couponRedeemed', 'purchase'])
  })

  it('counts for the message however long ago that was', async () => {
    const shop = await claimed({ validUntil: '2027-12-31' })
    world.travel(200 * 86_400)
    await redeem(shop.guide, shop)
    expect(await salesOf(shop.customer.customerId)).toMatchObject([{ strength: 'couponUsed' }])
  })

  it('claims what was only issued: who shows the code has it', async () => {
    const shop = await world.shop()
    const { templateId } = await world.make.couponTemplate(shop.corp, { validUntil: null })
    const request = { templateId, externalUserId: shop.customer.externalUserId, reminderId: null }
    const { couponId, card } = await world.coupons.reserve(
      shop.guide,
      request,
      intentOf('reserveCoupon', request),
    )
    await world.coupons.confirm(shop.guide, couponId, intentOf('confirmCoupon', couponId))
    const { code } = await world.till.find(shop.guide, { token: card.link.slice(`${PUBLIC_URL}/c/`.length) })
    expect(await redeem(shop.guide, { couponId, code })).toMatchObject({
      state: 'redeemed',
      expiresOn: '2026-12-21',
    })
  })

  it('says which rule stands against it, first by what can be seen and then by the amount', async () => {
    const shop = await claimed()
    await expect(redeem(shop.guide, shop, 299_999)).rejects.toMatchObject({
      ...refused('threshold'),
      detail: '满 3000 可用',
    })
    await sql`
      update coupon_templates set store_ids = array[${shop.there.storeId}::int],
        hours = '[{"weekdays":[1],"from":"10:00","until":"18:00"}]'
      where template_id = ${shop.templateId}`.execute(test.db)
    expect((await world.till.find(shop.guide, { code: shop.code })).refusal).toEqual({
      reason: 'store',
      detail: '只能在西单店用',
    })
    await expect(redeem(shop.elsewhere, shop)).rejects.toMatchObject(refused('hours'))
    await sql`update coupon_templates set hours = '[]', valid_from = '2026-11-22' where template_id = ${shop.templateId}`.execute(
      test.db,
    )
    await expect(redeem(shop.elsewhere, shop)).rejects.toMatchObject(refused('notYet'))
    world.travel(60 * 86_400)
    await expect(redeem(shop.elsewhere, shop)).rejects.toMatchObject(refused('expired'))
  })

  it('P11 one intention is one use with one answer, and a refusal is told again in its words', async () => {
    const shop = await claimed()
    const key = 'the-key-of-one-redemption'
    const tooLittle = 'the-key-of-a-small-amount'
    await expect(redeem(shop.guide, shop, 100, tooLittle)).rejects.toMatchObject(refused('threshold'))
    const first = await redeem(shop.guide, shop, 400_000, key)
    expect(await redeem(shop.guide, shop, 400_000, key)).toEqual(first)
    await expect(redeem(shop.guide, shop, 500_000, key)).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    })
    await expect(redeem(shop.guide, shop, 100, tooLittle)).rejects.toMatchObject({
      ...refused('threshold'),
      detail: '满 3000 可用',
    })
    expect(await salesOf(shop.customer.customerId)).toHaveLength(1)
  })

  it('P10 twenty tills at once use it once', async () => {
    const shop = await claimed()
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, turn) => redeem(turn % 2 ? shop.guide : shop.elsewhere, shop)),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject(refused('used'))
    expect(await salesOf(shop.customer.customerId)).toHaveLength(1)
  })
})

describe('taking a use back', () => {
  it('is the manager’s of that store, on that day, and leaves a line of its own in the ledger', async () => {
    const shop = await claimed()
    await redeem(shop.guide, shop)
    await expect(undo(shop.guide, shop.couponId)).rejects.toMatchObject({ code: 'forbidden' })
    await expect(undo(shop.managerThere, shop.couponId)).rejects.toMatchObject({ code: 'not_found' })
    expect((await world.till.find(shop.manager, { code: shop.code })).redemption?.mayUndo).toBe(true)
    const before = await undo(shop.manager, shop.couponId)
    expect(before).toMatchObject({ state: 'claimed', redemption: null, refusal: null })
    expect(await salesOf(shop.customer.customerId)).toEqual([])
    const entries = await world.rows(sql`
      select from_state, to_state, actor, reason, amount_fen, discount_fen from coupon_ledger
      where coupon_id = ${shop.couponId} order by entry_id desc limit 1`)
    const actor = `staff:${shop.manager.staffId}`
    expect(entries).toEqual([
      {
        from_state: 'redeemed',
        to_state: 'claimed',
        actor,
        reason: '客户退货',
        amount_fen: 328_000,
        discount_fen: 20_000,
      },
    ])
    await expect(undo(shop.manager, shop.couponId)).rejects.toMatchObject({ code: 'not_found' })
    await redeem(shop.guide, shop)
    expect(await salesOf(shop.customer.customerId)).toHaveLength(1)
  })

  it('P2 P11 is answered again to who still has the store, and to nobody else', async () => {
    const shop = await claimed()
    await redeem(shop.guide, shop)
    const intent = intentOf('undoRedeem', shop.couponId)
    const again = (who: StaffActor) => world.till.undo(who, shop.couponId, { reason: '客户退货' }, intent)
    const before = await again(shop.manager)
    expect(await again(shop.manager)).toEqual(before)
    const { managedStoreIds } = shop.managerThere
    await expect(again({ ...shop.manager, managedStoreIds })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('ends with the day', async () => {
    const shop = await claimed()
    await redeem(shop.guide, shop)
    world.travel(14 * 3600)
    await expect(undo(shop.manager, shop.couponId)).rejects.toMatchObject({
      code: 'state_conflict',
      detail: '只能当天撤销',
    })
  })

  it('takes the sale away also where somebody had set it aside, for good', async () => {
    const shop = await claimed()
    await redeem(shop.guide, shop)
    const [sale] = (await world.purchases.list(shop.guide, shop.customer.externalUserId, { limit: 5 })).items
    await world.purchases.remove(shop.guide, shop.customer.externalUserId, sale!.purchaseId)
    await undo(shop.manager, shop.couponId)
    await expect(
      world.purchases.restore(shop.guide, shop.customer.externalUserId, sale!.purchaseId),
    ).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('taking a use back while its sale', () => {
  /** Begins `first`, which has to stop in the timeline, then the undo, and lets both go on once the undo waits too. */
  async function during(shop: Awaited<ReturnType<typeof claimed>>, first: () => Promise<unknown>) {
    const waiting = (count: number) =>
      vi.waitFor(async () => {
        const found = await world.rows(sql`
          select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
        expect(found).toHaveLength(count)
      }, 5_000)
    const acts = await test.db.transaction(async tx => {
      await sql`lock table touches in share row exclusive mode`.execute(tx)
      const begun = [first()]
      await waiting(1)
      begun.push(undo(shop.manager, shop.couponId))
      await waiting(2)
      return begun
    })
    await Promise.all(acts)
  }
  const asides = (couponId: string) =>
    world.rows(sql`select from removed_purchases where purchase ->> 'coupon_id' = ${couponId}`)

  it.each(['is set aside', 'is put back'])(
    '%s leaves no sale, and the coupon can be used again',
    async act => {
      const shop = await claimed()
      const { guide, customer } = shop
      await redeem(guide, shop)
      const [sale] = (await world.purchases.list(guide, customer.externalUserId, { limit: 5 })).items
      const remove = () => world.purchases.remove(guide, customer.externalUserId, sale!.purchaseId)
      const restore = () => world.purchases.restore(guide, customer.externalUserId, sale!.purchaseId)
      if (act === 'is put back') await remove()
      await during(shop, act === 'is put back' ? () => restore().catch(() => undefined) : remove)
      expect([await salesOf(customer.customerId), await asides(shop.couponId)]).toEqual([[], []])
      await redeem(guide, shop)
      expect(await salesOf(customer.customerId)).toHaveLength(1)
    },
  )
})

describe('the reminder of a coupon’s end', () => {
  const remindersOf = async (shop: Pick<Awaited<ReturnType<typeof claimed>>, 'guide'>) =>
    (await world.reminders.getToday(shop.guide)).sections.flatMap(({ rows }) =>
      rows.flatMap(row => (row.kind === 'coupon' ? row.because : [])),
    )
  const ending = '「足金饰品券」还有 2 天到期'

  it('goes with its use, and comes back when the use is taken back, whether or not it was settled meanwhile', async () => {
    const shop = await claimed({ validUntil: '2026-11-23' })
    await world.reminders.runDaily()
    expect(await remindersOf(shop)).toEqual([ending])
    for (const isSettled of [false, true]) {
      await redeem(shop.guide, shop)
      expect(await remindersOf(shop)).toEqual([])
      if (isSettled) await world.reminders.runDaily()
      await undo(shop.manager, shop.couponId)
      expect(await remindersOf(shop)).toEqual([ending])
    }
  })

  it('that was seen to before stays so', async () => {
    const shop = await claimed({ validUntil: '2026-11-23' })
    await world.reminders.runDaily()
    await sql`update reminders set state = 'done' where coupon_id = ${shop.couponId}`.execute(test.db)
    await redeem(shop.guide, shop)
    await undo(shop.manager, shop.couponId)
    expect(await remindersOf(shop)).toEqual([])
  })

  it.each([
    ['taken from her', (shop: Awaited<ReturnType<typeof claimed>>) => revoke(shop.manager, shop.couponId)],
    [
      'past its last day',
      async () => {
        world.travel(3 * 86_400)
        await world.coupons.expire()
      },
    ],
  ])('goes with a coupon that is %s', async (_, end) => {
    const shop = await claimed({ validUntil: '2026-11-23' })
    await world.reminders.runDaily()
    await end(shop)
    expect(await remindersOf(shop)).toEqual([])
    await world.reminders.runDaily()
    const [reminder] = await world.rows(
      sql`select state, skip_reason from reminders where coupon_id = ${shop.couponId}`,
    )
    expect(reminder).toEqual({ state: 'expired', skip_reason: 'settled' })
  })
})

describe('taking a coupon back', () => {
  it('is the giver’s manager’s, gives the piece back, and ends it', async () => {
    const shop = await claimed({ stock: 1 })
    await expect(revoke(shop.guide, shop.couponId)).rejects.toMatchObject({ code: 'forbidden' })
    await expect(revoke(shop.managerThere, shop.couponId)).rejects.toMatchObject({ code: 'not_found' })
    expect(await revoke(shop.manager, shop.couponId)).toMatchObject({ state: 'revoked' })
    await expect(revoke(shop.manager, shop.couponId)).rejects.toMatchObject({ code: 'state_conflict' })
    await expect(redeem(shop.guide, shop)).rejects.toMatchObject(refused('revoked'))
    await give(shop.guide, shop.customer, shop.templateId)
  })

  it('P2 P11 is answered again to who still has the giver, and to nobody else', async () => {
    const shop = await claimed()
    const intent = intentOf('revokeCoupon', shop.couponId)
    const again = (who: StaffActor) => world.till.revoke(who, shop.couponId, { reason: '发错了' }, intent)
    const before = await again(shop.manager)
    expect(await again(shop.manager)).toEqual(before)
    const { managedStoreIds } = shop.managerThere
    await expect(again({ ...shop.manager, managedStoreIds })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('does not touch what is used', async () => {
    const shop = await claimed()
    await redeem(shop.guide, shop)
    await expect(revoke(shop.manager, shop.couponId)).rejects.toMatchObject({ code: 'state_conflict' })
  })

  it('P10 used, taken back or expired: one of them, whichever comes first', async () => {
    const shops = await Promise.all(Array.from({ length: 4 }, () => claimed({ validUntil: '2026-11-21' })))
    const ends = await Promise.all(
      shops.map(shop =>
        Promise.allSettled([
          redeem(shop.guide, shop),
          revoke(shop.manager, shop.couponId),
          world.coupons.expire(),
        ]),
      ),
    )
    for (const [index, [used, back]] of ends.entries()) {
      const [row] = await world.rows(sql<{ state: string }>`
        select state from coupons where coupon_id = ${shops[index]?.couponId}`)
      expect([used?.status === 'fulfilled', back?.status === 'fulfilled'].filter(Boolean)).toHaveLength(1)
      expect(row?.state).toBe(used?.status === 'fulfilled' ? 'redeemed' : 'revoked')
    }
  })
})

describe('the ledger', () => {
  it.each(['update coupon_ledger set reason = null', 'delete from coupon_ledger', 'truncate coupon_ledger'])(
    'refuses %s',
    async statement => {
      await claimed()
      await expect(world.rows(sql.raw(statement))).rejects.toThrow(/only added to/)
    },
  )
})
