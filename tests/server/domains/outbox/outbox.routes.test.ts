import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { Card, Remark } from '../../../../shared/contract/customers.ts'
import { Unsent } from '../../../../shared/contract/outbox.ts'
import { WecomError } from '../../../../server/wecom/errors.ts'
import {
  createTestApp,
  TEST_PUBLIC_URL,
  type SignedIn,
  type TestApp,
} from '../../../support/createTestApp.ts'

let test: TestApp
let guide: SignedIn
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())
beforeEach(async () => {
  await test.runQueued()
  guide = await test.signIn(await test.make.staff(test.corp))
  test.wecom.calls.length = 0
})

const refusing = (api: string, errcode: number) => new WecomError(api, { errcode })

async function withRemark(remark: string | null) {
  const customer = await test.make.followed(test.corp, guide.actor, { remark })
  const path = `/api/customers/${customer.externalUserId}`
  const change = async (wanted: string, key?: string) => {
    const answer = await guide.fetch(`${path}/remark`, {
      method: 'PATCH',
      json: { remark: wanted },
      ...(key && { key }),
    })
    expect(answer.status).toBe(200)
    return Remark.parse(await answer.json())
  }
  const follow = async () => Card.parse(await (await guide.fetch(`${path}/card`)).json()).follow
  const timeline = async () =>
    ((await (await guide.fetch(`${path}/timeline`)).json()) as { items: { kind: string; what: string }[] })
      .items
  const find = async (q: string) =>
    (
      (await (await guide.fetch(`/api/customers?q=${encodeURIComponent(q)}`)).json()) as {
        items: unknown[]
      }
    ).items.length
  const told = () => test.wecom.callsOf('remark').map(([call]) => (call as { remark: string }).remark)
  return { customer, path, change, follow, timeline, find, told }
}
const unsent = async (who: SignedIn) => Unsent.parse(await (await who.fetch('/api/outbox')).json())
const makeDue = () =>
  sql`update outbox set next_at = clock_timestamp() where state = 'waiting'`.execute(test.db)

it('a remark is here at once, found by its sound, and at WeCom after', async () => {
  const { customer, change, follow, find, told, timeline } = await withRemark('旧名')
  expect(await change('国贸王姐')).toEqual({ remark: '国贸王姐', sync: 'pending' })
  expect(await follow()).toMatchObject({ remark: '国贸王姐', remarkSync: 'pending' })
  expect(await find('gmwj')).toBe(1)
  expect(await find('旧名')).toBe(0)
  expect(await timeline()).toMatchObject([{ kind: 'remarkChanged', what: '国贸王姐' }])
  await test.runQueued()
  expect(test.wecom.callsOf('remark')).toEqual([
    [{ userId: guide.actor.userId, externalUserId: customer.externalUserId, remark: '国贸王姐' }],
  ])
  expect(await follow()).toMatchObject({ remark: '国贸王姐', remarkSync: 'done' })
  expect(told()).toEqual(['国贸王姐'])
})

it('a remark that is the same already goes nowhere, and an empty one takes it away', async () => {
  const { change, told } = await withRemark('王姐')
  expect(await change('王姐')).toEqual({ remark: '王姐', sync: 'done' })
  expect(await change('')).toEqual({ remark: null, sync: 'pending' })
  await test.runQueued()
  expect(told()).toEqual([''])
})

it('P11 the same intention changes the remark once', async () => {
  const { change, timeline } = await withRemark(null)
  await change('王姐', 'one-intention-of-hers')
  await change('王姐', 'one-intention-of-hers')
  expect(await timeline()).toHaveLength(1)
})

it('a refused remark gives way to the one WeCom has, however many were thought of since', async () => {
  const { change, follow, timeline, find } = await withRemark('王姐')
  await change('一')
  await change('二')
  test.wecom.fail('remark', refusing('externalcontact/remark', 40058), 1)
  await test.runQueued()
  expect(await follow()).toMatchObject({ remark: '王姐', remarkSync: 'done' })
  expect(await find('王姐')).toBe(1)
  expect(await timeline()).toMatchObject([{ kind: 'remarkRefused', what: '二' }, {}, {}])
  expect((await unsent(guide)).items).toMatchObject([{ kind: 'remark', what: '备注名 二', state: 'refused' }])
})

it('a refused remark gives way to the last one WeCom took', async () => {
  const { change, follow } = await withRemark('王姐')
  await change('一')
  let calls = 0
  test.wecom.before = async ({ verb }) => {
    if (verb !== 'remark') return
    calls++
    if (calls === 1) await change('二')
    else throw refusing('externalcontact/remark', 40058)
  }
  await test.runQueued()
  test.wecom.before = undefined
  expect(calls).toBe(2)
  expect(await follow()).toMatchObject({ remark: '一', remarkSync: 'done' })
})

