import { sql } from 'kysely'
import type { Db, Tx } from '../../db/db.ts'

export interface NewEvent {
  contentHash: Buffer
  event: string
  changeType: string
  subject: string
  bodySealed: Buffer
  happenedAt: Date
  receivedAt: Date
}

export interface StoredEvent {
  eventId: number
  bodySealed: Buffer
}

/** A second, and what the clocks may differ. */
const SAME_SECOND = '10 seconds'

export const createEventsRepository = (db: Db | Tx, corpId: number) => ({
  /**
   * What was edited twice within WeCom's second says so in the same words: if the first is being worked by then, or has been,
   * it is to be worked again.
   * @param all of different content
   * @returns the hashes, in hex, of those we had not
   */
  async insert(all: NewEvent[]): Promise<Set<string>> {
    const of = <Key extends keyof NewEvent>(key: Key): NewEvent[Key][] => all.map(event => event[key])
    // In one order everywhere: two servers may be told the same at the same time.
    const written = await sql<{ hash: string }>`
      insert into callback_events as known (corp_id, content_hash, event, change_type, subject, body_sealed, happened_at, received_at)
      select ${corpId}::integer, given.*
      from unnest(${of('contentHash')}::bytea[], ${of('event')}::text[], ${of('changeType')}::text[], ${of('subject')}::text[],
                  ${of('bodySealed')}::bytea[], ${of('happenedAt')}::timestamptz[], ${of('receivedAt')}::timestamptz[])
        as given (content_hash, event, change_type, subject, body_sealed, happened_at, received_at)
      order by given.content_hash
      on conflict on constraint callback_events__content_key do update set state = 'waiting', tries = 0
        where known.change_type = 'edit_external_contact' and (known.state = 'waiting' and known.tries > 0
          or known.state = 'done' and known.worked_at < known.happened_at + ${SAME_SECOND}::interval)
      returning encode(content_hash, 'hex') as hash`.execute(db)
    return new Set(written.rows.map(({ hash }) => hash))
  },

  /** What waits about one subject, in the order in which it happened. */
  async listWaiting(subject: string): Promise<StoredEvent[]> {
    const found = await sql<StoredEvent>`
      select event_id as "eventId", body_sealed as "bodySealed" from callback_events
      where corp_id = ${corpId} and subject = ${subject} and state = 'waiting'
      order by happened_at, event_id`.execute(db)
    return found.rows
  },

  /** Each try makes the next look at what was left come later: 10 minutes, 20, 40, then an hour. */
  async countTry(eventIds: number[], now: Date): Promise<void> {
    await sql`
      update callback_events
      set tries = tries + 1, next_at = ${now}::timestamptz + make_interval(mins => least(60, 10 * (1 << least(tries, 3))))
      where event_id = any(${eventIds}::bigint[]) and corp_id = ${corpId}`.execute(db)
  },

  /** Those that have not come once more since they were taken up. */
  async settle(
    eventIds: number[],
    state: 'done' | 'failed',
    reason: string | null,
    now: Date,
  ): Promise<void> {
    await sql`
      update callback_events set state = ${state}, reason = ${reason}, worked_at = ${now}
      where event_id = any(${eventIds}::bigint[]) and corp_id = ${corpId} and state = 'waiting' and tries > 0`.execute(
      db,
    )
  },

  /** Subjects with something that has been waiting since before `before`, and whose turn it is. */
  async listLeft(before: Date, now: Date, count: number): Promise<string[]> {
    const found = await sql<{ subject: string }>`
      select subject from callback_events
      where corp_id = ${corpId} and state = 'waiting' and received_at < ${before}
        and (next_at is null or next_at <= ${now})
      group by subject order by min(event_id) limit ${count}`.execute(db)
    return found.rows.map(row => row.subject)
  },

  /** What was said about one subject and has been taken up; what came meanwhile stays. */
  async deleteWorked(subject: string): Promise<void> {
    await sql`
      delete from callback_events where corp_id = ${corpId} and subject = ${subject} and tries > 0`.execute(
      db,
    )
  },

  async deleteOld(before: Date): Promise<void> {
    await sql`
      delete from callback_events where corp_id = ${corpId} and received_at < ${before} and state <> 'waiting'`.execute(
      db,
    )
  },

  /** Whether something of ours about a customer reached WeCom so lately that what it showed may be from before. */
  async isJustTold(externalUserId: string, since: Date): Promise<boolean> {
    const found = await sql<{ told: boolean }>`
      select exists (
        select from customers c
        join follows f on f.customer_id = c.customer_id
        where c.corp_id = ${corpId} and c.external_user_id = ${externalUserId}
          and (f.tags_settled_at >= ${since} or exists (
            select from outbox o
            where o.corp_id = c.corp_id and o.kind = 'remark' and o.subject = 'follow:' || f.follow_id
              and o.state = 'done' and o.ended_at >= ${since}))) as told`.execute(db)
    return found.rows[0]?.told ?? false
  },

  /** Our numbers and names of members, by their ids in small letters. */
  async findStaff(userIds: string[]): Promise<Map<string, { staffId: number; name: string }>> {
    const found = await sql<{ userId: string; staffId: number; name: string }>`
      select lower(user_id) as "userId", staff_id as "staffId", name from staff
      where corp_id = ${corpId} and lower(user_id) = any(${userIds.map(id => id.toLowerCase())}::text[])`.execute(
      db,
    )
    return new Map(found.rows.map(({ userId, staffId, name }) => [userId, { staffId, name }]))
  },
})
