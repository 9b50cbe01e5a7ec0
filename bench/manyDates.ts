import type pg from 'pg'
import { addDays, type CivilDay } from '../shared/rules/civilDay.ts'
import { planLead, type Closure, type LeadRule } from '../shared/rules/leadPlan.ts'
import { nextOccurrence } from '../shared/rules/nextOccurrence.ts'
import type { YearlyDate } from '../shared/rules/yearlyDate.ts'

const CUSTOMERS_PER_GUIDE = 450
/** Every tenth date stands on the first of January: what people enter who are asked for a birthday and have none. */
const NEW_YEAR_PERCENT = 10
const OVERDUE_DAYS = 7

/**
 * Fills the corp with `customers`, each followed by one guide and every fifth by two, with 1.5 dates: one on 1 January, else
 * seven of ten solar. Next days and plans are those of the product's own rules on `today`, and the reminders of earlier days are
 * there, two of five still open.
 */
export async function fillWithDates(
  pool: pg.Pool,
  { corpId, customers, today }: { corpId: number; customers: number; today: CivilDay },
): Promise<void> {
  const client = await pool.connect()
  const run = (text: string, values: unknown[] = []) => client.query(text, values)
  const at = new Date(`${today}T00:00:00+08:00`)
  try {
    await run(
      `set statement_timeout = 0; set maintenance_work_mem = '1GB'; set work_mem = '256MB';
       set session_replication_role = replica`,
    )
    // What is written to a table emptied in the same transaction needs no log (wal_level minimal).
    await run('begin')
    await run('truncate customers cascade')
    await run(`update reminder_plans set planned_version = version, ran_on = $2 where corp_id = $1`, [
      corpId,
      today,
    ])
    await run(
      `insert into staff (corp_id, user_id, name, role, synced_at)
       select $1, 'bench' || n, '导购' || n, 'guide', $3 from generate_series(1, $2::int) n`,
      [corpId, Math.max(2, Math.ceil(customers / CUSTOMERS_PER_GUIDE)), at],
    )
    await fillDays(client, corpId, today)
    await run(
      `create table bench_tags as
       select n, array(select 1 + ((n * 7 + i * 37) % 300) from generate_series(1, 8) i) as ids from generate_series(0, 299) n`,
    )
    const restore = await dropIndexes(client)
    await run(
      `insert into customers (corp_id, external_user_id, name, salutation, tier, synced_at)
       select $1, 'wmBENCH' || lpad(n::text, 20, '0'), '客户' || n, '客户' || n || '姐', '金卡', $3 from generate_series(1, $2::int) n`,
      [corpId, customers, at],
    )
    const { rows: guides } = await client.query<{ first: number; count: number }>(
      'select min(staff_id) as first, count(*)::int as count from staff where corp_id = $1',
      [corpId],
    )
    const { first = 0, count = 1 } = guides[0] ?? {}
    await run(
      `insert into follows (corp_id, staff_id, customer_id, added_at, add_way, tag_ids, search_key, sort_key, synced_at)
       select c.corp_id, $3::int + (${hashOf('c.customer_id + nth')} % $4::int)::int, c.customer_id,
              $2::timestamptz - (10 + ${hashOf('c.customer_id')} % 1000) * interval '1 day', 1,
              tags.ids, c.name, c.name, $2
       from customers c
       cross join generate_series(0, 1) nth
       join bench_tags tags on tags.n = c.customer_id % 300
       where c.corp_id = $1 and (nth = 0 or c.customer_id % 5 = 0)
         and (nth = 0 or ${hashOf('c.customer_id + 1')} % $4::int <> ${hashOf('c.customer_id')} % $4::int)`,
      [corpId, at, first, count],
    )
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
    await restore()
    await run('commit')
    await run('analyze customers, follows, important_dates, staff')
    for (const [dates, occurrence] of [
      ['d.remind_on <= $2::date', 'd.next_on'],
      [`d.next_on >= $2::date + ${365 - OVERDUE_DAYS - 1}`, 'd.next_on - 365'],
    ]) {
      await run(
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
    await run('vacuum (analyze) customers, follows, important_dates, reminders, staff')
    await run('checkpoint')
  } finally {
    client.release(true)
  }
}

const hashOf = (value: string) => `(hashint8extended(${value}, 7) & 1073741823)`

/** The days dates fall on, by slot; 0 is New Year's Day. */
async function fillDays(client: pg.PoolClient, corpId: number, today: CivilDay): Promise<void> {
  const { rows: leads } = await client.query<LeadRule>(
    `select date_kind as "dateKind", product_line as "productLine", production_days as "productionDays",
            buffer_days as "bufferDays" from lead_rules where corp_id = $1`,
    [corpId],
  )
  const { rows: closures } = await client.query<Closure>(
    `select first_day::text as "firstDay", last_day::text as "lastDay" from workshop_closures where corp_id = $1`,
    [corpId],
  )
  const solar = daysOfYear().map((date): YearlyDate => ({ ...date, calendar: 'solar', isLeapMonth: false }))
  const lunar = Array.from({ length: 156 }, (_, index): YearlyDate => ({
    calendar: 'lunar',
    month: 1 + (index % 12),
    day: 1 + ((index * 5) % 29),
    isLeapMonth: false,
  }))
  const days = [...solar, ...lunar].map(date => {
    // The day before is done with: its reminders are history.
    const occurrence = nextOccurrence(date, today)
    return {
      ...date,
      occurrence,
      ...planLead({ occurrence, dateKind: 'birthday', ownLeadDays: null }, leads, closures),
    }
  })
  await client.query(`
    create unlogged table bench_days (slot integer primary key, calendar text, month smallint, day smallint,
      lead_days smallint, next_on date, remind_on date, last_order_on date)`)
  await client.query(
    `insert into bench_days select * from unnest($1::int[], $2::text[], $3::int[], $4::int[], $5::int[], $6::date[], $7::date[], $8::date[])`,
    [
      days.map((_, index) => index),
      days.map(day => day.calendar),
      days.map(day => day.month),
      days.map(day => day.day),
      days.map(day => day.leadDays),
      days.map(day => day.occurrence),
      days.map(day => day.remindOn),
      days.map(day => day.lastOrderOn),
    ],
  )
}

function daysOfYear(): { month: number; day: number }[] {
  const days: { month: number; day: number }[] = []
  for (let day: CivilDay = '2026-01-01'; day < '2027-01-01'; day = addDays(day, 1)) {
    days.push({ month: Number(day.slice(5, 7)), day: Number(day.slice(8)) })
  }
  return days
}

/** Twelve million rows into eight indexes one by one take an hour; built afterwards, minutes. Answers how to put them back. */
async function dropIndexes(client: pg.PoolClient): Promise<() => Promise<void>> {
  const constraints = ['follows__staff_customer_key', 'important_dates_pkey', 'customers__external_key']
  const { rows: held } = await client.query<{ table: string; name: string; definition: string }>(
    `select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
     where conname = any($1) or (contype = 'f' and confrelid = 'important_dates'::regclass)
     order by contype = 'f'`,
    [constraints],
  )
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `select c.relname as name, pg_get_indexdef(i.indexrelid) as definition
     from pg_index i join pg_class c on c.oid = i.indexrelid
     where i.indrelid in ('follows'::regclass, 'important_dates'::regclass)
       and not exists (select from pg_constraint where conindid = i.indexrelid)`,
  )
  for (const { table, name } of held.toReversed())
    await client.query(`alter table ${table} drop constraint ${name}`)
  for (const { name } of indexes) await client.query(`drop index ${name}`)
  return async () => {
    for (const { definition } of indexes) await client.query(definition)
    for (const { table, name, definition } of held) {
      await client.query(`alter table ${table} add constraint ${name} ${definition}`)
    }
  }
}
