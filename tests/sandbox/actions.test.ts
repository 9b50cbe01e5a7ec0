import { describe, expect, it } from 'vitest'
import { createCallbacks } from '../../sandbox/callbacks/callbacks.ts'
import { echoApi } from '../../sandbox/callbacks/echo.ts'
import { writeEventXml } from '../../sandbox/callbacks/eventXml.ts'
import { controlRoutes } from '../../sandbox/control/control.ts'
import { openApiRoutes } from '../../sandbox/openApi/openApi.ts'
import { createActions } from '../../sandbox/world/actions.ts'
import type { CallbackEvent } from '../../sandbox/world/callbackEvent.ts'
import { Hono } from 'hono'
import { element, vectorKeys } from './callbackReceiver.ts'
import { createCaller, createOpenApi } from './openApiCaller.ts'

function make() {
  const api = createOpenApi()
  const events: CallbackEvent[] = []
  api.world.onEvent(event => event.kind === 'callback' && events.push(event.event))
  /** what was raised since the last look, as XML */
  const heard = () =>
    events.splice(0).map(event => writeEventXml(event, api.world.corp.corpId, api.world.now() / 1000))
  const friend = (userId = 'chenlu') => {
    const { externalUserId } = api.world.addCustomer({ name: '新客' }, [{ userId, remark: '旧备注' }])
    return { userId, externalUserId }
  }
  const kinds = () => events.splice(0).map(({ changeType }) => changeType)
  const errcodeOf = async (externalUserId: string) =>
    (await api.get('externalcontact/get', { external_userid: externalUserId })).errcode
  return { ...api, actions: createActions(api.world), events, heard, kinds, friend, errcodeOf }
}

const living = <Item extends { deleted: boolean }>(items: Item[]) => items.filter(item => !item.deleted)

describe('a customer who scans a code', () => {
  it('is a half friend whom the API does not know, until the guide confirms', async () => {
    const { actions, heard, errcodeOf, post } = make()
    const half = actions.customerAdds({ userId: 'chenlu', state: '国贸店收银台', skipVerify: true })
    const [xml] = heard()
    expect(element(xml!, 'ChangeType')).toBe('add_half_external_contact')
    expect(element(xml!, 'State')).toBe('国贸店收银台')
    expect(element(xml!, 'WelcomeCode')).toMatch(/^[\w-]{32}$/)
    expect(half.status).toBe('half')
    expect(await errcodeOf(half.externalUserId)).toBe(84061)
    const remark = { userid: 'chenlu', external_userid: half.externalUserId, remark: '新客' }
    expect(await post('externalcontact/remark', remark)).toMatchObject({ errcode: 84061 })

    actions.guideConfirms({ userId: 'chenlu', externalUserId: half.externalUserId })
    const [confirmed] = heard()
    expect(element(confirmed!, 'ChangeType')).toBe('add_external_contact')
    expect(element(confirmed!, 'State')).toBe('国贸店收银台')
    expect(confirmed).not.toContain('WelcomeCode')
    expect(await errcodeOf(half.externalUserId)).toBe(0)
  })

  it('is a friend at once when the guide is asked and accepts', async () => {
    const { actions, heard, errcodeOf } = make()
    const { externalUserId } = actions.customerAdds({ userId: 'chenlu', state: 'a' })
    expect(heard().map(xml => element(xml, 'ChangeType'))).toEqual(['add_external_contact'])
    expect(await errcodeOf(externalUserId)).toBe(0)
  })

  it('brings neither state nor welcome code where they do not apply', () => {
    const { actions, heard } = make()
    actions.customerAdds({ userId: 'chenlu', customer: { type: 2 } })
    actions.guideAdds({ userId: 'chenlu', hasConsoleWelcome: true })
    const xmls = heard()
    expect(xmls).toHaveLength(2)
    for (const xml of xmls) expect(xml).not.toMatch(/State|WelcomeCode|Source|FailReason/)
  })

  it('is no second friend of the same guide', () => {
    const { actions, friend, events } = make()
    expect(() => actions.customerAdds(friend())).toThrow('已经是好友')
    expect(events).toEqual([])
  })
})

