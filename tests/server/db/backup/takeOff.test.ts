import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { takeOff } from '../../../../server/db/backup/takeOff.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'

let test: TestDb
beforeAll(async () => {
  test = await createTestDb()
})
afterAll(() => test.drop())

const shape = async () =>
  (
    await sql`
      select conrelid::regclass::text as of, contype::text as kind, pg_get_constraintdef(oid) as is, convalidated as "isWhole" from pg_constraint
      where connamespace = 'public'::regnamespace
      union all
      select indrelid::regclass::text, 'index', pg_get_indexdef(indexrelid), indisvalid from pg_index
      where indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
      union all
      select tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled = 'O' from pg_trigger where not tgisinternal
      order by 1, 2, 3`.execute(test.db)
  ).rows

it('empties every table and makes it as it was, one that is cut into parts too', async () => {
  await sql`
    create table cut (id bigint, at timestamptz, corp_id integer references corps, word text, primary key (id, at)) partition by range (at);
    create table cut_2026 partition of cut for values from ('2026-01-01') to ('2027-01-01');
    create table cut_rest partition of cut default;
    create index cut__word on cut (word);
    create unique index cut__once on cut (word, at);
    create function cut_changes() returns trigger language plpgsql as $$ begin raise exception 'a trigger ran'; end $$;
    create trigger cut__changes before insert on cut for each row execute function cut_changes();
    insert into corps (wecom_corp_id, created_at) values ('ww', now())`.execute(test.db)
  const before = await shape()
  expect(before.filter(row => (row as { of: string }).of.startsWith('cut')).length).toBeGreaterThan(12)

  const client = await test.db.pool.connect()
  try {
    await client.query('begin')
    const putOnAgain = await takeOff(client)
    // No key, no trigger looks at it now.
    await client.query(`insert into cut values (1, '2026-05-05', 77, 'a'), (2, '2031-05-05', 77, 'b')`)
    await client.query(`update cut set corp_id = null`)
    expect((await client.query('select from corps')).rowCount).toBe(0)
    for (const statement of putOnAgain) await client.query(statement)
    await client.query('commit')
  } finally {
    client.release()
  }
  expect(await shape()).toEqual(before)
  const parts = await sql`select tableoid::regclass::text as part from cut order by id`.execute(test.db)
  expect(parts.rows).toEqual([{ part: 'cut_2026' }, { part: 'cut_rest' }])
})
