-- A shop as it stood in the tables after migration 0014: at least one row in every table, as that program wrote them.
-- The present is 2026-11-21T02:20Z (the clock of the tests); a coupon is reserved, another claimed.
insert into corps (wecom_corp_id, name, created_at) values ('ww_upgraded', '云锦珠宝', '2026-01-01T00:00Z');
insert into departments (corp_id, department_id, parent_id, name) values (1, 1, 0, '云锦珠宝'), (1, 11, 1, '国贸店');
insert into stores (corp_id, department_id, name, address, hours, phone) values (1, 11, '国贸店', '国贸三期', '10:00–22:00', '010-1');
insert into staff (corp_id, user_id, name, store_id, role, synced_at, department_ids, confirmed_at)
values (1, 'chenlu', '陈露', 1, 'guide', '2026-11-21T02:00Z', '{11}', '2026-11-21T02:19Z'),
       (1, 'sunlihua', '孙丽华', 1, 'manager', '2026-11-21T02:00Z', '{11}', '2026-11-21T02:19Z');
insert into store_managers (store_id, staff_id, corp_id, source) values (1, 2, 1, 'wecom');
insert into sessions values ('\x01', 1, 1, '2026-11-21T01:00Z', '2026-11-21T02:00Z', '2026-11-21T13:00Z', null);
insert into login_attempts values ('\x02', '\x03', '/sidebar/', '2026-11-21T01:00Z', null);
insert into wecom_credentials values (1, 'access_token', '\x04', 3, '2026-11-21T01:00Z', '2026-11-21T03:00Z');
insert into wecom_brakes (corp_id, secret_mark, api, errcode, closed_until) values (1, 'm', 'user/get', 45009, '2026-11-21T02:30Z');
insert into notice_settings (staff_id, corp_id, digest_at, quiet_from, quiet_until) values (1, 1, '09:30', '21:00', '09:00');

insert into customers (corp_id, external_user_id, name, salutation, tier, note, quiet_level, quiet_until, synced_at)
values (1, 'wmUpgraded1', '李婉清', '婉清姐', 'VIP', '喜欢素圈', 'less', '2026-12-01', '2026-11-21T00:00Z'),
       (1, 'wmUpgraded2', '周先生', null, null, null, null, null, '2026-11-21T00:00Z');
insert into tag_groups (corp_id, wecom_id, name) values (1, 'etg1', '喜好');
insert into tags (corp_id, group_id, wecom_id, name, pinyin, initials) values (1, 1, 'et1', '翡翠', 'feicui', 'fc');
insert into follows (corp_id, staff_id, customer_id, added_at, joined_at, remark, tag_ids, phone_tails, phones_sealed, synced_at)
values (1, 1, 1, '2026-02-01T00:00Z', '2026-02-01T00:00Z', '婉清 备注', '{1}', '{"\\x0a0b"}', '\x05', '2026-11-21T00:00Z'),
       (1, 1, 2, '2026-03-01T00:00Z', '2026-03-01T00:00Z', '周', '{}', '{}', null, '2026-11-21T00:00Z');
insert into tag_changes (follow_id, tag_id, corp_id, change, changed_at) values (1, 1, 1, 'add', '2026-11-21T02:00Z');
insert into recent_tags values (1, 1, 1, '2026-11-21T02:00Z');
insert into transfers (transfer_id, corp_id, follow_id, customer_id, from_staff_id, to_staff_id, is_resigned, state, requested_by, created_at)
values ('00000000-0000-4000-8000-0000000000a1', 1, 2, 2, 1, 2, false, 'cancelled', 2, '2026-11-01T00:00Z');

insert into people (person_id, corp_id, customer_id, relation, call_name, created_by, created_at, minor_until)
values ('00000000-0000-4000-8000-0000000000b1', 1, 1, 'mother', '妈妈', 1, '2026-05-01T00:00Z', null),
       ('00000000-0000-4000-8000-0000000000b2', 1, 1, 'daughter', '囡囡', 1, '2026-05-01T00:00Z', '2034-01-01');
