import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import type { PartOutcome } from '../../../../shared/contract/sends.ts'
import { createGuideWorld, intentOf } from '../guideWorld.ts'
import { createTestDb } from '../../../support/testDb.ts'

let test: Awaited<ReturnType<typeof createTestDb>>
let world: ReturnType<typeof createGuideWorld>
beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
})
afterAll(() => test.drop())

async function reminded() {
  const { corp, guide, customer } = await world.shop()
  const { templateId } = await world.make.couponTemplate(corp)
  const { reminderId } = await world.make.reminder(guide, customer, { occurrence: '2026-12-03' })
  return { corp, guide, customer, templateId, reminderId }
}
async function reserve(
  { guide, customer, templateId, reminderId }: Awaited<ReturnType<typeof reminded>>,
  texts = ['妈妈生日快乐', '到店有礼'],
) {
  const message = {
    title: '生日祝福',
    parts: texts.map(text => ({ kind: 'text' as const, text })),
    script: null,
  }
  const request = { templateId, externalUserId: customer.externalUserId, reminderId, message }
  return world.coupons.reserve(guide, request, intentOf('reserveCoupon', request))
}
const release = (guide: StaffActor, couponId: string, words: PartOutcome[]) => {
  const told = { outcome: 'cancelled' as const, reason: null, words }
  return world.coupons.release(guide, couponId, told, intentOf('releaseCoupon', couponId))
}
const sendOf = async (couponId: string) =>
  world.rows(
    sql<{ title: string; outcome: string; parts: string[] }>`
      select s.title, s.outcome, (select array_agg(p.outcome order by p.index) from send_parts p where p.send_id = s.send_id) as parts
      from sends s where s.coupon_id = ${couponId}`,
  )
const lines = async (customerId: number) =>
  (await world.touchesOf(customerId)).map(({ kind, what, outcome }) => [kind, what, outcome].join(' '))

describe('words and a coupon as one message', () => {
  it('goes out once: one send, counted once, its words before the card', async () => {
    const shop = await reminded()
    const reserved = await reserve(shop)
    expect(reserved.words).toEqual([
      { kind: 'text', text: '妈妈生日快乐' },
      { kind: 'text', text: '到店有礼' },
    ])
    await world.coupons.confirm(shop.guide, reserved.couponId, intentOf('confirmCoupon', reserved.couponId))
    expect(await sendOf(reserved.couponId)).toEqual([
      { title: '生日祝福', outcome: 'ok', parts: ['ok', 'ok', 'ok'] },
    ])
    expect(await world.reminderState(shop.reminderId)).toBe('sent')
    expect((await lines(shop.customer.customerId)).sort()).toEqual([
      'couponIssued 足金饰品券 ok',
      'send 生日祝福 ok',
    ])
  })

  it('words that arrived stay said when the card was cancelled: the piece goes back, the reminder is done', async () => {
    const shop = await reminded()
    const { couponId } = await reserve(shop)
    expect((await release(shop.guide, couponId, ['ok', 'ok'])).state).toBe('released')
    expect(await sendOf(couponId)).toMatchObject([{ outcome: 'partial', parts: ['ok', 'ok', 'cancelled'] }])
    expect(await world.reminderState(shop.reminderId)).toBe('sent')
    expect(await lines(shop.customer.customerId)).toContain('send 生日祝福 ok')
  })

  it('half of the words is no wish: the reminder waits', async () => {
    const shop = await reminded()
    const { couponId } = await reserve(shop)
    await release(shop.guide, couponId, ['ok', 'cancelled'])
    expect(await sendOf(couponId)).toMatchObject([
      { outcome: 'partial', parts: ['ok', 'cancelled', 'cancelled'] },
    ])
    expect(await world.reminderState(shop.reminderId)).toBe('pending')
    expect(await lines(shop.customer.customerId)).toContain('send 生日祝福 partial')
  })

  it('nothing left: nothing is said, nothing is held', async () => {
    const shop = await reminded()
    const { couponId } = await reserve(shop)
    await release(shop.guide, couponId, ['cancelled'])
    expect(await sendOf(couponId)).toMatchObject([{ outcome: 'cancelled' }])
    expect(await world.reminderState(shop.reminderId)).toBe('pending')
    const [pool] = await world.rows(
      sql<{
        live: number
      }>`select sum(live)::int as live from coupon_pools where template_id = ${shop.templateId}`,
    )
    expect(pool?.live).toBe(0)
  })

  it('P11 the same request again is the same coupon with the same words', async () => {
    const shop = await reminded()
    const message = {
      title: '生日祝福',
      parts: [{ kind: 'text' as const, text: '生日快乐' }],
      script: null,
    }
    const request = {
      templateId: shop.templateId,
      externalUserId: shop.customer.externalUserId,
      reminderId: null,
      message,
    }
    const intent = intentOf('reserveCoupon', request)
    const first = await world.coupons.reserve(shop.guide, request, intent)
    expect(await world.coupons.reserve(shop.guide, request, intent)).toEqual(first)
  })

  it('a variable nobody has filled does not leave, and takes no piece', async () => {
    const shop = await reminded()
    await expect(reserve(shop, ['{称呼}，生日快乐'])).rejects.toMatchObject({
      fields: [{ path: 'parts.0.text' }],
    })
    const made = await world.rows(sql`select 1 from coupons where template_id = ${shop.templateId}`)
    expect(made).toEqual([])
  })
})

describe('who may take a coupon back', () => {
  it('is told beside each one: her manager may, she may not, and a used one nobody', async () => {
    const { corp, guide, customer, store } = await world.shop()
    const { templateId } = await world.make.couponTemplate(corp)
    const request = { templateId, externalUserId: customer.externalUserId, reminderId: null }
    const { couponId } = await world.coupons.reserve(guide, request, intentOf('reserveCoupon', request))
    await world.coupons.confirm(guide, couponId, intentOf('confirmCoupon', couponId))
    const heldBy = async (who: StaffActor) =>
      (await world.coupons.shelf(who, customer.externalUserId)).held.map(coupon => coupon.mayRevoke)
    const manager = { ...guide, role: 'manager' as const, managedStoreIds: store ? [store.storeId] : [] }
    expect(await heldBy(guide)).toEqual([false])
    expect(await heldBy(manager)).toEqual([true])
    await world.rows(sql`update coupons set state = 'redeemed' where coupon_id = ${couponId}`)
    expect(await heldBy(manager)).toEqual([false])
  })
})

describe('the link of a coupon', () => {
  it('P2 P6 is read by nobody but its sender, and not by her either once it has left', async () => {
    const shop = await reminded()
    const { corp, guide, customer } = shop
    const colleague = await world.make.staff(corp)
    await world.make.follow(colleague, customer)
    const admin = await world.make.staff(corp, { role: 'admin' })
    const { couponId, sendId, card } = await reserve(shop)
    const linkFor = async (actor: StaffActor) => {
      const { parts } = await world.sends.get(actor, customer.externalUserId, sendId)
      return parts.flatMap(({ body }) => (body.kind === 'news' ? [body.link] : []))
    }
    expect(await linkFor(guide)).toEqual([card.link])
    expect([await linkFor(colleague), await linkFor(admin)]).toEqual([[null], [null]])
    await world.coupons.confirm(guide, couponId, intentOf('confirmCoupon', couponId))
    for (const actor of [guide, colleague, admin]) expect(await linkFor(actor)).toEqual([null])
  })
})
