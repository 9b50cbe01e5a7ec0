-- For whom an engraving is drafted. It goes with the person: a child's, when the consent is taken back, at once (P28).
alter table engravings add column person_id uuid references people on delete cascade;
create index engravings__person on engravings (person_id) where person_id is not null;
