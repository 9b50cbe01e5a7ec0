import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EngravingDraft } from '../../../../shared/contract/engravings.ts'
import { DateDraft } from '../../../../shared/contract/people.ts'
import { createTestApp, type TestApp } from '../../../support/createTestApp.ts'
import { TEST_TODAY } from '../../../support/make.ts'
import { forgetMinorReads, minorReads } from '../../../support/minorReads.ts'

let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())

const consent = { guardian: 'customer', how: 'inPerson', givenOn: TEST_TODAY }
const draftOf = (personId: string | null) =>
  EngravingDraft.parse({
    pieceId: 'babyLock',
    metal: 'gold',
    face: 'back',
    font: 'kai',
    lines: ['平安'],
    personId,
  })

/** A customer with somebody in the family, the guide who follows her, and others who may look. */
async function familyOf(relation: 'mother' | 'daughter') {
  const { people, engravings } = test.services
  const store = await test.make.store(test.corp)
  const guide = await test.make.staff(test.corp, { store })
  const manager = await test.make.staff(test.corp, { store, role: 'manager', manages: [store] })
  const { externalUserId, customerId } = await test.make.followed(test.corp, guide)
  const isChild = relation === 'daughter'
  const date = await people.addDate(
    guide,
    externalUserId,
    DateDraft.parse({
      person: { relation },
      date: { calendar: 'solar', month: 12, day: 1 },
      consent: isChild ? consent : null,
    }),
  )
  const personId = date.person?.personId ?? ''
  const add = (actor = guide, id: string | null = personId) =>
    engravings.add(actor, externalUserId, draftOf(id), undefined)
  const list = async (actor = guide) => (await engravings.list(actor, externalUserId)).engravings
  const reads = async () => (await minorReads(test.db, { personId })).map(read => read.staff_id)
  return { guide, manager, externalUserId, customerId, personId, add, list, reads }
}
const invalid = { fields: [{ path: 'personId' }] }

describe('a draft for somebody in the family', () => {
  it('says for whom it is, and can be for somebody else later', async () => {
    const { guide, externalUserId, personId, add, list } = await familyOf('mother')
    const made = await add()
    expect(made.person).toMatchObject({ personId, relation: 'mother', isMinor: false })
    const { engravings } = test.services
    await engravings.change(guide, externalUserId, made.engravingId, draftOf(null), made.version)
    expect((await list())[0]?.person).toBeNull()
  })

  it('P2 is not for somebody of another family', async () => {
    const here = await familyOf('mother')
    const there = await familyOf('mother')
    await expect(here.add(here.guide, there.personId)).rejects.toMatchObject(invalid)
    expect(await here.list()).toEqual([])
  })

  it('goes with the person, and comes back with her, as what was sent of it', async () => {
    const { guide, externalUserId, personId, add, list, customerId } = await familyOf('mother')
    const made = await add()
    const send = await sql<{ sendId: string }>`
      insert into sends (send_id, corp_id, staff_id, customer_id, title, engraving_id, started_at, outcome)
      values (gen_random_uuid(), ${guide.corpId}, ${guide.staffId}, ${customerId}, '刻字预览', ${made.engravingId}, now(), 'ok')
      returning send_id as "sendId"`.execute(test.db)
    const { undoId } = await test.services.people.removePerson(guide, externalUserId, personId)
    expect(await list()).toEqual([])
    await test.services.facts.undo(guide, externalUserId, undoId)
    expect(await list()).toMatchObject([
      { engravingId: made.engravingId, lines: ['平安'], person: { personId } },
    ])
    expect((await list())[0]?.sentAt).not.toBeNull()
    expect(send.rows).toHaveLength(1)
  })
})

describe('P28 a draft for a child', () => {
  it('is there for who follows the customer, not for the manager; each look is recorded', async () => {
    const { guide, manager, externalUserId, add, list, reads } = await familyOf('daughter')
    await forgetMinorReads(test.db)
    const made = await add()
    expect(made.person).toMatchObject({ isMinor: true })
    expect(await reads()).toEqual([guide.staffId])
    expect(await list(manager)).toEqual([])
    await expect(add(manager)).rejects.toMatchObject(invalid)
    const { engravings } = test.services
    const { engravingId, version } = made
    const notFound = { code: 'not_found' }
    await expect(
      engravings.change(manager, externalUserId, engravingId, draftOf(null), version),
    ).rejects.toMatchObject(notFound)
    await expect(engravings.remove(manager, externalUserId, engravingId)).rejects.toMatchObject(notFound)
    expect(await reads()).toEqual([guide.staffId])
  })

  it('needs the consent that is on record', async () => {
    const { personId, add, list } = await familyOf('daughter')
    await sql`update guardian_consents set withdrawn_at = now() where person_id = ${personId}`.execute(
      test.db,
    )
    await expect(add()).rejects.toMatchObject({ code: 'guardian_consent_required' })
    expect(await list()).toEqual([])
  })

  it('is gone at once when the guardian takes the consent back, and no undo brings it back', async () => {
    const { guide, externalUserId, personId, add, list } = await familyOf('daughter')
    await add()
    const { undoId } = await test.services.people.removePerson(guide, externalUserId, personId)
    await test.services.facts.undo(guide, externalUserId, undoId)
    expect(await list()).toHaveLength(1)
    const { undoId: later } = await test.services.people.removePerson(guide, externalUserId, personId)
    await test.services.facts.undo(guide, externalUserId, later)
    await test.services.people.withdrawConsent(guide, externalUserId, personId)
    expect(await list()).toEqual([])
    const left = await sql`select 1 from engravings where person_id = ${personId}`.execute(test.db)
    const undos = await sql`
      select 1 from family_undos where content::text like ${`%${personId}%`}`.execute(test.db)
    expect([left.rows.length, undos.rows.length]).toEqual([0, 0])
  })
})
