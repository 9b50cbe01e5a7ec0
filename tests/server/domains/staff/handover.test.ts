import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { WecomError } from '../../../../server/wecom/errors.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'
import type { MadeCustomer, MadeFollow, MadeStore } from '../../../support/make.ts'

const never = new AbortController().signal
let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())

let store: MadeStore
let leaver: StaffActor
let taker: StaffActor
let boss: SignedIn
let left: (MadeCustomer & MadeFollow)[]
let keys = 0
beforeEach(async () => {
  // What an earlier test has left to be told.
  await test.runQueued()
  store = await test.make.store(test.corp, { name: '国贸店' })
  leaver = await test.make.staff(test.corp, { store, name: '陈露', status: 'left' })
  await sql`update staff set left_at = ${test.clock.now()} where staff_id = ${leaver.staffId}`.execute(
    test.db,
  )
  taker = await test.make.staff(test.corp, { store, name: '王敏' })
  boss = await test.signIn(
    await test.make.staff(test.corp, { store, role: 'manager', manages: [store], name: '赵店长' }),
  )
  left = []
  for (const name of ['安', '白', '陈']) left.push(await test.make.followed(test.corp, leaver, { name }))
  test.wecom.calls.length = 0
  test.wecom.transferRefusals.clear()
  test.wecom.transferResults = []
  test.wecom.unassigned = []
  await sql`update staff set confirmed_at = ${test.clock.now()}`.execute(test.db)
})

const post = (
  who: SignedIn,
  given: { from?: string; to?: string; customers?: { externalUserId: string }[]; key?: string } = {},
) =>
  who.fetch('/api/transfers', {
    method: 'POST',
    key: given.key ?? `a-key-of-a-transfer-${keys++}`,
    json: {
      fromUserId: given.from ?? leaver.userId,
      toUserId: given.to ?? taker.userId,
      externalUserIds: (given.customers ?? left).map(({ externalUserId }) => externalUserId),
    },
  })
const states = async () => {
  const found = await sql<{
    follow: string
    transfer: string | null
    reason: string | null
    end: string | null
  }>`
    select f.status as follow, t.state as transfer, t.reason, f.end_reason as end
    from follows f left join transfers t on t.follow_id = f.follow_id
    where f.staff_id = ${leaver.staffId} order by f.follow_id, t.created_at`.execute(test.db)
  return found.rows
}
const touches = async (customer: MadeCustomer) =>
  (
    await sql<{ kind: string; what: string; detail: string | null }>`
      select kind, what, detail from touches where customer_id = ${customer.customerId} order by touch_id`.execute(
      test.db,
    )
  ).rows
const result = (
  customer: MadeCustomer,
  status: 'done' | 'waiting' | 'refused' | 'full',
  takenOverAt: Date | null = null,
) => ({ externalUserId: customer.externalUserId, status, takenOverAt })

