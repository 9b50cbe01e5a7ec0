import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { PurchaseDraft } from '../../../../shared/contract/purchases.ts'
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

const draftOf = (given: Partial<PurchaseDraft> = {}): PurchaseDraft => ({
  day: '2026-11-20',
  piece: '足金手链',
  amountFen: 388_000,
  recipient: null,
  personId: null,
  isCustom: true,
  engraving: '平安',
  ...given,
})
const HOUR = 3600

describe('a purchase noted by hand', () => {
  it('P11 is noted once, however often it is asked', async () => {
    const { guide, customer } = await world.shop()
    const draft = draftOf()
    const intent = () => intentOf('addPurchase', draft, 'key-of-one-purchase')
    const first = await world.purchases.add(guide, customer.externalUserId, draft, intent())
    const replay = intent()
    expect(await world.purchases.add(guide, customer.externalUserId, draft, replay)).toEqual(first)
    expect(replay.isReplay).toBe(true)
    const { items } = await world.purchases.list(guide, customer.externalUserId, { limit: 30 })
    expect(items).toEqual([first])
    expect(await world.touchesOf(customer.customerId)).toMatchObject([
      { kind: 'purchase', what: '足金手链', detail: '定制' },
    ])
    const reused = world.purchases.add(
      guide,
      customer.externalUserId,
      draft,
      intentOf('addPurchase', 'other', 'key-of-one-purchase'),
    )
    await expect(reused).rejects.toMatchObject({ code: 'idempotency_key_reused' })
  })

  it('pages newest first', async () => {
    const { guide, customer } = await world.shop()
    for (const day of ['2026-01-01', '2026-03-01', '2026-02-01', '2026-03-01'])
      await world.purchases.add(guide, customer.externalUserId, draftOf({ day }))
    const first = await world.purchases.list(guide, customer.externalUserId, { limit: 1 })
    const rest = await world.purchases.list(guide, customer.externalUserId, {
      limit: 30,
      cursor: first.nextCursor!,
    })
    const shown = [...first.items, ...rest.items]
    expect(shown.map(each => each.day)).toEqual(['2026-03-01', '2026-03-01', '2026-02-01', '2026-01-01'])
    expect(new Set(shown.map(each => each.purchaseId)).size).toBe(4)
  })

  it('is for a person of hers, who decides the relation; anybody else’s is refused', async () => {
    const { corp, guide, customers } = await world.shop({ customers: 2 })
    const [customer, other] = customers
    const { personId } = await world.make.person(corp, customer!, { relation: 'mother' })
    const add = (externalUserId: string) =>
      world.purchases.add(guide, externalUserId, draftOf({ personId, recipient: 'son' }))
    expect(await add(customer!.externalUserId)).toMatchObject({ personId, recipient: 'mother' })
    await expect(add(other!.externalUserId)).rejects.toMatchObject({ fields: [{ path: 'personId' }] })
  })

  it('P28 is not for a child whom the member may not see; an edit leaves her where she stands', async () => {
    const { corp, store, guide, customer } = await world.shop()
    const manager = await world.make.staff(corp, { role: 'manager', store, manages: [store] })
    const child = await world.make.person(corp, customer, { relation: 'daughter', minorUntil: 'infinity' })
    const draft = draftOf(child)
    await expect(world.purchases.add(manager, customer.externalUserId, draft)).rejects.toMatchObject({
      fields: [{ path: 'personId' }],
    })
    const { purchaseId } = await world.purchases.add(guide, customer.externalUserId, draft)
    const unseen = { recipient: null, personId: null, engraving: null }
    for (const [index, given] of [{}, { personId: child.personId }, unseen].entries()) {
      const change = { amountFen: index, ...given }
      const edited = world.purchases.change(manager, customer.externalUserId, purchaseId, change, index + 1)
      expect(await edited).toMatchObject({ amountFen: index, ...unseen })
      const { items } = await world.purchases.list(guide, customer.externalUserId, { limit: 30 })
      expect(items).toMatchObject([
        { amountFen: index, recipient: 'daughter', personId: child.personId, engraving: '平安' },
      ])
    }
    const forHer = { recipient: 'mother' }
    const given = world.purchases.change(manager, customer.externalUserId, purchaseId, forHer, 4)
    expect(await given).toMatchObject({ recipient: 'mother', personId: null, engraving: null })
  })

  it('is not of a day to come', async () => {
    const { guide, customer } = await world.shop()
    const add = (day: string) => world.purchases.add(guide, customer.externalUserId, draftOf({ day }))
    await expect(add('2026-11-22')).rejects.toMatchObject({ fields: [{ path: 'day' }] })
    expect(await add('2026-11-21')).toMatchObject({ day: '2026-11-21' })
  })

  it('P13 is changed only over the version that was seen, and the timeline follows', async () => {
    const { guide, customer } = await world.shop()
    const { purchaseId, version } = await world.purchases.add(guide, customer.externalUserId, draftOf())
    const change = (seen: number) =>
      world.purchases.change(
        guide,
        customer.externalUserId,
        purchaseId,
        { piece: '足金戒指', isCustom: false },
        seen,
      )
    expect(await change(version)).toMatchObject({ piece: '足金戒指', amountFen: 388_000, version: 2 })
    await expect(change(version)).rejects.toMatchObject({ code: 'version_conflict' })
    expect(await world.touchesOf(customer.customerId)).toMatchObject([{ what: '足金戒指', detail: null }])
  })

  it('is put back as it was within a day, and not after', async () => {
    const { guide, customer } = await world.shop()
    const noted = await world.purchases.add(guide, customer.externalUserId, draftOf())
    const remove = () => world.purchases.remove(guide, customer.externalUserId, noted.purchaseId)
    const restore = () => world.purchases.restore(guide, customer.externalUserId, noted.purchaseId)
    const touches = await world.touchesOf(customer.customerId)
    await remove()
    expect((await world.purchases.list(guide, customer.externalUserId, { limit: 30 })).items).toEqual([])
    expect(await world.touchesOf(customer.customerId)).toEqual([])
    await expect(remove()).rejects.toMatchObject({ code: 'not_found' })
    expect(await restore()).toEqual(noted)
    expect(await restore()).toEqual(noted)
    expect(await world.touchesOf(customer.customerId)).toEqual(touches)
    await remove()
    world.travel(24 * HOUR)
    await expect(restore()).rejects.toMatchObject({ code: 'not_found' })
    await world.purchases.runNightly()
    const kept = await world.rows(sql`select from removed_purchases where purchase_id = ${noted.purchaseId}`)
    expect(kept).toEqual([])
  })

  it('put back, its care is as far as it was, and what was sent for it still counts', async () => {
    const { corp, guide, customer } = await world.shop()
    await sql`
      insert into care_rules (care_rule_id, corp_id, name, after_days)
      values (gen_random_uuid(), ${corp.corpId}, '清洗保养', 30), (gen_random_uuid(), ${corp.corpId}, '检查镶口', 31)`.execute(
      world.db,
    )
    const draft = draftOf({ day: '2026-10-20' })
    const { purchaseId } = await world.purchases.add(guide, customer.externalUserId, draft)
    await world.reminders.runDaily()
    const cares = () =>
      world.rows(sql<{ reminder_id: string; state: string; sends: number }>`
        select r.reminder_id, r.state, (select count(*)::int from sends s where s.reminder_id = r.reminder_id) as sends
        from reminders r where r.purchase_id = ${purchaseId} order by r.care`)
    const [one, other] = await cares()
    await world.make.send(guide, customer, { reminderId: one!.reminder_id })
    await world.reminders.act(guide, other!.reminder_id, { action: 'done' })
    const before = await cares()
    expect(before).toMatchObject([
      { state: 'pending', sends: 1 },
      { state: 'done', sends: 0 },
    ])
    await world.purchases.remove(guide, customer.externalUserId, purchaseId)
    expect(await cares()).toEqual([])
    await world.purchases.restore(guide, customer.externalUserId, purchaseId)
    await world.reminders.runDaily()
    expect(await cares()).toEqual(before)
  })

  it('P2 of a customer of others is as if there were none', async () => {
    const { guide } = await world.shop()
    const theirs = await world.shop()
    const { purchaseId } = await world.purchases.add(theirs.guide, theirs.customer.externalUserId, draftOf())
    const { externalUserId } = theirs.customer
    const own = await world.shop()
    for (const attempt of [
      () => world.purchases.change(guide, externalUserId, purchaseId, { piece: '我的' }, 1),
      () => world.purchases.remove(guide, externalUserId, purchaseId),
      // Her own customer, somebody else's purchase.
      () => world.purchases.remove(own.guide, own.customer.externalUserId, purchaseId),
      () => world.purchases.restore(own.guide, own.customer.externalUserId, purchaseId),
      () => world.purchases.answerTrace(own.guide, own.customer.externalUserId, purchaseId, true),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'not_found' })
  })
})
