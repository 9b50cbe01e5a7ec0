-- How often we may write, as rows: over whom a rule counts, for which kind of message, and for which reasons it does not hold.

alter table contact_rules drop constraint contact_rules_scope_check;
alter table contact_rules drop constraint contact_rules__key;
alter table contact_rules rename column since to source_date;
alter table contact_rules
  add column channel text not null default 'private' check (channel in ('private', 'coupon', 'group', 'mass')),
  -- orderReady, afterSales, answer
  add column bypass text[] not null default '{orderReady,afterSales,answer}',
  add column is_on boolean not null default true,
  -- empty: as the corp began with it
  add column changed_by integer references staff,
  add column changed_at timestamptz,
  add constraint contact_rules__key unique (corp_id, scope, channel, period_days),
  add constraint contact_rules__scope check (scope in ('corp', 'store')
    or (scope = 'customer' and channel <> 'group') or (scope = 'group' and channel in ('group', 'mass')));
alter table contact_rules alter column channel drop default, alter column bypass drop default;

-- What a corp begins with: the house rule, and what WeCom itself allows of mass messages. Its texts disagree on the period; the
-- other readings lie beside the first, switched off.
create table standard_contact_rules (
  scope text not null,
  channel text not null,
  period_days integer not null,
  max_count integer not null,
  hardness text not null,
  bypass text[] not null,
  is_on boolean not null,
  source text not null,
  source_date date not null,
  primary key (scope, channel, period_days)
);
insert into standard_contact_rules (scope, channel, period_days, max_count, hardness, bypass, is_on, source, source_date)
values
  ('customer', 'private', 7, 1, 'soft', '{orderReady,afterSales,answer}', true, '店规', '2026-11-21'),
  ('customer', 'mass', 30, 30, 'hard', '{}', true, '企业微信文档 92135、97610：每月按当月天数', '2026-02-01'),
  ('customer', 'mass', 7, 7, 'hard', '{}', false, '企业微信文档 92135：可改成每周 7 次', '2026-02-01'),
  ('customer', 'mass', 1, 1, 'hard', '{}', false, '企业微信客户端说明：每天 1 次', '2026-07-01'),
  ('group', 'mass', 30, 30, 'hard', '{}', true, '企业微信文档 92135、97610：每月按当月天数', '2026-02-01');
insert into contact_rules (corp_id, scope, channel, period_days, max_count, hardness, bypass, is_on, source, source_date)
select corp_id, std.scope, std.channel, std.period_days, std.max_count, std.hardness, std.bypass, std.is_on, std.source, std.source_date
from corps, standard_contact_rules std
on conflict on constraint contact_rules__key do nothing;

-- Hours in which nobody is written to, and the version of all of it. Times are HH:MM in the corp's time zone.
create table contact_settings (
  corp_id integer primary key references corps,
  version integer not null default 0,
  quiet_is_on boolean not null default true,
  quiet_from text collate "C" not null default '21:00',
  quiet_until text collate "C" not null default '09:00',
  quiet_hardness text not null default 'soft' check (quiet_hardness in ('soft', 'hard')),
  quiet_bypass text[] not null default '{answer}',
  quiet_changed_by integer references staff,
  quiet_changed_at timestamptz
);
insert into contact_settings (corp_id) select corp_id from corps;

-- The customer's own wish, for everybody who serves her: 少打扰 or 勿扰, up to the day before `quiet_until`.
alter table customers
  add column quiet_level text check (quiet_level in ('less', 'none')),
  add column quiet_reason text,
  add column quiet_version integer not null default 0;
update customers set quiet_level = 'none' where quiet_until is not null;
alter table customers add constraint customers__quiet check ((quiet_level is null) = (quiet_until is null));

alter table sends
  -- why it was no approach of ours
  add column reason_class text check (reason_class in ('orderReady', 'afterSales', 'answer')),
  -- said in a conversation the customer had begun: counts for no rule
  add column is_answer boolean not null default false,
  -- a limit stood against it: asked and sent all the same, or let through for its reason
  add column lifted_by text check (lifted_by in ('confirmed', 'reason')),
  add column lifted_rule_id integer references contact_rules on delete set null;
create index sends__group on sends (group_chat_id, started_at desc) where group_chat_id is not null;
-- rules that count over the corp or a store
create index sends__corp on sends (corp_id, started_at desc);
