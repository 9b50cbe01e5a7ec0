import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { CustomerRow } from '../../../../shared/contract/customers.ts'
import type { StaffActor } from '../../../../server/actor.ts'
import { createCustomersService } from '../../../../server/domains/customers/customers.service.ts'
import { phoneTails } from '../../../../server/domains/customers/searchKeys.ts'
import { createLimits } from '../../../../server/limits/limits.ts'
import { TEST_NOW, TEST_TIME_ZONE } from '../../../support/make.ts'
import { openLowerRooms } from '../lowerRooms.ts'

const rooms = openLowerRooms()

async function guideOfACorp() {
  const { make } = rooms
  const corp = await make.corp()
  const guide = await make.staff(corp)
  return { make, corp, guide }
}

async function allPages(actor: StaffActor, limit: number, between?: (page: number) => Promise<unknown>) {
  const shown: CustomerRow[] = []
  let cursor: string | undefined
  for (let page = 1; ; page++) {
    const { items, nextCursor } = await rooms.customers.list(actor, { limit, cursor })
    shown.push(...items)
    if (nextCursor === null) return shown
    cursor = nextCursor
    await between?.(page)
  }
}

describe('my customers', () => {
  it('come in pinyin order, each once, also when others are added between two pages', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const names = ['张三', '李四', '王五', '王五', '陈露', '🌸', '阿芳', '赵敏', '钱多']
    for (const name of names) await make.followed(corp, guide, { name })
    await make.followed(corp, await make.staff(corp), { name: '不是我的' })
    await make.followed(corp, guide, { name: '走了', status: 'lost' })
    const shown = await allPages(guide, 4, page =>
      page === 1 ? make.followed(corp, guide, { name: '安安' }) : Promise.resolve(),
    )
    expect(shown.map(row => row.name)).toEqual([
      '阿芳',
      '陈露',
      '李四',
      '钱多',
      '王五',
      '王五',
      '张三',
      '赵敏',
      '🌸',
    ])
    expect(new Set(shown.map(row => row.externalUserId)).size).toBe(names.length)
  })

  it('are found by 汉字, pinyin, initials and phone tail', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const withPhone = (phone: string) => ({
      phoneTails: phoneTails(rooms.sealing, [phone]),
      phonesSealed: rooms.sealing.seal(JSON.stringify([phone])),
    })
    const lin = await make.followed(corp, guide, {
      name: '林婉清',
      tier: '金卡',
      ...withPhone('138 0013 8000'),
    })
    await make.followed(corp, guide, { name: '王五' })
    const find = async (q: string) =>
      (await rooms.customers.list(guide, { q, limit: 30 })).items.map(row => row.externalUserId)
    for (const q of ['婉清', 'linwanq', 'WQ', '8000', '13800138000'])
      expect(await find(q)).toEqual([lin.externalUserId])
    for (const q of ['8001', '%', '_', 'xyz', ' | ']) expect(await find(q)).toEqual([])
    // Another number that ends alike: the last four find both, the whole one its own.
    const other = await make.followed(corp, guide, { name: '赵敏', ...withPhone('13900138000') })
    expect(await find('8000')).toEqual([lin.externalUserId, other.externalUserId])
    expect(await find('139 0013 8000')).toEqual([other.externalUserId])
    expect(await find('13700138000')).toEqual([])
    expect(await find('00138000')).toEqual([])
  })

  it('P27 are not asked for the hidden digits of a number one after the other', async () => {
    const { make, corp, guide } = await guideOfACorp()
    await make.followed(corp, guide, {
      name: '林婉清',
      phoneTails: phoneTails(rooms.sealing, ['13800138000']),
      phonesSealed: rooms.sealing.seal(JSON.stringify(['13800138000'])),
    })
    const { db, clock, sealing } = rooms
    const settings = { requestsPerSecond: 10, loginsPerMinute: 10 }
    const limits = createLimits({ db, clock, log: { warn: () => undefined }, sealing, settings })
    const customers = createCustomersService({ db, clock, sealing, limits, timeZone: TEST_TIME_ZONE })
    const find = (q: string) => customers.list(guide, { q, limit: 30 })
    for (let tried = 1000; tried < 1020; tried++) await find(`138${tried}8000`)
    await expect(find('13800138000')).rejects.toMatchObject({ code: 'rate_limited' })
    expect((await find('8000')).items).toHaveLength(1)
  })

  it('show 称呼 first, tier, and the first three tags; a tag picks those who wear it', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const style = await make.tagGroup(corp, { tags: ['一', '二', '三', '四'] })
    await make.followed(corp, guide, {
      name: '林婉清',
      remark: '林姐',
      salutation: '婉清姐',
      tier: '金卡',
      tags: style.tags,
    })
    await make.followed(corp, guide, { name: '王五', remark: '老王' })
    const { items } = await rooms.customers.list(guide, { limit: 30 })
    expect(items.map(row => [row.address, row.name, row.tier, row.tags])).toEqual([
      ['老王', '王五', null, []],
      ['婉清姐', '林婉清', '金卡', ['一', '二', '三']],
    ])
    const worn = await rooms.customers.list(guide, { tag: style.tags[3]!.tagId, limit: 30 })
    expect(worn.items.map(row => row.address)).toEqual(['婉清姐'])
    expect((await rooms.customers.list(guide, { tag: 'unknown', limit: 30 })).items).toEqual([])
  })

  it('have a name to be called by, whatever they call themselves', async () => {
    const { make, corp, guide } = await guideOfACorp()
    await make.followed(corp, guide, { name: '🌸' })
    await make.followed(corp, guide, { name: '~', remark: '小鱼' })
    const { items } = await rooms.customers.list(guide, { limit: 30 })
    expect(items.map(row => row.address)).toEqual(['小鱼', '这位客户'])
  })

  it('P2 refuse a cursor of somebody else, of another list, or altered', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const colleague = await make.staff(corp)
    for (const name of ['甲', '乙', '丙'])
      await make.follow(colleague, await make.followed(corp, guide, { name }))
    const { nextCursor } = await rooms.customers.list(guide, { limit: 1 })
    const cursor = nextCursor!
    const isInvalid = { code: 'cursor_invalid' }
    await expect(rooms.customers.list(colleague, { limit: 1, cursor })).rejects.toMatchObject(isInvalid)
    await expect(rooms.customers.list(guide, { limit: 1, cursor, q: 'a' })).rejects.toMatchObject(isInvalid)
    const altered = `${cursor.startsWith('A') ? 'B' : 'A'}${cursor.slice(1)}`
    for (const wrong of [altered, '', 'x', '10', cursor.slice(0, 20)]) {
      await expect(rooms.customers.list(guide, { limit: 1, cursor: wrong })).rejects.toMatchObject(isInvalid)
    }
    expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toContain('bing')
  })

  it('are listed by index, whoever else has customers', async () => {
    const { corp, guide } = await guideOfACorp()
    await sql`
      with made as (
        insert into customers (corp_id, external_user_id, name, synced_at)
        select ${corp.corpId}, 'many' || n, '客户' || n, ${TEST_NOW} from generate_series(1, 5000) n returning customer_id)
      insert into follows (corp_id, staff_id, customer_id, sort_key, synced_at)
      select ${corp.corpId}, ${guide.staffId}, customer_id, 'k' || customer_id, ${TEST_NOW} from made`.execute(
      rooms.db,
    )
    await sql`analyze`.execute(rooms.db)
    const admin = await rooms.make.staff(corp, { role: 'admin' })
    for (const [actor, of] of [
      [guide, undefined],
      [admin, guide.userId],
    ] as const) {
      rooms.test.statements.length = 0
      await rooms.customers.list(actor, { limit: 30, of })
      const statement = rooms.test.statements.at(-1)
      const explained = await rooms.db.pool.query<{ 'QUERY PLAN': string }>(
        `explain (generic_plan) ${statement}`,
      )
      const plan = explained.rows.map(row => row['QUERY PLAN']).join('\n')
      expect(plan).toContain('Index Scan using follows__list')
      expect(plan).not.toMatch(/Seq Scan on (customers|follows)|Sort Key: f.sort_key/)
      expect(rooms.test.statements).toHaveLength(of === undefined ? 1 : 2)
    }
  })
})

