import { sql } from 'kysely'
import type { Device, ImportProgress, Role } from '../../../shared/contract/session.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { staffInScope } from '../../db/scope.ts'
import type { Client } from './clientOf.ts'
import { sessionState, validSession } from './validSession.ts'

interface SessionRow {
  state: 'valid' | 'expired' | 'revoked'
  lastSeenAt: Date
  corpId: number
  staffId: number
  userId: string
  name: string
  role: Role
  storeId: number | null
  storeName: string | null
  storeAddress: string | null
  storeHours: string | null
  storePhone: string | null
  managedStoreIds: number[]
}

export interface FoundSession {
  state: SessionRow['state']
  lastSeenAt: Date
  actor: StaffActor
}

export interface LoginAttempt {
  browserHash: Buffer
  returnTo: string
  createdAt: Date
  usedAt: Date | null
}

interface FactsRow {
  corpName: string
  state: ImportProgress['state'] | null
  reason: string | null
  isComplete: boolean
  doneStaff: number
  totalStaff: number
  customers: number
}

export interface SessionFacts {
  corpName: string
  import: ImportProgress
}

/** `me` is the member, `stores` hers. */
const actorColumns = sql`
  me.corp_id as "corpId", me.staff_id as "staffId", me.user_id as "userId", me.name, me.role,
  stores.store_id as "storeId", stores.name as "storeName", stores.address as "storeAddress",
  stores.hours as "storeHours", stores.phone as "storePhone",
  array(select distinct store_id from store_managers where store_managers.staff_id = me.staff_id) as "managedStoreIds"`

