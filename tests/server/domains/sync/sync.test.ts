import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { WecomError } from '../../../../server/wecom/errors.ts'
import { createTestApp, sealingOf, type TestApp } from '../../../support/createTestApp.ts'
import { aFollow, aMember } from '../../../support/fakeWecom.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'

let testDb: TestDb
let test: TestApp
const apps: TestApp[] = []
beforeAll(async () => {
  testDb = await createTestDb()
})
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})
afterAll(() => testDb.drop())

const never = new AbortController().signal
const pull = (isFresh = false) => test.services.sync.pull({ isFresh }, never)

/** A shop with two guides and a manager who has added nobody. */
async function openShop(): Promise<void> {
  test = await createTestApp({ test: testDb })
  apps.push(test)
  const { wecom } = test
  wecom.departments = [
    { id: 1, name: '云锦珠宝', parentId: 0 },
    { id: 2, name: '总部', parentId: 1 },
    { id: 3, name: '国贸店', parentId: 1 },
  ]
  wecom.members = [
    aMember('chenlu', { name: '陈露', departmentIds: [3], mainDepartmentId: 3 }),
    aMember('ZhouMin', { name: '周敏', departmentIds: [3], mainDepartmentId: 3 }),
    aMember('sunlihua', { name: '孙丽华', departmentIds: [3], mainDepartmentId: 3, leadsDepartmentIds: [3] }),
    aMember('hq_admin', { name: '方致远', departmentIds: [2], mainDepartmentId: 2 }),
  ]
  wecom.followUserIds = ['chenlu', 'ZhouMin', 'sunlihua']
  wecom.tagGroups = [
    {
      groupId: 'g1',
      name: '风格',
      sort: 9,
      tags: [
        { tagId: 't1', name: '喜欢简约', sort: 2 },
        { tagId: 't2', name: '古法', sort: 1 },
      ],
    },
  ]
  wecom.follows = [
    aFollow('chenlu', 'wm1', {
      tagIds: ['t2', 't1'],
      mobiles: ['13800001234'],
      channel: '国贸店收银台',
      customer: { name: '林婉清' },
    }),
    aFollow('chenlu', 'wm2', { remark: '重名😀', customer: { name: '张敏' } }),
    aFollow('ZhouMin', 'wm1', { remark: '林姐', customer: { name: '林婉清' } }),
  ]
}

async function rows<T>(query: ReturnType<typeof sql<T>>): Promise<T[]> {
  return (await query.execute(test.db)).rows
}
const corpId = () => test.corp.corpId
const countAll = () =>
  rows(sql<Record<string, number>>`
    select (select count(*)::int from staff where corp_id = ${corpId()}) as staff,
      (select count(*)::int from stores where corp_id = ${corpId()}) as stores,
      (select count(*)::int from customers where corp_id = ${corpId()}) as customers,
      (select count(*)::int from follows where corp_id = ${corpId()}) as follows,
      (select count(*)::int from touches where corp_id = ${corpId()}) as touches,
      (select count(*)::int from tags where corp_id = ${corpId()}) as tags,
      (select count(*)::int from group_chats where corp_id = ${corpId()}) as groups,
      (select count(*)::int from scripts where corp_id = ${corpId()}) as scripts`).then(found => found[0])
const follows = () =>
  rows(sql<{ userId: string; externalUserId: string; status: string; tags: string[]; remark: string | null }>`
    select s.user_id as "userId", c.external_user_id as "externalUserId", f.status, f.remark,
      array(select t.wecom_id from unnest(f.tag_ids) with ordinality u (id, n) join tags t on t.tag_id = u.id order by n) as tags
    from follows f join staff s using (staff_id) join customers c on c.customer_id = f.customer_id
    where f.corp_id = ${corpId()} order by 1, 2`)
const progress = async () =>
  (
    await rows(
      sql<{
        state: string
        reason: string | null
      }>`select state, reason from sync_runs where corp_id = ${corpId()}`,
    )
  )[0]

