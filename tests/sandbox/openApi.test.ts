import { serve } from '@hono/node-server'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { wellKnown } from '../../sandbox/world/wellKnown.ts'
import { corp, createOpenApi } from './openApiCaller.ts'
import type { WireAnswer } from './openApiCaller.ts'

type Row = Record<string, unknown>
const rows = (answer: WireAnswer, field: string) => answer[field] as Row[]

describe('credentials', () => {
  const { corpId, secret } = corp()

  it.each([
    ['corpid missing', { corpsecret: secret }, 41002],
    ['secret missing', { corpid: corpId }, 41004],
    ['foreign corp', { corpid: 'wwother', corpsecret: secret }, 40013],
    ['wrong secret', { corpid: corpId, corpsecret: 'nope' }, 40001],
    ['all well', { corpid: corpId, corpsecret: secret }, 0],
  ])('gettoken: %s', async (_what, query, errcode) => {
    const { app } = createOpenApi()
    const answer = (await (await app.request(`/gettoken?${new URLSearchParams(query)}`)).json()) as WireAnswer
    expect(answer.errcode).toBe(errcode)
  })

  it('shuts an address out for an hour after repeated wrong secrets, even with the right one', async () => {
    const { app, time, world } = createOpenApi()
    world.setLimits({ wrongSecretsBeforeBlock: 3 })
    const ask = async (corpsecret: string) => {
      const answer = await app.request(`/gettoken?${new URLSearchParams({ corpid: corpId, corpsecret })}`)
      return ((await answer.json()) as WireAnswer).errcode
    }
    expect([await ask('a'), await ask('b'), await ask('c'), await ask(secret)]).toEqual([
      40001, 40001, 40001, 45009,
    ])
    time.elapsedMs += 3_600_001
    expect(await ask(secret)).toBe(0)
  })

  it('tells a missing, an invented and an expired token apart', async () => {
    const { app, world, get } = createOpenApi()
    const missing = (await (await app.request('/externalcontact/get_follow_user_list')).json()) as WireAnswer
    expect(missing.errcode).toBe(41001)
    expect((await get('externalcontact/get_follow_user_list', { access_token: 'invented' })).errcode).toBe(
      40014,
    )
    const { token } = world.issueToken()
    world.expireTokens()
    expect((await get('externalcontact/get_follow_user_list', { access_token: token })).errcode).toBe(42001)
  })

  it('gives different tickets to config and agentConfig', async () => {
    const { get, world } = createOpenApi()
    const [corpTicket, agentTicket] = [
      await get('get_jsapi_ticket'),
      await get('ticket/get', { type: 'agent_config' }),
    ]
    expect(corpTicket['ticket']).toBe(world.ticket('corp').ticket)
    expect(agentTicket['ticket']).toBe(world.ticket('agent').ticket)
    expect(corpTicket['ticket']).not.toBe(agentTicket['ticket'])
    expect((await get('ticket/get', { type: 'jsapi' })).errcode).toBe(91040)
  })

  it('lets 100 tickets an hour out of each ticket API', async () => {
    const { get, time, world } = createOpenApi()
    world.setLimits({ ticketsPerHour: 2 })
    await get('get_jsapi_ticket')
    await get('get_jsapi_ticket')
    expect((await get('get_jsapi_ticket')).errcode).toBe(45009)
    expect((await get('ticket/get', { type: 'agent_config' })).errcode).toBe(0)
    time.elapsedMs += 3_600_001
    expect((await get('get_jsapi_ticket')).errcode).toBe(0)
  })

  it('redeems a code once, and not for a domain that is no longer trusted', async () => {
    const { get, world, time } = createOpenApi()
    const code = world.issueCode('chenlu', '127.0.0.1:8788')
    expect(await get('auth/getuserinfo', { code })).toMatchObject({ errcode: 0, userid: 'chenlu' })
    expect((await get('auth/getuserinfo', { code })).errcode).toBe(42022)
    expect((await get('auth/getuserinfo', { code: 'invented' })).errcode).toBe(40029)
    expect((await get('auth/getuserinfo')).errcode).toBe(41008)
    expect(
      (await get('auth/getuserinfo', { code: world.issueCode('chenlu', 'elsewhere.test') })).errcode,
    ).toBe(50001)
    const late = world.issueCode('chenlu', '127.0.0.1:8788')
    time.now += 301_000
    expect((await get('auth/getuserinfo', { code: late })).errcode).toBe(42003)
  })

  it('names people from outside by openid, and by external_userid only customers of somebody in range', async () => {
    const { get, world } = createOpenApi()
    const visit = (id: string) =>
      get('auth/getuserinfo', { code: world.issueOutsiderCode(id, '127.0.0.1:8788') })
    const customer = await visit(wellKnown.mia)
    expect(customer).toMatchObject({ errcode: 0, external_userid: wellKnown.mia })
    expect(customer.openid).toMatch(/^o\S{27}$/)
    expect((await visit(wellKnown.mia)).openid).toBe(customer.openid)
    expect(customer).not.toHaveProperty('userid')
    const stranger = await visit('wmOnlyInAGroup')
    expect(stranger.openid).not.toBe(customer.openid)
    expect(stranger).not.toHaveProperty('external_userid')
  })
})

