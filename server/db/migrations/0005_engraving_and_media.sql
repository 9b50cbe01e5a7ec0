-- What can be engraved for how much, and what was drafted for whom.

-- What a corp asks for one of the drawn pieces (shared/rules/engravingPieces.ts). Without a row: no price known, the usual days.
create table engraving_offers (
  corp_id integer not null references corps,
  piece_id text not null,
  gold_price_fen integer check (gold_price_fen between 0 and 100000000),
  platinum_price_fen integer check (platinum_price_fen between 0 and 100000000),
  production_days smallint not null check (production_days between 1 and 180),
  details text not null default '',
  is_offered boolean not null default true,
  version integer not null default 1,
  primary key (corp_id, piece_id)
);

create table engravings (
  engraving_id uuid primary key,
  corp_id integer not null references corps,
  customer_id bigint not null references customers,
  staff_id integer not null references staff,
  piece_id text not null,
  metal text not null check (metal in ('gold', 'platinum')),
  face text not null,
  font text not null check (font in ('kai', 'xing', 'song', 'latin')),
  lines text[] not null check (cardinality(lines) between 1 and 2),
  price_fen integer check (price_fen between 0 and 100000000),
  ready_on date,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index engravings__customer on engravings (customer_id, updated_at desc);

-- The picture as the device drew it, one per draft. WeCom keeps an uploaded one for three days: its id there, and since when.
create table engraving_pictures (
  engraving_id uuid primary key references engravings on delete cascade,
  corp_id integer not null references corps,
  content_type text not null check (content_type in ('image/jpeg', 'image/png')),
  bytes bytea not null check (octet_length(bytes) <= 409600),
  uploaded_at timestamptz not null,
  media_id text,
  media_fetched_at timestamptz
);
-- Packed already: pressing it again only costs time.
alter table engraving_pictures alter column bytes set storage external;
create index engraving_pictures__uploaded on engraving_pictures (uploaded_at);

-- The draft whose picture a send carries.
alter table sends add column engraving_id uuid references engravings on delete set null;
create index sends__engraving on sends (engraving_id) where engraving_id is not null;
