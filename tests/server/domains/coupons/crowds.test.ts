import { sql } from 'kysely'
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openDb, type Tx } from '../../../../server/db/db.ts'
import { isLockTimeout } from '../../../../server/db/failures.ts'
import { RESERVATION_SECONDS } from '../../../../server/domains/coupons/coupons.service.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, PUBLIC_URL, type GuideWorld } from '../guideWorld.ts'
import { expectNoDifference } from './accounts.ts'

/** Many at one template or one link, and one of them stands still. */
const CONNECTIONS = 8

let test: TestDb
let blockers: TestDb['db']
let world: GuideWorld
beforeAll(async () => {
  test = await createTestDb({ poolSize: CONNECTIONS })
  blockers = openDb(test.url, { log: { warn: () => undefined } })
  world = createGuideWorld(test.db)
})
afterAll(async () => {
  await blockers.close()
  await test.drop()
})
afterEach(async () => {
  world.resetClock()
  await expectNoDifference(test.db)
})

async function group(given: { stock?: number; perPerson?: number; pools?: number } = {}) {
  const shop = await world.shop({ customers: 4 })
  const chatId = `wr${randomBytes(6).toString('hex')}`
  const job = { kind: 'job', corpId: shop.corp.corpId, name: 'test' } as const
  const members = [{ id: shop.guide.userId, kind: 'staff' as const }]
  const pulled = { chatId, name: '老友群', ownerUserId: shop.guide.userId, members }
  await world.groups.upsertGroup(test.db, job, pulled, world.clock.now())
  const { templateId } = await world.make.couponTemplate(shop.corp, given)
  return { ...shop, chatId, templateId }
}
type Group = Awaited<ReturnType<typeof group>>

const share = (in_: Group, count: number) => {
  const request = { templateId: in_.templateId, chatId: in_.chatId, count, hours: 24, confirmed: true }
  return world.couponShares.reserve(in_.guide, request, intentOf('reserveCouponShare', request))
}
const reserve = (in_: Group, place = 0) => {
  const externalUserId = in_.customers[place]?.externalUserId ?? ''
  const request = { templateId: in_.templateId, externalUserId, reminderId: null, confirmed: true }
  return world.coupons.reserve(in_.guide, request, intentOf('reserveCoupon', request))
}
const tokenOf = ({ card }: { card: { link: string } }) => card.link.slice(`${PUBLIC_URL}/c/`.length)
const person = (externalUserId: string | null = null) => ({ hash: randomBytes(16), externalUserId })

/** Somebody who holds what `locks` takes, on a connection of her own, until she is let go. */
async function stand(locks: (tx: Tx) => Promise<unknown>) {
  let hold = () => {}
  let go: (last?: (tx: Tx) => Promise<unknown>) => void = () => {}
  const isHolding = new Promise<void>(resolve => (hold = resolve))
  const mayGo = new Promise<((tx: Tx) => Promise<unknown>) | undefined>(resolve => (go = resolve))
  const done = blockers.transaction(async tx => {
    await locks(tx)
    hold()
    await (
      await mayGo
    )?.(tx)
  })
  await Promise.race([isHolding, done])
  return {
    /** @param last what she does before */
    letGo: (last?: (tx: Tx) => Promise<unknown>) => {
      go(last)
      return done
    },
  }
}

/** Until so many wait for a lock. */
async function someWait(count = 1): Promise<void> {
  const waiting = sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  await expect
    .poll(async () => (await waiting.execute(blockers)).rows[0]?.count, { timeout: 5_000 })
    .toBe(count)
}

const lockPool = (templateId: string, pool: number) => (tx: Tx) =>
  sql`select from coupon_pools where template_id = ${templateId} and pool = ${pool} for no key update`.execute(
    tx,
  )

describe('P22 somebody stands still', () => {
  it('whoever takes from the only pool is told that it is too busy', async () => {
    const shop = await group({ stock: 5 })
    const holder = await stand(lockPool(shop.templateId, 0))
    const refused = await reserve(shop).catch((error: unknown) => error)
    expect(isLockTimeout(refused)).toBe(true)
    await holder.letGo()
    await reserve(shop)
  }, 10_000)

  it('whoever claims the only piece of a link is told so too', async () => {
    const shop = await group({ stock: 5 })
    const { shareId, ...link } = await share(shop, 1)
    await world.couponShares.confirm(shop.guide, shareId, intentOf('confirmCouponShare', shareId))
    const holder = await stand(tx =>
      sql`select from coupons where share_id = ${shareId} for no key update`.execute(tx),
    )
    const refused = await world.couponShares
      .claimShare(tokenOf(link), person())
      .catch((error: unknown) => error)
    expect(isLockTimeout(refused)).toBe(true)
    await holder.letGo()
    expect(await world.couponShares.claimShare(tokenOf(link), person())).toEqual(expect.any(String))
  }, 10_000)

  it('as many prepare a link as there are connections, and all get theirs', async () => {
    const shop = await group({ stock: 100 })
    const shares = await Promise.all(Array.from({ length: CONNECTIONS * 2 }, () => share(shop, 2)))
    expect(new Set(shares.map(({ shareId }) => shareId)).size).toBe(CONNECTIONS * 2)
  })

  it('pieces drawn and given back at the same time keep nobody waiting in a circle', async () => {
    const shop = await group({ stock: 4, pools: 2 })
    const holder = await stand(lockPool(shop.templateId, 1))
    await reserve(shop, 0)
    await reserve(shop, 1)
    await holder.letGo()
    world.travel(RESERVATION_SECONDS)
    // Two free pieces in the one, two to be given back to the other, which somebody holds who goes on to the first.
    const other = await stand(lockPool(shop.templateId, 0))
    const drawn = share(shop, 3)
    await someWait()
    await other.letGo(lockPool(shop.templateId, 1))
    expect((await drawn).count).toBe(3)
  })

  it('who claims first from a link nobody has confirmed keeps the others waiting for nothing of hers', async () => {
    const shop = await group()
    const link = await share(shop, 5)
    const holder = await stand(tx =>
      sql`select from customers where customer_id = ${shop.customer.customerId} for no key update`.execute(
        tx,
      ),
    )
    const first = world.couponShares.claimShare(tokenOf(link), person(shop.customer.externalUserId))
    await someWait()
    const others = await Promise.all(
      [1, 2, 3].map(() => world.couponShares.claimShare(tokenOf(link), person())),
    )
    expect(new Set(others).size).toBe(3)
    await holder.letGo()
    expect(others).not.toContain(await first)
  })
})

