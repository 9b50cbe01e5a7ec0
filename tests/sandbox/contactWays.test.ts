import { beforeEach, describe, expect, it } from 'vitest'
import { createActions } from '../../sandbox/world/actions.ts'
import type { ContactEvent } from '../../sandbox/world/callbackEvent.ts'
import { WorldRefusal } from '../../sandbox/world/refusal.ts'
import type { World } from '../../sandbox/world/types.ts'
import { createOpenApi } from './openApiCaller.ts'
import type { WireAnswer } from './openApiCaller.ts'

type OpenApi = ReturnType<typeof createOpenApi>
let world: World
let time: OpenApi['time']
let events: ContactEvent[]
let ask: (api: string, body: object) => Promise<WireAnswer>
beforeEach(() => {
  const opened = createOpenApi()
  world = opened.world
  time = opened.time
  ask = (api, body) => opened.post(`externalcontact/${api}`, body)
  events = []
  world.onEvent(event => event.kind === 'callback' && events.push(event.event as ContactEvent))
})

const user = ['chenlu', 'zhoumin']
const make = async (more: object = {}) =>
  String((await ask('add_contact_way', { type: 2, scene: 2, user, state: 'gbTill', ...more }))['config_id'])
const scan = (configId: string, externalUserId?: string) =>
  createActions(world).customerScans({ configId, ...(externalUserId !== undefined && { externalUserId }) })
const welcome = (code: string | undefined, content = '欢迎') =>
  ask('send_welcome_msg', { welcome_code: code, text: { content } })

describe('scanning a code', () => {
  it('adds one of its members, tells the state and gives a welcome code', async () => {
    const follow = scan(await make({ skip_verify: false }))
    expect(follow).toMatchObject({ userId: 'chenlu', state: 'gbTill', addWay: 1, status: 'active' })
    expect(events).toMatchObject([
      { changeType: 'add_external_contact', state: 'gbTill', welcomeCode: expect.any(String) as string },
    ])
  })

  it('asks nobody where the code says so, and the code comes with the half event only', async () => {
    const { userId, externalUserId, status } = scan(await make())
    expect(status).toBe('half')
    createActions(world).guideConfirms({ userId, externalUserId })
    expect(events.map(({ changeType, welcomeCode }) => [changeType, welcomeCode !== undefined])).toEqual([
      ['add_half_external_contact', true],
      ['add_external_contact', false],
    ])
  })

  it('spreads people over the members, and gives nobody a friend she has', async () => {
    const configId = await make()
    const first = scan(configId)
    expect(first.userId).toBe('chenlu')
    expect(scan(configId).userId).toBe('zhoumin')
    expect(scan(configId, first.externalUserId).userId).toBe('zhoumin')
    expect(() => scan(configId, first.externalUserId)).toThrow(WorldRefusal)
  })

  it('leads nowhere once the code is deleted', async () => {
    const configId = await make()
    await ask('del_contact_way', { config_id: configId })
    expect(() => scan(configId)).toThrow('已经失效')
  })
})

describe('a code of a member', () => {
  it('is not made for somebody who is not activated, or for more than a hundred', async () => {
    world.updateMember('zhoumin', { status: 4 })
    expect(await ask('add_contact_way', { type: 2, scene: 2, user })).toMatchObject({ errcode: 41054 })
    const many = Array.from({ length: 101 }, (_, at) => `u${at}`)
    expect(await ask('add_contact_way', { type: 2, scene: 2, user: many })).toMatchObject({ errcode: 41041 })
  })

  it('keeps what a change does not say, and takes members all together', async () => {
    const configId = await make({ remark: '收银台' })
    await ask('update_contact_way', { config_id: configId, user: ['zhoumin'] })
    expect(world.findContactWay(configId)).toMatchObject({
      remark: '收银台',
      state: 'gbTill',
      skipVerify: true,
      userIds: ['zhoumin'],
    })
  })

  it('is listed in pages of the time asked about', async () => {
    const made = [await make(), await make(), await make()]
    const first = await ask('list_contact_way', { limit: 2 })
    const rest = await ask('list_contact_way', { limit: 2, cursor: first['next_cursor'] })
    const idsOf = (answer: WireAnswer) =>
      (answer['contact_way'] as { config_id: string }[]).map(({ config_id }) => config_id)
    expect([...idsOf(first), ...idsOf(rest)]).toEqual(made)
    const old = Math.floor(time.now / 1000) - 3600
    expect(await ask('list_contact_way', { start_time: old - 60, end_time: old })).toMatchObject({
      contact_way: [],
    })
  })
})

describe('a welcome', () => {
  it('lies in the chat in the order it was written, from the member', async () => {
    const { userId, externalUserId } = scan(await make())
    const link = {
      title: '见面礼',
      desc: '点开领取',
      url: 'https://app.test/c/1',
      picurl: 'https://app.test/1.png',
    }
    await ask('send_welcome_msg', {
      welcome_code: events[0]?.welcomeCode,
      text: { content: '您好' },
      attachments: [{ msgtype: 'link', link }],
    })
    expect(world.messages(`single:${userId}:${externalUserId}`)).toMatchObject([
      { from: { kind: 'member', id: userId }, via: 'welcome', body: { msgtype: 'text', content: '您好' } },
      { body: { msgtype: 'news', title: '见面礼', link: 'https://app.test/c/1', imgUrl: link.picurl } },
    ])
  })

  it('is good for 20 seconds and no longer (41050)', async () => {
    const configId = await make()
    scan(configId)
    time.now += 20_000
    expect(await welcome(events[0]?.welcomeCode)).toMatchObject({ errcode: 0 })
    scan(configId)
    time.now += 20_001
    expect(await welcome(events[1]?.welcomeCode)).toMatchObject({ errcode: 41050 })
  })

  it('is good once, and only before the two have talked (41051)', async () => {
    const configId = await make()
    scan(configId)
    await welcome(events[0]?.welcomeCode)
    expect(await welcome(events[0]?.welcomeCode)).toMatchObject({ errcode: 41051 })
    const { userId, externalUserId } = scan(configId)
    world.say({
      conversationId: `single:${userId}:${externalUserId}`,
      from: { kind: 'customer', id: externalUserId },
      via: 'typed',
      body: { msgtype: 'text', content: '你好' },
    })
    expect(await welcome(events[1]?.welcomeCode)).toMatchObject({ errcode: 41051 })
  })

  it('does not spend its code on a message that is refused', async () => {
    scan(await make())
    expect(await welcome(events[0]?.welcomeCode, '字'.repeat(1334))).toMatchObject({ errcode: 40058 })
    expect(await welcome(events[0]?.welcomeCode, '字'.repeat(1333))).toMatchObject({ errcode: 0 })
  })

  it('has no code where the console greets, or the two have talked before', async () => {
    const configId = await make()
    const actions = createActions(world)
    const { userId, externalUserId } = actions.customerScans({ configId, hasConsoleWelcome: true })
    expect(events[0]).not.toHaveProperty('welcomeCode')
    world.say({
      conversationId: `single:${userId}:${externalUserId}`,
      from: { kind: 'member', id: userId },
      via: 'typed',
      body: { msgtype: 'text', content: '您好' },
    })
    actions.customerDeletes({ userId, externalUserId })
    actions.customerAdds({ userId, externalUserId })
    expect(events.at(-1)).not.toHaveProperty('welcomeCode')
  })
})
