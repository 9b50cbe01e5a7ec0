-- In step with WeCom: who works where, what WeCom told us, what we still have to tell WeCom, and when not to call it.
-- Leases, waits and brakes are measured by the database's clock (`clock_timestamp()`): several servers share them.

-- Staff, stores, roles ------------------------------------------------------------------------------------------------

create table departments (
  corp_id integer not null references corps,
  department_id integer not null,
  parent_id integer not null,
  name text not null,
  sort bigint not null default 0,
  -- whether this department is a store: by its name and place (`auto`), or as an admin has said
  store_choice text not null default 'auto' check (store_choice in ('auto', 'store', 'none')),
  -- out of the app's range; what an admin has said about it waits for it to come back
  is_gone boolean not null default false,
  primary key (corp_id, department_id)
);

-- What an admin calls the store, over the department's own name.
alter table stores add column own_name text;
-- No department stands for it any more; its history keeps pointing here.
alter table stores add column is_closed boolean not null default false;

alter table staff add column department_ids integer[] not null default '{}';
alter table staff add column leads_department_ids integer[] not null default '{}';
alter table staff add column left_at timestamptz;
-- when WeCom last said who she is; rights older than ten minutes are asked about again
alter table staff add column confirmed_at timestamptz;
-- a look found more than half of the people gone; believed only when the next one finds so too
alter table corps add column leaving_noticed_at timestamptz;
create index staff__store on staff (store_id) where store_id is not null;

-- Who manages which store: whoever leads its department or one above it, and whom an admin has named.
create table store_managers (
  store_id integer not null references stores,
  staff_id integer not null references staff,
  corp_id integer not null references corps,
  source text not null check (source in ('wecom', 'manual')),
  primary key (store_id, staff_id, source)
);
create index store_managers__staff on store_managers (staff_id);

-- Follows: what happened to them --------------------------------------------------------------------------------------

-- The latest time the two became friends, by any account; a deletion counts only if it is not older than that.
alter table follows add column joined_at timestamptz;
alter table follows add column end_reason text 
  -- notListed: nobody told us, a complete pull did not show it
  check (end_reason in ('customerLeft', 'guideRemoved', 'transferred', 'notListed'));
-- the customer has added the guide, who has not answered yet (免验证)
alter table follows add column half_added_at timestamptz;
update follows set joined_at = added_at;
-- also while a customer is being handed over: managers see her all the time
drop index follows__customer;
create index follows__customer on follows (customer_id) where status in ('active', 'transferring');
-- one member's customers in their order, for herself, for her manager, and of those who left
drop index follows__list;
create index follows__list on follows (staff_id, sort_key, follow_id) where status in ('active', 'transferring');
create index follows__staff on follows (staff_id, status);

-- One customer on the way from one member to another (继承).
create table transfers (
  transfer_id uuid primary key,
  corp_id integer not null references corps,
  follow_id bigint not null references follows,
  customer_id bigint not null references customers,
  from_staff_id integer not null references staff,
  to_staff_id integer not null references staff,
  is_resigned boolean not null,
  -- waiting: not at WeCom yet · started: WeCom waits for the customer, 24 h at most
  state text not null check (state in ('waiting', 'started', 'done', 'refused', 'failed', 'cancelled')),
  reason text,
  requested_by integer not null references staff,
  created_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz
);
create unique index transfers__open on transfers (follow_id) where state in ('waiting', 'started');
create index transfers__started on transfers (corp_id, started_at) where state = 'started';
create index transfers__customer on transfers (customer_id) where state in ('waiting', 'started');
create index transfers__recent on transfers (corp_id, created_at desc);

-- What WeCom told us --------------------------------------------------------------------------------------------------

-- Each genuine event once, by the hash of its plaintext. The body is sealed; the columns beside it are what finds it again.
create table callback_events (
  event_id bigint generated always as identity primary key,
  corp_id integer not null references corps,
  content_hash bytea not null,
  event text not null,
  change_type text not null,
  -- whom or what it is about: `customer:wm…`, `chat:wr…`, `tags`, or empty
  subject text not null,
  body_sealed bytea not null,
  -- WeCom's CreateTime
  happened_at timestamptz not null,
  received_at timestamptz not null,
  state text not null default 'waiting' check (state in ('waiting', 'done', 'ignored', 'failed')),
  tries integer not null default 0,
  -- not to be queued again before, should it still wait then
  next_at timestamptz,
  reason text,
  worked_at timestamptz,
  constraint callback_events__content_key unique (corp_id, content_hash)
);
create index callback_events__waiting on callback_events (corp_id, subject, happened_at, event_id) where state = 'waiting';
create index callback_events__failed on callback_events (corp_id, received_at) where state = 'failed';
create index callback_events__received on callback_events (corp_id, received_at);

