import { sql, type RawBuilder } from 'kysely'
import type {
  CouponCounts,
  CouponResultRow,
  CouponSplit,
  MonthOfCoupons,
} from '../../../shared/contract/couponResults.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db } from '../../db/db.ts'
import { couponTemplateInScope, staffInScope, storeInScope } from '../../db/scope.ts'
import { FEWEST_PERSONS } from '../../db/scriptStatsParts.ts'

/** Rows of a page; how many more there are is told. */
const MAX_ROWS = 200

/** Which coupons: her own or those of all whom she may look at, of one template, of one store. */
export interface Which {
  whose: 'mine' | 'team'
  templateId: string | undefined
  departmentId: number | undefined
}

const fewest = sql.lit(FEWEST_PERSONS)

/** Sums come as text: they may be more than a 32-bit number. */
type Sums = Omit<CouponCounts, 'paidFen' | 'discountFen'> & { paidFen: string; discountFen: string }
const sums = sql`
  coalesce(sum(m.issued), 0)::int as issued, coalesce(sum(m.claimed), 0)::int as claimed,
  coalesce(sum(m.redeemed), 0)::int as redeemed, coalesce(sum(m.paid_fen), 0)::bigint as "paidFen",
  coalesce(sum(m.discount_fen), 0)::bigint as "discountFen"`
const toCounts = (row: Sums): CouponCounts => ({
  issued: row.issued,
  claimed: row.claimed,
  redeemed: row.redeemed,
  paidFen: Number(row.paidFen),
  discountFen: Number(row.discountFen),
})

/** Rows of `coupon_months m` with their giver `s`, her store `st` and the script `sc`; months by their first days, both included. */
const monthsOf = (actor: StaffActor, which: Which, from: CivilDay, until: CivilDay) => sql`
  coupon_months m
  join staff s on s.staff_id = m.staff_id
  left join stores st on st.store_id = s.store_id
  left join scripts sc on sc.script_id = m.script_id
  where m.corp_id = ${actor.corpId} and m.month between ${from}::date and ${until}::date
    and ${
      which.whose === 'mine'
        ? sql`s.staff_id = ${actor.staffId} and s.corp_id = ${actor.corpId}`
        : staffInScope(actor)
    }
    ${which.templateId === undefined ? sql`` : sql`and m.template_id = ${which.templateId}`}
    ${which.departmentId === undefined ? sql`` : sql`and st.department_id = ${which.departmentId}`}`

/** How the numbers are split: the key of a row of `monthsOf`, and how a key is named. */
const splits = (
  actor: StaffActor,
): Record<
  CouponSplit,
  { key: RawBuilder<unknown>; name: RawBuilder<unknown>; names: RawBuilder<unknown> }
> => ({
  template: {
    key: sql`m.template_id::text`,
    name: sql`t.name, null::text as store, t.template_id as "templateId", null::int as "departmentId"`,
    names: sql`coupon_templates t on t.template_id::text = a.place and t.corp_id = ${actor.corpId}`,
  },
  store: {
    key: sql`coalesce(s.store_id::text, 'none')`,
    name: sql`
      coalesce(t.own_name, t.name) as name, null::text as store, null::uuid as "templateId",
      t.department_id as "departmentId"`,
    names: sql`stores t on t.store_id::text = a.place and t.corp_id = ${actor.corpId}`,
  },
  guide: {
    key: sql`s.staff_id::text`,
    name: sql`
      t.name, (select coalesce(st.own_name, st.name) from stores st where st.store_id = t.store_id) as store,
      null::uuid as "templateId", null::int as "departmentId"`,
    names: sql`staff t on t.staff_id::text = a.place and t.corp_id = ${actor.corpId}`,
  },
  script: {
    // what a colleague has written for herself alone is not named to others
    key: sql`case when sc.script_id is null then 'none'
      when sc.scope = 'personal' and sc.staff_id <> ${actor.staffId} then 'personal' else sc.script_id::text end`,
    name: sql`t.title as name, null::text as store, null::uuid as "templateId", null::int as "departmentId"`,
    names: sql`scripts t on t.script_id::text = a.place and t.corp_id = ${actor.corpId}`,
  },
})

