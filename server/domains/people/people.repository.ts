import { sql } from 'kysely'
import type { DateDraft, Family, ImportantDate, Person } from '../../../shared/contract/people.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { toImportantDate, type ImportantDateRow } from '../customers/importantDate.ts'

interface PersonRow {
  person_id: string
  relation: string
  call_name: string | null
  version: number
}

const toPerson = (row: PersonRow): Person => ({
  personId: row.person_id,
  relation: row.relation,
  callName: row.call_name,
  version: row.version,
})

/** A date ready to be stored. */
export interface NewDate extends Pick<DateDraft, 'kind' | 'label' | 'date'> {
  dateId: string
  personId: string | null
  leadDays: number
  nextOn: CivilDay
  remindOn: CivilDay
}

const dateColumns = sql`
  d.date_id as "dateId", d.person_id as "personId", p.relation, p.call_name as "callName", d.kind, d.label, d.calendar,
  d.month, d.day, d.is_leap_month as "isLeapMonth", d.year, d.leap_policy as "leapPolicy", d.next_on as "nextOn", d.version`

/** Everything here is of a customer whom the caller has in scope. */
export const createPeopleRepository = (db: Db | Tx) => ({
  async listPeople(actor: StaffActor, customerId: number): Promise<Person[]> {
    const found = await sql<PersonRow>`
      select person_id, relation, call_name, version
      from people
      where customer_id = ${customerId} and corp_id = ${actor.corpId}
      order by created_at, person_id`.execute(db)
    return found.rows.map(toPerson)
  },

  async listDates(actor: StaffActor, customerId: number, today: CivilDay): Promise<Family['dates']> {
    const found = await sql<ImportantDateRow>`
      select ${dateColumns}
      from important_dates d
      left join people p on p.person_id = d.person_id
      where d.customer_id = ${customerId} and d.corp_id = ${actor.corpId}
      order by d.next_on, d.date_id`.execute(db)
    return found.rows.map(row => toImportantDate(row, today))
  },

  async findDate(
    actor: StaffActor,
    customerId: number,
    dateId: string,
    today: CivilDay,
  ): Promise<ImportantDate | undefined> {
    const found = await sql<ImportantDateRow>`
      select ${dateColumns}
      from important_dates d
      left join people p on p.person_id = d.person_id
      where d.date_id = ${dateId} and d.customer_id = ${customerId} and d.corp_id = ${actor.corpId}`.execute(
      db,
    )
    return found.rows[0] && toImportantDate(found.rows[0], today)
  },

  /** Those who note dates of one customer at the same time wait for each other, so that the limit holds. */
  async lockCustomer(actor: StaffActor, customerId: number): Promise<void> {
    await sql`
      select 1 from customers where customer_id = ${customerId} and corp_id = ${actor.corpId} for no key update`.execute(
      db,
    )
  },

  async countDates(actor: StaffActor, customerId: number): Promise<number> {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from important_dates
      where customer_id = ${customerId} and corp_id = ${actor.corpId}`.execute(db)
    return found.rows[0]?.count ?? 0
  },

  async findPerson(actor: StaffActor, customerId: number, personId: string): Promise<Person | undefined> {
    const found = await sql<PersonRow>`
      select person_id, relation, call_name, version
      from people
      where person_id = ${personId} and customer_id = ${customerId} and corp_id = ${actor.corpId}`.execute(db)
    return found.rows[0] && toPerson(found.rows[0])
  },

  async insertPerson(
    actor: StaffActor,
    customerId: number,
    person: Omit<Person, 'version'>,
    now: Date,
  ): Promise<void> {
    await sql`
      insert into people (person_id, corp_id, customer_id, relation, call_name, created_by, created_at)
      values (${person.personId}, ${actor.corpId}, ${customerId}, ${person.relation}, ${person.callName},
              ${actor.staffId}, ${now})`.execute(db)
  },

  async insertDate(actor: StaffActor, customerId: number, made: NewDate, now: Date): Promise<void> {
    const { date } = made
    await sql`
      insert into important_dates (date_id, corp_id, customer_id, person_id, kind, label, calendar, month, day,
                                   is_leap_month, year, lead_days, next_on, remind_on, created_by, created_at)
      values (${made.dateId}, ${actor.corpId}, ${customerId}, ${made.personId}, ${made.kind}, ${made.label},
              ${date.calendar}, ${date.month}, ${date.day}, ${date.isLeapMonth}, ${date.year}, ${made.leadDays},
              ${made.nextOn}, ${made.remindOn}, ${actor.staffId}, ${now})`.execute(db)
  },

  /** Its reminders go with it. */
  async deleteDate(actor: StaffActor, customerId: number, dateId: string): Promise<void> {
    await sql`
      delete from important_dates
      where date_id = ${dateId} and customer_id = ${customerId} and corp_id = ${actor.corpId}`.execute(db)
  },

  async deletePersonWithoutDates(actor: StaffActor, customerId: number, personId: string): Promise<void> {
    await sql`
      delete from people p
      where p.person_id = ${personId} and p.customer_id = ${customerId} and p.corp_id = ${actor.corpId}
        and not exists (select 1 from important_dates d where d.person_id = p.person_id)`.execute(db)
  },
})
