-- The timeline can be cut by month, and spread by customer: both stand in each of its unique keys. One index now tells the lines
-- apart and lists a customer's, newest first, read backwards.
alter table touches drop constraint touches_pkey;
alter table touches add constraint touches_pkey primary key (customer_id, at, touch_id);
drop index touches__customer;

-- The line of a send stands where the send began, whenever something becomes known of it.
update touches t set at = s.started_at from sends s where s.send_id = t.send_id and t.at <> s.started_at;
drop index touches__send;
create unique index touches__send on touches (send_id, customer_id, at) where send_id is not null;
