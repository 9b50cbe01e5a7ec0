import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  DateChange,
  DateDraft,
  Family,
  ImportantDate,
  PersonChange,
} from '../../../../shared/contract/people.ts'
import { TEST_NOW } from '../../../support/make.ts'
import { intentOf, openLowerRooms } from '../lowerRooms.ts'

const rooms = openLowerRooms()

beforeEach(() => rooms.clock.set(TEST_NOW))

async function followed() {
  const { make } = rooms
  const corp = await make.corp()
  const guide = await make.staff(corp)
  const customer = await make.followed(corp, guide)
  const add = (draft: object) => rooms.people.addDate(guide, customer.externalUserId, DateDraft.parse(draft))
  const list = async () => Family.parse(await rooms.people.list(guide, customer.externalUserId))
  const remindersOf = async () =>
    (
      await sql<{ staff_id: number; occurrence: string; due_on: string }>`
        select staff_id, occurrence, due_on from reminders where customer_id = ${customer.customerId} order by staff_id`.execute(
        rooms.db,
      )
    ).rows
  return { make, corp, guide, customer, add, list, remindersOf }
}

const solar = (month: number, day: number, rest: object = {}) => ({ calendar: 'solar', month, day, ...rest })
const lunar = (month: number, day: number | null, rest: object = {}) => ({
  calendar: 'lunar',
  month,
  day,
  ...rest,
})

