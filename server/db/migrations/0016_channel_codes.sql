-- Codes to add a friend (联系我), who came by them, and how they were greeted.

create table channel_codes (
  channel_code_id uuid primary key,
  corp_id integer not null references corps,
  -- what WeCom tells with everybody who scans it: ours, and never used again
  state text not null,
  name text not null,
  staff_ids integer[] not null check (cardinality(staff_ids) > 0),
  tag_ids integer[] not null default '{}',
  welcome_text text not null default '',
  template_id uuid references coupon_templates,
  skip_verify boolean not null,
  version integer not null default 1,
  created_by integer references staff,
  created_at timestamptz not null,
  changed_by integer references staff,
  changed_at timestamptz not null,
  -- it stays for who came by it
  deleted_at timestamptz,
  -- at WeCom; without its config_id a code can never be changed or deleted there
  config_id text,
  qr_code_url text,
  -- WeCom may have made one whose config_id was not heard
  asked_at timestamptz,
  told_version integer,
  told_at timestamptz,
  told_staff_ids integer[] not null default '{}',
  constraint channel_codes__state_key unique (corp_id, state)
);
create index channel_codes__list on channel_codes (corp_id, created_at desc) where deleted_at is null;

-- Once per code, guide and customer, however often she comes back.
create table channel_arrivals (
  channel_code_id uuid not null references channel_codes,
  staff_id integer not null references staff,
  customer_id bigint not null references customers,
  first_at timestamptz not null,
  -- the friendship the code's tags were put on for
  tagged_at timestamptz,
  primary key (channel_code_id, customer_id, staff_id)
);

-- One row per welcome code, claimed before WeCom is called: of two servers, and after a crash, nobody greets twice.
create table welcomes (
  welcome_id uuid primary key,
  corp_id integer not null references corps,
  code_hash bytea not null,
  -- forgotten once it has ended
  code_sealed bytea,
  channel_code_id uuid not null references channel_codes,
  staff_id integer not null references staff,
  customer_id bigint references customers,
  external_user_id text,
  -- waiting → sending → sent, refused, or unknown: whoever asked WeCom has not said what became of it
  state text not null default 'waiting' check (state in ('waiting', 'sending', 'sent', 'refused', 'unknown')),
  -- why it may leave in spite of every contact rule: the customer came of her own
  reason_class text not null default 'answer',
  coupon_id uuid,
  coupon_refusal text,
  errcode integer,
  received_at timestamptz not null,
  claimed_at timestamptz,
  ended_at timestamptz,
  constraint welcomes__code_key unique (corp_id, code_hash)
);
create index welcomes__open on welcomes (received_at) where state in ('waiting', 'sending');
create index welcomes__unwelcomed on welcomes (channel_code_id, received_at) where state in ('refused', 'unknown');

-- Who has had a template as a welcome: once per person ever, whatever becomes of friendships and customers.
-- `person_hash` is a keyed hash of WeCom's id, so that it may outlive the person's erasure.
create table welcome_coupons (
  corp_id integer not null references corps,
  template_id uuid not null references coupon_templates,
  person_hash bytea not null,
  channel_code_id uuid not null references channel_codes,
  -- null only within the transaction that gives it
  coupon_id uuid,
  given_at timestamptz not null,
  primary key (template_id, person_hash)
);
create index welcome_coupons__code on welcome_coupons (channel_code_id, coupon_id);

alter table outbox drop constraint outbox_kind_check;
alter table outbox add constraint outbox__kind
  check (kind in ('tags', 'remark', 'message', 'transfer', 'contactWay'));