describe('待接替', () => {
  it('shows a leaver with her waiting customers to who manages the store, and to nobody else', async () => {
    const otherStore = await test.make.store(test.corp, { name: '西单店' })
    const otherBoss = await test.signIn(
      await test.make.staff(test.corp, { role: 'manager', manages: [otherStore] }),
    )
    const colleague = await test.signIn(taker)
    const shown = (await (await boss.fetch('/api/leavers')).json()) as { leavers: unknown[] }
    expect(shown.leavers).toEqual([
      {
        userId: leaver.userId,
        name: '陈露',
        store: { departmentId: expect.any(Number) as number, name: '国贸店' },
        leftAt: test.clock.now().toISOString(),
        waiting: 3,
        inTransfer: 0,
      },
    ])
    expect(await (await otherBoss.fetch('/api/leavers')).json()).toEqual({ leavers: [] })
    expect((await otherBoss.fetch(`/api/leavers/${leaver.userId}/customers`)).status).toBe(404)
    expect((await colleague.fetch('/api/leavers')).status).toBe(403)
  })

  it('lists the customers page by page', async () => {
    const path = `/api/leavers/${leaver.userId}/customers?limit=2`
    const first = (await (await boss.fetch(path)).json()) as {
      items: { name: string; transfer: null }[]
      nextCursor: string
    }
    expect(first.items.map(item => [item.name, item.transfer])).toEqual([
      ['安', null],
      ['白', null],
    ])
    const second = (await (await boss.fetch(`${path}&cursor=${first.nextCursor}`)).json()) as {
      items: unknown[]
      nextCursor: null
    }
    expect(second).toMatchObject({ items: [{ name: '陈' }], nextCursor: null })
  })

  it('knows nobody who is still at work', async () => {
    expect((await boss.fetch(`/api/leavers/${taker.userId}/customers`)).status).toBe(404)
  })

  it('opens the customer to the manager as somebody else’s, and takes no message for her', async () => {
    const [customer] = left
    const card = await boss.fetch(`/api/customers/${customer?.externalUserId}/card`)
    expect(await card.json()).toMatchObject({ follow: { isMine: false, guide: '陈露', isWaiting: true } })
    const send = await boss.fetch(`/api/customers/${customer?.externalUserId}/sends`, {
      method: 'POST',
      key: 'a-send-to-a-waiting-customer',
      json: { title: '问候', parts: [{ kind: 'text', text: '您好' }] },
    })
    expect(send.status).toBe(404)
  })
})

