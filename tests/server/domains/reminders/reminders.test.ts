import { sql } from 'kysely'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Today } from '../../../../shared/contract/reminders.ts'
import { openDb } from '../../../../server/db/db.ts'
import { TEST_NOW, TEST_TODAY } from '../../../support/make.ts'
import { intentOf, openLowerRooms, servicesOver } from '../lowerRooms.ts'

const rooms = openLowerRooms()
const DAY = 86_400_000

beforeEach(() => rooms.clock.set(TEST_NOW))

async function guideOfACorp() {
  const { make } = rooms
  const corp = await make.corp()
  const guide = await make.staff(corp)
  return { make, corp, guide }
}

interface ReminderRow {
  occurrence: string
  due_on: string
  state: string
  is_late: boolean
  staff_id: number
}
const remindersOf = async (customer: { customerId: number }) =>
  (
    await sql<ReminderRow>`
      select occurrence, due_on, state, is_late, staff_id from reminders
      where customer_id = ${customer.customerId} order by occurrence, staff_id`.execute(rooms.db)
  ).rows
const nextDays = async (customer: { customerId: number }) =>
  (
    await sql<{ next_on: string; remind_on: string }>`
      select next_on, remind_on from important_dates where customer_id = ${customer.customerId} order by next_on, date_id`.execute(
      rooms.db,
    )
  ).rows.map(row => [row.next_on, row.remind_on])

