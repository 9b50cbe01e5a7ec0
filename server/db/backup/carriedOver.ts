/**
 * What was written after the backup was taken and must outlive a restore over it, table by table: who has been erased stays erased
 * (P29). The rows wait beside the restored tables until those have the newest shape.
 */
const OUTLIVING = ['erasure_keys', 'erasures']

type Asked = { query: (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }> }

const waiting = (table: string) => `restore_${table}`

/** Puts them by from the schema that is about to be dropped. */
export async function carryOver(client: Asked, schema: string): Promise<void> {
  for (const table of OUTLIVING) {
    if (await isThere(client, `${schema}.${table}`))
      await client.query(`create table ${waiting(table)} as table ${schema}.${table}`)
  }
}

/**
 * Adds them to what the backup brought, in the columns both have. Not the numbers of customers: in the backup they may stand for
 * others, and an erasure is not to give way to one of somebody else.
 */
export async function bringIn(client: Asked): Promise<void> {
  for (const table of OUTLIVING) {
    if (!(await isThere(client, waiting(table)))) continue
    const { rows } = await client.query(
      `select string_agg(format('%I', a.attname), ', ') as columns
       from pg_attribute a join pg_attribute b on b.attname = a.attname and b.attrelid = $2::regclass
       where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
         and b.attnum > 0 and not b.attisdropped and a.attname <> 'customer_id'`,
      [table, waiting(table)],
    )
    const { columns } = rows[0] as { columns: string }
    await client.query(
      `insert into ${table} (${columns}) overriding system value select ${columns} from ${waiting(table)} on conflict do nothing`,
    )
    await client.query(`drop table ${waiting(table)}`)
  }
}

async function isThere(client: Asked, table: string): Promise<boolean> {
  const { rows } = await client.query('select to_regclass($1) as found', [table])
  return (rows[0] as { found: string | null }).found !== null
}
