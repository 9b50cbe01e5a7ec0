import { describe, expect, it } from 'vitest'
import { wellKnown } from '../../sandbox/world/wellKnown.ts'
import { corp, createOpenApi, noon } from './openApiCaller.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const text = {
  msgtype: 'text',
  agentid: corp().agentId,
  text: { content: '三位客户明天生日' },
  touser: 'chenlu',
}

describe('the rate of calls', () => {
  /** Calls that went through before 45009, and whether the API is open again after each time. */
  async function exhaust(change: Parameters<ReturnType<typeof createOpenApi>['world']['setLimits']>[0]) {
    const sandbox = createOpenApi()
    sandbox.world.setLimits(change)
    const ask = async () => (await sandbox.get('department/simplelist')).errcode
    let passed = 0
    while ((await ask()) === 0) passed += 1
    return { ...sandbox, ask, passed }
  }

  it('is limited by the hour as well, and then blocked for an hour', async () => {
    const { ask, passed, time, get } = await exhaust({ callsPerHour: 3 })
    expect(passed).toBe(3)
    expect((await get('externalcontact/get_follow_user_list')).errcode).toBe(0)
    time.elapsedMs += hourMs - 1
    expect(await ask()).toBe(45009)
    time.elapsedMs += 1
    expect(await ask()).toBe(0)
  })

  it('counts each address for itself', async () => {
    const { ask, passed, world } = await exhaust({ callsPerMinuteOfIp: 2 })
    expect(passed).toBe(2)
    world.setNetwork({ pretendIp: '203.0.113.9' })
    expect(await ask()).toBe(0)
  })

  it('of a day rule is shut until midnight in Shanghai', async () => {
    const { ask, passed, time } = await exhaust({
      quotas: [{ api: 'department/simplelist', per: 'day', most: 4 }],
    })
    expect(passed).toBe(4)
    time.elapsedMs += 2 * dayMs
    time.now = noon + 12 * hourMs - 1
    expect(await ask()).toBe(45009)
    time.now += 1
    expect(await ask()).toBe(0)
  })

  it('of a month rule is shut for thirty days', async () => {
    const { ask, passed, time } = await exhaust({
      quotas: [{ api: 'department/simplelist', per: 'month', most: 1 }],
    })
    expect(passed).toBe(1)
    time.now += 30 * dayMs - 1
    expect(await ask()).toBe(45009)
    time.now += 1
    expect(await ask()).toBe(0)
  })

  it('is forgiven when the limits are changed', async () => {
    const { ask, world } = await exhaust({ callsPerMinute: 1 })
    world.setLimits({ callsPerMinute: 5 })
    expect(await ask()).toBe(0)
  })

  it('does not concern a login with a good code, only guesses', async () => {
    const { get, world } = createOpenApi()
    world.setLimits({ callsPerMinute: 2 })
    const login = async (code: string) => (await get('auth/getuserinfo', { code })).errcode
    for (let turn = 0; turn < 5; turn++)
      expect(await login(world.issueCode('chenlu', '127.0.0.1:8788'))).toBe(0)
    expect([await login('guess'), await login('guess'), await login('guess')]).toEqual([40029, 40029, 45009])
  })
})

describe('notices', () => {
  it('of one member are capped by the minute and by the hour, the rest vanish without a word', async () => {
    const { post, world, time } = createOpenApi()
    world.setLimits({ noticesPerMinute: 2, noticesPerHour: 3 })
    const send = async () => expect((await post('message/send', text)).errcode).toBe(0)
    for (let turn = 0; turn < 4; turn++) await send()
    expect(world.appMessages('chenlu')).toHaveLength(2)
    time.elapsedMs += minuteMs
    await send()
    await send()
    expect(world.appMessages('chenlu')).toHaveLength(3)
    time.elapsedMs += hourMs
    await send()
    expect(world.appMessages('chenlu')).toHaveLength(4)
  })

  it('of the app end with its accounts times two hundred, until the next day', async () => {
    const { post, world, time } = createOpenApi()
    world.setLimits({ accounts: 1, noticesPerAccountPerDay: 3 })
    const send = async (touser: string) => (await post('message/send', { ...text, touser })).errcode
    expect(await send('chenlu|zhoumin')).toBe(0)
    expect(await send('chenlu|zhoumin')).toBe(45009)
    expect(world.appMessages('zhoumin')).toHaveLength(1)
    time.now += dayMs
    expect(await send('chenlu|zhoumin')).toBe(0)
  })

  it('do not count toward the rate of calls', async () => {
    const { post, world } = createOpenApi()
    world.setLimits({ callsPerMinute: 1 })
    for (let turn = 0; turn < 3; turn++) expect((await post('message/send', text)).errcode).toBe(0)
  })

  it('can be taken back for a day', async () => {
    const { post, world, time } = createOpenApi()
    const { msgid } = await post('message/send', { ...text, touser: 'chenlu|zhoumin' })
    const { msgid: later } = await post('message/send', text)
    expect((await post('message/recall', { msgid })).errcode).toBe(0)
    expect([world.appMessages('chenlu').length, world.appMessages('zhoumin').length]).toEqual([1, 0])
    expect((await post('message/recall', { msgid: 'unknown' })).errcode).toBe(40058)
    time.now += dayMs + 1
    expect((await post('message/recall', { msgid: later })).errcode).toBe(42052)
  })
})

