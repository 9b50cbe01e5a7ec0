-- Cuts the timeline (`touches`) by month, and makes the months that come. May be run as often as one likes: once to cut, then each
-- month, as docs/scale.md says. PostgreSQL 17 or later, as the owner of the tables:
--
--   psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f server/db/partitioning/touches_by_month.sql
--
-- The rows there are stay where they lie, as the part of everything before the first month: no row is copied, each is looked at once.
-- Settings, by `set` before or by PGOPTIONS="-c guidebar.first_month=2026-12-01":
--   guidebar.first_month   the first month with a part of its own, when it is cut; later than every line. Default: the next one.
--   guidebar.months_ahead  so many months after this one have a part. Default: 12.
begin;
set local lock_timeout = '10s';
set local statement_timeout = 0;
set local timezone = 'UTC';
lock table touches in access exclusive mode;

do $$
declare
  first_month date := date_trunc('month',
    coalesce(nullif(current_setting('guidebar.first_month', true), '')::timestamp, now() + interval '1 month'));
  last_month date := date_trunc('month',
    now() + make_interval(months => coalesce(nullif(current_setting('guidebar.months_ahead', true), ''), '12')::integer));
  last_id bigint;
  month date;
begin
  if (select relkind from pg_class where oid = 'touches'::regclass) = 'r' then
    select last_value into last_id from touches_touch_id_seq;
    alter table touches alter column touch_id drop identity;
    alter table touches rename to touches_before;
    alter table touches_before rename constraint touches_pkey to touches_before_pkey;
    alter index touches__send rename to touches_before__send;
    alter index touches__purchase rename to touches_before__purchase;
    alter index touches__at rename to touches_before__at;

    create table touches (like touches_before including defaults including constraints including storage) partition by range (at);
    alter table touches alter column touch_id add generated always as identity;
    perform setval('touches_touch_id_seq', last_id);
    alter table touches
      add constraint touches_pkey primary key (customer_id, at, touch_id),
      add foreign key (corp_id) references corps,
      add foreign key (customer_id) references customers,
      add foreign key (staff_id) references staff;
    create unique index touches__send on touches (send_id, customer_id, at) where send_id is not null;
    create index touches__purchase on touches (purchase_id) where purchase_id is not null;
    create index touches__at on touches using brin (at) with (pages_per_range = 32, autosummarize = on);

    execute format('alter table touches attach partition touches_before for values from (minvalue) to (%L)', first_month);
    execute format('create table touches_after partition of touches for values from (%L) to (maxvalue)', first_month);
  end if;

  -- Where the last part begins: the months go in before it, with whatever a clock that was ahead has left in it.
  select (regexp_match(pg_get_expr(relpartbound, oid), 'FROM \(''([^'']+)''\)'))[1]::timestamptz::date into month
  from pg_class where oid = 'touches_after'::regclass;
  if month <= last_month then
    alter table touches detach partition touches_after;
    alter table touches_after rename to touches_left_over;
    alter table touches_left_over rename constraint touches_after_pkey to touches_left_over_pkey;
    while month <= last_month loop
      execute format('create table %I partition of touches for values from (%L) to (%L)',
        'touches_' || to_char(month, 'YYYY_MM'), month, month + interval '1 month');
      month := month + interval '1 month';
    end loop;
    execute format('create table touches_after partition of touches for values from (%L) to (maxvalue)', month);
    insert into touches overriding system value select * from touches_left_over;
    drop table touches_left_over;
  end if;
end $$;
commit;
