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

-- What a customer asks of a store besides where it is, in the admin's own words: `每天 10:00–22:00`, `010-6500 0000`.
alter table stores add column hours text, add column phone text;