describe('noting a date', () => {
  it('of the customer herself', async () => {
    const { add, list } = await followed()
    const date = ImportantDate.parse(await add({ person: null, date: solar(12, 3) }))
    expect(date).toMatchObject({
      person: null,
      kind: 'birthday',
      nextOn: '2026-12-03',
      year: null,
      isLeapMonth: false,
    })
    expect(await list()).toEqual({ people: [], dates: [date] })
  })

  it('of someone new, and another of the same person', async () => {
    const { add, list } = await followed()
    const birthday = await add({ person: { relation: 'mother', callName: '阿姨' }, date: lunar(8, 15) })
    expect(birthday).toMatchObject({ nextOn: '2027-09-15', person: { relation: 'mother', callName: '阿姨' } })
    const wedding = await add({
      person: { personId: birthday.person!.personId },
      kind: 'wedding',
      date: solar(11, 21, { year: 1986 }),
    })
    expect(wedding.nextOn).toBe('2026-11-21')
    const family = await list()
    expect(family.people).toHaveLength(1)
    expect(family.dates.map(date => date.dateId)).toEqual([wedding.dateId, birthday.dateId])
  })

  it('leaves a line in the timeline', async () => {
    const { add, guide, customer } = await followed()
    await add({ person: { relation: 'mother' }, date: lunar(8, 15) })
    await add({ person: null, kind: 'other', label: '领证', date: solar(5, 20) })
    const { items } = await rooms.customers.listTimeline(guide, customer.externalUserId, { limit: 30 })
    expect(items.map(line => [line.kind, line.what])).toEqual([
      ['dateAdded', '领证'],
      ['dateAdded', '妈妈生日'],
    ])
  })

  it('reminds everyone who follows her at once when it is near', async () => {
    const { make, corp, guide, customer, add, remindersOf } = await followed()
    const colleague = await make.staff(corp)
    await make.follow(colleague, customer)
    await add({ person: null, date: solar(12, 6) })
    expect(await remindersOf()).toEqual([])
    await add({ person: null, date: solar(12, 5), isAnother: true })
    const expected = { occurrence: '2026-12-05', due_on: '2026-11-21' }
    expect(await remindersOf()).toEqual([
      { staff_id: guide.staffId, ...expected },
      { staff_id: colleague.staffId, ...expected },
    ])
    await rooms.reminders.runDaily()
    expect(await remindersOf()).toHaveLength(2)
  })

  it.each([
    ['2 月 30 日', solar(2, 30), 'date.day'],
    ['4 月 31 日', solar(4, 31), 'date.day'],
    ['平年的 2 月 29 日', solar(2, 29, { year: 1991 }), 'date.day'],
    ['农历三十一', lunar(8, 31), 'date.day'],
    ['公历闰月', solar(4, 3, { isLeapMonth: true }), 'date.isLeapMonth'],
    ['闰正月', lunar(1, 3, { isLeapMonth: true }), 'date.isLeapMonth'],
    ['那年没有的闰月', lunar(4, 3, { isLeapMonth: true, year: 1990 }), 'date.day'],
    ['还没到的生年', solar(4, 3, { year: 2030 }), 'date.year'],
  ])('refuses an impossible day: %s', async (_, date, path) => {
    const { add, list } = await followed()
    const refusal = await add({ person: { relation: 'mother' }, date }).catch((error: unknown) => error)
    expect(refusal).toMatchObject({
      code: 'validation_failed',
      fields: [{ path, message: expect.stringMatching(/[一-龥]/) as string }],
    })
    expect(await list()).toEqual({ people: [], dates: [] })
  })

  it('refuses relations, persons and names it does not know', async () => {
    const { make, corp, add, customer } = await followed()
    const other = await make.followed(corp, await make.staff(corp))
    const stranger = await make.person(corp, other)
    const date = solar(5, 1)
    await expect(add({ person: { relation: 'cat' }, date })).rejects.toMatchObject({
      fields: [{ path: 'person.relation' }],
    })
    await expect(add({ person: stranger, date })).rejects.toMatchObject({
      fields: [{ path: 'person.personId' }],
    })
    await expect(add({ person: null, kind: 'other', date })).rejects.toMatchObject({
      fields: [{ path: 'label' }],
    })
    expect(customer.customerId).not.toBe(other.customerId)
  })

  it('asks before somebody has two birthdays or wedding days, and keeps both when told so', async () => {
    const { add, list } = await followed()
    const refusal = { code: 'state_conflict', detail: expect.stringContaining('已经记着一个') as string }
    const mother = await add({ person: { relation: 'mother', callName: '阿姨' }, date: lunar(10, 25) })
    const { personId } = mother.person!
    await expect(add({ person: { personId }, date: lunar(8, 15) })).rejects.toMatchObject(refusal)
    // As the page sends it when it does not know of her: one more mother without a name.
    await expect(add({ person: { relation: 'mother' }, date: lunar(8, 15) })).rejects.toMatchObject(refusal)
    await add({ person: null, kind: 'wedding', date: solar(5, 1) })
    await expect(add({ person: null, kind: 'wedding', date: solar(6, 1) })).rejects.toMatchObject(refusal)
    expect((await list()).dates).toHaveLength(2)
    await add({ person: { personId }, date: lunar(8, 15), isAnother: true })
    await add({ person: { relation: 'mother', callName: '干妈' }, date: lunar(3, 3) })
    await add({ person: null, date: solar(6, 1) })
    for (const day of [2, 3]) await add({ person: null, kind: 'other', label: '领证', date: solar(7, day) })
    expect((await list()).dates).toHaveLength(7)
  })

  it('stops at thirty, also when several note at once', async () => {
    const { make, corp, customer, add, list } = await followed()
    for (let count = 0; count < 29; count++) await make.date(corp, customer, { nextOn: '2027-05-01' })
    const ends = await Promise.allSettled(
      [1, 2, 3, 4, 5, 6].map(day => add({ person: null, date: solar(6, day), isAnother: true })),
    )
    expect(ends.filter(end => end.status === 'fulfilled')).toHaveLength(1)
    expect(ends.find(end => end.status === 'rejected')?.reason).toMatchObject({ code: 'limit_reached' })
    expect((await list()).dates).toHaveLength(30)
  })

  it('P11 notes once what is asked twice', async () => {
    const { guide, customer, list } = await followed()
    const draft = DateDraft.parse({ person: { relation: 'mother' }, date: lunar(8, 15) })
    const intent = () => intentOf('addDate', 'one-date-to-be-noted', draft)
    const first = await rooms.people.addDate(guide, customer.externalUserId, draft, intent())
    expect(await rooms.people.addDate(guide, customer.externalUserId, draft, intent())).toEqual(first)
    expect((await list()).people).toHaveLength(1)
    await rooms.people.removeDate(guide, customer.externalUserId, first.dateId)
    const again = rooms.people.addDate(guide, customer.externalUserId, draft, intent())
    await expect(again).rejects.toMatchObject({ code: 'not_found' })
  })

  it("P2 is not for others' customers", async () => {
    const { make, corp, guide } = await followed()
    const theirs = await make.followed(corp, await make.staff(corp))
    const isUnknown = { code: 'not_found' }
    const draft = DateDraft.parse({ person: null, date: solar(5, 1) })
    await expect(rooms.people.addDate(guide, theirs.externalUserId, draft)).rejects.toMatchObject(isUnknown)
    await expect(rooms.people.list(guide, theirs.externalUserId)).rejects.toMatchObject(isUnknown)
    const { dateId } = await make.date(corp, theirs, { nextOn: '2027-05-01' })
    await expect(rooms.people.removeDate(guide, theirs.externalUserId, dateId)).rejects.toMatchObject(
      isUnknown,
    )
  })
})

