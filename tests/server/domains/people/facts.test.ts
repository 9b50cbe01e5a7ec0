import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { FactsDraft } from '../../../../shared/contract/facts.ts'
import { PersonChange, type Person } from '../../../../shared/contract/people.ts'
import { TEST_NOW, TEST_TODAY } from '../../../support/make.ts'
import { intentOf, openLowerRooms } from '../lowerRooms.ts'

const rooms = openLowerRooms()
beforeEach(() => rooms.clock.set(TEST_NOW))

async function world() {
  const { make } = rooms
  const corp = await make.corp()
  const guide = await make.staff(corp)
  const customer = await make.followed(corp, guide, { salutation: '婉清姐' })
  const { externalUserId } = customer
  const session = await make.session(guide)
  const note = (draft: object) => rooms.facts.note(guide, externalUserId, FactsDraft.parse(draft))
  const list = () => rooms.people.list(guide, externalUserId)
  const profile = async () => (await rooms.customers.openCard(session.hash, externalUserId)).customer.profile
  const timeline = async () =>
    (await rooms.customers.listTimeline(guide, externalUserId, { limit: 30 })).items.map(
      ({ kind, what }) => `${kind} ${what}`,
    )
  return { make, corp, guide, customer, externalUserId, note, list, profile, timeline }
}

/** 她妈妈农历八月十五生日，圈口13，别送银的；她自己戒圈12 */
const line = {
  people: [
    {
      person: { relation: 'mother' },
      changes: { ringSize: '13', avoids: '银' },
      dates: [{ date: { calendar: 'lunar', month: 8, day: 15 } }],
    },
  ],
  self: {
    version: 1,
    changes: { ringSize: '12' },
    dates: [{ kind: 'wedding', date: { calendar: 'solar', month: 12, day: 1 } }],
  },
  note: '预算 5000',
}

