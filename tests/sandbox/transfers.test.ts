import { describe, expect, it } from 'vitest'
import { controlRoutes } from '../../sandbox/control/control.ts'
import { createActions } from '../../sandbox/world/actions.ts'
import type { CallbackEvent } from '../../sandbox/world/callbackEvent.ts'
import { settleTransfers } from '../../sandbox/world/transfers.ts'
import { createOpenApi } from './openApiCaller.ts'

const dayMs = 86_400_000

function make() {
  const api = createOpenApi()
  const events: CallbackEvent[] = []
  api.world.onEvent(event => event.kind === 'callback' && events.push(event.event))
  const only = (userId: string) => {
    const { externalUserId } = api.world.addCustomer({}, [
      { userId, remark: '老客', mobiles: ['19900000001'] },
    ])
    return externalUserId
  }
  const start = (ids: string[], from = 'chenlu', to = 'zhoumin') =>
    api.post('externalcontact/transfer_customer', {
      handover_userid: from,
      takeover_userid: to,
      external_userid: ids,
    })
  const results = (kind = 'transfer_result', from = 'chenlu', to = 'zhoumin') =>
    api.post(`externalcontact/${kind}`, { handover_userid: from, takeover_userid: to })
  return { ...api, events, only, start, results, actions: createActions(api.world) }
}

const wireEvents = (events: CallbackEvent[]) =>
  events.map(({ event: _event, ...rest }) => Object.fromEntries(Object.entries(rest)))

describe('a transfer between members at work', () => {
  it('waits for a day, then moves the customer and tells of both ends', async () => {
    const { start, results, only, world, time, events, get } = make()
    const id = only('chenlu')
    expect(await start([id])).toMatchObject({ errcode: 0, customer: [{ external_userid: id, errcode: 0 }] })
    expect(events).toEqual([])
    expect((await results()).customer).toEqual([
      { external_userid: id, status: 2, takeover_time: (time.now + dayMs) / 1000 },
    ])
    expect(world.findFollow('chenlu', id)?.status).toBe('active')

    time.now += dayMs
    expect((await results()).customer).toEqual([
      { external_userid: id, status: 1, takeover_time: time.now / 1000 },
    ])
    expect(wireEvents(events)).toEqual([
      {
        changeType: 'del_external_contact',
        userId: 'chenlu',
        externalUserId: id,
        source: 'DELETE_BY_TRANSFER',
      },
      { changeType: 'add_external_contact', userId: 'zhoumin', externalUserId: id },
    ])
    const seen = await get('externalcontact/get', { external_userid: id })
    expect(seen.follow_user).toMatchObject([{ userid: 'zhoumin', add_way: 202, remark: '老客' }])
  })

  it('ends at once when the customer accepts, and fails when she refuses', async () => {
    const { start, results, only, world, events, actions } = make()
    const [willing, unwilling] = [only('chenlu'), only('chenlu')]
    await start([willing, unwilling])
    actions.customerAnswersTransfer({ externalUserId: willing, isAccepted: true })
    expect(world.findFollow('chenlu', willing)?.status).toBe('removed')
    events.length = 0
    actions.customerAnswersTransfer({ externalUserId: unwilling, isAccepted: false })
    expect(wireEvents(events)).toEqual([
      {
        changeType: 'transfer_fail',
        userId: 'zhoumin',
        externalUserId: unwilling,
        failReason: 'customer_refused',
      },
    ])
    expect(world.findFollow('chenlu', unwilling)?.status).toBe('active')
    expect((await results()).customer).toMatchObject([{ status: 1 }, { status: 3 }])
    expect(() => actions.customerAnswersTransfer({ externalUserId: unwilling, isAccepted: true })).toThrow()
  })

  it('makes no new friend of one who was one already, or of one who comes back', async () => {
    const { start, only, world, time, events } = make()
    const id = only('chenlu')
    world.addFollow(id, { userId: 'zhoumin', remark: '自己的' })
    await start([id])
    time.now += dayMs
    settleTransfers(world)
    expect(events.map(({ changeType }) => changeType)).toEqual(['del_external_contact'])
    expect(world.findFollow('zhoumin', id)?.remark).toBe('自己的')

    events.length = 0
    await start([id], 'zhoumin', 'chenlu')
    time.now += dayMs
    settleTransfers(world)
    expect(events.map(({ changeType }) => changeType)).toEqual(['del_external_contact'])
    expect(world.findFollow('chenlu', id)?.status).toBe('active')
  })

  it('answers each customer with a code of her own', async () => {
    const { start, only, world, setFault } = withFaults(make())
    const [moving, unfollowed, tired, lucky, faulty] = [
      only('chenlu'),
      only('zhoumin'),
      only('chenlu'),
      only('chenlu'),
      only('chenlu'),
    ]
    await start([moving])
    for (const startedAt of [1, 2]) {
      world.addTransfer({
        kind: 'onJob',
        handoverUserId: 'zhoumin',
        takeoverUserId: 'chenlu',
        externalUserId: tired,
        startedAt: Math.floor(world.now() / 1000) - startedAt * 86_400,
        dueAt: 0,
        status: 'done',
      })
    }
    setFault({ [faulty]: 40143 })
    const { customer } = await start([moving, unfollowed, tired, lucky, faulty, 'wmNobody'])
    expect((customer as { errcode: number }[]).map(({ errcode }) => errcode)).toEqual([
      40129, 40131, 40128, 0, 40143, 40096,
    ])
    expect((await start([lucky], 'chenlu', 'chenlu')).customer).toMatchObject([{ errcode: 40130 }])
  })

  it('knows when the taker is full: at the start, and a day later', async () => {
    const { start, results, only, world, time, events } = make()
    const [first, second] = [only('chenlu'), only('chenlu')]
    await start([first])
    const count = world.followsOf('zhoumin').filter(({ status }) => status !== 'removed').length
    world.setLimits({ customersPerMember: count })
    expect((await start([second])).customer).toMatchObject([{ errcode: 40099 }])
    time.now += dayMs
    expect((await results()).customer).toMatchObject([{ status: 4 }])
    expect(wireEvents(events)).toMatchObject([
      { changeType: 'transfer_fail', failReason: 'customer_limit_exceed' },
    ])
  })

  it('is refused as a whole for too many customers, and for a taker out of range or without 客户联系', async () => {
    const { start, only, world } = make()
    const id = only('chenlu')
    expect(await start(Array(101).fill(id))).toMatchObject({ errcode: 40058 })
    expect(await start([])).toMatchObject({ errcode: 40058 })
    world.updateMember('zhoumin', { hasCustomerContact: false })
    expect(await start([id])).toMatchObject({ errcode: 60011 })
    world.updateMember('zhoumin', { hasCustomerContact: true, inVisibleRange: false })
    expect(await start([id])).toMatchObject({ errcode: 60011 })
    expect(world.transfers()).toEqual([])
  })
})

