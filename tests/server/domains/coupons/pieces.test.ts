import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { CouponState } from '../../../../shared/contract/coupons.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, type GuideWorld } from '../guideWorld.ts'

let test: TestDb
let world: GuideWorld
beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
})
afterAll(() => test.drop())
afterEach(() => world.resetClock())

/** A store with its manager, a guide of hers who has given some, and one of another store who has, too. */
async function desk(states: CouponState[] = ['issued', 'claimed']) {
  const shop = await world.shop()
  const { corp, guide, customer, store } = shop
  const template = await world.make.couponTemplate(corp, { perPerson: 40, stock: 100, validUntil: null })
  const manager = await world.make.staff(corp, { role: 'manager', store, manages: [store] })
  const stranger = await world.make.staff(corp)
  const strangers = await world.make.followed(corp, stranger)
  const given = []
  for (const [index, state] of states.entries())
    given.push(await world.make.coupon(guide, template, customer, { state, slot: index + 1 }))
  const elsewhere = await world.make.coupon(stranger, template, strangers, { state: 'claimed' })
  return { ...shop, template, manager, stranger, given, elsewhere }
}
const page = { limit: 30 }

describe('the pieces of a template', () => {
  it('P2 are those the people of her stores have given; an admin sees all, a guide none', async () => {
    const { template, manager, given, elsewhere, corp, guide } = await desk()
    const ids = async (actor: typeof manager) =>
      (await world.couponPieces.list(actor, template.templateId, page)).items
        .map(({ couponId }) => couponId)
        .sort()
    const hers = given.map(({ couponId }) => couponId).sort()
    expect(await ids(manager)).toEqual(hers)
    const admin = await world.make.staff(corp, { role: 'admin' })
    expect(await ids(admin)).toEqual([...hers, elsewhere.couponId].sort())
    await expect(ids(guide)).rejects.toMatchObject({ code: 'forbidden' })
    const foreign = await world.shop()
    const boss = await world.make.staff(foreign.corp, { role: 'admin' })
    await expect(ids(boss)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('tell whose and what became of each, and of the code only its end', async () => {
    const { template, manager, given, customer, guide } = await desk(['claimed'])
    const { items } = await world.couponPieces.list(manager, template.templateId, page)
    expect(items).toMatchObject([
      {
        state: 'claimed',
        by: guide.name,
        customer: { isMasked: false },
        codeEnd: given[0]?.code.slice(-4),
        mayRevoke: true,
        isFromGroup: false,
      },
    ])
    expect(items[0]?.customer?.address).toContain(customer.name.slice(0, 1))
    expect(JSON.stringify(items)).not.toContain(given[0]?.code)
  })

  it('are chosen by what became of them; what never went out is none', async () => {
    const { template, manager } = await desk([
      'reserved',
      'issued',
      'claimed',
      'redeemed',
      'released',
      'expired',
      'revoked',
    ])
    const states = async (which?: 'open' | 'redeemed' | 'ended') =>
      (await world.couponPieces.list(manager, template.templateId, { ...page, which })).items
        .map(({ state }) => state)
        .sort()
    expect(await states()).toEqual(['claimed', 'expired', 'issued', 'redeemed', 'revoked'])
    expect(await states('open')).toEqual(['claimed', 'issued'])
    expect(await states('redeemed')).toEqual(['redeemed'])
    expect(await states('ended')).toEqual(['expired', 'revoked'])
  })

  it('come page by page, each once, also those of one moment', async () => {
    const { template, manager, given } = await desk(Array.from({ length: 7 }, () => 'issued' as const))
    await world.rows(
      sql`update coupons set reserved_at = '2026-11-20T10:00:00.123456Z' where template_id = ${template.templateId}`,
    )
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const found = await world.couponPieces.list(manager, template.templateId, {
        limit: 3,
        ...(cursor === undefined ? {} : { cursor }),
      })
      expect(found.items.length).toBeLessThanOrEqual(3)
      seen.push(...found.items.map(({ couponId }) => couponId))
      cursor = found.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toHaveLength(7)
    expect([...seen].sort()).toEqual(given.map(({ couponId }) => couponId).sort())
  })

  it('are found by the whole code, however it is typed, and not outside of the template', async () => {
    const { template, manager, given, elsewhere } = await desk()
    const find = async (code: string) => world.couponPieces.find(manager, template.templateId, code)
    const code = given[1]?.code ?? ''
    const typed = ` ${code.slice(0, 4).toLowerCase()} ${code.slice(4, 8)}-${code.slice(8)} `
    expect(await find(typed)).toMatchObject({ couponId: given[1]?.couponId })
    for (const none of [elsewhere.code, code.slice(0, 6)])
      await expect(find(none)).rejects.toMatchObject({ code: 'not_found' })
    await expect(
      world.couponPieces.find({ ...manager, role: 'guide' }, template.templateId, code),
    ).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('taken back with a reason, they are in the ledger and among the ended', async () => {
    const { template, manager, given } = await desk(['claimed'])
    const couponId = given[0]?.couponId ?? ''
    await world.till.revoke(manager, couponId, { reason: '发错了人' }, intentOf('revokeCoupon', couponId))
    const { items } = await world.couponPieces.list(manager, template.templateId, { ...page, which: 'ended' })
    expect(items).toMatchObject([{ couponId, state: 'revoked', mayRevoke: false }])
    const [row] = await world.rows(
      sql<{
        reason: string
      }>`select reason from coupon_ledger where coupon_id = ${couponId} order by entry_id desc limit 1`,
    )
    expect(row?.reason).toBe('发错了人')
  })
})
