-- What the law gives a person: her data in her hands, an end to it, and an end by itself (P29).

-- The key of the tombstones, one of the corp's own: with SESSION_SECRET it would be lost at its next change, and whoever was
-- erased would come back with the next pull. Made at the first erasure, carried over a restore with them.
create table erasure_keys (
  key_id uuid primary key,
  corp_id integer not null,
  key bytea not null check (octet_length(key) = 32),
  created_at timestamptz not null
);

-- Who has been erased, without a word on who that was. Rows stay for ever and outlive restores, so they lean on no other table.
create table erasures (
  erasure_id uuid primary key,
  corp_id integer not null,
  tombstone bytea not null,
  -- ours, until it is done
  customer_id bigint,
  cause text not null check (cause in ('asked', 'retention')),
  state text not null default 'waiting' check (state in ('waiting', 'done')),
  asked_by integer,
  -- by the server's clock, as WeCom's times of adding friends
  asked_at timestamptz not null,
  -- by the database's clock, as `customers.known_since`
  written_at timestamptz not null default clock_timestamp(),
  done_at timestamptz,
  -- table → rows deleted or emptied
  counts jsonb not null default '{}'
);
create unique index erasures__customer on erasures (customer_id) where customer_id is not null;
create index erasures__tombstone on erasures (corp_id, tombstone);
create index erasures__waiting on erasures (corp_id, asked_at) where state = 'waiting';
create index erasures__recent on erasures (corp_id, asked_at desc, erasure_id desc);

-- A profile begun after an erasure, by her own act, is not the erased one.
alter table customers add column known_since timestamptz not null default '-infinity';
alter table customers alter column known_since set default clock_timestamp();

-- Erasing finds everything of one customer; the ones there were leave out what has ended.
create index follows__of_customer on follows (customer_id);
create index reminders__of_customer on reminders (customer_id);
create index guardian_consents__customer on guardian_consents (customer_id);
create index channel_arrivals__customer on channel_arrivals (customer_id);
create index welcomes__customer on welcomes (customer_id) where customer_id is not null;
create index transfers__of_customer on transfers (customer_id);
create index group_members__member on group_members (member_id) where kind = 2;

-- The ledger of coupons is only added to; of somebody erased it loses the words members gave, and nothing else.
create or replace function coupon_ledger_stays() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and current_setting('guidebar.erasing', true) = 'yes' and new.reason is null
    and to_jsonb(new) - 'reason' = to_jsonb(old) - 'reason' then
    return new;
  end if;
  raise exception 'the coupon ledger is only added to' using errcode = 'restrict_violation';
end $$;

-- The file of one person: sealed, for one session, gone when it has been fetched or after 15 minutes.
create table personal_exports (
  export_id uuid primary key,
  corp_id integer not null references corps,
  staff_id integer not null references staff,
  customer_id bigint not null references customers on delete cascade,
  session_hash bytea not null,
  file_sealed bytea not null,
  made_at timestamptz not null,
  expires_at timestamptz not null
);
create index personal_exports__expires on personal_exports (expires_at);
create index personal_exports__customer on personal_exports (customer_id);

-- A list of many: asked for by one admin, approved by another.
create table bulk_exports (
  bulk_export_id uuid primary key,
  corp_id integer not null references corps,
  number integer not null,
  asked_by integer not null references staff,
  asked_at timestamptz not null,
  -- of the first download; there is no other
  session_hash bytea,
  reason text not null,
  store_id integer references stores,
  tag_id integer references tags,
  columns text[] not null check (cardinality(columns) > 0),
  format text not null check (format in ('csv', 'xlsx')),
  state text not null default 'waiting'
    check (state in ('waiting', 'refused', 'working', 'ready', 'withdrawn', 'expired')),
  decided_by integer references staff,
  decided_at timestamptz,
  row_count integer,
  rows_done integer not null default 0,
  file_sealed bytea,
  ready_at timestamptz,
  expires_at timestamptz,
  constraint bulk_exports__number_key unique (corp_id, number),
  constraint bulk_exports__two_people check (decided_by is distinct from asked_by),
  constraint bulk_exports__file check ((file_sealed is not null) = (state = 'ready'))
);
create index bulk_exports__recent on bulk_exports (corp_id, asked_at desc, bulk_export_id desc);
create index bulk_exports__ready on bulk_exports (expires_at) where state = 'ready';
create index bulk_exports__asker on bulk_exports (asked_by, asked_at);

-- How long what is kept; a corp without a row keeps the defaults.
create table retention_settings (
  corp_id integer primary key references corps,
  version integer not null,
  timeline_months smallint not null check (timeline_months between 6 and 120),
  words_months smallint not null check (words_months between 3 and 120),
  callback_days smallint not null check (callback_days between 1 and 30),
  lost_months smallint not null check (lost_months between 3 and 120),
  -- words of messages sent before are gone already
  words_gone_before timestamptz not null default '-infinity'
);
create index touches__at on touches using brin (at) with (pages_per_range = 32, autosummarize = on);