insert into important_dates (date_id, corp_id, customer_id, person_id, kind, calendar, month, day, lead_days, next_on, remind_on, created_by, created_at)
values ('00000000-0000-4000-8000-0000000000c1', 1, 1, '00000000-0000-4000-8000-0000000000b1', 'birthday', 'lunar', 8, 15, 14,
        '2027-09-15', '2027-09-01', 1, '2026-05-01T00:00Z');
insert into guardian_consents (consent_id, corp_id, customer_id, person_id, guardian, how, given_on, recorded_by, recorded_at)
values ('00000000-0000-4000-8000-0000000000b3', 1, 1, '00000000-0000-4000-8000-0000000000b2', 'customer', 'chat', '2026-05-01', 1, '2026-05-01T00:00Z');
insert into minor_reads values ('00000000-0000-4000-8000-0000000000b2', 1, '2026-11-20', 1, '2026-11-20T01:00Z');
insert into family_undos values ('00000000-0000-4000-8000-0000000000b4', 1, 1, 1, '{}', '2026-11-21T02:00Z');

insert into care_rules values ('00000000-0000-4000-8000-0000000000d1', 1, '清洗保养', 180);
insert into lead_rules values (1, 'birthday', '刻字', 7, 7);
insert into workshop_closures values (1, '2027-02-04', '2027-02-12', '春节');
insert into reminder_plans (corp_id, ran_on) values (1, '2026-11-21');
insert into contact_settings (corp_id) values (1);
insert into contact_rules (corp_id, scope, channel, period_days, max_count, hardness, bypass, source, source_date)
values (1, 'customer', 'private', 7, 1, 'soft', '{orderReady,afterSales,answer}', '店规', '2026-11-01');
insert into trace_windows (corp_id) values (1);
insert into counted_results values (1, 'store', '2026-11-20T00:00Z', '{}');

insert into media_files (file_id, corp_id, kind, name, content_type, bytes, sha256, kept_ready, disposable, uploaded_at)
values ('00000000-0000-4000-8000-0000000000e1', 1, 'image', 'ring.png', 'image/png', '\x89504e470d0a', sha256('\x89504e470d0a'), true, false, '2026-10-01T00:00Z'),
       ('00000000-0000-4000-8000-0000000000e2', 1, 'image', 'engraving.png', 'image/png', '\x89504e470d0a', sha256('\x89504e470d0a'), false, true, '2026-10-01T00:00Z');
insert into engraving_offers (corp_id, piece_id, gold_price_fen, production_days) values (1, 'ring', 9900, 7);
insert into engravings (engraving_id, corp_id, customer_id, staff_id, piece_id, metal, face, font, lines, created_at, updated_at)
values ('00000000-0000-4000-8000-0000000000e3', 1, 1, 1, 'ring', 'gold', 'inside', 'kai', '{平安}', '2026-10-01T00:00Z', '2026-10-01T00:00Z');
insert into engraving_pictures values ('00000000-0000-4000-8000-0000000000e3', 1, '00000000-0000-4000-8000-0000000000e2');

insert into scripts (script_id, corp_id, title, occasion, parts, pinyin, initials, updated_at)
values ('00000000-0000-4000-8000-0000000000f1', 1, '生日快乐', 'birthday', '[{"kind":"text","text":"{称呼|您}，生日快乐"}]', 'shengri', 'sr', '2026-06-01T00:00Z');
insert into script_versions (script_id, version, title, occasion, parts, created_at)
values ('00000000-0000-4000-8000-0000000000f1', 1, '生日快乐', 'birthday', '[{"kind":"text","text":"{称呼|您}，生日快乐"}]', '2026-06-01T00:00Z');
insert into script_favourites values (1, '00000000-0000-4000-8000-0000000000f1', '2026-06-02T00:00Z');
insert into script_pins values (1, 1, '00000000-0000-4000-8000-0000000000f1');
insert into script_assets values ('00000000-0000-4000-8000-0000000000e1', 1, 1, 'image', '戒指', 6, '2026-10-01T00:00Z');
insert into script_asset_limits (corp_id) values (1);
insert into script_days values (1, '00000000-0000-4000-8000-0000000000f1', 1, 1, '2026-11-01', 3, 0, 1, 1, 0, '{1}');
insert into script_sums values (1, '00000000-0000-4000-8000-0000000000f1', 1, 1, 3, 0, 1, 1, 0, '{1}');
insert into script_worked values (1, '00000000-0000-4000-8000-0000000000f1', 1, 1, 3, 1, 1);
insert into script_counts values (1, '2026-11-20T00:00Z');
insert into script_watch (corp_id) values (1);

