import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import type { CivilDay } from '../../../../shared/rules/civilDay.ts'
import { TEST_NOW, TEST_TODAY } from '../../../support/make.ts'
import { openLowerRooms, servicesOver } from '../lowerRooms.ts'

const rooms = openLowerRooms()
const HOUR = 3_600_000
const hoursAgo = (hours: number) => new Date(TEST_NOW.getTime() - hours * HOUR)
beforeEach(() => rooms.clock.set(TEST_NOW))

async function shop() {
  const { make } = rooms
  const corp = await make.corp()
  const guide = await make.staff(corp)
  return { make, corp, guide }
}
type Shop = Awaited<ReturnType<typeof shop>>

const openOf = async ({ corp }: Pick<Shop, 'corp'>) =>
  (
    await sql<{
      kind: string
      state: string
      staffId: number
      dueOn: CivilDay
      occurrence: CivilDay
      about: string | null
    }>`
      select kind, state, staff_id as "staffId", due_on as "dueOn", occurrence, about from reminders
      where corp_id = ${corp.corpId} order by kind, due_on, occurrence, reminder_id`.execute(rooms.db)
  ).rows
const dueToday = async (guide: Shop['guide']) =>
  (await rooms.reminders.getToday(guide)).sections.find(({ name }) => name === 'due')?.rows ?? []
const bought = (corp: Shop['corp'], customerId: number, day: CivilDay, by: Shop['guide'] | null) =>
  sql`insert into purchases (purchase_id, corp_id, customer_id, day, piece, amount_fen, created_by, created_at)
    values (gen_random_uuid(), ${corp.corpId}, ${customerId}, ${day}, '足金手链', 100, ${by?.staffId ?? null}, ${TEST_NOW})`.execute(
    rooms.db,
  )

describe('a new friend without tags', () => {
  it('is told of after a day, once, with two servers at work, and leaves the list of new friends', async () => {
    const { make, corp, guide } = await shop()
    const friend = await make.followed(corp, guide, { addedAt: hoursAgo(25), name: '孙小姐' })
    await make.followed(corp, guide, { addedAt: hoursAgo(23), name: '刚加的' })
    const [tag] = (await make.tagGroup(corp)).tags
    await make.followed(corp, guide, { addedAt: hoursAgo(25), tags: tag ? [tag] : [] })
    await make.followed(corp, guide, { addedAt: hoursAgo(8 * 24) })
    const second = servicesOver(rooms.db)
    await Promise.all([rooms.reminders.runDaily(), second.reminders.runDaily()])
    await rooms.reminders.runDaily()
    expect(await openOf({ corp })).toMatchObject([
      { kind: 'newFriend', dueOn: TEST_TODAY, occurrence: '2026-11-27' },
    ])
    const { sections } = await rooms.reminders.getToday(guide)
    const names = (section: string) =>
      sections.find(({ name }) => name === section)?.rows.map(row => row.address)
    expect(names('due')).toEqual(['孙小姐'])
    expect(names('newFriends')).toEqual(['刚加的'])
    expect((await dueToday(guide))[0]?.because).toBe('加好友一天多了，还没有标签')
    await sql`update follows set tag_ids = '{1}' where follow_id = ${friend.followId}`.execute(rooms.db)
    expect(await dueToday(guide)).toEqual([])
    await rooms.reminders.runDaily()
    expect((await openOf({ corp })).map(({ state }) => state)).toEqual(['expired'])
  })

  it('P20 a heap of them is spread over days, nobody lost', async () => {
    const { corp, guide } = await shop()
    await sql`
      with made as (
        insert into customers (corp_id, external_user_id, name, synced_at)
        select ${corp.corpId}, 'heap' || n, '新客' || n, ${TEST_NOW} from generate_series(1, 50) n returning customer_id)
      insert into follows (corp_id, staff_id, customer_id, added_at, synced_at)
      select ${corp.corpId}, ${guide.staffId}, customer_id, ${hoursAgo(30)}, ${TEST_NOW} from made`.execute(
      rooms.db,
    )
    await rooms.reminders.runDaily()
    await rooms.reminders.runDaily()
    const days = (await openOf({ corp })).map(({ dueOn }) => dueOn)
    expect(days).toHaveLength(50)
    expect(
      [TEST_TODAY, '2026-11-22', '2026-11-23'].map(day => days.filter(each => each === day).length),
    ).toEqual([20, 20, 10])
  })
})