describe('handing over', () => {
  it('is written here at once, reaches WeCom by the outbox, and follows the answer for each customer', async () => {
    const answer = await post(boss)
    expect(answer.status).toBe(202)
    expect(await answer.json()).toEqual({ accepted: 3 })
    expect((await states()).map(({ follow, transfer }) => [follow, transfer])).toEqual(
      Array(3).fill(['transferring', 'waiting']),
    )
    const [one, two, three] = left as unknown as [MadeCustomer, MadeCustomer, MadeCustomer]
    test.wecom.transferRefusals.set(two.externalUserId, 40128)
    test.wecom.transferRefusals.set(three.externalUserId, 40129)
    await test.runQueued()
    expect(test.wecom.callsOf('transferCustomers')).toEqual([
      [
        {
          fromUserId: leaver.userId,
          toUserId: taker.userId,
          externalUserIds: expect.arrayContaining(left.map(each => each.externalUserId)) as string[],
          isResigned: true,
        },
      ],
    ])
    expect(await states()).toEqual([
      { follow: 'transferring', transfer: 'started', reason: null, end: null },
      { follow: 'active', transfer: 'failed', reason: '90 天内已经交接过两次', end: null },
      // WeCom has begun it before: a call whose answer was lost
      { follow: 'transferring', transfer: 'started', reason: null, end: null },
    ])
    expect(await touches(two)).toEqual([
      { kind: 'transferStarted', what: '陈露的客户交给王敏', detail: null },
      { kind: 'transferFailed', what: '没有交给王敏', detail: '90 天内已经交接过两次' },
    ])
    const shown = (await (await boss.fetch('/api/leavers')).json()) as { leavers: unknown[] }
    expect(shown).toMatchObject({ leavers: [{ waiting: 1, inTransfer: 2 }] })
    const listed = (await (await boss.fetch(`/api/leavers/${leaver.userId}/customers`)).json()) as {
      items: { transfer: unknown }[]
    }
    expect(listed.items[1]?.transfer).toMatchObject({
      toName: '王敏',
      state: 'failed',
      reason: '90 天内已经交接过两次',
    })

    const takenOverAt = new Date('2026-11-21T06:00:00Z')
    test.wecom.transferResults = [result(one, 'done', takenOverAt), result(three, 'waiting')]
    await test.services.handover.follow(never)
    test.wecom.transferResults = [result(one, 'done', takenOverAt), result(three, 'refused')]
    await test.services.handover.follow(never)
    expect(await states()).toEqual([
      { follow: 'removed', transfer: 'done', reason: null, end: 'transferred' },
      expect.objectContaining({ follow: 'active', transfer: 'failed' }) as object,
      { follow: 'active', transfer: 'refused', reason: '客户拒绝了', end: null },
    ])
    expect((await touches(one)).at(-1)).toEqual({ kind: 'transferDone', what: '已由王敏接替', detail: null })
    const ended = await sql<{ at: Date }>`
      select ended_at as at from follows where customer_id = ${one.customerId}`.execute(test.db)
    expect(ended.rows[0]?.at).toEqual(takenOverAt)
  })

  it('asks only once per pair how it went, over all pages, and keeps it open while WeCom is away', async () => {
    await post(boss)
    await test.runQueued()
    test.wecom.transferResults = left.map(customer => result(customer, 'full'))
    test.wecom.pageSize = 2
    test.wecom.fail('listTransferResults', new WecomError('transfer_result', { trouble: 'timeout' }), 1)
    await test.services.handover.follow(never)
    expect((await states()).map(({ transfer }) => transfer)).toEqual(Array(3).fill('started'))
    test.wecom.calls.length = 0
    await test.services.handover.follow(never)
    expect(test.wecom.callsOf('listTransferResults')).toHaveLength(2)
    test.wecom.pageSize = 100
    expect(await states()).toEqual(
      Array(3).fill({ follow: 'active', transfer: 'failed', reason: '接替的成员客户已满', end: null }),
    )
  })

  it('is done once for one intention, and refuses a second in words', async () => {
    const key = 'one-intention-of-a-transfer'
    expect((await post(boss, { key })).status).toBe(202)
    const again = await post(boss, { key })
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, 'true'])
    const other = await post(boss, { customers: left.slice(0, 1) })
    expect(await other.json()).toMatchObject({
      status: 409,
      code: 'state_conflict',
      detail: '有 1 位客户已经在交接中',
    })
    expect(await states()).toHaveLength(3)
    await test.runQueued()
    expect(test.wecom.callsOf('transferCustomers')).toHaveLength(1)
  })

  it('hands each customer over once when two managers press at the same moment', async () => {
    const second = await test.signIn(await test.make.staff(test.corp, { role: 'manager', manages: [store] }))
    const answers = await Promise.all([post(boss), post(second), post(boss), post(second)])
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409])
    expect(await states()).toHaveLength(3)
  })

  it('works between two who are at work, without saying that one has left', async () => {
    const giver = await test.make.staff(test.corp, { store, name: '刘洋' })
    const customer = await test.make.followed(test.corp, giver)
    expect((await post(boss, { from: giver.userId, customers: [customer] })).status).toBe(202)
    await test.runQueued()
    expect(test.wecom.callsOf('transferCustomers')[0]).toMatchObject([{ isResigned: false }])
    const own = await test.signIn(giver)
    expect((await own.fetch(`/api/customers/${customer.externalUserId}/card`)).status).toBe(404)
    test.wecom.transferResults = [result(customer, 'refused')]
    await test.services.handover.follow(never)
    expect((await own.fetch(`/api/customers/${customer.externalUserId}/card`)).status).toBe(200)
  })

  it('refused by WeCom as a whole shows what is unsent; once more, it sets out again', async () => {
    const { outboxId } = await refusedWhole()
    expect(await states()).toEqual(
      Array(3).fill(expect.objectContaining({ follow: 'active', transfer: 'failed' })),
    )
    expect((await boss.fetch(`/api/outbox/${outboxId}/retry`, { method: 'POST' })).status).toBe(204)
    expect((await states()).map(({ follow }) => follow)).toEqual(Array(3).fill('transferring'))
    await test.runQueued()
    expect((await states()).map(({ transfer }) => transfer)).toEqual(Array(3).fill('started'))
  })

  it('refused as a whole and handed over anew meanwhile is not taken up again', async () => {
    const { outboxId } = await refusedWhole()
    expect((await post(boss)).status).toBe(202)
    expect((await boss.fetch(`/api/outbox/${outboxId}/retry`, { method: 'POST' })).status).toBe(409)
  })

  it('given up gives the customers back', async () => {
    await post(boss)
    const row = await sql<{ outboxId: string }>`
      update outbox set state = 'dead', reason = '试了一天都没有成功', ended_at = ${test.clock.now()}
      where kind = 'transfer' and state = 'waiting' and staff_id = ${boss.actor.staffId} returning outbox_id as "outboxId"`.execute(
      test.db,
    )
    const dismissed = await boss.fetch(`/api/outbox/${row.rows[0]?.outboxId}`, { method: 'DELETE' })
    expect(dismissed.status).toBe(204)
    expect((await states()).map(({ follow, transfer }) => [follow, transfer])).toEqual(
      Array(3).fill(['active', 'cancelled']),
    )
  })

  it('not begun ends with the one who asked for it', async () => {
    await post(boss)
    await sql`update staff set status = 'left' where staff_id = ${boss.actor.staffId}`.execute(test.db)
    await test.services.staff.learnMembers([])
    expect((await states()).map(({ follow, transfer }) => [follow, transfer])).toEqual(
      Array(3).fill(['active', 'cancelled']),
    )
    await test.runQueued()
    expect(test.wecom.callsOf('transferCustomers')).toEqual([])
  })

  async function refusedWhole(): Promise<{ outboxId: string }> {
    test.wecom.fail('transferCustomers', new WecomError('transfer_customer', { errcode: 60111 }), 1)
    await post(boss)
    await test.runQueued()
    const unsent = (await (await boss.fetch('/api/outbox')).json()) as {
      items: { outboxId: string; kind: string; state: string }[]
    }
    expect(unsent.items[0]).toMatchObject({ kind: 'transfer', state: 'refused' })
    return { outboxId: unsent.items[0]?.outboxId ?? '' }
  }
})

