-- The corp, its people, its customers, and what is done for them.
-- Ids: corp, staff, customer, follow and tag ids are internal numbers that never leave the server;
-- what a client may name is WeCom's own id or a random uuid. Civil days are `date`, instants `timestamptz`, money is fen.

create table corps (
  corp_id integer generated always as identity primary key,
  wecom_corp_id text not null constraint corps__wecom_corp_key unique,
  name text not null default '',
  created_at timestamptz not null
);

create table stores (
  store_id integer generated always as identity primary key,
  corp_id integer not null references corps,
  department_id integer not null,
  name text not null,
  address text,
  constraint stores__department_key unique (corp_id, department_id)
);

create table staff (
  staff_id integer generated always as identity primary key,
  corp_id integer not null references corps,
  user_id text not null,
  name text not null,
  store_id integer references stores,
  role text not null default 'guide' check (role in ('guide', 'manager', 'admin')),
  status text not null default 'active' check (status in ('active', 'disabled', 'left')),
  synced_at timestamptz not null
);
-- WeCom's userid is case-insensitive.
create unique index staff__user_key on staff (corp_id, lower(user_id));

create table sessions (
  token_hash bytea primary key,
  corp_id integer not null references corps,
  staff_id integer not null references staff,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index sessions__staff on sessions (staff_id);

-- One started login; `browser_hash` binds it to the browser, `used_at` makes a repeated return land in the app.
create table login_attempts (
  state_hash bytea primary key,
  browser_hash bytea not null,
  return_to text not null,
  created_at timestamptz not null,
  used_at timestamptz
);
create index login_attempts__created on login_attempts (created_at);

-- Tokens and tickets of WeCom, sealed; `generation` lets only a newer value replace an older one.
create table wecom_credentials (
  corp_id integer not null references corps,
  kind text not null check (kind in ('access_token', 'corp_ticket', 'agent_ticket')),
  sealed bytea not null,
  generation bigint not null,
  fetched_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (corp_id, kind)
);

create table customers (
  customer_id bigint generated always as identity primary key,
  corp_id integer not null references corps,
  external_user_id text not null,
  kind smallint not null default 1,
  gender smallint not null default 0,
  name text not null,
  avatar_url text,
  corp_name text,
  salutation text,
  tier text,
  ring_size text,
  wrist_size text,
  neck_size text,
  wish text,
  note text,
  quiet_until date,
  version integer not null default 1,
  synced_at timestamptz not null,
  constraint customers__external_key unique (corp_id, external_user_id)
);

create table follows (
  follow_id bigint generated always as identity primary key,
  corp_id integer not null references corps,
  staff_id integer not null references staff,
  customer_id bigint not null references customers,
  status text not null default 'active' check (status in ('active', 'lost', 'removed', 'transferring')),
  added_at timestamptz,
  ended_at timestamptz,
  add_way smallint not null default 0,
  channel text,
  remark text,
  description text,
  -- wanted tags, ours; what WeCom does not know yet stands in tag_changes
  tag_ids integer[] not null default '{}',
  -- when WeCom last took a change of ours: a pull that asked before then knows older tags
  tags_settled_at timestamptz,
  -- 汉字, full pinyin and initials of remark, name and 称呼: what the search of *my* customers reads
  search_key text collate "C" not null default '',
  -- pinyin order of the list
  sort_key text collate "C" not null default '',
  -- mobiles sealed; keyed hashes of their last four digits for the search
  phones_sealed bytea,
  phone_tails bytea[] not null default '{}',
  synced_at timestamptz not null,
  constraint follows__staff_customer_key unique (staff_id, customer_id)
);
create index follows__customer on follows (customer_id) where status = 'active';
create index follows__list on follows (staff_id, sort_key, follow_id) where status = 'active';
create index follows__recent on follows (staff_id, added_at desc) where status = 'active';
create index follows__ended on follows (staff_id, ended_at desc) where status = 'lost';

create table tag_groups (
  group_id integer generated always as identity primary key,
  corp_id integer not null references corps,
  wecom_id text not null,
  name text not null,
  sort bigint not null default 0,
  choice text not null default 'multi' check (choice in ('single', 'multi')),
  is_deleted boolean not null default false,
  constraint tag_groups__wecom_key unique (corp_id, wecom_id)
);

create table tags (
  tag_id integer generated always as identity primary key,
  corp_id integer not null references corps,
  group_id integer not null references tag_groups,
  wecom_id text not null,
  name text not null,
  sort bigint not null default 0,
  pinyin text not null,
  initials text not null,
  is_deleted boolean not null default false,
  constraint tags__wecom_key unique (corp_id, wecom_id)
);
create index tags__group on tags (group_id);

-- What was changed here and is not at WeCom yet (`pending`), or what WeCom refused and nobody has read (`refused`).
-- One row per tag and follow: the last intention wins, `version` tells an answer to an older one and never comes twice.
-- `is_attempted`: WeCom may have heard of it, so taking it back has to be told too.
create sequence tag_change_versions;
create table tag_changes (
  follow_id bigint not null references follows,
  tag_id integer not null references tags,
  corp_id integer not null references corps,
  change text not null check (change in ('add', 'remove')),
  state text not null default 'pending' check (state in ('pending', 'refused')),
  version bigint not null default nextval('tag_change_versions'),
  is_attempted boolean not null default false,
  reason text,
  changed_at timestamptz not null,
  primary key (follow_id, tag_id)
);
create index tag_changes__pending on tag_changes (changed_at) where state = 'pending';

-- Who carries a customer's tags to WeCom just now: one at a time per customer, until the lease ends.
create table tag_pushes (
  customer_id bigint primary key references customers on delete cascade,
  holder uuid not null,
  leased_until timestamptz not null
);

-- The tags a guide used lately: what is ghosted on the next customer.
create table recent_tags (
  staff_id integer not null references staff,
  tag_id integer not null references tags,
  corp_id integer not null references corps,
  used_at timestamptz not null,
  primary key (staff_id, tag_id)
);

create table people (
  person_id uuid primary key,
  corp_id integer not null references corps,
  customer_id bigint not null references customers,
  relation text not null,
  call_name text,
  version integer not null default 1,
  created_by integer references staff,
  created_at timestamptz not null
);
create index people__customer on people (customer_id);

create table important_dates (
  date_id uuid primary key,
  corp_id integer not null references corps,
  customer_id bigint not null references customers,
  person_id uuid references people on delete cascade,
  kind text not null check (kind in ('birthday', 'wedding', 'firstPurchase', 'other')),
  label text,
  calendar text not null check (calendar in ('solar', 'lunar')),
  month smallint not null check (month between 1 and 12),
  day smallint not null check (day between 1 and 31),
  is_leap_month boolean not null default false,
  year smallint,
  leap_policy text not null default 'leapElseOrdinary' check (leap_policy in ('leapElseOrdinary', 'both', 'leapOnly')),
  lead_days smallint not null check (lead_days between 0 and 180),
  -- stored, so that nobody computes a calendar inside a WHERE
  next_on date not null,
  remind_on date not null,
  version integer not null default 1,
  created_by integer references staff,
  created_at timestamptz not null
);
create index important_dates__customer on important_dates (customer_id, next_on);
create index important_dates__remind on important_dates (corp_id, remind_on, date_id);
create index important_dates__next on important_dates (corp_id, next_on);

create table reminders (
  reminder_id uuid primary key,
  corp_id integer not null references corps,
  customer_id bigint not null references customers,
  staff_id integer not null references staff,
  date_id uuid references important_dates on delete cascade,
  kind text not null check (kind in ('date', 'newFriend', 'lost')),
  occurrence date not null,
  due_on date not null,
  state text not null default 'pending' check (state in ('pending', 'snoozed', 'sent', 'done', 'skipped', 'expired')),
  snoozed_until date,
  skip_reason text,
  is_late boolean not null default false,
  acted_at timestamptz,
  created_at timestamptz not null,
  constraint reminders__occurrence_key unique (date_id, occurrence, staff_id)
);
create index reminders__open on reminders (staff_id, occurrence) where state in ('pending', 'snoozed');
create index reminders__expiry on reminders (corp_id, occurrence) where state in ('pending', 'snoozed');
create index reminders__customer on reminders (customer_id, staff_id, occurrence) where state in ('pending', 'snoozed');

create table scripts (
  script_id uuid primary key,
  corp_id integer not null references corps,
  scope text not null default 'company' check (scope in ('company', 'store', 'personal')),
  store_id integer references stores,
  staff_id integer references staff,
  -- the starter library is installed once per corp under this name
  starter_key text,
  title text not null,
  occasion text not null,
  parts jsonb not null,
  version integer not null default 1,
  sort integer not null default 0,
  pinyin text not null,
  initials text not null,
  archived_at timestamptz,
  updated_at timestamptz not null,
  constraint scripts__starter_key unique (corp_id, starter_key)
);
create index scripts__occasion on scripts (corp_id, occasion, sort) where archived_at is null;

-- The truth about what was sent: budget, statistics and timeline read only from here.
create table sends (
  send_id uuid primary key,
  corp_id integer not null references corps,
  staff_id integer not null references staff,
  customer_id bigint references customers,
  group_chat_id integer,
  title text not null,
  script_id uuid references scripts,
  script_version integer,
  reminder_id uuid references reminders on delete set null,
  coupon_id uuid,
  started_at timestamptz not null,
  finished_at timestamptz,
  outcome text check (outcome in ('ok', 'cancelled', 'failed', 'unknown', 'partial')),
  constraint sends__one_receiver check ((customer_id is null) <> (group_chat_id is null))
);
create index sends__customer on sends (customer_id, started_at desc) where customer_id is not null;
create index sends__open on sends (started_at) where outcome is null;
-- who of a store's customers got which script
create index sends__staff_script on sends (staff_id, script_id, customer_id)
  where outcome = 'ok' and script_id is not null;
create index sends__reminder on sends (reminder_id) where reminder_id is not null;
create unique index sends__coupon on sends (coupon_id) where coupon_id is not null;

create table send_parts (
  send_id uuid not null references sends on delete cascade,
  index smallint not null,
  body jsonb not null,
  outcome text check (outcome in ('ok', 'cancelled', 'failed', 'unknown')),
  reason text,
  answered_at timestamptz,
  primary key (send_id, index)
);

create table contact_rules (
  rule_id integer generated always as identity primary key,
  corp_id integer not null references corps,
  scope text not null check (scope in ('customer')),
  period_days integer not null check (period_days > 0),
  max_count integer not null check (max_count >= 0),
  hardness text not null check (hardness in ('soft', 'hard')),
  source text not null,
  since date not null,
  constraint contact_rules__key unique (corp_id, scope, period_days)
);

create table coupon_templates (
  template_id uuid primary key,
  corp_id integer not null references corps,
  seed_key text,
  name text not null,
  kind text not null check (kind in ('amountOff', 'percentOff', 'gift', 'service')),
  amount_fen integer check (amount_fen between 0 and 100000000),
  percent smallint check (percent between 1 and 99),
  words text,
  threshold_fen integer not null default 0 check (threshold_fen between 0 and 100000000),
  goods text,
  terms text not null default '',
  valid_until date,
  valid_days_after_claim integer check (valid_days_after_claim > 0),
  stock integer not null check (stock >= 0),
  -- reserved + issued + claimed + redeemed; released, expired and revoked pieces are given back
  live integer not null default 0,
  per_person integer not null default 1 check (per_person > 0),
  state text not null default 'running' check (state in ('draft', 'running', 'paused', 'stopped')),
  sort integer not null default 0,
  created_at timestamptz not null,
  constraint coupon_templates__stock check (live >= 0 and live <= stock),
  constraint coupon_templates__validity check ((valid_until is null) <> (valid_days_after_claim is null)),
  constraint coupon_templates__seed_key unique (corp_id, seed_key)
);

create table coupons (
  coupon_id uuid primary key,
  corp_id integer not null references corps,
  template_id uuid not null references coupon_templates,
  customer_id bigint not null references customers,
  staff_id integer not null references staff,
  -- of the link: 16 random bytes; of the till: 12 characters with a check digit
  token text not null constraint coupons__token_key unique,
  code text not null,
  state text not null check (state in ('reserved', 'issued', 'claimed', 'redeemed', 'released', 'expired', 'revoked')),
  -- 1..per_person while it counts against the person's limit
  slot smallint not null,
  reserved_at timestamptz not null,
  deadline timestamptz not null,
  issued_at timestamptz,
  claimed_at timestamptz,
  expires_on date,
  constraint coupons__code_key unique (corp_id, code)
);
create unique index coupons__person_slot on coupons (template_id, customer_id, slot)
  where state in ('reserved', 'issued', 'claimed', 'redeemed');
create index coupons__customer on coupons (customer_id, reserved_at desc);
create index coupons__deadline on coupons (template_id, deadline) where state = 'reserved';
create index coupons__overdue on coupons (deadline) where state = 'reserved';
create index coupons__expiry on coupons (expires_on) where state in ('issued', 'claimed');

-- Append-only: one row for every change of state, written with it.
create table coupon_ledger (
  entry_id bigint generated always as identity primary key,
  corp_id integer not null references corps,
  coupon_id uuid not null references coupons,
  template_id uuid not null references coupon_templates,
  from_state text,
  to_state text not null,
  actor text not null,
  reason text,
  at timestamptz not null
);
create index coupon_ledger__coupon on coupon_ledger (coupon_id);

create table purchases (
  purchase_id uuid primary key,
  corp_id integer not null references corps,
  customer_id bigint not null references customers,
  day date not null,
  piece text not null,
  amount_fen integer not null check (amount_fen between 0 and 100000000),
  recipient text,
  is_custom boolean not null default false,
  engraving text,
  created_by integer references staff,
  created_at timestamptz not null
);
create index purchases__customer on purchases (customer_id, day desc, purchase_id desc);

-- The timeline. A change and its trace share one transaction.
create table touches (
  touch_id bigint generated always as identity primary key,
  corp_id integer not null references corps,
  customer_id bigint not null references customers,
  at timestamptz not null,
  kind text not null,
  actor text not null check (actor in ('staff', 'customer', 'system')),
  staff_id integer references staff,
  what text not null,
  detail text,
  outcome text
);
create index touches__customer on touches (customer_id, at desc, touch_id desc);

create table group_chats (
  group_chat_id integer generated always as identity primary key,
  corp_id integer not null references corps,
  chat_id text not null,
  name text not null,
  owner_staff_id integer references staff,
  member_count integer not null,
  synced_at timestamptz not null,
  constraint group_chats__chat_key unique (corp_id, chat_id)
);

create table group_members (
  group_chat_id integer not null references group_chats on delete cascade,
  member_id text not null,
  -- 1 staff, 2 external
  kind smallint not null,
  primary key (group_chat_id, member_id)
);

-- Refusals and results of writes that may be repeated; holds ids, never personal data.
create table idempotency_keys (
  corp_id integer not null references corps,
  staff_id integer not null references staff,
  operation text not null,
  key text not null,
  fingerprint bytea not null,
  result jsonb,
  refusal text,
  created_at timestamptz not null,
  primary key (corp_id, staff_id, operation, key)
);
create index idempotency_keys__created on idempotency_keys (created_at);

-- How far the pull from WeCom is; a restart goes on from here.
create table sync_runs (
  corp_id integer primary key references corps,
  state text not null check (state in ('waiting', 'running', 'done', 'stopped')),
  reason text,
  started_at timestamptz not null,
  finished_at timestamptz
);
create table sync_staff (
  corp_id integer not null references corps,
  staff_id integer not null references staff,
  state text not null default 'waiting' check (state in ('waiting', 'running', 'done')),
  cursor text not null default '',
  customers integer not null default 0,
  started_at timestamptz,
  finished_at timestamptz,
  primary key (corp_id, staff_id)
);