describe('what was missed', () => {
  it('P20 is not put off past the last day on which a piece can be ordered for it', async () => {
    const { make, corp, guide } = await shop()
    const customer = await make.followed(corp, guide)
    await sql`
      insert into important_dates (date_id, corp_id, customer_id, kind, calendar, month, day, lead_days, next_on, remind_on, created_at)
      select gen_random_uuid(), ${corp.corpId}, ${customer.customerId}, 'birthday', 'solar', 11, 1, 14, '2026-11-28'::date,
             '2026-11-14'::date, ${TEST_NOW} from generate_series(1, 60)`.execute(rooms.db)
    const nextOn = '2026-12-02'
    const pressing = await make.followed(corp, guide)
    await make.date(corp, pressing, { nextOn, remindOn: '2026-11-18', lastOrderOn: '2026-11-22' })
    await rooms.reminders.runDaily()
    const [mine] = (await openOf({ corp })).filter(({ occurrence }) => occurrence === nextOn)
    expect(mine?.dueOn).toBe(TEST_TODAY)
  })

  it('P20 comes with the nearest days first, twenty a day, none after its own day', async () => {
    const { make, corp, guide } = await shop()
    const customer = await make.followed(corp, guide)
    for (const [nextOn, count] of [
      ['2026-11-22', 30],
      ['2026-11-30', 25],
    ] as const) {
      await sql`
        insert into important_dates (date_id, corp_id, customer_id, kind, calendar, month, day, lead_days, next_on, remind_on, created_at)
        select gen_random_uuid(), ${corp.corpId}, ${customer.customerId}, 'birthday', 'solar', 11, 1, 14, ${nextOn}::date,
               ${nextOn}::date - 14, ${TEST_NOW} from generate_series(1, ${count}::int)`.execute(rooms.db)
    }
    await rooms.reminders.runDaily()
    const made = await openOf({ corp })
    const onDay = (day: CivilDay) =>
      made.filter(({ dueOn }) => dueOn === day).map(({ occurrence }) => occurrence)
    expect(made).toHaveLength(55)
    expect(new Set(onDay(TEST_TODAY))).toEqual(new Set(['2026-11-22']))
    expect(onDay(TEST_TODAY)).toHaveLength(20)
    expect(made.every(({ dueOn, occurrence }) => dueOn <= occurrence)).toBe(true)
    expect(onDay('2026-11-23')).toHaveLength(15)
  })
})

describe('a coupon about to end', () => {
  it('is told of to who gave it, and not any more once it is used or taken back', async () => {
    const { make, corp, guide } = await shop()
    const colleague = await make.staff(corp)
    const customer = await make.followed(corp, guide, { name: '王立群' })
    await make.follow(colleague, customer)
    const template = await make.couponTemplate(corp, { perPerson: 5 })
    const { couponId } = await make.coupon(colleague, template, customer, {
      state: 'claimed',
      expiresOn: '2026-11-23',
    })
    await make.coupon(guide, template, customer, { state: 'claimed', slot: 2, expiresOn: '2026-11-30' })
    await make.coupon(guide, template, customer, { state: 'redeemed', slot: 3, expiresOn: '2026-11-22' })
    await rooms.reminders.runDaily()
    await rooms.reminders.runDaily()
    expect(await openOf({ corp })).toMatchObject([
      { kind: 'coupon', staffId: colleague.staffId, about: '足金饰品券', occurrence: '2026-11-23' },
    ])
    expect(await dueToday(colleague)).toMatchObject([{ because: '「足金饰品券」还有 2 天到期' }])
    for (const state of ['redeemed', 'revoked', 'expired']) {
      await sql`update coupons set state = ${state} where coupon_id = ${couponId}`.execute(rooms.db)
      expect(await dueToday(colleague)).toEqual([])
    }
  })
})

