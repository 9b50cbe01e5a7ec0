-- Results of a whole big corp, counted at night: over millions of purchases it takes longer than anybody waits. The newest only.
create table counted_results (
  corp_id integer not null references corps,
  split text not null check (split in ('store', 'guide')),
  counted_at timestamptz not null,
  results jsonb not null,
  primary key (corp_id, split)
);
