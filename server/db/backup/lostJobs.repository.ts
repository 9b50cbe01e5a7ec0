import { sql } from 'kysely'
import type { Db } from '../db.ts'

/**
 * The queue stays behind, and starts empty. What is to be done stands in the rows, and their sweeps find it; a list of many on its way
 * has no sweep, and personal data is not handed out on an approval of another day: it waits for one again.
 */
export async function askAgainForExports(db: Db): Promise<void> {
  await sql`
    update bulk_exports set state = 'waiting', decided_by = null, decided_at = null, rows_done = 0
    where state = 'working'`.execute(db)
}