describe('deletions', () => {
  it('by the guide end the relation', async () => {
    const { actions, friend, heard, errcodeOf } = make()
    const pair = friend()
    actions.guideDeletes(pair)
    const [xml] = heard()
    expect(element(xml!, 'ChangeType')).toBe('del_external_contact')
    expect(xml).not.toContain('Source')
    expect(await errcodeOf(pair.externalUserId)).toBe(84061)
    expect(() => actions.customerDeletes(pair)).toThrow()
  })

  it('by the customer leave the guide’s side of it', async () => {
    const { actions, friend, kinds, errcodeOf } = make()
    const pair = friend()
    actions.customerDeletes(pair)
    expect(kinds()).toEqual(['del_follow_user'])
    expect(await errcodeOf(pair.externalUserId)).toBe(0)
    actions.guideDeletes(pair)
    expect(kinds()).toEqual(['del_external_contact'])
    expect(await errcodeOf(pair.externalUserId)).toBe(84061)
  })

  it('before the guide has confirmed leave nothing', async () => {
    const { actions, kinds, errcodeOf } = make()
    const { externalUserId } = actions.customerAdds({ userId: 'chenlu', skipVerify: true })
    actions.customerDeletes({ userId: 'chenlu', externalUserId })
    expect(kinds()).toEqual(['add_half_external_contact', 'del_follow_user'])
    expect(await errcodeOf(externalUserId)).toBe(84061)
  })

  it('can be mended by either side: what was written stays if only the customer had gone', () => {
    const { actions, friend, world, time, kinds } = make()
    const [lost, removed] = [friend(), friend()]
    actions.customerDeletes(lost)
    actions.guideDeletes(removed)
    kinds()
    time.now += 60_000
    actions.customerAdds({ ...lost, state: '回来了' })
    actions.guideAdds(removed)
    expect(kinds()).toEqual(['add_external_contact', 'add_external_contact'])
    expect(world.findFollow('chenlu', lost.externalUserId)).toMatchObject({
      status: 'active',
      remark: '旧备注',
      state: '回来了',
      createdAt: time.now / 1000,
    })
    expect(world.findFollow('chenlu', removed.externalUserId)).toMatchObject({
      status: 'active',
      remark: '新客',
    })
    expect(world.followersOf(lost.externalUserId)).toHaveLength(1)
  })
})

describe('a guide’s edits in the client', () => {
  it('are told of for remark, phones and tags, not for a description or for nothing', () => {
    const { actions, friend, world, kinds } = make()
    const pair = friend()
    const tagId = living(world.tagGroups())[0]!.tags[0]!.id
    actions.guideEdits({ ...pair, remark: '新备注' })
    actions.guideEdits({ ...pair, mobiles: ['19900000002'] })
    actions.guideEdits({ ...pair, tagIds: [tagId] })
    expect(kinds()).toEqual(Array(3).fill('edit_external_contact'))
    actions.guideEdits({ ...pair, description: '只说给自己' })
    actions.guideEdits({ ...pair, remark: '新备注' })
    expect(kinds()).toEqual([])
    expect(world.findFollow('chenlu', pair.externalUserId)).toMatchObject({
      remark: '新备注',
      description: '只说给自己',
      mobiles: ['19900000002'],
      tagIds: [tagId],
    })
    expect(() => actions.guideEdits({ ...pair, tagIds: ['etNone'] })).toThrow('etNone')
  })
})

describe('an admin’s tags', () => {
  it('are told of by kind and id', () => {
    const { actions, heard } = make()
    const group = actions.adminCreatesTagGroup({ name: '材质', tags: ['玉', '翡翠'] })
    const tag = actions.adminCreatesTag({ groupId: group.id, name: '蜜蜡' })
    actions.adminRenamesTag({ id: tag.id, name: '琥珀' })
    actions.adminRenamesTag({ id: group.id, name: '石头' })
    actions.adminDeletesTag({ id: tag.id })
    actions.adminDeletesTag({ id: group.id })
    const told = heard().map(xml =>
      ['Event', 'ChangeType', 'TagType', 'Id'].map(name => element(xml, name)).join(' '),
    )
    expect(told).toEqual(
      [
        `create tag_group ${group.id}`,
        `create tag ${group.tags[0]?.id}`,
        `create tag ${group.tags[1]?.id}`,
        `create tag ${tag.id}`,
        `update tag ${tag.id}`,
        `update tag_group ${group.id}`,
        `delete tag ${tag.id}`,
        // One event, although two tags go with it.
        `delete tag_group ${group.id}`,
      ].map(line => `change_external_tag ${line}`),
    )
  })

  it('are shuffled within a group or group by group', async () => {
    const { actions, heard, world, post } = make()
    const [first, second, ...others] = living(world.tagGroups()).map(({ id }) => id)
    const group = world.tagGroups().find(({ id }) => id === first)!
    const reversed = living(group.tags)
      .map(({ id }) => id)
      .reverse()
    actions.adminOrdersTags({ groupId: first!, tagIds: reversed })
    actions.adminOrdersTagGroups({ groupIds: [second!, first!, ...others] })
    const [tags, groups] = heard()
    expect(element(tags!, 'Id')).toBe(first)
    expect(element(groups!, 'Id')).toBe('')
    for (const xml of [tags, groups]) {
      expect(element(xml!, 'ChangeType')).toBe('shuffle')
      expect(xml).not.toContain('TagType')
    }
    const { tag_group: listed } = await post('externalcontact/get_corp_tag_list')
    const shown = listed as { group_id: string; tag: { id: string }[] }[]
    expect(shown.slice(0, 2).map(({ group_id }) => group_id)).toEqual([second, first])
    expect(shown[1]!.tag.map(({ id }) => id)).toEqual(reversed)
  })
})

