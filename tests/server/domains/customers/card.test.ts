import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { Card } from '../../../../shared/contract/customers.ts'
import { starterScripts } from '../../../../server/domains/scripts/starterScripts.ts'
import { fittingOccasion, isOnlyReadyMade } from '../../../../shared/rules/fittingOccasion.ts'
import { momentOf, suitsMoment } from '../../../../shared/rules/scriptMoment.ts'
import { RELATIONS } from '../../../../shared/rules/relation.ts'
import { addDays } from '../../../../shared/rules/civilDay.ts'
import { cardStatement } from '../../../../server/domains/customers/card.repository.ts'
import { TEST_NOW, TEST_TIME_ZONE, TEST_TODAY } from '../../../support/make.ts'
import { openLowerRooms } from '../lowerRooms.ts'

const rooms = openLowerRooms()
const HOUR = 3_600_000
const hoursAgo = (hours: number) => new Date(TEST_NOW.getTime() - hours * HOUR)

async function world() {
  const { make } = rooms
  const corp = await make.corp({ rule: { periodDays: 7, maxCount: 1 } })
  const store = await make.store(corp)
  const guide = await make.staff(corp, { name: '陈露', store })
  const session = await make.session(guide)
  return { make, corp, store, guide, session }
}

describe('the card', () => {
  it('gives the whole first screen', async () => {
    const { make, corp, guide, session } = await world()
    const colleague = await make.staff(corp, { name: '周敏' })
    const gone = await make.staff(corp, { name: '吴静', status: 'left' })
    const style = await make.tagGroup(corp, { name: '风格', tags: ['简约', '古法', '国潮'] })
    const [plain, old, tide] = style.tags
    const tier = await make.tagGroup(corp, {
      name: '等级',
      choice: 'single',
      tags: ['金卡', '银卡'],
      sort: 9,
    })
    const customer = await make.followed(corp, guide, {
      name: '林婉清 ',
      salutation: '婉清姐',
      tier: '金卡',
      remark: '国贸林姐',
      channel: '国贸店收银台',
      tags: [plain!, tier.tags[0]!],
    })
    await make.follow(colleague, customer)
    await make.follow(gone, customer)
    await sql`insert into tag_changes (follow_id, tag_id, corp_id, change, changed_at)
              values (${customer.followId}, ${plain!.id}, ${corp.corpId}, 'add', ${TEST_NOW})`.execute(
      rooms.db,
    )
    await sql`insert into tag_changes (follow_id, tag_id, corp_id, change, state, reason, changed_at)
              values (${customer.followId}, ${tide!.id}, ${corp.corpId}, 'add', 'refused', '到上限了', ${TEST_NOW})`.execute(
      rooms.db,
    )
    await sql`insert into recent_tags (staff_id, tag_id, corp_id, used_at) values
              (${guide.staffId}, ${plain!.id}, ${corp.corpId}, ${TEST_NOW}),
              (${guide.staffId}, ${old!.id}, ${corp.corpId}, ${TEST_NOW}),
              (${guide.staffId}, ${tier.tags[1]!.id}, ${corp.corpId}, ${TEST_NOW})`.execute(rooms.db)
    const mother = await make.person(corp, customer, { relation: 'mother' })
    const hers = await make.date(corp, customer, { nextOn: '2027-03-01' })
    const mothers = await make.date(corp, customer, { nextOn: '2026-12-03', personId: mother.personId })
    const reminder = await make.reminder(guide, customer, {
      dateId: mothers.dateId,
      occurrence: '2026-12-03',
      dueOn: '2026-11-19',
    })
    const script = await make.script(corp, { title: '生日祝福 · 给长辈', sort: 2 })
    await make.script(corp, { title: '给爱人', occasion: 'birthdayPartner' })
    await make.script(corp, { title: '别人的', scope: 'personal', owner: colleague })
    const over = await make.script(corp, { title: '去年的', sort: 1 })
    await sql`update scripts set effective_until = '2026-11-20' where script_id = ${over.scriptId}`.execute(
      rooms.db,
    )
    await make.send(colleague, customer, { title: '保养提醒', startedAt: hoursAgo(30) })
    await make.send(guide, customer, { title: '取消的', startedAt: hoursAgo(2), outcome: 'cancelled' })
    await make.send(guide, customer, { title: '上个月的', startedAt: hoursAgo(24 * 20) })
    const template = await make.couponTemplate(corp)
    await make.coupon(guide, template, customer, { expiresOn: '2026-12-31', state: 'issued' })
    await make.coupon(guide, template, customer, { expiresOn: '2026-11-30', state: 'claimed', slot: 2 })
    await make.coupon(guide, template, customer, { expiresOn: '2026-11-01', state: 'claimed', slot: 3 })
    await sql`insert into purchases (purchase_id, corp_id, customer_id, day, piece, amount_fen, created_at)
              values (gen_random_uuid(), ${corp.corpId}, ${customer.customerId}, '2026-05-18', '足金手链', 388000, ${TEST_NOW})`.execute(
      rooms.db,
    )

    const card = Card.parse(await rooms.customers.openCard(session.hash, customer.externalUserId))

    expect(card.customer).toMatchObject({
      externalUserId: customer.externalUserId,
      kind: 'wechat',
      gender: 'female',
      profile: { salutation: '婉清姐', tier: '金卡', ringSize: null, version: 1 },
      lastPurchase: { day: '2026-05-18', piece: '足金手链' },
    })
    expect(card.follow).toEqual({
      isMine: true,
      guide: null,
      isWaiting: false,
      isHalfAdded: false,
      remark: '国贸林姐',
      remarkSync: 'done',
      addedAt: '2026-03-02T03:00:00.000Z',
      addWay: 1,
      channel: '国贸店收银台',
      phones: [],
    })
    expect(card.colleagues).toEqual(['周敏'])
    expect(card.contact).toEqual({
      lastAt: hoursAgo(30).toISOString(),
      lastByName: '周敏',
      lastByMe: false,
      lastWhat: '保养提醒',
      wroteAt: null,
      rules: [
        {
          scope: 'customer',
          channel: 'private',
          periodDays: 7,
          maxCount: 1,
          hardness: 'soft',
          bypass: ['orderReady', 'afterSales', 'answer'],
          used: 1,
          freeOn: '2026-11-27',
        },
      ],
      quiet: null,
      quietVersion: 0,
      less: null,
      quietHours: null,
    })
    expect(card.tags).toEqual({
      tags: [
        { tagId: tier.tags[0]!.tagId, groupId: tier.groupId, name: '金卡', sync: 'done' },
        { tagId: plain!.tagId, groupId: style.groupId, name: '简约', sync: 'pending' },
      ],
      // not 简约, which she wears, nor 银卡, whose group holds one tag and has it
      suggested: [{ tagId: old!.tagId, groupId: style.groupId, name: '古法' }],
      refused: [{ tagId: tide!.tagId, name: '国潮', change: 'add', reason: '到上限了' }],
    })
    expect(card.dates.map(date => [date.dateId, date.nextOn, date.person?.relation ?? null])).toEqual([
      [mothers.dateId, '2026-12-03', 'mother'],
      [hers.dateId, '2027-03-01', null],
    ])
    expect(card.reminders).toMatchObject([
      {
        reminderId: reminder.reminderId,
        state: 'pending',
        occurrence: '2026-12-03',
        dueOn: '2026-11-19',
        date: { dateId: mothers.dateId },
        scripts: [{ scriptId: script.scriptId, title: '生日祝福 · 给长辈' }],
      },
    ])
    expect(card.coupons).toEqual({
      live: 2,
      expiringOn: '2026-11-30',
      latest: { name: '足金饰品券', state: 'claimed', expiresOn: '2026-11-30' },
    })
    expect(card.today).toBe(TEST_TODAY)
  })

  it('tells of a coupon given just now before one that ends soon, and afterwards of that one', async () => {
    const { make, corp, guide, session } = await world()
    const customer = await make.followed(corp, guide)
    const [old, fresh] = [
      await make.couponTemplate(corp, { name: '中秋团圆券' }),
      await make.couponTemplate(corp, { name: '足金饰品券' }),
    ]
    await make.coupon(guide, old, customer, { state: 'claimed', expiresOn: '2026-11-28' })
    const { couponId } = await make.coupon(guide, fresh, customer, { expiresOn: '2026-12-31' })
    const told = async (issuedAt: Date) => {
      await sql`update coupons set issued_at = ${issuedAt} where coupon_id = ${couponId}`.execute(rooms.db)
      return Card.parse(await rooms.customers.openCard(session.hash, customer.externalUserId)).coupons.latest
        ?.name
    }
    expect(await told(hoursAgo(1))).toBe('足金饰品券')
    expect(await told(hoursAgo(13))).toBe('中秋团圆券')
  })

  it('S3: takes one statement', async () => {
    const { make, corp, guide, session } = await world()
    const customer = await make.followed(corp, guide)
    rooms.test.statements.length = 0
    await rooms.customers.openCard(session.hash, customer.externalUserId)
    expect(rooms.test.statements).toHaveLength(1)
  })

  it('marks the session as used at most every five minutes', async () => {
    const { make, corp, guide } = await world()
    const customer = await make.followed(corp, guide)
    const idle = await make.session(guide, { createdAt: hoursAgo(1) })
    rooms.test.statements.length = 0
    await rooms.customers.openCard(idle.hash, customer.externalUserId)
    await rooms.customers.openCard(idle.hash, customer.externalUserId)
    expect(rooms.test.statements).toHaveLength(3)
    const seen = await sql<{
      last_seen_at: Date
    }>`select last_seen_at from sessions where token_hash = ${idle.hash}`.execute(rooms.db)
    expect(seen.rows[0]?.last_seen_at).toEqual(TEST_NOW)
  })

  it('P1 asks who is there before anything else', async () => {
    const { make, corp, guide } = await world()
    const customer = await make.followed(corp, guide)
    const open = (hash: Buffer | undefined) => rooms.customers.openCard(hash, customer.externalUserId)
    await expect(open(undefined)).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(open(Buffer.alloc(32))).rejects.toMatchObject({ code: 'unauthenticated' })
    const expired = await make.session(guide, { createdAt: hoursAgo(13) })
    await expect(open(expired.hash)).rejects.toMatchObject({ code: 'session_expired' })
    const revoked = await make.session(guide, { revokedAt: TEST_NOW })
    await expect(open(revoked.hash)).rejects.toMatchObject({ code: 'session_revoked' })
  })

  it('P2 shows nobody a customer of others, and does not tell it from an unknown one', async () => {
    const { make, corp, guide, session } = await world()
    const other = await make.staff(corp)
    const theirs = await make.followed(corp, other)
    const lost = await make.followed(corp, guide, { status: 'lost' })
    const elsewhere = await make.corp()
    const foreign = await make.followed(elsewhere, await make.staff(elsewhere))
    const refusals = await Promise.all(
      [theirs, lost, foreign, { externalUserId: 'wmNobody' }].map(({ externalUserId }) =>
        rooms.customers.openCard(session.hash, externalUserId).catch((error: unknown) => error),
      ),
    )
    for (const refusal of refusals) expect(refusal).toEqual(refusals[3])
    expect(refusals[3]).toMatchObject({ code: 'not_found' })
  })

  it('says what is due, and keeps quiet about what is not', async () => {
    const { make, corp, guide, session } = await world()
    const customer = await make.followed(corp, guide)
    const other = await make.staff(corp)
    await make.follow(other, customer)
    const date = async (nextOn: string) => (await make.date(corp, customer, { nextOn })).dateId
    const due = async (occurrence: string, rest: object = {}) =>
      (await make.reminder(guide, customer, { dateId: await date(occurrence), occurrence, ...rest }))
        .reminderId
    const near = await due('2026-11-22')
    const overdue = await due('2026-11-18')
    const longer = await due('2026-11-16')
    const woken = await due('2026-11-28', { state: 'snoozed', snoozedUntil: TEST_TODAY })
    await due('2026-11-29', { state: 'snoozed', snoozedUntil: '2026-11-22' })
    await due('2026-12-20', { dueOn: '2026-12-06' })
    await due('2026-11-10')
    await due('2026-11-23', { state: 'sent' })
    await make.reminder(other, customer, { dateId: await date('2026-11-24'), occurrence: '2026-11-24' })
    const card = await rooms.customers.openCard(session.hash, customer.externalUserId)
    expect(card.reminders.map(reminder => reminder.reminderId)).toEqual([overdue, longer, near, woken])
  })

  it('offers for each date the scripts which the rules call fitting, three at most', async () => {
    const { make, corp, guide, session } = await world()
    const occasions = [
      'birthdaySelf',
      'birthdayElder',
      'birthdayPartner',
      'birthdayChild',
      'birthdayOther',
      'wedding',
      'firstPurchase',
      'ownDay',
      'care',
      'daily',
    ] as const
    for (const occasion of occasions) {
      for (let sort = 4; sort > 0; sort--)
        await make.script(corp, { title: `${occasion} ${sort}`, occasion, sort })
    }
    const relations = [null, ...RELATIONS.map(relation => relation.code)]
    for (const kind of ['birthday', 'wedding', 'firstPurchase', 'other'] as const) {
      for (const relation of relations) {
        const customer = await make.followed(corp, guide)
        const personId = relation === null ? null : (await make.person(corp, customer, { relation })).personId
        const { dateId } = await make.date(corp, customer, { nextOn: '2026-11-25', kind, personId })
        await make.reminder(guide, customer, { dateId, occurrence: '2026-11-25' })
        const card = await rooms.customers.openCard(session.hash, customer.externalUserId)
        const occasion = fittingOccasion(kind, relation)
        expect(card.reminders[0]?.scripts.map(script => script.title)).toEqual(
          [1, 2, 3].map(sort => `${occasion} ${sort}`),
        )
      }
    }
  })

  it('P20 offers only what may be said so many days before or after the day', async () => {
    const { make, corp, guide, session } = await world()
    for (const [index, { key, title, occasion, texts }] of starterScripts.entries()) {
      const { scriptId } = await make.script(corp, { title, occasion, sort: index, text: texts[0] })
      await sql`update scripts set starter_key = ${key} where script_id = ${scriptId}`.execute(rooms.db)
    }
    await make.script(corp, { title: '自己写的', occasion: 'wedding', sort: 99 })
    const rewritten = await make.script(corp, { title: '改成送首饰的', occasion: 'birthdaySelf', sort: 99 })
    await sql`update scripts set began_as = 'birthday-elder-late' where script_id = ${rewritten.scriptId}`.execute(
      rooms.db,
    )
    for (const kind of ['birthday', 'wedding'] as const) {
      for (const days of [-5, -1, 0, 1, 3, 4, 13, 14]) {
        for (const lastOrderOn of [null, addDays(TEST_TODAY, -1)]) {
          const customer = await make.followed(corp, guide)
          const occurrence = addDays(TEST_TODAY, days)
          const { dateId } = await make.date(corp, customer, { nextOn: occurrence, kind, lastOrderOn })
          await make.reminder(guide, customer, { dateId, occurrence, dueOn: addDays(TEST_TODAY, -7) })
          const card = await rooms.customers.openCard(session.hash, customer.externalUserId)
          const occasion = isOnlyReadyMade(TEST_TODAY, occurrence, lastOrderOn)
            ? 'readyMade'
            : fittingOccasion(kind, null)
          const expected = starterScripts
            .filter(script => script.occasion === occasion)
            .filter(script => suitsMoment(script.key, script.occasion, momentOf(TEST_TODAY, occurrence)))
            .map(({ title }) => title)
          if (occasion === 'wedding') expected.push('自己写的')
          if (occasion === 'birthdaySelf') expected.push('改成送首饰的')
          expect(
            card.reminders[0]?.scripts.map(({ title }) => title),
            `${kind} ${days} ${lastOrderOn}`,
          ).toEqual(expected.slice(0, 3))
        }
      }
    }
  })

  it('offers later what asks for a fact of her store that nobody has noted, and first once it is', async () => {
    const { make, corp, store, guide, session } = await world()
    const customer = await make.followed(corp, guide)
    const script = (sort: number, text: string) =>
      make.script(corp, { title: text, occasion: 'newFriend', sort, text })
    for (const [index, text] of ['{营业时间}开门', '电话{门店电话}', '您好'].entries())
      await script(index, text)
    await make.reminder(guide, customer, { kind: 'newFriend', occurrence: '2026-11-21' })
    const offered = async () =>
      (await rooms.customers.openCard(session.hash, customer.externalUserId)).reminders[0]?.scripts.map(
        ({ title }) => title,
      )
    expect(await offered()).toEqual(['您好', '{营业时间}开门', '电话{门店电话}'])
    const note = (hours: string | null, phone: string | null) =>
      sql`update stores set hours = ${hours}, phone = ${phone} where store_id = ${store.storeId}`.execute(
        rooms.db,
      )
    await note('每天 10:00–22:00', null)
    expect(await offered()).toEqual(['{营业时间}开门', '您好', '电话{门店电话}'])
    await note('每天 10:00–22:00', '010-5550 0108')
    expect(await offered()).toEqual(['{营业时间}开门', '电话{门店电话}', '您好'])
  })

  it('offers first what has worked and she has not had last, tells what she had, and goes on with what was begun', async () => {
    const { make } = rooms
    const corp = await make.corp()
    const guide = await make.staff(corp)
    const colleague = await make.staff(corp)
    const session = await make.session(guide)
    const customer = await make.followed(corp, guide)
    const script = (sort: number) => make.script(corp, { title: `欢迎 ${sort}`, occasion: 'newFriend', sort })
    const [one, two, three] = [await script(1), await script(2), await script(3)]
    const { reminderId } = await make.reminder(guide, customer, {
      kind: 'newFriend',
      occurrence: '2026-11-21',
    })
    const open = async () => rooms.customers.openCard(session.hash, customer.externalUserId)
    const offered = async () => (await open()).reminders[0]?.scripts.map(({ title, why }) => [title, why])
    expect(await offered()).toEqual([['欢迎 1', ''], ['欢迎 2', ''], ['欢迎 3', '']]) // prettier-ignore

    await sql`
      insert into script_worked (corp_id, script_id, version, sends, replies, purchases)
      values (${corp.corpId}, ${three.scriptId}, 1, 40, 32, 0), (${corp.corpId}, ${two.scriptId}, 7, 40, 40, 0)`.execute(
      rooms.db,
    )
    await make.send(colleague, customer, { script: one, startedAt: hoursAgo(50) })
    await make.send(colleague, customer, { script: two, outcome: 'cancelled', startedAt: hoursAgo(40) })
    await make.send(colleague, customer, { startedAt: hoursAgo(30) })
    expect((await open()).recentScripts).toEqual([{ scriptId: one.scriptId, on: '2026-11-19' }])
    expect(await offered()).toEqual([
      ['欢迎 3', '公司里 8 成有回音'], ['欢迎 2', ''], ['欢迎 1', '上次发的就是这条'],
    ]) // prettier-ignore

    const begun = await make.send(guide, customer, { script: two, reminderId, outcome: 'partial' })
    await sql`
      insert into send_parts (send_id, index, body, outcome)
      values (${begun.sendId}, 0, '{}', 'ok'), (${begun.sendId}, 1, '{}', null)`.execute(rooms.db)
    expect((await offered())?.[0]).toEqual(['欢迎 2', ''])
  })

  it('weighs all that suit as 话术 does: her favourites, what can be filled, what uses her own facts', async () => {
    const { make, corp, guide, session } = await world()
    const customer = await make.followed(corp, guide, { salutation: '婉清姐' })
    const person = await make.person(corp, customer, { relation: 'mother' })
    const { dateId } = await make.date(corp, customer, { nextOn: '2026-11-25', personId: person.personId })
    await make.reminder(guide, customer, { dateId, occurrence: '2026-11-25' })
    const write = (title: string, sort: number, text: string) =>
      make.script(corp, { title, occasion: 'birthdayElder', sort, parts: [{ kind: 'text', text }] })
    await write('缺', 1, '{称呼}，{手围}')
    for (let sort = 2; sort < 30; sort++) await write(`平常 ${sort}`, sort, '{称呼}，您好')
    await write('家人', 15, '{家人称呼}生日')
    const favourite = await write('收藏的', 40, '{称呼}，您好')
    await sql`insert into script_favourites (staff_id, script_id, created_at)
              values (${guide.staffId}, ${favourite.scriptId}, ${TEST_NOW})`.execute(rooms.db)
    const colleague = await make.staff(corp)
    await sql`insert into script_favourites (staff_id, script_id, created_at)
              select ${colleague.staffId}, script_id, ${TEST_NOW} from scripts where title = '平常 20'`.execute(
      rooms.db,
    )
    const offered = async (hash: Buffer) =>
      (await rooms.customers.openCard(hash, customer.externalUserId)).reminders[0]?.scripts.map(
        ({ title, why }) => [title, why],
      )
    expect(await offered(session.hash)).toEqual([
      ['收藏的', '你收藏的'],
      ['家人', ''],
      ['平常 2', ''],
    ])
  })

  it('weighs of many the ones of her own shop, what has worked and the newest, however late they came into the library', async () => {
    const { make, corp, store, guide, session } = await world()
    const customer = await make.followed(corp, guide)
    await make.reminder(guide, customer, { kind: 'newFriend', occurrence: '2026-11-21' })
    const write = (title: string, sort: number, given: Parameters<typeof make.script>[1] = {}) =>
      make.script(corp, { title, occasion: 'newFriend', sort, text: '您好', ...given })
    for (let sort = 1; sort <= 25; sort++) await write(`平常 ${sort}`, sort, { text: '{手围}' })
    const offered = async () =>
      (await rooms.customers.openCard(session.hash, customer.externalUserId)).reminders[0]?.scripts.map(
        ({ title }) => title,
      )
    await write('最新的', 26)
    await sql`update scripts set updated_at = ${hoursAgo(1)} where title <> '最新的'`.execute(rooms.db)
    expect((await offered())?.[0]).toBe('最新的')
    const worked = await write('有回音的', 27)
    await sql`update scripts set updated_at = ${hoursAgo(99)} where script_id = ${worked.scriptId}`.execute(
      rooms.db,
    )
    await sql`insert into script_worked (corp_id, script_id, version, sends, replies, purchases)
              values (${corp.corpId}, ${worked.scriptId}, 1, 40, 32, 0)`.execute(rooms.db)
    expect((await offered())?.slice(0, 2)).toEqual(['有回音的', '最新的'])
    for (const [title, given] of [
      ['店里的', { scope: 'store', store }],
      ['自己的', { scope: 'personal', owner: guide }],
    ] as const)
      await write(title, 28, given)
    await sql`update scripts set updated_at = ${hoursAgo(99)} where scope <> 'company'`.execute(rooms.db)
    await sql`update scripts set parts = '[{"kind":"text","text":"{手围}"}]'
              where title in ('有回音的', '最新的')`.execute(rooms.db)
    expect((await offered())?.slice(0, 2).sort()).toEqual(['店里的', '自己的'])
  })

  it('knows the next day of a date which the night has not rolled on yet', async () => {
    const { make, corp, guide, session } = await world()
    const customer = await make.followed(corp, guide)
    await make.date(corp, customer, { nextOn: '2026-11-20' })
    await make.date(corp, customer, { nextOn: '2027-01-05' })
    const card = await rooms.customers.openCard(session.hash, customer.externalUserId)
    expect(card.dates.map(date => date.nextOn)).toEqual(['2027-01-05', '2027-11-20'])
  })

  it('reaches every table that grows by an index', async () => {
    const { make, corp, guide, session } = await world()
    const customer = await make.followed(corp, guide)
    // Filling the tables is no request: on a busy machine it takes longer than a statement of the product may.
    await rooms.db.transaction(async tx => {
      await sql`set local statement_timeout = 0`.execute(tx)
      for (let first = 1; first <= 5000; first += 250)
        await sql`
        with made as (
          insert into customers (corp_id, external_user_id, name, synced_at)
          select ${corp.corpId}, 'bulk' || n, '客户' || n, ${TEST_NOW} from generate_series(${first}::integer, ${first + 249}::integer) n
          returning customer_id),
        followed as (
          insert into follows (corp_id, staff_id, customer_id, sort_key, search_key, synced_at)
          select ${corp.corpId}, ${guide.staffId}, customer_id, 'ke hu', '|kehu', ${TEST_NOW} from made),
        dated as (
          insert into important_dates (date_id, corp_id, customer_id, kind, calendar, month, day, lead_days, next_on, remind_on, created_at)
          select gen_random_uuid(), ${corp.corpId}, customer_id, 'birthday', 'solar', 12, 3, 14, '2026-12-03', '2026-11-19', ${TEST_NOW} from made),
        reminded as (
          insert into reminders (reminder_id, corp_id, customer_id, staff_id, kind, occurrence, due_on, created_at)
          select gen_random_uuid(), ${corp.corpId}, customer_id, ${guide.staffId}, 'date', '2026-12-03', '2026-11-19', ${TEST_NOW} from made),
        bought as (
          insert into purchases (purchase_id, corp_id, customer_id, day, piece, amount_fen, created_at)
          select gen_random_uuid(), ${corp.corpId}, customer_id, '2026-05-18', '手链', 1, ${TEST_NOW} from made),
        told as (
          insert into outbox (outbox_id, corp_id, kind, lane, subject, staff_id, customer_id, payload, state, created_at)
          select gen_random_uuid(), ${corp.corpId}, 'remark', 'customer:' || customer_id, 'follow:' || customer_id, ${guide.staffId}, customer_id, '{}', 'done', ${TEST_NOW} from made),
        touched as (
          insert into touches (corp_id, customer_id, at, kind, actor, what)
          select ${corp.corpId}, customer_id, ${TEST_NOW}, 'purchase', 'system', '手链' from made)
        insert into sends (send_id, corp_id, staff_id, customer_id, title, started_at, outcome)
        select gen_random_uuid(), ${corp.corpId}, ${guide.staffId}, customer_id, '保养提醒', ${TEST_NOW}, 'ok' from made`.execute(
          tx,
        )
      await sql`
      insert into sessions (token_hash, corp_id, staff_id, created_at, last_seen_at, expires_at)
      select decode(md5(n::text), 'hex'), ${corp.corpId}, ${guide.staffId}, ${TEST_NOW}, ${TEST_NOW}, ${TEST_NOW}
      from generate_series(1, 1000) n`.execute(tx)
      await sql`analyze`.execute(tx)
    })
    const asked = {
      sessionHash: session.hash,
      externalUserId: customer.externalUserId,
      now: TEST_NOW,
      today: TEST_TODAY,
      timeZone: TEST_TIME_ZONE,
    }
    const statement = cardStatement(asked).compile(rooms.db.kysely).sql
    // The plan of a prepared statement after its first runs: it knows no parameter.
    const explained = await rooms.db.pool.query<{ 'QUERY PLAN': string }>(
      `explain (generic_plan) ${statement}`,
    )
    const plan = explained.rows.map(row => row['QUERY PLAN']).join('\n')
    const scanned = [...plan.matchAll(/Seq Scan on (\w+)/g)].map(match => match[1])
    const growing = [
      'customers',
      'follows',
      'sends',
      'touches',
      'outbox',
      'important_dates',
      'reminders',
      'purchases',
      'sessions',
    ]
    expect(scanned.filter(table => growing.includes(table ?? ''))).toEqual([])
    expect(plan).toContain('customers__external_key')
    expect(plan).toContain('sends__customer_counted')
  })
})
