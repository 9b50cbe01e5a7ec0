import type pg from 'pg'

/**
 * Fills the database set-wise with `count` more customers of the corp: 40 guides, 8 tags each, 1.5 dates, five lines of
 * timeline, 1.2 followers. Returns the ids of 2,000 customers followed by the guide who is signed in.
 */
export async function fillWithCustomers(pool: pg.Pool, count: number): Promise<string[]> {
  const run = (text: string, values: unknown[] = []) => pool.query(text, values)
  await run('set statement_timeout = 0')
  const now = new Date()
  await run(
    `insert into staff (corp_id, user_id, name, role, synced_at)
     select (select min(corp_id) from corps), 'bench' || n, '导购' || n, 'guide', $1 from generate_series(1, 40) n
     on conflict do nothing`,
    [now],
  )
  await run(
    `insert into customers (corp_id, external_user_id, name, salutation, tier, synced_at)
     select (select min(corp_id) from corps), 'wmBENCH' || lpad(n::text, 20, '0'), '客户' || n, '客户' || n || '姐', '金卡', $2
     from generate_series(1, $1::int) n`,
    [count, now],
  )
  await run(
    `with mine as (select staff_id from staff where user_id = 'chenlu'),
          guides as (select array_agg(staff_id order by staff_id) as ids from staff where user_id like 'bench%'),
          tagset as (select array_agg(tag_id order by tag_id) as ids from tags)
     insert into follows (corp_id, staff_id, customer_id, added_at, add_way, tag_ids, search_key, sort_key, synced_at)
     select c.corp_id,
            case when c.customer_id % 500 = 0 then (select staff_id from mine)
                 else guides.ids[1 + (c.customer_id % 40)::int] end,
            c.customer_id, $1, 1,
            (select array_agg(tagset.ids[1 + ((c.customer_id + i * 7) % cardinality(tagset.ids))::int]) from generate_series(1, 8) i),
            c.name, c.name, $1
     from customers c, guides, tagset where c.external_user_id like 'wmBENCH%'`,
    [now],
  )
  await run(
    `with guides as (select array_agg(staff_id order by staff_id) as ids from staff where user_id like 'bench%')
     insert into follows (corp_id, staff_id, customer_id, added_at, add_way, search_key, sort_key, synced_at)
     select c.corp_id, guides.ids[1 + ((c.customer_id + 11) % 40)::int], c.customer_id, $1, 1, c.name, c.name, $1
     from customers c, guides where c.external_user_id like 'wmBENCH%' and c.customer_id % 5 = 1
     on conflict do nothing`,
    [now],
  )
  await run(
    `insert into important_dates (date_id, corp_id, customer_id, kind, calendar, month, day, lead_days, next_on, remind_on, created_at)
     select gen_random_uuid(), c.corp_id, c.customer_id, 'birthday', 'solar', 1 + (c.customer_id % 12)::int,
            1 + (c.customer_id % 28)::int, 14, day, day - 14, $1
     from customers c cross join lateral (select (date '2027-01-01' + (c.customer_id % 365)::int) as day) d, generate_series(1, 2) n
     where c.external_user_id like 'wmBENCH%' and (n = 1 or c.customer_id % 2 = 0)`,
    [now],
  )
  await run(
    `insert into touches (corp_id, customer_id, at, kind, actor, what)
     select c.corp_id, c.customer_id, $1::timestamptz - n * interval '9 days', 'profileChanged', 'system', '称呼'
     from customers c, generate_series(1, 5) n where c.external_user_id like 'wmBENCH%'`,
    [now],
  )
  await run('analyze')
  const { rows } = await pool.query<{ external_user_id: string }>(
    `select c.external_user_id from follows f join customers c using (customer_id) join staff s using (staff_id)
     where s.user_id = 'chenlu' and c.external_user_id like 'wmBENCH%' order by c.customer_id limit 2000`,
  )
  return rows.map(row => row.external_user_id)
}
