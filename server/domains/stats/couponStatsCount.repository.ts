import { sql } from 'kysely'
import type { CouponCounts } from '../../../shared/contract/couponResults.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import type { Db, Tx } from '../../db/db.ts'
import { COUPON_MONTHS_LOCK } from '../../db/locks.ts'
import { FEWEST_PERSONS } from '../../db/scriptStatsParts.ts'

/** What came in one month of a guide's coupons of one template, with one script or none. */
export interface MonthCell extends Omit<CouponCounts, 'paidFen' | 'discountFen'> {
  templateId: string
  staffId: number
  scriptId: string | null
  paidFen: string
  discountFen: string
  persons: (number | string)[]
}

/** A person of whom no customer is known is told from others by the link through which she claimed, as a number below zero. */
const person = sql`coalesce(c.customer_id, -('x' || left(encode(c.holder, 'hex'), 15))::bit(60)::bigint)`

/** Counts coupons ahead. Reading a month takes as long as what was written into the ledger in it. */
export const createCouponCountRepository = (db: Db | Tx) => ({
  /** What a month's reading may hold in memory, until the transaction ends. */
  async giveMemory(): Promise<void> {
    await sql`set local work_mem = '64MB'`.execute(db)
  },

  /** Until the transaction ends. */
  async lock(corpId: number): Promise<void> {
    await sql`select pg_advisory_xact_lock(${COUPON_MONTHS_LOCK}::int, ${corpId}::int)`.execute(db)
  },

  /**
   * What happened from one day to the next, that one not included. Of a link in a group a piece is issued to nobody before it is
   * claimed; what has surely not gone out, and uses that were taken back, are left out. Slow where many coupons move.
   */
  async readMonth(corpId: number, from: CivilDay, before: CivilDay, timeZone: string): Promise<MonthCell[]> {
    const found = await sql<MonthCell>`
      with bounds as materialized (
        select ${from}::timestamp at time zone ${timeZone}::text as first,
               ${before}::timestamp at time zone ${timeZone}::text as next),
      moved as materialized (
        select l.coupon_id,
               bool_or(l.to_state = 'issued' or (l.to_state = 'claimed' and l.from_state = 'reserved')) as is_issued,
               bool_or(l.to_state = 'claimed' and l.from_state in ('reserved', 'issued')) as is_claimed
        from coupon_ledger l
        where l.corp_id = ${corpId} and l.at >= (select first from bounds) and l.at < (select next from bounds)
          and l.to_state in ('issued', 'claimed', 'redeemed')
        group by l.coupon_id),
      came as materialized (
        select c.template_id, c.staff_id, coalesce(own.script_id, shared.script_id) as script_id, ${person} as person,
               case when c.share_id is null then m.is_issued else m.is_claimed end as is_issued, m.is_claimed,
               coalesce(c.state = 'redeemed' and c.redeemed_at >= (select first from bounds)
                        and c.redeemed_at < (select next from bounds), false) as is_redeemed,
               c.amount_fen - c.discount_fen as paid_fen, c.discount_fen
        from moved m
        join coupons c on c.coupon_id = m.coupon_id
        left join sends own on own.coupon_id = c.coupon_id
        left join sends shared on shared.share_id = c.share_id
        where c.state <> 'released')
      select template_id as "templateId", staff_id as "staffId", script_id as "scriptId",
             count(*) filter (where is_issued)::int as issued, count(*) filter (where is_claimed)::int as claimed,
             count(*) filter (where is_redeemed)::int as redeemed,
             coalesce(sum(paid_fen) filter (where is_redeemed), 0) as "paidFen",
             coalesce(sum(discount_fen) filter (where is_redeemed), 0) as "discountFen",
             (array_agg(distinct person order by person))[1:${sql.lit(FEWEST_PERSONS)}] as persons
      from came
      where is_issued or is_claimed or is_redeemed
      group by template_id, staff_id, script_id`.execute(db)
    return found.rows
  },

  /** Writes what differs, of the guides in one part of `parts`; `cells` are theirs. */
  async writeMonth(
    corpId: number,
    month: CivilDay,
    cells: readonly MonthCell[],
    { part, parts }: { part: number; parts: number },
  ): Promise<void> {
    await sql`
      with fresh as materialized (
        select * from jsonb_to_recordset(${JSON.stringify(cells)}::jsonb) as fresh (
          "templateId" uuid, "staffId" int, "scriptId" uuid, issued int, claimed int, redeemed int, "paidFen" bigint,
          "discountFen" bigint, persons bigint[])),
      gone as (
        delete from coupon_months m
        where m.corp_id = ${corpId} and m.month = ${month}::date and m.staff_id % ${parts}::int = ${part}::int
          and not exists (
            select from fresh f
            where f."templateId" = m.template_id and f."staffId" = m.staff_id
              and f."scriptId" is not distinct from m.script_id))
      insert into coupon_months as m (corp_id, month, template_id, staff_id, script_id, issued, claimed, redeemed, paid_fen,
                                      discount_fen, persons)
      select ${corpId}::int, ${month}::date, "templateId", "staffId", "scriptId", issued, claimed, redeemed, "paidFen",
             "discountFen", persons
      from fresh
      on conflict on constraint coupon_months__key do update
      set issued = excluded.issued, claimed = excluded.claimed, redeemed = excluded.redeemed, paid_fen = excluded.paid_fen,
          discount_fen = excluded.discount_fen, persons = excluded.persons
      where (m.issued, m.claimed, m.redeemed, m.paid_fen, m.discount_fen, m.persons) is distinct from
        (excluded.issued, excluded.claimed, excluded.redeemed, excluded.paid_fen, excluded.discount_fen, excluded.persons)`.execute(
      db,
    )
  },

  async noteCounted(corpId: number, at: Date): Promise<void> {
    await sql`
      insert into coupon_counts (corp_id, counted_at) values (${corpId}, ${at})
      on conflict (corp_id) do update set counted_at = greatest(coupon_counts.counted_at, excluded.counted_at)`.execute(
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
