import type { Db } from './db/db.ts'
import { askAgainForExports } from './db/backup/lostJobs.repository.ts'
import { cancelNoticesOf } from './db/backup/staleNotices.repository.ts'
import { appendForEveryCorp } from './domains/audit/appendForEveryCorp.ts'
import { replayErasures } from './domains/privacy/replayErasures.ts'

/**
 * What must be done to data out of a backup before anybody sees it, in this order; the server does not start before it is done
 * (`finishRestore`). Each step may be repeated. Whoever keeps a list of what must not come back (P29) replays it here.
 */
export async function afterRestore(db: Db, { takenAt }: { takenAt: Date }): Promise<void> {
  await cancelNoticesOf(db, takenAt)
  await askAgainForExports(db)
  // Who was erased since then does not come back (P29).
  const erased = await replayErasures(db)
  const detail = { takenAt: takenAt.toISOString(), erased }
  await appendForEveryCorp(db, 'restore', { at: new Date(), action: 'backupRestored', detail })
}