describe('the daily run', () => {
  it('reminds everyone who follows the customer and is still here, once per date', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const colleague = await make.staff(corp)
    const customer = await make.followed(corp, guide)
    await make.follow(colleague, customer)
    await make.follow(await make.staff(corp, { status: 'left' }), customer)
    await make.follow(await make.staff(corp), customer, { status: 'removed' })
    await make.date(corp, customer, { nextOn: '2026-12-05' })
    await make.date(corp, customer, { nextOn: '2026-12-06' })
    await rooms.reminders.runDaily()
    await rooms.reminders.runDaily()
    const expected = { occurrence: '2026-12-05', due_on: TEST_TODAY, state: 'pending', is_late: false }
    expect(await remindersOf(customer)).toEqual([
      { ...expected, staff_id: guide.staffId },
      { ...expected, staff_id: colleague.staffId },
    ])
  })

  it('P20 makes up for missed days, marked late, and does so once with two processes at the same time', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const customer = await make.followed(corp, guide)
    await sql`
      insert into important_dates (date_id, corp_id, customer_id, kind, calendar, month, day, lead_days, next_on, remind_on, created_at)
      select gen_random_uuid(), ${corp.corpId}, ${customer.customerId}, 'birthday', 'solar', 11, 25, 14, '2026-11-25', '2026-11-11', ${TEST_NOW}
      from generate_series(1, 2300)`.execute(rooms.db)
    await sql`
      insert into important_dates (date_id, corp_id, customer_id, kind, calendar, month, day, lead_days, next_on, remind_on, created_at)
      select gen_random_uuid(), ${corp.corpId}, ${customer.customerId}, 'birthday', 'solar', 11, 12, 14, '2026-11-12', '2026-10-29', ${TEST_NOW}
      from generate_series(1, 1200)`.execute(rooms.db)
    const secondDb = openDb(rooms.test.url, { log: console, poolSize: 4 })
    try {
      const second = servicesOver(secondDb)
      await Promise.all([rooms.reminders.runDaily(), second.reminders.runDaily(), rooms.reminders.runDaily()])
    } finally {
      await secondDb.close()
    }
    const made = await remindersOf(customer)
    expect(made).toHaveLength(2300)
    expect(made.every(row => row.is_late && row.occurrence === '2026-11-25')).toBe(true)
    const next = await nextDays(customer)
    expect(next.filter(([day]) => day === '2027-11-12')).toHaveLength(1200)
  })

  it('P20 reminds whoever begins to follow later, also the night before, by the second run of the day at the latest', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const [late, nightly] = [await make.staff(corp), await make.staff(corp)]
    const customer = await make.followed(corp, guide)
    await make.date(corp, customer, { nextOn: '2026-12-01' })
    await rooms.reminders.runDaily()
    await make.follow(late, customer)
    await rooms.reminders.runDaily()
    const told = async () => (await remindersOf(customer)).map(row => row.staff_id)
    expect(await told()).toEqual([guide.staffId, late.staffId])
    await make.follow(nightly, customer)
    rooms.clock.advance({ days: 1 })
    await rooms.reminders.runDaily()
    await rooms.reminders.runDaily()
    expect(await told()).toEqual([guide.staffId, late.staffId, nightly.staffId])
  })

  it('P20 tells at once of a date that rolls on to a day due already, as the second month of a leap year is', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const customer = await make.followed(corp, guide)
    // 农历六月初三 of 2025 fell on 27 June, 闰六月初三 on 27 July.
    rooms.clock.set(new Date('2025-06-27T12:00:00+08:00'))
    const { dateId } = await make.date(corp, customer, {
      nextOn: '2025-06-27',
      calendar: 'lunar',
      month: 6,
      day: 3,
      isLeapMonth: true,
      leadDays: 60,
    })
    await sql`update important_dates set leap_policy = 'both', own_lead_days = 60 where date_id = ${dateId}`.execute(
      rooms.db,
    )
    await rooms.reminders.runDaily()
    rooms.clock.advance({ days: 1 })
    await rooms.reminders.runDaily()
    const expected = { state: 'pending', staff_id: guide.staffId }
    expect(await remindersOf(customer)).toMatchObject([
      { ...expected, occurrence: '2025-06-27', is_late: true },
      { ...expected, occurrence: '2025-07-27', is_late: false },
    ])
  })

  it('goes on when dates are taken away meanwhile', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const customer = await make.followed(corp, guide)
    const dates = await Promise.all(
      Array.from({ length: 20 }, () => make.date(corp, customer, { nextOn: '2026-11-25' })),
    )
    const removals = dates
      .slice(0, 10)
      .map(({ dateId }) => rooms.people.removeDate(guide, customer.externalUserId, dateId))
    await Promise.all([rooms.reminders.runDaily(), ...removals, rooms.reminders.runDaily()])
    expect(await remindersOf(customer)).toHaveLength(10)
  })

  it('leaves the old day of a date out that is being moved meanwhile', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const customer = await make.followed(corp, guide)
    const { dateId } = await make.date(corp, customer, { nextOn: '2026-11-25' })
    const isWaiting = async () =>
      (
        await sql`
          select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and query like '%due as materialized%'`.execute(
          rooms.db,
        )
      ).rows.length > 0
    let run: Promise<void> | undefined
    await rooms.db.transaction(async tx => {
      await sql`
        update important_dates set month = 6, day = 1, next_on = '2027-06-01', remind_on = '2027-05-18' where date_id = ${dateId}`.execute(
        tx,
      )
      await rooms.reminders.reschedule(tx, dateId)
      let isOver = false
      run = rooms.reminders.run(corp.corpId).finally(() => (isOver = true))
      await vi.waitFor(async () => expect(isOver || (await isWaiting())).toBe(true), { timeout: 5000 })
    })
    await run
    expect(await remindersOf(customer)).toEqual([])
  })

  it('moves passed dates on to their next day, lunar ones too', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const customer = await make.followed(corp, guide)
    await make.date(corp, customer, { nextOn: '2026-11-20', leadDays: 7 })
    await make.date(corp, customer, { nextOn: '2026-09-25', calendar: 'lunar', month: 8, day: 15 })
    await make.date(corp, customer, { nextOn: '2026-02-28', month: 2, day: 29 })
    await rooms.reminders.runDaily()
    expect(await nextDays(customer)).toEqual([
      ['2027-02-28', '2027-02-14'],
      ['2027-09-15', '2027-09-01'],
      ['2027-11-20', '2027-11-13'],
    ])
    expect(await remindersOf(customer)).toEqual([])
  })

  it('lets open reminders expire when the day is a week past, and only those', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const customer = await make.followed(corp, guide)
    const states: Record<string, object> = {
      '2026-11-12': {},
      '2026-11-13': { state: 'snoozed', snoozedUntil: '2026-11-13' },
      '2026-11-11': { state: 'done' },
      '2026-11-14': {},
      '2026-11-30': {},
    }
    for (const [occurrence, rest] of Object.entries(states))
      await make.reminder(guide, customer, { occurrence, ...rest })
    await rooms.reminders.runDaily()
    expect((await remindersOf(customer)).map(row => [row.occurrence, row.state])).toEqual([
      ['2026-11-11', 'done'],
      ['2026-11-12', 'expired'],
      ['2026-11-13', 'expired'],
      ['2026-11-14', 'pending'],
      ['2026-11-30', 'pending'],
    ])
  })

  it('P20 is as if nothing had been when a clock that was months ahead is set right', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const customer = await make.followed(corp, guide)
    await make.date(corp, customer, { nextOn: '2026-12-05' })
    await make.date(corp, customer, { nextOn: '2027-02-25', leadDays: 14 })
    await make.date(corp, customer, { nextOn: '2027-08-01' })
    await rooms.reminders.runDaily()
    await rooms.reminders.addPromise(guide, customer.externalUserId, { words: '回复价格', day: '2026-11-30' })
    const [before, days] = [await remindersOf(customer), await nextDays(customer)]
    expect(before.map(({ occurrence }) => occurrence)).toEqual(['2026-11-30', '2026-12-05'])
    rooms.clock.set(new Date('2027-02-20T02:00:00Z'))
    await rooms.reminders.runDaily()
    expect(await remindersOf(customer)).toMatchObject([
      { occurrence: '2026-11-30', state: 'expired' },
      { occurrence: '2026-12-05', state: 'expired' },
      { occurrence: '2027-02-25', state: 'pending' },
    ])
    rooms.clock.set(TEST_NOW)
    await rooms.reminders.runDaily()
    expect(await nextDays(customer)).toEqual(days)
    const coming = { occurrence: '2027-02-25', due_on: '2027-02-11', state: 'pending', is_late: false }
    expect(await remindersOf(customer)).toEqual([...before, { ...coming, staff_id: guide.staffId }])
  })

  it("P20 works by the corp's civil day, not by the host's", async () => {
    const { make, corp, guide } = await guideOfACorp()
    const customer = await make.followed(corp, guide)
    await make.date(corp, customer, { nextOn: '2026-12-05' })
    rooms.clock.set(new Date('2026-11-20T15:59:59Z'))
    await rooms.reminders.runDaily()
    expect(await remindersOf(customer)).toEqual([])
    rooms.clock.set(new Date('2026-11-20T16:00:00Z'))
    await rooms.reminders.runDaily()
    expect(await remindersOf(customer)).toHaveLength(1)
  })

  it('never repeats what was sent or skipped, and comes again next year', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const customer = await make.followed(corp, guide)
    const { dateId } = await make.date(corp, customer, { nextOn: '2026-11-25' })
    await make.reminder(guide, customer, { dateId, occurrence: '2026-11-25', state: 'sent' })
    await rooms.reminders.runDaily()
    expect((await remindersOf(customer)).map(row => row.state)).toEqual(['sent'])
    rooms.clock.set(new Date(TEST_NOW.getTime() + 360 * DAY))
    await rooms.reminders.runDaily()
    expect((await remindersOf(customer)).map(row => [row.occurrence, row.state])).toEqual([
      ['2026-11-25', 'sent'],
      ['2027-11-25', 'pending'],
    ])
  })
})

