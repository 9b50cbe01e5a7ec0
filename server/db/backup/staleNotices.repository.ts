import { sql } from 'kysely'
import type { Db } from '../db.ts'

/**
 * Notices to members that waited when the backup was taken have gone out since, or their time is over; WeCom's duplicate check no
 * longer knows them. Everything else that waits says how things shall be, and may be said again.
 */
export async function cancelNoticesOf(db: Db, takenAt: Date): Promise<void> {
  await sql`
    update outbox set state = 'cancelled', reason = 'restored', ended_at = clock_timestamp()
    where kind = 'message' and state in ('waiting', 'sending') and created_at <= ${takenAt}`.execute(db)
}
