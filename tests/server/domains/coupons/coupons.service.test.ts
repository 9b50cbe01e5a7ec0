import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { openDb } from '../../../../server/db/db.ts'
import { isLockTimeout } from '../../../../server/db/failures.ts'
import { RESERVATION_SECONDS } from '../../../../server/domains/coupons/coupons.service.ts'
import { Refusal } from '../../../../server/errors.ts'
import { isValidCouponCode } from '../../../../shared/rules/couponCode.ts'
import type { MadeCustomer } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, PUBLIC_URL, type GuideWorld } from '../guideWorld.ts'

let test: TestDb
let world: GuideWorld

beforeAll(async () => {
  test = await createTestDb({ poolSize: 12 })
  world = createGuideWorld(test.db)
})
afterAll(() => test.drop())
afterEach(() => world.resetClock())

const reserve = (
  guide: StaffActor,
  customer: Pick<MadeCustomer, 'externalUserId'>,
  templateId: string,
  reminderId: string | null = null,
) => {
  const request = { templateId, externalUserId: customer.externalUserId, reminderId }
  return world.coupons.reserve(guide, request, intentOf('reserveCoupon', request))
}
const confirm = (guide: StaffActor, couponId: string) =>
  world.coupons.confirm(guide, couponId, intentOf('confirmCoupon', couponId))
const release = (guide: StaffActor, couponId: string, outcome: 'cancelled' | 'failed' = 'cancelled') =>
  world.coupons.release(guide, couponId, { outcome, reason: null }, intentOf('releaseCoupon', couponId))
const tokenOf = (card: { link: string }) => card.link.slice(`${PUBLIC_URL}/c/`.length)

/** The three accounts of one offer, which must always agree. */
async function accounts(templateId: string) {
  const [found] = await world.rows(sql<{ live: number; pieces: number; ledger: number; stock: number }>`
    select t.stock, (select sum(p.live) from coupon_pools p where p.template_id = t.template_id)::int as live,
      (select count(*) from coupons c where c.template_id = t.template_id
         and c.state in ('reserved', 'issued', 'claimed', 'redeemed'))::int as pieces,
      (select coalesce(sum(l.pool_effect), 0) from coupon_ledger l where l.template_id = t.template_id)::int as ledger
    from coupon_templates t where t.template_id = ${templateId}`)
  if (!found) throw new Error('no such template')
  return found
}
async function expectAccounts(templateId: string, live: number) {
  const found = await accounts(templateId)
  expect(found).toMatchObject({ live, pieces: live, ledger: live })
}

const sendOf = async (couponId: string) =>
  (
    await world.rows(sql<{ outcome: string | null; part: string | null; body: Record<string, unknown> }>`
      select s.outcome, p.outcome as part, p.body from sends s join send_parts p using (send_id)
      where s.coupon_id = ${couponId}`)
  )[0]

