import { sql } from 'kysely'
import type {
  DateFacts,
  Family,
  GuardianConsent,
  ImportantDate,
  Person,
  PersonDetails,
} from '../../../shared/contract/people.ts'
import { civilDayOf, type CivilDay } from '../../../shared/rules/civilDay.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { personVisible } from '../../db/scope.ts'
import {
  isMinorOn,
  toImportantDate,
  type ImportantDateRow,
  type StoredDay,
} from '../customers/importantDate.ts'

/** The customer in scope whose people are meant, and what decides which of them the actor may see. */
export interface FamilyOf {
  customerId: number
  /** in scope by a follow of her own */
  isMine: boolean
  today: CivilDay
  timeZone: string
}

interface PersonRow {
  person_id: string
  relation: string
  call_name: string | null
  ring_size: string | null
  wrist_size: string | null
  neck_size: string | null
  allergies: string | null
  likes: string | null
  avoids: string | null
  minor_until: string | null
  version: number
  guardian: GuardianConsent['guardian'] | null
  how: GuardianConsent['how'] | null
  given_on: CivilDay | null
  recorded_by: string | null
  recorded_at: Date | null
}

/** A person as the service decides on it. */
export interface StoredPerson extends Person {
  minorUntil: string | null
}

const toPerson = (row: PersonRow, { today, timeZone }: FamilyOf): StoredPerson => ({
  personId: row.person_id,
  relation: row.relation,
  callName: row.call_name,
  ringSize: row.ring_size,
  wristSize: row.wrist_size,
  neckSize: row.neck_size,
  allergies: row.allergies,
  likes: row.likes,
  avoids: row.avoids,
  isMinor: isMinorOn(row.minor_until, today),
  minorUntil: row.minor_until,
  consent:
    row.guardian && row.how && row.given_on && row.recorded_at
      ? {
          guardian: row.guardian,
          how: row.how,
          givenOn: row.given_on,
          recordedBy: row.recorded_by ?? '',
          recordedOn: civilDayOf(row.recorded_at.getTime(), timeZone),
        }
      : null,
  version: row.version,
})

/** A date ready to be stored. */
export interface NewDate extends Pick<DateFacts, 'kind' | 'label' | 'date'> {
  dateId: string
  personId: string | null
  leadDays: number
  ownLeadDays: number | null
  nextOn: CivilDay
  remindOn: CivilDay
}

/** Rows taken out, whole, so that they can be put back. */
export interface TakenOut {
  people: { person_id: string; [column: string]: unknown }[]
  dates: { date_id: string; [column: string]: unknown }[]
  reminders: { reminder_id: string; [column: string]: unknown }[]
  sends: { send_id: string; reminder_id: string }[]
  consents: { consent_id: string; person_id: string }[]
  purchases: {
    purchase_id: string
    person_id: string
    recipient?: string | null | undefined
    engraving?: string | null | undefined
  }[]
  engravings: { engraving_id: string; [column: string]: unknown }[]
  sentEngravings: { send_id: string; engraving_id: string }[]
}

const nothingTakenOut = (): TakenOut => ({
  people: [],
  dates: [],
  reminders: [],
  sends: [],
  consents: [],
  purchases: [],
  engravings: [],
  sentEngravings: [],
})

const detailColumns = {
  callName: 'call_name',
  ringSize: 'ring_size',
  wristSize: 'wrist_size',
  neckSize: 'neck_size',
  allergies: 'allergies',
  likes: 'likes',
  avoids: 'avoids',
} as const satisfies Record<keyof PersonDetails, string>

const dateColumns = sql`
  d.date_id as "dateId", d.person_id as "personId", p.relation, p.call_name as "callName", p.minor_until as "minorUntil",
  d.kind, d.label, d.calendar, d.month, d.day, d.is_leap_month as "isLeapMonth", d.year, d.leap_policy as "leapPolicy",
  d.lead_days as "leadDays", d.own_lead_days as "ownLeadDays", d.next_on as "nextOn", d.version`

const personColumns = sql`
  p.person_id, p.relation, p.call_name, p.ring_size, p.wrist_size, p.neck_size, p.allergies, p.likes, p.avoids,
  p.minor_until, p.version, c.guardian, c.how, c.given_on, recorder.name as recorded_by, c.recorded_at`