describe('half-known and own dates', () => {
  it('keeps a date of which only the month is known on its first day', async () => {
    const { add } = await followed()
    const date = await add({ person: { relation: 'father' }, date: lunar(8, null) })
    expect(date).toMatchObject({ day: null, nextOn: '2027-09-01' })
  })

  it('goes by the leap policy of the date', async () => {
    const { add } = await followed()
    rooms.clock.set(new Date('2025-07-01T02:00:00Z'))
    const inLeapMonth = (leapPolicy: string) =>
      add({
        person: { relation: 'mother' },
        date: lunar(6, 1, { isLeapMonth: true, leapPolicy }),
        isAnother: true,
      })
    expect((await inLeapMonth('leapElseOrdinary')).nextOn).toBe('2025-07-25')
    expect((await inLeapMonth('sameMonth')).nextOn).toBe('2026-07-14')
    expect((await inLeapMonth('leapOnly')).nextOn).toBe('2025-07-25')
  })

  it('tells the age at the next day: 周岁, and 虚岁 for a lunar birthday', async () => {
    const { add } = await followed()
    expect(await add({ person: { relation: 'mother' }, date: solar(12, 3, { year: 1960 }) })).toMatchObject({
      years: 66,
      nominalYears: null,
    })
    expect(await add({ person: { relation: 'father' }, date: lunar(8, 15, { year: 1960 }) })).toMatchObject({
      nextOn: '2027-09-15',
      // Born on 5 October 1960: not quite 67 on that day.
      years: 66,
      nominalYears: 68,
    })
    expect(await add({ person: null, kind: 'wedding', date: solar(5, 1, { year: 2016 }) })).toMatchObject({
      years: 11,
      nominalYears: null,
    })
  })

  it('reminds as many days ahead as the date says', async () => {
    const { add, remindersOf } = await followed()
    expect(await add({ person: null, date: solar(12, 20), leadDays: 30 })).toMatchObject({
      leadDays: 30,
      ownLeadDays: 30,
    })
    expect(await remindersOf()).toMatchObject([{ occurrence: '2026-12-20', due_on: '2026-11-20' }])
  })
})

