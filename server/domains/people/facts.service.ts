import type { ProfileChange, TouchKind, VersionedProfile } from '../../../shared/contract/customers.ts'
import type { DateOfLine, FactsDraft, PersonFacts } from '../../../shared/contract/facts.ts'
import type { Family, PersonDetails, Undoable } from '../../../shared/contract/people.ts'
import type { StaffActor } from '../../actor.ts'
import type { Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Conflict, Invalid, NotFound, VersionConflict } from '../../errors.ts'
import { dateWords, isMinorOn } from '../customers/importantDate.ts'
import {
  assertPossible,
  createFamilyWrites,
  factsOf,
  plannedDate,
  type FamilyDeps,
  type PersonOfDates,
} from './familyWrites.ts'
import { createPeopleRepository, type FamilyOf } from './people.repository.ts'
import { personWords, type PeopleService } from './people.service.ts'
import { UNDO_MINUTES, UndoContent } from './undo.ts'

const MINUTE_MS = 60_000
const MAX_NOTE_LENGTH = 500

/** Lines of the timeline that an undo takes back with what it undoes. */
const undoable: TouchKind[] = [
  'personAdded',
  'personChanged',
  'personRemoved',
  'dateAdded',
  'dateChanged',
  'dateRemoved',
  'profileChanged',
  'promiseMade',
]

/** What was written before the undo is known whole. */
type Undo = Required<Pick<UndoContent, 'madeDates' | 'dates' | 'madePromises' | 'madePeople' | 'people'>> & {
  profile?: NonNullable<UndoContent['profile']>
}

export interface FactsDeps extends FamilyDeps {
  people: PeopleService
}

