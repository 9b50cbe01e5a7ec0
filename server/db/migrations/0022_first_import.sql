-- Corps and members are never deleted, so nothing keeps these keys but time: each was looked up and locked for every row of a first
-- import, and all who write at once lock the one row of the corp, which PostgreSQL then has to note as held by many.
alter table customers drop constraint customers_corp_id_fkey;
alter table follows drop constraint follows_corp_id_fkey, drop constraint follows_staff_id_fkey;
alter table touches drop constraint touches_corp_id_fkey, drop constraint touches_staff_id_fkey;