describe('every call', () => {
  it('is refused in the long form of WeCom, with its hint and link', async () => {
    const { get } = createOpenApi()
    const { errmsg } = await get('user/get', { userid: 'nobody' })
    expect(errmsg).toMatch(
      /^userid not found, hint: \[\d+_\d+_[0-9a-f]{32}\], from ip: 127\.0\.0\.1, more info at https:\/\/open\.work\.weixin\.qq\.com\/devtool\/query\?e=60111$/,
    )
  })

  it('keeps to its method and to known paths', async () => {
    const { get, post } = createOpenApi()
    expect((await get('externalcontact/mark_tag')).errcode).toBe(43002)
    expect((await post('externalcontact/get')).errcode).toBe(43001)
    expect((await get('externalcontact/nothing')).errcode).toBe(40066)
  })

  it('drops fields of the wrong type and warns', async () => {
    const { post } = createOpenApi()
    const refused = await post('externalcontact/batch/get_by_user', { userid_list: 'chenlu' })
    expect(refused.errcode).toBe(40058)
    expect(refused.errmsg).toContain('Warning: wrong json format.')
    const lenient = await post('externalcontact/batch/get_by_user', {
      userid_list: ['chenlu', 'zhoumin'],
      limit: '2',
    })
    expect(lenient.errcode).toBe(0)
    expect(lenient.errmsg).toContain('Warning: wrong json format.')
    expect(rows(lenient, 'external_contact_list')).toHaveLength(50)
  })

  it.each([
    ['no JSON', '{"userid_list":', 40058],
    ['no object', '["chenlu"]', 40058],
    ['escaped characters', '{"remark":"\\u5a49"}', 40033],
  ])('refuses a body with %s', async (_what, body, errcode) => {
    const { post } = createOpenApi()
    expect((await post('externalcontact/remark', body)).errcode).toBe(errcode)
  })

  it('takes an escaped backslash before a u for what it is', async () => {
    const { post } = createOpenApi()
    const userAndCustomer = { userid: 'chenlu', external_userid: wellKnown.mia }
    expect((await post('externalcontact/remark', { ...userAndCustomer, remark: '\\u5a49' })).errcode).toBe(0)
  })

  it('is limited by the minute and blocked for a minute', async () => {
    const { get, time, world } = createOpenApi()
    world.setLimits({ callsPerMinute: 3 })
    const ask = async () => (await get('externalcontact/get_follow_user_list')).errcode
    expect([await ask(), await ask(), await ask(), await ask(), await ask()]).toEqual([0, 0, 0, 45009, 45009])
    expect((await get('department/simplelist')).errcode).toBe(0)
    time.elapsedMs += 60_001
    expect(await ask()).toBe(0)
  })

  it('may be traced five times a minute', async () => {
    const { get } = createOpenApi()
    const codes = []
    for (let turn = 0; turn < 6; turn++)
      codes.push((await get('department/simplelist', { debug: '1' })).errcode)
    expect(codes).toEqual([0, 0, 0, 0, 0, 45009])
  })

  it('is written down without its secrets', async () => {
    const { post, get, app, world } = createOpenApi()
    await app.request(
      `/gettoken?${new URLSearchParams({ corpid: corp().corpId, corpsecret: corp().secret })}`,
    )
    await get('auth/getuserinfo', { code: world.issueCode('chenlu', '127.0.0.1:8788') })
    await post('externalcontact/mark_tag', { userid: 'chenlu', external_userid: 'wmNobody' })
    expect(world.calls().map(({ api, errcode, request }) => ({ api, errcode, request }))).toEqual([
      { api: 'gettoken', errcode: 0, request: { corpid: corp().corpId } },
      { api: 'auth/getuserinfo', errcode: 0, request: {} },
      {
        api: 'externalcontact/mark_tag',
        errcode: 40096,
        request: { userid: 'chenlu', external_userid: 'wmNobody' },
      },
    ])
  })
})

describe('faults', () => {
  it('answer instead of the truth as often as told', async () => {
    const { get, world } = createOpenApi()
    world.setFaults([{ api: 'user/get', times: 1, errcode: 45009, errmsg: 'slow down' }])
    const first = await get('user/get', { userid: 'chenlu' })
    expect(first).toMatchObject({ errcode: 45009 })
    expect(first.errmsg).toContain('slow down')
    expect((await get('user/get', { userid: 'chenlu' })).errcode).toBe(0)
    expect(world.calls().map(({ errcode }) => errcode)).toEqual([45009, 0])
  })

  it('may only delay', async () => {
    const { get, world } = createOpenApi()
    world.setFaults([{ api: 'user/get', times: 1, delayMs: 60 }])
    const started = performance.now()
    expect((await get('user/get', { userid: 'chenlu' })).errcode).toBe(0)
    expect(performance.now() - started).toBeGreaterThanOrEqual(55)
  })

  it('answer HTML or HTTP 500', async () => {
    const { app, path, world } = createOpenApi()
    world.setFaults([
      { api: 'user/get', times: 1, break: 'html' },
      { api: 'user/get', times: 1, break: 'http500' },
    ])
    expect((await app.request(path('user/get', {}))).headers.get('content-type')).toContain('text/html')
    expect((await app.request(path('user/get', {}))).status).toBe(500)
  })

  it('cut the connection', async () => {
    const { app, path, world } = createOpenApi()
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
    await new Promise<void>(resolve => server.once('listening', resolve))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    world.setFaults([{ api: 'user/get', times: 1, break: 'drop' }])
    await expect(fetch(origin + path('user/get', { userid: 'chenlu' }))).rejects.toThrow()
    expect((await fetch(origin + path('user/get', { userid: 'chenlu' }))).status).toBe(200)
    await new Promise(resolve => server.close(resolve))
  })
})

