import { readFile } from 'node:fs/promises'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { cardStatement } from '../../../../server/domains/customers/card.repository.ts'
import {
  DateChange,
  DateDraft,
  MinorReport,
  PersonChange,
  type GuardianConsent,
} from '../../../../shared/contract/people.ts'
import { TEST_NOW, TEST_TIME_ZONE, TEST_TODAY } from '../../../support/make.ts'
import { forgetMinorReads, minorReads } from '../../../support/minorReads.ts'
import { openLowerRooms } from '../lowerRooms.ts'

const rooms = openLowerRooms()
beforeEach(() => rooms.clock.set(TEST_NOW))

const DAY_MS = 86_400_000
const consent: GuardianConsent = { guardian: 'customer', how: 'inPerson', givenOn: TEST_TODAY }
const solar = (month: number, day: number | null, year?: number) => ({ calendar: 'solar', month, day, year })
const needsConsent = { code: 'guardian_consent_required' }

async function world() {
  const { make } = rooms
  const corp = await make.corp()
  const store = await make.store(corp)
  const guide = await make.staff(corp, { store, name: '陈露' })
  const manager = await make.staff(corp, { store, role: 'manager', manages: [store] })
  const admin = await make.staff(corp, { role: 'admin' })
  const customer = await make.followed(corp, guide)
  const { externalUserId } = customer
  const add = (draft: object, actor = guide) =>
    rooms.people.addDate(actor, externalUserId, DateDraft.parse(draft))
  const list = (actor = guide) => rooms.people.list(actor, externalUserId)
  const card = async (actor = guide) =>
    rooms.customers.openCard(
      (await make.session(actor, { createdAt: rooms.clock.now() })).hash,
      externalUserId,
    )
  const reads = () => minorReads(rooms.db, { corpId: corp.corpId })
  return { make, corp, guide, manager, admin, customer, externalUserId, add, list, card, reads }
}

/** A daughter whose mother has agreed. */
async function daughter() {
  const known = await world()
  const date = await known.add({ person: { relation: 'daughter' }, date: solar(12, 1), consent })
  return { ...known, date, personId: date.person!.personId }
}