describe('a transfer from a leaver', () => {
  it('lists the unassigned in pages, moves them, and tells of it', async () => {
    const { post, results, actions, world, time, events } = make()
    const active = world.followsOf('chenlu').filter(({ status }) => status === 'active')
    actions.memberLeaves({ userId: 'chenlu' })
    const first = await post('externalcontact/get_unassigned_list', { page_size: 10 })
    expect(first).toMatchObject({ is_last: false })
    expect(first.info).toHaveLength(10)
    expect((first.info as unknown[])[0]).toEqual({
      handover_userid: 'chenlu',
      external_userid: active[0]!.externalUserId,
      dimission_time: time.now / 1000,
    })
    const rest = await post('externalcontact/get_unassigned_list', { cursor: first.next_cursor })
    expect(rest).toMatchObject({ is_last: true, next_cursor: '' })
    expect((rest.info as unknown[]).length).toBe(active.length - 10)

    const id = active.find(
      ({ externalUserId }) => !world.findFollow('zhoumin', externalUserId),
    )!.externalUserId
    const asked = { handover_userid: 'chenlu', takeover_userid: 'zhoumin', external_userid: [id] }
    expect(await post('externalcontact/transfer_customer', asked)).toMatchObject({ errcode: 60111 })
    expect(await post('externalcontact/resigned/transfer_customer', asked)).toMatchObject({
      customer: [{ errcode: 0 }],
    })
    time.now += dayMs
    expect((await results('resigned/transfer_result')).customer).toMatchObject([{ status: 1 }])
    expect(events.map(({ changeType }) => changeType)).toEqual([
      'del_external_contact',
      'add_external_contact',
    ])
    const after = await post('externalcontact/get_unassigned_list', { cursor: '' })
    expect(after.info).toHaveLength(active.length - 1)
  })

  it('is refused for one who is at work, or who left too long ago', async () => {
    const { post, actions, only, time } = make()
    const id = only('chenlu')
    const asked = { handover_userid: 'chenlu', takeover_userid: 'zhoumin', external_userid: [id] }
    const ask = () => post('externalcontact/resigned/transfer_customer', asked)
    expect((await ask()).customer).toMatchObject([{ errcode: 40097 }])
    actions.memberLeaves({ userId: 'chenlu' })
    time.now += 366 * dayMs
    expect((await ask()).customer).toMatchObject([{ errcode: 40097 }])
  })
})