describe('the organisation', () => {
  it('tells the app its visible range: the whole corp, or what is left of it', async () => {
    const { get, world } = createOpenApi()
    const agentid = String(corp().agentId)
    expect(await get('agent/get', { agentid })).toMatchObject({
      allow_userinfos: { user: [] },
      allow_partys: { partyid: [1] },
    })
    world.updateMember('chenlu', { inVisibleRange: false })
    const answer = await get('agent/get', { agentid })
    expect(answer['allow_partys']).toEqual({ partyid: [2, 4, 5] })
    expect(answer['allow_userinfos']).toEqual({
      user: ['zhoumin', 'zhaoyiming', 'sunlihua'].map(userid => ({ userid })),
    })
    expect((await get('agent/get', { agentid: '1' })).errcode).toBe(301002)
    expect((await get('agent/get')).errcode).toBe(41011)
  })

  it('shows a member without what new apps never get', async () => {
    const { get } = createOpenApi()
    const answer = await get('user/get', { userid: 'sunlihua' })
    expect(answer).toMatchObject({
      name: '孙丽华',
      department: [3],
      is_leader_in_dept: [1],
      main_department: 3,
      status: 1,
    })
    for (const hidden of ['avatar', 'gender', 'mobile', 'email', 'biz_mail', 'qr_code', 'address']) {
      expect(answer).not.toHaveProperty(hidden)
    }
  })

  it.each([
    ['unknown', { userid: 'nobody' }, 60111],
    ['malformed', { userid: 'two words' }, 40003],
    ['missing', {}, 41009],
    ['outside the range', { userid: 'zhoumin' }, 60011],
  ])('refuses a member who is %s', async (_what, query, errcode) => {
    const { get, world } = createOpenApi()
    world.updateMember('zhoumin', { inVisibleRange: false })
    expect((await get('user/get', query)).errcode).toBe(errcode)
  })

  it('lists departments, alone and with those below', async () => {
    const { get } = createOpenApi()
    expect(rows(await get('department/simplelist'), 'department_id').map(({ id }) => id)).toEqual([
      1, 2, 3, 4, 5,
    ])
    expect(
      rows(await get('department/simplelist', { id: '4' }), 'department_id').map(({ id }) => id),
    ).toEqual([4])
    expect(rows(await get('department/list', { id: '3' }), 'department')[0]).toMatchObject({
      name: '国贸店',
      parentid: 1,
      department_leader: ['sunlihua'],
    })
    expect(await get('department/get', { id: '5' })).toMatchObject({ department: { id: 5, name: '望京店' } })
    expect((await get('department/get', { id: '99' })).errcode).toBe(60003)
  })

  it('lists the direct members of a department in range', async () => {
    const { get, world } = createOpenApi()
    world.updateMember('zhoumin', { inVisibleRange: false })
    const names = rows(await get('user/simplelist', { department_id: '3' }), 'userlist').map(
      ({ userid }) => userid,
    )
    expect(names).toEqual(['chenlu', 'zhaoyiming', 'sunlihua'])
    expect(await get('user/simplelist', { department_id: '99' })).toMatchObject({
      errcode: 60003,
      userlist: [],
    })
  })
})

