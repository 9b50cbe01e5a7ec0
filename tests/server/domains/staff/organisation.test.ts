import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { WecomError } from '../../../../server/wecom/errors.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'
import { aMember } from '../../../support/fakeWecom.ts'

const departments = [
  { id: 1, name: '云锦珠宝', parentId: 0 },
  { id: 3, name: '华北大区', parentId: 1 },
  { id: 31, name: '国贸店', parentId: 3 },
  { id: 32, name: '西单店', parentId: 3 },
  { id: 311, name: '销售组', parentId: 31 },
]
const never = new AbortController().signal

let test: TestApp
const apps: TestApp[] = []
beforeEach(async () => {
  test = await createTestApp()
  apps.push(test)
  test.wecom.departments = departments
})
afterAll(() => Promise.all(apps.map(app => app.close())))

const member = (userId: string, given: Parameters<typeof aMember>[1] = {}) => {
  test.wecom.members = test.wecom.members.filter(each => each.userId !== userId)
  test.wecom.members.push(aMember(userId, { mainDepartmentId: given.departmentIds?.[0] ?? 1, ...given }))
}
const leave = (userId: string) => {
  test.wecom.members = test.wecom.members.filter(each => each.userId !== userId)
}
const poll = () => test.services.staff.poll(never)
const later = (minutes = 3) => test.clock.advance({ minutes })

async function rowOf(userId: string) {
  const found = await sql<{
    staffId: number
    role: string
    status: string
    store: string | null
    manages: string[]
    leftAt: Date | null
  }>`
    select s.staff_id as "staffId", s.role, s.status, stores.name as store, s.left_at as "leftAt",
           array(select distinct run.name from store_managers m join stores run using (store_id)
                 where m.staff_id = s.staff_id order by run.name) as manages
    from staff s left join stores using (store_id)
    where s.corp_id = ${test.corp.corpId} and lower(s.user_id) = lower(${userId})`.execute(test.db)
  return found.rows[0]
}
/** The member as the session query would find her. */
async function actorOf(userId: string): Promise<StaffActor> {
  const row = await rowOf(userId)
  const actor = row && (await test.services.session.findActor(row.staffId))
  if (!actor) throw new Error(`${userId} is not at work`)
  return actor
}
const signIn = async (userId: string): Promise<SignedIn> => test.signIn(await actorOf(userId))
const isIn = async (who: SignedIn) => (await who.fetch('/api/session')).status === 200
const one = async <Row>(query: { execute(db: TestApp['db']): Promise<{ rows: Row[] }> }) =>
  (await query.execute(test.db)).rows[0]

