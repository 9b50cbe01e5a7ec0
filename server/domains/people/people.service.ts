import { randomUUID } from 'node:crypto'
import type { Touch } from '../../../shared/contract/customers.ts'
import type {
  DateChange,
  DateDraft,
  Family,
  ImportantDate,
  Person,
  PersonChange,
  Undoable,
} from '../../../shared/contract/people.ts'
import { isMinorByNature, relationLabel } from '../../../shared/rules/relation.ts'
import type { StaffActor } from '../../actor.ts'
import type { Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Conflict, NotFound, VersionConflict } from '../../errors.ts'
import { dateWords, isMinorOn, minorsOf } from '../customers/importantDate.ts'
import { createBoughtForRepository } from './boughtFor.repository.ts'
import {
  assertPossible,
  assertRelation,
  createFamilyWrites,
  factsOf,
  minorUntilByBirth,
  minorUntilStated,
  plannedDate,
  type FamilyDeps,
  type PersonOfDates,
} from './familyWrites.ts'
import { createPeopleRepository, type FamilyOf, type StoredPerson } from './people.repository.ts'
import type { UndoContent } from './undo.ts'

export type PeopleDeps = FamilyDeps

/** Somebody of the family for a line of the timeline; a child is not told apart there (P28). */
export const personWords = (person: Pick<PersonOfDates, 'relation' | 'minorUntil'>, today: string): string =>
  isMinorOn(person.minorUntil, today) ? '家人' : relationLabel(person.relation)

const withoutRule = ({ minorUntil: _, ...person }: StoredPerson): Person => person

