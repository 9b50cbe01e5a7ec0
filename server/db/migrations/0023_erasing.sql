-- Erasing finds everything of one person by an index: as long as it looks, nothing that WeCom tells is written.
create index callback_events__subject on callback_events (corp_id, subject);
create index welcomes__external_user on welcomes (corp_id, external_user_id) where external_user_id is not null;
-- What a remembered answer names. Without a list of what is still to be put in: nobody's write should have to empty it.
create index idempotency_keys__named on idempotency_keys using gin (jsonb_path_query_array(result, '$.*'))
  with (fastupdate = off) where result is not null;

-- News of groups named members inside what is sealed, where nothing can find them. Their names are left out from now on; what has
-- been worked is of no use any more, and what waits is opened whenever somebody is erased, until it is too old to be kept.
delete from callback_events where event = 'change_external_chat' and state <> 'waiting';
alter table callback_events add column names_members boolean not null default false;
update callback_events set names_members = true where event = 'change_external_chat';
create index callback_events__members on callback_events (corp_id, event_id) where names_members;

-- Named as the key was that it stands for: by that it is known that somebody was erased at the same moment.
create or replace function reminders_customer_stays() returns trigger language plpgsql as $$
begin
  perform from customers where customer_id = new.customer_id for key share;
  if not found then
    raise exception 'customer % of a reminder is not there', new.customer_id
      using errcode = 'foreign_key_violation', table = 'reminders', constraint = 'reminders_customer_id_fkey';
  end if;
  return new;
end $$;

-- Where PostgreSQL itself looks for what leans on a row that goes.
create index important_dates__person on important_dates (person_id) where person_id is not null;
create index guardian_consents__person on guardian_consents (person_id) where person_id is not null;
create index family_undos__customer on family_undos (customer_id);
create index removed_purchases__customer on removed_purchases (customer_id);
create index reminder_focus__customer on reminder_focus (customer_id) where customer_id is not null;
create index transfers__follow on transfers (follow_id) where follow_id is not null;
