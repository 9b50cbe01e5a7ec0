-- A line of a file is known again by whose, when, what and for how much it is, and which of several equal ones of its file. The key
-- held all its other columns too: with another choice of columns the same file came twice. imports.service.ts builds the same.
delete from purchase_lines;
insert into purchase_lines (corp_id, line_key, import_id)
select corp_id,
       sha256(convert_to(concat_ws(E'\n', customer_id, to_char(day, 'YYYY-MM-DD'), amount_fen, piece,
         row_number() over (partition by import_id, customer_id, day, amount_fen, piece order by purchase_id)), 'UTF8')),
       import_id
from purchases
where import_id is not null
order by created_at
on conflict do nothing;

-- Who was noted before children were told apart is a child too: until fourteen where a birthday tells the year (the first of March
-- after it for a lunar one), else until somebody tells. Without a consent only those who follow the customer see them (P28).
update people p
set minor_until = coalesce(told.until, 'infinity')
from people noted
left join lateral (
  select case d.calendar
           when 'solar' then make_date(d.year + 14, d.month, 1) + coalesce(d.day, 31) - 1
           else make_date(d.year + 15, 3, 1)
         end as until
  from important_dates d
  where d.customer_id = noted.customer_id and d.person_id = noted.person_id and d.kind = 'birthday' and d.year is not null
  order by d.year desc, d.created_at desc
  limit 1) told on true
where p.person_id = noted.person_id and noted.minor_until is null
  and noted.created_at < (select applied_at from schema_migrations where version = 3)
  and case
        when told.until is not null then told.until > current_date
        else noted.relation in ('child', 'son', 'daughter', 'grandson', 'granddaughter', 'nephew', 'niece')
             and not exists (
               select from important_dates d
               where d.customer_id = noted.customer_id and d.person_id = noted.person_id and d.kind = 'wedding')
      end;
