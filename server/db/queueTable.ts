import { sql } from 'kysely'
import type { Tx } from './db.ts'

/** Where the queue keeps its jobs (`server/jobs/queue.ts` names the schema). */
export const QUEUE_TABLE = 'pgboss.job'

/** Finds jobs by their key, done ones too; made where the queue is opened, for the table is not ours. */
export const JOB_KEY_INDEX = 'guidebar_job_key'

/** Jobs sent with this key, waiting, done or failed. A database whose queue was never opened has none. @returns how many */
export async function deleteJobsOfKey(tx: Tx, key: string): Promise<number> {
  const there = await sql<{ is: boolean }>`select to_regclass(${QUEUE_TABLE}) is not null as is`.execute(tx)
  if (!there.rows[0]?.is) return 0
  const gone = await sql`delete from ${sql.raw(QUEUE_TABLE)} where singleton_key = ${key}`.execute(tx)
  return Number(gone.numAffectedRows ?? 0)
}