describe('customers', () => {
  it('lists members with customer contact', async () => {
    const { get } = createOpenApi()
    const { follow_user: members } = await get('externalcontact/get_follow_user_list')
    expect(members).toHaveLength(10)
    expect(members).not.toContain('hq_admin')
  })

  it('answers a member without customers with 84061 and an empty list', async () => {
    const { get } = createOpenApi()
    const answer = await get('externalcontact/list', { userid: 'gaofeng' })
    expect(answer).toMatchObject({ errcode: 84061, external_userid: [] })
  })

  it('lists customers who left on their own, but not those whom the member deleted', async () => {
    const { get, world } = createOpenApi()
    world.updateFollow('chenlu', wellKnown.mia, { status: 'removed' })
    const { external_userid: ids } = await get('externalcontact/list', { userid: 'chenlu' })
    expect(ids).toContain(wellKnown.lily)
    expect(ids).not.toContain(wellKnown.mia)
  })

  it('shows a WeChat customer with every follow and its tags by name', async () => {
    const { get } = createOpenApi()
    const answer = await get('externalcontact/get', { external_userid: wellKnown.liWanqing })
    expect(answer['external_contact']).toEqual({
      external_userid: wellKnown.liWanqing,
      name: '李婉清',
      avatar: '',
      type: 1,
      gender: 2,
    })
    const follows = rows(answer, 'follow_user')
    expect(follows.map(({ userid }) => userid)).toEqual(['chenlu', 'zhoumin', 'zhaoyiming'])
    expect(follows[0]).toMatchObject({
      remark: '婉清姐',
      add_way: 1,
      state: '国贸店收银台',
      remark_mobiles: ['19900001216'],
    })
    expect(follows[0]?.['tags']).toContainEqual(
      expect.objectContaining({
        group_name: '材质偏好',
        tag_name: '足金',
        type: 1,
        tag_id: expect.any(String) as string,
      }),
    )
    expect(follows[1]).not.toHaveProperty('state')
    expect(answer).not.toHaveProperty('next_cursor')
  })

  it('shows company and position of a WeCom customer only', async () => {
    const { get, world } = createOpenApi()
    const colleague = world.customers().find(({ type }) => type === 2)
    const answer = await get('externalcontact/get', { external_userid: colleague?.externalUserId ?? '' })
    expect(answer['external_contact']).toMatchObject({
      type: 2,
      corp_name: colleague?.corpName,
      position: colleague?.position,
    })
  })

  it('leaves out followers outside the range, and the customer when nobody is left', async () => {
    const { get, world } = createOpenApi()
    world.updateMember('zhoumin', { inVisibleRange: false })
    const ask = () => get('externalcontact/get', { external_userid: wellKnown.liWanqing })
    expect(rows(await ask(), 'follow_user').map(({ userid }) => userid)).toEqual(['chenlu', 'zhaoyiming'])
    world.updateMember('chenlu', { inVisibleRange: false })
    world.updateMember('zhaoyiming', { inVisibleRange: false })
    expect((await ask()).errcode).toBe(40096)
  })

  it.each([
    ['an invented id', 'wmInvented', 40096],
    ['no id', '', 40096],
  ])('refuses %s', async (_what, id, errcode) => {
    const { get } = createOpenApi()
    expect((await get('externalcontact/get', { external_userid: id })).errcode).toBe(errcode)
  })

  it('answers 84061 for a stranger of a group and for a customer everyone deleted', async () => {
    const { get, world } = createOpenApi()
    const stranger = world.groups()[0]?.members.find(({ name }) => name !== undefined)?.id ?? ''
    expect((await get('externalcontact/get', { external_userid: stranger })).errcode).toBe(84061)
    world.updateFollow('chenlu', wellKnown.auntWu, { status: 'removed' })
    expect((await get('externalcontact/get', { external_userid: wellKnown.auntWu })).errcode).toBe(84061)
  })

  it('refuses a cursor that it never gave out', async () => {
    const { get, post } = createOpenApi()
    expect((await get('externalcontact/get', { external_userid: wellKnown.mia, cursor: 'x' })).errcode).toBe(
      50100,
    )
    expect(
      (await post('externalcontact/batch/get_by_user', { userid_list: ['chenlu'], cursor: 'abc' })).errcode,
    ).toBe(50100)
  })

  it('pages through several members with tag ids instead of tags', async () => {
    const { post, world } = createOpenApi()
    const seen: string[] = []
    let cursor = ''
    let pages = 0
    do {
      const answer = await post('externalcontact/batch/get_by_user', {
        userid_list: ['chenlu', 'zhoumin'],
        limit: 20,
        cursor,
      })
      for (const row of rows(answer, 'external_contact_list')) {
        const info = row['follow_info'] as Row
        expect(info['tag_id']).toBeInstanceOf(Array)
        expect(info).not.toHaveProperty('tags')
        seen.push(`${String(info['userid'])} ${String((row['external_contact'] as Row)['external_userid'])}`)
      }
      cursor = String(answer['next_cursor'])
      pages++
    } while (cursor !== '')
    const standing = ['chenlu', 'zhoumin']
      .flatMap(userId => world.followsOf(userId))
      .filter(f => f.status !== 'removed')
    expect(new Set(seen).size).toBe(standing.length)
    expect(seen).toHaveLength(standing.length)
    expect(pages).toBe(Math.ceil(standing.length / 20))
  })

  it('neither skips nor repeats when the last follow of a page goes away', async () => {
    const { post, world } = createOpenApi()
    const ask = (cursor: string) =>
      post('externalcontact/batch/get_by_user', { userid_list: ['chenlu'], limit: 5, cursor })
    const idsOf = (answer: WireAnswer) =>
      rows(answer, 'external_contact_list').map(row =>
        String((row['external_contact'] as Row)['external_userid']),
      )
    const first = await ask('')
    const expected = idsOf(await ask(String(first['next_cursor'])))
    world.updateFollow('chenlu', idsOf(first)[4] ?? '', { status: 'removed' })
    expect(idsOf(await ask(String(first['next_cursor'])))).toEqual(expected)
  })

  it('clamps a page to 100 and refuses more than 100 members', async () => {
    const { post, world } = createOpenApi()
    for (let turn = 0; turn < 120; turn++) world.addCustomer({ name: `客${turn}` }, [{ userId: 'chenlu' }])
    const answer = await post('externalcontact/batch/get_by_user', { userid_list: ['chenlu'], limit: 1000 })
    expect(rows(answer, 'external_contact_list')).toHaveLength(100)
    const many = Array.from({ length: 101 }, () => 'chenlu')
    expect((await post('externalcontact/batch/get_by_user', { userid_list: many })).errcode).toBe(40058)
  })
})

