import pg from 'pg'
import type { StaffActor } from '../../../server/actor.ts'
import { couponCode } from '../../../shared/rules/couponCode.ts'
import { TEST_NOW, TEST_TODAY } from '../../support/make.ts'

export const CUSTOMERS = 20_000
/** So that everybody has about as many customers as the median guide of the design point. */
const GUIDES = 46
export const STORES = 23
const SCRIPTS = 300
const TAGS = 300

export interface FilledCorp {
  /** of whom every list has something to show */
  externalUserId: string
  customerId: number
  /** a customer with a claimed coupon, by what the till types in */
  code: string
  token: string
  templateId: string
  chatId: string
  channelCodeId: string
  tagId: string
  scriptId: string
  sendId: string
}

/** Any number below 2^30 that hangs on `value` only, as evenly spread as chance. */
const spread = (value: string) => `(hashint8extended(${value}, 7) & 1073741823)`

/**
 * A corp as it stands on an ordinary morning, set by set: customers with 1.2 followers, 1.5 dates, history of two years, what is
 * open now, what ran out. `guide` is one of its guides. Statistics are gathered, so that the planner sees its size.
 */
export async function fillCorp(
  url: string,
  { guide, manager, stores }: { guide: StaffActor; manager: StaffActor; stores: number[] },
): Promise<FilledCorp> {
  const client = new pg.Client({ connectionString: url, options: '-c TimeZone=UTC' })
  await client.connect()
  try {
    // Keys that point elsewhere are right by construction.
    await client.query(
      `set session_replication_role = replica; set client_min_messages = warning;
       set auto_explain.log_min_duration = -1; set work_mem = '64MB'`,
    )
    for (const [text, values] of statements(guide, manager, stores)) await client.query(text, values)
    await client.query('vacuum (analyze)')
    const { rows } = await client.query<FilledCorp>(
      `select c.external_user_id as "externalUserId", c.customer_id as "customerId", k.code, k.token,
              k.template_id as "templateId", 'wrPLAN1' as "chatId",
              (select channel_code_id from channel_codes order by channel_code_id limit 1) as "channelCodeId",
              (select wecom_id from tags order by tag_id limit 1) as "tagId",
              (select script_id from scripts order by script_id limit 1) as "scriptId",
              (select send_id from sends where sends.customer_id = c.customer_id limit 1) as "sendId"
       from customers c
       join follows f on f.customer_id = c.customer_id and f.staff_id = $1 and f.status = 'active'
       join coupons k on k.customer_id = c.customer_id and k.state = 'claimed'
       order by c.customer_id limit 1`,
      [guide.staffId],
    )
    const [found] = rows
    if (!found) throw new Error('the filled corp has nobody to look at')
    const code = couponCode(new Uint8Array(16))
    await client.query('update coupons set code = $2 where code = $1', [found.code, code])
    return { ...found, code }
  } finally {
    await client.end()
  }
}