describe('giving a coupon', () => {
  it('reserves a piece with a card to send, and the words of the send are noted', async () => {
    const { corp, guide, customer } = await world.shop()
    const { templateId } = await world.make.couponTemplate(corp)
    const reservation = await reserve(guide, customer, templateId)

    expect(reservation.deadline).toBe(
      new Date(world.clock.now().getTime() + RESERVATION_SECONDS * 1000).toISOString(),
    )
    expect(reservation.card).toMatchObject({
      title: '足金饰品券 ¥200',
      description: '满 3000 可用，点开领取',
      imageUrl: `${PUBLIC_URL}/c/icon.png`,
    })
    expect(tokenOf(reservation.card)).toMatch(/^[A-Za-z0-9_-]{22}$/)
    const [coupon] = await world.rows(
      sql<{
        code: string
        state: string
      }>`select code, state from coupons where coupon_id = ${reservation.couponId}`,
    )
    expect(coupon?.state).toBe('reserved')
    expect(isValidCouponCode(coupon?.code ?? '')).toBe(true)
    expect(await sendOf(reservation.couponId)).toMatchObject({
      outcome: null,
      body: { kind: 'news', ...reservation.card },
    })
    await expectAccounts(templateId, 1)
  })

  it('is issued when the card is in the chat: timeline, send and reminder follow', async () => {
    const { corp, guide, customer } = await world.shop()
    const { templateId } = await world.make.couponTemplate(corp, { validUntil: '2026-12-31' })
    const { reminderId } = await world.make.reminder(guide, customer, { occurrence: '2026-12-03' })
    const { couponId } = await reserve(guide, customer, templateId, reminderId)
    expect(await world.reminderState(reminderId)).toBe('pending')

    const coupon = await confirm(guide, couponId)
    expect(coupon).toMatchObject({ couponId, state: 'issued', issuedBy: guide.name, expiresOn: '2026-12-31' })
    expect(await sendOf(couponId)).toMatchObject({ outcome: 'ok', part: 'ok' })
    expect(await world.reminderState(reminderId)).toBe('sent')
    expect(await world.touchesOf(customer.customerId)).toEqual([
      { kind: 'couponIssued', actor: 'staff', what: '足金饰品券', detail: null, outcome: 'ok' },
    ])
    await expectAccounts(templateId, 1)
  })

  it('gives piece and slot back when the card did not go out', async () => {
    const { corp, guide, customer } = await world.shop()
    const { templateId } = await world.make.couponTemplate(corp, { stock: 1 })
    const { reminderId } = await world.make.reminder(guide, customer, { occurrence: '2026-12-03' })
    const { couponId } = await reserve(guide, customer, templateId, reminderId)

    const coupon = await release(guide, couponId, 'failed')
    expect(coupon.state).toBe('released')
    expect(await sendOf(couponId)).toMatchObject({ outcome: 'failed', part: 'failed' })
    expect(await world.reminderState(reminderId)).toBe('pending')
    expect(await world.touchesOf(customer.customerId)).toMatchObject([
      { kind: 'couponReleased', outcome: 'failed' },
    ])
    await expectAccounts(templateId, 0)
    await expect(reserve(guide, customer, templateId)).resolves.toMatchObject({
      couponId: expect.any(String),
    })
  })

  it('ends once: neither a second confirmation nor a release after it, nor the other way round', async () => {
    const { corp, guide, customers } = await world.shop({ customers: 2 })
    const { templateId } = await world.make.couponTemplate(corp)
    const [one, two] = customers
    const kept = await reserve(guide, one!, templateId)
    await confirm(guide, kept.couponId)
    await expect(confirm(guide, kept.couponId)).rejects.toMatchObject({ code: 'state_conflict' })
    await expect(release(guide, kept.couponId)).rejects.toMatchObject({ code: 'state_conflict' })

    const given = await reserve(guide, two!, templateId)
    await release(guide, given.couponId)
    await expect(release(guide, given.couponId)).rejects.toMatchObject({ code: 'state_conflict' })
    await expect(confirm(guide, given.couponId)).rejects.toMatchObject({ code: 'state_conflict' })
    await expectAccounts(templateId, 1)
  })

  it('refuses what is stopped or past its last day', async () => {
    const { corp, guide, customer } = await world.shop()
    const past = await world.make.couponTemplate(corp, { validUntil: '2026-11-20' })
    await expect(reserve(guide, customer, past.templateId)).rejects.toMatchObject({ code: 'state_conflict' })
    const stopped = await world.make.couponTemplate(corp)
    await world.rows(
      sql`update coupon_templates set state = 'stopped' where template_id = ${stopped.templateId}`,
    )
    await expect(reserve(guide, customer, stopped.templateId)).rejects.toMatchObject({
      code: 'state_conflict',
    })
  })

  it('hides customers, offers and coupons of others', async () => {
    const { corp, guide, customer } = await world.shop()
    const { templateId } = await world.make.couponTemplate(corp)
    const other = await world.make.staff(corp, { name: '周敏' })
    const elsewhere = await world.shop()
    const foreign = await world.make.couponTemplate(elsewhere.corp)
    const notFound = { code: 'not_found' }
    await expect(reserve(other, customer, templateId)).rejects.toMatchObject(notFound)
    await expect(reserve(guide, customer, foreign.templateId)).rejects.toMatchObject(notFound)
    await expect(world.coupons.shelf(other, customer.externalUserId)).rejects.toMatchObject(notFound)

    const { couponId } = await reserve(guide, customer, templateId)
    await world.make.follow(other, customer)
    await expect(confirm(other, couponId)).rejects.toMatchObject(notFound)
    await expect(release(other, couponId)).rejects.toMatchObject(notFound)
    await expect(confirm(elsewhere.guide, couponId)).rejects.toMatchObject(notFound)
    await world.rows(sql`update follows set status = 'lost' where follow_id = ${customer.followId}`)
    await expect(confirm(guide, couponId)).rejects.toMatchObject(notFound)
  })

  it('refuses a reminder that is not hers about this customer', async () => {
    const { corp, guide, customers } = await world.shop({ customers: 2 })
    const { templateId } = await world.make.couponTemplate(corp)
    const { reminderId } = await world.make.reminder(guide, customers[1]!, { occurrence: '2026-12-03' })
    await expect(reserve(guide, customers[0]!, templateId, reminderId)).rejects.toMatchObject({
      code: 'validation_failed',
      fields: [{ path: 'reminderId' }],
    })
    await expectAccounts(templateId, 0)
  })
})