describe('a piece to be looked after', () => {
  it('is told of to one guide, as long after the purchase as the rule says', async () => {
    const { make, corp, guide } = await shop()
    const first = await make.staff(corp)
    const customer = await make.customer(corp)
    await make.follow(first, customer, { addedAt: hoursAgo(9000) })
    await make.follow(guide, customer, { addedAt: hoursAgo(8000) })
    await sql`insert into care_rules (care_rule_id, corp_id, name, after_days) values (gen_random_uuid(), ${corp.corpId}, '清洗保养', 180)`.execute(
      rooms.db,
    )
    await bought(corp, customer.customerId, '2026-05-25', guide)
    await bought(corp, customer.customerId, '2026-05-20', null)
    await bought(corp, customer.customerId, '2026-05-26', guide)
    await bought(corp, customer.customerId, '2026-04-01', guide)
    await rooms.reminders.runDaily()
    await rooms.reminders.runDaily()
    expect((await openOf({ corp })).map(({ staffId }) => staffId).toSorted()).toEqual(
      [first.staffId, guide.staffId].toSorted(),
    )
    expect(await dueToday(guide)).toMatchObject([
      { kind: 'care', because: '5月25日买的足金手链，该清洗保养了' },
    ])
  })
})

describe('what a care is about', () => {
  it('is the piece bought then and for whom, not the latest; of a child no more than that it is family', async () => {
    const { make, corp, guide } = await shop()
    const session = await make.session(guide)
    await sql`insert into care_rules (care_rule_id, corp_id, name, after_days) values (gen_random_uuid(), ${corp.corpId}, '保养', 180)`.execute(
      rooms.db,
    )
    const careOf = async (recipient: string | null, isChild = false) => {
      const customer = await make.followed(corp, guide)
      const person = isChild
        ? await make.person(corp, customer, { relation: 'son', minorUntil: 'infinity' })
        : undefined
      await bought(corp, customer.customerId, '2026-05-25', guide)
      await sql`update purchases set recipient = ${recipient}, person_id = ${person?.personId ?? null}
                where customer_id = ${customer.customerId}`.execute(rooms.db)
      await bought(corp, customer.customerId, '2026-11-19', guide)
      await sql`update purchases set piece = '珍珠项链' where customer_id = ${customer.customerId} and day = '2026-11-19'`.execute(
        rooms.db,
      )
      await rooms.reminders.runDaily()
      const card = await rooms.customers.openCard(session.hash, customer.externalUserId)
      const care = card.reminders.find(({ kind }) => kind === 'care')
      return { because: care?.because, cared: care?.cared }
    }
    const piece = { piece: '足金手链', day: '2026-05-25' }
    expect(await careOf(null)).toEqual({
      because: '5月25日买的足金手链，该保养了',
      cared: { ...piece, recipient: null },
    })
    expect(await careOf('mother')).toEqual({
      because: '5月25日买给妈妈的足金手链，该保养了',
      cared: { ...piece, recipient: '妈妈' },
    })
    expect(await careOf('son', true)).toEqual({
      because: '5月25日买给家人的足金手链，该保养了',
      cared: { ...piece, recipient: '家人' },
    })
  })
})

