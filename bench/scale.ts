import type pg from 'pg'
import type { CivilDay } from '../shared/rules/civilDay.ts'
import { dropIndexes } from './dropIndexes.ts'
import { fillDays } from './scaleDays.ts'
import { fillNames, fillPhones, guideSizes, NAMES, PHONES } from './scalePeople.ts'

/** Every tenth date stands on the first of January: what people enter who are asked for a birthday and have none. */
const NEW_YEAR_PERCENT = 10
const OVERDUE_DAYS = 7
/** A prime far above the number of guides: the customers of one guide lie all over the table, as those of a shop do. */
const SCATTER = 7_368_787
/** Every so manieth customer is followed by a second guide. */
const SECOND_FOLLOWER = 5
const TAGS = 300

export interface Scale {
  corpId: number
  customers: number
  today: CivilDay
  /** lines of timeline of each */
  touchesEach: number
  /** user ids of guides who are there already and get the median of customers, before guides of the bench do */
  known?: string[]
  /** how many guides get exactly the median */
  medians?: number
}

/**
 * Fills the corp set-wise with customers in the place of those it has: 1.2 followers each, guides of all sizes, eight tags, 1.5
 * dates (one in ten on 1 January, else seven of ten solar), their timeline, a mobile for every second. Next days and plans are those
 * of the product's own rules on `today`; the reminders of earlier days are there, two of five still open. Tables and constraints
 * are the product's own; indexes are built after the rows.
 */
export async function fillCorp(pool: pg.Pool, scale: Scale): Promise<void> {
  const { corpId, customers, today, touchesEach, known = [], medians = 0 } = scale
  const client = await pool.connect()
  const run = (text: string, values: unknown[] = []) => client.query(text, values)
  const at = new Date(`${today}T00:00:00+08:00`)
  const step = progress()
  try {
    await run(
      `set statement_timeout = 0; set maintenance_work_mem = '1GB'; set work_mem = '256MB'; set synchronous_commit = off;
       set session_replication_role = replica`,
    )
    // What is written to a table emptied in the same transaction needs no log (wal_level minimal).
    await run('begin')
    await run('truncate customers cascade')
    await run(`update reminder_plans set planned_version = version, ran_on = $2 where corp_id = $1`, [
      corpId,
      today,
    ])
    await fillDays(client, corpId, today)
    await fillNames(client)
    await fillPhones(client)
    await fillTags(client, corpId)
    await fillGuides(client, { corpId, customers, at, known, medians })
    const restore = await dropIndexes(client)
    step('guides')
    await run(
      `insert into customers (corp_id, external_user_id, name, salutation, tier, synced_at)
       select $1, 'wmBENCH' || lpad(nth.n::text, 25, '0'), names.name, names.salutation, case when nth.n % 4 = 0 then '金卡' end, $3
       from generate_series(0, $2::int - 1) nth (n)
       join bench_names names on names.n = ${placeOf('nth.n', NAMES)} order by nth.n`,
      [corpId, customers, at],
    )
    const { rows: ids } = await client.query<{ first: number }>(
      'select min(customer_id) as first from customers',
    )
    step('customers')
    await run(
      `insert into follows (corp_id, staff_id, customer_id, added_at, joined_at, add_way, tag_ids, search_key, sort_key,
                            phones_sealed, phone_tails, synced_at)
       select $1, guide.staff_id, c.customer_id, added, added, 1, tags.ids, names.search_key, names.sort_key,
              phones.sealed, case when phones.n is null then '{}' else array[phones.tail] end, $2
       from (select customer_id, customer_id - $3::bigint as n, name from customers where corp_id = $1) c
       cross join lateral (select $2::timestamptz - (10 + ${hashOf('c.n')} % 1000) * interval '1 day' as added) day
       cross join lateral (
         select ${placeOf('c.n', '$4::bigint')} as slot
         union all
         select $4::bigint + ${placeOf(`(c.n / ${SECOND_FOLLOWER})`, `(($4::bigint + ${SECOND_FOLLOWER - 1}) / ${SECOND_FOLLOWER})`)}
         where c.n % ${SECOND_FOLLOWER} = 0) place
       cross join lateral (
         select staff_id from bench_guides where first_slot <= place.slot order by first_slot desc limit 1) guide
       join bench_names names on names.n = ${placeOf('c.n', NAMES)}
       join bench_tags tags on tags.n = c.n % ${TAGS}
       left join bench_phones phones on c.n % 2 = 0 and phones.n = ${hashOf('c.n')} % ${PHONES}`,
      [corpId, at, ids[0]?.first, customers],
    )
    step('follows')
    await run(
      `insert into important_dates (date_id, corp_id, customer_id, kind, calendar, month, day, lead_days, next_on, remind_on,
                                    last_order_on, created_at)
       select gen_random_uuid(), c.corp_id, c.customer_id, case when n = 1 then 'birthday' else 'wedding' end, s.calendar,
              s.month, s.day, s.lead_days, s.next_on, s.remind_on, s.last_order_on, $2
       from customers c
       cross join generate_series(1, 2) n
       join bench_days s on s.slot = case
         when ${hashOf('c.customer_id * 4 + n')} % 100 < ${NEW_YEAR_PERCENT} then 0
         else 1 + ${hashOf('c.customer_id * 4 + n + 2')} % (select max(slot) from bench_days) end
       where c.corp_id = $1 and (n = 1 or c.customer_id % 2 = 0)`,
      [corpId, at],
    )
    step('dates')
    for (let nth = touchesEach; nth > 0; nth--) {
      // One line of everybody after the other: what is told of one person lies far apart, as it does after years.
      await run(
        `insert into touches (corp_id, customer_id, at, kind, actor, what)
         select corp_id, customer_id, $2::timestamptz - $3::int * interval '9 days', 'profileChanged', 'system', '称呼'
         from customers where corp_id = $1`,
        [corpId, at, nth],
      )
      step(`timeline ${touchesEach - nth + 1}/${touchesEach}`)
    }
    await restore()
    await run('commit')
    step('indexes')
    await run('analyze customers, follows, important_dates, staff')
    await fillReminders(client, { corpId, today, at })
    step('reminders')
    await run('vacuum (analyze) customers, follows, important_dates, reminders, touches, staff')
    await run('checkpoint')
    step('vacuum')
  } finally {
    client.release(true)
  }
}