describe('the first pull', () => {
  it('brings people, shops, tags and customers', async () => {
    await openShop()
    await pull()
    expect(await countAll()).toMatchObject({
      staff: 4,
      stores: 1,
      customers: 2,
      follows: 3,
      touches: 3,
      tags: 2,
    })
    expect(
      await rows(sql<object>`
        select user_id, role, stores.name as store from staff left join stores using (store_id)
        where staff.corp_id = ${corpId()} order by lower(user_id)`),
    ).toEqual([
      { user_id: 'chenlu', role: 'guide', store: '国贸店' },
      { user_id: 'hq_admin', role: 'admin', store: null },
      { user_id: 'sunlihua', role: 'manager', store: '国贸店' },
      { user_id: 'ZhouMin', role: 'guide', store: '国贸店' },
    ])
    expect(await follows()).toEqual([
      { userId: 'ZhouMin', externalUserId: 'wm1', status: 'active', remark: '林姐', tags: [] },
      { userId: 'chenlu', externalUserId: 'wm1', status: 'active', remark: null, tags: ['t2', 't1'] },
      { userId: 'chenlu', externalUserId: 'wm2', status: 'active', remark: '重名😀', tags: [] },
    ])
    expect(await rows(sql<object>`select name from corps where corp_id = ${corpId()}`)).toEqual([
      { name: '云锦珠宝' },
    ])
    expect(await progress()).toEqual({ state: 'done', reason: null })
    expect((await countAll())?.scripts).toBeGreaterThanOrEqual(30)
  })

  it('makes customers found by sound and by the end of their number, and keeps the number sealed', async () => {
    await openShop()
    await pull()
    const found = await rows(sql<{
      search: string
      sort: string
      sealed: Buffer
      tails: Buffer[]
      channel: string
      what: string
    }>`
      select f.search_key as search, f.sort_key as sort, f.phones_sealed as sealed, f.phone_tails as tails, f.channel, t.what
      from follows f join staff s using (staff_id) join customers c on c.customer_id = f.customer_id
      join touches t on t.customer_id = c.customer_id and t.staff_id = s.staff_id
      where f.corp_id = ${corpId()} and s.user_id = 'chenlu' and c.external_user_id = 'wm1'`)
    expect(found).toHaveLength(1)
    const [row] = found
    expect(row).toMatchObject({
      sort: 'lin wan qing',
      channel: '国贸店收银台',
      what: '加为好友 · 扫码 · 国贸店收银台',
    })
    expect(row?.search).toContain('|linwanqing')
    expect(row?.sealed.toString('latin1')).not.toContain('13800001234')
    expect(sealingOf(test.config).open(row?.sealed ?? Buffer.alloc(0))).toBe('["13800001234"]')
    expect(row?.tails).toHaveLength(1)
  })

  it('a second one adds nothing', async () => {
    await openShop()
    await pull()
    const before = await countAll()
    await pull(true)
    expect(await countAll()).toEqual(before)
    expect(await progress()).toEqual({ state: 'done', reason: null })
  })

  it('is asked for at the start only when it has not been done', async () => {
    await openShop()
    await test.services.sync.startImport()
    await test.services.sync.startImport()
    await test.runQueued()
    const asked = test.wecom.calls.length
    expect(asked).toBeGreaterThan(0)
    await test.services.sync.startImport()
    await test.runQueued()
    expect(test.wecom.calls).toHaveLength(asked)
  })

  it('takes the same number of statements for a page of two and of a hundred', async () => {
    const statementsFor = async (customers: number) => {
      await openShop()
      test.wecom.followUserIds = ['chenlu']
      test.wecom.follows = Array.from({ length: customers }, (_, index) => aFollow('chenlu', `wm${index}`))
      test.statements.length = 0
      await pull()
      return test.statements.length
    }
    expect(await statementsFor(100)).toBe(await statementsFor(2))
  })

  it('shows how far it is', async () => {
    await openShop()
    const guide = await test.signIn(await test.make.staff(test.corp))
    const seen: unknown[] = []
    test.wecom.before = async call => {
      if (call.verb === 'listGroupChatIds') seen.push(await (await guide.fetch('/api/session')).json())
      // The observer is not among the members WeCom knows; her session is not what this is about.
      if (call.verb === 'listTagGroups')
        await sql`update staff set status = 'active' where staff_id = ${guide.actor.staffId}`.execute(test.db)
      if (call.verb === 'listTagGroups') await sql`update sessions set revoked_at = null`.execute(test.db)
    }
    await pull()
    expect(seen).toMatchObject([{ import: { state: 'running', doneStaff: 3, totalStaff: 3, customers: 3 } }])
    expect(test.logged.map(line => line.msg)).toContain('正在导入客户：3/3 位成员，3 段好友关系')
  })
})

