import { sql, type RawBuilder } from 'kysely'
import type { MonthResult, Results, TeamResults } from '../../../shared/contract/stats.ts'
import { addDays, civilDay, civilDayParts, type CivilDay } from '../../../shared/rules/civilDay.ts'
import type { JobActor, StaffActor } from '../../actor.ts'
import type { Db } from '../../db/db.ts'
import { staffInScope } from '../../db/scope.ts'

/** Months the charts show, the present one included. */
export const SHOWN_MONTHS = 6
/** Below so many customers nothing is split. */
const FEWEST_CUSTOMERS = 5
/** Days before and after the first message whose purchases are compared. */
const COMPARED_DAYS = 365
/** No message is older than this before the day its reminder is due: no lead is longer. */
const MAX_AHEAD_DAYS = 400

/** Months of one group: everybody (`all`), one guide or store (its id), or those too small to stand alone (`rest`). */
export interface GroupResults {
  key: string
  name: string | null
  store: string | null
  months: MonthResult[]
}

export interface StatsRead {
  groups: GroupResults[]
  custom: Results['custom']
}

interface StatsRow {
  key: string
  name: string | null
  store: string | null
  months: MonthResult[]
  custom: Results['custom']
}

/** `2026-06` … `2026-11` for a day in November. */
export function monthsUntil(today: CivilDay): string[] {
  const { year, month } = civilDayParts(today)
  return Array.from({ length: SHOWN_MONTHS }, (_, index) => {
    const place = year * 12 + month - SHOWN_MONTHS + index
    return civilDay(Math.floor(place / 12), (place % 12) + 1, 1).slice(0, 7)
  })
}

/** How a team's numbers are split; `null` leaves them together. */
const keys = {
  guide: { key: sql`s.staff_id::text`, name: sql`s.name`, store: sql`coalesce(st.own_name, st.name)` },
  store: {
    key: sql`coalesce(s.store_id::text, 'none')`,
    name: sql`coalesce(st.own_name, st.name, '不属于门店')`,
    store: sql`null::text`,
  },
} satisfies Record<string, Record<string, RawBuilder<unknown>>>
export type Split = keyof typeof keys

