-- 今日 goes through all customers of a guide for the days that come: by these two, without reading a row of those who have none.
drop index follows__recent;
create index follows__recent on follows (staff_id, added_at desc) include (customer_id, corp_id) where status = 'active';
-- Of one customer the few dates are put in order by themselves.
drop index important_dates__customer;
create index important_dates__customer on important_dates (customer_id, remind_on);
