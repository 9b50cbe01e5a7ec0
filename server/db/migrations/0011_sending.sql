-- A send is told part by part, may be continued later, and says from which client it left.

-- Set when a part is about to be given to the client. With it and without an answer the part may stand in the chat;
-- without it it surely does not.
alter table send_parts add column handed_at timestamptz;
update send_parts part set handed_at = s.started_at
from sends s where s.send_id = part.send_id and (part.outcome is not null or s.outcome is null);

-- Which time it was given to the client, named by the page that gave it: an answer to an earlier time comes too late.
alter table send_parts add column attempt uuid;

-- `outcome`: what has become of it so far. `finished_at`: nothing more is expected. `stopped_at`: the rest was given up.
alter table sends add column stopped_at timestamptz;
alter table sends add column client_platform text
  check (client_platform in ('windows', 'mac', 'ios', 'android', 'other'));
alter table sends add column client_version text;
update sends set finished_at = started_at where outcome is not null and finished_at is null;
drop index sends__open;
create index sends__unfinished on sends (started_at) where finished_at is null;

-- The line of the timeline that tells of a send follows what becomes of it.
alter table touches add column send_id uuid;
create unique index touches__send on touches (send_id) where send_id is not null;