describe('今日', () => {
  it('has every section, in two statements with the session', async () => {
    const { make, corp, guide } = await guideOfACorp()
    const other = await make.staff(corp)
    const friend = await make.followed(corp, guide, {
      name: 'Sunny',
      salutation: '婉清姐',
      addedAt: new Date('2026-11-20T16:30:00Z'),
      addWay: 1,
      channel: '国贸店收银台',
    })
    const tag = (await make.tagGroup(corp)).tags[0]!
    const tagged = await make.followed(corp, guide, { addedAt: TEST_NOW, tags: [tag], name: '有标签' })
    const lost = await make.followed(corp, guide, {
      status: 'lost',
      endedAt: new Date(TEST_NOW.getTime() - DAY),
      name: '走了',
    })
    await make.followed(corp, guide, { status: 'lost', endedAt: new Date(TEST_NOW.getTime() - 20 * DAY) })
    const mother = await make.person(corp, tagged, { relation: 'mother' })
    const near = await make.date(corp, tagged, { nextOn: '2026-11-25', personId: mother.personId })
    const passed = await make.date(corp, tagged, { nextOn: '2027-11-19' })
    const coming = await make.date(corp, tagged, { nextOn: '2026-12-12' })
    const slept = await make.date(corp, tagged, { nextOn: '2026-11-28' })
    await make.date(corp, tagged, { nextOn: '2027-02-12' })
    await make.date(corp, lost, { nextOn: '2026-12-12' })
    const due = await make.reminder(guide, tagged, { dateId: near.dateId, occurrence: '2026-11-25' })
    const overdue = await make.reminder(guide, tagged, { dateId: passed.dateId, occurrence: '2026-11-19' })
    const snoozed = await make.reminder(guide, tagged, {
      dateId: slept.dateId,
      occurrence: '2026-11-28',
      state: 'snoozed',
      snoozedUntil: '2026-11-22',
    })
    await make.reminder(guide, lost, { occurrence: '2026-11-25' })
    await make.reminder(other, tagged, { dateId: coming.dateId, occurrence: '2026-12-12' })
    rooms.test.statements.length = 0
    const today = Today.parse(await rooms.reminders.getToday(guide))
    expect(rooms.test.statements).toHaveLength(1)
    expect(today.today).toBe(TEST_TODAY)
    expect(today.lunarToday).toBe('农历十月十三')
    expect(today.sections.map(section => [section.name, section.total])).toEqual([
      ['overdue', 1],
      ['due', 1],
      ['newFriends', 1],
      ['upcoming', 2],
      ['lost', 1],
      ['done', 0],
    ])
    const [overdues, dues, friends, upcoming, losses] = today.sections.map(section => section.rows)
    expect(overdues).toMatchObject([
      { reminderId: overdue.reminderId, occurrence: '2026-11-19', kind: 'date' },
    ])
    expect(dues).toMatchObject([
      {
        reminderId: due.reminderId,
        externalUserId: tagged.externalUserId,
        address: '有标签',
        date: { person: { relation: 'mother' } },
      },
    ])
    expect(friends).toEqual([
      {
        reminderId: null,
        externalUserId: friend.externalUserId,
        address: '婉清姐',
        avatarUrl: null,
        kind: 'newFriend',
        state: null,
        because: '今天加的好友，还没有标签',
        about: null,
        order: null,
        date: null,
        occurrence: '2026-11-21',
        addWay: 1,
        channel: '国贸店收银台',
        at: '2026-11-20T16:30:00.000Z',
        remindOn: null,
        isPutOff: false,
      },
    ])
    expect(upcoming).toMatchObject([
      {
        reminderId: snoozed.reminderId,
        occurrence: '2026-11-28',
        remindOn: '2026-11-22',
        isPutOff: true,
      },
      {
        reminderId: null,
        occurrence: '2026-12-12',
        date: { dateId: coming.dateId },
        remindOn: '2026-11-28',
        isPutOff: false,
      },
    ])
    expect(losses).toMatchObject([
      { kind: 'lost', externalUserId: lost.externalUserId, occurrence: '2026-11-20' },
    ])
  })

  it('shows a hundred of many, and how many there are', async () => {
    const { make, corp, guide } = await guideOfACorp()
    await sql`
      with made as (
        insert into customers (corp_id, external_user_id, name, synced_at)
        select ${corp.corpId}, 'new' || n, '新客' || n, ${TEST_NOW} from generate_series(1, 130) n returning customer_id)
      insert into follows (corp_id, staff_id, customer_id, added_at, synced_at)
      select ${corp.corpId}, ${guide.staffId}, customer_id, ${TEST_NOW}, ${TEST_NOW} from made`.execute(
      rooms.db,
    )
    const { sections } = await rooms.reminders.getToday(guide)
    const friends = sections.find(section => section.name === 'newFriends')
    expect(friends?.total).toBe(130)
    expect(friends?.rows).toHaveLength(100)
    const { sections: others } = await rooms.reminders.getToday(await make.staff(corp))
    expect(others.map(section => section.total)).toEqual([0, 0, 0, 0, 0, 0])
  })
})

