-- Each look at a child's data is noted, not one a day; what one opening reads within the same ten minutes is one look (P28).
-- Rows from before have their day only and keep it.
drop index audit_entries__minor_read;
create unique index audit_entries__minor_read on audit_entries (corp_id, staff_id, subject_id, (detail ->> 'look'))
  where action = 'minorRead' and detail ? 'look';