export const createSessionRepository = (db: Db | Tx) => ({
  async findSession(hash: Buffer, now: Date): Promise<FoundSession | undefined> {
    const found = await sql<SessionRow>`
      select ${sessionState(now)} as state, session.last_seen_at as "lastSeenAt",
        ${actorColumns}
      from sessions session
      join staff me on me.staff_id = session.staff_id
      left join stores on stores.store_id = me.store_id
      where session.token_hash = ${hash}`.execute(db)
    const row = found.rows[0]
    return row && toSession(row)
  },

  /** A member as the statements see her now. */
  async findActor(staffId: number): Promise<StaffActor | undefined> {
    const found = await sql<Omit<SessionRow, 'state' | 'lastSeenAt'>>`
      select ${actorColumns}
      from staff me
      left join stores on stores.store_id = me.store_id
      where me.staff_id = ${staffId} and me.status = 'active'`.execute(db)
    return found.rows[0] && toActor(found.rows[0])
  },

  async insertSession(session: {
    hash: Buffer
    corpId: number
    staffId: number
    now: Date
    expiresAt: Date
    client: Client
  }): Promise<string> {
    const made = await sql<{ sessionId: string }>`
      insert into sessions (token_hash, corp_id, staff_id, created_at, last_seen_at, expires_at, app, platform)
      values (${session.hash}, ${session.corpId}, ${session.staffId}, ${session.now}, ${session.now}, ${session.expiresAt},
              ${session.client.app}, ${session.client.platform})
      returning session_id as "sessionId"`.execute(db)
    const [row] = made.rows
    if (!row) throw new Error('a session that was written has no row')
    return row.sessionId
  },

  /** @returns the session it ended; undefined for one that had ended before, or that nobody knows */
  async revokeSession(hash: Buffer, now: Date): Promise<string | undefined> {
    const ended = await sql<{ sessionId: string }>`
      update sessions set revoked_at = ${now} where token_hash = ${hash} and revoked_at is null
      returning session_id as "sessionId"`.execute(db)
    return ended.rows[0]?.sessionId
  },

  /** A member's live sessions, the one used last first. */
  async listSessions(
    { corpId, staffId }: { corpId: number; staffId: number },
    hash: Buffer,
    now: Date,
  ): Promise<Device[]> {
    const found = await sql<Omit<Device, 'since' | 'lastUsedAt'> & { since: Date; lastUsedAt: Date }>`
      select session.session_id as "sessionId", session.created_at as since, session.last_seen_at as "lastUsedAt",
             session.app, session.platform, session.token_hash = ${hash} as "isThis"
      from sessions session
      join staff me on me.staff_id = session.staff_id
      where session.staff_id = ${staffId} and session.corp_id = ${corpId} and ${validSession(now)}
      order by session.last_seen_at desc, session.created_at desc`.execute(db)
    return found.rows.map(row => ({
      ...row,
      since: row.since.toISOString(),
      lastUsedAt: row.lastUsedAt.toISOString(),
    }))
  },

  /** Ends one of the member's own live sessions. @returns false when it is none */
  async revokeOwn(actor: StaffActor, sessionId: string, now: Date): Promise<boolean> {
    const ended = await sql<object>`
      update sessions session set revoked_at = ${now}
      from staff me
      where me.staff_id = session.staff_id and session.session_id = ${sessionId}
        and session.staff_id = ${actor.staffId} and session.corp_id = ${actor.corpId} and ${validSession(now)}
      returning 1`.execute(db)
    return ended.rows.length > 0
  },

  /** Ends a member's live sessions, all but `kept`. @returns how many */
  async revokeAll(
    { corpId, staffId }: { corpId: number; staffId: number },
    now: Date,
    kept?: Buffer,
  ): Promise<number> {
    const ended = await sql<object>`
      update sessions session set revoked_at = ${now}
      from staff me
      where me.staff_id = session.staff_id and session.staff_id = ${staffId} and session.corp_id = ${corpId}
        and session.token_hash is distinct from ${kept ?? null}::bytea and ${validSession(now)}
      returning 1`.execute(db)
    return ended.rows.length
  },

  /** A member the actor may look at. */
  async findMemberInScope(actor: StaffActor, userId: string): Promise<number | undefined> {
    const found = await sql<{ staffId: number }>`
      select s.staff_id as "staffId" from staff s
      where s.corp_id = ${actor.corpId} and lower(s.user_id) = lower(${userId}) and ${staffInScope(actor)}`.execute(
      db,
    )
    return found.rows[0]?.staffId
  },

  async revokeOfAbsent(corpId: number, now: Date): Promise<void> {
    await sql`
      update sessions set revoked_at = ${now}
      from staff
      where staff.staff_id = sessions.staff_id and staff.status <> 'active' and sessions.corp_id = ${corpId}
        and sessions.revoked_at is null`.execute(db)
  },

  async deleteOldSessions(corpId: number, before: Date): Promise<void> {
    await sql`
      delete from sessions where corp_id = ${corpId} and (expires_at < ${before} or revoked_at < ${before})`.execute(
      db,
    )
  },

  async insertAttempt(attempt: {
    stateHash: Buffer
    browserHash: Buffer
    returnTo: string
    now: Date
  }): Promise<void> {
    await sql`
      insert into login_attempts (state_hash, browser_hash, return_to, created_at)
      values (${attempt.stateHash}, ${attempt.browserHash}, ${attempt.returnTo}, ${attempt.now})`.execute(db)
  },

  async findAttempt(stateHash: Buffer): Promise<LoginAttempt | undefined> {
    const found = await sql<LoginAttempt>`
      select browser_hash as "browserHash", return_to as "returnTo", created_at as "createdAt", used_at as "usedAt"
      from login_attempts where state_hash = ${stateHash}`.execute(db)
    return found.rows[0]
  },

  /** @returns false when somebody else used it first */
  async useAttempt(stateHash: Buffer, now: Date): Promise<boolean> {
    const used = await sql<object>`
      update login_attempts set used_at = ${now} where state_hash = ${stateHash} and used_at is null returning 1`.execute(
      db,
    )
    return used.rows.length > 0
  },

  async deleteOldAttempts(before: Date): Promise<void> {
    await sql`delete from login_attempts where created_at < ${before}`.execute(db)
  },

  async deleteOldAnswers(before: Date): Promise<void> {
    await sql`delete from idempotency_keys where created_at < ${before}`.execute(db)
  },

  async findFacts(corpId: number): Promise<SessionFacts | undefined> {
    const found = await sql<FactsRow>`
      select corps.name as "corpName", run.state, run.reason, run.finished_at is not null as "isComplete",
        coalesce(progress.done, 0)::int as "doneStaff", coalesce(progress.total, 0)::int as "totalStaff",
        coalesce(progress.customers, 0)::int as customers
      from corps
      left join sync_runs run on run.corp_id = corps.corp_id
      left join lateral (
        select count(*) filter (where state = 'done') as done, count(*) as total, sum(sync_staff.customers) as customers
        from sync_staff where sync_staff.corp_id = corps.corp_id) progress on true
      where corps.corp_id = ${corpId}`.execute(db)
    const row = found.rows[0]
    return row && toFacts(row)
  },
})

function toSession({ state, lastSeenAt, ...row }: SessionRow): FoundSession {
  return { state, lastSeenAt, actor: toActor(row) }
}

function toActor(row: Omit<SessionRow, 'state' | 'lastSeenAt'>): StaffActor {
  const { storeId, storeName, storeAddress, storeHours, storePhone, ...staff } = row
  const store =
    storeId === null
      ? null
      : { storeId, name: storeName ?? '', address: storeAddress, hours: storeHours, phone: storePhone }
  return { kind: 'staff', ...staff, store }
}

/** A pull that has once been complete is shown as done, also while the nightly one runs over it. */
function toFacts(row: FactsRow): SessionFacts {
  const { corpName, isComplete, state, reason, doneStaff, totalStaff, customers } = row
  return {
    corpName,
    import: {
      state: isComplete ? 'done' : (state ?? 'waiting'),
      reason: isComplete ? null : reason,
      doneStaff,
      totalStaff,
      customers,
    },
  }
}