describe('a customer group', () => {
  it('is told of from its making to its end, with the versions of its members', async () => {
    const { actions, heard, friend, post } = make()
    const [one, other] = [friend().externalUserId, friend().externalUserId]
    const { chatId } = actions.groupCreated({
      ownerUserId: 'chenlu',
      name: '新群',
      members: [{ id: 'zhoumin' }],
    })
    const versionOf = async () =>
      (
        (await post('externalcontact/groupchat/get', { chat_id: chatId })).group_chat as Record<
          string,
          string
        >
      ).member_version
    const before = await versionOf()
    actions.groupJoined({ chatId, members: [{ id: one }, { id: other }, { name: '路人' }], by: 'code' })
    const after = await versionOf()
    actions.groupLeft({ chatId, memberIds: [one], isRemoved: true })
    actions.groupRenamed({ chatId, name: '更名' })
    actions.groupOwnerChanged({ chatId, ownerUserId: 'zhoumin' })
    actions.groupNoticed({ chatId, notice: '周三讲保养' })
    actions.groupDismissed({ chatId })

    const told = heard()
    expect(told.map(xml => `${element(xml, 'ChangeType')} ${element(xml, 'UpdateDetail') ?? ''}`)).toEqual([
      'create ',
      'update add_member',
      'update del_member',
      'update change_name',
      'update change_owner',
      'update change_notice',
      'dismiss ',
    ])
    expect(told.every(xml => element(xml, 'ChatId') === chatId)).toBe(true)
    const [, joined, left] = told
    expect(joined).toMatch(
      new RegExp(
        `<JoinScene>3</JoinScene><MemChangeCnt>3</MemChangeCnt><MemChangeList><Item><!\\[CDATA\\[${one}\\]\\]></Item><Item>`,
      ),
    )
    expect([element(joined!, 'LastMemVer'), element(joined!, 'CurMemVer')]).toEqual([before, after])
    expect(joined).not.toContain('QuitScene')
    expect(element(left!, 'QuitScene')).toBe('1')
    expect(element(left!, 'LastMemVer')).toBe(after)
    expect(await post('externalcontact/groupchat/get', { chat_id: chatId })).toMatchObject({ errcode: 49008 })
  })
})

describe('members', () => {
  it('leave, return, move and lead without a word', async () => {
    const { actions, events, get, friend, errcodeOf } = make()
    const { externalUserId } = friend('zhoumin')
    actions.memberLeads({ userId: 'zhoumin', department: 3, isLeader: true })
    expect(await get('user/get', { userid: 'zhoumin' })).toMatchObject({ is_leader_in_dept: [1] })
    actions.memberMoves({ userId: 'zhoumin', departments: [4, 5] })
    expect(await get('user/get', { userid: 'zhoumin' })).toMatchObject({
      department: [4, 5],
      main_department: 4,
      is_leader_in_dept: [0, 0],
    })
    actions.memberDisabled({ userId: 'zhoumin' })
    expect(await get('user/get', { userid: 'zhoumin' })).toMatchObject({ status: 2 })
    actions.memberLeaves({ userId: 'zhoumin' })
    expect(await get('user/get', { userid: 'zhoumin' })).toMatchObject({ errcode: 60111 })
    expect((await get('externalcontact/get_follow_user_list')).follow_user).not.toContain('zhoumin')
    expect(await errcodeOf(externalUserId)).toBe(84061)
    actions.memberReturns({ userId: 'zhoumin' })
    expect(await errcodeOf(externalUserId)).toBe(0)
    actions.memberInRange({ userId: 'zhoumin', inVisibleRange: false })
    expect(await get('user/get', { userid: 'zhoumin' })).toMatchObject({ errcode: 60011 })
    actions.memberInRange({ userId: 'zhoumin', inVisibleRange: true })
    actions.memberMayContact({ userId: 'zhoumin', hasCustomerContact: false })
    expect((await get('externalcontact/get_follow_user_list')).follow_user).not.toContain('zhoumin')
    expect(events).toEqual([])
  })
})