describe('P28 a child’s data needs a guardian’s consent', () => {
  it.each([
    ['by relation', { person: { relation: 'child' }, date: { calendar: 'solar', month: 5, day: 1 } }],
    ['by year of birth', { person: { relation: 'niece' }, date: solar(5, 1, 2015) }],
    ['one day before the fourteenth birthday', { person: { relation: 'other' }, date: solar(11, 22, 2012) }],
    [
      'where only the month of birth is known',
      { person: { relation: 'other' }, date: solar(11, null, 2012) },
    ],
    [
      'as stated',
      { person: { relation: 'friend', isMinor: true }, date: { calendar: 'solar', month: 5, day: 1 } },
    ],
    ['against what was stated', { person: { relation: 'son', isMinor: false }, date: solar(5, 1, 2020) }],
    [
      'for another kind of day',
      { person: { relation: 'child' }, kind: 'other', label: '满月', date: solar(12, 1) },
    ],
  ])('%s', async (_case, draft) => {
    const { add, list } = await world()
    await expect(add(draft)).rejects.toMatchObject(needsConsent)
    expect(await list()).toEqual({ people: [], dates: [] })
    const date = await add({ ...draft, consent })
    expect(date.person).toMatchObject({ isMinor: true })
    expect((await list()).people).toMatchObject([
      { isMinor: true, consent: { ...consent, recordedBy: '陈露', recordedOn: TEST_TODAY } },
    ])
  })

  it.each([
    ['somebody fourteen today', { person: { relation: 'daughter' }, date: solar(11, 21, 2012) }],
    ['somebody stated to be older', { person: { relation: 'son', isMinor: false }, date: solar(5, 1) }],
    ['who has a wedding day', { person: { relation: 'son' }, kind: 'wedding', date: solar(10, 1) }],
    ['the customer herself', { person: null, date: solar(10, 1, 2000) }],
  ])('not %s', async (_case, draft) => {
    const { add, list } = await world()
    await add(draft)
    expect((await list()).people.some(({ isMinor }) => isMinor)).toBe(false)
  })

  it('also when an edit makes somebody a child', async () => {
    const { guide, externalUserId, add } = await world()
    const sister = await add({ person: { relation: 'younger_sister' }, date: solar(5, 1) })
    const toChild = (draft: object) =>
      rooms.people.changeDate(guide, externalUserId, sister.dateId, DateChange.parse(draft), 1)
    await expect(toChild({ date: solar(5, 1, 2018) })).rejects.toMatchObject(needsConsent)
    expect(await toChild({ date: solar(5, 1, 2018), consent })).toMatchObject({ person: { isMinor: true } })
    const brother = await add({ person: { relation: 'younger_brother' }, date: solar(5, 1) })
    const edit = (draft: object) =>
      rooms.people.changePerson(guide, externalUserId, brother.person!.personId, PersonChange.parse(draft), 1)
    await expect(edit({ relation: 'son' })).rejects.toMatchObject(needsConsent)
    await expect(edit({ isMinor: true })).rejects.toMatchObject(needsConsent)
    expect(await edit({ relation: 'son', isMinor: false })).toMatchObject({ isMinor: false })
  })

  it('given once, it holds for what is noted later', async () => {
    const { add, personId } = await daughter()
    await add({ person: { personId }, kind: 'other', label: '满月', date: solar(3, 1) })
  })

  it('given tomorrow, it is none', async () => {
    const { add } = await world()
    const early = { ...consent, givenOn: '2026-11-22' }
    const draft = { person: { relation: 'child' }, date: solar(5, 1), consent: early }
    await expect(add(draft)).rejects.toMatchObject({ fields: [{ path: 'consent.givenOn' }] })
  })

  it('taken back, the child’s data is gone for good, and the evidence stays', async () => {
    const { guide, externalUserId, personId, date, list, add } = await daughter()
    const second = await add({ person: { personId }, kind: 'other', label: '满月', date: solar(3, 1) })
    const { undoId } = await rooms.people.removeDate(guide, externalUserId, second.dateId)
    await rooms.people.withdrawConsent(guide, externalUserId, personId)
    expect(await list()).toEqual({ people: [], dates: [] })
    const left = await sql`select 1 from reminders where date_id = ${date.dateId}`.execute(rooms.db)
    expect(left.rows).toEqual([])
    await expect(rooms.facts.undo(guide, externalUserId, undoId)).rejects.toMatchObject({ code: 'not_found' })
    const kept = await sql<object>`
      select person_id, guardian, withdrawn_by from guardian_consents where recorded_by = ${guide.staffId}`.execute(
      rooms.db,
    )
    expect(kept.rows).toEqual([{ person_id: null, guardian: 'customer', withdrawn_by: guide.staffId }])
    const again = rooms.people.withdrawConsent(guide, externalUserId, personId)
    await expect(again).rejects.toMatchObject({ code: 'not_found' })
  })

  it('comes back with the child whose removal is undone', async () => {
    const { guide, externalUserId, personId, list } = await daughter()
    const { undoId } = await rooms.people.removePerson(guide, externalUserId, personId)
    await rooms.facts.undo(guide, externalUserId, undoId)
    expect((await list()).people).toMatchObject([{ isMinor: true, consent }])
  })
})

it('P28 who was noted before children were told apart is a child as far as is known', async () => {
  const { make, corp, guide, manager, customer, list } = await world()
  const noted = async (relation: string, date?: Partial<Parameters<typeof make.date>[2]>) => {
    const { personId } = await make.person(corp, customer, { relation })
    if (date) await make.date(corp, customer, { nextOn: '2027-01-05', personId, ...date })
    return personId
  }
  const unknown = await noted('daughter')
  const small = await noted('other', { year: 2092, month: 2, day: 29 })
  const lunar = await noted('son', { calendar: 'lunar', year: 2090, month: 3, day: 1 })
  const grown = await noted('son', { year: 2000, month: 1, day: 5 })
  const married = await noted('daughter', { kind: 'wedding' })
  const mother = await noted('mother')
  const after = new Date(TEST_NOW.getTime() + DAY_MS)
  await sql`update schema_migrations set applied_at = ${after} where version = 3`.execute(rooms.db)
  const late = await noted('nephew')
  await sql`update people set created_at = ${new Date(after.getTime() + 1)} where person_id = ${late}`.execute(
    rooms.db,
  )
  const file = new URL('../../../../server/db/migrations/0008_mended.sql', import.meta.url)
  await sql.raw(await readFile(file, 'utf8')).execute(rooms.db)
  const until = await sql<{ person_id: string; until: string }>`
    select person_id, minor_until::text as until from people
    where customer_id = ${customer.customerId} and minor_until is not null`.execute(rooms.db)
  expect(Object.fromEntries(until.rows.map(row => [row.person_id, row.until]))).toEqual({
    [unknown]: 'infinity',
    [small]: '2106-03-01',
    [lunar]: '2105-03-01',
  })
  const seenBy = async (actor: typeof guide) => (await list(actor)).people.map(({ personId }) => personId)
  expect((await seenBy(manager)).sort()).toEqual([grown, married, mother, late].sort())
  expect(await seenBy(guide)).toHaveLength(7)
})

