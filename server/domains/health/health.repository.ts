import { sql } from 'kysely'
import type { Db, Tx } from '../../db/db.ts'

export interface DatabaseFacts {
  /** `server_version_num`, 180004 for 18.4 */
  version: number
  now: Date
  /** servers and commands of ours connected at the moment, this one included */
  processes: number
}

export interface SyncFacts {
  state: 'waiting' | 'running' | 'done' | 'stopped'
  reason: string | null
  startedAt: Date
  /** end of the last complete pull */
  finishedAt: Date | null
  doneStaff: number
  totalStaff: number
}

export interface EventFacts {
  lastAt: Date | null
  waiting: number
  failed: number
}

export interface OutboxFacts {
  /** refused for good or given up */
  unsent: number
  waiting: number
  oldestWaitingAt: Date | null
}

/** Reads across all rooms' tables; writes nothing. */
export const createHealthRepository = (db: Db | Tx) => ({
  async findDatabase(): Promise<DatabaseFacts> {
    const found = await sql<DatabaseFacts>`
      select current_setting('server_version_num')::int as version, clock_timestamp() as now, (
        select count(distinct (client_addr, application_name))::int from pg_stat_activity
        where datname = current_database() and application_name like 'guidebar:%') as processes`.execute(db)
    const [row] = found.rows
    if (!row) throw new Error('the database told nothing about itself')
    return row
  },

  async countStaff(corpId: number): Promise<number> {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from staff where corp_id = ${corpId} and status = 'active'`.execute(db)
    return found.rows[0]?.count ?? 0
  },

  /** Which of these userids are active members, as they were given. */
  async listKnown(corpId: number, userIds: readonly string[]): Promise<string[]> {
    const found = await sql<{ userId: string }>`
      select wanted.user_id as "userId" from unnest(${[...userIds]}::text[]) as wanted(user_id)
      where exists (
        select from staff s
        where s.corp_id = ${corpId} and s.status = 'active' and lower(s.user_id) = lower(wanted.user_id))`.execute(
      db,
    )
    return found.rows.map(({ userId }) => userId)
  },

  async findSync(corpId: number): Promise<SyncFacts | undefined> {
    const found = await sql<SyncFacts>`
      select run.state, run.reason, run.started_at as "startedAt", run.finished_at as "finishedAt",
        (select count(*)::int from sync_staff s where s.corp_id = run.corp_id and s.state = 'done') as "doneStaff",
        (select count(*)::int from sync_staff s where s.corp_id = run.corp_id) as "totalStaff"
      from sync_runs run where run.corp_id = ${corpId}`.execute(db)
    return found.rows[0]
  },

  async findEvents(corpId: number): Promise<EventFacts> {
    const found = await sql<EventFacts>`
      select max(received_at) as "lastAt", (count(*) filter (where state = 'waiting'))::int as waiting,
        (count(*) filter (where state = 'failed'))::int as failed
      from callback_events where corp_id = ${corpId}`.execute(db)
    return found.rows[0] ?? { lastAt: null, waiting: 0, failed: 0 }
  },

  async findOutbox(corpId: number): Promise<OutboxFacts> {
    const found = await sql<OutboxFacts>`
      select (count(*) filter (where state in ('refused', 'dead')))::int as unsent,
        (count(*) filter (where state in ('waiting', 'sending')))::int as waiting,
        min(created_at) filter (where state in ('waiting', 'sending')) as "oldestWaitingAt"
      from outbox where corp_id = ${corpId}`.execute(db)
    return found.rows[0] ?? { unsent: 0, waiting: 0, oldestWaitingAt: null }
  },
})