describe('the organisation', () => {
  it('gives each member the nearest store above her, and managers what they lead', async () => {
    member('guide1', { departmentIds: [311] })
    member('guide2', { departmentIds: [1, 32], mainDepartmentId: 1 })
    member('boss31', { departmentIds: [31], leadsDepartmentIds: [31] })
    member('area', { departmentIds: [3], leadsDepartmentIds: [3] })
    member('group', { departmentIds: [311], leadsDepartmentIds: [311] })
    member('HQ_Admin', { departmentIds: [1] })
    await poll()
    expect(await rowOf('guide1')).toMatchObject({ role: 'guide', store: '国贸店', manages: [] })
    expect(await rowOf('guide2')).toMatchObject({ role: 'guide', store: '西单店' })
    expect(await rowOf('boss31')).toMatchObject({ role: 'manager', store: '国贸店', manages: ['国贸店'] })
    expect(await rowOf('area')).toMatchObject({ role: 'manager', store: null, manages: ['国贸店', '西单店'] })
    expect(await rowOf('group')).toMatchObject({ role: 'guide', manages: [] })
    expect(await rowOf('HQ_Admin')).toMatchObject({ role: 'admin' })
  })

  it('P4 follows a change of store at the next request, without a new login', async () => {
    member('guide1', { departmentIds: [31] })
    await poll()
    const guide = await signIn('guide1')
    member('guide1', { departmentIds: [32] })
    later()
    await poll()
    expect(await (await guide.fetch('/api/session')).json()).toMatchObject({
      staff: { store: { name: '西单店' } },
    })
  })

  it('P4 ends a manager’s view when she leads the store no more', async () => {
    member('boss31', { departmentIds: [31], leadsDepartmentIds: [31] })
    await poll()
    const boss = await signIn('boss31')
    expect((await boss.fetch('/api/staff')).status).toBe(200)
    member('boss31', { departmentIds: [31] })
    later()
    await poll()
    expect((await boss.fetch('/api/staff')).status).toBe(403)
  })

  it('closes the store of a department that is gone, and opens it again with its address', async () => {
    member('guide1', { departmentIds: [32] })
    await poll()
    await sql`update stores set address = '西单北大街 120 号' where name = '西单店'`.execute(test.db)
    test.wecom.departments = departments.filter(({ id }) => id !== 32)
    later()
    await poll()
    const closed = sql<{ isClosed: boolean; address: string }>`
      select is_closed as "isClosed", address from stores where name = '西单店'`
    expect(await one(closed)).toMatchObject({ isClosed: true })
    test.wecom.departments = departments
    later()
    await poll()
    expect(await one(closed)).toEqual({ isClosed: false, address: '西单北大街 120 号' })
  })

  it('writes nothing when nothing has changed', async () => {
    member('guide1', { departmentIds: [31] })
    await poll()
    later()
    const before = await one(sql`select max(xmin::text::bigint) as x from (
      select xmin from stores union all select xmin from departments union all select xmin from store_managers) t`)
    await poll()
    expect(
      await one(sql`select max(xmin::text::bigint) as x from (
      select xmin from stores union all select xmin from departments union all select xmin from store_managers) t`),
    ).toEqual(before)
  })

  it('does not let older knowledge overwrite newer', async () => {
    member('guide1', { departmentIds: [31] })
    await poll()
    const askedAt = test.clock.now()
    const members = [...test.wecom.members]
    later(6)
    leave('guide1')
    await poll()
    await test.services.staff.applyOrganisation({ departments, members, presentUserIds: [], askedAt })
    expect(await rowOf('guide1')).toMatchObject({ status: 'left' })
  })

  it('takes a whole pull: who was not met is asked about before she counts as gone', async () => {
    for (const userId of ['stays', 'silent', 'tagged', 'gone']) member(userId, { departmentIds: [31] })
    await poll()
    later()
    leave('gone')
    await test.services.staff.applyOrganisation({
      departments,
      members: [aMember('stays', { departmentIds: [31] })],
      presentUserIds: ['SILENT'],
      askedAt: test.clock.now(),
    })
    const statuses = await Promise.all(['stays', 'silent', 'tagged', 'gone'].map(rowOf))
    expect(statuses.map(row => row?.status)).toEqual(['active', 'active', 'active', 'left'])
  })
})

