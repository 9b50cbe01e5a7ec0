import { sql } from 'kysely'
import type { OrderDeadline, ReminderState, Today, TodayRow } from '../../../shared/contract/reminders.ts'
import { becauseText } from '../../../shared/rules/becauseText.ts'
import { addDays, civilDayOf, type CivilDay } from '../../../shared/rules/civilDay.ts'
import { addressCustomer } from '../../../shared/rules/customerName.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { importantDateJson } from '../../db/importantDateJson.ts'
import {
  hasNoDay,
  lastDay,
  notGivenUpSince,
  orderJson,
  reasonHolds,
  caredJson,
  toCared,
  type CaredRow,
} from '../../db/reminderParts.ts'
import { ownFollow } from '../../db/scope.ts'
import {
  dateWords,
  toImportantDate,
  type ImportantDateRow,
  type StoredDay,
} from '../customers/importantDate.ts'
import { OVERDUE_DAYS, OVERDUE_PROMISE_DAYS } from '../../db/overdue.ts'
import { CARE_DAYS, COUPON_DAYS, NEW_FRIEND_DAYS, newFriendSubject } from './reasons.repository.ts'

const SECTION_ROWS = 100
const UPCOMING_DAYS = 14
const LOST_DAYS = 14
/** Rows written by one statement of the nightly run: short transactions, also over a million customers. */
const BATCH_ROWS = 1000
/** Members whose reminders of a year are looked through by one statement. */
const BATCH_GUIDES = 20
/** No lead is longer (`important_dates.lead_days`, and closed days beside it), so no open date is due earlier than this. */
export const MAX_LEAD_DAYS = 400
const DAY_MS = 86_400_000

const sectionNames = ['overdue', 'due', 'newFriends', 'upcoming', 'lost', 'done'] as const
type Section = Today['sections'][number]

interface SectionRow {
  section: Section['name']
  total: number
  reminderId: string | null
  externalUserId: string
  salutation: string | null
  remark: string | null
  name: string
  avatarUrl: string | null
  rowKind: TodayRow['kind']
  occurrence: CivilDay | null
  addWay: number | null
  channel: string | null
  at: Date | null
  date: ImportantDateRow | null
  about: string | null
  care: string | null
  cared: CaredRow | null
  state: ReminderState | null
  order: OrderDeadline | null
  remindOn: CivilDay | null
  isPutOff: boolean
}

/** A reminder as its actions see it, locked. */
export interface LockedReminder {
  customerId: number
  state: ReminderState
  occurrence: CivilDay
  actedAt: Date | null
  createdAt: Date
  kind: TodayRow['kind']
  relation: string | null
  minorUntil: string | null
  dateKind: ImportantDateRow['kind'] | null
  label: string | null
  about: string | null
}

/** Where the nightly run is in the dates that are due: behind this customer's of this day. */
export interface DuePlace {
  remindOn: CivilDay
  customerId: number
}

/** Where the run is in the reminders of days to come. */
export interface ReminderPlace {
  occurrence: CivilDay
  reminderId: string
}

/** A stored date whose day has passed. */
export type PassedDate = StoredDay &
  Pick<ImportantDateRow, 'dateId' | 'kind' | 'nextOn' | 'leadDays' | 'ownLeadDays'>

function toTodayRow(row: SectionRow, today: CivilDay, timeZone: string): TodayRow {
  const occurrence = row.occurrence ?? (row.at ? civilDayOf(row.at.getTime(), timeZone) : today)
  const about = row.date ? dateWords({ ...row.date, isMinor: false }) : row.about
  return {
    reminderId: row.reminderId,
    externalUserId: row.externalUserId,
    address: addressCustomer(row),
    avatarUrl: row.avatarUrl,
    kind: row.rowKind,
    state: row.state,
    because: becauseText(
      {
        kind: row.rowKind,
        // Without a reminder it is the day on which they became friends that is known.
        occurrence:
          row.rowKind === 'newFriend' && row.occurrence === null
            ? addDays(occurrence, NEW_FRIEND_DAYS)
            : occurrence,
        about,
        care: row.care,
        cared: toCared(row.cared, today),
      },
      today,
    ),
    about: row.about,
    order: row.order,
    date: row.date && toImportantDate(row.date, today),
    occurrence,
    addWay: row.addWay,
    channel: row.channel,
    at: row.at?.toISOString() ?? null,
    remindOn: row.remindOn,
    isPutOff: row.isPutOff,
  }
}