const hashOf = (value: string) => `(hashint8extended(${value}, 7) & 1073741823)`
/** Somewhere below `count`, another place for each below it. */
const placeOf = (value: string, count: string | number) => `((${value}::bigint * ${SCATTER}) % ${count})`

function progress(): (what: string) => void {
  let last = performance.now()
  return what => {
    const now = performance.now()
    console.log(`  ${what} ${((now - last) / 1000).toFixed(1)} s`)
    last = now
  }
}

/** Eight for everybody: the corp's own, or numbers where it has none. */
async function fillTags(client: pg.PoolClient, corpId: number): Promise<void> {
  await client.query(
    `create table bench_tags as
     with own as (select array_agg(tag_id order by tag_id) as ids from tags where corp_id = ${corpId} and not is_deleted),
          all_tags as (
            select case when cardinality(ids) >= 8 then ids else array(select generate_series(1, ${TAGS})) end as ids from own)
     select n, array(select distinct ids[1 + (n * 7 + i * 37) % cardinality(ids)] from generate_series(1, 8) i) as ids
     from generate_series(0, ${TAGS - 1}) n, all_tags`,
  )
}

interface Guides extends Required<Pick<Scale, 'corpId' | 'customers' | 'known' | 'medians'>> {
  at: Date
}

/** Which of all relations are whose (`bench_guides`); no guide has some of the first and some of the second followers. */
async function fillGuides(client: pg.PoolClient, { corpId, customers, at, known, medians }: Guides) {
  const sizes = [...guideSizes(customers, medians), ...guideSizes(Math.ceil(customers / SECOND_FOLLOWER), 0)]
  await client.query(
    `insert into staff (corp_id, user_id, name, role, synced_at)
     select $1, 'bench' || n, '导购' || n, 'guide', $3 from generate_series(1, $2::int) n`,
    [corpId, sizes.length, at],
  )
  await client.query('create table bench_guides (first_slot bigint primary key, staff_id integer not null)')
  await client.query(
    `insert into bench_guides
     select sum(size) over (order by size.nth) - size, staff.staff_id
     from unnest($2::int[]) with ordinality as size (size, nth)
     join (
       select staff_id, row_number() over (order by user_id <> all($3::text[]), staff_id) as nth
       from staff where corp_id = $1 and (user_id like 'bench%' or user_id = any($3::text[]))) staff using (nth)`,
    [corpId, sizes, known],
  )
  await client.query('analyze bench_guides')
}

/** Of the dates that are near, and of those just past. */
async function fillReminders(
  client: pg.PoolClient,
  { corpId, today, at }: { corpId: number; today: CivilDay; at: Date },
): Promise<void> {
  for (const [dates, occurrence] of [
    ['d.remind_on <= $2::date', 'd.next_on'],
    [`d.next_on >= $2::date + ${365 - OVERDUE_DAYS - 1}`, 'd.next_on - 365'],
  ]) {
    await client.query(
      `insert into reminders (reminder_id, corp_id, customer_id, staff_id, date_id, kind, occurrence, due_on, state, acted_at,
                              created_at)
       select gen_random_uuid(), d.corp_id, d.customer_id, f.staff_id, d.date_id, 'date', ${occurrence},
              ${occurrence} - (d.next_on - d.remind_on),
              case when is_open then 'pending' else 'done' end, case when not is_open then $3::timestamptz end, $3
       from important_dates d
       join follows f on f.customer_id = d.customer_id and f.status = 'active'
       cross join lateral (select ${hashOf('d.customer_id')} % 5 < 2 as is_open) state
       where d.corp_id = $1 and ${dates}`,
      [corpId, today, at],
    )
  }
}
