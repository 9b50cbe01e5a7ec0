import { sql } from 'kysely'
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { RESERVATION_SECONDS } from '../../../../server/domains/coupons/coupons.service.ts'
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

/** A guide in a group with one of her customers, and a template. */
async function group(given: { stock?: number; perPerson?: number } = {}) {
  const shop = await world.shop()
  const { corp, guide, customer } = shop
  const chatId = `wr${randomBytes(6).toString('hex')}`
  const job = { kind: 'job', corpId: corp.corpId, name: 'test' } as const
  const members = [
    { id: guide.userId, kind: 'staff' as const },
    { id: customer.externalUserId, kind: 'external' as const },
  ]
  const pulled = { chatId, name: '老友群', ownerUserId: guide.userId, members }
  await world.groups.upsertGroup(test.db, job, pulled, world.clock.now())
  const { templateId } = await world.make.couponTemplate(corp, { stock: 50, validUntil: null, ...given })
  return { ...shop, chatId, templateId }
}
type Group = Awaited<ReturnType<typeof group>>

const reserve = (in_: Group, count: number, hours = 24) => {
  const request = { templateId: in_.templateId, chatId: in_.chatId, count, hours, confirmed: true }
  return world.couponShares.reserve(in_.guide, request, intentOf('reserveCouponShare', request))
}
const confirm = (guide: StaffActor, shareId: string) =>
  world.couponShares.confirm(guide, shareId, intentOf('confirmCouponShare', shareId))
const tokenOf = (share: { card: { link: string } }) => share.card.link.slice(`${PUBLIC_URL}/c/`.length)
const person = (externalUserId: string | null = null) => ({ hash: randomBytes(16), externalUserId })
const liveOf = async (templateId: string) =>
  (
    await world.rows(
      sql<{
        live: number
      }>`select sum(live)::int as live from coupon_pools where template_id = ${templateId}`,
    )
  )[0]?.live
const sendOf = async (shareId: string) =>
  (
    await world.rows(sql<{ outcome: string | null }>`select outcome from sends where share_id = ${shareId}`)
  )[0]?.outcome