describe('a promise', () => {
  it('stands in what is to come, is due on its day, can be put off, and is done', async () => {
    const { make, corp, guide } = await shop()
    const customer = await make.followed(corp, guide)
    const draft = { words: '周五前回复价格', day: '2026-11-27' }
    const promised = await rooms.reminders.addPromise(guide, customer.externalUserId, draft)
    expect(promised).toMatchObject({
      kind: 'promise',
      about: '周五前回复价格',
      because: '你答应周五（11月27日）做到',
    })
    const sections = async () =>
      Object.fromEntries(
        (await rooms.reminders.getToday(guide)).sections.flatMap(({ name, rows }) =>
          rows.some(row => row.reminderId === promised.reminderId) ? [[name, true]] : [],
        ),
      )
    expect(await sections()).toEqual({ upcoming: true })
    rooms.clock.set(new Date('2026-11-27T02:00:00Z'))
    expect(await sections()).toEqual({ due: true })
    const act = (action: Parameters<typeof rooms.reminders.act>[2]) =>
      rooms.reminders.act(guide, promised.reminderId, action)
    const putOff = { action: 'snooze', until: '2026-12-10' } as const
    expect(await act(putOff)).toMatchObject({ occurrence: '2026-11-27' })
    expect(await sections()).toEqual({ upcoming: true })
    const told = { because: '你答应今天做到', occurrence: '2026-11-27' }
    expect(await act({ action: 'reopen' })).toMatchObject(told)
    expect(await sections()).toEqual({ due: true })
    await act(putOff)
    const onCard = async () => {
      const { hash } = await make.session(guide, { createdAt: rooms.clock.now() })
      return (await rooms.customers.openCard(hash, customer.externalUserId)).reminders
    }
    rooms.clock.set(new Date('2026-12-09T02:00:00Z'))
    await rooms.reminders.runDaily()
    expect(await sections()).toEqual({ upcoming: true })
    expect(await onCard()).toEqual([])
    rooms.clock.set(new Date('2026-12-10T02:00:00Z'))
    await rooms.reminders.runDaily()
    expect(await sections()).toEqual({ due: true })
    expect(await onCard()).toMatchObject([{ because: '答应了还没做 · 过了 13 天（11月27日）' }])
    rooms.clock.set(new Date('2026-12-11T02:00:00Z'))
    expect(await sections()).toEqual({ overdue: true })
    await act({ action: 'done', how: 'inChat' })
    expect(await sections()).toEqual({ done: true })
  })

  it('that was not kept stays on the card and in 今日 for thirty days', async () => {
    const { make, corp, guide } = await shop()
    const customer = await make.followed(corp, guide)
    const draft = { words: '今天给她看图', day: '2026-11-22' }
    const { reminderId } = await rooms.reminders.addPromise(guide, customer.externalUserId, draft)
    const shown = async () => {
      await rooms.reminders.runDaily()
      const { hash } = await make.session(guide, { createdAt: rooms.clock.now() })
      const card = await rooms.customers.openCard(hash, customer.externalUserId)
      const { sections } = await rooms.reminders.getToday(guide)
      const names = sections.flatMap(({ name, rows }) =>
        rows.some(row => row.reminderId === reminderId) ? name : [],
      )
      return [...names, ...card.reminders.map(({ because }) => because)]
    }
    rooms.clock.set(new Date('2026-11-27T02:00:00Z'))
    expect(await shown()).toEqual(['overdue', '答应了还没做 · 过了 5 天（11月22日）'])
    rooms.clock.set(new Date('2026-12-22T02:00:00Z'))
    expect(await shown()).toEqual(['overdue', '答应了还没做 · 过了 30 天（11月22日）'])
    rooms.clock.set(new Date('2026-12-23T02:00:00Z'))
    expect(await shown()).toEqual([])
    expect(await openOf({ corp })).toMatchObject([{ state: 'expired' }])
  })

  it('leaves a line in the timeline when it is made and when it is kept; what is taken back leaves none', async () => {
    const { make, corp, guide } = await shop()
    const customer = await make.followed(corp, guide)
    const lines = async () =>
      (await rooms.customers.listTimeline(guide, customer.externalUserId, { limit: 20 })).items.map(
        ({ kind, what, detail, by }) => [kind, what, detail, by].join(' '),
      )
    const before = await lines()
    const add = () =>
      rooms.reminders.addPromise(guide, customer.externalUserId, { words: '回复价格', day: '2026-11-27' })
    const { reminderId } = await add()
    const made = 'promiseMade 回复价格 11月27日前 me'
    expect(await lines()).toEqual([made, ...before])
    rooms.clock.advance({ minutes: 1 })
    await rooms.reminders.act(guide, reminderId, { action: 'done', how: 'inChat' })
    expect(await lines()).toEqual(['promiseKept 回复价格  me', made, ...before])
    await expect(rooms.reminders.removePromise(guide, reminderId)).rejects.toMatchObject({
      code: 'state_conflict',
    })
    await rooms.reminders.act(guide, reminderId, { action: 'reopen' })
    expect(await lines()).toEqual([made, ...before])
    await expect(rooms.reminders.removePromise(await make.staff(corp), reminderId)).rejects.toMatchObject({
      code: 'not_found',
    })
    await rooms.reminders.removePromise(guide, reminderId)
    expect(await lines()).toEqual(before)
    await expect(rooms.reminders.removePromise(guide, reminderId)).rejects.toMatchObject({
      code: 'not_found',
    })
    const yesterday = await add()
    rooms.clock.advance({ minutes: 24 * 60 })
    await expect(rooms.reminders.removePromise(guide, yesterday.reminderId)).rejects.toMatchObject({
      code: 'state_conflict',
    })
  })

  it('is the guide’s own: not for others’ customers, not for days gone, twenty at most', async () => {
    const { make, corp, guide } = await shop()
    const customer = await make.followed(corp, guide)
    const add = (words: string, day = TEST_TODAY, who = guide) =>
      rooms.reminders.addPromise(who, customer.externalUserId, { words, day })
    await expect(add('回复', TEST_TODAY, await make.staff(corp))).rejects.toMatchObject({ code: 'not_found' })
    await expect(add('回复', '2026-11-20')).rejects.toMatchObject({ fields: [{ path: 'day' }] })
    for (let index = 0; index < 20; index++) await add(`第 ${index} 件`)
    await expect(add('再一件')).rejects.toMatchObject({ code: 'limit_reached' })
  })
})