describe('remarks', () => {
  const target = { userid: 'chenlu', external_userid: wellKnown.liWanqing }

  it.each([
    ['nothing to change', {}, 40058],
    ['a remark of 21 characters', { remark: '长'.repeat(21) }, 40058],
    ['20 characters outside the basic plane', { remark: '𠮷'.repeat(20) }, 0],
    ['a description of 151 characters', { description: '长'.repeat(151) }, 40058],
    ['a company of 21 characters', { remark_company: '长'.repeat(21) }, 40058],
    ['an unknown picture', { remark_pic_mediaid: 'nope' }, 40007],
    ['an unknown member', { userid: 'nobody', remark: '好' }, 60111],
    ['an unknown customer', { external_userid: 'wmNobody', remark: '好' }, 40096],
    ['somebody else’s customer', { userid: 'guoqian', remark: '好' }, 84061],
    ['no customer', { external_userid: undefined, remark: '好' }, 40058],
  ])('answer to %s', async (_what, change, errcode) => {
    const { post } = createOpenApi()
    expect((await post('externalcontact/remark', { ...target, ...change })).errcode).toBe(errcode)
  })

  it('change only what was named; one empty mobile clears them', async () => {
    const { post, world } = createOpenApi()
    await post('externalcontact/remark', { ...target, description: '手围 16' })
    expect(world.findFollow('chenlu', wellKnown.liWanqing)).toMatchObject({
      remark: '婉清姐',
      description: '手围 16',
      mobiles: ['19900001216'],
    })
    await post('externalcontact/remark', { ...target, remark_mobiles: [''] })
    expect(world.findFollow('chenlu', wellKnown.liWanqing)?.mobiles).toEqual([])
  })

  it('take no company for a WeCom customer', async () => {
    const { post, world } = createOpenApi()
    const { externalUserId } = world.addCustomer({ type: 2, name: '外部同事' }, [{ userId: 'chenlu' }])
    const body = { userid: 'chenlu', external_userid: externalUserId, remark_company: '某公司' }
    expect((await post('externalcontact/remark', body)).errcode).toBe(40058)
  })

  it('conflict when two are written for one customer at once, not one after the other', async () => {
    const { post } = createOpenApi()
    const write = async (remark: string) =>
      (await post('externalcontact/remark', { ...target, remark })).errcode
    expect((await Promise.all([write('一'), write('二')])).sort()).toEqual([0, 45035])
    expect([await write('三'), await write('四')]).toEqual([0, 0])
  })

  it('are at most five at a time', async () => {
    const { post, world } = createOpenApi()
    const customers = world
      .followsOf('zhoumin')
      .filter(({ status }) => status === 'active')
      .slice(0, 6)
    const codes = await Promise.all(
      customers.map(async ({ externalUserId }) => {
        const body = { userid: 'zhoumin', external_userid: externalUserId, remark: '并发' }
        return (await post('externalcontact/remark', body)).errcode
      }),
    )
    expect(codes.sort()).toEqual([0, 0, 0, 0, 0, 45033])
  })
})

