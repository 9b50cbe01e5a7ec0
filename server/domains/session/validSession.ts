import { sql, type RawBuilder } from 'kysely'
import type { Db } from '../../db/db.ts'
import { isStorageFull } from '../../db/failures.ts'

export const SESSION_IDLE_MS = 2 * 60 * 60_000
export const SESSION_LIFE_MS = 12 * 60 * 60_000
/** How often a session in use is marked as used. */
export const SESSION_TOUCH_MS = 5 * 60_000

const idleSince = (now: Date) => new Date(now.getTime() - SESSION_IDLE_MS)

/**
 * Whether a session lets its owner in, as a condition for any statement that reads `sessions session` joined to
 * `staff me`: not revoked, not older than twelve hours, used within two, its owner still at work here.
 */
export const validSession = (now: Date): RawBuilder<boolean> => sql<boolean>`(
  session.revoked_at is null and session.expires_at > ${now} and session.last_seen_at > ${idleSince(now)}
  and me.corp_id = session.corp_id and me.status = 'active')`

/** The same question with its reason: `valid`, `expired` or `revoked`. */
export const sessionState = (now: Date): RawBuilder<'valid' | 'expired' | 'revoked'> => sql`case
  when session.revoked_at is not null or me.status <> 'active' or me.corp_id <> session.corp_id then 'revoked'
  when session.expires_at <= ${now} or session.last_seen_at <= ${idleSince(now)} then 'expired'
  else 'valid' end`

/**
 * Marks a session as used; a statement of its own, to be sent only when the last mark is older than SESSION_TOUCH_MS. For want of
 * space it stays unmarked: that keeps nobody from reading (P24).
 */
export async function touchSession(db: Db, hash: Buffer, now: Date): Promise<void> {
  try {
    await sql`
      update sessions set last_seen_at = ${now}
      where token_hash = ${hash} and last_seen_at < ${new Date(now.getTime() - SESSION_TOUCH_MS)}`.execute(db)
  } catch (error) {
    if (!isStorageFull(error)) throw error
  }
}
