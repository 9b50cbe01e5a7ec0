import { sql } from 'kysely'
import type { SyncState } from '../../../shared/contract/sync.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import type { Db, Tx } from '../../db/db.ts'

export interface PulledTagGroup {
  groupId: string
  name: string
  sort: number
}
export interface PulledTag {
  tagId: string
  groupId: string
  name: string
  sort: number
  pinyin: string
  initials: string
}

export interface StaffToPull {
  staffId: number
  userId: string
  name: string
  /** where to go on; empty for the first page */
  cursor: string
}

export type PullCause = SyncState['pull']['cause']

export interface PullProgress {
  doneStaff: number
  totalStaff: number
  customers: number
}

export interface PullRun {
  state: 'waiting' | 'running' | 'done' | 'stopped'
  isComplete: boolean
  startedAt: Date
}

export const createSyncRepository = (db: Db | Tx, corpId: number) => ({
  async findRun(): Promise<PullRun | undefined> {
    const found = await sql<PullRun>`
      select state, finished_at is not null as "isComplete", started_at as "startedAt"
      from sync_runs where corp_id = ${corpId}`.execute(db)
    return found.rows[0]
  },

  /**
   * Everybody's customers are to be asked for from the first page on; in one with the run, so that one cut off right after
   * is not taken for one that has been through.
   */
  async beginRun(cause: PullCause, now: Date): Promise<void> {
    await sql`
      with anew as (
        update sync_staff set state = 'waiting', cursor = '', customers = 0, started_at = null, finished_at = null
        where corp_id = ${corpId})
      update sync_runs set state = 'running', reason = null, cause = ${cause}, started_at = ${now}
      where corp_id = ${corpId}`.execute(db)
  },

  /** How the present run goes; its cause and beginning stay. */
  async writeRun(state: PullRun['state'], reason: string | null, now: Date): Promise<void> {
    await sql`
      insert into sync_runs as run (corp_id, state, reason, cause, started_at, finished_at)
      values (${corpId}, ${state}, ${reason}, 'first', ${now}, ${state === 'done' ? now : null})
      on conflict (corp_id) do update set state = excluded.state, reason = excluded.reason,
        -- of the last complete one: a repeated pull does not make the first undone
        finished_at = coalesce(excluded.finished_at, run.finished_at)`.execute(db)
  },

  async writeCorpName(name: string): Promise<void> {
    await sql`update corps set name = ${name} where corp_id = ${corpId} and name <> ${name}`.execute(db)
  },

  async upsertTagGroups(groups: PulledTagGroup[]): Promise<void> {
    const rows = JSON.stringify(groups)
    await sql`
      with given as (
        select * from jsonb_to_recordset(${rows}::jsonb) as g ("groupId" text, name text, sort bigint)),
      gone as (
        update tag_groups set is_deleted = true
        where corp_id = ${corpId} and not is_deleted and wecom_id not in (select "groupId" from given))
      insert into tag_groups (corp_id, wecom_id, name, sort)
      select ${corpId}, "groupId", name, sort from given order by "groupId"
      on conflict (corp_id, wecom_id) do update
        set name = excluded.name, sort = excluded.sort, is_deleted = false`.execute(db)
  },

  async upsertTags(tags: PulledTag[]): Promise<void> {
    const rows = JSON.stringify(tags)
    await sql`
      with given as (
        select * from jsonb_to_recordset(${rows}::jsonb)
          as t ("tagId" text, "groupId" text, name text, sort bigint, pinyin text, initials text)),
      gone as (
        update tags set is_deleted = true
        where corp_id = ${corpId} and not is_deleted and wecom_id not in (select "tagId" from given))
      insert into tags (corp_id, wecom_id, group_id, name, sort, pinyin, initials)
      select ${corpId}, given."tagId", tag_groups.group_id, given.name, given.sort, given.pinyin, given.initials
      from given join tag_groups on tag_groups.corp_id = ${corpId} and tag_groups.wecom_id = given."groupId"
      order by given."tagId"
      on conflict (corp_id, wecom_id) do update
        set group_id = excluded.group_id, name = excluded.name, sort = excluded.sort, pinyin = excluded.pinyin,
            initials = excluded.initials, is_deleted = false`.execute(db)
  },

  /** Whose customers are to be pulled; whose have been, in this run, are done. */
  async planStaff(userIds: string[]): Promise<void> {
    const wanted = userIds.map(userId => userId.toLowerCase())
    await sql`
      with wanted as (
        select staff_id from staff
        where corp_id = ${corpId} and status = 'active' and lower(user_id) = any(${wanted}::text[])),
      dropped as (
        delete from sync_staff where corp_id = ${corpId} and staff_id not in (select staff_id from wanted))
      insert into sync_staff (corp_id, staff_id)
      select ${corpId}, staff_id from wanted
      on conflict (corp_id, staff_id) do nothing`.execute(db)
  },

  async listStaffToPull(): Promise<StaffToPull[]> {
    const found = await sql<StaffToPull>`
      select s.staff_id as "staffId", staff.user_id as "userId", staff.name, s.cursor
      from sync_staff s join staff on staff.staff_id = s.staff_id
      where s.corp_id = ${corpId} and s.state <> 'done'
      order by s.staff_id`.execute(db)
    return found.rows
  },

  /**
   * From the first page on. The time is the database's, as is that of every relation written since: what is older was not
   * on the pages, whichever server wrote them.
   */
  async startStaff(staffId: number): Promise<void> {
    await sql`
      update sync_staff set state = 'running', cursor = '', customers = 0, started_at = clock_timestamp()
      where corp_id = ${corpId} and staff_id = ${staffId}`.execute(db)
  },

  /** @param places of each member one */
  async advanceStaff(places: { staffId: number; cursor: string; customers: number }[]): Promise<void> {
    await sql`
      update sync_staff s set cursor = reached.cursor, customers = s.customers + reached.customers
      from jsonb_to_recordset(${JSON.stringify(places)}::jsonb) as reached (
        "staffId" integer, cursor text, customers integer)
      where s.corp_id = ${corpId} and s.staff_id = reached."staffId"`.execute(db)
  },

  /** @returns when her first page was asked for, by the database's clock */
  async finishStaff(staffId: number, now: Date): Promise<Date> {
    const finished = await sql<{ startedAt: Date }>`
      update sync_staff set state = 'done', finished_at = ${now}
      where corp_id = ${corpId} and staff_id = ${staffId}
      returning started_at as "startedAt"`.execute(db)
    const [row] = finished.rows
    if (!row) throw new Error('a member is not in the plan of the pull')
    return row.startedAt
  },

  async findProgress(): Promise<PullProgress> {
    const found = await sql<PullProgress>`
      select count(*) filter (where state = 'done')::int as "doneStaff", count(*)::int as "totalStaff",
        coalesce(sum(customers), 0)::int as customers
      from sync_staff where corp_id = ${corpId}`.execute(db)
    return found.rows[0] ?? { doneStaff: 0, totalStaff: 0, customers: 0 }
  },

  /** Says that somebody is here. @returns seconds since the last sign; undefined for the very first */
  async beat(): Promise<number | undefined> {
    const beat = await sql<{ gap: number | null }>`
      with former as (select beat_at from sync_heartbeats where corp_id = ${corpId}),
      written as (
        insert into sync_heartbeats (corp_id, beat_at) values (${corpId}, clock_timestamp())
        on conflict (corp_id) do update set beat_at = excluded.beat_at)
      select extract(epoch from clock_timestamp() - beat_at)::float8 as gap
      from (select 1) one left join former on true`.execute(db)
    return beat.rows[0]?.gap ?? undefined
  },

  async findState(today: CivilDay, timeZone: string): Promise<SyncState> {
    const dayBegan = sql`(${today}::date)::timestamp at time zone ${timeZone}::text`
    const found = await sql<StateRow>`
      select coalesce(run.state, 'waiting') as state, run.reason, coalesce(run.cause, 'first') as cause,
        run.started_at as "startedAt", run.finished_at as "finishedAt",
        coalesce(progress.done, 0)::int as "doneStaff", coalesce(progress.total, 0)::int as "totalStaff",
        coalesce(progress.customers, 0)::int as customers,
        (select max(received_at) from callback_events e where e.corp_id = corps.corp_id) as "lastAt",
        (select count(*)::int from callback_events e
         where e.corp_id = corps.corp_id and e.received_at >= ${dayBegan}) as today,
        (select count(*)::int from callback_events e
         where e.corp_id = corps.corp_id and e.state = 'waiting') as "eventsWaiting",
        (select count(*)::int from callback_events e
         where e.corp_id = corps.corp_id and e.state = 'failed' and e.received_at >= ${dayBegan} - interval '7 days'
        ) as failed
      from corps
      left join sync_runs run on run.corp_id = corps.corp_id
      left join lateral (
        select count(*) filter (where s.state = 'done') as done, count(*) as total, sum(s.customers) as customers
        from sync_staff s where s.corp_id = corps.corp_id) progress on true
      where corps.corp_id = ${corpId}`.execute(db)
    const [row] = found.rows
    if (!row) throw new Error('the corp has no row')
    return toState(row)
  },
})

interface StateRow {
  state: PullRun['state']
  reason: string | null
  cause: PullCause
  startedAt: Date | null
  finishedAt: Date | null
  doneStaff: number
  totalStaff: number
  customers: number
  lastAt: Date | null
  today: number
  eventsWaiting: number
  failed: number
}

const toState = (row: StateRow): SyncState => ({
  pull: {
    state: row.state,
    reason: row.reason,
    cause: row.cause,
    isRunning: row.state === 'running' || row.state === 'waiting',
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
    doneStaff: row.doneStaff,
    totalStaff: row.totalStaff,
    customers: row.customers,
  },
  events: {
    lastAt: row.lastAt?.toISOString() ?? null,
    today: row.today,
    waiting: row.eventsWaiting,
    failed: row.failed,
  },
})