describe('tags', () => {
  const make = () => {
    const api = createOpenApi()
    const groupNamed = (name: string) => {
      const group = api.world.tagGroups().find(candidate => candidate.name === name && !candidate.deleted)
      if (!group) throw new Error(`no group ${name}`)
      return group
    }
    const tagNamed = (group: string, name: string) =>
      groupNamed(group).tags.find(tag => tag.name === name)?.id ?? ''
    return { ...api, groupNamed, tagNamed }
  }

  it('are listed whole, highest order first, without deleted ones', async () => {
    const { post, world, groupNamed } = make()
    world.deleteTags({ tagIds: [], groupIds: [groupNamed('生肖').id] })
    const groups = rows(await post('externalcontact/get_corp_tag_list'), 'tag_group')
    expect(groups).toHaveLength(11)
    expect(groups[0]).toMatchObject({ group_name: '会员等级' })
    expect(groups[0]).not.toHaveProperty('deleted')
    expect((groups[0]?.['tag'] as Row[]).map(({ name }) => name)).toEqual([
      '普卡',
      '银卡',
      '金卡',
      '白金卡',
      '黑金卡',
    ])
  })

  it('tell who asks by id what was deleted; group ids win', async () => {
    const { post, world, groupNamed, tagNamed } = make()
    const [zodiac, gold] = [groupNamed('生肖').id, tagNamed('材质偏好', '足金')]
    world.deleteTags({ tagIds: [], groupIds: [zodiac] })
    const answer = await post('externalcontact/get_corp_tag_list', { group_id: [zodiac], tag_id: [gold] })
    expect(rows(answer, 'tag_group')).toMatchObject([{ group_id: zodiac, deleted: true }])
    const byTag = rows(await post('externalcontact/get_corp_tag_list', { tag_id: [gold] }), 'tag_group')
    expect(byTag).toMatchObject([{ group_name: '材质偏好', tag: [{ id: gold, deleted: false }] }])
  })

  it('cannot be asked for by more than 1000 ids or by an unknown one', async () => {
    const { post } = make()
    const many = Array.from({ length: 1001 }, (_, index) => `et${index}`)
    expect((await post('externalcontact/get_corp_tag_list', { tag_id: many })).errcode).toBe(41111)
    expect((await post('externalcontact/get_corp_tag_list', { tag_id: ['etNone'] })).errcode).toBe(40068)
  })

  it('are made in a new group, appended to one of the same name, and doubled names collapse', async () => {
    const { post, groupNamed } = make()
    const made = await post('externalcontact/add_corp_tag', {
      group_name: '服务',
      tag: [{ name: '待改圈' }, { name: '待清洗', order: 5 }, { name: '待改圈' }],
    })
    expect(made['tag_group']).toMatchObject({
      group_name: '服务',
      tag: [{ name: '待清洗' }, { name: '待改圈' }],
    })
    const more = await post('externalcontact/add_corp_tag', { group_name: '服务', tag: [{ name: '已回访' }] })
    expect((more['tag_group'] as Row)['group_id']).toBe((made['tag_group'] as Row)['group_id'])
    expect(groupNamed('服务').tags.map(({ name }) => name)).toEqual(['待改圈', '待清洗', '已回访'])
  })

  it.each([
    ['no tags', { group_name: '服务', tag: [] }, 40058],
    ['no group', { tag: [{ name: '一' }] }, 40058],
    ['an unknown group id', { group_id: 'etNone', tag: [{ name: '一' }] }, 40068],
    ['a name of 31 characters', { group_name: '服务', tag: [{ name: '长'.repeat(31) }] }, 40071],
    ['a name that the group has', { group_name: '材质偏好', tag: [{ name: '足金' }] }, 40071],
    ['an order beyond 32 bits', { group_name: '服务', tag: [{ name: '一', order: 2 ** 32 }] }, 40058],
  ])('are not made with %s', async (_what, body, errcode) => {
    const { post, world } = make()
    const before = world.tagGroups()
    expect((await post('externalcontact/add_corp_tag', body)).errcode).toBe(errcode)
    expect(world.tagGroups()).toEqual(before)
  })

  it('stop at the cap of the corp', async () => {
    const { post, world } = make()
    const count = world.tagGroups().flatMap(({ tags }) => tags).length
    world.setLimits({ tagsPerCorp: count + 1 })
    const add = async (name: string) =>
      (await post('externalcontact/add_corp_tag', { group_name: '满', tag: [{ name }] })).errcode
    expect([await add('一'), await add('二')]).toEqual([0, 40126])
  })

  it('made in the console cannot be edited or deleted by the app', async () => {
    const { post, groupNamed, tagNamed } = make()
    const tag = tagNamed('材质偏好', '足金')
    expect((await post('externalcontact/edit_corp_tag', { id: tag, name: '纯金' })).errcode).toBe(81011)
    expect(
      (await post('externalcontact/edit_corp_tag', { id: groupNamed('风格').id, name: '款式' })).errcode,
    ).toBe(81011)
    expect((await post('externalcontact/del_corp_tag', { tag_id: [tag] })).errcode).toBe(81011)
    expect((await post('externalcontact/del_corp_tag', { group_id: [groupNamed('风格').id] })).errcode).toBe(
      81011,
    )
  })

  it('made by the app can be renamed, but not to a sibling’s name', async () => {
    const { post, tagNamed, groupNamed } = make()
    const tag = tagNamed('购买用途', '刻字定制')
    expect((await post('externalcontact/edit_corp_tag', { id: tag, name: '生日' })).errcode).toBe(40071)
    expect((await post('externalcontact/edit_corp_tag', { id: tag, name: '刻字' })).errcode).toBe(0)
    expect(tagNamed('购买用途', '刻字')).toBe(tag)
    const { id } = groupNamed('购买用途')
    expect((await post('externalcontact/edit_corp_tag', { id, name: '生肖' })).errcode).toBe(40071)
    expect((await post('externalcontact/edit_corp_tag', { id, name: '用途' })).errcode).toBe(0)
    expect((await post('externalcontact/edit_corp_tag', { id: 'etNone', name: '用途' })).errcode).toBe(40068)
  })

  it('take their group along when the last one is deleted', async () => {
    const { post, groupNamed } = make()
    const { tags } = groupNamed('购买用途')
    expect((await post('externalcontact/del_corp_tag', { tag_id: tags.map(({ id }) => id) })).errcode).toBe(0)
    expect(() => groupNamed('购买用途')).toThrow()
    expect((await post('externalcontact/del_corp_tag', {})).errcode).toBe(40058)
  })

  it('are put on and taken off one follow only', async () => {
    const { post, world, tagNamed } = make()
    const [gold, simple] = [tagNamed('材质偏好', '足金'), tagNamed('风格', '喜欢简约')]
    const answer = await post('externalcontact/mark_tag', {
      userid: 'chenlu',
      external_userid: wellKnown.liWanqing,
      add_tag: [simple],
      remove_tag: [gold],
    })
    expect(answer.errcode).toBe(0)
    const own = world.findFollow('chenlu', wellKnown.liWanqing)?.tagIds
    expect(own).toContain(simple)
    expect(own).not.toContain(gold)
    expect(world.findFollow('zhoumin', wellKnown.liWanqing)?.tagIds).toEqual([gold])
  })

  it.each([
    ['neither added nor removed', {}, 40058],
    ['an unknown tag', { add_tag: ['etNone'] }, 40068],
    ['a list that is a text', { add_tag: 'etNone' }, 40058],
    ['an unknown member', { userid: 'nobody', add_tag: ['etNone'] }, 60111],
    ['an unknown customer', { external_userid: 'wmNone', add_tag: ['etNone'] }, 40096],
    ['no friend', { userid: 'guoqian', add_tag: ['etNone'] }, 84061],
  ])('are refused with %s', async (_what, change, errcode) => {
    const { post } = make()
    const body = { userid: 'chenlu', external_userid: wellKnown.liWanqing, ...change }
    expect((await post('externalcontact/mark_tag', body)).errcode).toBe(errcode)
  })

  it('stop at the cap of one follow', async () => {
    const { post, world, tagNamed } = make()
    world.setLimits({ tagsPerFollow: 3 })
    const body = { userid: 'chenlu', external_userid: wellKnown.liWanqing, add_tag: [tagNamed('生肖', '鼠')] }
    expect((await post('externalcontact/mark_tag', body)).errcode).toBe(40144)
  })
})

