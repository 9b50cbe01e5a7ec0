import { sql } from 'kysely'
import type { Db, Tx } from '../../db/db.ts'

/** Advisory lock of the pull: one process at a time per corp. */
const PULL_LOCK_SPACE = 71_002
/** The pull and the push may run on two servers whose clocks differ a little. */
const CLOCKS_APART_MS = 10_000

export interface PulledStore {
  departmentId: number
  name: string
}

export interface PulledStaff {
  userId: string
  name: string
  status: 'active' | 'disabled' | 'left'
  isAdmin: boolean
  /** the main one first */
  departmentIds: number[]
  leadsDepartmentIds: number[]
}

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

export interface PulledCustomer {
  externalUserId: string
  name: string
  kind: 1 | 2
  gender: 0 | 1 | 2
  avatarUrl: string | null
  corpName: string | null
}

export interface PulledFollow {
  customerId: number
  addedAt: Date | null
  addWay: number
  channel: string | null
  remark: string | null
  description: string | null
  /** WeCom's */
  tagIds: string[]
  searchKey: string
  sortKey: string
  phonesSealed: Buffer | null
  phoneTails: Buffer[]
  /** the timeline's words, should this friend be new */
  friendAdded: string
}

export interface StaffToPull {
  staffId: number
  userId: string
  cursor: string
  startedAt: Date | null
}

export interface PullProgress {
  doneStaff: number
  totalStaff: number
  customers: number
}

export interface PullRun {
  state: 'waiting' | 'running' | 'done' | 'stopped'
  isComplete: boolean
}

const hex = (bytes: Buffer) => bytes.toString('hex')

