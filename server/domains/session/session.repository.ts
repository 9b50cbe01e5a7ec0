import { sql } from 'kysely'
import type { ImportProgress, Role } from '../../../shared/contract/session.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { sessionState } from './validSession.ts'

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
  managedStoreIds: number[]
}

export interface FoundSession {
  state: SessionRow['state']
  lastSeenAt: Date
  actor: StaffActor
}

export interface KnownStaff {
  staffId: number
  userId: string
  role: Role
  status: 'active' | 'disabled' | 'left'
}

export interface LearntStaff {
  userId: string
  name: string
  role: Role
  status: 'active' | 'disabled' | 'left'
  /** all of the member's departments, the main one first; the first that is a store is hers */
  departmentIds: number[]
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

export const createSessionRepository = (db: Db | Tx) => ({
  async findSession(hash: Buffer, now: Date): Promise<FoundSession | undefined> {
    const found = await sql<SessionRow>`
      select ${sessionState(now)} as state, session.last_seen_at as "lastSeenAt",
        me.corp_id as "corpId", me.staff_id as "staffId", me.user_id as "userId", me.name, me.role,
        stores.store_id as "storeId", stores.name as "storeName", stores.address as "storeAddress",
        array(select distinct store_id from store_managers where store_managers.staff_id = me.staff_id) as "managedStoreIds"
      from sessions session
      join staff me on me.staff_id = session.staff_id
      left join stores on stores.store_id = me.store_id
      where session.token_hash = ${hash}`.execute(db)
    const row = found.rows[0]
    return row && toSession(row)
  },

  async insertSession(session: {
    hash: Buffer
    corpId: number
    staffId: number
    now: Date
    expiresAt: Date
  }): Promise<void> {
    await sql`
      insert into sessions (token_hash, corp_id, staff_id, created_at, last_seen_at, expires_at)
      values (${session.hash}, ${session.corpId}, ${session.staffId}, ${session.now}, ${session.now}, ${session.expiresAt})`.execute(
      db,
    )
  },

  async revokeSession(hash: Buffer, now: Date): Promise<void> {
    await sql`
      update sessions set revoked_at = ${now} where token_hash = ${hash} and revoked_at is null`.execute(db)
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

  async findStaff(corpId: number, userId: string): Promise<KnownStaff | undefined> {
    const found = await sql<KnownStaff>`
      select staff_id as "staffId", user_id as "userId", role, status
      from staff where corp_id = ${corpId} and lower(user_id) = lower(${userId})`.execute(db)
    return found.rows[0]
  },

  async upsertStaff(corpId: number, staff: LearntStaff, now: Date): Promise<{ staffId: number }> {
    const written = await sql<{ staffId: number }>`
      insert into staff (corp_id, user_id, name, role, status, synced_at, store_id)
      values (${corpId}, ${staff.userId}, ${staff.name}, ${staff.role}, ${staff.status}, ${now}, (
        select store_id from stores
        where corp_id = ${corpId} and department_id = any(${staff.departmentIds}::integer[])
        order by array_position(${staff.departmentIds}::integer[], department_id) limit 1))
      on conflict (corp_id, lower(user_id)) do update
        set name = excluded.name, role = excluded.role, status = excluded.status, store_id = excluded.store_id,
            synced_at = excluded.synced_at
      returning staff_id as "staffId"`.execute(db)
    const [row] = written.rows
    if (!row) throw new Error('the member was not written')
    return row
  },

  /** The departments that are stores, of those given. */
  async findStoreDepartments(corpId: number, departmentIds: number[]): Promise<number[]> {
    const found = await sql<{ departmentId: number }>`
      select department_id as "departmentId" from stores
      where corp_id = ${corpId} and department_id = any(${departmentIds}::integer[])`.execute(db)
    return found.rows.map(row => row.departmentId)
  },

  /** ADMIN_USERIDS as it stands now: who is on it becomes admin, who is no longer on it is a guide until the next sync. */
  async writeAdmins(corpId: number, userIds: string[]): Promise<void> {
    const names = userIds.map(userId => userId.toLowerCase())
    await sql`
      update staff set role = case when lower(user_id) = any(${names}::text[]) then 'admin' else 'guide' end
      where corp_id = ${corpId} and (role = 'admin') <> (lower(user_id) = any(${names}::text[]))`.execute(db)
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

function toSession(row: SessionRow): FoundSession {
  const { state, lastSeenAt, storeId, storeName, storeAddress, ...staff } = row
  const store = storeId === null ? null : { storeId, name: storeName ?? '', address: storeAddress }
  return { state, lastSeenAt, actor: { kind: 'staff', ...staff, store } }
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