describe('the shelf', () => {
  it('says in two statements what may be given, why not, and what she holds', async () => {
    const { corp, guide, customer } = await world.shop()
    const held = await world.make.couponTemplate(corp, { name: '甲券' })
    await world.make.couponTemplate(corp, { name: '乙券', stock: 1, live: 1 })
    await world.make.couponTemplate(corp, { name: '丙券', validUntil: null })
    await world.make.couponTemplate(corp, { name: '丁券', validUntil: '2026-11-20' })
    const { couponId } = await reserve(guide, customer, held.templateId)
    await confirm(guide, couponId)

    test.statements.length = 0
    const shelf = await world.coupons.shelf(guide, customer.externalUserId)
    expect(test.statements.length).toBeLessThanOrEqual(2)
    const byName = Object.fromEntries(shelf.offers.map(offer => [offer.name, offer]))
    expect(Object.keys(byName).sort()).toEqual(['丙券', '乙券', '甲券'])
    expect(byName['甲券']).toMatchObject({
      refusal: 'alreadyHeld',
      perPerson: 1,
      given: 1,
      stockLeft: 99,
    })
    expect(byName['乙券']).toMatchObject({ refusal: 'soldOut', stockLeft: 0 })
    expect(byName['丙券']).toMatchObject({ refusal: null, validity: { kind: 'daysAfterClaim', days: 30 } })
    expect(shelf.held).toMatchObject([{ couponId, name: '甲券', state: 'issued', origin: 'chat' }])
  })

  it('shows a coupon as expired from the day after its last, before the job has run', async () => {
    const { corp, guide, customer } = await world.shop()
    const { templateId } = await world.make.couponTemplate(corp, { validUntil: '2026-11-21' })
    await confirm(guide, (await reserve(guide, customer, templateId)).couponId)
    const stateNow = async () =>
      (await world.coupons.shelf(guide, customer.externalUserId)).held.map(c => c.state)
    expect(await stateNow()).toEqual(['issued'])
    world.travel(14 * 3600)
    expect(await stateNow()).toEqual(['expired'])
  })
})