describe('a pull that is cut off', () => {
  it('goes on behind the last page that was written', async () => {
    await openShop()
    test.wecom.pageSize = 2
    test.wecom.followUserIds = ['chenlu']
    test.wecom.follows = Array.from({ length: 7 }, (_, index) => aFollow('chenlu', `wm${index}`))
    let pages = 0
    test.wecom.before = async call => {
      if (call.verb === 'listFollows' && ++pages === 3) throw new WecomError('batch', { trouble: 'network' })
    }
    await expect(pull()).rejects.toThrow('network')
    expect(await progress()).toMatchObject({ state: 'running' })
    expect((await countAll())?.follows).toBe(4)

    test.wecom.before = undefined
    test.wecom.calls.length = 0
    await pull()
    expect(test.wecom.callsOf('listFollows').map(([, cursor]) => cursor)).toEqual(['4', '6'])
    expect(await countAll()).toMatchObject({ follows: 7, touches: 7 })
    expect((await follows()).every(follow => follow.status === 'active')).toBe(true)
  })

  it('begins a member anew when WeCom has forgotten the place', async () => {
    await openShop()
    test.wecom.pageSize = 1
    test.wecom.followUserIds = ['chenlu']
    let isForgotten = false
    test.wecom.before = async call => {
      if (call.verb !== 'listFollows' || call.args[1] === '' || isForgotten) return
      isForgotten = true
      throw new WecomError('batch', { errcode: 50100 })
    }
    await pull()
    expect(test.wecom.callsOf('listFollows').map(([, cursor]) => cursor)).toEqual(['', '1', '', '1'])
    expect((await follows()).map(follow => follow.externalUserId)).toEqual(['wm1', 'wm2'])
  })

  it('does not begin anew for ever when WeCom never knows the place again', async () => {
    await openShop()
    test.wecom.pageSize = 1
    test.wecom.followUserIds = ['chenlu']
    test.wecom.before = async call => {
      if (call.verb === 'listFollows' && call.args[1] !== '')
        throw new WecomError('batch', { errcode: 50100 })
    }
    await pull()
    expect(test.wecom.callsOf('listFollows').map(([, cursor]) => cursor)).toEqual(['', '1', '', '1'])
    expect(await progress()).toMatchObject({ state: 'done' })
    expect((await follows()).map(follow => follow.externalUserId)).toEqual(['wm1'])
  })

  /** A pull that dies after the first member's customers. */
  async function dieHalfway(): Promise<void> {
    test.wecom.before = async call => {
      if (call.verb === 'listFollows' && call.args[0] === 'ZhouMin')
        throw new WecomError('batch', { trouble: 'network' })
    }
    await expect(pull()).rejects.toThrow('network')
    test.wecom.before = undefined
  }
  const remarkOf = async (externalUserId: string) =>
    (await follows()).find(each => each.userId === 'chenlu' && each.externalUserId === externalUserId)?.remark
  const wish = () => ({ isFresh: true, cause: 'outage', askedAt: test.clock.now().toISOString() }) as const

  it('P16 begins anew when everything is asked for afterwards: nobody has heard what changed meanwhile', async () => {
    await openShop()
    await dieHalfway()
    test.wecom.follows = test.wecom.follows.map(each =>
      each.customer.externalUserId === 'wm2' ? { ...each, remark: '换了' } : each,
    )
    test.clock.advance({ hours: 1 })
    await test.services.sync.pull(wish(), never)
    expect(await remarkOf('wm2')).toBe('换了')
    expect(await progress()).toMatchObject({ state: 'done' })
  })

  it('P16 asked for everything, and cut off before the first customer, still asks for everything', async () => {
    await openShop()
    await pull()
    test.wecom.follows = test.wecom.follows.map(each =>
      each.customer.externalUserId === 'wm2' ? { ...each, remark: '换了' } : each,
    )
    test.clock.advance({ minutes: 1 })
    const asked = wish()
    test.clock.advance({ seconds: 1 })
    test.wecom.fail('listDepartments', new WecomError('department/list', { trouble: 'network' }), 1)
    await expect(test.services.sync.pull(asked, never)).rejects.toThrow('network')
    await test.services.sync.pull(asked, never)
    expect(await remarkOf('wm2')).toBe('换了')
    // And once more for the same wish, as a queue may: it has been served.
    test.wecom.calls.length = 0
    await test.services.sync.pull(asked, never)
    expect(test.wecom.calls).toEqual([])
  })

  it('P16 a wish for everything that finds another at work is kept for later', async () => {
    await openShop()
    let release: () => void = () => undefined
    const held = new Promise<void>(resolve => (release = resolve))
    test.wecom.before = () => held
    const first = pull()
    await expect.poll(() => test.wecom.calls.length).toBe(1)
    const earlier = wish()
    test.clock.advance({ minutes: 1 })
    const later = wish()
    await test.services.sync.pull(later, never)
    // One that began before and is heard of again, as its server has died, takes nothing from it.
    await test.services.sync.pull(earlier, never)
    release()
    await first
    const waiting = await test.db.pool.query<{ data: object }>(
      `select data from pgboss.job where name = 'sync.pull' and state = 'created' and data ->> 'cause' = 'outage'
       order by data ->> 'askedAt'`,
    )
    expect(waiting.rows).toMatchObject([{ data: earlier }, { data: later }])
  })

  it('a long part without a page keeps others out as well, and ends when one has been let in all the same', async () => {
    await openShop()
    const leftSeconds = async () =>
      (
        await rows(sql<{ left: number }>`
          select extract(epoch from leased_until - clock_timestamp())::int as left from sync_leases
          where corp_id = ${corpId()} and subject = 'pull'`)
      )[0]?.left
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      test.wecom.before = async call => {
        if (call.verb !== 'getMember') return
        test.wecom.before = undefined
        await sql`update sync_leases set leased_until = clock_timestamp() + interval '1 second' where corp_id = ${corpId()}`.execute(
          test.db,
        )
        vi.advanceTimersByTime(20_000)
        while ((await leftSeconds())! < 20) await new Promise(setImmediate)
        await sql`update sync_leases set holder = gen_random_uuid() where corp_id = ${corpId()}`.execute(
          test.db,
        )
        vi.advanceTimersByTime(20_000)
      }
      await expect(pull()).rejects.toThrow('taken over')
      expect(await progress()).toMatchObject({ state: 'running' })
    } finally {
      vi.useRealTimers()
    }
  })

  it('two at once: one works, the other leaves it alone', async () => {
    await openShop()
    let release: () => void = () => undefined
    const held = new Promise<void>(resolve => (release = resolve))
    test.wecom.before = () => held
    const first = pull()
    await expect.poll(() => test.wecom.calls.length).toBe(1)
    await pull()
    expect(test.wecom.calls).toHaveLength(1)
    release()
    await first
    expect(await progress()).toMatchObject({ state: 'done' })
  })
})