describe('P4 somebody who leaves', () => {
  it('loses her sessions with the next look, and comes back when WeCom says so', async () => {
    member('guide1', { departmentIds: [31] })
    await poll()
    const guide = await signIn('guide1')
    leave('guide1')
    later()
    await poll()
    expect(await isIn(guide)).toBe(false)
    expect(await rowOf('guide1')).toMatchObject({ status: 'left', store: '国贸店', leftAt: test.clock.now() })
    member('guide1', { departmentIds: [31] })
    later()
    await poll()
    expect(await rowOf('guide1')).toMatchObject({ status: 'active', leftAt: null })
    expect(await isIn(guide)).toBe(false)
  })

  it.each(['disabled', 'left'] as const)('is out when WeCom calls her %s', async status => {
    member('guide1', { departmentIds: [31] })
    await poll()
    const guide = await signIn('guide1')
    member('guide1', { departmentIds: [31], status })
    later()
    await poll()
    expect(await isIn(guide)).toBe(false)
    expect(await rowOf('guide1')).toMatchObject({ status })
  })

  it('has nothing under way any more, and who manages her customers is told once', async () => {
    member('guide1', { name: '陈露', departmentIds: [31] })
    member('boss31', { departmentIds: [31], leadsDepartmentIds: [31] })
    member('boss32', { departmentIds: [32], leadsDepartmentIds: [32] })
    await poll()
    const guide = await actorOf('guide1')
    const customer = await test.make.followed(test.corp, guide)
    await sql`
      insert into reminders (reminder_id, corp_id, customer_id, staff_id, kind, occurrence, due_on, created_at)
      values (gen_random_uuid(), ${test.corp.corpId}, ${customer.customerId}, ${guide.staffId}, 'newFriend', '2026-11-25',
              '2026-11-20', ${test.clock.now()})`.execute(test.db)
    await test.db.transaction(tx =>
      test.services.outbox.put(tx, guide, {
        kind: 'tags',
        lane: `customer:${customer.customerId}`,
        subject: `follow:${customer.followId}`,
        staffId: guide.staffId,
        customerId: customer.customerId,
        payload: { followId: customer.followId },
      }),
    )
    leave('guide1')
    for (let look = 0; look < 3; look++) {
      later()
      await poll()
    }
    expect(await one(sql`select state, skip_reason as reason from reminders`)).toEqual({
      state: 'expired',
      reason: 'left',
    })
    expect(await one(sql`select state from outbox where kind = 'tags'`)).toEqual({ state: 'cancelled' })
    const notices = await sql<{ userId: string; title: string; path: string }>`
      select s.user_id as "userId", o.payload ->> 'title' as title, o.payload ->> 'path' as path
      from outbox o join staff s using (staff_id) where o.kind = 'message'`.execute(test.db)
    expect(notices.rows).toEqual([
      { userId: 'boss31', title: '陈露已离职，1 位客户待接替', path: '/handover' },
    ])

    member('guide1', { departmentIds: [31] })
    later()
    await poll()
    expect(await one(sql`select state from reminders`)).toEqual({ state: 'pending' })
  })

  it('and logs in again before the next look has her reminders back with it', async () => {
    member('guide1', { departmentIds: [31] })
    await poll()
    const guide = await actorOf('guide1')
    const customer = await test.make.followed(test.corp, guide)
    await test.make.reminder(guide, customer, { kind: 'newFriend', occurrence: '2026-11-25' })
    leave('guide1')
    later(5)
    await poll()
    expect(await one(sql`select state from reminders`)).toEqual({ state: 'expired' })
    member('guide1', { departmentIds: [31] })
    later(1)
    expect(await test.services.session.confirm('guide1')).toBe('present')
    expect(await rowOf('guide1')).toMatchObject({ status: 'active' })
    later(2)
    await poll()
    expect(await one(sql`select state from reminders`)).toEqual({ state: 'pending' })
    expect(await rowOf('guide1')).toMatchObject({ leftAt: null })
  })

  it('without a manager is told to the admins, and without customers to nobody', async () => {
    member('guide1', { departmentIds: [31] })
    member('guide2', { departmentIds: [31] })
    member('hq_admin', { departmentIds: [1] })
    await poll()
    await test.make.followed(test.corp, await actorOf('guide1'))
    leave('guide1')
    leave('guide2')
    later(5)
    await poll()
    const notices = await sql<{ userId: string }>`
      select s.user_id as "userId" from outbox o join staff s using (staff_id) where o.kind = 'message'`.execute(
      test.db,
    )
    expect(notices.rows).toEqual([{ userId: 'hq_admin' }])
  })

  it('with half the corp is believed only when the next look finds the same', async () => {
    for (let index = 0; index < 8; index++) member(`guide${index}`, { departmentIds: [31] })
    member('boss31', { departmentIds: [31], leadsDepartmentIds: [31] })
    member('hq_admin', { departmentIds: [1] })
    await poll()
    for (let index = 0; index < 8; index++)
      await test.make.followed(test.corp, await actorOf(`guide${index}`))
    const statuses = async () =>
      (
        await sql<{ status: string }>`select status from staff where user_id like 'guide%'`.execute(test.db)
      ).rows.map(row => row.status)
    for (let index = 0; index < 8; index++) leave(`guide${index}`)
    later(5)
    await poll()
    expect(new Set(await statuses())).toEqual(new Set(['active']))
    // Somebody had narrowed the range by mistake and put it right.
    for (let index = 0; index < 8; index++) member(`guide${index}`, { departmentIds: [31] })
    later(3)
    await poll()
    for (let index = 0; index < 8; index++) leave(`guide${index}`)
    later(5)
    await poll()
    expect(new Set(await statuses())).toEqual(new Set(['active']))
    later(3)
    await poll()
    expect(new Set(await statuses())).toEqual(new Set(['left']))
    const notices = await sql<{ title: string }>`
      select payload ->> 'title' as title from outbox where kind = 'message'`.execute(test.db)
    expect(notices.rows).toEqual([{ title: '8 位同事已离职，共 8 位客户待接替' }])
  })

  it('ends what an admin had named her to: a manager who comes back is none', async () => {
    member('guide1', { departmentIds: [31] })
    await poll()
    const { staffId } = await actorOf('guide1')
    await sql`insert into store_managers (store_id, staff_id, corp_id, source)
      select store_id, ${staffId}, corp_id, 'manual' from stores where department_id = 31 and corp_id = ${test.corp.corpId}`.execute(
      test.db,
    )
    leave('guide1')
    later(5)
    await poll()
    member('guide1', { departmentIds: [31] })
    later(5)
    await poll()
    expect(await rowOf('guide1')).toMatchObject({ status: 'active', role: 'guide' })
  })

  it('leads the notice to the page behind the login', async () => {
    const answer = await test.fetch('/handover')
    expect(answer.headers.get('location')).toBe(
      `/auth/login?to=${encodeURIComponent('/sidebar/#/console/handover')}`,
    )
  })
})