describe('the claim through the link', () => {
  it('confirms a reservation; the guide may still say once that it arrived', async () => {
    const { corp, guide, customer } = await world.shop()
    const { templateId } = await world.make.couponTemplate(corp, { validUntil: null })
    const { couponId, card } = await reserve(guide, customer, templateId)
    expect(await world.coupons.claim(tokenOf(card))).toBe('claimed')
    expect(await sendOf(couponId)).toMatchObject({ outcome: 'ok' })

    const coupon = await confirm(guide, couponId)
    expect(coupon).toMatchObject({ state: 'claimed', expiresOn: '2026-12-21' })
    await expect(confirm(guide, couponId)).rejects.toMatchObject({ code: 'state_conflict' })
    await expect(release(guide, couponId)).rejects.toMatchObject({ code: 'state_conflict' })
    expect((await world.touchesOf(customer.customerId)).map(touch => [touch.kind, touch.actor])).toEqual([
      ['couponIssued', 'staff'],
      ['couponClaimed', 'customer'],
    ])
    await expectAccounts(templateId, 1)
  })

  it('may be repeated, and takes nothing that has ended', async () => {
    const { corp, guide, customers } = await world.shop({ customers: 2 })
    const { templateId } = await world.make.couponTemplate(corp)
    const kept = await reserve(guide, customers[0]!, templateId)
    await confirm(guide, kept.couponId)
    expect(await world.coupons.claim(tokenOf(kept.card))).toBe('claimed')
    expect(await world.coupons.claim(tokenOf(kept.card))).toBe('claimed')
    const gone = await reserve(guide, customers[1]!, templateId)
    await release(guide, gone.couponId)
    expect(await world.coupons.claim(tokenOf(gone.card))).toBe('closed')
    await expect(world.coupons.claim('x'.repeat(22))).rejects.toMatchObject({ code: 'not_found' })
    const [ledger] = await world.rows(sql<{ entries: number }>`
      select count(*)::int as entries from coupon_ledger where coupon_id = ${kept.couponId}`)
    expect(ledger?.entries).toBe(3)
    await expectAccounts(templateId, 1)
  })

  it('comes too late after the last day', async () => {
    const { corp, guide, customer } = await world.shop()
    const { templateId } = await world.make.couponTemplate(corp, { validUntil: '2026-11-21' })
    const { couponId, card } = await reserve(guide, customer, templateId)
    await confirm(guide, couponId)
    world.travel(24 * 3600)
    expect(await world.coupons.claim(tokenOf(card))).toBe('closed')
  })
})

describe('time', () => {
  it('gives back a reservation nobody answered for, and says so', async () => {
    const { corp, guide, customer } = await world.shop()
    const { templateId } = await world.make.couponTemplate(corp, { stock: 1 })
    const { couponId } = await reserve(guide, customer, templateId)
    world.travel(RESERVATION_SECONDS - 1)
    await world.coupons.sweep()
    await expectAccounts(templateId, 1)
    world.travel(1)
    await world.coupons.sweep()
    await expectAccounts(templateId, 0)
    expect(await sendOf(couponId)).toMatchObject({ outcome: 'unknown', part: 'unknown' })
    expect(await world.touchesOf(customer.customerId)).toMatchObject([
      { kind: 'couponReleased', actor: 'system', outcome: 'unknown' },
    ])
    await expect(confirm(guide, couponId)).rejects.toMatchObject({ code: 'state_conflict' })
  })

  it('lets the next guide have what an overdue reservation holds, without waiting for the job', async () => {
    const { corp, guide, customers } = await world.shop({ customers: 2 })
    const { templateId } = await world.make.couponTemplate(corp, { stock: 1 })
    await reserve(guide, customers[0]!, templateId)
    await expect(reserve(guide, customers[1]!, templateId)).rejects.toMatchObject({ code: 'coupon_sold_out' })
    world.travel(RESERVATION_SECONDS)
    const shelf = await world.coupons.shelf(guide, customers[1]!.externalUserId)
    expect(shelf.offers[0]).toMatchObject({ stockLeft: 1, refusal: null })
    await reserve(guide, customers[1]!, templateId)
    await expectAccounts(templateId, 1)
  })

  it('expires what is past its last day, in whatever number, and gives the pieces back', async () => {
    const { corp, guide, customers } = await world.shop({ customers: 3 })
    const { templateId } = await world.make.couponTemplate(corp, { validUntil: '2026-11-21' })
    const reservations = []
    for (const customer of customers) reservations.push(await reserve(guide, customer, templateId))
    await confirm(guide, reservations[0]!.couponId)
    await world.coupons.claim(tokenOf(reservations[1]!.card))
    await world.coupons.expire()
    await expectAccounts(templateId, 3)
    world.travel(24 * 3600)
    await world.coupons.sweep()
    await world.coupons.expire()
    await expectAccounts(templateId, 0)
    const states = await world.rows(sql<{ state: string }>`
      select state from coupons where template_id = ${templateId} order by state`)
    expect(states.map(row => row.state)).toEqual(['expired', 'expired', 'released'])
  })
})

