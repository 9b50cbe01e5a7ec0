import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { addDays, civilDayOf } from '../../../../shared/rules/civilDay.ts'
import { TEST_NOW, TEST_TIME_ZONE, type MadeCustomer } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, type GuideWorld } from '../guideWorld.ts'

let test: TestDb
let world: GuideWorld
beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
})
afterAll(() => test.drop())
afterEach(() => world.resetClock())

const DAY_MS = 86_400_000
/** 10:20 of a day that many days before the tests' day. */
const daysAgo = (days: number) => new Date(TEST_NOW.getTime() - days * DAY_MS)
const dayBefore = (days: number) => addDays('2026-11-21', -days)

/** A message of a reminder's that has arrived. */
async function reminded(guide: StaffActor, customer: MadeCustomer, startedAt: Date) {
  const { reminderId } = await world.make.reminder(guide, customer, {
    kind: 'newFriend',
    occurrence: '2026-12-01',
  })
  return world.make.send(guide, customer, { startedAt, reminderId })
}
const buy = (guide: StaffActor, customer: MadeCustomer, given: { day: string; isCustom?: boolean }) =>
  world.purchases.add(guide, customer.externalUserId, {
    piece: '足金手链',
    amountFen: 100_000,
    recipient: null,
    personId: null,
    isCustom: false,
    engraving: null,
    ...given,
  })
const tracesOf = (customerId: number) =>
  world.rows(sql<{ send_id: string; strength: string; staff_ids: number[] }>`
    select t.send_id, t.strength, t.staff_ids from purchase_traces t join purchases p using (purchase_id)
    where p.customer_id = ${customerId}`)

async function couponSend(
  guide: StaffActor,
  customer: MadeCustomer,
  startedAt: Date,
  redeemedAt: Date | null,
) {
  const template = await world.make.couponTemplate({ corpId: guide.corpId, wecomCorpId: '' })
  const { couponId } = await world.make.coupon(guide, template, customer, {
    state: redeemedAt ? 'redeemed' : 'issued',
  })
  const { sendId } = await world.make.send(guide, customer, { startedAt })
  await sql`update sends set coupon_id = ${couponId} where send_id = ${sendId}`.execute(test.db)
  if (redeemedAt) {
    await sql`update coupons set redeemed_at = ${redeemedAt} where coupon_id = ${couponId}`.execute(test.db)
  }
  return { sendId }
}

