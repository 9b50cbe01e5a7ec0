import { sql, type RawBuilder } from 'kysely'
import type { TraceWindows } from '../../../shared/contract/purchases.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import type { Actor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'

/** What a corp starts with; its row of `trace_windows` decides from then on. */
export const DEFAULT_WINDOWS: TraceWindows = { customDays: 30, otherDays: 14 }

/** Where a walk over a corp's purchases has got to. */
export interface PurchasePlace {
  day: CivilDay
  purchaseId: string
}

/**
 * Computes the traces of the purchases that `which` picks (alias `p`) and writes what differs.
 *
 * A message counts when it arrived, came of a reminder, a script, a coupon or an engraving that was drawn for her, went out in the
 * window before the purchase's day, and surely before the purchase: on the day itself only if the purchase was noted on that same day, later than it.
 * The strongest wins, of equals the latest; every guide with one that strong has a part. What a coupon was used for counts for the
 * message that brought the coupon, however long ago that was.
 */
const trace = (which: RawBuilder<unknown>, timeZone: string) => sql`
  with wanted as (
    select p.purchase_id, p.corp_id, best.send_id, best.strength, best.staff_ids
    from purchases p
    left join trace_windows w on w.corp_id = p.corp_id
    cross join lateral (
      select case when p.is_custom then coalesce(w.custom_days, ${DEFAULT_WINDOWS.customDays}::smallint)
                  else coalesce(w.other_days, ${DEFAULT_WINDOWS.otherDays}::smallint) end as days) wide
    cross join lateral (
      select (array_agg(c.send_id order by c.started_at desc, c.send_id))[1] as send_id,
             case max(c.rank) when 3 then 'replied' when 1 then 'sent' else 'couponUsed' end as strength,
             array_agg(distinct c.staff_id) as staff_ids
      from (
        select s.send_id, s.staff_id, s.started_at, ranked.rank, max(ranked.rank) over () as top
        from sends s
        cross join lateral (
          select case
            when s.coupon_id = p.coupon_id then 4
            when s.replied_at is not null then 3
            when s.coupon_id is not null and exists (
              select from coupons used
              where used.coupon_id = s.coupon_id and used.state = 'redeemed'
                and (used.redeemed_at at time zone ${timeZone}::text)::date
                  between (s.started_at at time zone ${timeZone}::text)::date and p.day)
              then 2
            else 1 end as rank) ranked
        where s.customer_id = p.customer_id and s.corp_id = p.corp_id and s.outcome in ('ok', 'partial')
          and (s.reminder_id is not null or s.script_id is not null or s.coupon_id is not null or s.engraving_id is not null
               -- the draft may have been taken away since
               or exists (select from send_parts picture
                          where picture.send_id = s.send_id and picture.body->>'engravingId' is not null))
          and (s.coupon_id = p.coupon_id or (
            s.started_at >= ((p.day - wide.days)::timestamp at time zone ${timeZone}::text)
            and s.started_at < case when (p.created_at at time zone ${timeZone}::text)::date = p.day then p.created_at
                                    else p.day::timestamp at time zone ${timeZone}::text end))) c
      where c.rank = c.top
      having count(*) > 0) best
    where ${which}),
  gone as (
    delete from purchase_traces t using purchases p
    where p.purchase_id = t.purchase_id and ${which}
      and not exists (select from wanted where wanted.purchase_id = t.purchase_id))
  insert into purchase_traces as t (purchase_id, corp_id, send_id, strength, staff_ids)
  select purchase_id, corp_id, send_id, strength, staff_ids from wanted
  -- always in the same order, so that two processes doing this at once cannot block each other
  order by purchase_id
  on conflict (purchase_id) do update
  set send_id = excluded.send_id, strength = excluded.strength, staff_ids = excluded.staff_ids
  where (t.send_id, t.strength, t.staff_ids) is distinct from (excluded.send_id, excluded.strength, excluded.staff_ids)`

export const createTracesRepository = (db: Db | Tx) => ({
  async traceCustomers(customerIds: readonly number[], timeZone: string): Promise<void> {
    await trace(sql`p.customer_id = any(${customerIds}::bigint[])`, timeZone).execute(db)
  },

  async tracePurchases(purchaseIds: readonly string[], timeZone: string): Promise<void> {
    await trace(sql`p.purchase_id = any(${purchaseIds}::uuid[])`, timeZone).execute(db)
  },

  /** The next `count` purchases of a corp from behind `after`, none older than `since`. @returns where it ends, undefined at the end */
  async findBatch(
    corpId: number,
    since: CivilDay,
    after: PurchasePlace | undefined,
    count: number,
  ): Promise<PurchasePlace | undefined> {
    const behind = after
      ? sql`(day, purchase_id) > (${after.day}::date, ${after.purchaseId}::uuid)`
      : sql`true`
    const found = await sql<PurchasePlace>`
      select day, purchase_id as "purchaseId" from (
        select day, purchase_id from purchases
        where corp_id = ${corpId} and day >= ${since}::date and ${behind}
        order by day, purchase_id limit ${count}) batch
      order by day desc, purchase_id desc limit 1`.execute(db)
    return found.rows[0]
  },

  async traceBatch(
    corpId: number,
    since: CivilDay,
    after: PurchasePlace | undefined,
    last: PurchasePlace,
    timeZone: string,
  ): Promise<void> {
    const from = after
      ? sql`(p.day, p.purchase_id) > (${after.day}::date, ${after.purchaseId}::uuid)`
      : sql`p.day >= ${since}::date`
    const to = sql`(p.day, p.purchase_id) <= (${last.day}::date, ${last.purchaseId}::uuid)`
    await trace(sql`p.corp_id = ${corpId} and ${from} and ${to}`, timeZone).execute(db)
  },

  async listCorps(): Promise<number[]> {
    const found = await sql<{ corp_id: number }>`select corp_id from corps order by corp_id`.execute(db)
    return found.rows.map(row => row.corp_id)
  },

  /** Notes whether the customer answered the message this purchase counts for. @returns false when it counts for none */
  async writeReply(
    actor: Actor,
    customerId: number,
    purchaseId: string,
    repliedAt: Date | null,
  ): Promise<boolean> {
    const written = await sql`
      update sends s set replied_at = ${repliedAt}
      from purchase_traces t
      join purchases p on p.purchase_id = t.purchase_id
      where t.purchase_id = ${purchaseId} and p.customer_id = ${customerId} and p.corp_id = ${actor.corpId}
        and s.send_id = t.send_id
      returning 1`.execute(db)
    return written.rows.length > 0
  },

  async getWindows(actor: Actor): Promise<TraceWindows> {
    const found = await sql<TraceWindows>`
      select custom_days as "customDays", other_days as "otherDays" from trace_windows
      where corp_id = ${actor.corpId}`.execute(db)
    return found.rows[0] ?? DEFAULT_WINDOWS
  },

  async writeWindows(actor: Actor, windows: TraceWindows): Promise<void> {
    await sql`
      insert into trace_windows (corp_id, custom_days, other_days)
      values (${actor.corpId}, ${windows.customDays}, ${windows.otherDays})
      on conflict (corp_id) do update set custom_days = excluded.custom_days, other_days = excluded.other_days`.execute(
      db,
    )
  },
})
