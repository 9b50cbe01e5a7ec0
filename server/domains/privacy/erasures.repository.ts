import { sql } from 'kysely'
import type { Db, Tx } from '../../db/db.ts'

/** One who is to be erased. */
export interface WaitingErasure {
  erasureId: string
  corpId: number
  customerId: number | null
}

export type ErasureCause = 'asked' | 'retention'

export interface NewErasure {
  erasureId: string
  corpId: number
  customerId: number
  tombstone: Buffer
  cause: ErasureCause
  askedBy: number | null
  at: Date
}

export interface ErasureRow {
  erasureId: string
  cause: ErasureCause
  state: 'waiting' | 'done'
  askedBy: string | null
  askedAt: Date
  /** of the position in a list, to the microsecond */
  exactAt: string
  doneAt: Date | null
  counts: Record<string, number>
}

const columns = sql`
  e.erasure_id as "erasureId", e.cause, e.state, s.name as "askedBy", e.asked_at as "askedAt", e.asked_at::text as "exactAt",
  e.done_at as "doneAt", e.counts`
const withAsker = sql`erasures e left join staff s on s.staff_id = e.asked_by and s.corp_id = e.corp_id`

export const createErasuresRepository = (db: Db | Tx) => ({
  /** @returns the erasure that is under way for her; a second wish is the same one */
  async ask(erasure: NewErasure): Promise<{ erasureId: string; isNew: boolean }> {
    const { erasureId, corpId, customerId, tombstone, cause, askedBy, at } = erasure
    const made = await sql<{ erasureId: string }>`
      insert into erasures (erasure_id, corp_id, tombstone, customer_id, cause, asked_by, asked_at)
      values (${erasureId}, ${corpId}, ${tombstone}, ${customerId}, ${cause}, ${askedBy}, ${at})
      on conflict (customer_id) where customer_id is not null do nothing
      returning erasure_id as "erasureId"`.execute(db)
    if (made.rows[0]) return { erasureId, isNew: true }
    const found = await sql<{ erasureId: string }>`
      select erasure_id as "erasureId" from erasures where customer_id = ${customerId}`.execute(db)
    const [row] = found.rows
    if (!row) throw new Error('an erasure that was under way has ended at the same moment')
    return { ...row, isNew: false }
  },

  async lockWaiting(erasureId: string): Promise<boolean> {
    const found = await sql`
      select from erasures where erasure_id = ${erasureId} and state = 'waiting' for update`.execute(db)
    return found.rows.length > 0
  },

  async findWaiting(corpId: number, erasureId: string): Promise<WaitingErasure | undefined> {
    const found = await sql<WaitingErasure>`
      select erasure_id as "erasureId", corp_id as "corpId", customer_id as "customerId" from erasures
      where erasure_id = ${erasureId} and corp_id = ${corpId} and state = 'waiting'`.execute(db)
    return found.rows[0]
  },

  /** @param afterId to go on behind; absent: from the beginning */
  async listWaiting(corpId: number, count: number, afterId = ''): Promise<WaitingErasure[]> {
    const found = await sql<WaitingErasure>`
      select erasure_id as "erasureId", corp_id as "corpId", customer_id as "customerId" from erasures
      where corp_id = ${corpId} and state = 'waiting' and (${afterId} = '' or erasure_id::text > ${afterId})
      order by erasure_id::text limit ${count}`.execute(db)
    return found.rows
  },

  /** Nothing in the row leads to her any more. */
  async finish(erasureId: string, counts: Record<string, number>, at: Date): Promise<void> {
    await sql`
      update erasures
      set state = 'done', done_at = ${at}, customer_id = null,
        -- once more after a restore: what was found then is what there was
        counts = case when counts = '{}' then ${JSON.stringify(counts)}::jsonb else counts end
      where erasure_id = ${erasureId}`.execute(db)
  },

  async find(corpId: number, erasureId: string): Promise<ErasureRow | undefined> {
    const found = await sql<ErasureRow>`
      select ${columns} from ${withAsker} where e.corp_id = ${corpId} and e.erasure_id = ${erasureId}`.execute(
      db,
    )
    return found.rows[0]
  },

  async list(
    corpId: number,
    before: { exactAt: string; erasureId: string } | undefined,
    count: number,
  ): Promise<ErasureRow[]> {
    const older = before
      ? sql`and (e.asked_at, e.erasure_id) < (${before.exactAt}::timestamptz, ${before.erasureId}::uuid)`
      : sql``
    const found = await sql<ErasureRow>`
      select ${columns} from ${withAsker} where e.corp_id = ${corpId} ${older}
      order by e.asked_at desc, e.erasure_id desc limit ${count}`.execute(db)
    return found.rows
  },

  // After a restore ------------------------------------------------------------------------------------------------------

  async listCorps(): Promise<number[]> {
    const found = await sql<{ corpId: number }>`select distinct corp_id as "corpId" from erasures`.execute(db)
    return found.rows.map(row => row.corpId)
  },

  /** Numbers of customers may stand for others in what was restored: the tombstones find them anew. */
  async forgetNumbers(): Promise<void> {
    await sql`update erasures set customer_id = null where customer_id is not null`.execute(db)
  },

  async listCustomers(
    corpId: number,
    afterId: number,
    count: number,
  ): Promise<{ customerId: number; externalUserId: string }[]> {
    const found = await sql<{ customerId: number; externalUserId: string }>`
      select customer_id as "customerId", external_user_id as "externalUserId" from customers
      where corp_id = ${corpId} and customer_id > ${afterId} order by customer_id limit ${count}`.execute(db)
    return found.rows
  },

  /**
   * Opens the erasures of these customers again, where the profile is the one that was erased: one begun after it, by her own
   * act, stays.
   */
  async reopen(hers: { customerId: number; tombstones: Buffer[] }[]): Promise<WaitingErasure[]> {
    const marks = hers.flatMap(({ customerId, tombstones }) =>
      tombstones.map(mark => ({ customerId, mark: mark.toString('hex') })),
    )
    const found = await sql<WaitingErasure>`
      with latest as (
        select distinct on (given."customerId") e.erasure_id, given."customerId" as customer_id
        from jsonb_to_recordset(${JSON.stringify(marks)}::jsonb) as given ("customerId" bigint, mark text)
        join erasures e on e.tombstone = decode(given.mark, 'hex')
        join customers c on c.customer_id = given."customerId" and c.corp_id = e.corp_id and c.known_since <= e.written_at
        order by given."customerId", e.asked_at desc)
      update erasures e set state = 'waiting', customer_id = latest.customer_id
      from latest where e.erasure_id = latest.erasure_id
      returning e.erasure_id as "erasureId", e.corp_id as "corpId", e.customer_id as "customerId"`.execute(db)
    return found.rows
  },
})