-- One work on a subject at a time, for all servers; a late holder cannot write (each hold has a name of its own).
create table sync_leases (
  corp_id integer not null references corps,
  subject text not null,
  holder uuid not null,
  leased_until timestamptz not null,
  primary key (corp_id, subject)
);

-- A sign of life every minute: a gap means that callbacks may have been missed.
create table sync_heartbeats (
  corp_id integer primary key references corps,
  beat_at timestamptz not null
);
alter table sync_runs add column cause text not null default 'first'
  check (cause in ('first', 'nightly', 'outage', 'manual'));

-- What we still have to tell WeCom --------------------------------------------------------------------------------------

create sequence outbox_versions;
create table outbox (
  outbox_id uuid primary key,
  corp_id integer not null references corps,
  kind text not null check (kind in ('tags', 'remark', 'message', 'transfer')),
  -- what may be under way once at a time, over all servers: `customer:12`, `staff:3`
  lane text not null,
  -- a newer intention of the same kind about the same subject takes the place of one not sent yet
  subject text not null,
  staff_id integer references staff,
  customer_id bigint references customers,
  -- ids wherever possible; a text only where the text is what is sent
  payload jsonb not null,
  -- waiting → sending → done; or superseded (a newer one took its place), refused (WeCom's final no), dead (gave up), cancelled
  state text not null default 'waiting'
    check (state in ('waiting', 'sending', 'done', 'superseded', 'refused', 'dead', 'cancelled')),
  version bigint not null default nextval('outbox_versions'),
  tries integer not null default 0,
  -- taken up without an end being heard: a holder died; too many and it is dead
  lost_holders integer not null default 0,
  first_tried_at timestamptz,
  next_at timestamptz not null default clock_timestamp(),
  errcode integer,
  reason text,
  created_at timestamptz not null,
  ended_at timestamptz
);
create unique index outbox__waiting_key on outbox (corp_id, kind, subject) where state = 'waiting';
create index outbox__due on outbox (next_at) where state = 'waiting';
create index outbox__lane on outbox (corp_id, lane, version) where state in ('waiting', 'sending');
-- what became of what it is about: the card, and pulls that must not put WeCom's over it
create index outbox__subject on outbox (corp_id, kind, subject);
create index outbox__unsent on outbox (staff_id, created_at) where state in ('waiting', 'sending', 'refused', 'dead');
create index outbox__customer on outbox (customer_id) where customer_id is not null;
create index outbox__ended on outbox (ended_at) where ended_at is not null;

create table outbox_lanes (
  corp_id integer not null references corps,
  lane text not null,
  holder uuid not null,
  fence bigint not null,
  leased_until timestamptz not null,
  primary key (corp_id, lane)
);
create sequence outbox_fences;

-- Tags leave through the outbox like everything else.
drop table tag_pushes;
insert into outbox (outbox_id, corp_id, kind, lane, subject, staff_id, customer_id, payload, created_at)
select gen_random_uuid(), f.corp_id, 'tags', 'customer:' || f.customer_id, 'follow:' || f.follow_id, f.staff_id, f.customer_id,
       jsonb_build_object('followId', f.follow_id), waiting.since
from (select follow_id, min(changed_at) as since from tag_changes where state = 'pending' group by follow_id) waiting
join follows f on f.follow_id = waiting.follow_id;

-- mark_tag and remark: at most so many calls at the same time from all servers together.
create table outbox_slots (
  corp_id integer not null references corps,
  slot smallint not null,
  holder uuid,
  leased_until timestamptz not null default '-infinity',
  primary key (corp_id, slot)
);

-- When not to call WeCom -------------------------------------------------------------------------------------------------

create table wecom_brakes (
  corp_id integer not null references corps,
  -- of the secret it was learned with: another one is not held back by it
  secret_mark text not null,
  -- an API, or `*` for every call
  api text not null,
  errcode integer not null,
  -- the address WeCom does not trust (60020)
  ip text,
  hits integer not null default 1,
  since timestamptz not null default clock_timestamp(),
  last_hit_at timestamptz not null default clock_timestamp(),
  -- closed until then
  closed_until timestamptz not null,
  primary key (corp_id, secret_mark, api)
);