describe('a look at who is there', () => {
  it('costs one call per department, one per session, manager and doubtful member, and none for the rest', async () => {
    for (let index = 0; index < 20; index++) member(`guide${index}`, { departmentIds: [31] })
    member('boss31', { departmentIds: [31], leadsDepartmentIds: [31] })
    await poll()
    await signIn('guide3')
    later()
    test.wecom.calls.length = 0
    await poll()
    expect(test.wecom.callsOf('listDepartmentUserIds')).toHaveLength(departments.length)
    expect(test.wecom.callsOf('getMember').flat().sort()).toEqual(['boss31', 'guide3'])
    expect(test.wecom.calls).toHaveLength(departments.length + 2 + 2)
  })

  it('keeps a member no list shows as long as WeCom knows her', async () => {
    member('tagged', { departmentIds: [31] })
    await poll()
    test.wecom.agent = { ...test.wecom.agent, departmentIds: [32] }
    for (const asked of [0, 1, 0, 1]) {
      later()
      test.wecom.calls.length = 0
      await poll()
      expect(test.wecom.callsOf('getMember')).toHaveLength(asked)
      expect(await rowOf('tagged')).toMatchObject({ status: 'active' })
    }
  })

  it.each([
    ['departments', 'listDepartments'],
    ['its own range', 'getAgent'],
    ['a department’s people', 'listDepartmentUserIds'],
    ['a member', 'getMember'],
  ] as const)('changes nothing while WeCom does not tell %s', async (_, verb) => {
    member('guide1', { departmentIds: [31] })
    await poll()
    const guide = await signIn('guide1')
    leave('guide1')
    test.wecom.departments = departments.slice(0, 3)
    later()
    test.wecom.fail(verb, new WecomError('x', { trouble: 'timeout' }))
    await poll()
    expect(await isIn(guide)).toBe(true)
    expect(await rowOf('guide1')).toMatchObject({ status: 'active' })
  })

  it('P4 sees by the lists who has changed store, though she is not signed in', async () => {
    for (const userId of ['mover', 'stays']) member(userId, { departmentIds: [31] })
    await poll()
    member('mover', { departmentIds: [32] })
    later(6)
    test.wecom.calls.length = 0
    await poll()
    expect(test.wecom.callsOf('getMember')).toEqual([['mover']])
    expect(await rowOf('mover')).toMatchObject({ store: '西单店' })
    test.wecom.calls.length = 0
    later(6)
    await poll()
    expect(test.wecom.callsOf('getMember')).toEqual([])
  })

  it('P4 asks about each where WeCom refuses the lists themselves', async () => {
    for (const userId of ['gone', 'stays']) member(userId, { departmentIds: [31] })
    await poll()
    const guide = await signIn('gone')
    leave('gone')
    test.wecom.fail('listDepartments', new WecomError('department/list', { errcode: 60011 }))
    later(6)
    await poll()
    expect(await isIn(guide)).toBe(false)
    expect(await rowOf('gone')).toMatchObject({ status: 'left' })
    expect(await rowOf('stays')).toMatchObject({ status: 'active', store: '国贸店' })
  })

  it('stops asking when WeCom closes its door', async () => {
    for (let index = 0; index < 20; index++) member(`guide${index}`, { departmentIds: [31] })
    test.wecom.fail('getMember', new WecomError('user/get', { errcode: 45009 }))
    await poll()
    expect(test.wecom.callsOf('getMember').length).toBeLessThanOrEqual(3)
  })
})

