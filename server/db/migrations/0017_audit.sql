-- Who did what, in a record that is only added to, and the sessions as their owners see them.
--
-- The record is a chain: each row holds the hash of the one before and of itself. A chain has one end, and whoever hangs a row on it
-- holds that end until the transaction is over: a hundred tills redeeming at once would queue behind one another, and behind
-- whichever of them waits for something else. So a row is written free, in the transaction of what it tells of, and locks nothing.
-- Within seconds one process at a time hangs the free rows on in the order in which they became visible, `seq`. From then on a row
-- that is altered, moved or missing is found by walking the chain. Before that, and after, the triggers below let nobody change it.
-- Whoever can take the triggers away can also make the whole chain anew: `npm run audit:verify` prints its end, to be kept elsewhere.

create table audit_entries (
  entry_id bigint generated always as identity primary key,
  corp_id integer not null references corps,
  at timestamptz not null,
  actor text not null check (actor in ('staff', 'system', 'customer')),
  -- ids without foreign keys: they outlive what they name, and a write here locks no row of anybody else
  staff_id integer,
  action text not null,
  subject_kind text,
  subject_id text,
  -- whom it concerns
  customer_id bigint,
  -- ids, codes, numbers and the reason a member gives; never what a customer is called, nor what was shown
  detail jsonb not null default '{}',
  request_id uuid,
  seq bigint,
  previous_hash bytea,
  -- sha256 of all the columns above (server/domains/audit/chain.ts)
  hash bytea,
  constraint audit_entries__seq_key unique (corp_id, seq),
  constraint audit_entries__staff check ((actor = 'staff') = (staff_id is not null)),
  constraint audit_entries__link check ((seq is null) = (hash is null) and (seq is null) = (previous_hash is null)),
  constraint audit_entries__subject check ((subject_kind is null) = (subject_id is null))
);
create index audit_entries__free on audit_entries (corp_id, entry_id) where seq is null;
create index audit_entries__at on audit_entries (corp_id, at desc, entry_id desc);
create index audit_entries__action on audit_entries (corp_id, action, at desc, entry_id desc);
create index audit_entries__staff_at on audit_entries (corp_id, staff_id, at desc, entry_id desc) where staff_id is not null;
create index audit_entries__customer on audit_entries (corp_id, customer_id, at desc, entry_id desc) where customer_id is not null;
-- once per member, child and civil day, however often she looks
create unique index audit_entries__minor_read on audit_entries (corp_id, staff_id, subject_id, (detail ->> 'day'))
  where action = 'minorRead';

-- A row changes once, when it becomes part of the chain; it goes after three years, from the chain's beginning.
create function audit_entries_stay() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.seq is null and new.seq is not null
    and to_jsonb(new) - '{seq,previous_hash,hash}'::text[] = to_jsonb(old) - '{seq,previous_hash,hash}'::text[] then
    return new;
  end if;
  if tg_op = 'DELETE' and old.seq is not null and old.at < clock_timestamp() - interval '3 years' then
    return old;
  end if;
  raise exception 'the audit record is only added to' using errcode = 'restrict_violation';
end $$;
create trigger audit_entries__stays before update or delete on audit_entries
  for each row execute function audit_entries_stay();
create trigger audit_entries__stays_whole before truncate on audit_entries
  for each statement execute function audit_entries_stay();

-- How far the chain was last found whole, or where it is broken.
create table audit_checks (
  corp_id integer primary key references corps,
  checked_at timestamptz not null,
  through_seq bigint not null,
  through_hash bytea not null,
  broken_seq bigint,
  trouble text
);

-- Refusals of one session in one hour. The first few stand in the record one by one, the rest of the hour in one row.
create table audit_denials (
  -- zeroes for people without a session
  session_id uuid not null,
  hour timestamptz not null,
  corp_id integer not null references corps,
  staff_id integer,
  count integer not null,
  primary key (session_id, hour)
);
create index audit_denials__hour on audit_denials (corp_id, hour);

-- Who looked at which child's data on which day stands in the record from now on, and nowhere else.
insert into audit_entries (corp_id, at, actor, staff_id, action, subject_kind, subject_id, customer_id, detail)
select r.corp_id, r.first_at, 'staff', r.staff_id, 'minorRead', 'person', r.person_id::text, p.customer_id,
       jsonb_build_object('day', r.day::text)
from minor_reads r
left join people p on p.person_id = r.person_id
order by r.first_at, r.person_id, r.staff_id;
drop table minor_reads;

-- A session under a name that opens nothing, and from where it was begun.
alter table sessions
  add column session_id uuid not null default gen_random_uuid() constraint sessions__id_key unique,
  add column app text not null default 'other' check (app in ('wecom', 'wechat', 'browser', 'other')),
  add column platform text not null default 'other'
    check (platform in ('android', 'ios', 'windows', 'mac', 'harmony', 'other'));