insert into coupon_templates (template_id, corp_id, name, kind, amount_fen, valid_days_after_claim, stock, live, created_at)
values ('00000000-0000-4000-8000-000000000101', 1, '足金饰品券', 'amountOff', 20000, 30, 100, 2, '2026-06-01T00:00Z'),
       ('00000000-0000-4000-8000-000000000102', 1, '停发的券', 'gift', null, 30, 10, 0, '2026-06-01T00:00Z');
update coupon_templates set state = 'stopped' where template_id = '00000000-0000-4000-8000-000000000102';
insert into coupons (coupon_id, corp_id, template_id, customer_id, staff_id, token, code, state, slot, reserved_at, deadline, issued_at, claimed_at, expires_on)
values ('00000000-0000-4000-8000-000000000111', 1, '00000000-0000-4000-8000-000000000101', 1, 1, 'AAAAAAAAAAAAAAAAAAAAAA', 'AAAABBBBCCCC', 'reserved', 1,
        '2026-11-21T02:18Z', '2026-11-21T02:28Z', null, null, null),
       ('00000000-0000-4000-8000-000000000112', 1, '00000000-0000-4000-8000-000000000101', 2, 1, 'BBBBBBBBBBBBBBBBBBBBBB', 'DDDDEEEEFFFF', 'claimed', 1,
        '2026-11-10T02:00Z', '2026-11-10T02:10Z', '2026-11-10T02:01Z', '2026-11-10T03:00Z', '2026-12-10'),
       ('00000000-0000-4000-8000-000000000113', 1, '00000000-0000-4000-8000-000000000101', 2, 1, 'CCCCCCCCCCCCCCCCCCCCCC', 'GGGGHHHHJJJJ', 'released', 1,
        '2026-11-09T02:00Z', '2026-11-09T02:10Z', null, null, null);
insert into coupon_ledger (corp_id, coupon_id, template_id, from_state, to_state, actor, at)
values (1, '00000000-0000-4000-8000-000000000113', '00000000-0000-4000-8000-000000000101', null, 'reserved', 'staff:1', '2026-11-09T02:00Z'),
       (1, '00000000-0000-4000-8000-000000000113', '00000000-0000-4000-8000-000000000101', 'reserved', 'released', 'job:coupons', '2026-11-09T02:11Z'),
       (1, '00000000-0000-4000-8000-000000000112', '00000000-0000-4000-8000-000000000101', null, 'reserved', 'staff:1', '2026-11-10T02:00Z'),
       (1, '00000000-0000-4000-8000-000000000112', '00000000-0000-4000-8000-000000000101', 'reserved', 'issued', 'staff:1', '2026-11-10T02:01Z'),
       (1, '00000000-0000-4000-8000-000000000112', '00000000-0000-4000-8000-000000000101', 'issued', 'claimed', 'customer', '2026-11-10T03:00Z'),
       (1, '00000000-0000-4000-8000-000000000111', '00000000-0000-4000-8000-000000000101', null, 'reserved', 'staff:1', '2026-11-21T02:18Z');

insert into reminders (reminder_id, corp_id, customer_id, staff_id, date_id, kind, occurrence, due_on, created_at)
values ('00000000-0000-4000-8000-000000000121', 1, 1, 1, '00000000-0000-4000-8000-0000000000c1', 'date', '2026-11-25', '2026-11-15', '2026-11-15T00:00Z');
insert into reminder_focus values (1, 1, 1, '00000000-0000-4000-8000-000000000121', '2026-11-21T02:19Z');
insert into digests values (1, '2026-11-21', 1, 'told', '2026-11-21T01:30Z');
insert into group_chats (corp_id, chat_id, name, owner_staff_id, member_count, synced_at) values (1, 'wrUpgraded', '老友群', 1, 2, '2026-11-21T00:00Z');
insert into group_members values (1, 'chenlu', 1), (1, 'wmUpgraded1', 2);
insert into sends (send_id, corp_id, staff_id, customer_id, title, script_id, script_version, reminder_id, started_at, finished_at, outcome)
values ('00000000-0000-4000-8000-000000000131', 1, 1, 1, '生日快乐', '00000000-0000-4000-8000-0000000000f1', 1, '00000000-0000-4000-8000-000000000121',
        '2026-11-01T02:00Z', '2026-11-01T02:01Z', 'ok');
