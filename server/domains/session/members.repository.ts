import { sql } from 'kysely'
import type { Role } from '../../../shared/contract/session.ts'
import type { Db, Tx } from '../../db/db.ts'
import { ORGANISATION_LOCK } from '../../db/locks.ts'

/** No corp has more departments above one another; ends the search where they go round in a circle. */
const MOST_LEVELS = 30

export interface KnownMember {
  staffId: number
  userId: string
  role: Role
  status: 'active' | 'disabled' | 'left'
  /** when WeCom last said who she is */
  confirmedAt: Date | null
}

/** A member as WeCom has her. */
export interface LearntMember {
  userId: string
  name: string
  status: 'active' | 'disabled' | 'left'
  /** the main one first */
  departmentIds: number[]
  leadsDepartmentIds: number[]
}

/** Which members' rights are worked out again; null for all. */
type Whom = number[] | null
const isMeant = (whom: Whom) => (whom === null ? sql`true` : sql`s.staff_id = any(${whom}::integer[])`)

/** Who works here, and what follows from that for her rights. */
export const createMembersRepository = (db: Db | Tx, corpId: number) => ({
  async findMember(userId: string): Promise<KnownMember | undefined> {
    const found = await sql<KnownMember>`
      select staff_id as "staffId", user_id as "userId", role, status, confirmed_at as "confirmedAt"
      from staff where corp_id = ${corpId} and lower(user_id) = lower(${userId})`.execute(db)
    return found.rows[0]
  },

  /** Until the transaction ends: rights and stores are worked out by one at a time. */
  async lock(): Promise<void> {
    await sql`select pg_advisory_xact_lock(${ORGANISATION_LOCK}, ${corpId})`.execute(db)
  },

  /**
   * Writes members as WeCom has them, unless it has been asked about them since `askedAt`. The day of leaving of somebody back at
   * work stays until the staff room has given her back what was hers.
   * @returns those written
   */
  async upsert(members: LearntMember[], askedAt: Date, now: Date): Promise<number[]> {
    const written = await sql<{ staffId: number }>`
      insert into staff as s (corp_id, user_id, name, status, department_ids, leads_department_ids, synced_at, confirmed_at)
      select ${corpId}, given."userId", given.name, given.status, given."departmentIds", given."leadsDepartmentIds",
             ${now}, ${askedAt}
      from jsonb_to_recordset(${JSON.stringify(members)}::jsonb) as given (
        "userId" text, name text, status text, "departmentIds" integer[], "leadsDepartmentIds" integer[])
      order by lower(given."userId")
      on conflict (corp_id, lower(user_id)) do update
        set name = excluded.name, status = excluded.status, department_ids = excluded.department_ids,
            leads_department_ids = excluded.leads_department_ids, synced_at = excluded.synced_at,
            confirmed_at = excluded.confirmed_at
        where s.confirmed_at is null or s.confirmed_at <= excluded.confirmed_at
      returning staff_id as "staffId"`.execute(db)
    return written.rows.map(row => row.staffId)
  },

  /**
   * A member's store: the nearest one at or above the first of her departments that has one. Who has left keeps hers, and so
   * does somebody whose departments nobody has told us.
   */
  async placeMembers(whom: Whom): Promise<void> {
    await sql`
      with recursive meant as (
        select s.staff_id, given.id as department_id, given.place
        from staff s cross join lateral unnest(s.department_ids) with ordinality as given (id, place)
        where s.corp_id = ${corpId} and s.status <> 'left' and ${isMeant(whom)}),
      above (department_id, above_id, steps) as (
        select distinct department_id, department_id, 0 from meant
        union all
        select above.department_id, d.parent_id, above.steps + 1
        from above
        join departments d on d.corp_id = ${corpId} and d.department_id = above.above_id and not d.is_gone
        where above.steps < ${MOST_LEVELS}),
      nearest as (
        select distinct on (meant.staff_id) meant.staff_id, stores.store_id
        from meant
        join above on above.department_id = meant.department_id
        join stores on stores.corp_id = ${corpId} and stores.department_id = above.above_id and not stores.is_closed
        order by meant.staff_id, meant.place, above.steps)
      update staff s set store_id = nearest.store_id
      from (select distinct staff_id from meant) known
      left join nearest on nearest.staff_id = known.staff_id
      where s.staff_id = known.staff_id and s.store_id is distinct from nearest.store_id`.execute(db)
  },

  /** Who leads a store's department, or one above it, manages the store. Whom an admin has named is left alone. */
  async writeLeaders(whom: Whom): Promise<void> {
    await sql`
      with recursive above (store_id, above_id, steps) as (
        select store_id, department_id, 0 from stores where corp_id = ${corpId} and not is_closed
        union all
        select above.store_id, d.parent_id, above.steps + 1
        from above
        join departments d on d.corp_id = ${corpId} and d.department_id = above.above_id and not d.is_gone
        where above.steps < ${MOST_LEVELS}),
      wanted as (
        select distinct above.store_id, s.staff_id
        from staff s
        join above on above.above_id = any(s.leads_department_ids)
        where s.corp_id = ${corpId} and s.status <> 'left' and ${isMeant(whom)}),
      gone as (
        delete from store_managers m using staff s
        where s.staff_id = m.staff_id and m.corp_id = ${corpId} and m.source = 'wecom' and ${isMeant(whom)}
          and not exists (
            select from wanted where wanted.store_id = m.store_id and wanted.staff_id = m.staff_id))
      insert into store_managers (store_id, staff_id, corp_id, source)
      select store_id, staff_id, ${corpId}, 'wecom' from wanted
      on conflict do nothing`.execute(db)
  },

  /** ADMIN_USERIDS before stores before none. Whom WeCom has never been asked about keeps the part she had, except an admin's. */
  async writeRoles(adminUserIds: string[], whom: Whom): Promise<void> {
    const admins = adminUserIds.map(userId => userId.toLowerCase())
    await sql`
      update staff s set role = wanted.role
      from (
        select s.staff_id, case
            when lower(s.user_id) = any(${admins}::text[]) then 'admin'
            when exists (select from store_managers m where m.staff_id = s.staff_id) then 'manager'
            when s.confirmed_at is null and s.role <> 'admin' then s.role
            else 'guide' end as role
        from staff s
        where s.corp_id = ${corpId} and ${isMeant(whom)}) wanted
      where s.staff_id = wanted.staff_id and s.role <> wanted.role`.execute(db)
  },
})
