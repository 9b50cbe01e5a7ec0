type Asked = { query: (text: string) => Promise<{ rows: unknown[] }> }

/**
 * Takes off what would look at every row that comes (keys between tables, indexes, triggers), and empties the tables. Of a table cut
 * into parts the whole is meant: its parts follow it.
 * @returns the statements that make everything as it was
 */
export async function takeOff(client: Asked): Promise<string[]> {
  const list = async (text: string) => (await client.query(text)).rows as { off: string; on: string }[]
  const keys = await list(`
    select format('alter table %s drop constraint %I', conrelid::regclass, conname) as off,
           format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as on
    from pg_constraint
    where contype = 'f' and conparentid = 0 and connamespace = 'public'::regnamespace order by conname`)
  const indexes = await list(`
    select format('drop index %s', i.indexrelid::regclass) as off,
           case c.relkind when 'I' then replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ')
             else pg_get_indexdef(i.indexrelid) end as on
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relnamespace = 'public'::regnamespace and not c.relispartition
      and not exists (select from pg_constraint where conindid = i.indexrelid and contype in ('p', 'u', 'x'))
    order by c.relname`)
  const triggers = await list(`
    select distinct format('alter table %s disable trigger user', tgrelid::regclass) as off,
           format('alter table %s enable trigger user', tgrelid::regclass) as on
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where not tgisinternal and c.relnamespace = 'public'::regnamespace`)
  const parts = [...keys, ...indexes, ...triggers]
  for (const { off } of parts) await client.query(off)
  const { rows } = await client.query(
    `select string_agg(format('%I', relname), ', ') as names from pg_class
     where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace and relname <> 'restore_mark'`,
  )
  // What migrations write of their own is in the backup too.
  await client.query(`truncate ${(rows[0] as { names: string | null }).names ?? ''}`)
  return [...indexes, ...keys, ...triggers].map(({ on }) => on)
}
