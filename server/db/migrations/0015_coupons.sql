-- Coupons from the template to the till: stock in pools, who redeemed what where, links for groups, and a ledger nobody can rewrite.

-- A picture of the customer's page and the card; its bytes are a file like any other.
create table coupon_pictures (
  picture_id uuid primary key references media_files,
  corp_id integer not null references corps,
  staff_id integer not null references staff,
  created_at timestamptz not null
);

alter table coupon_templates
  add column valid_from date,
  -- [{weekdays: [1..7], from: 'HH:MM', until: 'HH:MM'}]; empty: at any time
  add column hours jsonb not null default '[]',
  add column per_guide_per_day integer check (per_guide_per_day > 0),
  -- empty: all of them
  add column store_ids integer[] not null default '{}',
  add column tiers text[] not null default '{}',
  add column occasions text[] not null default '{}',
  add column is_stackable boolean not null default false,
  add column landing_text text not null default '',
  add column picture_id uuid references coupon_pictures,
  -- whose coupon it is: `own`, or a name under which the server knows another issuer
  add column issuer text not null default 'own',
  add column version integer not null default 1,
  add column changed_by integer references staff,
  add column changed_at timestamptz,
  add constraint coupon_templates__first_day check (valid_from is null or valid_from <= valid_until);
update coupon_templates set changed_at = created_at;

-- The stock of a template, in so many rows that those who take a piece at once need not wait for one another. What is left is the sum.
create table coupon_pools (
  template_id uuid not null references coupon_templates,
  pool smallint not null,
  stock integer not null,
  -- reserved + issued + claimed + redeemed pieces that came from here; released, expired and revoked ones came back
  live integer not null default 0,
  -- closed while the template is not running: nobody takes, everybody may give back
  is_open boolean not null,
  primary key (template_id, pool),
  constraint coupon_pools__stock check (live between 0 and stock)
) with (fillfactor = 20);
insert into coupon_pools (template_id, pool, stock, live, is_open)
select template_id, 0, stock, live, state = 'running' from coupon_templates;
alter table coupon_templates drop constraint coupon_templates__stock, drop column live;

-- One link in a group: so many pieces, each of them a coupon of its own from the beginning.
create table coupon_shares (
  share_id uuid primary key,
  corp_id integer not null references corps,
  template_id uuid not null references coupon_templates,
  staff_id integer not null references staff,
  group_chat_id integer not null references group_chats,
  -- of the link: 16 random bytes
  token text not null constraint coupon_shares__token_key unique,
  count integer not null check (count > 0),
  state text not null check (state in ('reserved', 'issued', 'released', 'ended')),
  reserved_at timestamptz not null,
  -- of the send
  deadline timestamptz not null,
  ends_at timestamptz not null
);
create index coupon_shares__group on coupon_shares (group_chat_id, reserved_at desc);
create index coupon_shares__end on coupon_shares (ends_at) where state in ('reserved', 'issued');
alter table sends add column share_id uuid;
create unique index sends__share on sends (share_id) where share_id is not null;

alter table coupons
  -- of a group's link: not known before somebody claims it, and perhaps not after
  alter column customer_id drop not null,
  alter column slot drop not null,
  -- the pool it came from, and goes back to
  add column pool smallint not null default 0,
  add column origin text not null default 'chat' check (origin in ('chat', 'share', 'welcome')),
  add column share_id uuid references coupon_shares,
  -- who claimed it from a group's link: a keyed hash
  add column holder bytea,
  add column redeemed_at timestamptz,
  add column redeemed_by integer references staff,
  add column redeemed_store_id integer references stores,
  -- before the discount, and the discount
  add column amount_fen integer check (amount_fen between 0 and 100000000),
  add column discount_fen integer check (discount_fen between 0 and amount_fen),
  add constraint coupons__share check ((origin = 'share') = (share_id is not null)),
  add constraint coupons__whose check (customer_id is not null or share_id is not null);
