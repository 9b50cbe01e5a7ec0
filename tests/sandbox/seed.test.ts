import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { starterScripts } from '../../server/domains/scripts/starterScripts.ts'
import type { StaffActor } from '../../server/actor.ts'
import { createScriptsService } from '../../server/domains/scripts/scripts.service.ts'
import { renewMedia } from '../../server/domains/media/renewMedia.ts'
import type { Queue } from '../../server/jobs/job.ts'
import { createCouponStatsService } from '../../server/domains/stats/couponStats.service.ts'
import { createScriptStatsService } from '../../server/domains/stats/scriptStats.service.ts'
import { createStatsService } from '../../server/domains/stats/stats.service.ts'
import { seedDemo, type DemoSeed } from '../../sandbox/seed.ts'
import { seedGivenCoupons } from '../../sandbox/seed/history.ts'
import { seedOffers } from '../../sandbox/seed/offers.ts'
import { clockAt, findCorpId, intentOf, listServed, openRooms } from '../../sandbox/seed/rooms.ts'
import { OLDER_COUPON_TOKEN } from '../../sandbox/world/chats.ts'
import { generateCorp } from '../../sandbox/world/corp.ts'
import { wellKnown } from '../../sandbox/world/wellKnown.ts'
import { addDays } from '../../shared/rules/civilDay.ts'
import { scriptFacts } from '../../shared/rules/scriptFacts.ts'
import { metBy, needsOf } from '../../shared/rules/scriptNeeds.ts'
import { WORKED_FLOOR } from '../../shared/rules/suggestScript.ts'
import { expectNoDifference } from '../server/domains/coupons/accounts.ts'
import { createMake, TEST_NOW, TEST_TIME_ZONE, TEST_TODAY } from '../support/make.ts'
import { createTestDb, type TestDb } from '../support/testDb.ts'

let test: TestDb
let seed: DemoSeed
const queued: string[] = []
const staff = new Map<string, StaffActor>()

/** What the import leaves in the product, without WeCom. */
async function importCorp(wecomCorpId: string): Promise<void> {
  const make = createMake(test.db)
  const corp = await make.corp({ wecomCorpId })
  const state = generateCorp(TEST_NOW.getTime())
  const stores = new Map(
    await Promise.all(
      state.departments
        .filter(department => department.isStore)
        .map(async ({ id, name }) => [id, await make.store(corp, { name })] as const),
    ),
  )
  for (const { userId, name, mainDepartment, isLeaderIn } of state.members) {
    const store = stores.get(mainDepartment) ?? null
    const role = isLeaderIn.some(Boolean) ? 'manager' : 'guide'
    staff.set(userId, await make.staff(corp, { userId, name, store, role }))
  }
  for (const { name, tags } of state.tagGroups)
    await make.tagGroup(corp, { name, tags: tags.map(t => t.name) })
  const customers = new Map(
    await Promise.all(
      state.customers.map(
        async ({ externalUserId, name, type, gender }) =>
          [externalUserId, await make.customer(corp, { externalUserId, name, kind: type, gender })] as const,
      ),
    ),
  )
  await Promise.all(
    state.follows.map(({ userId, externalUserId, createdAt, status, remark }) => {
      const [guide, customer] = [staff.get(userId), customers.get(externalUserId)]
      if (!guide || !customer || status === 'half') throw new Error('a follow of nobody')
      return make.follow(guide, customer, { addedAt: new Date(createdAt * 1000), status, remark })
    }),
  )
}

beforeAll(async () => {
  test = await createTestDb()
  const config = {
    sessionSecret: 'a secret for tests that is long enough',
    publicUrl: 'https://guidebar.example',
    timeZone: TEST_TIME_ZONE,
    wecom: { corpId: 'wwdemo', agentId: '1', secret: '', apiBase: '', oauthBase: '', callback: undefined },
  }
  const queue: Queue = { send: (_tx, job) => Promise.resolve(void queued.push(job.name)) }
  seed = { db: test.db, clock: clockAt(TEST_NOW.getTime()), config, queue }
})
afterAll(() => test.drop())