function statements(guide: StaffActor, manager: StaffActor, stores: number[]): [string, unknown[]][] {
  const corp = guide.corpId
  const mine = `(select min(staff_id) from plan_guides)`
  const guideOf = (value: string) => `(${mine} + ${spread(value)} % ${GUIDES})::int`
  const daysAgo = (value: string, days: number) =>
    `($1::timestamptz - (1 + ${spread(value)} % ${days}) * interval '1 day' - ${spread(`${value} + 5`)} % 80000 * interval '1 second')`
  return [
    [
      `insert into staff (corp_id, user_id, name, store_id, role, synced_at, confirmed_at)
       select $2, 'plan' || n, '导购' || n, ($3::int[])[1 + n % ${STORES}], 'guide', $1, $1 from generate_series(2, ${GUIDES}) n`,
      [TEST_NOW, corp, stores],
    ],
    [
      `create temp table plan_guides as select staff_id from staff where staff_id = $1 or user_id like 'plan%'`,
      [guide.staffId],
    ],
    [
      `insert into tag_groups (corp_id, wecom_id, name, sort) select $1, 'etgPLAN' || n, '组' || n, n from generate_series(1, 20) n`,
      [corp],
    ],
    [
      `insert into tags (corp_id, group_id, wecom_id, name, sort, pinyin, initials)
       select $1, (select min(group_id) from tag_groups) + n % 20, 'etPLAN' || n, '标签' || n, n, 'biao qian', 'bq'
       from generate_series(1, ${TAGS}) n`,
      [corp],
    ],
    [
      `insert into scripts (script_id, corp_id, title, occasion, parts, sort, pinyin, initials, updated_at)
       select gen_random_uuid(), $2, '话术' || n,
              (array['daily', 'birthdaySelf', 'birthdayElder', 'wedding', 'newFriend', 'care'])[1 + n % 6],
              '[{"kind": "text", "text": "{称呼}，您好"}]', n, 'hua shu', 'hs', $1 from generate_series(1, ${SCRIPTS}) n`,
      [TEST_NOW, corp],
    ],
    [
      `insert into script_versions (script_id, version, title, occasion, parts, created_at)
       select script_id, version, title, occasion, parts, updated_at from scripts`,
      [],
    ],
    [
      `create temp table plan_scripts as select script_id, row_number() over (order by script_id) as n from scripts`,
      [],
    ],
    [
      `insert into customers (corp_id, external_user_id, name, salutation, tier, synced_at)
       select $2, 'wmPLAN' || lpad(n::text, 20, '0'), '客户' || n, '客户' || n || '姐', '金卡', $1
       from generate_series(1, ${CUSTOMERS}) n`,
      [TEST_NOW, corp],
    ],
    [
      `insert into follows (corp_id, staff_id, customer_id, status, added_at, joined_at, ended_at, end_reason, add_way, tag_ids,
                            search_key, sort_key, phone_tails, synced_at)
       select c.corp_id, ${guideOf('c.customer_id + nth')}, c.customer_id,
              case when old.is then 'lost' else 'active' end, at, at, case when old.is then ended end,
              case when old.is then 'customerLeft' end, 1,
              case when c.customer_id % 200 = 3 then '{}'
                   else (select array_agg(1 + (c.customer_id + i * 37) % ${TAGS}) from generate_series(1, 8) i)::int[] end,
              c.name || '|kehu' || c.customer_id || '|kh', 'ke hu ' || c.customer_id,
              array[sha256(convert_to((c.customer_id % 10000)::text, 'UTF8'))], $1
       from customers c
       cross join generate_series(0, 1) nth
       cross join lateral (select nth = 0 and c.customer_id % 50 = 7 as is) old
       cross join lateral (select ${daysAgo('c.customer_id', 900)} as at, ${daysAgo('c.customer_id + 9', 900)} as ended) times
       where nth = 0 or c.customer_id % 5 = 0
       on conflict do nothing`,
      [TEST_NOW],
    ],
    [
      `insert into people (person_id, corp_id, customer_id, relation, minor_until, created_at)
       select gen_random_uuid(), corp_id, customer_id, case when customer_id % 4 = 0 then 'daughter' else 'mother' end,
              case when customer_id % 4 = 0 then date '2035-01-01' end, $1 from customers where customer_id % 2 = 0`,
      [TEST_NOW],
    ],
    [
      `insert into important_dates (date_id, corp_id, customer_id, person_id, kind, calendar, month, day, lead_days, next_on,
                                    remind_on, last_order_on, created_at)
       select gen_random_uuid(), c.corp_id, c.customer_id, case when n = 2 then p.person_id end, 'birthday', 'solar',
              extract(month from day), extract(day from day), 14, day, day - 14, day - 7, $1
       from customers c
       cross join generate_series(1, 2) n
       left join people p on p.customer_id = c.customer_id
       cross join lateral (select $2::date - 1 + (${spread('c.customer_id * 2 + n')} % 365)::int as day) d
       where n = 1 or c.customer_id % 2 = 0`,
      [TEST_NOW, TEST_TODAY],
    ],
    ...[
      // Last year's, seen to; this year's, as far as they were due before today.
      ['true', 'd.next_on - 365', 'd.remind_on - 365', `'done'`, `(d.next_on - 370)::timestamptz`],
      [`d.remind_on < $2::date`, 'd.next_on', 'd.remind_on', `'pending'`, 'null::timestamptz'],
    ].map(([where, occurrence, dueOn, state, actedAt]): [string, unknown[]] => [
      `insert into reminders (reminder_id, corp_id, customer_id, staff_id, date_id, kind, occurrence, due_on, state, acted_at,
                              created_at)
       select gen_random_uuid(), d.corp_id, d.customer_id, f.staff_id, d.date_id, 'date', ${occurrence}, ${dueOn}, ${state},
              ${actedAt}, $1
       from important_dates d join follows f on f.customer_id = d.customer_id and f.status = 'active'
       where ${where} and $2::date is not null
       order by ${dueOn}`,
      [TEST_NOW, TEST_TODAY],
    ]),
    [
      `insert into reminder_plans (corp_id, version, planned_version, ran_on) values ($1, 1, 1, $2::date - 1)`,
      [corp, TEST_TODAY],
    ],
    [
      `insert into lead_rules (corp_id, date_kind, product_line, production_days, buffer_days)
       select $1, date_kind, product_line, production_days, buffer_days from standard_lead_rules`,
      [corp],
    ],
    [
      `insert into care_rules (care_rule_id, corp_id, name, after_days) values (gen_random_uuid(), $1, '清洗保养', 180)`,
      [corp],
    ],
    [
      `insert into touches (corp_id, customer_id, at, kind, actor, what)
       select corp_id, customer_id, ${daysAgo('customer_id * 2 + n', 700)} as at, 'profileChanged', 'system', '称呼'
       from customers, generate_series(1, 2) n order by at`,
      [TEST_NOW],
    ],
    [
      `insert into sends (send_id, corp_id, staff_id, customer_id, title, script_id, script_version, started_at, finished_at, outcome)
       select gen_random_uuid(), f.corp_id, f.staff_id, f.customer_id, '问候', s.script_id, 1, at, at, 'ok'
       from follows f
       join plan_scripts s on s.n = 1 + f.follow_id % ${SCRIPTS}
       cross join lateral (select ${daysAgo('f.follow_id', 700)} as at) times
       order by at`,
      [TEST_NOW],
    ],
    [
      `insert into send_parts (send_id, index, body, outcome, answered_at, handed_at)
       select send_id, 0, '{"kind": "text", "text": "您好"}', 'ok', started_at, started_at from sends`,
      [],
    ],
    [
      `insert into coupon_templates (template_id, corp_id, name, kind, amount_fen, threshold_fen, valid_days_after_claim, stock,
                                     per_person, created_at, changed_at)
       select gen_random_uuid(), $2, '券' || n, 'amountOff', 20000, 300000, 30, 100000, 2, $1, $1 from generate_series(1, 40) n`,
      [TEST_NOW, corp],
    ],
    [
      `insert into coupon_pools (template_id, pool, stock, live, is_open)
       select template_id, pool, 12500, 500, true from coupon_templates, generate_series(0, 7) pool`,
      [],
    ],
    [
      `create temp table plan_templates as
       select template_id, row_number() over (order by template_id) as n from coupon_templates`,
      [],
    ],
    [
      `insert into coupons (coupon_id, corp_id, template_id, customer_id, staff_id, token, code, state, slot, reserved_at, deadline,
                            issued_at, claimed_at, expires_on, redeemed_at, redeemed_by, redeemed_store_id, amount_fen,
                            discount_fen)
       select gen_random_uuid(), f.corp_id, t.template_id, f.customer_id, f.staff_id, 'planTOKEN' || lpad(f.follow_id::text, 13, '0'),
              'P' || lpad(f.follow_id::text, 11, '0'), state,
              row_number() over (partition by f.customer_id order by f.follow_id), at, at + interval '10 minutes', at, at,
              case when state in ('issued', 'claimed') then $2::date + (f.follow_id % 40)::int - 1 else at::date + 30 end,
              case when state = 'redeemed' then at + interval '3 days' end,
              case when state = 'redeemed' then f.staff_id end,
              case when state = 'redeemed' then ($3::int[])[1 + f.follow_id % ${STORES}] end,
              case when state = 'redeemed' then 300000 end, case when state = 'redeemed' then 20000 end
       from follows f
       join plan_templates t on t.n = 1 + f.follow_id % 40
       cross join lateral (
         select (array['redeemed', 'expired', 'redeemed', 'expired', 'claimed', 'expired', 'redeemed', 'expired', 'redeemed',
                       'issued'])[1 + ${spread('f.follow_id')} % 10] as state) what
       cross join lateral (select case when state in ('issued', 'claimed') then ${daysAgo('f.follow_id', 25)}
                                       else ${daysAgo('f.follow_id', 700)} end as at) times
       order by at`,
      [TEST_NOW, TEST_TODAY, stores],
    ],
    [
      `insert into coupon_ledger (corp_id, coupon_id, template_id, from_state, to_state, actor, at)
       select corp_id, coupon_id, template_id, null, 'reserved', 'staff', reserved_at from coupons order by reserved_at`,
      [],
    ],
    [
      `insert into purchases (purchase_id, corp_id, customer_id, day, piece, amount_fen, created_by, created_at)
       select gen_random_uuid(), f.corp_id, f.customer_id, day, '足金手链', 300000, f.staff_id, $1
       from follows f
       cross join lateral (select $2::date - (1 + ${spread('f.follow_id')} % 700)::int as day) days
       order by day`,
      [TEST_NOW, TEST_TODAY],
    ],
    [
      `insert into purchase_traces (purchase_id, corp_id, send_id, strength, staff_ids)
       select p.purchase_id, p.corp_id, s.send_id, 'sent', array[s.staff_id]
       from purchases p join sends s on s.customer_id = p.customer_id and s.started_at < p.day
         and s.started_at > p.day - interval '30 days'
       on conflict do nothing`,
      [],
    ],
    [
      `insert into audit_entries (corp_id, at, actor, staff_id, action, subject_kind, subject_id, customer_id, seq, previous_hash, hash)
       select $2, $1::timestamptz - (30000 - n) * interval '22 minutes', 'staff', ${guideOf('n')},
              (array['phoneRevealed', 'couponRedeemed', 'customerTransferred', 'signedIn'])[1 + n % 4], null, null, n % ${CUSTOMERS},
              n, 'x', 'x' from generate_series(1, 30000) n`,
      [TEST_NOW, corp],
    ],
    [
      `insert into audit_entries (corp_id, at, actor, staff_id, action)
       select $2, $1, 'staff', ${mine}, 'signedIn' from generate_series(1, 20) n`,
      [TEST_NOW, corp],
    ],
    [
      `insert into callback_events (corp_id, content_hash, event, change_type, subject, body_sealed, happened_at, received_at, state)
       select $2, sha256(convert_to(n::text, 'UTF8')), 'change_external_contact', 'edit_external_contact', 'customer:wmPLAN' || n,
              'x', at, at, 'done'
       from generate_series(1, 30000) n
       cross join lateral (select $1::timestamptz - (30000 - n) * interval '66 seconds' as at) times`,
      [TEST_NOW, corp],
    ],
    [
      `insert into outbox (outbox_id, corp_id, kind, lane, subject, staff_id, customer_id, payload, state, created_at, ended_at)
       select gen_random_uuid(), f.corp_id, 'tags', 'customer:' || f.customer_id, 'follow:' || f.follow_id, f.staff_id,
              f.customer_id, '{}', 'done', at, at
       from follows f cross join lateral (select ${daysAgo('f.follow_id', 6)} as at) times
       order by at`,
      [TEST_NOW],
    ],
    [
      `insert into sessions (token_hash, corp_id, staff_id, created_at, last_seen_at, expires_at)
       select sha256(convert_to('plan' || n, 'UTF8')), $2, ${guideOf('n')}, at, at, at + interval '12 hours'
       from generate_series(1, 5000) n cross join lateral (select ${daysAgo('n', 60)} as at) times`,
      [TEST_NOW, corp],
    ],
    [
      `insert into idempotency_keys (corp_id, staff_id, operation, key, fingerprint, result, created_at)
       select $2, ${guideOf('n')}, 'startSend', 'plan' || n, 'x', jsonb_build_object('sendId', gen_random_uuid()),
              $1::timestamptz - n * interval '4 seconds' from generate_series(1, 20000) n`,
      [TEST_NOW, corp],
    ],
    [
      `insert into pgboss.job (name, data, state, singleton_key, created_on, completed_on)
       select 'sync.events', jsonb_build_object('subject', key), 'completed', key, now(), now()
       from (select 'customer:wmPLAN' || n as key from generate_series(1, 20000) n) told`,
      [],
    ],
    [
      `insert into group_chats (corp_id, chat_id, name, owner_staff_id, member_count, synced_at)
       select $2, 'wrPLAN' || n, '群' || n, case when n <= 3 then ${mine} else ${guideOf('n')} end, 40, $1
       from generate_series(1, 300) n`,
      [TEST_NOW, corp],
    ],
    [
      `insert into group_members (group_chat_id, member_id, kind)
       select g.group_chat_id, c.external_user_id, 2
       from group_chats g join customers c on c.customer_id % 300 = g.group_chat_id % 300 and c.customer_id % 2 = 0`,
      [],
    ],
    [
      `insert into group_members (group_chat_id, member_id, kind)
       select group_chat_id, $1, 1 from group_chats where owner_staff_id = ${mine}`,
      [guide.userId],
    ],
    [
      `insert into engravings (engraving_id, corp_id, customer_id, staff_id, piece_id, metal, face, font, lines, created_at, updated_at)
       select gen_random_uuid(), corp_id, customer_id, staff_id, 'bangle', 'gold', 'inside', 'kai', '{平安}', $1, $1
       from follows where follow_id % 4 = 0`,
      [TEST_NOW],
    ],
    [
      `insert into channel_codes (channel_code_id, corp_id, state, name, staff_ids, skip_verify, created_by, created_at, changed_at)
       select gen_random_uuid(), $2, 'plan' || n, '码' || n, array[${guideOf('n')}], true, $3, $1, $1 from generate_series(1, 60) n`,
      [TEST_NOW, corp, manager.staffId],
    ],
    [
      `insert into channel_arrivals (channel_code_id, staff_id, customer_id, first_at)
       select k.channel_code_id, f.staff_id, f.customer_id, $1
       from follows f
       join (select channel_code_id, row_number() over (order by channel_code_id) as n from channel_codes) k
         on k.n = 1 + f.follow_id % 60 where f.follow_id % 3 = 0`,
      [TEST_NOW],
    ],
    [
      `insert into welcomes (welcome_id, corp_id, code_hash, channel_code_id, staff_id, customer_id, state, received_at, ended_at)
       select gen_random_uuid(), $2, sha256(convert_to(a.customer_id::text, 'UTF8')), a.channel_code_id, a.staff_id, a.customer_id,
              'sent', at, at
       from channel_arrivals a cross join lateral (select ${daysAgo('a.customer_id', 300)} as at) times
       order by at on conflict do nothing`,
      [TEST_NOW, corp],
    ],
    [
      `insert into script_days (corp_id, script_id, version, staff_id, day, sends, cancelled, replies, purchases, lost, customers)
       select s.corp_id, s.script_id, 1, s.staff_id, s.started_at::date, count(*), 0, 0, 0, 0, (array_agg(s.customer_id))[1:5]
       from sends s group by 1, 2, 4, 5`,
      [],
    ],
    [
      `insert into coupon_months (corp_id, month, template_id, staff_id, issued, claimed, redeemed, paid_fen, discount_fen, persons)
       select corp_id, date_trunc('month', issued_at), template_id, staff_id, count(*), count(*), 0, 0, 0,
              (array_agg(customer_id))[1:5] from coupons group by 1, 2, 3, 4`,
      [],
    ],
  ]
}