describe('customer groups', () => {
  it('are listed in pages and by owner', async () => {
    const { post } = createOpenApi()
    const first = await post('externalcontact/groupchat/list', { limit: 4 })
    const second = await post('externalcontact/groupchat/list', { limit: 4, cursor: first['next_cursor'] })
    expect([rows(first, 'group_chat_list').length, rows(second, 'group_chat_list').length]).toEqual([4, 2])
    expect(second['next_cursor']).toBe('')
    const own = await post('externalcontact/groupchat/list', {
      limit: 10,
      owner_filter: { userid_list: ['chenlu'] },
    })
    expect(rows(own, 'group_chat_list')).toEqual([{ chat_id: wellKnown.oldFriendsGroup, status: 0 }])
  })

  it('of an owner who left are listed only to who names her', async () => {
    const { post, world } = createOpenApi()
    world.updateMember('chenlu', { status: 5, inVisibleRange: false })
    const all = await post('externalcontact/groupchat/list', { limit: 10 })
    expect(rows(all, 'group_chat_list').map(({ chat_id }) => chat_id)).not.toContain(
      wellKnown.oldFriendsGroup,
    )
    const named = { limit: 10, status_filter: 1, owner_filter: { userid_list: ['chenlu'] } }
    expect(rows(await post('externalcontact/groupchat/list', named), 'group_chat_list')).toEqual([
      { chat_id: wellKnown.oldFriendsGroup, status: 1 },
    ])
  })

  it.each([
    ['no limit', {}, 40058],
    ['a limit of 1001', { limit: 1001 }, 40058],
    ['an invented cursor', { limit: 10, cursor: 'x' }, 50100],
    ['an unknown owner', { limit: 10, owner_filter: { userid_list: ['nobody'] } }, 60111],
  ])('are refused with %s', async (_what, body, errcode) => {
    const { post } = createOpenApi()
    expect((await post('externalcontact/groupchat/list', body)).errcode).toBe(errcode)
  })

  it('show their members, with names when asked', async () => {
    const { post } = createOpenApi()
    const ask = async (need_name: number) => {
      const answer = await post('externalcontact/groupchat/get', {
        chat_id: wellKnown.oldFriendsGroup,
        need_name,
      })
      return answer['group_chat'] as Row & { member_list: Row[] }
    }
    const named = await ask(1)
    expect(named).toMatchObject({ name: '国贸店老友群', owner: 'chenlu' })
    expect(named.member_list).toHaveLength(86)
    expect(named.member_list.find(({ userid }) => userid === wellKnown.liWanqing)).toMatchObject({
      type: 2,
      name: '李婉清',
    })
    expect(named.member_list.every(({ name }) => name !== '')).toBe(true)
    expect((await ask(0)).member_list[0]).not.toHaveProperty('name')
    expect((await post('externalcontact/groupchat/get', { chat_id: 'wrNone' })).errcode).toBe(86001)
  })
})