describe('P9 one stranger and many links', () => {
  const linksOf = async (shop: Group, count: number) => {
    const links = []
    for (let turn = 0; turn < count; turn++) {
      const link = await share(shop, 3)
      await world.couponShares.confirm(shop.guide, link.shareId, intentOf('confirmCouponShare', link.shareId))
      links.push(tokenOf(link))
    }
    return links
  }
  const piecesOf = (templateId: string) =>
    world.rows(sql<{ token: string; customerId: number | null; slot: number | null }>`
      select token, customer_id as "customerId", slot from coupons
      where template_id = ${templateId} and holder is not null order by slot`)

  it('she holds what one person may, from however many links, also at the same time', async () => {
    const shop = await group({ perPerson: 2 })
    const links = await linksOf(shop, 4)
    const one = person()
    const claims = await Promise.all(links.map(link => world.couponShares.claimShare(link, one)))
    expect(new Set(claims).size).toBe(2)
    expect(claims).not.toContain(undefined)
    expect(await piecesOf(shop.templateId)).toHaveLength(2)
    expect(claims).toContain(await world.couponShares.claimShare(links[0] ?? '', one))
  })

  it('may have another when the one she had has ended', async () => {
    const shop = await group()
    const links = await linksOf(shop, 2)
    const one = person()
    const first = await world.couponShares.claimShare(links[0] ?? '', one)
    const [row] = await world.rows(
      sql<{ id: string }>`select coupon_id as id from coupons where token = ${first}`,
    )
    const admin = await world.make.staff(shop.corp, { role: 'admin' })
    await world.till.revoke(admin, row?.id ?? '', { reason: '发错' }, intentOf('revokeCoupon'))
    const second = await world.couponShares.claimShare(links[1] ?? '', one)
    expect(second).toEqual(expect.any(String))
    expect(second).not.toBe(first)
  })

  it('known later, what she claimed as a stranger is hers and counts', async () => {
    const shop = await group()
    const links = await linksOf(shop, 2)
    const one = person()
    const own = await world.couponShares.claimShare(links[0] ?? '', one)
    const known = { ...one, externalUserId: shop.customer.externalUserId }
    expect(await world.couponShares.claimShare(links[1] ?? '', known)).toBe(own)
    expect(await piecesOf(shop.templateId)).toEqual([
      { token: own, customerId: shop.customer.customerId, slot: 1 },
    ])
    await expect(reserve(shop)).rejects.toMatchObject({ code: 'coupon_already_granted' })
    expect((await world.coupons.shelf(shop.guide, shop.customer.externalUserId)).held).toHaveLength(1)
  })

  it('known by the very link she claimed from as a stranger, she is known from then on', async () => {
    const shop = await group({ perPerson: 2 })
    const [first = '', second = ''] = await linksOf(shop, 2)
    const one = person()
    const known = { ...one, externalUserId: shop.customer.externalUserId }
    const own = await world.couponShares.claimShare(first, one)
    expect(await world.couponShares.claimShare(first, known)).toBe(own)
    await world.couponShares.claimShare(second, known)
    expect(await piecesOf(shop.templateId)).toMatchObject([
      { customerId: shop.customer.customerId, slot: 1 },
      { customerId: shop.customer.customerId, slot: 2 },
    ])
  })

  it('what she has from her guide counts too, and what is more than she may stays nobody’s we know', async () => {
    const shop = await group()
    const [link = '', other = ''] = await linksOf(shop, 2)
    const one = person()
    const asStranger = await world.couponShares.claimShare(link, one)
    const given = await reserve(shop)
    await world.coupons.claim(tokenOf(given))
    const known = { ...one, externalUserId: shop.customer.externalUserId }
    expect([asStranger, tokenOf(given)]).toContain(await world.couponShares.claimShare(other, known))
    expect(await piecesOf(shop.templateId)).toEqual([{ token: asStranger, customerId: null, slot: null }])
  })
})
