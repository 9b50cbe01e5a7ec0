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

/** What came of one version in one store; a row of `script_sums`. */
export interface StoreSum {
  script_id: string
  version: number
  store_id: number | null
  sends: number
  cancelled: number
  replies: number
  purchases: number
  lost: number
  customers: (number | string)[]
}

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

  /** The days since `from`, summed up per store. Slow where much is sent. */
  async readSums(corpId: number, from: CivilDay): Promise<StoreSum[]> {
    const found = await sql<StoreSum>`
      with cells as materialized (
        select d.script_id, d.version, st.store_id, d.sends, d.cancelled, d.replies, d.purchases, d.lost, d.customers
        from script_days d
        join staff st on st.staff_id = d.staff_id
        where d.corp_id = ${corpId} and d.day >= ${from}::date),
      persons as (
        select distinct script_id, version, store_id, customer_id from cells, unnest(customers) as customer_id),
      first as (
        select script_id, version, store_id,
               (array_agg(customer_id order by customer_id))[1:${sql.lit(FEWEST_PERSONS)}] as customers
        from persons
        group by script_id, version, store_id),
      summed as (
        select script_id, version, store_id, sum(sends)::int as sends, sum(cancelled)::int as cancelled,
               sum(replies)::int as replies, sum(purchases)::int as purchases, sum(lost)::int as lost
        from cells
        group by script_id, version, store_id)
      select summed.*, first.customers
      from summed
      -- without the coalesce a missing store could not be joined by hash
      join first on first.script_id = summed.script_id and first.version = summed.version
       and coalesce(first.store_id, 0) = coalesce(summed.store_id, 0)`.execute(db)
    return found.rows
  },

  /** What summing up may hold in memory, until the transaction ends: without it a hundred thousand rows go to the disk and back. */
  async giveMemory(): Promise<void> {
    await sql`set local work_mem = '64MB'`.execute(db)
  },

  /** Writes what differs, of the scripts in one part of `parts`; `sums` are those of that part. */
  async writeSums(
    corpId: number,
    sums: readonly StoreSum[],
    { part, parts }: { part: number; parts: number },
  ): Promise<void> {
    await sql`
      with fresh as materialized (
        select * from jsonb_to_recordset(${JSON.stringify(sums)}::jsonb) as fresh (
          script_id uuid, version int, store_id int, sends int, cancelled int, replies int, purchases int, lost int,
          customers bigint[])),
      gone as (
        delete from script_sums w
        where w.corp_id = ${corpId}
          and ('x' || right(w.script_id::text, 2))::bit(8)::int % ${parts}::int = ${part}::int and not exists (
          select from fresh f
          where f.script_id = w.script_id and f.version = w.version and coalesce(f.store_id, 0) = coalesce(w.store_id, 0)))
      insert into script_sums as w (corp_id, script_id, version, store_id, sends, cancelled, replies, purchases, lost, customers)
      select ${corpId}::int, script_id, version, store_id, sends, cancelled, replies, purchases, lost, customers
      from fresh f
      -- somebody may have deleted it since it was summed up
      where exists (select from scripts s where s.script_id = f.script_id)
      on conflict on constraint script_sums__key do update
      set sends = excluded.sends, cancelled = excluded.cancelled, replies = excluded.replies, purchases = excluded.purchases,
          lost = excluded.lost, customers = excluded.customers
      where (w.sends, w.cancelled, w.replies, w.purchases, w.lost, w.customers) is distinct from
        (excluded.sends, excluded.cancelled, excluded.replies, excluded.purchases, excluded.lost, excluded.customers)`.execute(
      db,
    )
  },

  /** Which of the sums speak for enough sends to enough persons, per store and for the company; writes what differs. */
  async chooseWorked(corpId: number): Promise<void> {
    await sql`
      with own as materialized (select * from script_sums where corp_id = ${corpId}),
      known as (
        select script_id, version from own, unnest(customers) as customer_id
        group by script_id, version
        having count(distinct customer_id) >= ${sql.lit(FEWEST_PERSONS)}),
      enough as materialized (
        select script_id, version, store_id, sends, replies, purchases from own
        where store_id is not null and sends >= ${sql.lit(WORKED_FLOOR)} and cardinality(customers) >= ${sql.lit(FEWEST_PERSONS)}
        union all
        select script_id, version, null, sum(sends)::int, sum(replies)::int, sum(purchases)::int
        from own join known using (script_id, version)
        group by script_id, version
        having sum(sends) >= ${sql.lit(WORKED_FLOOR)}),
      gone as (
        delete from script_worked w
        where w.corp_id = ${corpId} and not exists (
          select from enough e
          where e.script_id = w.script_id and e.version = w.version and coalesce(e.store_id, 0) = coalesce(w.store_id, 0)))
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

/** In which of `parts` (256 at most) a script is; as `writeSums` has it. */
export const partOf = (scriptId: string, parts: number): number => parseInt(scriptId.slice(-2), 16) % parts