/** Again where it was too busy to tell, as the app does. */
const insist = async <T>(ask: () => Promise<T>): Promise<T> =>
  ask().catch((error: unknown) => {
    if (isLockTimeout(error) || (error instanceof Refusal && error.code === 'database_unavailable'))
      return insist(ask)
    throw error
  })

describe('P9 P10 under true concurrency', () => {
  it('P9 gives exactly 20 of 20 to 60 who ask two servers at once', async () => {
    const { corp, guide, customers } = await world.shop({ customers: 60 })
    const { templateId } = await world.make.couponTemplate(corp, { stock: 20 })
    const otherPool = openDb(test.url, { log: console, poolSize: 12 })
    const otherServer = createGuideWorld(otherPool)
    const results = await Promise.allSettled(
      customers.map(({ externalUserId }, turn) => {
        const request = { templateId, externalUserId, reminderId: null }
        const { coupons } = turn % 2 ? world : otherServer
        return insist(() => coupons.reserve(guide, request, intentOf('reserveCoupon', request)))
      }),
    )
    await otherPool.close()
    expect(results.filter(result => result.status === 'fulfilled')).toHaveLength(20)
    const refusals = results.flatMap(result => (result.status === 'rejected' ? [result.reason.code] : []))
    expect(new Set(refusals)).toEqual(new Set(['coupon_sold_out']))
    await expectAccounts(templateId, 20)
  })

  it('P9 gives one person no more than the limit, asked 20 times at once by two guides', async () => {
    const { corp, guide, customer } = await world.shop()
    const colleague = await world.make.staff(corp, { name: '周敏' })
    await world.make.follow(colleague, customer)
    const { templateId } = await world.make.couponTemplate(corp, { perPerson: 2 })
    const asked = Array.from({ length: 20 }, (_, turn) =>
      reserve(turn % 2 ? guide : colleague, customer, templateId),
    )
    const results = await Promise.allSettled(asked)
    expect(results.filter(result => result.status === 'fulfilled')).toHaveLength(2)
    const refusals = results.flatMap(result => (result.status === 'rejected' ? [result.reason.code] : []))
    expect(new Set(refusals)).toEqual(new Set(['coupon_already_granted']))
    await expectAccounts(templateId, 2)
  })

  it('P10 lets one of confirm, release, claim and sweep win, whichever comes first', async () => {
    const { corp, guide, customers } = await world.shop({ customers: 24 })
    const { templateId } = await world.make.couponTemplate(corp)
    const reservations = await Promise.all(customers.map(customer => reserve(guide, customer, templateId)))
    world.travel(RESERVATION_SECONDS)
    const outcomes = await Promise.all(
      reservations.map(({ couponId, card }) =>
        Promise.allSettled([
          confirm(guide, couponId),
          release(guide, couponId),
          world.coupons.claim(tokenOf(card)),
          world.coupons.sweep(),
        ]),
      ),
    )
    for (const attempts of outcomes) {
      for (const attempt of attempts) {
        if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'state_conflict' })
      }
    }
    const { live, pieces, ledger } = await accounts(templateId)
    expect([pieces, ledger]).toEqual([live, live])
    const ends = await world.rows(sql<{ ends: number }>`
      select count(*)::int as ends from coupon_ledger
      where template_id = ${templateId} and to_state in ('released', 'expired', 'revoked') group by coupon_id`)
    expect(ends.every(row => row.ends === 1)).toBe(true)
  })
})