describe('changing a date', () => {
  const change = (draft: object) => DateChange.parse(draft)

  it('P20 moves the reminder that is not sent yet', async () => {
    const { guide, customer, add, remindersOf } = await followed()
    const { externalUserId } = customer
    const date = await add({ person: null, date: solar(12, 1) })
    expect(await remindersOf()).toMatchObject([{ occurrence: '2026-12-01' }])
    const moved = await rooms.people.changeDate(
      guide,
      externalUserId,
      date.dateId,
      change({ date: solar(12, 4) }),
      1,
    )
    expect(moved).toMatchObject({ nextOn: '2026-12-04', version: 2 })
    expect(await remindersOf()).toMatchObject([{ occurrence: '2026-12-04', due_on: '2026-11-20' }])
    await rooms.people.changeDate(guide, externalUserId, date.dateId, change({ leadDays: 20 }), 2)
    expect(await remindersOf()).toMatchObject([{ occurrence: '2026-12-04', due_on: '2026-11-14' }])
    await rooms.people.changeDate(guide, externalUserId, date.dateId, change({ leadDays: 3 }), 3)
    expect(await remindersOf()).toEqual([])
  })

  it('leaves the reminder alone that was acted on', async () => {
    const { make, guide, customer, add } = await followed()
    const date = await add({ person: null, date: solar(3, 1) })
    await make.reminder(guide, customer, { dateId: date.dateId, occurrence: '2026-03-01', state: 'sent' })
    await rooms.people.changeDate(
      guide,
      customer.externalUserId,
      date.dateId,
      change({ date: solar(12, 1) }),
      1,
    )
    const { rows } = await sql<{ state: string; occurrence: string }>`
      select state, occurrence from reminders where customer_id = ${customer.customerId} order by occurrence`.execute(
      rooms.db,
    )
    expect(rows).toEqual([
      { state: 'sent', occurrence: '2026-03-01' },
      { state: 'pending', occurrence: '2026-12-01' },
    ])
  })

  it('P13 refuses what was written over an older version, and impossible days', async () => {
    const { guide, customer, add } = await followed()
    const date = await add({ person: null, date: solar(12, 1) })
    const edit = (draft: object, version: number) =>
      rooms.people.changeDate(guide, customer.externalUserId, date.dateId, change(draft), version)
    await edit({ date: solar(12, 2) }, 1)
    await expect(edit({ date: solar(12, 3) }, 1)).rejects.toMatchObject({ code: 'version_conflict' })
    await expect(edit({ date: solar(2, 30) }, 2)).rejects.toMatchObject({ code: 'validation_failed' })
    await expect(edit({ kind: 'other' }, 2)).rejects.toMatchObject({ fields: [{ path: 'label' }] })
  })
})

describe('a person', () => {
  it('is changed field by field over the version seen', async () => {
    const { guide, customer, add, list } = await followed()
    const { person } = await add({ person: { relation: 'mother' }, date: lunar(8, 15) })
    const edit = (draft: object, version: number) =>
      rooms.people.changePerson(
        guide,
        customer.externalUserId,
        person!.personId,
        PersonChange.parse(draft),
        version,
      )
    expect(await edit({ ringSize: '13', avoids: '银' }, 1)).toMatchObject({ ringSize: '13', version: 2 })
    expect(await edit({ ringSize: null, likes: '珍珠', callName: '王阿姨' }, 2)).toMatchObject({
      ringSize: null,
      avoids: '银',
      likes: '珍珠',
      callName: '王阿姨',
    })
    await expect(edit({ likes: '玉' }, 2)).rejects.toMatchObject({ code: 'version_conflict' })
    await expect(edit({ relation: 'cat' }, 3)).rejects.toMatchObject({ code: 'validation_failed' })
    expect((await list()).people).toMatchObject([{ likes: '珍珠', version: 3 }])
  })

  it('stays when the last date goes, as long as something else is known', async () => {
    const { guide, customer, add, list } = await followed()
    const { dateId, person } = await add({ person: { relation: 'mother' }, date: lunar(8, 15) })
    const sized = PersonChange.parse({ ringSize: '13' })
    await rooms.people.changePerson(guide, customer.externalUserId, person!.personId, sized, 1)
    await rooms.people.removeDate(guide, customer.externalUserId, dateId)
    expect(await list()).toMatchObject({ people: [{ ringSize: '13' }], dates: [] })
  })

  it('goes with dates and reminders, and comes back whole', async () => {
    const { make, guide, customer, add, list, remindersOf } = await followed()
    const { externalUserId } = customer
    const { dateId, person } = await add({ person: { relation: 'mother' }, date: solar(11, 25) })
    const { rows } = await sql<{ reminderId: string }>`
      update reminders set state = 'sent' where date_id = ${dateId} returning reminder_id as "reminderId"`.execute(
      rooms.db,
    )
    const { sendId } = await make.send(guide, customer, { reminderId: rows[0]!.reminderId })
    await sql`
      insert into purchases (purchase_id, corp_id, customer_id, person_id, day, piece, amount_fen, created_at)
      values (gen_random_uuid(), ${guide.corpId}, ${customer.customerId}, ${person!.personId}, '2026-05-18', '足金手链', 100,
              ${TEST_NOW})`.execute(rooms.db)
    const before = { family: await list(), reminders: await remindersOf() }
    const { undoId } = await rooms.people.removePerson(guide, externalUserId, person!.personId)
    expect([await list(), await remindersOf()]).toEqual([{ people: [], dates: [] }, []])
    expect(await rooms.facts.undo(guide, externalUserId, undoId)).toEqual(before.family)
    expect(await remindersOf()).toEqual(before.reminders)
    const sends = sql<{
      reminderId: string
    }>`select reminder_id as "reminderId" from sends where send_id = ${sendId}`
    expect((await sends.execute(rooms.db)).rows).toEqual(rows)
    const bought = sql<object>`select person_id from purchases where customer_id = ${customer.customerId}`
    expect((await bought.execute(rooms.db)).rows).toEqual([{ person_id: person!.personId }])
    const { items } = await rooms.customers.listTimeline(guide, externalUserId, { limit: 30 })
    expect(items.map(({ kind }) => kind)).not.toContain('personRemoved')
  })
})