describe('P4 before an act on which much depends', () => {
  async function admin(): Promise<SignedIn> {
    member('hq_admin', { departmentIds: [1] })
    member('guide1', { departmentIds: [31] })
    await poll()
    return signIn('hq_admin')
  }
  const name = (who: SignedIn) =>
    who.fetch('/api/stores/31/managers/guide1', { method: 'PUT', json: undefined })

  it('believes what WeCom said within ten minutes', async () => {
    const who = await admin()
    test.clock.advance({ minutes: 9 })
    test.wecom.calls.length = 0
    expect((await name(who)).status).toBe(200)
    expect(test.wecom.calls).toEqual([])
  })

  it('asks WeCom after that, and ends everything of somebody who is gone', async () => {
    const who = await admin()
    leave('hq_admin')
    test.clock.advance({ minutes: 11 })
    expect((await name(who)).status).toBe(401)
    expect(await rowOf('hq_admin')).toMatchObject({ status: 'left' })
    expect(await rowOf('guide1')).toMatchObject({ role: 'guide' })
  })

  it('who is disabled is out, and has not left', async () => {
    const who = await admin()
    member('hq_admin', { departmentIds: [1], status: 'disabled' })
    test.clock.advance({ minutes: 11 })
    expect((await name(who)).status).toBe(401)
    expect(await rowOf('hq_admin')).toMatchObject({ status: 'disabled', leftAt: null })
  })

  it('P18 does not wait long for a silent WeCom', async () => {
    const who = await admin()
    test.clock.advance({ minutes: 11 })
    let speak = () => {}
    test.wecom.before = () => new Promise(resolve => (speak = resolve))
    expect((await name(who)).status).toBe(200)
    speak()
  })

  it('goes on with what is known while WeCom is away, and says so in the log', async () => {
    const who = await admin()
    test.clock.advance({ minutes: 11 })
    test.wecom.fail('getMember', new WecomError('user/get', { trouble: 'timeout' }))
    expect((await name(who)).status).toBe(200)
    expect(test.logged.some(line => String(line.msg).includes('could not be confirmed'))).toBe(true)
  })

  it('a login asks about a member last heard of long ago', async () => {
    await admin()
    test.clock.advance({ minutes: 11 })
    member('guide1', { departmentIds: [31], status: 'disabled' })
    expect(await test.services.session.confirm('guide1')).toBe('gone')
    expect(await rowOf('guide1')).toMatchObject({ status: 'disabled' })
  })
})