describe('P28 who sees a child', () => {
  it('the guides who follow the customer and admins; a manager sees the rest of the family', async () => {
    const { make, corp, manager, admin, customer, add, list, card, personId, date } = await daughter()
    await add({ person: { relation: 'mother' }, date: solar(12, 5) })
    const colleague = await make.staff(corp)
    await make.follow(colleague, customer)
    const relations = async (actor: typeof manager) => {
      const { people, dates } = await list(actor)
      const shown = await card(actor)
      return [people, dates.map(one => one.person!), shown.dates.map(one => one.person!)].map(persons =>
        persons.map(({ relation }) => relation).sort(),
      )
    }
    const both = ['daughter', 'mother']
    expect(await relations(colleague)).toEqual([both, both, both])
    expect(await relations(admin)).toEqual([both, both, both])
    expect(await relations(manager)).toEqual([['mother'], ['mother'], ['mother']])
    const { externalUserId } = customer
    const isUnknown = { code: 'not_found' }
    for (const attempt of [
      () => rooms.people.removeDate(manager, externalUserId, date.dateId),
      () => rooms.people.changeDate(manager, externalUserId, date.dateId, DateChange.parse({}), 1),
      () => rooms.people.removePerson(manager, externalUserId, personId),
      () => rooms.people.changePerson(manager, externalUserId, personId, PersonChange.parse({}), 1),
      () => rooms.people.withdrawConsent(manager, externalUserId, personId),
    ])
      await expect(attempt()).rejects.toMatchObject(isUnknown)
    const noted = add({ person: { personId }, kind: 'wedding', date: solar(1, 1) }, manager)
    await expect(noted).rejects.toMatchObject({ fields: [{ path: 'person.personId' }] })
    const another = add({ person: { relation: 'son' }, date: solar(1, 1), consent }, manager)
    await expect(another).rejects.toMatchObject({ code: 'validation_failed' })
  })

  it('everybody again from the fourteenth birthday on', async () => {
    const { manager, add, list } = await world()
    await add({ person: { relation: 'daughter' }, date: solar(11, 24, 2012), consent })
    expect((await list(manager)).people).toEqual([])
    rooms.clock.set(new Date(TEST_NOW.getTime() + 3 * DAY_MS))
    expect((await list(manager)).people).toMatchObject([{ relation: 'daughter', isMinor: false }])
  })

  it('the timeline, which the store reads, does not tell of a child', async () => {
    const { guide, externalUserId, date } = await daughter()
    const [reminder] = (
      await sql<{
        id: string
      }>`select reminder_id as id from reminders where date_id = ${date.dateId}`.execute(rooms.db)
    ).rows
    await rooms.reminders.act(guide, reminder!.id, { action: 'skip', reason: 'other' })
    await rooms.people.removeDate(guide, externalUserId, date.dateId)
    const { items } = await rooms.customers.listTimeline(guide, externalUserId, { limit: 30 })
    expect(items).toHaveLength(3)
    for (const line of items) expect(`${line.what} ${line.detail}`).not.toMatch(/女儿|孩子|生日/)
  })
})

