import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { SILENCE_SECONDS } from '../../../../server/domains/sends/sends.service.ts'
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
afterEach(() => world.resetClock())

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

describe('the rest of a message whose coupon went back half-way', () => {
  async function half() {
    const shop = await reminded()
    await world.make.contactRule(shop.corp, { hardness: 'hard', bypass: [], maxCount: 1, periodDays: 7 })
    const first = await reserve(shop)
    await release(shop.guide, first.couponId, ['ok', 'cancelled'])
    world.travel(5)
    return shop
  }
  /** Of the allowance; what neither left nor may have takes nothing of it. */
  const countedOf = async ({ customer }: Awaited<ReturnType<typeof reminded>>) =>
    (
      await world.rows(
        sql`select from sends where customer_id = ${customer.customerId} and not is_answer and outcome is distinct from 'cancelled'`,
      )
    ).length
  const refused = { code: 'limit_reached' }

  it('is the same intention: no rule stands against it, however often it stops, and it is counted once', async () => {
    const shop = await half()
    const again = await reserve(shop, ['到店有礼', '等您来'])
    await release(shop.guide, again.couponId, ['ok', 'cancelled'])
    world.travel(5)
    const last = await reserve(shop, ['等您来'])
    await world.coupons.confirm(shop.guide, last.couponId, intentOf('confirmCoupon', last.couponId))
    expect(await sendOf(last.couponId)).toMatchObject([{ outcome: 'ok', parts: ['ok', 'ok'] }])
    expect(await countedOf(shop)).toBe(1)
    // Now it has been said: what comes next is another message.
    await expect(reserve(shop, ['还有一件事'])).rejects.toMatchObject(refused)
  })

  it('goes on without the coupon too, and with the card alone when all the words have arrived', async () => {
    const shop = await half()
    const { guide, customer, reminderId, templateId } = shop
    const draft = {
      title: '生日祝福',
      parts: [{ kind: 'text' as const, text: '到店有礼' }],
      script: null,
      reminderId,
    }
    await world.sends.start(guide, customer.externalUserId, draft, intentOf('startSend', draft))
    expect(await countedOf(shop)).toBe(1)

    const other = await reminded()
    await world.make.contactRule(other.corp, { hardness: 'hard', bypass: [], maxCount: 1, periodDays: 7 })
    const { couponId } = await reserve(other)
    await release(other.guide, couponId, ['ok', 'ok'])
    const request = {
      templateId: other.templateId,
      externalUserId: other.customer.externalUserId,
      reminderId: null,
    }
    const card = await world.coupons.reserve(other.guide, request, intentOf('reserveCoupon', request))
    expect(card.words).toEqual([])
    expect(templateId).not.toBe(other.templateId)
  })

  it('ends with the moment, and belongs to nobody and nothing else', async () => {
    const shop = await half()
    const { corp, guide, customer } = shop
    const colleague = await world.make.staff(corp)
    await world.make.follow(colleague, customer)
    await expect(reserve({ ...shop, guide: colleague, reminderId: null as never })).rejects.toMatchObject(
      refused,
    )
    const { templateId } = await world.make.couponTemplate(corp)
    const { reminderId } = await world.make.reminder(guide, customer, { occurrence: '2026-12-24' })
    await expect(reserve({ ...shop, templateId, reminderId })).rejects.toMatchObject(refused)
    world.travel(SILENCE_SECONDS + 1)
    await expect(reserve(shop, ['到店有礼'])).rejects.toMatchObject(refused)
  })

  it('stops at 勿扰 that was noted since', async () => {
    const shop = await half()
    const { guide, customer } = shop
    const quiet = { level: 'none', until: '2026-12-15', reason: '忙' } as const
    await world.restraint.changeQuiet(guide, customer.externalUserId, quiet, 0)
    await expect(reserve(shop, ['到店有礼'])).rejects.toMatchObject(refused)
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
