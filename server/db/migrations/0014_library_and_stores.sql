-- The starter that a store's copy of a script was made from: it may be said when that one may.
alter table scripts add column began_as text;

-- How much of the database the pictures, videos and files of the library may take, in MiB. A corp without a row has these numbers.
create table script_asset_limits (
  corp_id integer primary key references corps,
  guide_mib integer not null default 100 check (guide_mib > 0),
  manager_mib integer not null default 1000 check (manager_mib > 0),
  corp_mib integer not null default 5000 check (corp_mib > 0)
);
create index script_assets__corp on script_assets (corp_id);
-- whether what a version showed was ever sent
create index sends__script_version on sends (script_id, script_version) where script_id is not null;

-- What a customer asks of a store besides where it is, in the admin's own words: `每天 10:00–22:00`, `010-6500 0000`.
alter table stores add column hours text, add column phone text;

-- When the part left that was given to the client last and may stand in the chat: on that day the message counts for restraint.
-- Empty for one that began and was over at once.
alter table sends add column counted_at timestamptz;
create index sends__customer_counted on sends (customer_id, coalesce(counted_at, started_at) desc) where customer_id is not null;
create index sends__group_counted on sends (group_chat_id, coalesce(counted_at, started_at) desc) where group_chat_id is not null;
create index sends__corp_counted on sends (corp_id, coalesce(counted_at, started_at) desc);