describe('a refusal an admin has to put right', () => {
  it('is said, stops the pull, and is asked about again', async () => {
    await openShop()
    test.wecom.fail(
      'listFollowUserIds',
      new WecomError('externalcontact/get_follow_user_list', { errcode: 48002 }),
      1,
    )
    await pull()
    expect(await progress()).toEqual({
      state: 'stopped',
      reason: '请在「客户联系 → API → 可调用接口的应用」里勾选这个应用',
    })
    const waiting = await test.db.pool.query(
      `select 1 from pgboss.job where name = 'sync.pull' and state = 'created' and start_after > now() and data ->> 'isFresh' = 'false'`,
    )
    expect(waiting.rows).toHaveLength(1)
    await pull()
    expect(await progress()).toEqual({ state: 'done', reason: null })
  })

  it('names the address to be put on the list of trusted ones', async () => {
    await openShop()
    test.wecom.fail(
      'listDepartments',
      new WecomError('department/list', { errcode: 60020, ip: '203.0.113.7' }),
      1,
    )
    await pull()
    expect((await progress())?.reason).toBe('服务器的 IP 不在应用的企业可信 IP 里，请加上 203.0.113.7')
  })

  it('one member whose customers are refused does not stop the others, and loses nobody', async () => {
    await openShop()
    await pull()
    test.clock.advance({ days: 1 })
    test.wecom.before = async call => {
      if (call.verb === 'listFollows' && call.args[0] === 'chenlu')
        throw new WecomError('batch', { errcode: 60111 })
    }
    await pull(true)
    expect(await progress()).toMatchObject({ state: 'done' })
    expect((await follows()).every(follow => follow.status === 'active')).toBe(true)
  })
})