describe('the profile', () => {
  it('changes what is given and leaves a line without the values', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const customer = await make.followed(corp, guide, { tier: '银卡' })
    const changed = await rooms.customers.changeProfile(
      guide,
      customer.externalUserId,
      { ringSize: '13', wish: '' },
      1,
    )
    expect(changed).toEqual({
      salutation: null,
      tier: '银卡',
      ringSize: '13',
      wristSize: null,
      neckSize: null,
      wish: null,
      note: null,
      version: 2,
    })
    const { items } = await rooms.customers.listTimeline(guide, customer.externalUserId, { limit: 30 })
    expect(items).toMatchObject([
      { kind: 'profileChanged', by: 'me', who: '陈露', what: '戒圈、心愿单', detail: null },
    ])
  })

  it('P13 refuses an edit of a version that is no more', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const customer = await make.followed(corp, guide)
    const edits = await Promise.allSettled(
      ['12', '13', '14'].map(ringSize =>
        rooms.customers.changeProfile(guide, customer.externalUserId, { ringSize }, 1),
      ),
    )
    const refused = edits.filter(edit => edit.status === 'rejected')
    expect(refused).toHaveLength(2)
    for (const edit of refused) expect(edit.reason).toMatchObject({ code: 'version_conflict' })
    const timeline = await rooms.customers.listTimeline(guide, customer.externalUserId, { limit: 30 })
    expect(timeline.items).toHaveLength(1)
  })

  it('a new 称呼 is found by every colleague who serves her', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const colleague = await make.staff(corp)
    const customer = await make.followed(corp, guide, { name: 'Sunny' })
    await make.follow(colleague, customer, { remark: '老客户' })
    await rooms.customers.changeProfile(guide, customer.externalUserId, { salutation: '婉清姐' }, 1)
    for (const reader of [guide, colleague]) {
      const { items } = await rooms.customers.list(reader, { q: 'wanqing', limit: 30 })
      expect(items.map(row => row.address)).toEqual(['婉清姐'])
    }
    expect((await rooms.customers.list(colleague, { q: '老客户', limit: 30 })).items).toHaveLength(1)
  })

  it("P2 of others' customers cannot be changed", async () => {
    const { make, corp, guide } = await guideOfACorp()
    const theirs = await make.followed(corp, await make.staff(corp))
    const change = rooms.customers.changeProfile(guide, theirs.externalUserId, { note: '我的' }, 1)
    await expect(change).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('timeline', () => {
  it('pages the timeline newest first, lines of the same instant in order', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const colleague = await make.staff(corp, { name: '周敏' })
    const customer = await make.followed(corp, guide)
    const touch = (what: string, at: Date, rest: object) =>
      rooms.db.transaction(tx =>
        rooms.customers.recordTouch(tx, guide, {
          customerId: customer.customerId,
          kind: 'send',
          by: 'staff',
          what,
          at,
          ...rest,
        }),
      )
    for (const what of ['一', '二', '三'])
      await touch(what, TEST_NOW, { staffId: guide.staffId, outcome: 'ok' })
    await touch('旧', new Date(TEST_NOW.getTime() - 1000), { staffId: colleague.staffId })
    await touch('她领了', new Date(TEST_NOW.getTime() - 2000), { kind: 'couponClaimed', by: 'customer' })
    const first = await rooms.customers.listTimeline(guide, customer.externalUserId, { limit: 2 })
    await touch('新来的', new Date(TEST_NOW.getTime() + 1000), {})
    const rest = await rooms.customers.listTimeline(guide, customer.externalUserId, {
      limit: 30,
      cursor: first.nextCursor!,
    })
    expect([...first.items, ...rest.items].map(line => [line.what, line.by, line.who])).toEqual([
      ['三', 'me', '陈露'],
      ['二', 'me', '陈露'],
      ['一', 'me', '陈露'],
      ['旧', 'colleague', '周敏'],
      ['她领了', 'customer', null],
    ])
    expect(rest.nextCursor).toBeNull()
    const other = await make.followed(corp, guide)
    const elsewhere = rooms.customers.listTimeline(guide, other.externalUserId, {
      limit: 2,
      cursor: first.nextCursor!,
    })
    await expect(elsewhere).rejects.toMatchObject({ code: 'cursor_invalid' })
  })
})
