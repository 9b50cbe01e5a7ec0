import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type {
  DateFacts,
  GuardianConsent,
  ImportantDate,
  KnownPerson,
  NewPerson,
} from '../../../shared/contract/people.ts'
import { civilDayParts, type CivilDay } from '../../../shared/rules/civilDay.ts'
import { dayOfAge, existsInItsYear, nextOccurrence } from '../../../shared/rules/nextOccurrence.ts'
import { isMinorByNature, isRelationCode } from '../../../shared/rules/relation.ts'
import { DEFAULT_LEAD_DAYS, remindOn } from '../../../shared/rules/reminderDue.ts'
import { impossibleReason, type YearlyDate } from '../../../shared/rules/yearlyDate.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { Conflict, Invalid, Refusal } from '../../errors.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import { isMinorOn, yearlyDateOf, type StoredDay } from '../customers/importantDate.ts'
import type { RemindersService } from '../reminders/reminders.service.ts'
import {
  createPeopleRepository,
  type FamilyOf,
  type NewDate,
  type StoredPerson,
} from './people.repository.ts'

const MAX_DATES = 30
const MAX_PEOPLE = 20
/** Below this age a person's data needs a guardian's consent (PIPL §31, P28). */
export const CHILD_AGE = 14
/** The day before which somebody counts as a child while nobody told the year of birth. */
const UNTIL_TOLD = 'infinity'

export interface FamilyDeps {
  db: Db
  clock: Clock
  customers: CustomersService
  reminders: RemindersService
  timeZone: string
}

/** A person as dates hang on it. */
export type PersonOfDates = Pick<StoredPerson, 'personId' | 'relation' | 'minorUntil'>