describe('a group', () => {
  it('gets a new owner at once and without a word, from a leaver or from one at work', async () => {
    const { post, world, actions, events } = make()
    const group = world.groups().find(({ ownerUserId }) => ownerUserId === 'chenlu')!
    const give = (kind: string, chatId = group.chatId) =>
      post(`externalcontact/groupchat/${kind}`, { chat_id_list: [chatId], new_owner: 'linxiaoyu' })
    expect((await give('transfer')).failed_chat_list).toMatchObject([{ errcode: 90500 }])
    expect((await give('transfer', 'wrNone')).failed_chat_list).toMatchObject([{ errcode: 90501 }])
    world.setLimits({ groupTransfersPer90Days: 0 })
    expect((await give('onjob_transfer')).failed_chat_list).toMatchObject([{ errcode: 90508 }])
    world.updateMember('linxiaoyu', { hasCustomerContact: false })
    expect((await give('onjob_transfer')).failed_chat_list).toMatchObject([{ errcode: 90504 }])
    world.updateMember('linxiaoyu', { hasCustomerContact: true })
    actions.memberLeaves({ userId: 'chenlu' })
    expect(await give('transfer')).toMatchObject({ errcode: 0, failed_chat_list: [] })
    expect(await post('externalcontact/groupchat/get', { chat_id: group.chatId })).toMatchObject({
      group_chat: { owner: 'linxiaoyu' },
    })
    expect(
      (await post('externalcontact/groupchat/list', { limit: 10, status_filter: 3 })).group_chat_list,
    ).toEqual([{ chat_id: group.chatId, status: 3 }])
    expect(events).toEqual([])
  })
})

describe('the console', () => {
  it('hands over as the API does, by whether the member has left', async () => {
    const { world, only, time } = make()
    const control = controlRoutes(world)
    const [one, other] = [only('chenlu'), only('guoqian')]
    const send = async (name: string, body: unknown) => {
      const answer = await control.request(`/actions/${name}`, { method: 'POST', body: JSON.stringify(body) })
      return (await answer.json()) as { result: unknown; events: CallbackEvent[]; message?: string }
    }
    await send('member-leaves', { userId: 'guoqian' })
    const to = { takeoverUserId: 'zhoumin' }
    expect(
      await send('admin-transfers', { handoverUserId: 'chenlu', externalUserIds: [one], ...to }),
    ).toMatchObject({ result: [{ kind: 'onJob', status: 'waiting' }], events: [] })
    expect(
      await send('admin-transfers', { handoverUserId: 'guoqian', externalUserIds: [other], ...to }),
    ).toMatchObject({ result: [{ kind: 'resigned' }] })
    expect(
      (await send('admin-transfers', { handoverUserId: 'chenlu', externalUserIds: [one], ...to })).message,
    ).toContain('40129')
    expect(
      (await send('customer-answers-transfer', { externalUserId: one, isAccepted: false })).events,
    ).toMatchObject([{ changeType: 'transfer_fail' }])
    expect(
      (await send('customer-answers-transfer', { externalUserId: other, isAccepted: true, silent: true }))
        .events,
    ).toEqual([])
    time.now += dayMs
    const transfers = (await (await control.request('/actions/transfers')).json()) as unknown
    expect(transfers).toMatchObject([{ status: 'refused' }, { status: 'done' }])
  })
})

function withFaults(made: ReturnType<typeof make>) {
  return {
    ...made,
    setFault: (partial: Record<string, number>) =>
      made.world.setFaults([{ api: 'externalcontact/transfer_customer', times: -1, partial }]),
  }
}