describe('nothing is told', () => {
  it('of what an app does through the API', async () => {
    const { post, friend, events } = make()
    const { userId, externalUserId } = friend()
    const ids = { userid: userId, external_userid: externalUserId }
    const made = await post('externalcontact/add_corp_tag', { group_name: '应用的', tag: [{ name: '甲' }] })
    const tagId = (made.tag_group as { tag: { id: string }[] }).tag[0]!.id
    const answers = [
      await post('externalcontact/remark', { ...ids, remark: '接口改的' }),
      await post('externalcontact/mark_tag', { ...ids, add_tag: [tagId] }),
      await post('externalcontact/edit_corp_tag', { id: tagId, name: '乙' }),
      await post('externalcontact/del_corp_tag', { tag_id: [tagId] }),
    ]
    expect(answers.map(({ errcode }) => errcode)).toEqual([0, 0, 0, 0])
    expect(events).toEqual([])
  })

  it('of a silent change, which is there all the same', () => {
    const { actions, friend, events, world } = make()
    const pair = friend()
    actions.guideEdits({ ...pair, remark: '悄悄改', silent: true })
    actions.customerDeletes({ ...pair, silent: true })
    actions.adminCreatesTagGroup({ name: '悄悄', tags: ['建'], silent: true })
    expect(world.findFollow('chenlu', pair.externalUserId)).toMatchObject({
      remark: '悄悄改',
      status: 'lost',
    })
    expect(world.tagGroups().some(({ name }) => name === '悄悄')).toBe(true)
    expect(events).toEqual([])
  })

  it('unless the app asks to hear its own echo', async () => {
    const { world, friend, events } = make()
    const callbacks = createCallbacks(world, {
      ...vectorKeys,
      url: 'http://127.0.0.1:1/',
      answerMs: 100,
      verifyMs: 100,
      retries: 0,
      retryMs: 0,
    })
    const app = new Hono()
      .use('/cgi-bin/*', echoApi(world, callbacks))
      .route('/cgi-bin', openApiRoutes(world))
    const caller = createCaller(
      new Hono().all('*', c =>
        app.request(`/cgi-bin${new URL(c.req.url).pathname}${new URL(c.req.url).search}`, c.req.raw),
      ),
      world,
    )
    const { externalUserId } = friend()
    const ids = { userid: 'chenlu', external_userid: externalUserId }
    await caller.post('externalcontact/remark', { ...ids, remark: '一' })
    expect(events).toEqual([])
    callbacks.setSwitches({ echoApi: true })
    await caller.post('externalcontact/remark', { ...ids, remark: '二' })
    await caller.post('externalcontact/remark', {
      userid: 'nobody',
      external_userid: externalUserId,
      remark: '三',
    })
    expect(events).toMatchObject([{ changeType: 'edit_external_contact', userId: 'chenlu', externalUserId }])
    callbacks.close()
  })
})

describe('the routes', () => {
  it('run an action, tell what it raised, and refuse what is misspelt or cannot be', async () => {
    const { world, friend } = make()
    const control = controlRoutes(world)
    const send = async (name: string, body: unknown) => {
      const answer = await control.request(`/actions/${name}`, { method: 'POST', body: JSON.stringify(body) })
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    }
    const pair = friend()
    expect(await send('guide-edits', { ...pair, remark: '经路由' })).toMatchObject({
      status: 200,
      body: { result: { remark: '经路由' }, events: [{ changeType: 'edit_external_contact' }] },
    })
    expect(await send('guide-edits', { ...pair, remak: '错字' })).toMatchObject({ status: 422 })
    expect(await send('guide-deletes', { ...pair, userId: 'nobody' })).toMatchObject({
      status: 404,
      body: { message: '企业里没有成员 nobody' },
    })
    expect((await send('guide-flies', pair)).status).toBe(404)
    expect(await send('customer-adds', { userId: 'chenlu', customer: { name: '小满' } })).toMatchObject({
      body: { result: { status: 'active' }, events: [{ changeType: 'add_external_contact' }] },
    })
  })
})