describe('coming from 今日', () => {
  it('the reminder that was tapped stands first on the card for some minutes, also one put off', async () => {
    const { make, corp, guide } = await shop()
    const customer = await make.followed(corp, guide)
    const session = await make.session(guide)
    const near = await make.reminder(guide, customer, { occurrence: '2026-11-22' })
    const far = await make.reminder(guide, customer, {
      occurrence: '2026-11-28',
      state: 'snoozed',
      snoozedUntil: '2026-11-25',
    })
    const onCard = async () =>
      (await rooms.customers.openCard(session.hash, customer.externalUserId)).reminders.map(
        one => one.reminderId,
      )
    expect(await onCard()).toEqual([near.reminderId])
    await rooms.reminders.focus(guide, far.reminderId)
    expect(await onCard()).toEqual([far.reminderId, near.reminderId])
    rooms.clock.advance({ minutes: 11 })
    expect(await onCard()).toEqual([near.reminderId])
    await expect(rooms.reminders.focus(await make.staff(corp), far.reminderId)).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})

describe('what presses', () => {
  it('comes before what has no day of its own, on the card and in 今日', async () => {
    const { make, corp, guide } = await shop()
    const customer = await make.followed(corp, guide)
    const session = await make.session(guide)
    await sql`insert into care_rules (care_rule_id, corp_id, name, after_days) values (gen_random_uuid(), ${corp.corpId}, '清洗保养', 180)`.execute(
      rooms.db,
    )
    await bought(corp, customer.customerId, '2026-05-20', guide)
    await rooms.reminders.runDaily()
    await make.reminder(guide, customer, { occurrence: '2026-12-03' })
    const card = await rooms.customers.openCard(session.hash, customer.externalUserId)
    expect(card.reminders.map(({ kind }) => kind)).toEqual(['date', 'care'])
    expect((await dueToday(guide)).map(({ kind }) => kind)).toEqual(['date', 'care'])
  })
})