describe('taking back', () => {
  async function removed() {
    const world = await followed()
    const { dateId } = await world.add({ person: { relation: 'mother' }, date: solar(11, 25) })
    const { undoId } = await rooms.people.removeDate(world.guide, world.customer.externalUserId, dateId)
    return { ...world, undoId }
  }

  it('works once', async () => {
    const { guide, customer, undoId, list } = await removed()
    await rooms.facts.undo(guide, customer.externalUserId, undoId)
    const again = rooms.facts.undo(guide, customer.externalUserId, undoId)
    await expect(again).rejects.toMatchObject({ code: 'not_found' })
    expect((await list()).dates).toHaveLength(1)
  })

  it('P2 is for who did it, about that customer, and for ten minutes', async () => {
    const { make, corp, guide, customer, undoId } = await removed()
    const colleague = await make.staff(corp)
    await make.follow(colleague, customer)
    const other = await make.followed(corp, guide)
    const isUnknown = { code: 'not_found' }
    const { externalUserId } = customer
    await expect(rooms.facts.undo(colleague, externalUserId, undoId)).rejects.toMatchObject(isUnknown)
    await expect(rooms.facts.undo(guide, other.externalUserId, undoId)).rejects.toMatchObject(isUnknown)
    rooms.clock.set(new Date(TEST_NOW.getTime() + 11 * 60_000))
    await expect(rooms.facts.undo(guide, externalUserId, undoId)).rejects.toMatchObject(isUnknown)
  })

  it('of a date whose person is gone meanwhile is refused, and what is gone can still come back', async () => {
    const { guide, customer, add, list } = await followed()
    const { externalUserId } = customer
    const birthday = await add({ person: { relation: 'mother' }, date: solar(11, 25) })
    const { personId } = birthday.person!
    await add({ person: { personId }, date: solar(12, 1), kind: 'other', label: '退休' })
    const first = await rooms.people.removeDate(guide, externalUserId, birthday.dateId)
    const second = await rooms.people.removePerson(guide, externalUserId, personId)
    const undoOfFirst = rooms.facts.undo(guide, externalUserId, first.undoId)
    await expect(undoOfFirst).rejects.toMatchObject({ code: 'state_conflict' })
    await rooms.facts.undo(guide, externalUserId, second.undoId)
    await rooms.facts.undo(guide, externalUserId, first.undoId)
    expect((await list()).dates).toHaveLength(2)
  })

  it('leaves nothing behind once it is too late', async () => {
    await removed()
    rooms.clock.set(new Date(TEST_NOW.getTime() + 11 * 60_000))
    await rooms.minors.sweep()
    const left = await sql`select 1 from family_undos`.execute(rooms.db)
    expect(left.rows).toEqual([])
  })
})

