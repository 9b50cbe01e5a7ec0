import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Db, Tx } from '../../db/db.ts'

const WAIT_MS = 200

/** One work on a subject, held until its end or until nobody has prolonged it any more. */
export interface Lease {
  subject: string
  holder: string
}

/** Another process has taken the work over; what is not written yet is its business. */
export class LeaseLost extends Error {
  constructor(subject: string) {
    super(`the work on ${subject} was taken over`)
    this.name = 'LeaseLost'
  }
}

/** Who works on what, over all servers; times are the database's. A holder that dies is followed after `seconds`. */
export const createLeases = (db: Db, corpId: number) => ({
  /** @returns undefined while somebody else holds it */
  async take(subject: string, seconds: number): Promise<Lease | undefined> {
    const holder = randomUUID()
    const taken = await sql`
      insert into sync_leases as lease (corp_id, subject, holder, leased_until)
      values (${corpId}, ${subject}, ${holder}, clock_timestamp() + make_interval(secs => ${seconds}))
      on conflict (corp_id, subject) do update set holder = excluded.holder, leased_until = excluded.leased_until
        where lease.leased_until < clock_timestamp()
      returning 1`.execute(db)
    return taken.rows.length > 0 ? { subject, holder } : undefined
  },

  /**
   * Prolongs it, and keeps others from taking it until the transaction ends: what is written there is written as its holder.
   * @throws LeaseLost
   */
  async hold(tx: Tx | Db, { subject, holder }: Lease, seconds: number): Promise<void> {
    const held = await sql`
      update sync_leases set leased_until = clock_timestamp() + make_interval(secs => ${seconds})
      where corp_id = ${corpId} and subject = ${subject} and holder = ${holder}
      returning 1`.execute(tx)
    if (held.rows.length === 0) throw new LeaseLost(subject)
  },

  /**
   * As `take`, but waits for whoever is at it.
   * @throws Error after `seconds` of waiting
   */
  async await(subject: string, seconds: number): Promise<Lease> {
    const until = performance.now() + seconds * 1000
    for (;;) {
      const lease = await this.take(subject, seconds)
      if (lease) return lease
      if (performance.now() > until) throw new Error(`the work on ${subject} takes somebody else too long`)
      await wait(WAIT_MS)
    }
  },

  async giveBack({ subject, holder }: Lease): Promise<void> {
    await sql`
      delete from sync_leases where corp_id = ${corpId} and subject = ${subject} and holder = ${holder}`.execute(
      db,
    )
  },
})
export type Leases = ReturnType<typeof createLeases>