export const createSyncRepository = (db: Db | Tx, corpId: number) => ({
  async findRun(): Promise<PullRun | undefined> {
    const found = await sql<PullRun>`
      select state, finished_at is not null as "isComplete" from sync_runs where corp_id = ${corpId}`.execute(
      db,
    )
    return found.rows[0]
  },

  async writeRun(state: PullRun['state'], reason: string | null, now: Date): Promise<void> {
    await sql`
      insert into sync_runs as run (corp_id, state, reason, started_at, finished_at)
      values (${corpId}, ${state}, ${reason}, ${now}, ${state === 'done' ? now : null})
      on conflict (corp_id) do update set state = excluded.state, reason = excluded.reason,
        started_at = case when run.state = 'done' then excluded.started_at else run.started_at end,
        -- of the last complete one: a repeated pull does not make the first undone
        finished_at = coalesce(excluded.finished_at, run.finished_at)`.execute(db)
  },

  async writeCorpName(name: string): Promise<void> {
    await sql`update corps set name = ${name} where corp_id = ${corpId} and name <> ${name}`.execute(db)
  },

  async upsertStores(stores: PulledStore[]): Promise<void> {
    const ids = stores.map(store => store.departmentId)
    const names = stores.map(store => store.name)
    await sql`
      insert into stores as s (corp_id, department_id, name)
      select ${corpId}, given.id, given.name from unnest(${ids}::integer[], ${names}::text[]) as given (id, name)
      on conflict (corp_id, department_id) do update set name = excluded.name where s.name <> excluded.name`.execute(
      db,
    )
  },

  /** A member's store is the first of her departments that is one; who leads a store is its manager. */
  async upsertStaff(staff: PulledStaff[], now: Date): Promise<void> {
    const rows = JSON.stringify(staff)
    await sql`
      insert into staff (corp_id, user_id, name, status, synced_at, store_id, role)
      select ${corpId}, given."userId", given.name, given.status, ${now}, (
          select store_id from jsonb_array_elements_text(given."departmentIds") with ordinality as d (id, place)
          join stores on stores.corp_id = ${corpId} and stores.department_id = d.id::integer
          order by d.place limit 1),
        case
          when given."isAdmin" then 'admin'
          when exists (
            select from jsonb_array_elements_text(given."leadsDepartmentIds") as d (id)
            join stores on stores.corp_id = ${corpId} and stores.department_id = d.id::integer) then 'manager'
          else 'guide' end
      from jsonb_to_recordset(${rows}::jsonb) as given (
        "userId" text, name text, status text, "isAdmin" boolean, "departmentIds" jsonb, "leadsDepartmentIds" jsonb)
      order by lower(given."userId")
      on conflict (corp_id, lower(user_id)) do update
        set name = excluded.name, status = excluded.status, store_id = excluded.store_id, role = excluded.role,
            synced_at = excluded.synced_at`.execute(db)
  },

  /** Who is no longer in the app's range has left, and her sessions end (P4). */
  async retireOthers(userIds: string[], now: Date): Promise<void> {
    const present = userIds.map(userId => userId.toLowerCase())
    await sql`
      with retired as (
        update staff set status = 'left'
        where corp_id = ${corpId} and status <> 'left' and lower(user_id) <> all(${present}::text[])
        returning staff_id)
      update sessions set revoked_at = ${now}
      from retired where sessions.staff_id = retired.staff_id and sessions.revoked_at is null`.execute(db)
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

  /** Whose customers are to be pulled; a repeated pull begins everybody anew, an interrupted one goes on. */
  async planStaff(userIds: string[], isFresh: boolean): Promise<void> {
    const wanted = userIds.map(userId => userId.toLowerCase())
    await sql`
      with wanted as (
        select staff_id from staff
        where corp_id = ${corpId} and status = 'active' and lower(user_id) = any(${wanted}::text[])),
      dropped as (
        delete from sync_staff where corp_id = ${corpId} and staff_id not in (select staff_id from wanted))
      insert into sync_staff as s (corp_id, staff_id)
      select ${corpId}, staff_id from wanted
      on conflict (corp_id, staff_id) do update
        set state = 'waiting', cursor = '', customers = 0, started_at = null, finished_at = null
        where ${isFresh}::boolean`.execute(db)
  },

  async listStaffToPull(): Promise<StaffToPull[]> {
    const found = await sql<StaffToPull>`
      select s.staff_id as "staffId", staff.user_id as "userId", s.cursor, s.started_at as "startedAt"
      from sync_staff s join staff on staff.staff_id = s.staff_id
      where s.corp_id = ${corpId} and s.state <> 'done'
      order by s.staff_id`.execute(db)
    return found.rows
  },

  async startStaff(staffId: number, startedAt: Date): Promise<void> {
    await sql`
      update sync_staff set state = 'running', cursor = '', customers = 0, started_at = ${startedAt}
      where corp_id = ${corpId} and staff_id = ${staffId}`.execute(db)
  },

  async advanceStaff(staffId: number, cursor: string, customers: number): Promise<void> {
    await sql`
      update sync_staff set cursor = ${cursor}, customers = customers + ${customers}
      where corp_id = ${corpId} and staff_id = ${staffId}`.execute(db)
  },

  async finishStaff(staffId: number, now: Date): Promise<void> {
    await sql`
      update sync_staff set state = 'done', finished_at = ${now}
      where corp_id = ${corpId} and staff_id = ${staffId}`.execute(db)
  },

  async findProgress(): Promise<PullProgress> {
    const found = await sql<PullProgress>`
      select count(*) filter (where state = 'done')::int as "doneStaff", count(*)::int as "totalStaff",
        coalesce(sum(customers), 0)::int as customers
      from sync_staff where corp_id = ${corpId}`.execute(db)
    return found.rows[0] ?? { doneStaff: 0, totalStaff: 0, customers: 0 }
  },

  /** In the order of their ids, so that two members' pages with the same customers never wait for each other in a circle. */
  async upsertCustomers(
    customers: PulledCustomer[],
    now: Date,
  ): Promise<{ customerId: number; externalUserId: string; salutation: string | null }[]> {
    const rows = JSON.stringify(customers)
    const written = await sql<{ customerId: number; externalUserId: string; salutation: string | null }>`
      insert into customers (corp_id, external_user_id, kind, gender, name, avatar_url, corp_name, synced_at)
      select ${corpId}, "externalUserId", kind, gender, name, "avatarUrl", "corpName", ${now}
      from jsonb_to_recordset(${rows}::jsonb) as given (
        "externalUserId" text, kind smallint, gender smallint, name text, "avatarUrl" text, "corpName" text)
      order by "externalUserId"
      on conflict (corp_id, external_user_id) do update
        set kind = excluded.kind, gender = excluded.gender, name = excluded.name, avatar_url = excluded.avatar_url,
            corp_name = excluded.corp_name, synced_at = excluded.synced_at
      returning customer_id as "customerId", external_user_id as "externalUserId", salutation`.execute(db)
    return written.rows
  },

  /**
   * One page of a member's customers, with a line in the timeline for each new one. Tags that are still on their way to WeCom,
   * or came there only after the page was asked for, stay as they are. A customer who had left stays so unless she was
   * added anew.
   */
  async upsertFollows(staffId: number, follows: PulledFollow[], askedAt: Date, now: Date): Promise<void> {
    const rows = JSON.stringify(
      follows.map(follow => ({
        ...follow,
        phonesSealed: follow.phonesSealed && hex(follow.phonesSealed),
        phoneTails: follow.phoneTails.map(hex),
      })),
    )
    await sql`
      with given as (
        select * from jsonb_to_recordset(${rows}::jsonb) as f (
          "customerId" bigint, "addedAt" timestamptz, "addWay" smallint, channel text, remark text, description text,
          "tagIds" jsonb, "searchKey" text, "sortKey" text, "phonesSealed" text, "phoneTails" jsonb, "friendAdded" text)),
      written as (
        insert into follows as f (corp_id, staff_id, customer_id, added_at, add_way, channel, remark, description, tag_ids,
          search_key, sort_key, phones_sealed, phone_tails, synced_at)
        select ${corpId}, ${staffId}, given."customerId", given."addedAt", given."addWay", given.channel, given.remark,
          given.description,
          array(
            select tags.tag_id from jsonb_array_elements_text(given."tagIds") with ordinality as t (id, place)
            join tags on tags.corp_id = ${corpId} and tags.wecom_id = t.id and not tags.is_deleted
            order by t.place),
          given."searchKey", given."sortKey", decode(given."phonesSealed", 'hex'),
          array(select decode(tail, 'hex') from jsonb_array_elements_text(given."phoneTails") as t (tail)), ${now}
        from given order by given."customerId"
        on conflict (staff_id, customer_id) do update
          set added_at = excluded.added_at, add_way = excluded.add_way, channel = excluded.channel,
            remark = excluded.remark, description = excluded.description, search_key = excluded.search_key,
            sort_key = excluded.sort_key, phones_sealed = excluded.phones_sealed, phone_tails = excluded.phone_tails,
            synced_at = excluded.synced_at,
            status = case when f.status = 'lost' and f.added_at is not distinct from excluded.added_at
              then 'lost' else 'active' end,
            ended_at = case when f.status = 'lost' and f.added_at is not distinct from excluded.added_at
              then f.ended_at end,
            tag_ids = case
              when exists (select from tag_changes c where c.follow_id = f.follow_id and c.state = 'pending')
                or f.tags_settled_at >= ${new Date(askedAt.getTime() - CLOCKS_APART_MS)}
              then f.tag_ids else excluded.tag_ids end
        returning customer_id, xmax = 0 as is_new)
      insert into touches (corp_id, customer_id, at, kind, actor, staff_id, what)
      select ${corpId}, written.customer_id, coalesce(given."addedAt", ${now}), 'friendAdded', 'customer', ${staffId},
        given."friendAdded"
      from written join given on given."customerId" = written.customer_id
      where written.is_new
      order by written.customer_id`.execute(db)
  },

  /** Whom a complete pull of the member's customers did not show: she has removed them. */
  async removeUnseen(staffId: number, startedAt: Date, now: Date): Promise<number> {
    const removed = await sql<object>`
      update follows set status = 'removed', ended_at = ${now}
      where staff_id = ${staffId} and corp_id = ${corpId} and status in ('active', 'lost', 'transferring')
        and synced_at < ${startedAt}
      returning 1`.execute(db)
    return removed.rows.length
  },
})

/**
 * Runs `work` unless another process is at it already; the lock lives on a connection of its own and dies with it.
 * @returns undefined when somebody else was at it
 */
export async function pullAlone<T>(db: Db, corpId: number, work: () => Promise<T>): Promise<T | undefined> {
  return db.kysely.connection().execute(async connection => {
    const lock = await sql<{ held: boolean }>`
      select pg_try_advisory_lock(${PULL_LOCK_SPACE}, ${corpId}) as held`.execute(connection)
    if (!lock.rows[0]?.held) return undefined
    try {
      return await work()
    } finally {
      await sql`select pg_advisory_unlock(${PULL_LOCK_SPACE}, ${corpId})`.execute(connection)
    }
  })
}