describe('what one line said', () => {
  it('is noted in one go', async () => {
    const { note, list, profile, timeline } = await world()
    await note(line)
    expect(await list()).toMatchObject({
      people: [{ relation: 'mother', ringSize: '13', avoids: '银' }],
      dates: [
        { person: null, kind: 'wedding', nextOn: '2026-12-01' },
        { person: { relation: 'mother' }, nextOn: '2027-09-15' },
      ],
    })
    expect(await profile()).toMatchObject({ ringSize: '12', note: '预算 5000', salutation: '婉清姐' })
    expect((await timeline()).sort()).toEqual([
      'dateAdded 妈妈生日',
      'dateAdded 结婚纪念日',
      'personAdded 妈妈',
      'profileChanged 戒圈、备注',
    ])
  })

  it('with what was promised: the guide is reminded of it, until it is taken back together', async () => {
    const { guide, externalUserId, note, timeline } = await world()
    const promised = async () =>
      (await rooms.reminders.getToday(guide)).sections
        .flatMap(({ rows }) => rows)
        .filter(({ kind }) => kind === 'promise')
        .map(({ about, occurrence }) => `${about} ${occurrence}`)
    const { undoId } = await note({ promises: [{ words: '下周三给她看图', day: '2026-11-25' }] })
    expect(await promised()).toEqual(['下周三给她看图 2026-11-25'])
    expect(await timeline()).toEqual(['promiseMade 下周三给她看图'])
    await rooms.facts.undo(guide, externalUserId, undoId)
    expect(await promised()).toEqual([])
    expect(await timeline()).toEqual([])
    const past = { ...line, promises: [{ words: '回复', day: '2026-11-20' }] }
    await expect(note(past)).rejects.toMatchObject({ fields: [{ path: 'day' }] })
    expect(await timeline()).toEqual([])
  })

  it('is taken back in one go, with its lines in the timeline and its reminders', async () => {
    const { guide, externalUserId, customer, note, list, profile, timeline } = await world()
    const before = await profile()
    const { undoId } = await note(line)
    await rooms.facts.undo(guide, externalUserId, undoId)
    expect(await list()).toEqual({ people: [], dates: [] })
    expect(await profile()).toMatchObject({ ringSize: null, note: null, salutation: before.salutation })
    expect(await timeline()).toEqual([])
    const left = await sql`select 1 from reminders where customer_id = ${customer.customerId}`.execute(
      rooms.db,
    )
    expect(left.rows).toEqual([])
  })

  it('adds to somebody known, and the undo puts back what stood there', async () => {
    const { make, corp, guide, customer, externalUserId, note, list } = await world()
    const { personId } = await make.person(corp, customer, { avoids: '玉' })
    const { undoId } = await note({
      people: [
        {
          person: { personId, version: 1 },
          changes: { avoids: '玉、银', ringSize: '13' },
          dates: [{ date: { calendar: 'solar', month: 5, day: 1 } }],
        },
      ],
    })
    expect(await list()).toMatchObject({
      people: [{ avoids: '玉、银', ringSize: '13' }],
      dates: [{ month: 5 }],
    })
    expect(await rooms.facts.undo(guide, externalUserId, undoId)).toMatchObject({
      people: [{ personId, avoids: '玉', ringSize: null }],
      dates: [],
    })
  })

  it('puts a day in the place of a wrong one, or beside it, and the undo puts the old one back', async () => {
    const { guide, externalUserId, note, list, timeline } = await world()
    await note(line)
    const before = (await list()).dates.find(({ kind }) => kind === 'birthday')!
    const mother = async () => {
      const [{ personId, version }] = (await list()).people as [Person]
      return { personId, version }
    }
    const withDate = async (rest: object) => ({
      people: [
        { person: await mother(), dates: [{ date: { calendar: 'lunar', month: 9, day: 15 }, ...rest }] },
      ],
    })
    const births = async () =>
      (await list()).dates.filter(({ kind }) => kind === 'birthday').map(({ nextOn }) => nextOn)
    await expect(note(await withDate({}))).rejects.toMatchObject({ code: 'state_conflict' })
    expect(await births()).toEqual(['2027-09-15'])
    const { undoId } = await note(await withDate({ instead: before.dateId }))
    expect(await births()).toEqual(['2027-10-14'])
    expect(await timeline()).toContain('dateChanged 妈妈生日')
    await rooms.facts.undo(guide, externalUserId, undoId)
    expect(await births()).toEqual(['2027-09-15'])
    expect(await timeline()).not.toContain('dateChanged 妈妈生日')
    await note(await withDate({ isAnother: true }))
    expect(await births()).toEqual(['2027-09-15', '2027-10-14'])
    // Somebody else's day is nobody's to put another in the place of.
    const wedding = (await list()).dates.find(({ kind }) => kind === 'wedding')!
    await expect(note(await withDate({ instead: wedding.dateId }))).rejects.toMatchObject({
      code: 'validation_failed',
    })
  })

  it('P13 is refused whole where somebody has changed the person or the profile since', async () => {
    const { make, corp, guide, customer, externalUserId, note, list, profile } = await world()
    const { personId } = await make.person(corp, customer)
    const edit = PersonChange.parse({ ringSize: '14' })
    await rooms.people.changePerson(guide, externalUserId, personId, edit, 1)
    const stale = { code: 'version_conflict' }
    const person = { person: { personId, version: 1 } }
    await expect(
      note({ people: [{ ...person, changes: { ringSize: '13' } }], note: '要包装' }),
    ).rejects.toMatchObject(stale)
    await rooms.customers.changeProfile(guide, externalUserId, { tier: '金卡' }, 1)
    await expect(note(line)).rejects.toMatchObject(stale)
    expect(await list()).toMatchObject({ people: [{ ringSize: '14' }], dates: [] })
    expect(await profile()).toMatchObject({ note: null, ringSize: null })
  })

  it('is not taken back over what somebody changed since, not even in part', async () => {
    const { guide, externalUserId, note, list, profile } = await world()
    const { undoId } = await note(line)
    await rooms.customers.changeProfile(guide, externalUserId, { wish: '手镯' }, (await profile()).version)
    const undo = () => rooms.facts.undo(guide, externalUserId, undoId)
    await expect(undo()).rejects.toMatchObject({ code: 'state_conflict' })
    expect((await list()).dates).toHaveLength(2)
  })

  it('P12 is noted whole or not at all', async () => {
    const { note, list, profile } = await world()
    const child = {
      person: { relation: 'daughter' },
      dates: [{ date: { calendar: 'solar', month: 6, day: 1 } }],
    }
    await expect(note({ ...line, people: [...line.people, child] })).rejects.toMatchObject({
      code: 'guardian_consent_required',
    })
    expect(await list()).toEqual({ people: [], dates: [] })
    expect((await profile()).version).toBe(1)
    const consent = { guardian: 'otherParent', how: 'chat', givenOn: TEST_TODAY }
    await note({ ...line, people: [...line.people, { ...child, consent }] })
    const { people } = await list()
    expect(people.map(({ relation }) => relation).toSorted()).toEqual(['daughter', 'mother'])
    expect(people.find(({ relation }) => relation === 'daughter')).toMatchObject({ consent })
  })

  it('goes behind the note that is there, as long as there is room', async () => {
    const { guide, externalUserId, note, profile } = await world()
    await rooms.customers.changeProfile(guide, externalUserId, { note: '文字就好' }, 1)
    await note({ note: '周末来店' })
    expect((await profile()).note).toBe('文字就好\n周末来店')
    await rooms.customers.changeProfile(
      guide,
      externalUserId,
      { note: '字'.repeat(499) },
      (await profile()).version,
    )
    await expect(note({ note: '放不下' })).rejects.toMatchObject({ fields: [{ path: 'note' }] })
  })

  it('P11 is noted once under one key', async () => {
    const { guide, externalUserId, list } = await world()
    const draft = FactsDraft.parse(line)
    const once = () =>
      rooms.facts.note(guide, externalUserId, draft, intentOf('noteFacts', 'one-line-of-facts-noted', draft))
    const first = await once()
    expect(await once()).toEqual(first)
    expect((await list()).people).toHaveLength(1)
  })

  it('P2 is not for customers or people of others', async () => {
    const { make, corp, guide, note } = await world()
    const theirs = await make.followed(corp, await make.staff(corp))
    const other = await make.person(corp, theirs)
    const foreign = rooms.facts.note(guide, theirs.externalUserId, FactsDraft.parse({ note: '看看' }))
    await expect(foreign).rejects.toMatchObject({ code: 'not_found' })
    const person = { ...other, version: 1 }
    await expect(note({ people: [{ person, changes: { ringSize: '13' } }] })).rejects.toMatchObject({
      fields: [{ path: 'person.personId' }],
    })
  })

  it('stops at twenty people and thirty dates', async () => {
    const { make, corp, customer, note } = await world()
    for (let count = 0; count < 20; count++) await make.person(corp, customer)
    await expect(note({ people: [{ person: { relation: 'mother' } }] })).rejects.toMatchObject({
      code: 'limit_reached',
    })
  })
})