describe('P11 one intention, one coupon', () => {
  it('P11 the same key ten times at once makes one coupon and one answer', async () => {
    const { corp, guide, customer } = await world.shop()
    const { templateId } = await world.make.couponTemplate(corp, { perPerson: 10 })
    const request = { templateId, externalUserId: customer.externalUserId, reminderId: null }
    const { key } = intentOf('reserveCoupon', request)
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () =>
        world.coupons.reserve(guide, request, intentOf('reserveCoupon', request, key)),
      ),
    )
    const answers = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
    const refusals = results.flatMap(result => (result.status === 'rejected' ? [result.reason.code] : []))
    expect(answers.length).toBeGreaterThan(0)
    expect(refusals.every(code => code === 'idempotency_in_flight')).toBe(true)
    const replay = intentOf('reserveCoupon', request, key)
    expect(await world.coupons.reserve(guide, request, replay)).toEqual(answers[0])
    expect(replay.isReplay).toBe(true)
    for (const answer of answers) expect(answer).toEqual(answers[0])
    await expectAccounts(templateId, 1)
  })

  it('P11 the key of another request is refused, and a remembered refusal stays one', async () => {
    const { corp, guide, customers } = await world.shop({ customers: 2 })
    const { templateId } = await world.make.couponTemplate(corp, { stock: 1 })
    const ask = (customer: MadeCustomer, key: string) => {
      const request = { templateId, externalUserId: customer.externalUserId, reminderId: null }
      return world.coupons.reserve(guide, request, intentOf('reserveCoupon', request, key))
    }
    const { couponId } = await ask(customers[0]!, 'key-of-the-first-one')
    await expect(ask(customers[1]!, 'key-of-the-first-one')).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    })
    await expect(ask(customers[1]!, 'key-of-the-second-one')).rejects.toMatchObject({
      code: 'coupon_sold_out',
    })
    await release(guide, couponId)
    await expect(ask(customers[1]!, 'key-of-the-second-one')).rejects.toMatchObject({
      code: 'coupon_sold_out',
    })
    await expectAccounts(templateId, 0)
  })

  it('P11 lost access hides a remembered answer too', async () => {
    const { corp, guide, customer } = await world.shop()
    const { templateId } = await world.make.couponTemplate(corp)
    const request = { templateId, externalUserId: customer.externalUserId, reminderId: null }
    const { key } = intentOf('reserveCoupon', request)
    await world.coupons.reserve(guide, request, intentOf('reserveCoupon', request, key))
    await world.rows(sql`update follows set status = 'lost' where follow_id = ${customer.followId}`)
    await expect(
      world.coupons.reserve(guide, request, intentOf('reserveCoupon', request, key)),
    ).rejects.toMatchObject({ code: 'not_found' })
  })

  it('P12 leaves nothing behind when it breaks half-way, and the same key then works', async () => {
    const { corp, guide, customer } = await world.shop()
    const { templateId } = await world.make.couponTemplate(corp)
    await world.rows(
      sql`alter table send_parts add constraint out_of_order check (body ->> 'kind' <> 'news') not valid`,
    )
    const request = { templateId, externalUserId: customer.externalUserId, reminderId: null }
    const { key } = intentOf('reserveCoupon', request)
    const attempt = () => world.coupons.reserve(guide, request, intentOf('reserveCoupon', request, key))
    try {
      await expect(attempt()).rejects.toThrow(/out_of_order/)
    } finally {
      await world.rows(sql`alter table send_parts drop constraint out_of_order`)
    }
    await expectAccounts(templateId, 0)
    const left = await world.rows(sql<{ rows: number }>`
      select (select count(*) from sends where corp_id = ${corp.corpId})
           + (select count(*) from coupon_ledger where corp_id = ${corp.corpId})
           + (select count(*) from idempotency_keys where corp_id = ${corp.corpId})::int as rows`)
    expect(left).toEqual([{ rows: 0 }])
    await attempt()
    await expectAccounts(templateId, 1)
  })
})

