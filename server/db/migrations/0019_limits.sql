-- What is allowed how often, counted by all servers together.
--
-- Nothing here outlives a minute's use: the tables are unlogged (no log is written for them, and a crash of the database empties
-- them, after which everybody begins anew). Keys are keyed hashes of what is limited and whom: neither a session, an address nor a
-- coupon's link can be read from them. server/limits/limits.ts says which are counted how.

-- Frequent: how long somebody's requests so far will have taken at the pace that is allowed.
create unlogged table limit_paces (
  key bytea primary key,
  busy_until timestamptz not null
) with (fillfactor = 70);

-- Rare: when it happened, as far back as the limit looks.
create unlogged table limit_quotas (
  key bytea primary key,
  hits timestamptz[] not null,
  is_refused boolean not null,
  -- when the last of them no longer counts
  ends_at timestamptz not null
) with (fillfactor = 70);
create index limit_quotas__ends_at on limit_quotas (ends_at);
