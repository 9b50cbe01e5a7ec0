import type pg from 'pg'

/** Millions of rows into a dozen indexes one by one take hours; built afterwards, minutes. Answers how to put them back. */
export async function dropIndexes(client: pg.PoolClient): Promise<() => Promise<void>> {
  const constraints = ['follows__staff_customer_key', 'important_dates_pkey', 'customers__external_key']
  const { rows: held } = await client.query<{ table: string; name: string; definition: string }>(
    `select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
     where conname = any($1) or (contype = 'f' and confrelid = 'important_dates'::regclass)
     order by contype = 'f'`,
    [constraints],
  )
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `select c.relname as name, pg_get_indexdef(i.indexrelid) as definition
     from pg_index i join pg_class c on c.oid = i.indexrelid
     where i.indrelid in ('follows'::regclass, 'important_dates'::regclass, 'touches'::regclass)
       and not exists (select from pg_constraint where conindid = i.indexrelid)`,
  )
  for (const { table, name } of held.toReversed())
    await client.query(`alter table ${table} drop constraint ${name}`)
  for (const { name } of indexes) await client.query(`drop index ${name}`)
  return async () => {
    for (const { definition } of indexes) await client.query(definition)
    for (const { table, name, definition } of held) {
      await client.query(`alter table ${table} add constraint ${name} ${definition}`)
    }
  }
}