describe('a link of coupons in a group', () => {
  it('holds its pieces from the moment the card is prepared, and says how many', async () => {
    const shop = await group()
    const share = await reserve(shop, 12)
    expect(share.card.description).toContain('共 12 张，一人一张')
    expect(await liveOf(shop.templateId)).toBe(12)
    const shelf = await world.couponShares.shelf(shop.guide, shop.chatId)
    expect(shelf.shares).toMatchObject([{ shareId: share.shareId, count: 12, claimed: 0, state: 'reserved' }])
    expect(shelf.offers).toMatchObject([{ templateId: shop.templateId, stockLeft: 38 }])
  })

  it('gives every piece back when the card did not go out, once', async () => {
    const shop = await group()
    const share = await reserve(shop, 12)
    const outcome = { outcome: 'cancelled', reason: null } as const
    await world.couponShares.release(shop.guide, share.shareId, outcome, intentOf('releaseCouponShare'))
    expect([await liveOf(shop.templateId), await sendOf(share.shareId)]).toEqual([0, 'cancelled'])
    await expect(
      world.couponShares.release(shop.guide, share.shareId, outcome, intentOf('releaseCouponShare')),
    ).rejects.toMatchObject({ code: 'state_conflict' })
    await expect(confirm(shop.guide, share.shareId)).rejects.toMatchObject({ code: 'state_conflict' })
    expect(await world.couponShares.claimShare(tokenOf(share), person())).toBeUndefined()
  })

  it('takes no more pieces than are left, and then none at all', async () => {
    const shop = await group({ stock: 25 })
    await reserve(shop, 20)
    await expect(reserve(shop, 6)).rejects.toMatchObject({ code: 'coupon_sold_out' })
    expect(await liveOf(shop.templateId)).toBe(20)
    await reserve(shop, 5)
    expect(await liveOf(shop.templateId)).toBe(25)
  })

  it('withdrawn, gives back what nobody has claimed and leaves what somebody has', async () => {
    const shop = await group()
    const share = await reserve(shop, 12)
    await confirm(shop.guide, share.shareId)
    const one = person()
    const hers = await world.couponShares.claimShare(tokenOf(share), one)
    const intent = intentOf('withdrawCouponShare', share.shareId)
    const after = await world.couponShares.withdraw(shop.guide, share.shareId, intent)
    expect(after).toMatchObject({ state: 'ended', claimed: 1, count: 12, mayWithdraw: false })
    expect(await liveOf(shop.templateId)).toBe(1)
    expect((await world.couponPages.find(hers ?? ''))?.kind).toBe('coupon')
    expect(await world.couponShares.claimShare(tokenOf(share), one)).toBe(hers)
    expect(await world.couponShares.claimShare(tokenOf(share), person())).toBeUndefined()
    expect(await world.couponPages.find(tokenOf(share))).toMatchObject({ status: 'withdrawn' })
    const reasons = await world.rows(
      sql<{ reason: string; actor: string }>`
        select distinct l.reason, l.actor from coupon_ledger l join coupons c using (coupon_id)
        where c.share_id = ${share.shareId} and l.to_state = 'released'`,
    )
    expect(reasons).toEqual([{ reason: 'withdrawn', actor: `staff:${shop.guide.staffId}` }])
    // Again with the same key it is the same; meant anew, there is nothing to withdraw.
    expect(await world.couponShares.withdraw(shop.guide, share.shareId, intent)).toEqual(after)
    const recorded = await world.rows(
      sql<{ staffId: number }>`
        select staff_id as "staffId" from audit_entries
        where action = 'couponShareWithdrawn' and detail ->> 'shareId' = ${share.shareId}`,
    )
    expect(recorded).toEqual([{ staffId: shop.guide.staffId }])
    await expect(
      world.couponShares.withdraw(shop.guide, share.shareId, intentOf('withdrawCouponShare')),
    ).rejects.toMatchObject({ code: 'state_conflict' })
  })

  it('is withdrawn by who sent it, her manager and an admin, and by nobody else (P2)', async () => {
    const shop = await group()
    const share = await reserve(shop, 3)
    const withdraw = (actor: StaffActor) =>
      world.couponShares.withdraw(actor, share.shareId, intentOf('withdrawCouponShare'))
    await expect(withdraw(shop.guide)).rejects.toMatchObject({ code: 'state_conflict' })
    await confirm(shop.guide, share.shareId)
    const colleague = await world.make.staff(shop.corp, { store: shop.store })
    await expect(withdraw(colleague)).rejects.toMatchObject({ code: 'not_found' })
    const elsewhere = await world.make.staff(shop.corp, { role: 'manager' })
    await expect(withdraw(elsewhere)).rejects.toMatchObject({ code: 'not_found' })
    const manager = await world.make.staff(shop.corp, {
      role: 'manager',
      store: shop.store,
      manages: [shop.store],
    })
    expect(await withdraw(manager)).toMatchObject({ state: 'ended' })
  })

  it.each([1, 2, 3, 4, 5, 6])(
    'P10 claims and the withdrawal of their link end with every piece in one place, time %i',
    async () => {
      const shop = await group()
      const share = await reserve(shop, 20)
      await confirm(shop.guide, share.shareId)
      const claims = Array.from({ length: 20 }, () => world.couponShares.claimShare(tokenOf(share), person()))
      const [tokens] = await Promise.all([
        Promise.all(claims),
        world.couponShares.withdraw(shop.guide, share.shareId, intentOf('withdrawCouponShare')),
      ])
      const claimed = tokens.filter(token => token !== undefined).length
      expect(await liveOf(shop.templateId)).toBe(claimed)
      expect((await world.couponShares.shelf(shop.guide, shop.chatId)).shares).toMatchObject([{ claimed }])
    },
  )

  it('is one piece for each person, the same however often she asks', async () => {
    const shop = await group()
    const share = await reserve(shop, 2)
    await confirm(shop.guide, share.shareId)
    const [one, two, three] = [person(), person(), person()]
    const first = await Promise.all(
      [1, 2, 3, 4].map(() => world.couponShares.claimShare(tokenOf(share), one)),
    )
    expect(new Set(first).size).toBe(1)
    expect(first[0]).toMatch(/^[A-Za-z0-9_-]{22}$/)
    const second = await world.couponShares.claimShare(tokenOf(share), two)
    expect(second).not.toBe(first[0])
    expect(await world.couponShares.claimShare(tokenOf(share), three)).toBeUndefined()
    expect(await world.couponShares.claimShare(tokenOf(share), one)).toBe(first[0])
    expect((await world.couponPages.find(second ?? ''))?.kind).toBe('coupon')
  })

  it('counts against the limit of a customer WeCom knows, and leads her to what she has', async () => {
    const shop = await group({ perPerson: 1 })
    const share = await reserve(shop, 5)
    await confirm(shop.guide, share.shareId)
    const known = person(shop.customer.externalUserId)
    const own = await world.couponShares.claimShare(tokenOf(share), known)
    const again = await reserve(shop, 5)
    await confirm(shop.guide, again.shareId)
    expect(await world.couponShares.claimShare(tokenOf(again), known)).toBe(own)
    const held = await world.coupons.shelf(shop.guide, shop.customer.externalUserId)
    expect(held.held).toMatchObject([{ state: 'claimed' }])
    expect(held.offers).toMatchObject([{ refusal: 'alreadyHeld' }])
    const touches = await world.touchesOf(shop.customer.customerId)
    expect(touches).toMatchObject([{ kind: 'couponClaimed', detail: '客户群' }])
  })

  it('is for whom it is meant, also where that was said after it went out', async () => {
    const shop = await group()
    const share = await reserve(shop, 5)
    await confirm(shop.guide, share.shareId)
    await sql`update coupon_templates set tiers = '{金卡,钻石}' where template_id = ${shop.templateId}`.execute(
      test.db,
    )
    const other = await world.make.followed(shop.corp, shop.guide)
    await sql`update customers set tier = '金卡' where customer_id = ${shop.customer.customerId}`.execute(
      test.db,
    )
    const golden = person(shop.customer.externalUserId)
    for (const stranger of [person(), person('wm-nobody-we-know'), person(other.externalUserId)]) {
      expect(await world.couponShares.claimShare(tokenOf(share), stranger)).toBeUndefined()
      expect(await world.couponPages.find(tokenOf(share), stranger)).toMatchObject({ status: 'tier' })
    }
    expect(await world.couponPages.find(tokenOf(share))).toMatchObject({ status: 'open' })
    expect(await world.couponPages.find(tokenOf(share), golden)).toMatchObject({ status: 'open' })
    expect(await world.couponShares.claimShare(tokenOf(share), golden)).toEqual(expect.any(String))
    expect(await liveOf(shop.templateId)).toBe(5)
  })

  it('P10 a claim confirms the send, whichever comes first', async () => {
    const shop = await group()
    const share = await reserve(shop, 3)
    await world.couponShares.claimShare(tokenOf(share), person())
    expect(await sendOf(share.shareId)).toBe('ok')
    world.travel(RESERVATION_SECONDS)
    await world.couponShares.sweep()
    expect(await liveOf(shop.templateId)).toBe(3)
    expect((await confirm(shop.guide, share.shareId)).claimed).toBe(1)
    const outcome = { outcome: 'failed', reason: null } as const
    await expect(
      world.couponShares.release(shop.guide, share.shareId, outcome, intentOf('releaseCouponShare')),
    ).rejects.toMatchObject({ code: 'state_conflict' })
  })

  it('goes back whole when nobody says whether it went out, and in part when its hours are over', async () => {
    const shop = await group()
    const unanswered = await reserve(shop, 3)
    world.travel(RESERVATION_SECONDS)
    await world.couponShares.sweep()
    expect([await liveOf(shop.templateId), await sendOf(unanswered.shareId)]).toEqual([0, 'unknown'])

    const share = await reserve(shop, 3, 2)
    await confirm(shop.guide, share.shareId)
    const own = await world.couponShares.claimShare(tokenOf(share), person())
    world.travel(2 * 3600)
    expect(await world.couponShares.claimShare(tokenOf(share), person())).toBeUndefined()
    await world.couponShares.sweep()
    expect(await liveOf(shop.templateId)).toBe(1)
    expect(await world.coupons.claim(own ?? '')).toBe('claimed')
  })

  it('hides groups and links of others', async () => {
    const shop = await group()
    const other = await group()
    const share = await reserve(shop, 1)
    const notFound = { code: 'not_found' }
    await expect(world.couponShares.shelf(other.guide, shop.chatId)).rejects.toMatchObject(notFound)
    await expect(confirm(other.guide, share.shareId)).rejects.toMatchObject(notFound)
    await expect(reserve({ ...other, chatId: shop.chatId }, 1)).rejects.toMatchObject(notFound)
    await expect(reserve({ ...shop, templateId: other.templateId }, 1)).rejects.toMatchObject(notFound)
    await expect(world.couponShares.claimShare('A'.repeat(22), person())).rejects.toMatchObject(notFound)
  })

  it('P9 gives exactly as many as there are, to as many persons as come at once', async () => {
    const shop = await group()
    const share = await reserve(shop, 10)
    const people = Array.from({ length: 30 }, () => person())
    const claims = await Promise.all(people.map(each => world.couponShares.claimShare(tokenOf(share), each)))
    const tokens = claims.filter(token => token !== undefined)
    expect(tokens).toHaveLength(10)
    expect(new Set(tokens).size).toBe(10)
  })
})
