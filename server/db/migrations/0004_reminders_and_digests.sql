-- Reminders in time: how long a piece takes and when the workshop is closed, reasons to write besides dates, and the morning notice.

-- What people ask for on such a day, and how long it takes. A kind of date without rows goes by the built-in lead.
create table lead_rules (
  corp_id integer not null references corps,
  date_kind text not null check (date_kind in ('birthday', 'wedding', 'firstPurchase', 'other')),
  product_line text not null,
  -- days the workshop works on it; its closed days do not count
  production_days smallint not null check (production_days between 0 and 120),
  -- days to talk about it before it has to be ordered
  buffer_days smallint not null check (buffer_days between 0 and 60),
  primary key (corp_id, date_kind, product_line)
);

-- Days on which nothing is made, both ends included.
create table workshop_closures (
  corp_id integer not null references corps,
  first_day date not null,
  last_day date not null,
  name text not null,
  primary key (corp_id, first_day),
  constraint workshop_closures__length check (last_day between first_day and first_day + 59)
);

-- What is due some time after a purchase, such as cleaning.
create table care_rules (
  care_rule_id uuid primary key,
  corp_id integer not null references corps,
  name text not null,
  after_days smallint not null check (after_days between 7 and 3650),
  constraint care_rules__name_key unique (corp_id, name)
);

-- Which edition of these rules the corp has, which one its dates were planned by, and the day of the last complete run.
create table reminder_plans (
  corp_id integer primary key references corps,
  version integer not null default 1,
  planned_version integer not null default 0,
  ran_on date
);

-- What a corp begins with; 腊月廿八 to 初七 around each Spring Festival.
create table standard_closures (first_day date primary key, last_day date not null, name text not null);
insert into standard_closures (first_day, last_day, name)
select new_year - 2, new_year + 6, '春节'
from unnest('{2026-02-17,2027-02-06,2028-01-26,2029-02-13,2030-02-03}'::date[]) as new_year;
create table standard_lead_rules (
  date_kind text not null,
  product_line text not null,
  production_days smallint not null,
  buffer_days smallint not null,
  primary key (date_kind, product_line)
);
insert into standard_lead_rules (date_kind, product_line, production_days, buffer_days)
values ('birthday', '刻字', 7, 7), ('wedding', '刻字', 7, 7), ('firstPurchase', '现货', 0, 7), ('other', '现货', 0, 7);
create table standard_care_rules (name text primary key, after_days smallint not null);
insert into standard_care_rules (name, after_days) values ('清洗保养', 180);

insert into workshop_closures (corp_id, first_day, last_day, name)
select corp_id, first_day, last_day, standard_closures.name from corps, standard_closures;
insert into lead_rules (corp_id, date_kind, product_line, production_days, buffer_days)
select corp_id, date_kind, product_line, production_days, buffer_days from corps, standard_lead_rules;
insert into care_rules (care_rule_id, corp_id, name, after_days)
select gen_random_uuid(), corp_id, standard_care_rules.name, after_days from corps, standard_care_rules;
insert into reminder_plans (corp_id) select corp_id from corps;

-- The last day on which the piece that takes longest can still be ordered for `next_on`; null where nothing has to be made.
alter table important_dates add column last_order_on date;

alter table reminders drop constraint reminders_kind_check;
alter table reminders add constraint reminders__kind
  check (kind in ('date', 'newFriend', 'lost', 'coupon', 'promise', 'care'));
-- What it is about besides dates, so that it is told of once: `coupon:…`, `purchase:… …`, `follow:…`, `promise:…`
alter table reminders add column subject text;
alter table reminders add column coupon_id uuid references coupons on delete cascade;
alter table reminders add column purchase_id uuid references purchases on delete cascade;
-- the words of it: the coupon's name, the piece, what was promised
alter table reminders add column about text;
-- the name of the care rule
alter table reminders add column care text;
alter table reminders add column done_how text check (done_how in ('inPerson', 'inChat'));
create unique index reminders__subject_key on reminders (staff_id, subject) where subject is not null;
create index reminders__coupon on reminders (coupon_id) where coupon_id is not null;
create index reminders__purchase on reminders (purchase_id) where purchase_id is not null;
create index reminders__acted on reminders (staff_id, acted_at) where acted_at is not null;
-- made too late or in a heap, so possibly to be spread over days
create index reminders__heap on reminders (corp_id, due_on)
  where state = 'pending' and (is_late or kind in ('newFriend', 'care'));
-- reasons that go away by themselves
create index reminders__passing on reminders (corp_id, reminder_id)
  where state in ('pending', 'snoozed') and kind in ('newFriend', 'coupon');
create index follows__untagged on follows (corp_id, added_at) where status = 'active' and tag_ids = '{}';

-- Where a guide comes from when she opens a chat: for some minutes that reminder stands first on the card.
create table reminder_focus (
  staff_id integer not null references staff,
  customer_id bigint not null references customers on delete cascade,
  corp_id integer not null references corps,
  reminder_id uuid not null references reminders on delete cascade,
  at timestamptz not null,
  primary key (staff_id, customer_id)
);
create index reminder_focus__reminder on reminder_focus (reminder_id);

-- When a member wants her morning notice; without a row the defaults hold. Times are HH:MM in the corp's time zone.
create table notice_settings (
  staff_id integer primary key references staff,
  corp_id integer not null references corps,
  digest_at text collate "C" not null,
  quiet_from text collate "C" not null,
  quiet_until text collate "C" not null,
  -- no notices up to and including this day
  do_not_disturb_until date
);

-- One per member and day, decided once; `nothing`: there was nothing to tell.
create table digests (
  staff_id integer not null references staff,
  day date not null,
  corp_id integer not null references corps,
  outcome text not null check (outcome in ('told', 'nothing')),
  decided_at timestamptz not null,
  primary key (staff_id, day)
);
create index digests__day on digests (corp_id, day);