/** The steps of which everything that notes people and dates is made; each inside a transaction of the caller's. */
export function createFamilyWrites({ clock, customers, reminders, timeZone }: FamilyDeps) {
  const today = () => clock.today(timeZone)

  /** The customer's people, in the actor's scope. @throws NotFound */
  async function open(tx: Db | Tx, actor: StaffActor, externalUserId: string): Promise<FamilyOf> {
    const { customerId, isMine } = await customers.findFollow(tx, actor, externalUserId)
    return { customerId, isMine, today: today(), timeZone }
  }

  /** As `open`, and nobody else notes anything of her people until the transaction ends. */
  async function openLocked(tx: Tx, actor: StaffActor, externalUserId: string): Promise<FamilyOf> {
    const family = await open(tx, actor, externalUserId)
    await createPeopleRepository(tx).lockCustomer(actor, family.customerId)
    return family
  }

  /** @throws Refusal('limit_reached') */
  async function assertRoom(
    tx: Tx,
    actor: StaffActor,
    { customerId }: FamilyOf,
    wanted: { people: number; dates: number },
  ): Promise<void> {
    const noted = await createPeopleRepository(tx).countNoted(actor, customerId)
    if (noted.dates + wanted.dates > MAX_DATES) {
      throw new Refusal('limit_reached', { detail: `一位客户最多记 ${MAX_DATES} 个日子` })
    }
    if (noted.people + wanted.people > MAX_PEOPLE) {
      throw new Refusal('limit_reached', { detail: `一位客户最多记 ${MAX_PEOPLE} 位家人` })
    }
  }

  /**
   * A child's data is kept only with a guardian's consent, and only by those who may see it; the consent given along is recorded.
   * @throws Refusal('guardian_consent_required'), Invalid
   */
  async function allowChild(
    tx: Tx,
    actor: StaffActor,
    family: FamilyOf,
    person: PersonOfDates & { hasConsent: boolean },
    consent: GuardianConsent | null,
  ): Promise<void> {
    if (!isMinorOn(person.minorUntil, family.today)) return
    if (!family.isMine && actor.role !== 'admin') {
      throw new Invalid([{ path: 'person', message: '孩子的资料由跟着这位客户的导购来记' }])
    }
    if (person.hasConsent) return
    if (consent === null) {
      throw new Refusal('guardian_consent_required', {
        detail: `${CHILD_AGE} 岁以下孩子的资料要先有监护人同意，记下谁、怎么同意的再保存`,
      })
    }
    if (consent.givenOn > family.today) {
      throw new Invalid([{ path: 'consent.givenOn', message: '同意的日子还没到' }])
    }
    const recorded = { consentId: randomUUID(), personId: person.personId, consent }
    await createPeopleRepository(tx).insertConsent(actor, family.customerId, recorded, clock.now())
  }

  /** Somebody known, with what new birthdays tell of the age. @throws Invalid, Refusal */
  async function knownPerson(
    tx: Tx,
    actor: StaffActor,
    family: FamilyOf,
    person: StoredPerson,
    births: StoredDay[],
    consent: GuardianConsent | null,
  ): Promise<PersonOfDates> {
    const told = minorUntilByBirth(births, family.today)
    const minorUntil = told === undefined ? person.minorUntil : told
    const known = { ...person, minorUntil }
    await allowChild(tx, actor, family, { ...known, hasConsent: person.consent !== null }, consent)
    if (minorUntil !== person.minorUntil) {
      await createPeopleRepository(tx).writeMinorUntil(actor, person.personId, minorUntil)
    }
    return known
  }

  /**
   * The person a draft speaks of, noted if new.
   * @throws Invalid (`person.personId`, `person.relation`), Refusal('guardian_consent_required')
   */
  async function personFor(
    tx: Tx,
    actor: StaffActor,
    family: FamilyOf,
    given: z.output<typeof KnownPerson> | z.output<typeof NewPerson>,
    dates: Pick<DateFacts, 'kind' | 'date'>[],
    consent: GuardianConsent | null,
  ): Promise<PersonOfDates> {
    const repository = createPeopleRepository(tx)
    const births = dates.filter(({ kind }) => kind === 'birthday').map(({ date }) => date)
    if ('personId' in given) {
      const person = await repository.findPerson(actor, family, given.personId)
      if (!person) throw new Invalid([{ path: 'person.personId', message: '没有这位家人' }])
      return knownPerson(tx, actor, family, person, births, consent)
    }
    const { relation, callName } = given
    assertRelation(relation)
    // Who has a wedding day is no child, whatever the relation.
    const isMarried = dates.some(({ kind }) => kind === 'wedding')
    const isChild = given.isMinor ?? (isMinorByNature(relation) && !isMarried)
    const told = minorUntilByBirth(births, family.today)
    const minorUntil = told === undefined ? (isChild ? UNTIL_TOLD : null) : told
    const person = { personId: randomUUID(), relation, callName, minorUntil }
    await repository.insertPerson(actor, family.customerId, person, clock.now())
    await allowChild(tx, actor, family, { ...person, hasConsent: false }, consent)
    return person
  }

  /**
   * Nobody has two birthdays or wedding days by accident: a second one is said to be one. `given` is whose they are, null the customer.
   * @throws Conflict('state_conflict')
   */
  async function assertOnlyOne(
    tx: Tx,
    actor: StaffActor,
    family: FamilyOf,
    given: z.output<typeof KnownPerson> | z.output<typeof NewPerson> | null,
    dates: Pick<DateFacts, 'kind' | 'isAnother'>[],
  ): Promise<void> {
    const kinds: DateFacts['kind'][] = dates.flatMap(({ kind, isAnother }) =>
      isAnother || kind === 'other' ? [] : [kind],
    )
    if (kinds.length === 0) return
    const noted = await createPeopleRepository(tx).listDates(actor, family)
    const twin = noted.find(({ kind, person }) => kinds.includes(kind) && isOf(person, given))
    if (!twin) return
    // The page shows which day it is; an answer that may be kept names nobody's (P28).
    throw new Conflict('state_conflict', {
      detail: `${twin.kind === 'birthday' ? '生日' : '这个纪念日'}已经记着一个，改成这天，还是两个都记`,
    })
  }

  /** Stores one date and reminds of it at once when it is near. */
  async function insertDate(
    tx: Tx,
    actor: StaffActor,
    family: FamilyOf,
    person: PersonOfDates | null,
    facts: DateFacts,
  ): Promise<string> {
    const dateId = randomUUID()
    const date = {
      dateId,
      personId: person?.personId ?? null,
      ...plannedDate(facts, family.today),
    }
    await createPeopleRepository(tx).insertDate(actor, family.customerId, date, clock.now())
    await reminders.schedule(tx, dateId)
    return dateId
  }

  return {
    today,
    open,
    openLocked,
    assertRoom,
    assertOnlyOne,
    allowChild,
    knownPerson,
    personFor,
    insertDate,
  }
}