describe('media', () => {
  const upload = (bytes: Uint8Array<ArrayBuffer>) => {
    const form = new FormData()
    form.set('media', new File([bytes], 'a.bin'))
    return form
  }

  it('may weigh what the limits say', async () => {
    const { post, world } = createOpenApi()
    world.setLimits({ fileBytes: 10 })
    const codes = []
    for (const size of [5, 6, 10, 11])
      codes.push((await post('media/upload', upload(new Uint8Array(size)), { type: 'file' })).errcode)
    expect(codes).toEqual([40006, 0, 0, 45001])
  })

  it('live three days: older ones are refused as expired, invented ones as unknown', async () => {
    const { post, time } = createOpenApi()
    const { media_id } = await post('media/upload', upload(new Uint8Array(9)), { type: 'file' })
    const send = async (id: unknown) =>
      (await post('message/send', { ...text, msgtype: 'file', file: { media_id: id } })).errcode
    expect([await send(media_id), await send('invented')]).toEqual([0, 40007])
    time.now += 3 * dayMs + 1000
    expect(await send(media_id)).toBe(40145)
  })
})

describe('sizes', () => {
  it('of pages, names and lists follow the limits', async () => {
    const { post, world } = createOpenApi()
    world.setLimits({
      followsPerPage: 7,
      usersPerBatch: 2,
      tagNameLength: 3,
      remarkLength: 2,
      tagIdsPerCall: 1,
      groupsPerPage: 2,
    })
    const page = await post('externalcontact/batch/get_by_user', { userid_list: ['chenlu'], limit: 100 })
    expect(page['external_contact_list']).toHaveLength(7)
    const codes = [
      await post('externalcontact/batch/get_by_user', { userid_list: ['chenlu', 'zhoumin', 'WuTing'] }),
      await post('externalcontact/add_corp_tag', { group_name: '四个字的', tag: [{ name: '一' }] }),
      await post('externalcontact/remark', {
        userid: 'chenlu',
        external_userid: wellKnown.mia,
        remark: '三个字',
      }),
      await post('externalcontact/get_corp_tag_list', { tag_id: ['a', 'b'] }),
      await post('externalcontact/groupchat/list', { limit: 3 }),
    ].map(({ errcode }) => errcode)
    expect(codes).toEqual([40058, 40071, 40058, 41111, 40058])
  })

  it('of the corp may ask for owners when groups are listed', async () => {
    const { post, world } = createOpenApi()
    world.setLimits({ membersWithoutOwnerFilter: 10 })
    expect((await post('externalcontact/groupchat/list', { limit: 10 })).errcode).toBe(81017)
    const owned = { limit: 10, owner_filter: { userid_list: ['chenlu'] } }
    expect((await post('externalcontact/groupchat/list', owned)).errcode).toBe(0)
  })

  it('of lives: tokens, tickets and codes end when the limits say', async () => {
    const { get, world, time } = createOpenApi()
    world.setLimits({ tokenSeconds: 10, ticketSeconds: 5, codeSeconds: 2 })
    const { token, expiresInSeconds } = world.issueToken()
    const { ticket } = world.ticket('agent')
    const code = world.issueCode('chenlu', '127.0.0.1:8788')
    expect(expiresInSeconds).toBe(10)
    time.now += 2000
    expect((await get('auth/getuserinfo', { code })).errcode).toBe(42003)
    time.now += 3000
    expect(world.ticket('agent').ticket).not.toBe(ticket)
    time.now += 5000
    expect((await get('department/simplelist', { access_token: token })).errcode).toBe(42001)
  })
})