const names = sql`c.salutation, f.remark, c.name`

/** Every active follower of a date's customer who is still with us gets a reminder of her own. */
const followers = sql`
  join follows f on f.customer_id = due.customer_id and f.status = 'active'
  join staff s on s.staff_id = f.staff_id and s.status = 'active'`

export const createRemindersRepository = (db: Db | Tx) => ({
  async markSent(
    owner: Pick<StaffActor, 'corpId' | 'staffId'>,
    reminderId: string,
    now: Date,
  ): Promise<void> {
    await sql`
      update reminders set state = 'sent', acted_at = ${now}
      where reminder_id = ${reminderId} and corp_id = ${owner.corpId} and staff_id = ${owner.staffId}
        and state in ('pending', 'snoozed')`.execute(db)
  },

  async isOwn(
    owner: Pick<StaffActor, 'corpId' | 'staffId'>,
    reminderId: string,
    customerId: number,
  ): Promise<boolean> {
    const found = await sql`
      select 1 from reminders
      where reminder_id = ${reminderId} and corp_id = ${owner.corpId} and staff_id = ${owner.staffId}
        and customer_id = ${customerId}`.execute(db)
    return found.rows.length > 0
  },

  /** All sections of 今日 for one member, in one statement; a section without rows is missing from the answer. */
  async readToday(
    actor: StaffActor,
    { now, today, timeZone }: { now: Date; today: CivilDay; timeZone: string },
  ): Promise<Section[]> {
    const dayStart = sql`${today}::timestamp at time zone ${timeZone}`
    const reminderColumns = (at = sql`null::timestamptz`, state = sql`null::text`) => sql`
      count(*) over ()::int as total, r.reminder_id as "reminderId", c.external_user_id as "externalUserId",
      ${names}, c.avatar_url as "avatarUrl", r.kind as "rowKind", r.occurrence::text as occurrence,
      null::int as "addWay", null::text as channel, ${at} as at,
      case when d.date_id is null then null else ${importantDateJson} end as date,
      r.about, r.care, ${caredJson} as cared, ${state} as state, ${orderJson} as "order",
      null::text as "remindOn", false as "isPutOff"`
    const reminderTables = sql`
      from reminders r
      join follows f on f.customer_id = r.customer_id and ${ownFollow(actor)}
      join customers c on c.customer_id = r.customer_id
      left join important_dates d on d.date_id = r.date_id
      left join people p on p.person_id = d.person_id`
    const isOpen = sql`r.staff_id = ${actor.staffId} and r.corp_id = ${actor.corpId} and r.state in ('pending', 'snoozed')`
    const isMeant = reasonHolds
    const noReminder = sql`null as about, null as care, null::json as cared, null as state, null::json as "order", null as "remindOn", false as "isPutOff"`
    const followColumns = sql`
      count(*) over ()::int as total, null::uuid as "reminderId", c.external_user_id as "externalUserId",
      ${names}, c.avatar_url as "avatarUrl"`
    const found = await sql<SectionRow>`
      (select 0 as place, row_number() over (order by ${lastDay} desc, r.reminder_id) as rank,
              'overdue' as section, ${reminderColumns()}
       ${reminderTables}
       where ${isOpen} and ${isMeant} and r.occurrence < ${today}::date
         and ${lastDay} between ${notGivenUpSince(today)} and ${addDays(today, -1)}::date
       order by rank limit ${SECTION_ROWS})
      union all
      (select 1 as place, row_number() over (order by ${hasNoDay}, ${lastDay}, r.reminder_id) as rank, 'due' as section,
              ${reminderColumns()}
       ${reminderTables}
       where ${isOpen} and ${isMeant} and ${lastDay} >= ${today}::date and r.due_on <= ${today}::date
         and (r.snoozed_until is null or r.snoozed_until <= ${today}::date)
       order by rank limit ${SECTION_ROWS})
      union all
      (select 2 as place, row_number() over (order by f.added_at desc, f.follow_id) as rank, 'newFriends' as section,
              ${followColumns}, 'newFriend' as "rowKind", null as occurrence, f.add_way as "addWay", f.channel,
              f.added_at as at, null as date, ${noReminder}
       from follows f
       join customers c on c.customer_id = f.customer_id
       where ${ownFollow(actor)} and f.tag_ids = '{}'
         and f.added_at > ${new Date(now.getTime() - NEW_FRIEND_DAYS * DAY_MS)}
         and not exists (
           select from reminders told where told.staff_id = f.staff_id and told.subject = ${newFriendSubject})
       order by rank limit ${SECTION_ROWS})
      union all
      (select 3 as place, row_number() over (order by greatest(coming.occurrence, r.snoozed_until), coming.date_id, coming.reminder_id) as rank, 'upcoming' as section,
              count(*) over ()::int as total, coming.reminder_id as "reminderId", c.external_user_id as "externalUserId",
              ${names}, c.avatar_url as "avatarUrl", coming.kind as "rowKind",
              coming.occurrence::text as occurrence, null as "addWay", null as channel, null as at,
              case when d.date_id is null then null else ${importantDateJson} end as date,
              r.about, r.care, ${caredJson} as cared, null as state, ${orderJson} as "order",
              coming.remind_on::text as "remindOn", r.snoozed_until is not null as "isPutOff"
       from (
         select dates.date_id, 'date' as kind, dates.next_on as occurrence, null::uuid as reminder_id, dates.customer_id, dates.remind_on
         from follows mine
         -- the offset keeps it on her own customers: by the day, the dates of the whole corp would be gone through
         cross join lateral (
           select date_id, customer_id, next_on, remind_on from important_dates
           where important_dates.customer_id = mine.customer_id
             and remind_on > ${today}::date and remind_on <= ${addDays(today, UPCOMING_DAYS)}::date
           offset 0) dates
         where ${ownFollow(actor, 'mine')}
           and not exists (
             select from reminders told
             where told.date_id = dates.date_id and told.occurrence = dates.next_on and told.staff_id = mine.staff_id)
         union all
         select r.date_id, r.kind, r.occurrence, r.reminder_id, r.customer_id, greatest(r.due_on, r.snoozed_until)
         from reminders r
         where ${isOpen} and greatest(r.due_on, r.snoozed_until) > ${today}::date
           and greatest(r.due_on, r.snoozed_until) <= ${addDays(today, UPCOMING_DAYS)}::date) coming
       -- likewise: for the few who have a day, not by way of all of hers
       cross join lateral (
         select * from follows f where f.customer_id = coming.customer_id and ${ownFollow(actor)} offset 0) f
       join customers c on c.customer_id = coming.customer_id
       left join important_dates d on d.date_id = coming.date_id
       left join people p on p.person_id = d.person_id
       cross join lateral (
         select told.about, told.care, told.coupon_id, told.purchase_id, told.snoozed_until, coming.kind, coming.occurrence
         from (select 1) one left join reminders told on told.reminder_id = coming.reminder_id) r
       where ${isMeant}
       order by rank limit ${SECTION_ROWS})
      union all
      (select 4 as place, row_number() over (order by f.ended_at desc, f.follow_id) as rank, 'lost' as section,
              ${followColumns}, 'lost' as "rowKind", null as occurrence, null as "addWay", null as channel,
              f.ended_at as at, null as date, ${noReminder}
       from follows f
       join customers c on c.customer_id = f.customer_id
       where f.staff_id = ${actor.staffId} and f.corp_id = ${actor.corpId} and f.status = 'lost'
         and f.ended_at > ${new Date(now.getTime() - LOST_DAYS * DAY_MS)}
       order by rank limit ${SECTION_ROWS})
      union all
      (select 5 as place, row_number() over (order by r.acted_at desc, r.reminder_id) as rank, 'done' as section,
              ${reminderColumns(sql`r.acted_at`, sql`r.state`)}
       ${reminderTables}
       where r.staff_id = ${actor.staffId} and r.corp_id = ${actor.corpId} and r.acted_at >= ${dayStart}
         and r.state in ('sent', 'done', 'skipped')
       order by rank limit ${SECTION_ROWS})
      order by place, rank`.execute(db)
    return sectionNames.map(name => {
      const rows = found.rows.filter(row => row.section === name)
      return {
        name,
        total: rows[0]?.total ?? 0,
        rows: rows.map(row => toTodayRow(row, today, timeZone)),
      }
    })
  },

  /** A reminder of the member about a customer she follows now, locked until the transaction ends. */
  async lock(actor: StaffActor, reminderId: string): Promise<LockedReminder | undefined> {
    const found = await sql<LockedReminder>`
      select r.customer_id as "customerId", r.state, r.occurrence, r.acted_at as "actedAt", r.created_at as "createdAt", r.kind,
             p.relation, p.minor_until as "minorUntil", d.kind as "dateKind", d.label, r.about
      from reminders r
      join follows f on f.customer_id = r.customer_id and ${ownFollow(actor)}
      left join important_dates d on d.date_id = r.date_id
      left join people p on p.person_id = d.person_id
      where r.reminder_id = ${reminderId} and r.corp_id = ${actor.corpId} and r.staff_id = ${actor.staffId}
      for update of r`.execute(db)
    return found.rows[0]
  },

  async writeState(
    actor: StaffActor,
    reminderId: string,
    change: {
      state: ReminderState
      snoozedUntil: CivilDay | null
      skipReason: string | null
      doneHow: 'inPerson' | 'inChat' | null
      actedAt: Date | null
    },
  ): Promise<void> {
    await sql`
      update reminders
      set state = ${change.state}, snoozed_until = ${change.snoozedUntil},
          skip_reason = ${change.skipReason}, done_how = ${change.doneHow}, acted_at = ${change.actedAt}
      where reminder_id = ${reminderId} and corp_id = ${actor.corpId} and staff_id = ${actor.staffId}`.execute(
      db,
    )
  },

  /** Reminders of these dates as far as they are due already, for everyone who follows their customers. */
  async insertForDates(dateIds: string[], today: CivilDay, now: Date): Promise<void> {
    await sql`
      insert into reminders (reminder_id, corp_id, customer_id, staff_id, date_id, kind, occurrence, due_on, created_at)
      select gen_random_uuid(), due.corp_id, due.customer_id, f.staff_id, due.date_id, 'date', due.next_on,
             due.remind_on, ${now}
      from important_dates due
      ${followers}
      where due.date_id = any(${dateIds}::uuid[]) and due.remind_on <= ${today}::date and due.next_on >= ${today}::date
      order by due.date_id, f.staff_id
      on conflict on constraint reminders__occurrence_key do nothing`.execute(db)
  },

  /** Open reminders of a date that has changed: gone with their day, and with a later start those not due any more. */
  async followDate(dateId: string, today: CivilDay): Promise<void> {
    await sql`
      with gone as (
        delete from reminders r
        using important_dates d
        where r.date_id = ${dateId} and d.date_id = r.date_id and r.state in ('pending', 'snoozed')
          and (r.occurrence <> d.next_on or d.remind_on > ${today}::date))
      update reminders r set due_on = d.remind_on
      from important_dates d
      where r.date_id = ${dateId} and d.date_id = r.date_id and r.state in ('pending', 'snoozed')
        and r.occurrence = d.next_on and d.remind_on <= ${today}::date`.execute(db)
  },

  /** Nobody is reminded for members who have left. */
  async stopOf(staffIds: number[]): Promise<void> {
    await sql`
      update reminders set state = 'expired', skip_reason = 'left'
      where staff_id = any(${staffIds}::integer[]) and state in ('pending', 'snoozed')`.execute(db)
  },

  /** Of members who are back: what was stopped then and whose day is still to come. */
  async resumeOf(staffIds: number[], today: CivilDay): Promise<void> {
    await sql`
      update reminders r
      set state = case when snoozed_until is null then 'pending' else 'snoozed' end, skip_reason = null
      where staff_id = any(${staffIds}::integer[]) and state = 'expired' and skip_reason = 'left'
        and ${lastDay} >= ${today}::date`.execute(db)
  },

  async listCorps(): Promise<number[]> {
    const found = await sql<{ corp_id: number }>`select corp_id from corps order by corp_id`.execute(db)
    return found.rows.map(row => row.corp_id)
  },

  /** Open reminders whose day lies too far back; answers how many. */
  async expireBatch(corpId: number, today: CivilDay): Promise<number> {
    const expired = await sql`
      update reminders set state = 'expired'
      where reminder_id in (
        select reminder_id from reminders r
        where corp_id = ${corpId} and state in ('pending', 'snoozed')
          and occurrence < ${addDays(today, -OVERDUE_DAYS)}::date and ${lastDay} < ${notGivenUpSince(today)}
        order by occurrence
        limit ${BATCH_ROWS}
        for update skip locked)
      returning 1`.execute(db)
    return expired.rows.length
  },

  /** Dates whose day has passed and whose next one is to be found, locked; what another process rolls on is left to it. */
  async lockPassedDates(corpId: number, today: CivilDay): Promise<PassedDate[]> {
    const found = await sql<PassedDate>`
      select date_id as "dateId", calendar, month, day, is_leap_month as "isLeapMonth", year,
             leap_policy as "leapPolicy", next_on as "nextOn", kind, lead_days as "leadDays",
             own_lead_days as "ownLeadDays"
      from important_dates
      where corp_id = ${corpId} and next_on < ${today}::date
      -- as the index has them: on the second of January a tenth of all dates is here, and sorting that for each batch takes hours
      order by next_on, customer_id
      limit ${BATCH_ROWS}
      for update skip locked`.execute(db)
    return found.rows
  },

  async rollOn(
    dates: { dateId: string; nextOn: CivilDay; remindOn: CivilDay; lastOrderOn: CivilDay | null }[],
  ): Promise<void> {
    await sql`
      update important_dates d
      set next_on = rolled.next_on, remind_on = rolled.remind_on, last_order_on = rolled.last_order_on
      from unnest(${dates.map(date => date.dateId)}::uuid[], ${dates.map(date => date.nextOn)}::date[],
                  ${dates.map(date => date.remindOn)}::date[], ${dates.map(date => date.lastOrderOn)}::date[])
        as rolled(date_id, next_on, remind_on, last_order_on)
      where d.date_id = rolled.date_id`.execute(db)
  },

  /**
   * The clock was set back: of the next thousand reminders behind `after`, what was made in a future that did not come waits for
   * its day, or is made again in time. Promises are people's own and stay as they are. Answers where it got to.
   */
  async forgetFuture(
    corpId: number,
    after: ReminderPlace | undefined,
    today: CivilDay,
    now: Date,
  ): Promise<ReminderPlace | undefined> {
    const behind = after
      ? sql`(occurrence, reminder_id) > (${after.occurrence}::date, ${after.reminderId}::uuid)`
      : sql`true`
    const seen = await sql<ReminderPlace>`
      with coming as materialized (
        select reminder_id, occurrence
        from reminders
        where corp_id = ${corpId} and state in ('pending', 'snoozed') and occurrence > ${today}::date and ${behind}
        order by occurrence, reminder_id
        limit ${BATCH_ROWS}),
      gone as (
        delete from reminders r
        using coming, important_dates d
        where r.reminder_id = coming.reminder_id and r.state = 'pending' and d.date_id = r.date_id
          and d.next_on <> r.occurrence
        returning r.reminder_id),
      waiting as (
        update reminders r
        set is_late = false,
            due_on = case r.kind
              when 'coupon' then r.occurrence - ${COUPON_DAYS}::integer
              when 'care' then r.occurrence - ${CARE_DAYS}::integer
              when 'newFriend' then r.occurrence - ${NEW_FRIEND_DAYS - 1}::integer
              else (select d.remind_on from important_dates d where d.date_id = r.date_id) end
        from coming
        where r.reminder_id = coming.reminder_id and r.state = 'pending' and r.created_at > ${now}
          and r.due_on > ${today}::date and (r.date_id is not null or r.kind in ('coupon', 'care', 'newFriend'))
          and not exists (
            select from important_dates moved where moved.date_id = r.date_id and moved.next_on <> r.occurrence))
      select occurrence, reminder_id as "reminderId" from coming
      order by occurrence desc, reminder_id desc
      limit 1`.execute(db)
    return seen.rows[0]
  },

  /** What expired in a future that did not come is open once more, for the next members behind `after`; answers the last of them. */
  async reviveExpired(corpId: number, after: number, today: CivilDay): Promise<number | undefined> {
    const seen = await sql<{ last: number | null }>`
      with guides as materialized (
        select staff_id from staff
        where corp_id = ${corpId} and staff_id > ${after}
        order by staff_id
        limit ${BATCH_GUIDES}),
      revived as (
        update reminders r
        set state = case when snoozed_until is null then 'pending' else 'snoozed' end
        from guides
        where r.staff_id = guides.staff_id and r.state = 'expired' and r.skip_reason is null
          -- the index is on the day on which it was due
          and r.due_on >= ${addDays(today, -OVERDUE_PROMISE_DAYS - MAX_LEAD_DAYS)}::date
          and ${lastDay} >= ${notGivenUpSince(today)})
      select max(staff_id) as last from guides`.execute(db)
    return seen.rows[0]?.last ?? undefined
  },

  /** The next thousand dates behind `after` whose day is still to come, locked. */
  async lockComingDates(corpId: number, after: string | undefined, today: CivilDay): Promise<PassedDate[]> {
    const found = await sql<PassedDate>`
      select date_id as "dateId", calendar, month, day, is_leap_month as "isLeapMonth", year,
             leap_policy as "leapPolicy", next_on as "nextOn", kind, lead_days as "leadDays",
             own_lead_days as "ownLeadDays"
      from important_dates
      where corp_id = ${corpId} and next_on > ${today}::date and (${after ?? null}::uuid is null or date_id > ${after ?? null}::uuid)
      order by date_id
      limit ${BATCH_ROWS}
      for update`.execute(db)
    return found.rows
  },

  /**
   * Reminders for the next thousand dates that are due since `from`, behind `after`; those that exist are left alone. Answers
   * where it got to, undefined at the end. What should have been made on an earlier day is marked late.
   */
  async insertDueBatch(
    corpId: number,
    { from, after, today }: { from: CivilDay; after: DuePlace | undefined; today: CivilDay },
    now: Date,
  ): Promise<DuePlace | undefined> {
    const behind = after
      ? sql`(remind_on, customer_id) > (${after.remindOn}::date, ${after.customerId}::bigint)`
      : sql`remind_on >= ${from}::date`
    const found = await sql<DuePlace>`
      with due as materialized (
        select date_id, corp_id, customer_id, next_on, remind_on
        from important_dates
        where corp_id = ${corpId} and remind_on <= ${today}::date and next_on >= ${today}::date and ${behind}
        -- as customers lie in the tables: by the dates' ids each row would be on another page, read and written anew for each
        order by remind_on, customer_id
        fetch first (${BATCH_ROWS}) rows with ties),
      untold as materialized (
        select due.*, f.staff_id
        from due
        ${followers}
        where not exists (
          select from reminders told
          where told.date_id = due.date_id and told.occurrence = due.next_on
            -- the sum keeps it on the key of the date: by the guide, all her reminders of years would be gone through
            and told.staff_id + 0 = f.staff_id)),
      made as (
        insert into reminders (reminder_id, corp_id, customer_id, staff_id, date_id, kind, occurrence, due_on, is_late,
                               created_at)
        select gen_random_uuid(), untold.corp_id, untold.customer_id, untold.staff_id, untold.date_id, 'date',
               untold.next_on, greatest(untold.remind_on, ${today}::date), untold.remind_on < ${today}::date, ${now}
        from untold
        -- a date taken away or moved meanwhile is left out, and one about to be is waited for
        join lateral (
          select from important_dates held
          where held.date_id = untold.date_id and held.next_on = untold.next_on and held.remind_on <= ${today}::date
          for share) there on true
        -- always in the same order, so that two processes doing this at once cannot block each other
        order by untold.remind_on, untold.customer_id, untold.date_id, untold.staff_id
        on conflict on constraint reminders__occurrence_key do nothing)
      select remind_on as "remindOn", customer_id as "customerId" from due
      order by remind_on desc, customer_id desc
      limit 1`.execute(db)
    return found.rows[0]
  },
})