/** Whether a draft means this person: who is not named may be anybody of that relation. */
function isOf(
  person: ImportantDate['person'],
  given: z.output<typeof KnownPerson> | z.output<typeof NewPerson> | null,
): boolean {
  if (given === null || person === null) return given === person
  if ('personId' in given) return person.personId === given.personId
  const isNamed = given.callName !== null && person.callName !== null
  return person.relation === given.relation && (!isNamed || person.callName === given.callName)
}

export type FamilyWrites = ReturnType<typeof createFamilyWrites>

/** A date's facts with the days that follow from them. */
export function plannedDate(
  { kind, label, date, leadDays: ownLeadDays }: DateFacts,
  today: CivilDay,
): Omit<NewDate, 'dateId' | 'personId'> {
  const nextOn = nextOccurrence(yearlyDateOf(date), today)
  const leadDays = ownLeadDays ?? DEFAULT_LEAD_DAYS[kind]
  return { kind, label, date, ownLeadDays, leadDays, nextOn, remindOn: remindOn(nextOn, leadDays) }
}

/**
 * Until when somebody is a child by the year of birth: null when that day has passed, undefined while no year is known.
 * The first of the birthdays that has a year decides.
 */
export function minorUntilByBirth(births: StoredDay[], today: CivilDay): CivilDay | null | undefined {
  const birth = births.find(({ year }) => year !== null)
  const until = birth && dayOfAge(yearlyDateOf(birth), CHILD_AGE)
  if (until === undefined) return undefined
  return until > today ? until : null
}

/** What somebody counts as who is stated to be a child, or not, where no year of birth says it. */
export const minorUntilStated = (isMinor: boolean): string | null => (isMinor ? UNTIL_TOLD : null)

/** @throws Invalid */
export function assertRelation(relation: string): void {
  if (!isRelationCode(relation)) throw new Invalid([{ path: 'person.relation', message: '没有这种关系' }])
}

/** @throws Invalid naming the field, in words for the guide. */
export function assertPossible({ kind, label, date: given }: DateFacts, today: CivilDay): void {
  const date = yearlyDateOf(given)
  const reason = impossibleReason(date)
  if (reason !== undefined) throw new Invalid([{ path: wrongField(date), message: reason }])
  if (!existsInItsYear(date)) {
    throw new Invalid([{ path: 'date.day', message: `农历${given.year}年没有这一天，看看是不是记错了` }])
  }
  if (kind === 'birthday' && given.year !== null && given.year > civilDayParts(today).year) {
    throw new Invalid([{ path: 'date.year', message: '出生的年份还没到' }])
  }
  if (kind === 'other' && label === null)
    throw new Invalid([{ path: 'label', message: '给这个日子起个名字' }])
}

function wrongField({ calendar, month, isLeapMonth }: YearlyDate): string {
  const isWrongLeap = isLeapMonth && (calendar === 'solar' || month === 1 || month === 12)
  return isWrongLeap ? 'date.isLeapMonth' : 'date.day'
}

/** The facts of a date as it stands, to be changed. */
export const factsOf = (date: ImportantDate): DateFacts => {
  const { kind, label, calendar, month, day, isLeapMonth, year, leapPolicy, ownLeadDays } = date
  return {
    kind,
    label,
    date: { calendar, month, day, isLeapMonth, year, leapPolicy },
    leadDays: ownLeadDays,
  }
}
