import { sql } from 'kysely'
import { NEW_FRIEND_DAYS } from '../../../shared/rules/becauseText.ts'
import { addDays, type CivilDay } from '../../../shared/rules/civilDay.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { ownFollow } from '../../db/scope.ts'
import { reasonHolds } from '../../db/reminderParts.ts'

const BATCH_ROWS = 1000
/** Members seen to by one statement: a missed New Year's Eve leaves each of them a hundred reminders. */
const BATCH_GUIDES = 100
/** A new friend is left in peace this long before the guide hears that nothing was noted. */
const UNTAGGED_HOURS = 24
export { NEW_FRIEND_DAYS }
/** So many days before a coupon ends. */
export const COUPON_DAYS = 3
/** So long the day of a care may be past, and so long there is to tell of it. */
export const CARE_DAYS = 7
/** What was made up or came in a heap is spread: so many a guide and day. */
export const HEAP_PER_DAY = 20
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** A friendship is told of once; who comes back later is a new one. `f` is the follow. */
export const newFriendSubject = sql`'follow:' || f.follow_id || ' ' || extract(epoch from f.added_at)::bigint`

/** What may be put off by days without harm; `r` is the reminder. */
const isHeaped = sql`r.state = 'pending' and (r.is_late or r.kind in ('newFriend', 'care'))`

/** Whoever may write to her: the one who gave or sold it, else whoever has followed her longest; `guide` is that member. */
const guideOf = (customer: ReturnType<typeof sql>, preferred: ReturnType<typeof sql>) => sql`
  join lateral (
    select f.staff_id from follows f
    join staff s on s.staff_id = f.staff_id and s.status = 'active'
    where f.customer_id = ${customer} and f.status = 'active'
    order by f.staff_id = ${preferred} desc nulls last, f.added_at nulls last, f.follow_id
    limit 1) guide on true`

/** Where the run is in what is looked through by day: behind it comes what is left. */
export interface ReasonPlace {
  day: CivilDay
  id: string
}

/** `and` what lies behind a place; `day` and `id` are the columns. */
const isBehind = (after: ReasonPlace | undefined, day: ReturnType<typeof sql>, id: ReturnType<typeof sql>) =>
  after ? sql`(${day}, ${id}) > (${after.day}::date, ${after.id}::uuid)` : sql`true`

/**
 * Each statement looks at the next thousand reasons and makes reminders for those that have none. It answers how many it found (0 is
 * the end), or the place it got to.
 */