describe('the pull of the next night', () => {
  it('follows what changed in WeCom', async () => {
    await openShop()
    await pull()
    test.clock.advance({ days: 1 })
    test.wecom.follows = [
      aFollow('chenlu', 'wm1', { tagIds: ['t1'], remark: '婉清姐', customer: { name: '林婉清' } }),
      aFollow('chenlu', 'wm3', { customer: { name: '吴阿姨' } }),
      aFollow('ZhouMin', 'wm1', { remark: '林姐', customer: { name: '林婉清' } }),
    ]
    test.wecom.tagGroups[0]?.tags.splice(1)
    await pull(true)
    expect(await follows()).toEqual([
      { userId: 'ZhouMin', externalUserId: 'wm1', status: 'active', remark: '林姐', tags: [] },
      { userId: 'chenlu', externalUserId: 'wm1', status: 'active', remark: '婉清姐', tags: ['t1'] },
      { userId: 'chenlu', externalUserId: 'wm2', status: 'removed', remark: '重名😀', tags: [] },
      { userId: 'chenlu', externalUserId: 'wm3', status: 'active', remark: null, tags: [] },
    ])
    expect(
      await rows(sql<object>`select wecom_id, is_deleted from tags where corp_id = ${corpId()} order by 1`),
    ).toEqual([
      { wecom_id: 't1', is_deleted: false },
      { wecom_id: 't2', is_deleted: true },
    ])
    // three first friends, one new one, one gone
    expect((await countAll())?.touches).toBe(5)
  })

  it('leaves alone tags that are on their way to WeCom or were changed meanwhile', async () => {
    await openShop()
    await pull()
    const guide = await test.signIn({
      ...(await test.make.staff(test.corp)),
      ...(
        await rows(sql<{ staffId: number }>`
        select staff_id as "staffId" from staff where corp_id = ${corpId()} and user_id = 'chenlu'`)
      )[0],
      userId: 'chenlu',
    })
    const change = await guide.fetch('/api/customers/wm2/tags', { method: 'POST', json: { add: ['t1'] } })
    expect(change.status).toBe(200)
    await pull(true)
    const tagsOf = async (id: string) =>
      (await follows()).find(follow => follow.userId === 'chenlu' && follow.externalUserId === id)?.tags
    expect(await tagsOf('wm2')).toEqual(['t1'])

    // Carried to WeCom while the page with the old tags is on its way here.
    test.clock.advance({ minutes: 5 })
    test.wecom.before = async call => {
      if (call.verb !== 'listFollows' || call.args[0] !== 'chenlu') return
      test.wecom.before = undefined
      await test.runQueued()
    }
    await pull(true)
    expect(test.wecom.callsOf('markTag')).toHaveLength(1)
    expect(await tagsOf('wm2')).toEqual(['t1'])

    // Changed again, and carried there, in the same while.
    test.clock.advance({ minutes: 5 })
    test.wecom.before = async call => {
      if (call.verb !== 'listFollows' || call.args[0] !== 'chenlu') return
      test.wecom.before = undefined
      await test.runQueued()
      await guide.fetch('/api/customers/wm2/tags', { method: 'POST', json: { add: ['t2'] } })
      await test.runQueued()
    }
    await pull(true)
    expect(await tagsOf('wm2')).toEqual(['t1', 't2'])

    // From the next pull on WeCom's word counts again.
    test.clock.advance({ minutes: 5 })
    await pull(true)
    expect(await tagsOf('wm2')).toEqual([])
  })

  it('keeps a customer who had left, until she is added anew', async () => {
    await openShop()
    await pull()
    await sql`update follows set status = 'lost', ended_at = ${test.clock.now()} where corp_id = ${corpId()}`.execute(
      test.db,
    )
    await pull(true)
    expect((await follows()).map(follow => follow.status)).toEqual(['lost', 'lost', 'lost'])
    test.wecom.follows = test.wecom.follows.map(follow => ({
      ...follow,
      addedAt: new Date(test.clock.now().getTime() + 60_000),
    }))
    await pull(true)
    expect((await follows()).map(follow => follow.status)).toEqual(['active', 'active', 'active'])
    const told = await rows(sql<{ kind: string; count: number }>`
      select kind, count(*)::int as count from touches where corp_id = ${corpId()} group by 1 order by 1`)
    expect(told).toEqual([
      { kind: 'friendAdded', count: 3 },
      { kind: 'friendReturned', count: 3 },
    ])
  })

  it('P4 ends the sessions of somebody who left the range', async () => {
    await openShop()
    await pull()
    const [staff] = await rows(sql<{ staffId: number }>`
      select staff_id as "staffId" from staff where corp_id = ${corpId()} and user_id = 'chenlu'`)
    const guide = await test.signIn({ ...(await test.make.staff(test.corp)), ...staff })
    expect((await guide.fetch('/api/session')).status).toBe(200)
    test.wecom.before = async call => {
      if (call.verb === 'getMember' && call.args[0] === 'chenlu')
        throw new WecomError('user/get', { errcode: 301002 })
    }
    await pull(true)
    expect((await guide.fetch('/api/session')).status, 'a refusal of another kind ends nothing').toBe(200)

    test.wecom.before = undefined
    test.wecom.members = test.wecom.members.filter(member => member.userId !== 'chenlu')
    test.wecom.followUserIds = ['ZhouMin', 'sunlihua']
    await pull(true)
    expect((await guide.fetch('/api/session')).status).toBe(401)
  })
})