export const createStatsRepository = (db: Db) => ({
  async listCorps(): Promise<number[]> {
    const found = await sql<{ corp_id: number }>`select corp_id from corps order by corp_id`.execute(db)
    return found.rows.map(row => row.corp_id)
  },

  /** Whether the corp's members have more customers than can be counted while somebody waits. */
  async isBig(corpId: number, liveFollows: number): Promise<boolean> {
    const found = await sql<{ isBig: boolean }>`
      select count(*) > ${liveFollows} as "isBig"
      from (
        select from follows
        where corp_id = ${corpId} and status in ('active', 'transferring')
        limit ${liveFollows + 1}) live`.execute(db)
    return found.rows[0]?.isBig ?? false
  },

  /** What was counted of the whole corp last, if it is counted ahead. */
  async findCounted(corpId: number, split: Split): Promise<TeamResults | undefined> {
    const found = await sql<{ results: TeamResults }>`
      select results from counted_results where corp_id = ${corpId} and split = ${split}`.execute(db)
    return found.rows[0]?.results
  },

  async writeCounted(corpId: number, split: Split, results: TeamResults, now: Date): Promise<void> {
    await sql`
      insert into counted_results (corp_id, split, counted_at, results)
      values (${corpId}, ${split}, ${now}, ${JSON.stringify(results)}::jsonb)
      on conflict (corp_id, split) do update set counted_at = excluded.counted_at, results = excluded.results`.execute(
      db,
    )
  },

  async forgetCounted(corpId: number): Promise<void> {
    await sql`delete from counted_results where corp_id = ${corpId}`.execute(db)
  },

  /** What came of the reminders of these members, and what their customers bought, in one statement. */
  async read(
    actor: StaffActor | JobActor,
    split: Split | 'mine',
    today: CivilDay,
    timeZone: string,
  ): Promise<StatsRead> {
    const months = monthsUntil(today)
    const first = `${months[0]}-01`
    const shown = `${months.at(-2)}-01`
    const starts = months.map(month => `${month}-01`)
    const { key, name, store } =
      split === 'mine' ? { key: sql`'all'`, name: sql`null`, store: sql`null` } : keys[split]
    const who =
      actor.kind === 'job'
        ? sql`s.corp_id = ${actor.corpId}`
        : split === 'mine'
          ? sql`s.staff_id = ${actor.staffId} and s.corp_id = ${actor.corpId}`
          : staffInScope(actor)
    // Of a few people's customers what they bought is looked up one by one. By its days it would be all that was sold in the corp: the
    // sum keeps the planner, which does not know how many days are meant when it plans ahead, from that index.
    const day = actor.kind === 'job' || actor.role === 'admin' ? sql`pu.day` : sql`(pu.day + 0)`
    const found = await sql<StatsRow>`
      with people as materialized (
        select s.staff_id, ${key} as key, ${name}::text as name, ${store}::text as store
        from staff s
        left join stores st on st.store_id = s.store_id
        where ${who}),
      messages as materialized (
        select sent.reminder_id, bool_or(t.purchase_id is not null) as is_bought
        from people p
        join sends sent on sent.staff_id = p.staff_id and sent.outcome in ('ok', 'partial')
         and sent.started_at >= ${addDays(first, -MAX_AHEAD_DAYS)}::timestamp at time zone ${timeZone}::text
        left join purchase_traces t on t.send_id = sent.send_id
        where sent.reminder_id is not null
        group by sent.reminder_id),
      reminded as materialized (
        select p.key, width_bucket(r.due_on, ${starts}::date[]) as month, r.due_on >= ${shown}::date as is_shown,
               r.customer_id, r.state in ('sent', 'done', 'skipped') as is_closed, m.reminder_id is not null as is_sent,
               coalesce(m.is_bought, false) as is_bought
        from people p
        join reminders r on r.staff_id = p.staff_id and r.due_on between ${first}::date and ${today}::date
        left join messages m on m.reminder_id = r.reminder_id),
      bought as materialized (
        select p.key, pu.purchase_id, pu.customer_id, width_bucket(pu.day, ${starts}::date[]) as month,
               pu.day >= ${shown}::date as is_shown, pu.amount_fen
        from people p
        join follows f on f.staff_id = p.staff_id and f.status in ('active', 'transferring')
        join purchases pu on pu.customer_id = f.customer_id and ${day} between ${first}::date and ${today}::date
        group by p.key, pu.purchase_id),
      -- Whose messages counted, by group: a share for each guide.
      traced as (
        select t.purchase_id, b.key, count(*) as own
        from bought b
        join purchase_traces t on t.purchase_id = b.purchase_id
        cross join lateral unnest(t.staff_ids) as wrote (staff_id)
        join people p on p.staff_id = wrote.staff_id and p.key = b.key
        group by t.purchase_id, b.key),
      -- Whom the shown rows are about: small groups go together, with one more when together they are still too small.
      concerned as materialized (
        select key, customer_id from reminded where is_shown
        union
        select key, customer_id from bought where is_shown),
      sized as (select key, count(*) as customers from concerned group by key),
      small as (select key from sized where customers < ${FEWEST_CUSTOMERS}),
      beside as (
        select key from sized
        where customers >= ${FEWEST_CUSTOMERS} and exists (select from small)
          and (select count(distinct c.customer_id) from concerned c join small using (key)) < ${FEWEST_CUSTOMERS}
        order by customers, key limit 1),
      places as (
        select key, case when key in (select key from small union all select key from beside) then 'rest' else key end as place
        from sized
        where ${split !== 'mine'}::boolean
        union all
        select distinct key, 'all' from people),
      funnel_of_key as (
        select key, month, count(*) as due, count(*) filter (where is_closed or is_sent) as acted,
               count(*) filter (where is_sent) as sent, count(*) filter (where is_bought) as bought
        from reminded group by key, month),
      funnel as materialized (
        select pl.place, f.month, sum(f.due)::int as due, sum(f.acted)::int as acted, sum(f.sent)::int as sent,
               sum(f.bought)::int as bought
        from funnel_of_key f join places pl on pl.key = f.key
        group by pl.place, f.month),
      -- A purchase counts once in each place, whoever of its people follows the customer.
      each_bought as (
        select pl.place, b.purchase_id, b.month, b.amount_fen, sum(own.own)::bigint as own
        from bought b
        join places pl on pl.key = b.key
        left join traced own on own.purchase_id = b.purchase_id and own.key = b.key
        group by pl.place, b.purchase_id, b.month, b.amount_fen),
      sold as materialized (
        select e.place, e.month, count(*) as purchases, count(e.own) as proven,
               count(e.own) filter (where t.strength = 'replied') as replied,
               count(e.own) filter (where t.strength = 'couponUsed') as coupon_used,
               count(e.own) filter (where cardinality(t.staff_ids) > e.own) as shared,
               coalesce(sum(e.amount_fen::bigint * e.own / cardinality(t.staff_ids)), 0)::bigint as proven_fen
        from each_bought e
        left join purchase_traces t on t.purchase_id = e.purchase_id and e.own is not null
        group by e.place, e.month),
      begun as materialized (
        select min((s.started_at at time zone ${timeZone}::text)::date) as day
        from people p
        cross join lateral (
          select started_at from sends
          where sends.staff_id = p.staff_id and sends.outcome in ('ok', 'partial')
          order by started_at limit 1) s),
      theirs as materialized (
        select distinct f.customer_id
        from people p
        join follows f on f.staff_id = p.staff_id and f.status in ('active', 'transferring')),
      custom as (
        select json_build_object(
          'since', (select day::text from begun),
          'before', json_build_object('custom', count(*) filter (where pu.day < begun.day and pu.is_custom),
                                      'total', count(*) filter (where pu.day < begun.day)),
          'after', json_build_object('custom', count(*) filter (where pu.day >= begun.day and pu.is_custom),
                                     'total', count(*) filter (where pu.day >= begun.day))) as custom
        from begun
        cross join theirs
        join purchases pu on pu.customer_id = theirs.customer_id and ${day} between begun.day - ${COMPARED_DAYS}::integer
             and least(${today}::date, begun.day + ${COMPARED_DAYS - 1}::integer))
      select shown.place as key,
             (select min(p.name) from people p where p.key = shown.place) as name,
             (select min(p.store) from people p where p.key = shown.place) as store,
             (select json_agg(json_build_object(
                'month', m.month, 'due', coalesce(f.due, 0), 'acted', coalesce(f.acted, 0), 'sent', coalesce(f.sent, 0),
                'bought', coalesce(f.bought, 0), 'purchases', coalesce(so.purchases, 0), 'proven', coalesce(so.proven, 0),
                'replied', coalesce(so.replied, 0), 'couponUsed', coalesce(so.coupon_used, 0),
                'shared', coalesce(so.shared, 0), 'provenFen', coalesce(so.proven_fen, 0)) order by m.month)
              from unnest(${months}::text[]) with ordinality as m (month, number)
              left join funnel f on f.place = shown.place and f.month = m.number
              left join sold so on so.place = shown.place and so.month = m.number) as months,
             custom.custom
      from (select distinct place from places) shown, custom
      order by shown.place = 'all' desc, shown.place = 'rest', name, key`.execute(db)
    const [all] = found.rows
    return {
      groups: found.rows.map(({ custom: _, ...group }) => group),
      custom: all?.custom ?? {
        since: null,
        before: { custom: 0, total: 0 },
        after: { custom: 0, total: 0 },
      },
    }
  },
})
