-- What is known of the people around a customer, whole dates and half-known ones, the guardian's consent for a child's data
-- (P28), and what can be taken back.

alter table people
  add column ring_size text,
  add column wrist_size text,
  add column neck_size text,
  add column allergies text,
  add column likes text,
  add column avoids text,
  -- A child's data until this day: the day the child turns 14, `infinity` while nobody told the year. Null for everybody else.
  add column minor_until date;
create index people__minors on people (customer_id) where minor_until is not null;

alter table important_dates
  -- null: only the month is known, and the date is kept on its first day
  alter column day drop not null,
  -- days ahead chosen for this date alone; null goes by the rule. `lead_days` is what counts, either way.
  add column own_lead_days smallint check (own_lead_days between 0 and 180),
  drop constraint important_dates_leap_policy_check,
  add constraint important_dates__leap_policy
    check (leap_policy in ('leapElseOrdinary', 'both', 'leapOnly', 'sameMonth'));

-- Who allowed that a child's data is kept, how and when. Stays as evidence when the child's data has gone; names nobody.
create table guardian_consents (
  consent_id uuid primary key,
  corp_id integer not null references corps,
  customer_id bigint not null references customers,
  person_id uuid references people on delete set null,
  guardian text not null check (guardian in ('customer', 'otherParent', 'otherGuardian')),
  how text not null check (how in ('inPerson', 'chat', 'phone', 'form')),
  given_on date not null,
  recorded_by integer not null references staff,
  recorded_at timestamptz not null,
  withdrawn_by integer references staff,
  withdrawn_at timestamptz
);
create unique index guardian_consents__live on guardian_consents (person_id) where withdrawn_at is null;
create index guardian_consents__recorded on guardian_consents (corp_id, recorded_at);

-- Who looked at which child's data on which day. Ids only, and they outlive the person.
create table minor_reads (
  person_id uuid not null,
  staff_id integer not null references staff,
  day date not null,
  corp_id integer not null references corps,
  first_at timestamptz not null,
  primary key (person_id, staff_id, day)
);
create index minor_reads__day on minor_reads (corp_id, day);

-- How to take back a removal or a batch of facts; swept after minutes.
create table family_undos (
  undo_id uuid primary key,
  corp_id integer not null references corps,
  customer_id bigint not null references customers,
  staff_id integer not null references staff,
  content jsonb not null,
  created_at timestamptz not null
);
create index family_undos__created on family_undos (created_at);
