import type { Db } from '../../db/db.ts'
import { appendAudit, type NewAuditEntry } from './appendAudit.ts'
import { createAuditRepository } from './audit.repository.ts'

/** What was done to the database as a whole, by a command: one entry for each corp in it. */
export async function appendForEveryCorp(
  db: Db,
  command: string,
  entry: Omit<NewAuditEntry, 'actor'>,
): Promise<void> {
  const corps = await createAuditRepository(db).listCorps()
  await db.transaction(tx =>
    appendAudit(
      tx,
      ...corps.map(({ corpId }) => ({ ...entry, actor: { kind: 'job' as const, corpId, name: command } })),
    ),
  )
}
