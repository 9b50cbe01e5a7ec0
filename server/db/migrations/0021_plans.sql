-- Indexes in the order in which the rows lie, and keys that cost more than they keep.

-- The dates of a day by their customers: so they lie in the table, and so do the customers and their friendships. The daily run, which
-- goes through them in this order, reads and writes each page once, however many are due.
drop index important_dates__remind;
create index important_dates__remind on important_dates (corp_id, remind_on, customer_id);
drop index important_dates__next;
create index important_dates__next on important_dates (corp_id, next_on, customer_id);

-- Reminders are made a million a night. Corps and members are never deleted, and a customer is not before her dates are, which take
-- their reminders with them: three keys that would have to be looked up and locked for each. What is about no date is held to its
-- customer by the trigger, as the key did: whoever erases her is waited for, and then there is nobody to be reminded of.
alter table reminders
  drop constraint reminders_corp_id_fkey,
  drop constraint reminders_staff_id_fkey,
  drop constraint reminders_customer_id_fkey;
create function reminders_customer_stays() returns trigger language plpgsql as $$
begin
  perform from customers where customer_id = new.customer_id for key share;
  if not found then
    raise exception 'customer % of a reminder is not there', new.customer_id using errcode = 'foreign_key_violation';
  end if;
  return new;
end $$;
create trigger reminders__customer before insert or update of customer_id on reminders
  for each row when (new.date_id is null) execute function reminders_customer_stays();

-- Who has been nobody's friend for years.
create index follows__forgotten on follows (corp_id, ended_at) where status in ('lost', 'removed');
