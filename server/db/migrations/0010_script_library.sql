-- The library of scripts: written in the app, with a memory of every version; files that stand ready at WeCom.

-- Bytes that WeCom is given, and its id for them. It keeps an upload for three days: `media_fetched_at` is when it was asked.
-- What is `kept_ready` is put there again by a job before that; the rest when it is needed.
create table media_files (
  file_id uuid primary key,
  corp_id integer not null references corps,
  kind text not null check (kind in ('image', 'video', 'file')),
  name text not null,
  content_type text not null,
  bytes bytea not null check (octet_length(bytes) between 6 and 20971520),
  sha256 bytea not null,
  kept_ready boolean not null,
  -- can be made again: not kept for longer than a month
  disposable boolean not null,
  uploaded_at timestamptz not null,
  media_id text,
  media_fetched_at timestamptz,
  -- somebody gives it to WeCom just now, or WeCom said no: nobody else tries before
  next_try_at timestamptz
);
-- Packed already: pressing it again only costs time.
alter table media_files alter column bytes set storage external;
create index media_files__due on media_files (media_fetched_at nulls first) where kept_ready;
create index media_files__disposable on media_files (uploaded_at) where disposable;

-- The picture of an engraving is such a file.
alter table engraving_pictures add column file_id uuid unique;
update engraving_pictures set file_id = gen_random_uuid();
insert into media_files (file_id, corp_id, kind, name, content_type, bytes, sha256, kept_ready, disposable, uploaded_at, media_id,
                         media_fetched_at)
select file_id, corp_id, 'image', case content_type when 'image/png' then 'engraving.png' else 'engraving.jpg' end,
       content_type, bytes, sha256(bytes), false, true, uploaded_at, media_id, media_fetched_at
from engraving_pictures where octet_length(bytes) > 5;
delete from engraving_pictures where octet_length(bytes) <= 5;
alter table engraving_pictures
  alter column file_id set not null,
  add constraint engraving_pictures__file foreign key (file_id) references media_files on delete cascade,
  drop column content_type,
  drop column bytes,
  drop column uploaded_at,
  drop column media_id,
  drop column media_fetched_at;
-- Wherever a draft goes, with a person or with a customer, its picture's bytes go too (P28).
create function drop_engraving_file() returns trigger language plpgsql as $$
begin
  delete from media_files where file_id = old.file_id;
  return null;
end $$;
create trigger engraving_pictures__file after delete on engraving_pictures
  for each row execute function drop_engraving_file();

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

-- Pictures, videos and files of the library.
create table script_assets (
  asset_id uuid primary key references media_files on delete cascade,
  corp_id integer not null references corps,
  staff_id integer not null references staff,
  kind text not null check (kind in ('image', 'video', 'file')),
  name text not null,
  byte_count integer not null,
  created_at timestamptz not null
);
-- in which versions one stands
create index script_versions__parts on script_versions using gin (parts jsonb_path_ops);
create index script_assets__staff on script_assets (staff_id);
create index script_assets__created on script_assets (created_at);