describe('what a purchase counts for', () => {
  it.each([
    ['the day before', 1, false, true],
    ['the last day of the window of what is not custom', 14, false, true],
    ['one day more', 15, false, false],
    ['the same day, for a custom piece', 15, true, true],
    ['the last day of the window of a custom piece', 30, true, true],
    ['one day more, custom', 31, true, false],
  ])('a message %s', async (_, days, isCustom, counts) => {
    const { guide, customer } = await world.shop()
    const { sendId } = await reminded(guide, customer, daysAgo(days))
    const { trace } = await buy(guide, customer, { day: '2026-11-21', isCustom })
    expect(trace?.strength).toBe(counts ? 'sent' : undefined)
    expect((await tracesOf(customer.customerId)).map(each => each.send_id)).toEqual(counts ? [sendId] : [])
  })

  it('never a message after it, and on its own day only one before it was noted', async () => {
    const { guide, customer } = await world.shop()
    await reminded(guide, customer, daysAgo(2))
    expect((await buy(guide, customer, { day: dayBefore(3) })).trace).toBeNull()
    // Noted days later: whether the message of that day came before it nobody knows.
    expect((await buy(guide, customer, { day: dayBefore(2) })).trace).toBeNull()
    const later = await world.shop()
    await reminded(later.guide, later.customer, new Date(TEST_NOW.getTime() - 60_000))
    expect((await buy(later.guide, later.customer, { day: '2026-11-21' })).trace).not.toBeNull()
    const thanked = await world.shop()
    await buy(thanked.guide, thanked.customer, { day: '2026-11-21' })
    await reminded(thanked.guide, thanked.customer, new Date(TEST_NOW.getTime() + 60_000))
    await world.purchases.runNightly()
    expect(await tracesOf(thanked.customer.customerId)).toEqual([])
  })

  it.each(['cancelled', 'failed', 'unknown', null] as const)('no message that ended %s', async outcome => {
    const { guide, customer } = await world.shop()
    const { sendId } = await reminded(guide, customer, daysAgo(2))
    await sql`update sends set outcome = ${outcome} where send_id = ${sendId}`.execute(test.db)
    expect((await buy(guide, customer, { day: '2026-11-21' })).trace).toBeNull()
  })

  it.each([
    ['the picture of an engraving, with nothing else behind it', false],
    ['also when its draft has been taken away since', true],
  ])('%s', async (_, isDraftGone) => {
    const { guide, customer } = await world.shop()
    const { sendId } = await world.make.send(guide, customer, { startedAt: daysAgo(2) })
    const engravingId = randomUUID()
    await sql`
      insert into engravings (engraving_id, corp_id, customer_id, staff_id, piece_id, metal, face, font, lines, created_at, updated_at)
      values (${engravingId}, ${guide.corpId}, ${customer.customerId}, ${guide.staffId}, 'ring', 'gold', 'inside', 'song',
              '{平安}', now(), now())`.execute(test.db)
    await sql`update sends set engraving_id = ${engravingId} where send_id = ${sendId}`.execute(test.db)
    await sql`
      insert into send_parts (send_id, index, body, outcome)
      values (${sendId}, 7, ${JSON.stringify({ kind: 'image', engravingId, mediaId: 'm' })}::jsonb, 'ok')`.execute(
      test.db,
    )
    if (isDraftGone) await sql`delete from engravings where engraving_id = ${engravingId}`.execute(test.db)
    expect((await buy(guide, customer, { day: '2026-11-21' })).trace?.strength).toBe('sent')
    expect(await tracesOf(customer.customerId)).toMatchObject([{ send_id: sendId }])
  })

  it('no message that came of nothing of ours', async () => {
    const { guide, customer } = await world.shop()
    await world.make.send(guide, customer, { startedAt: daysAgo(2) })
    expect((await buy(guide, customer, { day: '2026-11-21' })).trace).toBeNull()
  })

  it('a used coupon is more than a message, an answer more than both, of equals the latest wins', async () => {
    const { guide, customer } = await world.shop()
    const answered = await reminded(guide, customer, daysAgo(9))
    const coupon = await couponSend(guide, customer, daysAgo(8), daysAgo(1))
    await couponSend(guide, customer, daysAgo(7), null)
    const latest = await reminded(guide, customer, daysAgo(3))
    const { purchaseId, trace } = await buy(guide, customer, { day: '2026-11-21' })
    expect(trace?.strength).toBe('couponUsed')
    expect(await tracesOf(customer.customerId)).toMatchObject([{ send_id: coupon.sendId }])
    await sql`update coupons set state = 'claimed' where state = 'redeemed'`.execute(test.db)
    await world.purchases.runNightly()
    expect(await tracesOf(customer.customerId)).toMatchObject([{ send_id: latest.sendId, strength: 'sent' }])
    await sql`update sends set replied_at = ${TEST_NOW} where send_id = ${answered.sendId}`.execute(test.db)
    await world.purchases.runNightly()
    expect(await tracesOf(customer.customerId)).toMatchObject([
      { send_id: answered.sendId, strength: 'replied' },
    ])
    const answer = (isReplied: boolean) =>
      world.purchases.answerTrace(guide, customer.externalUserId, purchaseId, isReplied)
    expect((await answer(false)).trace?.strength).toBe('sent')
    expect((await answer(true)).trace?.strength).toBe('replied')
  })

  it('an answer to nothing is refused', async () => {
    const { guide, customer } = await world.shop()
    const { purchaseId } = await buy(guide, customer, { day: '2026-11-21' })
    await expect(
      world.purchases.answerTrace(guide, customer.externalUserId, purchaseId, true),
    ).rejects.toMatchObject({ code: 'state_conflict' })
  })

  it('guides who both wrote share it', async () => {
    const { corp, guide, customer } = await world.shop()
    const colleague = await world.make.staff(corp, { name: '周敏' })
    await reminded(guide, customer, daysAgo(4))
    await reminded(colleague, customer, daysAgo(2))
    const { trace } = await buy(guide, customer, { day: '2026-11-21' })
    expect(trace?.guides).toEqual(['陈露', '周敏'])
    expect(await tracesOf(customer.customerId)).toMatchObject([
      { staff_ids: [guide.staffId, colleague.staffId].sort((a, b) => a - b) },
    ])
  })

  it('follows an edit of the purchase, and goes with it', async () => {
    const { guide, customer } = await world.shop()
    await reminded(guide, customer, daysAgo(20))
    const noted = await buy(guide, customer, { day: '2026-11-21' })
    const edited = await world.purchases.change(
      guide,
      customer.externalUserId,
      noted.purchaseId,
      { isCustom: true },
      noted.version,
    )
    expect([noted.trace, edited.trace?.strength]).toEqual([null, 'sent'])
    await world.purchases.remove(guide, customer.externalUserId, noted.purchaseId)
    expect(await tracesOf(customer.customerId)).toEqual([])
    expect(await world.purchases.restore(guide, customer.externalUserId, noted.purchaseId)).toEqual(edited)
  })

  it('an answer of the client that comes after the purchase still counts', async () => {
    const { corp, guide, customer } = await world.shop()
    const { scriptId } = await world.make.script(corp)
    const draft = {
      title: '问候',
      parts: [{ kind: 'text' as const, text: '早上好' }],
      script: { scriptId, version: 1 },
      reminderId: null,
    }
    const { sendId } = await world.sends.start(guide, customer.externalUserId, draft, undefined)
    world.travel(60)
    const { purchaseId } = await buy(guide, customer, { day: '2026-11-21' })
    expect(await tracesOf(customer.customerId)).toEqual([])
    const results = { results: [{ index: 0, outcome: 'ok' as const, reason: null }] }
    await world.sends.finish(guide, customer.externalUserId, sendId, results, undefined)
    const { items } = await world.purchases.list(guide, customer.externalUserId, { limit: 30 })
    expect(items).toMatchObject([{ purchaseId, trace: { title: '问候', strength: 'sent' } }])
  })

  it('windows are the corp’s own; a change computes everything anew', async () => {
    const { corp, guide, customer } = await world.shop()
    await reminded(guide, customer, daysAgo(3))
    await buy(guide, customer, { day: '2026-11-21' })
    const admin = await world.make.staff(corp, { role: 'admin' })
    await world.purchases.changeWindows(admin, { customDays: 30, otherDays: 2 })
    await world.purchases.retraceCorp(corp.corpId)
    expect(await tracesOf(customer.customerId)).toEqual([])
    expect(await world.purchases.getWindows(admin)).toEqual({ customDays: 30, otherDays: 2 })
    await expect(
      world.purchases.changeWindows(guide, { customDays: 30, otherDays: 14 }),
    ).rejects.toMatchObject({ code: 'forbidden' })
  })
})