export function createPeopleService(deps: PeopleDeps) {
  const { db, clock, customers, reminders } = deps
  const writes = createFamilyWrites(deps)

  /** The family as it stands, each look at a child recorded. */
  async function readFamily(tx: Tx | typeof db, actor: StaffActor, family: FamilyOf): Promise<Family> {
    const repository = createPeopleRepository(tx)
    const people = await repository.listPeople(actor, family)
    const dates = await repository.listDates(actor, family)
    const minors = people.filter(({ isMinor }) => isMinor).map(({ personId }) => personId)
    await customers.recordMinorReads(tx, actor, minors)
    return { people: people.map(withoutRule), dates }
  }

  /** One date as the page shows it. @throws NotFound */
  async function readDate(actor: StaffActor, externalUserId: string, dateId: string): Promise<ImportantDate> {
    const family = await writes.open(db, actor, externalUserId)
    const date = await createPeopleRepository(db).findDate(actor, family, dateId)
    // Noted under this key before and removed since.
    if (!date) throw new NotFound()
    await customers.recordMinorReads(db, actor, minorsOf([date]))
    return date
  }

  async function touch(
    tx: Tx,
    actor: StaffActor,
    { customerId }: FamilyOf,
    line: { kind: Touch['kind']; what: string; at?: Date },
  ): Promise<void> {
    await customers.recordTouch(tx, actor, { customerId, by: 'staff', staffId: actor.staffId, ...line })
  }

  const wordsOf = (date: ImportantDate) =>
    dateWords({
      relation: date.person?.relation ?? null,
      isMinor: date.person?.isMinor ?? false,
      kind: date.kind,
      label: date.label,
    })

  async function forgetBoughtFor(
    tx: Tx,
    actor: StaffActor,
    { customerId }: FamilyOf,
    personId: string,
  ): Promise<void> {
    const boughtFor = createBoughtForRepository(tx)
    await boughtFor.forget(actor, customerId, personId)
    await boughtFor.forgetAside(actor, customerId, personId)
  }

  /** Without the child nobody could tell any more that what was bought for it is a child's data. */
  async function removeRows(
    tx: Tx,
    actor: StaffActor,
    family: FamilyOf,
    { personId, isMinor }: StoredPerson,
  ): Promise<void> {
    if (isMinor) await forgetBoughtFor(tx, actor, family, personId)
    await createPeopleRepository(tx).deletePerson(actor, family.customerId, personId)
  }

  async function keepUndo(
    tx: Tx,
    actor: StaffActor,
    { customerId }: FamilyOf,
    content: UndoContent,
  ): Promise<Undoable> {
    const undoId = randomUUID()
    await createPeopleRepository(tx).insertUndo(actor, customerId, { undoId, content }, clock.now())
    return { undoId }
  }

  return {
    readFamily,
    keepUndo,

    /** 家人与日子, dates by their next day. */
    async list(actor: StaffActor, externalUserId: string): Promise<Family> {
      return readFamily(db, actor, await writes.open(db, actor, externalUserId))
    },

    /**
     * Notes a yearly date, of the customer or of someone in the family. When it is near, everyone who follows the customer is
     * reminded at once.
     * @throws NotFound, Invalid (`date.day`, `person.relation` …), Refusal('limit_reached' | 'guardian_consent_required'),
     *   Conflict('state_conflict') where that person has such a day already and it is not said that this is another one
     */
    async addDate(
      actor: StaffActor,
      externalUserId: string,
      draft: DateDraft,
      intent?: Intent,
    ): Promise<ImportantDate> {
      const { person: given, consent, ...facts } = draft
      assertPossible(facts, writes.today())
      // Asked before the key, so that a lost customer is not found under an old key either.
      await writes.open(db, actor, externalUserId)
      const { dateId } = await once(db, actor, intent, clock.now(), async tx => {
        const family = await writes.openLocked(tx, actor, externalUserId)
        const isNew = given !== null && 'relation' in given
        await writes.assertRoom(tx, actor, family, { people: isNew ? 1 : 0, dates: 1 })
        await writes.assertOnlyOne(tx, actor, family, given, [facts])
        const person = given && (await writes.personFor(tx, actor, family, given, [facts], consent))
        const made = { dateId: await writes.insertDate(tx, actor, family, person, facts) }
        const isMinor = person !== null && isMinorOn(person.minorUntil, family.today)
        const { kind, label } = facts
        const what = dateWords({ relation: person?.relation ?? null, isMinor, kind, label })
        await touch(tx, actor, family, { kind: 'dateAdded', what })
        return made
      })
      return readDate(actor, externalUserId, dateId)
    },

    /**
     * Unsent reminders move with it.
     * @param version the one the member saw
     * @throws NotFound, Invalid, VersionConflict, Refusal('guardian_consent_required')
     */
    async changeDate(
      actor: StaffActor,
      externalUserId: string,
      dateId: string,
      change: DateChange,
      version: number,
      intent?: Intent,
    ): Promise<ImportantDate> {
      await writes.open(db, actor, externalUserId)
      await once(db, actor, intent, clock.now(), async tx => {
        const family = await writes.openLocked(tx, actor, externalUserId)
        const repository = createPeopleRepository(tx)
        const before = await repository.findDate(actor, family, dateId)
        if (!before) throw new NotFound()
        const was = factsOf(before)
        const facts = {
          kind: change.kind ?? was.kind,
          label: change.label === undefined ? was.label : change.label,
          date: change.date ?? was.date,
          leadDays: change.leadDays === undefined ? was.leadDays : change.leadDays,
        }
        assertPossible(facts, family.today)
        if (before.person) {
          const { personId } = before.person
          const person = await repository.findPerson(actor, family, personId)
          if (!person) throw new NotFound()
          const others = await repository.listBirths(actor, personId, dateId)
          const births = facts.kind === 'birthday' ? [facts.date, ...others] : others
          await writes.knownPerson(tx, actor, family, person, births, change.consent)
        }
        const changed = { dateId, ...plannedDate(facts, family.today) }
        if (!(await repository.changeDate(actor, family.customerId, changed, version)))
          throw new VersionConflict()
        await reminders.reschedule(tx, dateId)
        await touch(tx, actor, family, { kind: 'dateChanged', what: wordsOf(before) })
        return { dateId }
      })
      return readDate(actor, externalUserId, dateId)
    },

    /** Its reminders go with it, and the person, when nothing else is known of the person. @throws NotFound */
    async removeDate(
      actor: StaffActor,
      externalUserId: string,
      dateId: string,
      intent?: Intent,
    ): Promise<Undoable> {
      await writes.open(db, actor, externalUserId)
      return once(db, actor, intent, clock.now(), async tx => {
        const family = await writes.openLocked(tx, actor, externalUserId)
        const repository = createPeopleRepository(tx)
        const date = await repository.findDate(actor, family, dateId)
        if (!date) throw new NotFound()
        const personId = date.person?.personId ?? null
        const dates = await repository.listDates(actor, family)
        const isLast = dates.filter(one => one.person?.personId === personId).length === 1
        const person =
          personId !== null && isLast ? await repository.findPerson(actor, family, personId) : undefined
        const isGoing = person !== undefined && isBare(person)
        const gone = await repository.copyOut(actor, family.customerId, {
          personId: isGoing ? personId : null,
          dateId,
        })
        await repository.deleteDate(actor, family.customerId, dateId)
        if (isGoing) await removeRows(tx, actor, family, person)
        const at = clock.now()
        await touch(tx, actor, family, { kind: 'dateRemoved', what: wordsOf(date), at })
        return { ...(await keepUndo(tx, actor, family, { at: at.toISOString(), gone })) }
      })
    },

    /**
     * @param version the one the member saw
     * @throws NotFound, Invalid, VersionConflict, Refusal('guardian_consent_required')
     */
    async changePerson(
      actor: StaffActor,
      externalUserId: string,
      personId: string,
      { consent, isMinor, ...change }: PersonChange,
      version: number,
      intent?: Intent,
    ): Promise<Person> {
      const seen = await writes.open(db, actor, externalUserId)
      await once(db, actor, intent, clock.now(), async tx => {
        const family = await writes.openLocked(tx, actor, externalUserId)
        const repository = createPeopleRepository(tx)
        const person = await repository.findPerson(actor, family, personId)
        if (!person) throw new NotFound()
        const relation = change.relation ?? person.relation
        assertRelation(relation)
        const told = minorUntilByBirth(await repository.listBirths(actor, personId, null), family.today)
        const isOther = isMinor === null || relation !== person.relation
        const byNature = isOther ? minorUntilStated(isMinorByNature(relation)) : person.minorUntil
        const stated = typeof isMinor === 'boolean' ? minorUntilStated(isMinor) : byNature
        const minorUntil = told === undefined ? stated : told
        const changed = { ...change, minorUntil }
        const next = await repository.changePerson(actor, family.customerId, personId, changed, version)
        if (next === undefined) throw new VersionConflict()
        const hasConsent = person.consent !== null
        await writes.allowChild(tx, actor, family, { personId, relation, minorUntil, hasConsent }, consent)
        const what = personWords({ relation, minorUntil }, family.today)
        await touch(tx, actor, family, { kind: 'personChanged', what })
        return { personId }
      })
      const after = await createPeopleRepository(db).findPerson(actor, seen, personId)
      if (!after) throw new NotFound()
      if (after.isMinor) await customers.recordMinorReads(db, actor, [personId])
      return withoutRule(after)
    },

    /** With all dates and their reminders. @throws NotFound */
    async removePerson(
      actor: StaffActor,
      externalUserId: string,
      personId: string,
      intent?: Intent,
    ): Promise<Undoable> {
      await writes.open(db, actor, externalUserId)
      return once(db, actor, intent, clock.now(), async tx => {
        const family = await writes.openLocked(tx, actor, externalUserId)
        const repository = createPeopleRepository(tx)
        const person = await repository.findPerson(actor, family, personId)
        if (!person) throw new NotFound()
        const gone = await repository.copyOut(actor, family.customerId, { personId, dateId: null })
        await removeRows(tx, actor, family, person)
        const at = clock.now()
        await touch(tx, actor, family, {
          kind: 'personRemoved',
          what: personWords(person, family.today),
          at,
        })
        return { ...(await keepUndo(tx, actor, family, { at: at.toISOString(), gone })) }
      })
    },

    /**
     * A guardian takes the consent back: the child's data goes at once and for good; that there was a consent stays on record.
     * @throws NotFound, Conflict('state_conflict') where there is no consent to take back
     */
    async withdrawConsent(
      actor: StaffActor,
      externalUserId: string,
      personId: string,
      intent?: Intent,
    ): Promise<void> {
      await writes.open(db, actor, externalUserId)
      await once(db, actor, intent, clock.now(), async tx => {
        const family = await writes.openLocked(tx, actor, externalUserId)
        const repository = createPeopleRepository(tx)
        const person = await repository.findPerson(actor, family, personId)
        if (!person) throw new NotFound()
        if (!(await repository.withdrawConsent(actor, personId, clock.now()))) throw new Conflict()
        await forgetBoughtFor(tx, actor, family, personId)
        await repository.deletePerson(actor, family.customerId, personId)
        // A removal before may have kept the child's rows.
        await repository.forgetUndosOf(actor, family.customerId)
        await touch(tx, actor, family, {
          kind: 'consentWithdrawn',
          what: personWords(person, family.today),
        })
        return { personId }
      })
    },
  }
}

export type PeopleService = ReturnType<typeof createPeopleService>

/** Nothing is known but who it is and how to address them. */
const isBare = (person: StoredPerson): boolean =>
  [person.ringSize, person.wristSize, person.neckSize, person.allergies, person.likes, person.avoids].every(
    fact => fact === null,
  )