export const createCouponStatsRepository = (db: Db) => ({
  /** The months from one to another, those without anything too. */
  async readMonths(
    actor: StaffActor,
    which: Which,
    from: CivilDay,
    until: CivilDay,
  ): Promise<MonthOfCoupons[]> {
    const found = await sql<Sums & { month: string }>`
      with counted as materialized (
        select m.month, ${sums} from ${monthsOf(actor, which, from, until)} group by m.month)
      select to_char(shown.month, 'YYYY-MM') as month, coalesce(issued, 0) as issued, coalesce(claimed, 0) as claimed,
             coalesce(redeemed, 0) as redeemed, coalesce("paidFen", 0) as "paidFen", coalesce("discountFen", 0) as "discountFen"
      from generate_series(${from}::date::timestamp, ${until}::date::timestamp, interval '1 month') as shown (month)
      left join counted on counted.month = shown.month::date
      order by shown.month`.execute(db)
    return found.rows.map(row => ({ month: row.month, ...toCounts(row) }))
  },

  /**
   * The same months together, split, the most given first. Of a team what concerns fewer than five persons stands together, with
   * one more where these together are still fewer: the one with the fewest persons.
   */
  async readRows(
    actor: StaffActor,
    which: Which,
    by: CouponSplit,
    { from, until }: { from: CivilDay; until: CivilDay },
  ): Promise<{ rows: CouponResultRow[]; unlisted: number }> {
    const { key, name, names } = splits(actor)[by]
    const found = await sql<Sums & Omit<CouponResultRow, keyof CouponCounts> & { all: number }>`
      with cells as materialized (
        select ${key} as key, m.issued, m.claimed, m.redeemed, m.paid_fen, m.discount_fen, m.persons
        from ${monthsOf(actor, which, from, until)}),
      summed as materialized (
        select key, sum(issued) as issued, max(cardinality(persons)) as most from cells group by key),
      -- one row with five persons is enough to know; only the others are told apart person by person
      sized as materialized (
        select key, issued, most as persons from summed where most >= ${fewest}
        union all
        select s.key, s.issued, p.persons
        from summed s
        join (
          select c.key, count(distinct person)::int as persons
          from summed few join cells c on c.key = few.key, unnest(c.persons) as person
          where few.most < ${fewest} group by c.key) p on p.key = s.key),
      small as materialized (select key from sized where persons < ${fewest} and ${which.whose === 'team'}::boolean),
      beside as (
        select key from sized
        where persons >= ${fewest} and exists (select from small)
          and (select count(distinct person) from cells c join small on small.key = c.key, unnest(c.persons) as person) < ${fewest}
        order by persons, issued, key limit 1),
      together as (select key from small union all select key from beside),
      a as materialized (
        select case when together.key is null then m.key else 'rest' end as place, ${sums}
        from cells m left join together on together.key = m.key
        group by 1)
      select case when a.place in ('rest', 'none', 'personal') then a.place else 'one' end as kind, ${name},
             a.issued, a.claimed, a.redeemed, a."paidFen", a."discountFen", count(*) over ()::int as all
      from a
      left join ${names}
      order by a.place = 'rest', a.place in ('none', 'personal'), a.issued desc, a."paidFen" desc, name, a.place
      limit ${MAX_ROWS}`.execute(db)
    return {
      rows: found.rows.map(({ all: _, kind, name, store, templateId, departmentId, ...row }) => ({
        kind,
        name,
        store,
        templateId,
        departmentId,
        ...toCounts(row),
      })),
      unlisted: Math.max(0, (found.rows[0]?.all ?? 0) - found.rows.length),
    }
  },

  /** Whether it is one she may see, or one that somebody in her scope has given. */
  async hasTemplate(actor: StaffActor, templateId: string): Promise<boolean> {
    const found = await sql<{ has: boolean }>`
      select exists (
        select from coupon_templates t
        where t.template_id = ${templateId} and (${couponTemplateInScope(actor)} or exists (
          select from staff s join coupon_months m on m.staff_id = s.staff_id
          where m.template_id = t.template_id and ${staffInScope(actor)}))) as has`.execute(db)
    return found.rows[0]?.has ?? false
  },

  async hasStore(actor: StaffActor, departmentId: number): Promise<boolean> {
    const found = await sql<{ has: boolean }>`
      select exists (
        select from stores store where store.department_id = ${departmentId} and ${storeInScope(actor)}) as has`.execute(
      db,
    )
    return found.rows[0]?.has ?? false
  },

  async findCountedAt(actor: StaffActor): Promise<Date | undefined> {
    const found = await sql<{ countedAt: Date }>`
      select counted_at as "countedAt" from coupon_counts where corp_id = ${actor.corpId}`.execute(db)
    return found.rows[0]?.countedAt
  },
})