export const createReasonsRepository = (db: Db | Tx) => {
  const count = async (statement: { execute: (db: Db | Tx) => Promise<{ rows: { found: number }[] }> }) =>
    (await statement.execute(db)).rows[0]?.found ?? 0

  return {
    /** Friends of a week at most whom nobody has tagged within a day. */
    insertNewFriends(
      corpId: number,
      { now, today, timeZone }: { now: Date; today: CivilDay; timeZone: string },
    ): Promise<number> {
      return count(sql<{ found: number }>`
        with untold as materialized (
          select f.corp_id, f.customer_id, f.staff_id, ${newFriendSubject} as subject,
                 (f.added_at at time zone ${timeZone})::date + ${NEW_FRIEND_DAYS}::integer as occurrence
          from follows f
          join staff s on s.staff_id = f.staff_id and s.status = 'active'
          where f.corp_id = ${corpId} and f.status = 'active' and f.tag_ids = '{}'
            and f.added_at > ${new Date(now.getTime() - NEW_FRIEND_DAYS * DAY_MS)}
            and f.added_at <= ${new Date(now.getTime() - UNTAGGED_HOURS * HOUR_MS)}
            and not exists (select from reminders told where told.staff_id = f.staff_id and told.subject = ${newFriendSubject})
          order by f.staff_id, f.follow_id
          limit ${BATCH_ROWS}),
        made as (
          insert into reminders (reminder_id, corp_id, customer_id, staff_id, kind, subject, occurrence, due_on, created_at)
          select gen_random_uuid(), corp_id, customer_id, staff_id, 'newFriend', subject, occurrence,
                 least(${today}::date, occurrence), ${now}
          from untold
          on conflict (staff_id, subject) where subject is not null do nothing)
        select count(*)::int as found from untold`)
    },

    /** Coupons behind `after` that end within days and have not been used. */
    async insertCoupons(
      corpId: number,
      after: ReasonPlace | undefined,
      today: CivilDay,
      now: Date,
    ): Promise<ReasonPlace | undefined> {
      const seen = await sql<ReasonPlace>`
        with ending as materialized (
          select k.corp_id, k.customer_id, k.staff_id, k.coupon_id, k.template_id, k.expires_on, k.state
          from coupons k
          where k.corp_id = ${corpId} and k.state in ('issued', 'claimed')
            and k.expires_on between ${today}::date and ${addDays(today, COUPON_DAYS)}::date
            and ${isBehind(after, sql`k.expires_on`, sql`k.coupon_id`)}
          order by k.expires_on, k.coupon_id
          limit ${BATCH_ROWS}),
        untold as materialized (
          select k.corp_id, k.customer_id, guide.staff_id, k.coupon_id, 'coupon:' || k.coupon_id as subject,
                 t.name as about, k.expires_on as occurrence
          from ending k
          join coupon_templates t on t.template_id = k.template_id
          ${guideOf(sql`k.customer_id`, sql`k.staff_id`)}
          where not exists (select from reminders told where told.coupon_id = k.coupon_id)
            -- It is told of once: not of the day until which one is to be claimed that has days of its own from then on.
            and (k.state = 'claimed' or t.valid_until is not null)
          order by guide.staff_id, k.coupon_id),
        made as (
          insert into reminders (reminder_id, corp_id, customer_id, staff_id, kind, subject, coupon_id, about, occurrence,
                                 due_on, is_late, created_at)
          select gen_random_uuid(), corp_id, customer_id, staff_id, 'coupon', subject, coupon_id, about, occurrence,
                 ${today}::date, false, ${now}
          from untold
          on conflict (staff_id, subject) where subject is not null do nothing)
        select expires_on as day, coupon_id as id from ending
        order by expires_on desc, coupon_id desc
        limit 1`.execute(db)
      return seen.rows[0]
    },

    async listCareRules(corpId: number): Promise<string[]> {
      const found = await sql<{ care_rule_id: string }>`
        select care_rule_id from care_rules where corp_id = ${corpId} order by care_rule_id`.execute(db)
      return found.rows.map(row => row.care_rule_id)
    },

    /** Pieces, behind `after`, bought so long ago that by this rule something should be done about them. */
    async insertCares(
      corpId: number,
      careRuleId: string,
      after: ReasonPlace | undefined,
      today: CivilDay,
      now: Date,
    ): Promise<ReasonPlace | undefined> {
      const seen = await sql<ReasonPlace>`
        with piece as materialized (
          select bought.corp_id, bought.customer_id, bought.created_by, bought.purchase_id, bought.piece, bought.day,
                 rule.name, rule.care_rule_id, rule.after_days
          from care_rules rule
          join purchases bought
            on bought.corp_id = rule.corp_id
           and bought.day between ${addDays(today, -CARE_DAYS)}::date - rule.after_days and ${today}::date - rule.after_days
          where rule.care_rule_id = ${careRuleId} and rule.corp_id = ${corpId}
            and ${isBehind(after, sql`bought.day`, sql`bought.purchase_id`)}
          order by bought.day, bought.purchase_id
          limit ${BATCH_ROWS}),
        untold as materialized (
          select piece.corp_id, piece.customer_id, guide.staff_id, piece.purchase_id, piece.piece as about, piece.name as care,
                 piece.day + piece.after_days + ${CARE_DAYS}::integer as occurrence,
                 'purchase:' || piece.purchase_id || ' ' || piece.care_rule_id as subject,
                 piece.day + piece.after_days < ${today}::date as is_late
          from piece
          ${guideOf(sql`piece.customer_id`, sql`piece.created_by`)}
          where not exists (
              select from reminders told
              where told.purchase_id = piece.purchase_id
                and told.subject = 'purchase:' || piece.purchase_id || ' ' || piece.care_rule_id)
          order by guide.staff_id, piece.purchase_id),
        made as (
          insert into reminders (reminder_id, corp_id, customer_id, staff_id, kind, subject, purchase_id, about, care,
                                 occurrence, due_on, is_late, created_at)
          select gen_random_uuid(), corp_id, customer_id, staff_id, 'care', subject, purchase_id, about, care, occurrence,
                 ${today}::date, is_late, ${now}
          from untold
          on conflict (staff_id, subject) where subject is not null do nothing)
        select day, purchase_id as id from piece
        order by day desc, purchase_id desc
        limit 1`.execute(db)
      return seen.rows[0]
    },

    /** Reminders whose reason went away by itself; answers how many. */
    async settleBatch(corpId: number): Promise<number> {
      const settled = await sql`
        update reminders set state = 'expired', skip_reason = 'settled', snoozed_until = null
        where reminder_id in (
          select r.reminder_id
          from reminders r
          left join follows f on f.staff_id = r.staff_id and f.customer_id = r.customer_id and f.status = 'active'
          where r.corp_id = ${corpId} and r.state in ('pending', 'snoozed') and r.kind in ('newFriend', 'coupon')
            and r.subject is not null and (f.follow_id is null or not ${reasonHolds})
          limit ${BATCH_ROWS}
          for update of r skip locked)
        returning 1`.execute(db)
      return settled.rows.length
    },

    /** The coupon can be used after all: what was settled by its use is to be said again, if its day has not passed. */
    async reopenForCoupon(couponId: string, today: CivilDay): Promise<void> {
      await sql`
        update reminders set state = 'pending', skip_reason = null
        where coupon_id = ${couponId} and kind = 'coupon' and state = 'expired' and skip_reason = 'settled'
          and occurrence >= ${today}::date`.execute(db)
    },

    /** Whether so much was made up or came in a heap that there may be something to spread. */
    async hasHeap(corpId: number, today: CivilDay): Promise<boolean> {
      const found = await sql<{ isHeap: boolean }>`
        select count(*) > ${HEAP_PER_DAY} as "isHeap"
        from (
          select from reminders r
          where corp_id = ${corpId} and due_on = ${today}::date and ${isHeaped}
          limit ${HEAP_PER_DAY + 1}) heap`.execute(db)
      return found.rows[0]?.isHeap ?? false
    },

    /**
     * What was made up and what came in a heap, beyond a day's measure per guide: the nearest days first, the rest on the days
     * after, but never later than the last order day, where that is to come, else the day itself. Nothing is lost by it. Sees to
     * the next hundred members behind `after` and answers the last of them, undefined at the end.
     */
    async spreadHeapsOfNext(corpId: number, after: number, today: CivilDay): Promise<number | undefined> {
      const seen = await sql<{ last: number | null }>`
        with guides as materialized (
          select staff_id from staff
          where corp_id = ${corpId} and staff_id > ${after}
          order by staff_id
          limit ${BATCH_GUIDES}),
        heap as (
          select r.reminder_id, deadline.day,
                 row_number() over (partition by r.staff_id order by deadline.day, r.occurrence, r.reminder_id) as place
          from guides
          join reminders r on r.staff_id = guides.staff_id and r.due_on = ${today}::date and ${isHeaped}
          left join important_dates d on d.date_id = r.date_id and d.next_on = r.occurrence
          cross join lateral (
            select case when d.last_order_on >= ${today}::date then d.last_order_on else r.occurrence end as day) deadline),
        later as (
          select reminder_id, least(day, ${today}::date + ((place - 1) / ${HEAP_PER_DAY})::integer) as due_on
          from heap
          where place > ${HEAP_PER_DAY}),
        moved as (
          update reminders r set due_on = later.due_on
          from later
          where r.reminder_id = later.reminder_id and r.state = 'pending' and r.due_on = ${today}::date
            and later.due_on > ${today}::date)
        select max(staff_id) as last from guides`.execute(db)
      return seen.rows[0]?.last ?? undefined
    },

    /** Something the member promised; answers its id, undefined when she has as many open about this customer as can be kept. */
    async insertPromise(
      actor: StaffActor,
      promise: { reminderId: string; customerId: number; words: string; day: CivilDay },
      atMost: number,
      now: Date,
    ): Promise<boolean> {
      const made = await sql`
        insert into reminders (reminder_id, corp_id, customer_id, staff_id, kind, subject, about, occurrence, due_on, created_at)
        select ${promise.reminderId}::uuid, f.corp_id, f.customer_id, f.staff_id, 'promise', ${`promise:${promise.reminderId}`},
               ${promise.words}, ${promise.day}::date, ${promise.day}::date, ${now}
        from follows f
        where f.customer_id = ${promise.customerId} and ${ownFollow(actor)}
          and ${atMost} > (
            select count(*) from reminders open
            where open.customer_id = f.customer_id and open.staff_id = f.staff_id and open.kind = 'promise'
              and open.state in ('pending', 'snoozed'))
        returning 1`.execute(db)
      return made.rows.length > 0
    },

    async deletePromise(actor: StaffActor, reminderId: string): Promise<void> {
      await sql`
        delete from reminders
        where reminder_id = ${reminderId} and corp_id = ${actor.corpId} and staff_id = ${actor.staffId}
          and kind = 'promise'`.execute(db)
    },

    /** For some minutes this reminder stands first on the customer's card. False when it is not hers, or not open. */
    async focus(actor: StaffActor, reminderId: string, now: Date): Promise<boolean> {
      const focused = await sql`
        insert into reminder_focus (staff_id, customer_id, corp_id, reminder_id, at)
        select r.staff_id, r.customer_id, r.corp_id, r.reminder_id, ${now}
        from reminders r
        join follows f on f.customer_id = r.customer_id and ${ownFollow(actor)}
        where r.reminder_id = ${reminderId} and r.corp_id = ${actor.corpId} and r.staff_id = ${actor.staffId}
        on conflict (staff_id, customer_id) do update set reminder_id = excluded.reminder_id, at = excluded.at
        returning 1`.execute(db)
      return focused.rows.length > 0
    },
  }
}