describe('customer groups', () => {
  it('are pulled with their members, and forgotten when dissolved', async () => {
    await openShop()
    test.wecom.groupChats = [
      {
        chatId: 'wr1',
        name: '国贸店老友群',
        ownerUserId: 'zhoumin',
        members: [
          { id: 'ZhouMin', kind: 'staff' },
          { id: 'chenlu', kind: 'staff' },
          { id: 'wm1', kind: 'external' },
          { id: 'wmStranger', kind: 'external' },
        ],
      },
    ]
    test.wecom.groupChats[0]!.ownerUserId = 'ZhouMin'
    await pull()
    const [staff] = await rows(sql<{ staffId: number }>`
      select staff_id as "staffId" from staff where corp_id = ${corpId()} and user_id = 'chenlu'`)
    const guide = await test.signIn({ ...(await test.make.staff(test.corp)), ...staff })
    expect(await (await guide.fetch('/api/groups/wr1')).json()).toMatchObject({
      chatId: 'wr1',
      name: '国贸店老友群',
      memberCount: 4,
      mine: [{ externalUserId: 'wm1', address: '林婉清', tags: ['古法', '喜欢简约'] }],
      colleagues: [],
    })
    test.wecom.groupChats = []
    await pull(true)
    expect((await guide.fetch('/api/groups/wr1')).status).toBe(404)
  })
})
