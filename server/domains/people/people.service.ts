import { randomUUID } from 'node:crypto'
import type { DateDraft, Family, ImportantDate, Person } from '../../../shared/contract/people.ts'
import { civilDayParts, type CivilDay } from '../../../shared/rules/civilDay.ts'
import { ageOn, existsInItsYear, nextOccurrence } from '../../../shared/rules/nextOccurrence.ts'
import { isMinorByNature, isRelationCode } from '../../../shared/rules/relation.ts'
import { DEFAULT_LEAD_DAYS, remindOn } from '../../../shared/rules/reminderDue.ts'
import { impossibleReason, type YearlyDate } from '../../../shared/rules/yearlyDate.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Invalid, NotFound, Refusal } from '../../errors.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import { dateWords } from '../customers/importantDate.ts'
import type { RemindersService } from '../reminders/reminders.service.ts'
import { createPeopleRepository } from './people.repository.ts'

const MAX_DATES = 30
/** Below this age a person's data needs a guardian's consent (PIPL §31, P28). */
const CHILD_AGE = 14

export interface PeopleDeps {
  db: Db
  clock: Clock
  customers: CustomersService
  reminders: RemindersService
  timeZone: string
}

export function createPeopleService({ db, clock, customers, reminders, timeZone }: PeopleDeps) {
  /** The person a draft speaks of: known, noted along with it, or none. @throws Invalid, Refusal */
  async function personOf(
    tx: Tx,
    actor: StaffActor,
    customerId: number,
    draft: DateDraft,
  ): Promise<Omit<Person, 'version'> | null> {
    if (draft.person === null) return null
    const repository = createPeopleRepository(tx)
    if ('personId' in draft.person) {
      const known = await repository.findPerson(actor, customerId, draft.person.personId)
      if (!known) throw new Invalid([{ path: 'person.personId', message: '没有这位家人' }])
      return known
    }
    const { relation, callName } = draft.person
    if (!isRelationCode(relation)) throw new Invalid([{ path: 'person.relation', message: '没有这种关系' }])
    const person = { personId: randomUUID(), relation, callName }
    await repository.insertPerson(actor, customerId, person, clock.now())
    return person
  }

  return {
    /** 家人与日子, dates by their next day. */
    async list(actor: StaffActor, externalUserId: string): Promise<Family> {
      const { customerId } = await customers.findFollow(db, actor, externalUserId)
      const repository = createPeopleRepository(db)
      const people = await repository.listPeople(actor, customerId)
      return { people, dates: await repository.listDates(actor, customerId, clock.today(timeZone)) }
    },

    /**
     * Notes a yearly date, of the customer or of someone in the family. When it is near, everyone who follows the customer is
     * reminded at once.
     * @throws NotFound, Invalid (`date.day`, `person.relation` …), Refusal('limit_reached' | 'guardian_consent_required')
     */
    async addDate(
      actor: StaffActor,
      externalUserId: string,
      draft: DateDraft,
      intent?: Intent,
    ): Promise<ImportantDate> {
      const today = clock.today(timeZone)
      const date = readDate(draft, today)
      const { customerId } = await customers.findFollow(db, actor, externalUserId)
      const { dateId } = await once(db, actor, intent, clock.now(), async tx => {
        const repository = createPeopleRepository(tx)
        await repository.lockCustomer(actor, customerId)
        if ((await repository.countDates(actor, customerId)) >= MAX_DATES) {
          throw new Refusal('limit_reached', { detail: `一位客户最多记 ${MAX_DATES} 个日子` })
        }
        const person = await personOf(tx, actor, customerId, draft)
        if (person) assertGrownUp(draft, person.relation, date, today)
        const made = { dateId: randomUUID() }
        const leadDays = DEFAULT_LEAD_DAYS[draft.kind]
        const nextOn = nextOccurrence(date, today)
        await repository.insertDate(
          actor,
          customerId,
          {
            ...made,
            personId: person?.personId ?? null,
            kind: draft.kind,
            label: draft.label,
            date: draft.date,
            leadDays,
            nextOn,
            remindOn: remindOn(nextOn, leadDays),
          },
          clock.now(),
        )
        await reminders.schedule(tx, made.dateId)
        await customers.recordTouch(tx, actor, {
          customerId,
          kind: 'dateAdded',
          by: 'staff',
          staffId: actor.staffId,
          what: dateWords({ relation: person?.relation ?? null, kind: draft.kind, label: draft.label }),
        })
        return made
      })
      const noted = await createPeopleRepository(db).findDate(actor, customerId, dateId, today)
      // Noted under this key before and removed since.
      if (!noted) throw new NotFound()
      return noted
    },

    /** Its reminders go with it, and the person, when this was the person's last date. @throws NotFound */
    async removeDate(actor: StaffActor, externalUserId: string, dateId: string): Promise<void> {
      await db.transaction(async tx => {
        const { customerId } = await customers.findFollow(tx, actor, externalUserId)
        const repository = createPeopleRepository(tx)
        await repository.lockCustomer(actor, customerId)
        const date = await repository.findDate(actor, customerId, dateId, clock.today(timeZone))
        if (!date) throw new NotFound()
        await repository.deleteDate(actor, customerId, dateId)
        if (date.person) await repository.deletePersonWithoutDates(actor, customerId, date.person.personId)
        await customers.recordTouch(tx, actor, {
          customerId,
          kind: 'dateRemoved',
          by: 'staff',
          staffId: actor.staffId,
          what: dateWords({ relation: date.person?.relation ?? null, kind: date.kind, label: date.label }),
        })
      })
    },
  }
}

export type PeopleService = ReturnType<typeof createPeopleService>

/** The date of a draft, when there can be such a day. @throws Invalid naming the field, in words for the guide. */
function readDate({ kind, label, date: given }: DateDraft, today: CivilDay): YearlyDate {
  const { year, ...rest } = given
  const date: YearlyDate = { ...rest, ...(year === null ? {} : { year }) }
  const reason = impossibleReason(date)
  if (reason !== undefined) throw new Invalid([{ path: wrongField(date), message: reason }])
  if (!existsInItsYear(date)) {
    throw new Invalid([{ path: 'date.day', message: `农历${year}年没有这一天，看看是不是记错了` }])
  }
  if (kind === 'birthday' && year !== null && year > civilDayParts(today).year) {
    throw new Invalid([{ path: 'date.year', message: '出生的年份还没到' }])
  }
  if (kind === 'other' && label === null)
    throw new Invalid([{ path: 'label', message: '给这个日子起个名字' }])
  return date
}

function wrongField({ calendar, month, isLeapMonth }: YearlyDate): string {
  const isWrongLeap = isLeapMonth && (calendar === 'solar' || month === 1 || month === 12)
  return isWrongLeap ? 'date.isLeapMonth' : 'date.day'
}

/**
 * Nothing is noted about a child while a guardian's consent cannot be recorded. The year of birth decides; without it the
 * relation does, for somebody new.
 * @throws Refusal('guardian_consent_required')
 */
function assertGrownUp(draft: DateDraft, relation: string, date: YearlyDate, today: CivilDay): void {
  const age = draft.kind === 'birthday' ? ageOn(date, today) : undefined
  const isNew = draft.person !== null && 'relation' in draft.person
  const isChild =
    age === undefined ? isNew && draft.kind !== 'wedding' && isMinorByNature(relation) : age < CHILD_AGE
  if (!isChild) return
  throw new Refusal('guardian_consent_required', {
    detail: `${CHILD_AGE} 岁以下孩子的资料要先有监护人同意，现在还不能记。已满 ${CHILD_AGE} 岁的，带上出生年份就能记`,
  })
}