describe('media', () => {
  const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
  const form = (bytes: number[] | Uint8Array<ArrayBuffer>, name = 'media') => {
    const data = new FormData()
    data.append(name, new File([new Uint8Array(bytes)], '效果图.png', { type: 'image/png' }))
    return data
  }

  it('are kept with their name and kind', async () => {
    const { post, world } = createOpenApi()
    const answer = await post('media/upload', form(png), { type: 'image' })
    expect(answer).toMatchObject({
      errcode: 0,
      type: 'image',
      created_at: String(Math.floor(world.now() / 1000)),
    })
    expect(world.findMedia(String(answer['media_id']))).toMatchObject({
      filename: '效果图.png',
      contentType: 'image/png',
    })
  })

  it.each([
    ['an unknown type', form(png), 'picture', 40005],
    ['no part named media', form(png, 'file'), 'image', 44001],
    ['an empty file', form([]), 'image', 44001],
    ['five bytes', form([1, 2, 3, 4, 5]), 'file', 40006],
    ['a text called picture', form([...Buffer.from('not a picture')]), 'image', 40004],
    ['a picture over 10 MB', form(new Uint8Array(10 * 1024 * 1024 + 1)), 'image', 40009],
    ['a voice over 2 MB', form(new Uint8Array(2 * 1024 * 1024 + 1)), 'voice', 45001],
    ['no form at all', '{}', 'image', 44001],
  ])('are refused with %s', async (_what, body, type, errcode) => {
    const { post } = createOpenApi()
    expect((await post('media/upload', body, { type })).errcode).toBe(errcode)
  })
})

describe('app notices', () => {
  const text = { msgtype: 'text', agentid: corp().agentId, text: { content: '三位客户明天生日' } }

  it('reach those who exist and name the others in lower case', async () => {
    const { post, world } = createOpenApi()
    const answer = await post('message/send', { ...text, touser: 'chenlu|NoBody', toparty: '99' })
    expect(answer).toMatchObject({ errcode: 0, invaliduser: 'nobody', invalidparty: '99', invalidtag: '' })
    expect(world.appMessages('chenlu')).toMatchObject([
      { msgtype: 'text', content: { content: '三位客户明天生日' } },
    ])
  })

  it('reach a department and everybody', async () => {
    const { post, world } = createOpenApi()
    await post('message/send', { ...text, toparty: '5' })
    expect(world.appMessages('tianjiayi')).toHaveLength(1)
    expect(world.appMessages('chenlu')).toHaveLength(0)
    await post('message/send', { ...text, touser: '@all' })
    expect(world.appMessages('chenlu')).toHaveLength(1)
  })

  it.each([
    ['nobody valid', { touser: 'nobody' }, 81013],
    ['a foreign agent', { agentid: 7 }, 301002],
    ['an agent id that is a text', { agentid: '1000002' }, 41011],
    ['an unknown type', { msgtype: 'hologram' }, 40008],
    ['an empty text', { text: { content: '' } }, 44004],
    ['an unknown picture', { msgtype: 'image', image: { media_id: 'nope' } }, 40007],
    ['a card without url', { msgtype: 'textcard', textcard: { title: '一', description: '二' } }, 40063],
    [
      'a card with a bare url',
      { msgtype: 'textcard', textcard: { title: '一', description: '二', url: 'x.test' } },
      40066,
    ],
    [
      'nine articles',
      {
        msgtype: 'news',
        news: { articles: Array.from({ length: 9 }, () => ({ title: '一', url: 'http://x.test' })) },
      },
      40058,
    ],
    [
      'a card with buttons',
      { msgtype: 'template_card', template_card: { card_type: 'button_interaction' } },
      43012,
    ],
    ['1001 receivers', { touser: Array.from({ length: 1001 }, (_, index) => `u${index}`).join('|') }, 40058],
  ])('are refused with %s', async (_what, change, errcode) => {
    const { post } = createOpenApi()
    expect((await post('message/send', { ...text, touser: 'chenlu', ...change })).errcode).toBe(errcode)
  })

  it('are cut to 2048 bytes at a whole character', async () => {
    const { post, world } = createOpenApi()
    await post('message/send', { ...text, touser: 'chenlu', text: { content: '长'.repeat(1000) } })
    expect(world.appMessages('chenlu')[0]?.content).toEqual({ content: '长'.repeat(682) })
  })

  it('are dropped when repeated, until the interval is over', async () => {
    const { post, world, time } = createOpenApi()
    const body = { ...text, touser: 'chenlu', enable_duplicate_check: 1, duplicate_check_interval: 600 }
    await post('message/send', body)
    await post('message/send', body)
    expect(world.appMessages('chenlu')).toHaveLength(1)
    time.now += 600_000
    await post('message/send', body)
    expect(world.appMessages('chenlu')).toHaveLength(2)
  })

  it('are dropped without a word beyond the limit of a member', async () => {
    const { post, world } = createOpenApi()
    world.setLimits({ noticesPerMinute: 2 })
    for (let turn = 0; turn < 3; turn++) {
      expect((await post('message/send', { ...text, touser: 'chenlu' })).errcode).toBe(0)
    }
    expect(world.appMessages('chenlu')).toHaveLength(2)
  })
})