-- What nobody claims ends when it would have, had it been claimed at once; what lies in chats already, as if it had come today.
update coupons c set expires_on = current_date + t.valid_days_after_claim
from coupon_templates t
where t.template_id = c.template_id and c.state = 'issued' and c.expires_on is null and t.valid_days_after_claim is not null;
create unique index coupons__share_holder on coupons (share_id, holder) where holder is not null;
-- what a person holds who is known by links only, of one template or of all
create index coupons__holder on coupons (holder, template_id) where holder is not null;
create index coupons__share_free on coupons (share_id) where holder is null and state in ('reserved', 'issued');
-- a welcome is given once to a person, ever: also after she has left and come again
create unique index coupons__welcome_once on coupons (template_id, customer_id)
  where origin = 'welcome' and state <> 'released';
-- what became of a template's pieces, newest first
create index coupons__template on coupons (template_id, reserved_at desc, coupon_id desc);
-- what is out of a template, and how far it has come
create index coupons__template_state on coupons (template_id, state)
  where state in ('reserved', 'issued', 'claimed', 'redeemed');
create index coupons__guide_day on coupons (template_id, staff_id, reserved_at);
create index coupons__redeemed on coupons (corp_id, redeemed_at) where state = 'redeemed';

alter table coupon_ledger
  add column idempotency_key text,
  -- the pool it concerns, and what happens to its `live`: this rule stands here only
  add column pool smallint not null default 0,
  add column pool_effect smallint not null generated always as (
    case when from_state is null then 1 when to_state in ('released', 'expired', 'revoked') then -1 else 0 end) stored,
  add column store_id integer,
  add column amount_fen integer,
  add column discount_fen integer,
  -- every coupon has its template; a second lock on the template's row for every line would be one too many
  drop constraint coupon_ledger_template_id_fkey;
drop index coupon_ledger__coupon;
create index coupon_ledger__coupon on coupon_ledger (coupon_id, entry_id);

create function coupon_ledger_stays() returns trigger language plpgsql as $$
begin
  raise exception 'the coupon ledger is only added to' using errcode = 'restrict_violation';
end $$;
create trigger coupon_ledger__stays before update or delete on coupon_ledger
  for each row execute function coupon_ledger_stays();
create trigger coupon_ledger__stays_whole before truncate on coupon_ledger
  for each statement execute function coupon_ledger_stays();

-- The sale a coupon was used for: one at a time.
alter table purchases
  add column coupon_id uuid references coupons,
  add constraint purchases__coupon_key unique (coupon_id);

-- Coupons of other issuers that have ended here and of which the issuer has not been told yet, or was told too late.
create table coupon_issuer_debts (
  coupon_id uuid primary key references coupons,
  issuer text not null,
  reason text not null,
  since timestamptz not null,
  tries integer not null default 0,
  next_at timestamptz not null,
  -- used over there after it had ended here: it is not asked for again
  answer text check (answer = 'redeemed')
);
create index coupon_issuer_debts__next on coupon_issuer_debts (next_at) where answer is null;

-- What came of coupons, month by month, each step in the month in which it happened: nothing but the present month changes any more.
create table coupon_months (
  corp_id integer not null references corps,
  -- its first day
  month date not null,
  template_id uuid not null references coupon_templates,
  -- who gave them
  staff_id integer not null references staff,
  -- whose words went out with them, if any did
  script_id uuid references scripts,
  issued integer not null,
  claimed integer not null,
  redeemed integer not null,
  -- at the till, what was taken off not counted; and what was taken off
  paid_fen bigint not null,
  discount_fen bigint not null,
  -- the first five, by number, below zero where we know them by their link only: enough to know whether fewer than five stand
  -- behind several rows together
  persons bigint[] not null check (cardinality(persons) between 1 and 5),
  constraint coupon_months__key unique nulls not distinct (corp_id, month, template_id, staff_id, script_id)
);
create index coupon_months__staff on coupon_months (staff_id, month);

-- Until when the months are counted.
create table coupon_counts (
  corp_id integer primary key references corps,
  counted_at timestamptz not null
);

-- A month of the ledger: it is only added to, so what was written at the same time lies together.
create index coupon_ledger__at on coupon_ledger using brin (at) with (pages_per_range = 32, autosummarize = on);