it('a refused remark is wanted again by 重试, and gone by 知道了', async () => {
  const { change, follow } = await withRemark('王姐')
  await change('一')
  test.wecom.fail('remark', refusing('externalcontact/remark', 40058), 2)
  await test.runQueued()
  const [item] = (await unsent(guide)).items
  const retried = await guide.fetch(`/api/outbox/${item!.outboxId}/retry`, { method: 'POST' })
  expect(retried.status).toBe(204)
  expect(await follow()).toMatchObject({ remark: '一', remarkSync: 'pending' })
  await test.runQueued()
  expect(await follow()).toMatchObject({ remark: '王姐', remarkSync: 'done' })
  const dismissed = await guide.fetch(`/api/outbox/${item!.outboxId}`, { method: 'DELETE' })
  expect(dismissed.status).toBe(204)
  expect(await unsent(guide)).toMatchObject({ items: [], total: 0 })
  expect(await follow()).toMatchObject({ remark: '王姐', remarkSync: 'done' })
})

it('P18 a remark that was given up shows as not there until somebody decides', async () => {
  const { change, follow } = await withRemark('王姐')
  await change('一')
  test.wecom.fail('remark', new WecomError('externalcontact/remark', { trouble: 'timeout' }), 2)
  await test.runQueued()
  await sql`update outbox set first_tried_at = clock_timestamp() - interval '25 hours' where state = 'waiting'`.execute(
    test.db,
  )
  await makeDue()
  await test.services.delivery.deliver(
    { corpId: test.corp.corpId, lane: await laneOf() },
    new AbortController().signal,
  )
  expect(await follow()).toMatchObject({ remark: '一', remarkSync: 'pending' })
  const [item] = (await unsent(guide)).items
  expect(item).toMatchObject({ state: 'dead', reason: '试了一天都没有成功：企业微信没有回应' })
  await guide.fetch(`/api/outbox/${item!.outboxId}`, { method: 'DELETE' })
  expect(await follow()).toMatchObject({ remark: '王姐', remarkSync: 'done' })
})
const laneOf = async () => {
  const found = sql<{ lane: string }>`select lane from outbox where state = 'waiting'`
  return (await found.execute(test.db)).rows[0]!.lane
}

it('a leaver’s customer keeps her name until somebody takes over', async () => {
  const store = await test.make.store(test.corp)
  const leaver = await test.make.staff(test.corp, { store })
  const customer = await test.make.followed(test.corp, leaver)
  await sql`update staff set status = 'left' where staff_id = ${leaver.staffId}`.execute(test.db)
  const admin = await test.signIn(await test.make.staff(test.corp, { role: 'admin' }))
  const answer = await admin.fetch(`/api/customers/${customer.externalUserId}/remark`, {
    method: 'PATCH',
    json: { remark: '王姐' },
  })
  expect(answer.status).toBe(409)
})

it('P2 what another guide has not got through cannot be seen, tried or dismissed', async () => {
  const { change } = await withRemark('王姐')
  await change('一')
  test.wecom.fail('remark', refusing('externalcontact/remark', 40058), 1)
  await test.runQueued()
  const [item] = (await unsent(guide)).items
  const colleague = await test.signIn(await test.make.staff(test.corp))
  expect((await unsent(colleague)).items).toEqual([])
  const known = await colleague.fetch(`/api/outbox/${item!.outboxId}`, { method: 'DELETE' })
  const unknown = await colleague.fetch('/api/outbox/5f0c6c58-3f5c-4a58-9c3b-1f1f1f1f1f1f', {
    method: 'DELETE',
  })
  expect([known.status, unknown.status]).toEqual([404, 404])
  const retry = await colleague.fetch(`/api/outbox/${item!.outboxId}/retry`, { method: 'POST' })
  expect(retry.status).toBe(404)
})

it('P21 a notice goes to each member on her own, marked so that WeCom drops a repeat', async () => {
  const [one, other] = [await test.make.staff(test.corp), await test.make.staff(test.corp)]
  test.wecom.unreachable.push(other.userId)
  const notice = {
    staffIds: [one.staffId, other.staffId, one.staffId],
    title: '3 位客户待接替',
    description: '陈露已离职',
    path: '/today#/console/handover',
    subject: 'leaver:7',
  }
  await test.db.transaction(tx =>
    test.services.outbox.notify(tx, { kind: 'job', corpId: test.corp.corpId, name: 'staff.poll' }, notice),
  )
  await test.runQueued()
  expect(test.wecom.callsOf('sendNotice')).toHaveLength(2)
  expect(test.wecom.callsOf('sendNotice')).toContainEqual([
    {
      userIds: [one.userId],
      title: notice.title,
      description: notice.description,
      url: `${TEST_PUBLIC_URL}/today#/console/handover`,
      buttonText: '看看',
      repeatWithinSeconds: 14_400,
    },
  ])
  const failed = await unsent(await test.signIn(other))
  expect(failed.items).toMatchObject([{ kind: 'message', what: '通知 3 位客户待接替', state: 'refused' }])
})
