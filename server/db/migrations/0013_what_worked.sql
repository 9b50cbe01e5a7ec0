-- What came of scripts, day by day. A message counts on the day it left; what comes of it later changes that day's row.

create table script_days (
  corp_id integer not null references corps,
  script_id uuid not null references scripts on delete cascade,
  version integer not null,
  staff_id integer not null references staff,
  day date not null,
  -- reached the customer, if only in part
  sends integer not null,
  -- the guide said no in the client, nothing left
  cancelled integer not null,
  -- of the sends: she answered, as far as a guide has told
  replies integer not null,
  -- traced to one of the sends
  purchases integer not null,
  -- of the sends: she ended the friendship soon after
  lost integer not null,
  -- the first five customers, by number: enough to know whether fewer than five persons stand behind several rows together
  customers bigint[] not null check (cardinality(customers) between 1 and 5),
  primary key (script_id, version, staff_id, day)
);
create index script_days__corp on script_days (corp_id, day);
create index script_days__staff on script_days (staff_id, day);

-- The last ninety days of a version, all guides of one store together; without a store, those who are in none.
create table script_sums (
  corp_id integer not null references corps,
  script_id uuid not null references scripts on delete cascade,
  version integer not null,
  store_id integer references stores,
  sends integer not null,
  cancelled integer not null,
  replies integer not null,
  purchases integer not null,
  lost integer not null,
  -- as above
  customers bigint[] not null check (cardinality(customers) between 1 and 5),
  constraint script_sums__key unique nulls not distinct (script_id, version, store_id)
);
create index script_sums__corp on script_sums (corp_id, store_id);

-- What the choice of a script follows: the last ninety days of a version, in one store and in the whole company (no store). Only what
-- enough sends to enough persons speak for.
create table script_worked (
  corp_id integer not null references corps,
  script_id uuid not null references scripts on delete cascade,
  version integer not null,
  store_id integer references stores,
  sends integer not null,
  replies integer not null,
  purchases integer not null,
  constraint script_worked__key unique nulls not distinct (script_id, version, store_id)
);
create index script_worked__corp on script_worked (corp_id);

-- Until when the days are counted.
create table script_counts (
  corp_id integer primary key references corps,
  counted_at timestamptz not null
);

-- From where on whoever wrote a script is told that it does not do well. A corp without a row has these numbers.
create table script_watch (
  corp_id integer primary key references corps,
  min_sends integer not null default 30 check (min_sends > 0),
  lost_percent integer not null default 2 check (lost_percent between 1 and 100),
  cancelled_percent integer not null default 40 check (cancelled_percent between 1 and 100)
);
insert into script_watch (corp_id) select corp_id from corps;

-- Messages of scripts by the day they left.
create index sends__script_day on sends (corp_id, started_at) where script_id is not null and customer_id is not null;