describe('stores', () => {
  async function people() {
    member('hq_admin', { departmentIds: [1] })
    member('boss31', { name: '王店长', departmentIds: [31], leadsDepartmentIds: [31] })
    member('guide1', { departmentIds: [31] })
    member('guide2', { name: '李娜', departmentIds: [32] })
    await poll()
    return { admin: await signIn('hq_admin'), boss: await signIn('boss31'), guide: await signIn('guide1') }
  }

  it('are shown to managers as theirs, to admins with every department, to guides not at all', async () => {
    const { admin, boss, guide } = await people()
    const names = async (who: SignedIn) =>
      ((await (await who.fetch('/api/stores')).json()) as { stores: { name: string }[] }).stores.map(
        store => store.name,
      )
    expect(await names(boss)).toEqual(['国贸店'])
    expect(await names(admin)).toEqual(['云锦珠宝', '华北大区', '国贸店', '西单店', '销售组'])
    expect((await guide.fetch('/api/stores')).status).toBe(403)
    const shown = (await (await boss.fetch('/api/stores')).json()) as { stores: unknown[] }
    expect(shown.stores[0]).toEqual({
      departmentId: 31,
      departmentName: '国贸店',
      path: ['华北大区'],
      choice: 'auto',
      isStore: true,
      name: '国贸店',
      ownName: null,
      address: null,
      hours: null,
      phone: null,
      managers: [{ userId: 'boss31', name: '王店长', source: 'wecom' }],
      staffCount: 2,
    })
  })

  it('keep their own name and address through every look', async () => {
    const { admin, guide } = await people()
    const changed = await admin.fetch('/api/stores/31', {
      method: 'PATCH',
      json: { ownName: '国贸旗舰店', address: '建国门外大街 1 号' },
    })
    expect(changed.status).toBe(200)
    later()
    await poll()
    expect(await (await guide.fetch('/api/session')).json()).toMatchObject({
      staff: { store: { name: '国贸旗舰店', address: '建国门外大街 1 号' } },
    })
    await admin.fetch('/api/stores/31', { method: 'PATCH', json: { ownName: null } })
    expect(await rowOf('guide1')).toMatchObject({ store: '国贸店' })
  })

  it('say when they are open and how they are rung: each alone, as the guide and her session then have it', async () => {
    const { admin, guide } = await people()
    const change = (json: object) => admin.fetch('/api/stores/31', { method: 'PATCH', json })
    const known = async () =>
      ((await (await guide.fetch('/api/session')).json()) as { staff: { store: object } }).staff.store
    expect(await known()).toMatchObject({ hours: null, phone: null })
    expect(await (await change({ hours: ' 每天 10:00–22:00 ' })).json()).toMatchObject({
      hours: '每天 10:00–22:00',
      phone: null,
    })
    await change({ phone: '010-5550 0108' })
    later()
    await poll()
    expect(await known()).toEqual({
      name: '国贸店',
      address: null,
      hours: '每天 10:00–22:00',
      phone: '010-5550 0108',
    })
    await change({ hours: '' })
    expect(await known()).toMatchObject({ hours: null, phone: '010-5550 0108' })
    for (const tooLong of [{ hours: '十'.repeat(61) }, { phone: '1'.repeat(31) }])
      expect((await change(tooLong)).status).toBe(422)
    expect((await admin.fetch('/api/stores/1', { method: 'PATCH', json: { hours: '全天' } })).status).toBe(
      409,
    )
  })

  it('are what an admin says: people and managers follow at once', async () => {
    const { admin, boss } = await people()
    await admin.fetch('/api/stores/31', { method: 'PATCH', json: { choice: 'none' } })
    expect(await rowOf('guide1')).toMatchObject({ store: null })
    expect((await boss.fetch('/api/stores')).status).toBe(403)
    await admin.fetch('/api/stores/3', { method: 'PATCH', json: { choice: 'store', ownName: '华北' } })
    expect(await rowOf('guide1')).toMatchObject({ store: '华北' })
    expect(await rowOf('guide2')).toMatchObject({ store: '西单店' })
    const wrong = await admin.fetch('/api/stores/1', { method: 'PATCH', json: { ownName: '总店' } })
    expect(await wrong.json()).toMatchObject({
      status: 409,
      detail: expect.stringContaining('门店') as string,
    })
  })

  it('are again what the admin said when a department was out of range for a while', async () => {
    member('hq_admin', { departmentIds: [1] })
    member('guide1', { departmentIds: [311] })
    await poll()
    const who = await signIn('hq_admin')
    const said = await who.fetch('/api/stores/311', { method: 'PATCH', json: { choice: 'store' } })
    expect(said.status).toBe(200)
    expect(await rowOf('guide1')).toMatchObject({ store: '销售组' })
    test.wecom.departments = departments.filter(({ id }) => id !== 311)
    later()
    await poll()
    expect((await who.fetch('/api/stores/311', { method: 'PATCH', json: {} })).status).toBe(404)
    test.wecom.departments = departments
    later()
    await poll()
    expect(await rowOf('guide1')).toMatchObject({ store: '销售组' })
  })

  it('have managers an admin names and takes back; who leads in WeCom stays', async () => {
    const { admin } = await people()
    const put = await admin.fetch('/api/stores/31/managers/guide2', { method: 'PUT' })
    expect(await put.json()).toMatchObject({
      managers: [
        { userId: 'boss31', source: 'wecom' },
        { userId: 'guide2', source: 'manual' },
      ],
    })
    later()
    await poll()
    expect(await rowOf('guide2')).toMatchObject({ role: 'manager', manages: ['国贸店'] })
    await admin.fetch('/api/stores/31/managers/guide2', { method: 'DELETE' })
    expect(await rowOf('guide2')).toMatchObject({ role: 'guide', manages: [] })
    await admin.fetch('/api/stores/31/managers/boss31', { method: 'DELETE' })
    expect(await rowOf('boss31')).toMatchObject({ role: 'manager', manages: ['国贸店'] })
  })

  it('are changed by admins only', async () => {
    const { boss, guide } = await people()
    for (const who of [boss, guide]) {
      for (const [method, path, json] of [
        ['PATCH', '/api/stores/31', { choice: 'none' }],
        ['PUT', '/api/stores/31/managers/guide1', undefined],
        ['DELETE', '/api/stores/31/managers/boss31', undefined],
      ] as const)
        expect((await who.fetch(path, { method, json })).status).toBe(403)
    }
  })

  it.each(['/api/stores/999', '/api/stores/4294967295', '/api/stores/x'])('%s is unknown', async path => {
    const { admin } = await people()
    expect((await admin.fetch(path, { method: 'PATCH', json: { choice: 'none' } })).status).toBe(404)
  })

  it('list their people page by page, who has left last', async () => {
    const { admin, boss } = await people()
    leave('guide1')
    later()
    await poll()
    const listed = async (who: SignedIn, query = '') => {
      const answer = (await (await who.fetch(`/api/staff?limit=2${query}`)).json()) as {
        items: { userId: string; status: string }[]
        nextCursor: string | null
      }
      return { ids: answer.items.map(({ userId }) => userId), next: answer.nextCursor }
    }
    expect((await listed(boss)).ids).toEqual(['boss31', 'guide1'])
    const first = await listed(admin)
    const second = await listed(admin, `&cursor=${first.next}`)
    expect([...first.ids, ...second.ids].sort()).toEqual(['boss31', 'guide1', 'guide2', 'hq_admin'])
    expect(second.ids.at(-1)).toBe('guide1')
    expect((await listed(admin, '&store=32')).ids).toEqual(['guide2'])
    expect((await listed(boss, '&store=32')).ids).toEqual([])
  })
})
