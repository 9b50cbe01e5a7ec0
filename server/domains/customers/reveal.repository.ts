import { sql } from 'kysely'
import type { StaffActor } from '../../actor.ts'
import type { Tx } from '../../db/db.ts'
import { REVEAL_LOCK } from '../../db/locks.ts'

export const createRevealRepository = (tx: Tx) => ({
  /** Until the transaction ends this member reveals nothing else, on whatever server. */
  async lock(actor: StaffActor): Promise<void> {
    await sql`select pg_advisory_xact_lock(${REVEAL_LOCK}::int, ${actor.staffId}::int)`.execute(tx)
  },

  /** When she did so for the `count`th last time since then; undefined when it was fewer times. */
  async findLast(actor: StaffActor, count: number, since: Date): Promise<Date | undefined> {
    const found = await sql<{ at: Date }>`
      select at from audit_entries
      where corp_id = ${actor.corpId} and staff_id = ${actor.staffId} and action = 'phoneRevealed' and at > ${since}
      order by at desc offset ${count - 1} limit 1`.execute(tx)
    return found.rows[0]?.at
  },

  async findPhones(followId: number): Promise<Buffer | null> {
    const found = await sql<{ sealed: Buffer | null }>`
      select phones_sealed as sealed from follows where follow_id = ${followId}`.execute(tx)
    return found.rows[0]?.sealed ?? null
  },
})