describe('removing a date', () => {
  it('takes its reminders along, and the person with the last one', async () => {
    const { guide, customer, add, list, remindersOf } = await followed()
    const first = await add({ person: { relation: 'mother' }, date: solar(11, 25) })
    const second = await add({
      person: { personId: first.person!.personId },
      kind: 'wedding',
      date: solar(5, 1),
    })
    expect(await remindersOf()).toHaveLength(1)
    await rooms.people.removeDate(guide, customer.externalUserId, first.dateId)
    expect(await remindersOf()).toEqual([])
    expect((await list()).people).toHaveLength(1)
    await rooms.people.removeDate(guide, customer.externalUserId, second.dateId)
    expect(await list()).toEqual({ people: [], dates: [] })
    const { items } = await rooms.customers.listTimeline(guide, customer.externalUserId, { limit: 1 })
    expect(items).toMatchObject([{ kind: 'dateRemoved', what: '妈妈结婚纪念日' }])
    const again = rooms.people.removeDate(guide, customer.externalUserId, second.dateId)
    await expect(again).rejects.toMatchObject({ code: 'not_found' })
  })

  it('does not find the date of another customer of hers', async () => {
    const { make, corp, guide, customer } = await followed()
    const other = await make.followed(corp, guide)
    const { dateId } = await make.date(corp, other, { nextOn: '2027-05-01' })
    const wrong = rooms.people.removeDate(guide, customer.externalUserId, dateId)
    await expect(wrong).rejects.toMatchObject({ code: 'not_found' })
  })
})

const newKey = () => randomUUID()

describe('P11 asked again after an answer that was lost', () => {
  it('a removal has one effect, and its undo is not lost', async () => {
    const { guide, customer, add, list } = await followed()
    const { externalUserId } = customer
    const { dateId, person } = await add({ person: { relation: 'mother' }, date: solar(11, 25) })
    await add({ person: { personId: person!.personId }, date: solar(12, 1), kind: 'other', label: '退休' })
    const before = await list()
    const [ofDate, ofPerson] = [intentOf('first', newKey(), 1), intentOf('second', newKey(), 2)]
    const date = () => rooms.people.removeDate(guide, externalUserId, dateId, ofDate)
    const mother = () => rooms.people.removePerson(guide, externalUserId, person!.personId, ofPerson)
    const removed = [await date(), await mother()]
    expect([await date(), await mother()]).toEqual(removed)
    for (const { undoId } of removed.reverse()) await rooms.facts.undo(guide, externalUserId, undoId)
    expect(await list()).toEqual(before)
  })

  it('a change is answered as done, not as stale', async () => {
    const { guide, customer, add } = await followed()
    const { externalUserId } = customer
    const { dateId, version, person } = await add({ person: { relation: 'mother' }, date: solar(11, 25) })
    const [ofDate, ofPerson] = [intentOf('first', newKey(), 1), intentOf('second', newKey(), 2)]
    const date = () =>
      rooms.people.changeDate(
        guide,
        externalUserId,
        dateId,
        DateChange.parse({ leadDays: 20 }),
        version,
        ofDate,
      )
    const mother = () =>
      rooms.people.changePerson(
        guide,
        externalUserId,
        person!.personId,
        PersonChange.parse({ ringSize: '13' }),
        1,
        ofPerson,
      )
    const changed = [await date(), await mother()]
    expect([await date(), await mother()]).toEqual(changed)
  })
})