describe('acting on a reminder', () => {
  async function openReminder(given: object = {}) {
    const { make, corp, guide } = await guideOfACorp()
    const customer = await make.followed(corp, guide)
    const mother = await make.person(corp, customer)
    const { dateId } = await make.date(corp, customer, { nextOn: '2026-11-25', personId: mother.personId })
    const { reminderId } = await make.reminder(guide, customer, {
      dateId,
      occurrence: '2026-11-25',
      ...given,
    })
    const act = (action: Parameters<typeof rooms.reminders.act>[2]) =>
      rooms.reminders.act(guide, reminderId, action)
    const timeline = async () =>
      (await rooms.customers.listTimeline(guide, customer.externalUserId, { limit: 30 })).items
    return { make, corp, guide, customer, reminderId, act, timeline }
  }

  it('snoozes until a later day, not beyond the day itself', async () => {
    const { act, timeline } = await openReminder()
    await expect(act({ action: 'snooze', until: TEST_TODAY })).rejects.toMatchObject({
      fields: [{ path: 'until' }],
    })
    await expect(act({ action: 'snooze', until: '2026-11-26' })).rejects.toMatchObject({
      fields: [{ path: 'until' }],
    })
    expect(await act({ action: 'snooze', until: '2026-11-25' })).toMatchObject({ state: 'snoozed' })
    expect(await timeline()).toMatchObject([
      { kind: 'reminderSnoozed', what: '妈妈生日', detail: '到11月25日' },
    ])
  })

  it('skips with a reason, and forgets that when it is undone', async () => {
    const { act, timeline } = await openReminder()
    expect(await act({ action: 'skip', reason: 'badTime' })).toMatchObject({ state: 'skipped' })
    expect(await timeline()).toMatchObject([
      { kind: 'reminderSkipped', what: '妈妈生日', detail: '时机不合适' },
    ])
    await expect(act({ action: 'done' })).rejects.toMatchObject({ code: 'state_conflict' })
    expect(await act({ action: 'reopen' })).toMatchObject({ state: 'pending' })
    expect(await timeline()).toEqual([])
  })

  it('is undone on the same day only', async () => {
    const { act } = await openReminder()
    await expect(act({ action: 'reopen' })).rejects.toMatchObject({ code: 'state_conflict' })
    await act({ action: 'done' })
    rooms.clock.set(new Date('2026-11-21T16:00:00Z'))
    await expect(act({ action: 'reopen' })).rejects.toMatchObject({ code: 'state_conflict' })
  })

  it('is refused once a message went out, or the day has long passed', async () => {
    const { act, guide, reminderId } = await openReminder()
    await rooms.db.transaction(tx => rooms.reminders.markSent(tx, guide, reminderId))
    for (const action of [
      { action: 'done' },
      { action: 'reopen' },
      { action: 'snooze', until: '2026-11-22' },
    ] as const) {
      await expect(act(action)).rejects.toMatchObject({ code: 'state_conflict' })
    }
    const expired = await openReminder({ state: 'expired' })
    await expect(expired.act({ action: 'done' })).rejects.toMatchObject({ code: 'state_conflict' })
  })

  it('is marked sent for its owner only', async () => {
    const { make, corp, customer, reminderId } = await openReminder()
    const other = await make.staff(corp)
    await rooms.db.transaction(tx => rooms.reminders.markSent(tx, other, reminderId))
    expect(await remindersOf(customer)).toMatchObject([{ state: 'pending' }])
    expect(await rooms.reminders.isOwn(rooms.db, other, reminderId, customer.customerId)).toBe(false)
  })

  it("P2 is not found for others' reminders, nor for those of a lost customer", async () => {
    const { make, corp, customer, guide, reminderId } = await openReminder()
    const other = await make.staff(corp)
    await make.follow(other, customer)
    const done = { action: 'done' } as const
    await expect(rooms.reminders.act(other, reminderId, done)).rejects.toMatchObject({ code: 'not_found' })
    await sql`update follows set status = 'lost' where staff_id = ${guide.staffId}`.execute(rooms.db)
    await expect(rooms.reminders.act(guide, reminderId, done)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('P11 answers a repeated intention alike, also a refused one', async () => {
    const { guide, reminderId } = await openReminder()
    const skip = { action: 'skip', reason: 'notNeeded' } as const
    const intent = () => intentOf('actOnReminder', 'one-intention-to-skip', skip)
    const first = await rooms.reminders.act(guide, reminderId, skip, intent())
    expect(await rooms.reminders.act(guide, reminderId, skip, intent())).toEqual(first)
    const late = () => intentOf('actOnReminder', 'one-intention-too-late', 'done')
    for (let time = 0; time < 2; time++) {
      await expect(rooms.reminders.act(guide, reminderId, { action: 'done' }, late())).rejects.toMatchObject({
        code: 'state_conflict',
      })
    }
  })
})