/** What one line said, noted in one go, and the way back. */
export function createFactsService({ people, ...deps }: FactsDeps) {
  const { db, clock, customers } = deps
  const writes = createFamilyWrites(deps)

  /** The day that was noted was wrong. @throws Invalid where it is gone, or of somebody else */
  async function replaceDate(
    tx: Tx,
    actor: StaffActor,
    family: FamilyOf,
    person: PersonOfDates | null,
    { instead: dateId, kind, date }: DateOfLine & { instead: string },
    { at, undo }: { at: Date; undo: Undo },
  ): Promise<void> {
    const repository = createPeopleRepository(tx)
    const before = await repository.findDate(actor, family, dateId)
    if (!before || before.kind !== kind || before.person?.personId !== person?.personId)
      throw new Invalid([{ path: 'dates', message: '要改的那个日子已经不在了' }])
    const was = factsOf(before)
    const changed = { dateId, ...plannedDate({ ...was, date }, family.today) }
    if (!(await repository.changeDate(actor, family.customerId, changed, before.version)))
      throw new VersionConflict()
    await deps.reminders.reschedule(tx, dateId)
    undo.dates.push({ dateId, before: was, version: before.version + 1 })
    const isMinor = person !== null && isMinorOn(person.minorUntil, family.today)
    const relation = person?.relation ?? null
    await customers.recordTouch(tx, actor, {
      customerId: family.customerId,
      kind: 'dateChanged',
      by: 'staff',
      staffId: actor.staffId,
      what: dateWords({ relation, isMinor, kind, label: before.label }),
      at,
    })
  }

  async function noteDates(
    tx: Tx,
    actor: StaffActor,
    family: FamilyOf,
    person: PersonOfDates | null,
    dates: PersonFacts['dates'],
    { at, undo }: { at: Date; undo: Undo },
  ): Promise<void> {
    for (const { instead, ...facts } of dates) {
      if (instead !== undefined) {
        await replaceDate(tx, actor, family, person, { ...facts, instead }, { at, undo })
        continue
      }
      undo.madeDates.push(await writes.insertDate(tx, actor, family, person, facts))
      const isMinor = person !== null && isMinorOn(person.minorUntil, family.today)
      await customers.recordTouch(tx, actor, {
        customerId: family.customerId,
        kind: 'dateAdded',
        by: 'staff',
        staffId: actor.staffId,
        what: dateWords({
          relation: person?.relation ?? null,
          isMinor,
          kind: facts.kind,
          label: facts.label,
        }),
        at,
      })
    }
  }

  /** @throws Invalid, VersionConflict, Refusal('guardian_consent_required') */
  async function notePerson(
    tx: Tx,
    actor: StaffActor,
    family: FamilyOf,
    { person: given, changes, dates, consent }: PersonFacts,
    trace: { at: Date; undo: Undo },
  ): Promise<void> {
    const repository = createPeopleRepository(tx)
    const before =
      'personId' in given ? await repository.findPerson(actor, family, given.personId) : undefined
    await writes.assertOnlyOne(tx, actor, family, given, added(dates))
    const person = await writes.personFor(tx, actor, family, given, dates, consent)
    const { personId, minorUntil } = person
    let version = 'version' in given ? given.version : 1
    const isNew = before === undefined
    if (Object.keys(changes).length > 0) {
      const change = { ...changes, minorUntil }
      const next = await repository.changePerson(actor, family.customerId, personId, change, version)
      if (next === undefined) throw new VersionConflict()
      version = next
    } else if (before && before.version !== version) throw new VersionConflict()
    if (isNew) trace.undo.madePeople.push({ personId, version })
    else {
      const former = Object.fromEntries(
        (Object.keys(changes) as (keyof PersonDetails)[]).map(name => [name, before[name]]),
      )
      trace.undo.people.push({ personId, before: former, minorUntil: before.minorUntil, version })
    }
    if (isNew || Object.keys(changes).length > 0) {
      await customers.recordTouch(tx, actor, {
        customerId: family.customerId,
        kind: isNew ? 'personAdded' : 'personChanged',
        by: 'staff',
        staffId: actor.staffId,
        what: personWords(person, family.today),
        at: trace.at,
      })
    }
    await noteDates(tx, actor, family, person, dates, trace)
  }

  /** The customer's own facts, and the words that go behind the note. @throws VersionConflict, Invalid (`note`) */
  async function noteSelf(
    tx: Tx,
    actor: StaffActor,
    family: FamilyOf,
    { self, note }: FactsDraft,
    trace: { at: Date; undo: Undo },
  ): Promise<void> {
    const { customerId } = family
    const before = await customers.getProfile(tx, customerId)
    const change: ProfileChange = { ...self?.changes }
    if (note !== null) change.note = appended(before.note, note)
    // Words behind a note take nothing of anybody's away: they need no version.
    const version = self && Object.keys(self.changes).length > 0 ? self.version : before.version
    const after = await customers.writeProfile(tx, actor, customerId, change, version, trace.at)
    if (after.version !== before.version) {
      trace.undo.profile = { before: pick(before, change), version: after.version }
    }
    await writes.assertOnlyOne(tx, actor, family, null, added(self?.dates ?? []))
    await noteDates(tx, actor, family, null, self?.dates ?? [], trace)
  }

  return {
    /**
     * All of it, or nothing.
     * @throws NotFound, Invalid, VersionConflict, Refusal('limit_reached' | 'guardian_consent_required'), Conflict('state_conflict')
     */
    async note(
      actor: StaffActor,
      externalUserId: string,
      draft: FactsDraft,
      intent?: Intent,
    ): Promise<Undoable> {
      const dates = [...(draft.self?.dates ?? []), ...draft.people.flatMap(one => one.dates)]
      for (const facts of dates) assertPossible(facts, writes.today())
      await writes.open(db, actor, externalUserId)
      const { undoId } = await once(db, actor, intent, clock.now(), async tx => {
        const family = await writes.openLocked(tx, actor, externalUserId)
        const newPeople = draft.people.filter(({ person }) => 'relation' in person).length
        await writes.assertRoom(tx, actor, family, { people: newPeople, dates: dates.length })
        const at = clock.now()
        const undo: Undo = { madeDates: [], dates: [], madePromises: [], madePeople: [], people: [] }
        for (const facts of draft.people) await notePerson(tx, actor, family, facts, { at, undo })
        await noteSelf(tx, actor, family, draft, { at, undo })
        for (const promise of draft.promises) {
          if (!family.isMine)
            throw new Invalid([{ path: 'promises', message: '答应的事由跟着这位客户的导购来记' }])
          const made = await deps.reminders.notePromise(tx, actor, family.customerId, promise, at)
          undo.madePromises.push(made)
        }
        return { ...(await people.keepUndo(tx, actor, family, { at: at.toISOString(), ...undo })) }
      })
      return { undoId }
    },

    /**
     * Takes back a removal or a batch of facts, by who did it and for some minutes; it works once.
     * @throws NotFound, Conflict('state_conflict') where somebody has changed it since
     */
    async undo(actor: StaffActor, externalUserId: string, undoId: string, intent?: Intent): Promise<Family> {
      await writes.open(db, actor, externalUserId)
      await once(db, actor, intent, clock.now(), async tx => {
        const family = await writes.openLocked(tx, actor, externalUserId)
        const { customerId } = family
        const repository = createPeopleRepository(tx)
        const since = new Date(clock.now().getTime() - UNDO_MINUTES * MINUTE_MS)
        const taken = await repository.takeUndo(actor, customerId, undoId, since)
        if (taken === undefined) throw new NotFound()
        const {
          at,
          gone,
          madeDates,
          dates: moved,
          madePromises,
          madePeople,
          people: changed,
          profile,
        } = UndoContent.parse(taken)
        const unchanged = async (attempt: Promise<unknown>) => {
          if (!(await attempt)) throw new Conflict()
        }
        for (const dateId of madeDates) await unchanged(repository.deleteDate(actor, customerId, dateId, 1))
        for (const { dateId, before, version } of moved) {
          const back = { dateId, ...plannedDate(before, family.today) }
          await unchanged(repository.changeDate(actor, customerId, back, version))
          await deps.reminders.reschedule(tx, dateId)
        }
        for (const reminderId of madePromises)
          await unchanged(deps.reminders.takeBackPromise(tx, actor, reminderId))
        for (const { personId, version } of madePeople)
          await unchanged(repository.deleteBarePerson(actor, customerId, personId, version))
        for (const { personId, before, minorUntil, version } of changed)
          await unchanged(
            repository.changePerson(actor, customerId, personId, { ...before, minorUntil }, version),
          )
        if (profile) {
          const written = customers.writeProfile(
            tx,
            actor,
            customerId,
            profile.before,
            profile.version,
            new Date(at),
          )
          await written.catch((error: unknown) => {
            throw error instanceof VersionConflict ? new Conflict() : error
          })
        }
        if (gone) {
          await repository.putBackPeople(gone)
          if (!(await repository.hasTheirPeople(gone))) throw new Conflict()
          await repository.putBackDates(gone)
          await repository.putBackReminders(gone)
          await repository.putBackEngravings(gone)
          await repository.tieAgain(gone)
        }
        await customers.forgetTouch(tx, actor, { customerId, kinds: undoable, at: new Date(at) })
        return { undoId }
      })
      return people.list(actor, externalUserId)
    },
  }
}

export type FactsService = ReturnType<typeof createFactsService>

/** @throws Invalid when the note would become too long */
function appended(note: string | null, words: string): string {
  const longer = note === null ? words : `${note}\n${words}`
  if (longer.length > MAX_NOTE_LENGTH) {
    throw new Invalid([{ path: 'note', message: `备注最多 ${MAX_NOTE_LENGTH} 字，放不下了` }])
  }
  return longer
}

/** What is noted beside what is there. */
const added = (dates: DateOfLine[]): DateOfLine[] => dates.filter(({ instead }) => instead === undefined)

const pick = (profile: VersionedProfile, change: ProfileChange): ProfileChange =>
  Object.fromEntries((Object.keys(change) as (keyof ProfileChange)[]).map(name => [name, profile[name]]))