describe('P28 each access is recorded', () => {
  it('each look of each member, with the card’s only statement; what one opening reads again is the same look', async () => {
    const { guide, admin, manager, externalUserId, card, list, reads, personId } = await daughter()
    await forgetMinorReads(rooms.db)
    for (const actor of [guide, admin, manager, guide]) await card(actor)
    await list()
    const LOOK_MS = 600_000
    rooms.clock.set(new Date(TEST_NOW.getTime() + LOOK_MS))
    for (const open of [card, list, card]) await open(guide)
    rooms.clock.set(new Date(TEST_NOW.getTime() + DAY_MS))
    const { hash } = await rooms.make.session(guide, { createdAt: rooms.clock.now() })
    rooms.test.statements.length = 0
    await rooms.customers.openCard(hash, externalUserId)
    expect(rooms.test.statements).toHaveLength(1)
    expect(await reads()).toEqual(
      [
        [guide, TEST_TODAY],
        [guide, TEST_TODAY],
        [admin, TEST_TODAY],
        [guide, '2026-11-22'],
      ].map(([actor, day]) => ({
        staff_id: (actor as typeof guide).staffId,
        person_id: personId,
        day,
      })),
    )
  })

  it('with the time and the member of each look, also of those within one second', async () => {
    const { guide, admin, card } = await daughter()
    await forgetMinorReads(rooms.db)
    await card(guide)
    const soon = new Date(TEST_NOW.getTime() + 400)
    rooms.clock.set(soon)
    await card(admin)
    const noted = await sql<object>`
      select staff_id, at from audit_entries where action = 'minorRead' order by at`.execute(rooms.db)
    expect(noted.rows).toEqual([
      { staff_id: guide.staffId, at: TEST_NOW },
      { staff_id: admin.staffId, at: soon },
    ])
  })

  it.each([
    [
      'the family',
      ({ guide, externalUserId }: Awaited<ReturnType<typeof daughter>>) =>
        rooms.people.list(guide, externalUserId),
    ],
    ['今日', ({ guide }: Awaited<ReturnType<typeof daughter>>) => rooms.reminders.getToday(guide)],
  ])('with %s', async (_what, read) => {
    const known = await daughter()
    await forgetMinorReads(rooms.db)
    await read(known)
    expect(await known.reads()).toMatchObject([{ staff_id: known.guide.staffId, person_id: known.personId }])
  })

  it('writes nothing where there is no child', async () => {
    const { make, guide, customer, corp, reads } = await world()
    const { personId } = await make.person(corp, customer, { minorUntil: TEST_TODAY })
    await make.date(corp, customer, { nextOn: '2026-12-01', personId })
    const { hash } = await make.session(guide)
    const asked = {
      sessionHash: hash,
      externalUserId: customer.externalUserId,
      now: TEST_NOW,
      today: TEST_TODAY,
      timeZone: TEST_TIME_ZONE,
    }
    await rooms.db.transaction(async tx => {
      await cardStatement(asked).execute(tx)
      const written = await sql<{
        id: string | null
      }>`select pg_current_xact_id_if_assigned()::text as id`.execute(tx)
      expect(written.rows).toEqual([{ id: null }])
    })
    expect(await reads()).toEqual([])
  })
})

describe('P28 the yearly report', () => {
  it('counts consents, withdrawals and who looked, for admins only', async () => {
    const { guide, admin, manager, externalUserId, personId, add, list } = await daughter()
    await add({ person: { relation: 'son' }, date: solar(5, 1), consent: { ...consent, how: 'chat' } })
    await list()
    await list(admin)
    await rooms.people.withdrawConsent(admin, externalUserId, personId)
    const report = MinorReport.parse(await rooms.minors.report(admin, 2026))
    expect(report).toEqual({
      year: 2026,
      heldNow: 1,
      consents: {
        recorded: 2,
        withdrawn: 1,
        byHow: [
          { how: 'chat', count: 1 },
          { how: 'inPerson', count: 1 },
        ],
      },
      reads: 4,
      staff: [
        expect.objectContaining({ name: '陈露', consents: 2, withdrawals: 0, reads: 2, children: 2 }),
        expect.objectContaining({ store: null, consents: 0, withdrawals: 1, reads: 2, children: 2 }),
      ],
    })
    expect(await rooms.minors.report(admin, 2025)).toMatchObject({ heldNow: 1, reads: 0, staff: [] })
    for (const actor of [guide, manager])
      await expect(rooms.minors.report(actor, 2026)).rejects.toMatchObject({ code: 'forbidden' })
  })
})