const guide = (userId: string) => {
  const found = staff.get(userId)
  if (!found) throw new Error(`nobody is called ${userId}`)
  return found
}
const counts = async () =>
  (
    await sql<Record<string, number>>`
      select (select count(*) from important_dates)::int as dates, (select count(*) from people)::int as people,
             (select count(*) from purchases)::int as purchases, (select count(*) from sends)::int as sends,
             (select count(*) from coupons)::int as coupons, (select count(*) from coupon_templates)::int as templates,
             (select count(*) from scripts)::int as scripts, (select count(*) from touches)::int as touches`.execute(
      test.db,
    )
  ).rows[0]

describe('the demo’s data', () => {
  it('needs the import first', async () => {
    await expect(seedDemo(seed)).rejects.toThrow('还没有从企业微信取来')
  })

  it('tells the product what guides know, once', { timeout: 120_000 }, async () => {
    await importCorp('wwdemo')
    const report = await seedDemo(seed)
    expect(report.customers).toBeGreaterThan(170)
    const before = await counts()
    expect(report.dates).toBeGreaterThan(250)
    expect(report.purchases).toBeGreaterThan(150)
    expect(report.sends).toBeGreaterThan(100)
    expect(report.coupons).toBeGreaterThan(150)
    expect(before).toMatchObject({
      dates: report.dates,
      purchases: report.purchases,
      coupons: report.coupons,
      sends: report.sends + report.coupons,
    })
    // What the product brings along, one of the company, one of a store, and two of each of two guides’ own.
    expect(before).toMatchObject({ scripts: starterScripts.length + 6, templates: 9 })

    expect(await seedDemo(seed)).toEqual({ customers: 0, dates: 0, purchases: 0, sends: 0, coupons: 0 })
    expect(await counts()).toEqual(before)
  })

  it('has scripts of more than words, of a store and of one’s own, and favourites, for who looks first', async () => {
    const rooms = openRooms(seed.db, seed.clock, seed.config)
    const { scripts } = await rooms.scripts.list(guide('chenlu'))
    const kindsOf = (scope: string) =>
      scripts.filter(one => one.scope === scope).map(({ parts }) => parts.map(({ kind }) => kind))
    expect(kindsOf('company')).toContainEqual(['text', 'image', 'news', 'text'])
    expect(kindsOf('store')).toEqual([['text', 'image']])
    expect(scripts.filter(({ mine }) => mine)).toHaveLength(2)
    expect(scripts.filter(({ isFavourite }) => isFavourite)).toHaveLength(2)
    expect(new Set(queued)).toEqual(new Set([renewMedia.name]))
  })

  it('has every quick reply of every guide ready to be sent, the address of the shop too', async () => {
    const rooms = openRooms(seed.db, seed.clock, seed.config)
    const corpId = (await findCorpId(seed.db, 'wwdemo'))!
    const guides = new Map((await listServed(seed.db, corpId)).map(one => [one.guide.userId, one.guide]))
    expect(guides.size).toBeGreaterThan(3)
    for (const actor of guides.values()) {
      const pinned = (await rooms.scripts.list(actor)).scripts.filter(one => one.pinnedSlot !== null)
      expect(pinned).toHaveLength(3)
      const facts = scriptFacts({ staff: { name: actor.name, store: actor.store } })
      for (const { parts, title } of pinned)
        expect(metBy(needsOf(parts), facts).holes, `${title} of ${actor.name}`).toEqual([])
    }
  })

  it('has customers who want to be left in peace, as their guides see them', async () => {
    const wishes = await sql<{ level: string; reason: string | null; until: string }>`
      select quiet_level as level, quiet_reason as reason, quiet_until::text as until from customers
      where quiet_level is not null order by quiet_level`.execute(test.db)
    expect(wishes.rows).toEqual([
      { level: 'less', reason: null, until: addDays(TEST_TODAY, 90) },
      { level: 'none', reason: '忙', until: addDays(TEST_TODAY, 10) },
    ])
  })

  it('has reminders that led to purchases, so that results have something to show', async () => {
    const stats = createStatsService({ db: test.db, clock: seed.clock, timeZone: TEST_TIME_ZONE })
    const { months, custom } = await stats.mine(guide('chenlu'))
    const sum = (count: 'due' | 'acted' | 'sent' | 'bought' | 'proven') =>
      months.reduce((total, month) => total + month[count], 0)
    const steps = [sum('due'), sum('acted'), sum('sent'), sum('bought')]
    expect(steps).toEqual([...steps].sort((one, other) => other - one))
    expect(sum('bought')).toBeGreaterThan(0)
    expect(sum('proven')).toBeGreaterThan(0)
    expect(custom.after.total).toBeGreaterThan(0)
  })

  it('has scripts sent often enough for what worked to be worth a look', async () => {
    const stats = createScriptStatsService({ db: test.db, clock: seed.clock, timeZone: TEST_TIME_ZONE })
    const admin: StaffActor = { ...guide('chenlu'), role: 'admin' }
    const { rows, countedAt } = await stats.team(admin, undefined)
    expect(countedAt).not.toBeNull()
    const often = rows.filter(({ kind, sends }) => kind === 'script' && sends >= WORKED_FLOOR)
    expect(often.length).toBeGreaterThanOrEqual(3)
    expect(often.some(({ replies, sends }) => replies > sends / 2)).toBe(true)
    expect(rows.some(({ purchases }) => purchases > 0)).toBe(true)
    expect((await stats.listWatched(admin)).map(({ watch }) => watch)).toEqual(['cancelled'])
    const scripts = await createScriptsService({
      db: test.db,
      clock: seed.clock,
      timeZone: TEST_TIME_ZONE,
    }).list(admin)
    expect(scripts.scripts.some(({ worked }) => worked !== null)).toBe(true)
  })

  it('has coupons of some months, so that what came of them is worth a look, and all accounts in order', async () => {
    const stats = createCouponStatsService({ db: test.db, clock: seed.clock, timeZone: TEST_TIME_ZONE })
    const admin: StaffActor = { ...guide('chenlu'), role: 'admin' }
    const { rows, months, countedAt } = await stats.team(admin, { by: 'template' })
    expect(countedAt).not.toBeNull()
    // The fourth stands with those of which only a few are out.
    expect(
      rows.filter(({ kind, redeemed, paidFen }) => kind === 'one' && redeemed > 0 && paidFen > 0).length,
    ).toBeGreaterThanOrEqual(3)
    expect(months.filter(({ issued }) => issued > 10).length).toBeGreaterThanOrEqual(3)
    for (const by of ['store', 'guide', 'script'] as const) {
      const split = (await stats.team(admin, { by })).rows.filter(({ kind }) => kind === 'one')
      expect(split.length, by).toBeGreaterThan(1)
    }
    expect((await stats.mine(guide('chenlu'), { by: 'template' })).total.redeemed).toBeGreaterThan(0)
    await expectNoDifference(test.db)
    const traced = await sql<{ strength: string }>`
      select t.strength from purchases p join purchase_traces t using (purchase_id) where p.coupon_id is not null`.execute(
      test.db,
    )
    expect(new Set(traced.rows.map(({ strength }) => strength))).toEqual(new Set(['couponUsed']))
  })

  it('has 婉清姐 as the design shows her: mother in twelve days, last written to by 周敏 fifteen days ago', async () => {
    const rooms = openRooms(test.db, seed.clock, seed.config)
    const family = await rooms.people.list(guide('chenlu'), wellKnown.liWanqing)
    const mother = family.dates.find(date => date.person?.relation === 'mother')
    expect(mother).toMatchObject({ calendar: 'lunar', nextOn: addDays(TEST_TODAY, 12) })
    const [reminder] = (
      await sql<{ state: string }>`
        select r.state from reminders r join staff s using (staff_id)
        where r.date_id = ${mother?.dateId} and s.user_id = 'chenlu'`.execute(test.db)
    ).rows
    expect(reminder?.state).toBe('pending')

    const [last] = (
      await sql<{ userId: string; daysAgo: number; outcome: string; salutation: string }>`
        select st.user_id as "userId", s.outcome, c.salutation,
               extract(day from ${TEST_NOW}::timestamptz - s.started_at)::int as "daysAgo"
        from sends s join customers c using (customer_id) join staff st on st.staff_id = s.staff_id
        where c.external_user_id = ${wellKnown.liWanqing} order by s.started_at desc limit 1`.execute(test.db)
    ).rows
    expect(last).toMatchObject({ userId: 'zhoumin', outcome: 'ok', salutation: '婉清姐' })
    expect(last?.daysAgo).toBeGreaterThanOrEqual(14)
    const shelf = await rooms.coupons.shelf(guide('chenlu'), wellKnown.liWanqing)
    expect(shelf.offers.map(offer => [offer.name, offer.refusal])).toEqual([
      ['免刻字费', null],
      ['生日礼券', null],
      ['足金饰品券', null],
      ['镶嵌类专享', null],
    ])
    // The card of her chat is a coupon she still has, and its end is near.
    expect(shelf.held).toMatchObject([{ name: '中秋团圆券', state: 'claimed', issuedBy: '陈露' }])
    const hers = await sql`
      select from coupons where token = ${OLDER_COUPON_TOKEN} and expires_on between ${TEST_TODAY}::date and ${TEST_TODAY}::date + 10`.execute(
      test.db,
    )
    expect(hers.rows).toHaveLength(1)
  })

  it('leaves every guide her usual tags, to be put on by one tap', async () => {
    const remembered = await sql<{ userId: string; names: string[] }>`
      select s.user_id as "userId", array_agg(t.name order by r.used_at desc) as names
      from recent_tags r join staff s using (staff_id) join tags t using (tag_id) group by s.user_id`.execute(
      test.db,
    )
    expect(remembered.rows).toHaveLength(staff.size)
    expect(remembered.rows.map(row => row.names)).toEqual(remembered.rows.map(() => ['刻字定制', '喜欢简约']))
  })

  it('gives every guide something due, and budgets that differ', async () => {
    const due = await sql<{ userId: string }>`
      select distinct s.user_id as "userId" from reminders r join staff s using (staff_id)
      where r.state = 'pending' and r.due_on <= ${TEST_TODAY}`.execute(test.db)
    expect(due.rows.length).toBeGreaterThanOrEqual(8)
    const written = await sql<{ recently: number; before: number }>`
      select count(*) filter (where started_at > ${new Date(TEST_NOW.getTime() - 7 * 86_400_000)})::int as recently,
             count(*) filter (where started_at < ${new Date(TEST_NOW.getTime() - 7 * 86_400_000)})::int as before
      from sends where outcome = 'ok'`.execute(test.db)
    expect(written.rows[0]?.recently).toBeGreaterThan(5)
    expect(written.rows[0]?.before).toBeGreaterThan(50)
    const future =
      await sql`select 1 from sends where started_at > ${TEST_NOW} or finished_at > ${TEST_NOW}`.execute(
        test.db,
      )
    expect(future.rows).toHaveLength(0)
  })

  it('makes two tag groups single-choice, and keeps the accounts of coupons in order', async () => {
    const single = await sql<{ name: string }>`select name from tag_groups where choice = 'single'`.execute(
      test.db,
    )
    expect(single.rows.map(row => row.name)).toEqual(expect.arrayContaining(['会员等级', '预算']))
    const wrong = await sql`
      select 1 from coupon_templates t
      where (select sum(live) from coupon_pools p where p.template_id = t.template_id)
        <> (select count(*) from coupons c where c.template_id = t.template_id
        and c.state in ('reserved', 'issued', 'claimed', 'redeemed'))`.execute(test.db)
    expect(wrong.rows).toHaveLength(0)
  })

  it('gives a coupon again when its reservation was released before it was confirmed', async () => {
    await importCorp('wwother')
    const config = { ...seed.config, wecom: { ...seed.config.wecom, corpId: 'wwother' } }
    const corpId = (await findCorpId(test.db, 'wwother')) ?? 0
    const rooms = openRooms(test.db, seed.clock, config)
    const templateIds = await seedOffers(
      openRooms(test.db, clockAt(TEST_NOW.getTime() - 10 * 86_400_000), config),
      corpId,
      TEST_TODAY,
    )
    const served = (await listServed(test.db, corpId)).find(
      each => each.externalUserId === wellKnown.wangLiqun,
    )
    if (!served) throw new Error('nobody serves him')
    const { guide, externalUserId } = served
    const request = { templateId: templateIds.gold, externalUserId, reminderId: null }
    const { couponId } = await rooms.coupons.reserve(
      guide,
      request,
      intentOf('reserveCoupon', externalUserId),
    )
    await rooms.coupons.release(guide, couponId, { outcome: 'cancelled', reason: null }, undefined)

    const history = { db: test.db, config, now: TEST_NOW.getTime() }
    expect(await seedGivenCoupons(history, served, { ...templateIds, older: templateIds.gold })).toBe(1)
    const { held } = await rooms.coupons.shelf(guide, externalUserId)
    expect(held.filter(coupon => coupon.state === 'issued')).toHaveLength(1)
  })
})
