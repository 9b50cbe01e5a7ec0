-- Purchases by hand and by file, what led to them, and what is counted from both.

-- For whom a piece was, where the person herself is noted; `recipient` keeps the relation when she is taken away.
alter table purchases add column person_id uuid references people on delete set null;
alter table purchases add column version integer not null default 1;
create index purchases__day on purchases (corp_id, day, purchase_id);
create index purchases__person on purchases (person_id) where person_id is not null;

-- One file that was taken over. The file itself is not kept.
create table purchase_imports (
  import_id uuid primary key,
  corp_id integer not null references corps,
  staff_id integer not null references staff,
  file_name text not null,
  -- sha256 of the bytes: tells that a file has been here before
  content_hash bytea not null,
  state text not null default 'done' check (state in ('done', 'undone')),
  added integer not null,
  repeated integer not null,
  left_out integer not null,
  created_at timestamptz not null,
  undone_at timestamptz
);
create index purchase_imports__recent on purchase_imports (corp_id, created_at desc);
create index purchase_imports__content on purchase_imports (corp_id, content_hash) where state = 'done';

alter table purchases add column import_id uuid references purchase_imports;
create index purchases__import on purchases (import_id) where import_id is not null;

-- What one line of a file says, hashed: the same line is taken over once, also when its purchase was taken away by hand since.
create table purchase_lines (
  corp_id integer not null references corps,
  line_key bytea not null,
  import_id uuid not null references purchase_imports on delete cascade,
  primary key (corp_id, line_key)
);
create index purchase_lines__import on purchase_lines (import_id);

-- What was taken away by hand, for a day: until then it can be put back as it was.
create table removed_purchases (
  purchase_id uuid primary key,
  corp_id integer not null references corps,
  customer_id bigint not null references customers,
  purchase jsonb not null,
  removed_at timestamptz not null
);
create index removed_purchases__removed on removed_purchases (removed_at);

-- The line of the timeline that tells of a purchase follows its edits and goes with it.
alter table touches add column purchase_id uuid;
create index touches__purchase on touches (purchase_id) where purchase_id is not null;

-- How long before a purchase a message may have gone out to count for it; a corp without a row has the defaults.
create table trace_windows (
  corp_id integer primary key references corps,
  custom_days smallint not null default 30 check (custom_days between 1 and 180),
  other_days smallint not null default 14 check (other_days between 1 and 180)
);

-- Whether the customer answered a message: WeCom tells nobody, so it is known only where a guide has said so.
alter table sends add column replied_at timestamptz;
create index sends__staff on sends (staff_id, started_at) where outcome in ('ok', 'partial');

-- A purchase counts for one message, the strongest before it. `staff_ids`: every guide with a message of that strength.
create table purchase_traces (
  purchase_id uuid primary key references purchases on delete cascade,
  corp_id integer not null references corps,
  send_id uuid not null references sends on delete cascade,
  strength text not null check (strength in ('replied', 'couponUsed', 'sent')),
  staff_ids integer[] not null
);
create index purchase_traces__send on purchase_traces (send_id);

-- Reminders of a guide by the day they were due, for the month's results.
create index reminders__due on reminders (staff_id, due_on);

-- A customer of a file is found by the last digits of her number and her name.
create index follows__phone_tails on follows using gin (phone_tails) where phone_tails <> '{}';
