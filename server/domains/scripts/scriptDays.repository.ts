import { sql } from 'kysely'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import { WORKED_FLOOR } from '../../../shared/rules/suggestScript.ts'
import type { Db, Tx } from '../../db/db.ts'
import { SCRIPT_DAYS_LOCK } from '../../db/locks.ts'
import { contactOutcomes } from '../../db/restraintParts.ts'
import { FEWEST_PERSONS } from '../../db/scriptStatsParts.ts'

/** She answered when the next we said to her was an answer, within so many days. */
const ANSWER_DAYS = sql.lit(7)
/** She left because of a message when she left within so many days of it. */
const LOST_DAYS = sql.lit(3)

export const createScriptDaysRepository = (db: Db | Tx) => ({
  /** Until the transaction ends. */
  async lock(corpId: number): Promise<void> {
    await sql`select pg_advisory_xact_lock(${SCRIPT_DAYS_LOCK}::int, ${corpId}::int)`.execute(db)
  },

  /**
   * Counts these days anew, both included, and writes what differs. Messages to groups are left out: nobody knows what a group
   * made of them.
   * @returns how many rows changed
   */
  async refresh(corpId: number, from: CivilDay, until: CivilDay, timeZone: string): Promise<number> {
    const done = await sql<{ count: number }>`
      with counted as materialized (
        select s.script_id, coalesce(s.script_version, 1) as version, s.staff_id,
               (s.started_at at time zone ${timeZone}::text)::date as day,
               count(*) filter (where came.is_sent)::int as sends,
               count(*) filter (where s.outcome = 'cancelled')::int as cancelled,
               count(*) filter (where came.is_sent and came.is_answered)::int as replies,
               coalesce(sum(came.purchases) filter (where came.is_sent), 0)::int as purchases,
               count(*) filter (where came.is_sent and came.is_lost)::int as lost,
               (array_agg(distinct s.customer_id order by s.customer_id))[1:${sql.lit(FEWEST_PERSONS)}] as customers
        from sends s
        cross join lateral (
          select s.outcome in (${contactOutcomes}) as is_sent,
                 s.replied_at is not null or coalesce((
                   select next.reason_class = 'answer' from sends next
                   where next.customer_id = s.customer_id and next.started_at > s.started_at
                     and next.started_at <= s.started_at + ${ANSWER_DAYS} * interval '1 day'
                     and next.outcome in (${contactOutcomes})
                   order by next.started_at, next.send_id limit 1), false) as is_answered,
                 (select count(*) from purchase_traces t where t.send_id = s.send_id) as purchases,
                 exists (
                   select from follows f
                   where f.customer_id = s.customer_id and f.staff_id = s.staff_id and f.status = 'lost'
                     and f.ended_at >= s.started_at
                     and f.ended_at <= s.started_at + ${LOST_DAYS} * interval '1 day') as is_lost) came
        where s.corp_id = ${corpId} and s.script_id is not null and s.customer_id is not null
          and (came.is_sent or s.outcome = 'cancelled')
          and s.started_at >= (${from}::date::timestamp at time zone ${timeZone}::text)
          and s.started_at < ((${until}::date + 1)::timestamp at time zone ${timeZone}::text)
        group by s.script_id, coalesce(s.script_version, 1), s.staff_id, day),
      gone as (
        delete from script_days d
        where d.corp_id = ${corpId} and d.day between ${from}::date and ${until}::date
          and not exists (
            select from counted c
            where c.script_id = d.script_id and c.version = d.version and c.staff_id = d.staff_id and c.day = d.day)
        returning 1),
      written as (
        insert into script_days as d (corp_id, script_id, version, staff_id, day, sends, cancelled, replies, purchases, lost,
                                      customers)
        select ${corpId}::int, script_id, version, staff_id, day, sends, cancelled, replies, purchases, lost, customers
        from counted
        -- always in the same order, so that two processes doing this at once cannot block each other
        order by script_id, version, staff_id, day
        on conflict (script_id, version, staff_id, day) do update
        set sends = excluded.sends, cancelled = excluded.cancelled, replies = excluded.replies, purchases = excluded.purchases,
            lost = excluded.lost, customers = excluded.customers
        where (d.sends, d.cancelled, d.replies, d.purchases, d.lost, d.customers) is distinct from
          (excluded.sends, excluded.cancelled, excluded.replies, excluded.purchases, excluded.lost, excluded.customers)
        returning 1)
      select (select count(*) from gone)::int + (select count(*) from written)::int as count`.execute(db)
    return done.rows[0]?.count ?? 0
  },

  /** Sums the days since `from` up, per store and for the company, and writes what differs. */
  async sumUp(corpId: number, from: CivilDay): Promise<void> {
    await sql`
      with cells as materialized (
        select d.script_id, d.version, st.store_id, d.sends, d.replies, d.purchases, d.customers
        from script_days d
        join staff st on st.staff_id = d.staff_id
        where d.corp_id = ${corpId} and d.day >= ${from}::date),
      summed as materialized (
        select script_id, version, store_id, sum(sends)::int as sends, sum(replies)::int as replies, sum(purchases)::int as purchases
        from (select script_id, version, store_id, sends, replies, purchases from cells where store_id is not null
              union all
              select script_id, version, null, sends, replies, purchases from cells) each_place
        group by script_id, version, store_id
        having sum(sends) >= ${sql.lit(WORKED_FLOOR)}),
      enough as (
        select * from summed
        where (select count(distinct customer_id) from cells, unnest(cells.customers) as customer_id
               where cells.script_id = summed.script_id and cells.version = summed.version
                 and (summed.store_id is null or cells.store_id = summed.store_id)) >= ${sql.lit(FEWEST_PERSONS)}),
      gone as (
        delete from script_worked w
        where w.corp_id = ${corpId} and not exists (
          select from enough e
          where e.script_id = w.script_id and e.version = w.version and e.store_id is not distinct from w.store_id))
      insert into script_worked as w (corp_id, script_id, version, store_id, sends, replies, purchases)
      select ${corpId}::int, script_id, version, store_id, sends, replies, purchases from enough
      on conflict on constraint script_worked__key do update
      set sends = excluded.sends, replies = excluded.replies, purchases = excluded.purchases
      where (w.sends, w.replies, w.purchases) is distinct from (excluded.sends, excluded.replies, excluded.purchases)`.execute(
      db,
    )
  },

  async noteCounted(corpId: number, at: Date): Promise<void> {
    await sql`
      insert into script_counts (corp_id, counted_at) values (${corpId}, ${at})
      on conflict (corp_id) do update set counted_at = greatest(script_counts.counted_at, excluded.counted_at)`.execute(
      db,
    )
  },

  async listCorps(): Promise<number[]> {
    const found = await sql<{
      corpId: number
    }>`select corp_id as "corpId" from corps order by corp_id`.execute(db)
    return found.rows.map(({ corpId }) => corpId)
  },
})
