-- The library of scripts: written in the app, with a memory of every version.

-- The days on which it may be used, both included; without one: from ever, for ever.
alter table scripts
  add column effective_from date,
  add column effective_until date,
  -- a quick reply of everybody who has not chosen her own
  add column default_slot smallint check (default_slot between 1 and 3),
  add constraint scripts__effective check (effective_from <= effective_until),
  add constraint scripts__owner check ((scope = 'store') = (store_id is not null) and (scope = 'personal') = (staff_id is not null));
update scripts set default_slot = case starter_key
  when 'daily-opening-hours' then 1 when 'daily-address' then 2 when 'daily-hold-piece' then 3 end
where starter_key in ('daily-opening-hours', 'daily-address', 'daily-hold-piece');

-- What a script said, version by version: sends point here. Written with the script and never changed.
create table script_versions (
  script_id uuid not null references scripts on delete cascade,
  version integer not null,
  title text not null,
  occasion text not null,
  parts jsonb not null,
  effective_from date,
  effective_until date,
  -- nobody: it came with the product
  staff_id integer references staff,
  created_at timestamptz not null,
  primary key (script_id, version)
);
insert into script_versions (script_id, version, title, occasion, parts, created_at)
select script_id, version, title, occasion, parts, updated_at from scripts;

create table script_favourites (
  staff_id integer not null references staff,
  script_id uuid not null references scripts on delete cascade,
  created_at timestamptz not null,
  primary key (staff_id, script_id)
);

-- Quick replies. Who has a row has chosen; an empty place keeps its row without a script.
create table script_pins (
  staff_id integer not null references staff,
  slot smallint not null check (slot between 1 and 3),
  script_id uuid references scripts on delete cascade,
  primary key (staff_id, slot)
);