const peopleWithConsent = sql`
  people p
  left join guardian_consents c on c.person_id = p.person_id and c.withdrawn_at is null
  left join staff recorder on recorder.staff_id = c.recorded_by`

/** Everything here is of a customer whom the caller has in scope; children only where the actor may see them. */
export const createPeopleRepository = (db: Db | Tx) => ({
  async listPeople(actor: StaffActor, family: FamilyOf): Promise<StoredPerson[]> {
    const found = await sql<PersonRow>`
      select ${personColumns}
      from ${peopleWithConsent}
      where p.customer_id = ${family.customerId} and p.corp_id = ${actor.corpId}
        and ${personVisible(actor, family.isMine, family.today)}
      order by p.created_at, p.person_id`.execute(db)
    return found.rows.map(row => toPerson(row, family))
  },

  async listDates(actor: StaffActor, family: FamilyOf): Promise<Family['dates']> {
    const found = await sql<ImportantDateRow>`
      select ${dateColumns}
      from important_dates d
      left join people p on p.person_id = d.person_id
      where d.customer_id = ${family.customerId} and d.corp_id = ${actor.corpId}
        and ${personVisible(actor, family.isMine, family.today)}
      order by d.next_on, d.date_id`.execute(db)
    return found.rows.map(row => toImportantDate(row, family.today))
  },

  async findDate(actor: StaffActor, family: FamilyOf, dateId: string): Promise<ImportantDate | undefined> {
    const found = await sql<ImportantDateRow>`
      select ${dateColumns}
      from important_dates d
      left join people p on p.person_id = d.person_id
      where d.date_id = ${dateId} and d.customer_id = ${family.customerId} and d.corp_id = ${actor.corpId}
        and ${personVisible(actor, family.isMine, family.today)}`.execute(db)
    return found.rows[0] && toImportantDate(found.rows[0], family.today)
  },

  /** Those who note something of one customer at the same time wait for each other, so that limits hold. */
  async lockCustomer(actor: StaffActor, customerId: number): Promise<void> {
    await sql`
      select 1 from customers where customer_id = ${customerId} and corp_id = ${actor.corpId} for no key update`.execute(
      db,
    )
  },

  async countNoted(actor: StaffActor, customerId: number): Promise<{ people: number; dates: number }> {
    const found = await sql<{ people: number; dates: number }>`
      select (select count(*)::int from people
              where customer_id = ${customerId} and corp_id = ${actor.corpId}) as people,
             (select count(*)::int from important_dates
              where customer_id = ${customerId} and corp_id = ${actor.corpId}) as dates`.execute(db)
    return found.rows[0] ?? { people: 0, dates: 0 }
  },

  async findPerson(actor: StaffActor, family: FamilyOf, personId: string): Promise<StoredPerson | undefined> {
    const found = await sql<PersonRow>`
      select ${personColumns}
      from ${peopleWithConsent}
      where p.person_id = ${personId} and p.customer_id = ${family.customerId} and p.corp_id = ${actor.corpId}
        and ${personVisible(actor, family.isMine, family.today)}`.execute(db)
    return found.rows[0] && toPerson(found.rows[0], family)
  },

  /** The birthdays noted of a person, but for one that is about to change. */
  async listBirths(actor: StaffActor, personId: string, exceptDateId: string | null): Promise<StoredDay[]> {
    const found = await sql<StoredDay>`
      select calendar, month, day, is_leap_month as "isLeapMonth", year, leap_policy as "leapPolicy"
      from important_dates
      where person_id = ${personId} and corp_id = ${actor.corpId} and kind = 'birthday'
        and date_id is distinct from ${exceptDateId}::uuid
        -- an index is on the customer
        and customer_id = (select customer_id from people where person_id = ${personId})
      order by year desc nulls last, created_at desc`.execute(db)
    return found.rows
  },

  async insertPerson(
    actor: StaffActor,
    customerId: number,
    person: Pick<StoredPerson, 'personId' | 'relation' | 'callName' | 'minorUntil'>,
    now: Date,
  ): Promise<void> {
    await sql`
      insert into people (person_id, corp_id, customer_id, relation, call_name, minor_until, created_by, created_at)
      values (${person.personId}, ${actor.corpId}, ${customerId}, ${person.relation}, ${person.callName},
              ${person.minorUntil}::date, ${actor.staffId}, ${now})`.execute(db)
  },

  /** Writes what is given, only over the version the caller saw. Answers the new version, undefined when it is another one. */
  async changePerson(
    actor: StaffActor,
    customerId: number,
    personId: string,
    change: Partial<PersonDetails> & { relation?: string | undefined; minorUntil: string | null },
    version: number,
  ): Promise<number | undefined> {
    const { relation, minorUntil, ...details } = change
    const sets = (Object.keys(detailColumns) as (keyof PersonDetails)[]).flatMap(name => {
      const value = details[name]
      return value === undefined ? [] : [sql`${sql.ref(detailColumns[name])} = nullif(${value}::text, '')`]
    })
    if (relation !== undefined) sets.push(sql`relation = ${relation}`)
    const changed = await sql<{ version: number }>`
      update people set ${sql.join([...sets, sql`minor_until = ${minorUntil}::date`, sql`version = version + 1`])}
      where person_id = ${personId} and customer_id = ${customerId} and corp_id = ${actor.corpId}
        and version = ${version}
      returning version`.execute(db)
    return changed.rows[0]?.version
  },

  /** What a year of birth tells of the age; no edit of the guide's. */
  async writeMinorUntil(actor: StaffActor, personId: string, minorUntil: string | null): Promise<void> {
    await sql`
      update people set minor_until = ${minorUntil}::date
      where person_id = ${personId} and corp_id = ${actor.corpId}
        and minor_until is distinct from ${minorUntil}::date`.execute(db)
  },

  async insertConsent(
    actor: StaffActor,
    customerId: number,
    given: { consentId: string; personId: string; consent: GuardianConsent },
    now: Date,
  ): Promise<void> {
    const { guardian, how, givenOn } = given.consent
    await sql`
      insert into guardian_consents (consent_id, corp_id, customer_id, person_id, guardian, how, given_on, recorded_by, recorded_at)
      values (${given.consentId}, ${actor.corpId}, ${customerId}, ${given.personId}, ${guardian}, ${how}, ${givenOn},
              ${actor.staffId}, ${now})
      on conflict (person_id) where withdrawn_at is null do nothing`.execute(db)
  },

  async withdrawConsent(actor: StaffActor, personId: string, now: Date): Promise<boolean> {
    const withdrawn = await sql`
      update guardian_consents set withdrawn_by = ${actor.staffId}, withdrawn_at = ${now}
      where person_id = ${personId} and corp_id = ${actor.corpId} and withdrawn_at is null
      returning 1`.execute(db)
    return withdrawn.rows.length > 0
  },

  async insertDate(actor: StaffActor, customerId: number, made: NewDate, now: Date): Promise<void> {
    const { date } = made
    await sql`
      insert into important_dates (date_id, corp_id, customer_id, person_id, kind, label, calendar, month, day,
                                   is_leap_month, year, leap_policy, lead_days, own_lead_days, next_on, remind_on,
                                   created_by, created_at)
      values (${made.dateId}, ${actor.corpId}, ${customerId}, ${made.personId}, ${made.kind}, ${made.label},
              ${date.calendar}, ${date.month}, ${date.day}, ${date.isLeapMonth}, ${date.year}, ${date.leapPolicy},
              ${made.leadDays}, ${made.ownLeadDays}, ${made.nextOn}, ${made.remindOn}, ${actor.staffId}, ${now})`.execute(
      db,
    )
  },

  /** Only over the version the caller saw; false when it is another one. */
  async changeDate(
    actor: StaffActor,
    customerId: number,
    made: Omit<NewDate, 'personId'>,
    version: number,
  ): Promise<boolean> {
    const { date } = made
    const changed = await sql`
      update important_dates set kind = ${made.kind}, label = ${made.label}, calendar = ${date.calendar},
             month = ${date.month}, day = ${date.day}, is_leap_month = ${date.isLeapMonth}, year = ${date.year},
             leap_policy = ${date.leapPolicy}, lead_days = ${made.leadDays}, own_lead_days = ${made.ownLeadDays},
             next_on = ${made.nextOn}, remind_on = ${made.remindOn}, version = version + 1
      where date_id = ${made.dateId} and customer_id = ${customerId} and corp_id = ${actor.corpId}
        and version = ${version}
      returning 1`.execute(db)
    return changed.rows.length > 0
  },

  /** The rows that go with a person or a single date, before they go. */
  async copyOut(
    actor: StaffActor,
    customerId: number,
    what: { personId: string | null; dateId: string | null },
  ): Promise<TakenOut> {
    const found = await sql<TakenOut>`
      with gone as materialized (
        select * from important_dates d
        where d.customer_id = ${customerId} and d.corp_id = ${actor.corpId}
          and (d.date_id = ${what.dateId}::uuid or d.person_id = ${what.personId}::uuid)),
      asked as materialized (
        select * from reminders r where r.date_id in (select date_id from gone))
      select
        coalesce((select jsonb_agg(to_jsonb(p)) from people p
          where p.person_id = ${what.personId}::uuid and p.customer_id = ${customerId} and p.corp_id = ${actor.corpId}), '[]') as people,
        coalesce((select jsonb_agg(to_jsonb(gone)) from gone), '[]') as dates,
        coalesce((select jsonb_agg(to_jsonb(asked)) from asked), '[]') as reminders,
        coalesce((select jsonb_agg(jsonb_build_object('send_id', s.send_id, 'reminder_id', s.reminder_id))
          from sends s where s.reminder_id in (select reminder_id from asked)), '[]') as sends,
        coalesce((select jsonb_agg(jsonb_build_object('consent_id', c.consent_id, 'person_id', c.person_id))
          from guardian_consents c where c.person_id = ${what.personId}::uuid), '[]') as consents,
        coalesce((select jsonb_agg(jsonb_build_object('purchase_id', b.purchase_id, 'person_id', b.person_id,
                                                       'recipient', b.recipient, 'engraving', b.engraving))
          from purchases b where b.person_id = ${what.personId}::uuid), '[]') as purchases,
        -- Without their pictures: those are drawn again from the draft.
        coalesce((select jsonb_agg(to_jsonb(e)) from engravings e
          where e.person_id = ${what.personId}::uuid), '[]') as engravings,
        coalesce((select jsonb_agg(jsonb_build_object('send_id', s.send_id, 'engraving_id', s.engraving_id))
          from sends s join engravings e on e.engraving_id = s.engraving_id
          where e.person_id = ${what.personId}::uuid), '[]') as "sentEngravings"`.execute(db)
    return found.rows[0] ?? nothingTakenOut()
  },

  async putBackPeople({ people }: TakenOut): Promise<void> {
    await sql`
      insert into people select * from jsonb_populate_recordset(null::people, ${JSON.stringify(people)}::jsonb)
      on conflict do nothing`.execute(db)
  },

  async putBackDates({ dates }: TakenOut): Promise<void> {
    await sql`
      insert into important_dates
      select * from jsonb_populate_recordset(null::important_dates, ${JSON.stringify(dates)}::jsonb)
      on conflict do nothing`.execute(db)
  },

  /** Whether everybody whose dates these are is there, those put back just now included. */
  async hasTheirPeople({ dates }: TakenOut): Promise<boolean> {
    const { rows } = await sql<{ isMissing: boolean }>`
      select exists (
        select from jsonb_populate_recordset(null::important_dates, ${JSON.stringify(dates)}::jsonb) d
        left join people p using (person_id)
        where d.person_id is not null and p.person_id is null) as "isMissing"`.execute(db)
    return rows[0]?.isMissing === false
  },

  async putBackReminders({ reminders }: TakenOut): Promise<void> {
    await sql`
      insert into reminders select * from jsonb_populate_recordset(null::reminders, ${JSON.stringify(reminders)}::jsonb)
      on conflict do nothing`.execute(db)
  },

  async putBackEngravings({ engravings }: Pick<TakenOut, 'engravings'>): Promise<void> {
    await sql`
      insert into engravings select * from jsonb_populate_recordset(null::engravings, ${JSON.stringify(engravings)}::jsonb)
      on conflict do nothing`.execute(db)
  },

  /** What had let go of the rows holds them again. */
  async tieAgain({ sends, consents, purchases, sentEngravings }: TakenOut): Promise<void> {
    await sql`
      with tied as (
        update sends s
        set reminder_id = coalesce(held.reminder_id, s.reminder_id),
            engraving_id = coalesce(held.engraving_id, s.engraving_id)
        -- together, for a row is written once per statement
        from (
          select coalesce(r.send_id, e.send_id) as send_id, r.reminder_id, e.engraving_id
          from jsonb_to_recordset(${JSON.stringify(sends)}::jsonb) as r (send_id uuid, reminder_id uuid)
          full join jsonb_to_recordset(${JSON.stringify(sentEngravings)}::jsonb) as e (send_id uuid, engraving_id uuid)
            on e.send_id = r.send_id) held
        where s.send_id = held.send_id),
      given as (
        update purchases b
        set person_id = r.person_id, recipient = coalesce(b.recipient, r.recipient),
            engraving = coalesce(b.engraving, r.engraving)
        from jsonb_to_recordset(${JSON.stringify(purchases)}::jsonb)
          as r (purchase_id uuid, person_id uuid, recipient text, engraving text)
        where b.purchase_id = r.purchase_id)
      update guardian_consents c set person_id = r.person_id
      from jsonb_to_recordset(${JSON.stringify(consents)}::jsonb) as r (consent_id uuid, person_id uuid)
      where c.consent_id = r.consent_id`.execute(db)
  },

  /** Its reminders go with it. With a version, only over that one; false when it is not there so. */
  async deleteDate(
    actor: StaffActor,
    customerId: number,
    dateId: string,
    version?: number,
  ): Promise<boolean> {
    const gone = await sql`
      delete from important_dates
      where date_id = ${dateId} and customer_id = ${customerId} and corp_id = ${actor.corpId}
        and version = coalesce(${version ?? null}::int, version)
      returning 1`.execute(db)
    return gone.rows.length > 0
  },

  /** Dates and their reminders go too. */
  async deletePerson(actor: StaffActor, customerId: number, personId: string): Promise<void> {
    await sql`
      delete from people
      where person_id = ${personId} and customer_id = ${customerId} and corp_id = ${actor.corpId}`.execute(db)
  },

  /** Only somebody of whom nothing else is known now, in the version given; false when there is more. */
  async deleteBarePerson(
    actor: StaffActor,
    customerId: number,
    personId: string,
    version: number,
  ): Promise<boolean> {
    const gone = await sql`
      delete from people p
      where p.person_id = ${personId} and p.customer_id = ${customerId} and p.corp_id = ${actor.corpId}
        and p.version = ${version}
        and not exists (
          select from important_dates d where d.customer_id = p.customer_id and d.person_id = p.person_id)
        and not exists (select from engravings e where e.person_id = p.person_id)
      returning 1`.execute(db)
    return gone.rows.length > 0
  },

  async insertUndo(
    actor: StaffActor,
    customerId: number,
    undo: { undoId: string; content: object },
    now: Date,
  ): Promise<void> {
    await sql`
      insert into family_undos (undo_id, corp_id, customer_id, staff_id, content, created_at)
      values (${undo.undoId}, ${actor.corpId}, ${customerId}, ${actor.staffId}, ${JSON.stringify(undo.content)}::jsonb, ${now})`.execute(
      db,
    )
  },

  /** Of the actor herself, about that customer, younger than `since`; it works once. */
  async takeUndo(actor: StaffActor, customerId: number, undoId: string, since: Date): Promise<unknown> {
    const taken = await sql<{ content: unknown }>`
      delete from family_undos
      where undo_id = ${undoId} and corp_id = ${actor.corpId} and customer_id = ${customerId}
        and staff_id = ${actor.staffId} and created_at > ${since}
      returning content`.execute(db)
    return taken.rows[0]?.content
  },

  async forgetUndosOf(actor: StaffActor, customerId: number): Promise<void> {
    await sql`
      delete from family_undos where customer_id = ${customerId} and corp_id = ${actor.corpId}`.execute(db)
  },

  async deleteUndosBefore(before: Date): Promise<void> {
    await sql`delete from family_undos where created_at < ${before}`.execute(db)
  },
})