it('every purchase counts at most once, never for a message after it or outside the window, whatever the order of things', async () => {
  const sent = fc.record({
    kind: fc.constant('sent' as const),
    minute: fc.integer({ min: 0, max: 40 * 1440 }),
  })
  const bought = fc.record({
    kind: fc.constant('bought' as const),
    day: fc.integer({ min: 0, max: 40 }),
    isCustom: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(sent, bought), { minLength: 2, maxLength: 12 }), async steps => {
      const { guide, customer } = await world.shop()
      for (const step of steps) {
        if (step.kind === 'sent')
          await reminded(guide, customer, new Date(TEST_NOW.getTime() - step.minute * 60_000))
        else await buy(guide, customer, { day: dayBefore(step.day), isCustom: step.isCustom })
      }
      const found = () =>
        world.rows(sql<{
          purchase_id: string
          day: string
          is_custom: boolean
          created_at: Date
          started_at: Date | null
        }>`
          select p.purchase_id, p.day, p.is_custom, p.created_at, s.started_at
          from purchases p left join purchase_traces t using (purchase_id) left join sends s using (send_id)
          where p.customer_id = ${customer.customerId}
          order by p.purchase_id`)
      const messages = await world.rows(
        sql<{ started_at: Date }>`select started_at from sends where customer_id = ${customer.customerId}`,
      )
      await world.purchases.retraceCorp(guide.corpId)
      const traced = await found()
      expect(new Set(traced.map(each => each.purchase_id)).size).toBe(traced.length)
      for (const { day, is_custom, created_at, started_at } of traced) {
        const fits = (sentAt: Date) => {
          const sentOn = civilDayOf(sentAt.getTime(), TEST_TIME_ZONE)
          const isBefore = sentOn < day || (day === '2026-11-21' && sentOn === day && sentAt < created_at)
          return isBefore && sentOn >= addDays(day, is_custom ? -30 : -14)
        }
        const latest = messages
          .map(each => each.started_at)
          .filter(fits)
          .sort((a, b) => +b - +a)[0]
        expect(started_at).toEqual(latest ?? null)
      }
      // Computed again it is the same.
      await world.purchases.runNightly()
      expect(await found()).toEqual(traced)
    }),
    { numRuns: 25 },
  )
})

it('two servers tracing at once leave one trace each', async () => {
  const { guide, customer } = await world.shop()
  await reminded(guide, customer, daysAgo(2))
  await sql`
    insert into purchases (purchase_id, corp_id, customer_id, day, piece, amount_fen, created_at)
    select gen_random_uuid(), ${guide.corpId}, ${customer.customerId}, '2026-11-20', ${randomUUID()}, 1, ${TEST_NOW}
    from generate_series(1, 300)`.execute(test.db)
  await Promise.all(Array.from({ length: 4 }, () => world.purchases.retraceCorp(guide.corpId)))
  expect(await tracesOf(customer.customerId)).toHaveLength(300)
})