describe('the state machine', () => {
  it('keeps stock, pieces and ledger equal through any sequence of acts', async () => {
    const verbs = ['reserve', 'confirm', 'release', 'claim', 'sweep', 'expire', 'wait', 'tomorrow'] as const
    const acts = fc.array(fc.record({ verb: fc.constantFrom(...verbs), who: fc.nat(2), which: fc.nat(5) }), {
      minLength: 1,
      maxLength: 24,
    })
    const { corp, guide, customers } = await world.shop({ customers: 3 })
    await fc.assert(
      fc.asyncProperty(acts, fc.integer({ min: 1, max: 2 }), async (sequence, perPerson) => {
        world.resetClock()
        const { templateId } = await world.make.couponTemplate(corp, {
          stock: 3,
          perPerson,
          validUntil: '2026-11-22',
        })
        const given: { couponId: string; card: { link: string } }[] = []
        for (const { verb, who, which } of sequence) {
          const coupon = given[which % Math.max(1, given.length)]
          const attempt = async () => {
            if (verb === 'reserve') given.push(await reserve(guide, customers[who]!, templateId))
            else if (verb === 'sweep') await world.coupons.sweep()
            else if (verb === 'expire') await world.coupons.expire()
            else if (verb === 'wait') world.travel(RESERVATION_SECONDS)
            else if (verb === 'tomorrow') world.travel(24 * 3600)
            else if (coupon && verb === 'confirm') await confirm(guide, coupon.couponId)
            else if (coupon && verb === 'release') await release(guide, coupon.couponId)
            else if (coupon) await world.coupons.claim(tokenOf(coupon.card))
          }
          await attempt().catch((error: { code?: string }) => {
            expect(['state_conflict', 'coupon_sold_out', 'coupon_already_granted']).toContain(error.code)
          })
          const { live, pieces, ledger, stock } = await accounts(templateId)
          expect([pieces, ledger]).toEqual([live, live])
          expect(live).toBeLessThanOrEqual(stock)
        }
        const [most] = await world.rows(sql<{ pieces: number }>`
          select coalesce(max(pieces), 0)::int as pieces from (
            select count(*) as pieces from coupons where template_id = ${templateId}
              and state in ('reserved', 'issued', 'claimed', 'redeemed') group by customer_id) held`)
        expect(most?.pieces).toBeLessThanOrEqual(perPerson)
      }),
      { numRuns: 25 },
    )
  })
})

describe('templates', () => {
  const draft = {
    name: '免刻字',
    face: {
      kind: 'service',
      amountFen: null,
      percent: null,
      words: '免刻字',
      thresholdFen: 0,
      goods: '定制服务',
    },
    validity: { kind: 'daysAfterClaim', days: 30 },
    terms: '每人一张',
    stock: 10,
    perPerson: 1,
    sort: 1,
  } as const

  it('are installed once under a seed key, and only by managers, head office and jobs', async () => {
    const { corp, guide, store } = await world.shop()
    const job = { kind: 'job', corpId: corp.corpId, name: 'seed' } as const
    const first = await world.couponTemplates.install(job, { ...draft, seedKey: 'engraving' })
    const again = await world.couponTemplates.install(job, { ...draft, name: '别的', seedKey: 'engraving' })
    expect(again).toBe(first)
    await expect(world.couponTemplates.install(guide, draft)).rejects.toMatchObject({ code: 'forbidden' })
    const manager = await world.make.staff(corp, { role: 'manager', store })
    expect(await world.couponTemplates.install(manager, draft)).not.toBe(first)
  })

  it('name the face once on the card', async () => {
    const { corp, guide, customer } = await world.shop()
    const job = { kind: 'job', corpId: corp.corpId, name: 'seed' } as const
    const templateId = await world.couponTemplates.install(job, draft)
    const { card } = await reserve(guide, customer, templateId)
    expect(card).toMatchObject({ title: '免刻字', description: '定制服务可用，点开领取' })
  })
})