insert into sends (send_id, corp_id, staff_id, customer_id, title, coupon_id, started_at)
values ('00000000-0000-4000-8000-000000000132', 1, 1, 1, '足金饰品券', '00000000-0000-4000-8000-000000000111', '2026-11-21T02:18Z');
insert into send_parts (send_id, index, body, outcome, answered_at, handed_at)
values ('00000000-0000-4000-8000-000000000131', 0, '{"kind":"text","text":"婉清姐，生日快乐"}', 'ok', '2026-11-01T02:01Z', '2026-11-01T02:00Z'),
       ('00000000-0000-4000-8000-000000000132', 0,
        '{"kind":"coupon","couponId":"00000000-0000-4000-8000-000000000111","title":"足金饰品券","summary":"满减","link":"https://guidebar.example.com/c/AAAAAAAAAAAAAAAAAAAAAA"}',
        null, null, '2026-11-21T02:18Z');
insert into touches (corp_id, customer_id, at, kind, actor, staff_id, what, outcome, send_id)
values (1, 1, '2026-11-01T02:00Z', 'send', 'staff', 1, '生日快乐', 'ok', '00000000-0000-4000-8000-000000000131');

insert into purchase_imports (import_id, corp_id, staff_id, file_name, content_hash, added, repeated, left_out, created_at)
values ('00000000-0000-4000-8000-000000000141', 1, 2, '十月.xlsx', '\x06', 1, 0, 0, '2026-11-02T00:00Z');
insert into purchases (purchase_id, corp_id, customer_id, day, piece, amount_fen, created_by, created_at, import_id, person_id)
values ('00000000-0000-4000-8000-000000000142', 1, 1, '2026-11-05', '足金素圈', 358000, 1, '2026-11-05T00:00Z',
        '00000000-0000-4000-8000-000000000141', '00000000-0000-4000-8000-0000000000b1');
insert into purchase_lines values (1, '\x07', '00000000-0000-4000-8000-000000000141');
insert into purchase_traces values ('00000000-0000-4000-8000-000000000142', 1, '00000000-0000-4000-8000-000000000131', 'sent', '{1}');
insert into removed_purchases values ('00000000-0000-4000-8000-000000000143', 1, 1, '{}', '2026-11-21T02:00Z');

insert into idempotency_keys (corp_id, staff_id, operation, key, fingerprint, result, created_at)
values (1, 1, 'reserveCoupon', 'key-from-before-the-upgrade', '\x08', '"00000000-0000-4000-8000-000000000111"', '2026-11-21T02:18Z');
insert into callback_events (corp_id, content_hash, event, change_type, subject, body_sealed, happened_at, received_at)
values (1, '\x09', 'change_external_contact', 'edit_external_contact', 'customer:wmUpgraded1', '\x0a', '2026-11-21T02:00Z', '2026-11-21T02:00Z');
insert into outbox (outbox_id, corp_id, kind, lane, subject, staff_id, customer_id, payload, created_at)
values ('00000000-0000-4000-8000-000000000151', 1, 'tags', 'customer:1', 'follow:1', 1, 1, '{"followId":1}', '2026-11-21T02:00Z');
insert into outbox_lanes values (1, 'customer:1', '00000000-0000-4000-8000-000000000152', 1, '2026-11-21T02:10Z');
insert into outbox_slots (corp_id, slot) values (1, 1);
insert into sync_leases values (1, 'pull', '00000000-0000-4000-8000-000000000153', '2026-11-21T02:10Z');
insert into sync_heartbeats values (1, '2026-11-21T02:19Z');
insert into sync_runs (corp_id, state, started_at, finished_at) values (1, 'done', '2026-11-21T00:00Z', '2026-11-21T00:10Z');
insert into sync_staff (corp_id, staff_id, state) values (1, 1, 'done');