describe('who may be handed over, and to whom', () => {
  it('is only within the manager’s stores; everything else does not exist', async () => {
    const elsewhere = await test.make.store(test.corp, { name: '西单店' })
    const stranger = await test.make.staff(test.corp, { store: elsewhere })
    const foreign = await test.make.followed(test.corp, stranger)
    for (const given of [
      { to: stranger.userId },
      { to: 'nobody' },
      { from: stranger.userId, customers: [foreign] },
      { customers: [foreign] },
      { customers: [left[0] as MadeCustomer, foreign] },
      { customers: [{ externalUserId: 'wmUnknown' }] },
    ])
      expect((await post(boss, given)).status).toBe(404)
    expect((await states()).map(({ transfer }) => transfer)).toEqual([null, null, null])
  })

  it('is somebody else, who is at work', async () => {
    const asleep = await test.make.staff(test.corp, { store, name: '周静', status: 'disabled' })
    expect(await (await post(boss, { to: asleep.userId })).json()).toMatchObject({
      status: 409,
      detail: '周静已不在职，请换一位同事接替',
    })
    expect((await post(boss, { to: leaver.userId })).status).toBe(422)
    const guide = await test.signIn(taker)
    expect((await post(guide)).status).toBe(403)
  })
})

describe('every night WeCom says who still waits', () => {
  const list = (customers: MadeCustomer[]) => {
    test.wecom.unassigned = customers.map(({ externalUserId }) => ({
      handoverUserId: leaver.userId.toUpperCase(),
      externalUserId,
      leftAt: new Date(),
    }))
  }
  const statuses = async () => (await states()).map(({ follow }) => follow)

  it('and whom it does not name any more waits no more', async () => {
    list(left.slice(0, 2))
    await test.services.handover.reconcileWaiting(never)
    expect(await statuses()).toEqual(['active', 'active', 'active'])
    test.clock.advance({ hours: 25 })
    await test.services.handover.reconcileWaiting(never)
    expect(await statuses()).toEqual(['active', 'active', 'removed'])
  })

  it('but nothing is known of somebody it does not name at all', async () => {
    test.clock.advance({ hours: 25 })
    await test.services.handover.reconcileWaiting(never)
    expect(await statuses()).toEqual(['active', 'active', 'active'])
  })
})
