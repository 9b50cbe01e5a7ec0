import { sql } from 'kysely'
import type { StoreChoice, StoreRow } from '../../../shared/contract/staff.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { ORGANISATION_LOCK } from '../../db/locks.ts'
import { storeInScope } from '../../db/scope.ts'
import type { WecomDepartment } from '../../wecom/client.ts'

/** Advisory lock of whoever writes the organisation: one after the other, so that nobody waits in a circle. */

export interface KnownDepartment extends WecomDepartment {
  choice: StoreChoice
}

export interface KnownStaff {
  staffId: number
  userId: string
  role: StaffActor['role']
  status: 'active' | 'disabled' | 'left'
  departmentIds: number[]
  confirmedAt: Date | null
  /** somebody is signed in as her just now */
  isSignedIn: boolean
}

export interface Retired {
  staffId: number
  name: string
  /** customers who wait for somebody else */
  waiting: number
  /** whom to tell: her store's managers, else the admins */
  tellStaffIds: number[]
}

export interface StoreChange {
  choice?: StoreChoice | undefined
  ownName?: string | null | undefined
  address?: string | null | undefined
  hours?: string | null | undefined
  phone?: string | null | undefined
}

export const createOrganisationRepository = (db: Db | Tx, corpId: number) => ({
  /** Until the transaction ends. */
  async lock(): Promise<void> {
    await sql`select pg_advisory_xact_lock(${ORGANISATION_LOCK}, ${corpId})`.execute(db)
  },

  async listDepartments(): Promise<KnownDepartment[]> {
    const found = await sql<KnownDepartment>`
      select department_id as id, parent_id as "parentId", name, store_choice as choice
      from departments where corp_id = ${corpId} and not is_gone order by sort, department_id`.execute(db)
    return found.rows
  },

  /** In the order given; what an admin has said about them stays. */
  async upsertDepartments(departments: WecomDepartment[]): Promise<void> {
    await sql`
      insert into departments as d (corp_id, department_id, parent_id, name, sort)
      select ${corpId}, given.id, given.parent_id, given.name, given.place
      from unnest(${departments.map(({ id }) => id)}::integer[], ${departments.map(({ parentId }) => parentId)}::integer[],
                  ${departments.map(({ name }) => name)}::text[]) with ordinality as given (id, parent_id, name, place)
      on conflict (corp_id, department_id) do update
        set parent_id = excluded.parent_id, name = excluded.name, sort = excluded.sort, is_gone = false
        where d.is_gone
          or (d.parent_id, d.name, d.sort) is distinct from (excluded.parent_id, excluded.name, excluded.sort)`.execute(
      db,
    )
  },

  async hideOtherDepartments(departmentIds: number[]): Promise<void> {
    await sql`
      update departments set is_gone = true
      where corp_id = ${corpId} and not is_gone and department_id <> all(${departmentIds}::integer[])`.execute(
      db,
    )
  },

  /** The stores that stand for departments; one whose department is a store again opens again. */
  async upsertStores(stores: Pick<WecomDepartment, 'id' | 'name'>[]): Promise<void> {
    await sql`
      insert into stores as s (corp_id, department_id, name)
      select ${corpId}, given.id, given.name
      from unnest(${stores.map(({ id }) => id)}::integer[], ${stores.map(({ name }) => name)}::text[]) as given (id, name)
      on conflict (corp_id, department_id) do update
        set name = coalesce(s.own_name, excluded.name), is_closed = false
        where s.is_closed or s.name <> coalesce(s.own_name, excluded.name)`.execute(db)
  },

  async closeOtherStores(departmentIds: number[]): Promise<void> {
    await sql`
      update stores set is_closed = true
      where corp_id = ${corpId} and not is_closed and department_id <> all(${departmentIds}::integer[])`.execute(
      db,
    )
  },

  async listKnownStaff(now: Date, idleSince: Date): Promise<KnownStaff[]> {
    const found = await sql<KnownStaff>`
      select s.staff_id as "staffId", s.user_id as "userId", s.role, s.status,
             s.department_ids as "departmentIds", s.confirmed_at as "confirmedAt",
             exists (
               select from sessions
               where sessions.staff_id = s.staff_id and sessions.revoked_at is null and sessions.expires_at > ${now}
                 and sessions.last_seen_at > ${idleSince}) as "isSignedIn"
      from staff s where s.corp_id = ${corpId}`.execute(db)
    return found.rows
  },

  /** Those at work again who had left, by whatever way they came back (a login may be the first to know). Each is answered once. */
  async welcomeBack(): Promise<number[]> {
    const back = await sql<{ staffId: number }>`
      update staff set left_at = null
      where corp_id = ${corpId} and status = 'active' and left_at is not null
      returning staff_id as "staffId"`.execute(db)
    return back.rows.map(row => row.staffId)
  },

  /**
   * Marks as left those given, unless WeCom has been asked about them since `askedAt`, and those WeCom itself calls left.
   * Each is answered once.
   */
  async retire(staffIds: number[], askedAt: Date, now: Date): Promise<Retired[]> {
    const retired = await sql<Retired>`
      with gone as (
        update staff s set status = 'left', left_at = ${now}, confirmed_at = greatest(s.confirmed_at, ${askedAt}::timestamptz)
        where s.corp_id = ${corpId} and s.left_at is null
          and (s.status = 'left'
            or (s.staff_id = any(${staffIds}::integer[]) and (s.confirmed_at is null or s.confirmed_at <= ${askedAt})))
        returning s.staff_id, s.name, s.store_id),
      -- whoever comes back is named a manager again by somebody, or leads again in WeCom
      unnamed as (
        delete from store_managers m using gone where m.staff_id = gone.staff_id and m.source = 'manual')
      select gone.staff_id as "staffId", gone.name,
             (select count(*)::int from follows f where f.staff_id = gone.staff_id and f.status = 'active') as waiting,
             case when cardinality(told.managers) > 0 then told.managers else array(
               select staff_id from staff admin
               where admin.corp_id = ${corpId} and admin.role = 'admin' and admin.status = 'active'
                 and admin.staff_id not in (select staff_id from gone)) end as "tellStaffIds"
      from gone
      cross join lateral (
        select array(
          select distinct m.staff_id from store_managers m
          join staff manager on manager.staff_id = m.staff_id and manager.status = 'active'
          where m.store_id = gone.store_id and m.staff_id not in (select staff_id from gone)) as managers) told
      order by gone.staff_id`.execute(db)
    return retired.rows
  },

  /**
   * Whether so many at once (more than half, and more than a handful) shall be believed to have left: only when a look some
   * minutes ago said the same. A range narrowed by mistake would else cost everybody what waits in her name.
   */
  async isLeavingBelieved(
    staffIds: number[],
    look: { atLeast: number; againMs: number; now: Date },
  ): Promise<boolean> {
    const found = await sql<{ isMany: boolean; isAgain: boolean }>`
      with asked as (
        select count(*) filter (where status <> 'left') as present,
               count(*) filter (where status <> 'left' and staff_id = any(${staffIds}::integer[])) as leaving
        from staff where corp_id = ${corpId}),
      former as (select leaving_noticed_at as at from corps where corp_id = ${corpId}),
      judged as (
        select asked.leaving >= ${look.atLeast} and asked.leaving * 2 > asked.present as is_many,
               coalesce(former.at between ${new Date(look.now.getTime() - look.againMs)}
                 and ${look.now}::timestamptz - interval '1 minute', false) as is_again
        from asked, former),
      noticed as (
        update corps set leaving_noticed_at = case when judged.is_many and not judged.is_again then ${look.now}::timestamptz end
        from judged where corp_id = ${corpId} and (judged.is_many or leaving_noticed_at is not null))
      select is_many as "isMany", is_again as "isAgain" from judged`.execute(db)
    const [row] = found.rows
    return !row?.isMany || row.isAgain
  },

  /** Departments of the actor's scope with the stores they stand for; all of them for an admin, in WeCom's order. */
  async listStoreRows(actor: StaffActor, departmentId?: number): Promise<Omit<StoreRow, 'path'>[]> {
    const which = departmentId === undefined ? sql`true` : sql`d.department_id = ${departmentId}`
    const found = await sql<Omit<StoreRow, 'path'>>`
      select d.department_id as "departmentId", d.name as "departmentName", d.store_choice as choice,
             coalesce(not store.is_closed, false) as "isStore", coalesce(store.own_name, d.name) as name,
             store.own_name as "ownName", store.address, store.hours, store.phone,
             coalesce((
               select json_agg(json_build_object('userId', s.user_id, 'name', s.name, 'source', m.source)
                               order by m.source desc, s.name, s.staff_id)
               from store_managers m
               join staff s on s.staff_id = m.staff_id and s.status <> 'left'
               where m.store_id = store.store_id), '[]') as managers,
             (select count(*)::int from staff s where s.store_id = store.store_id and s.status = 'active') as "staffCount"
      from departments d
      left join stores store on store.corp_id = d.corp_id and store.department_id = d.department_id
      where d.corp_id = ${actor.corpId} and not d.is_gone and ${which}
        and ${actor.role === 'admin' ? sql`true` : sql`(not store.is_closed and ${storeInScope(actor)})`}
      order by d.sort, d.department_id`.execute(db)
    return found.rows
  },

  /** @returns false when there is no such department */
  async writeChoice(departmentId: number, choice: StoreChoice): Promise<void> {
    await sql`
      update departments set store_choice = ${choice}
      where corp_id = ${corpId} and department_id = ${departmentId}`.execute(db)
  },

  /** What an admin calls a store, where it is, when it is open and how it is rung. @returns false when the department is no store */
  async writeStore(departmentId: number, { ownName, address, hours, phone }: StoreChange): Promise<boolean> {
    const isNamed = ownName !== undefined
    const written = await sql`
      update stores s set
        own_name = case when ${isNamed} then nullif(${ownName ?? null}::text, '') else s.own_name end,
        name = case when ${isNamed} then coalesce(nullif(${ownName ?? null}::text, ''), d.name) else s.name end,
        address = case when ${address !== undefined} then nullif(${address ?? null}::text, '') else s.address end,
        hours = case when ${hours !== undefined} then nullif(${hours ?? null}::text, '') else s.hours end,
        phone = case when ${phone !== undefined} then nullif(${phone ?? null}::text, '') else s.phone end
      from departments d
      where s.corp_id = ${corpId} and s.department_id = ${departmentId} and not s.is_closed
        and d.corp_id = s.corp_id and d.department_id = s.department_id
      returning 1`.execute(db)
    return written.rows.length > 0
  },

  /** @returns undefined when the department is no store or the member is not at work here */
  async findStoreAndMember(
    departmentId: number,
    userId: string,
  ): Promise<{ storeId: number; staffId: number } | undefined> {
    const found = await sql<{ storeId: number; staffId: number }>`
      select stores.store_id as "storeId", s.staff_id as "staffId"
      from stores
      join staff s on s.corp_id = stores.corp_id and lower(s.user_id) = lower(${userId}) and s.status <> 'left'
      where stores.corp_id = ${corpId} and stores.department_id = ${departmentId} and not stores.is_closed`.execute(
      db,
    )
    return found.rows[0]
  },

  async insertManager(storeId: number, staffId: number): Promise<void> {
    await sql`
      insert into store_managers (store_id, staff_id, corp_id, source) values (${storeId}, ${staffId}, ${corpId}, 'manual')
      on conflict do nothing`.execute(db)
  },

  async deleteManager(storeId: number, staffId: number): Promise<void> {
    await sql`
      delete from store_managers
      where store_id = ${storeId} and staff_id = ${staffId} and corp_id = ${corpId} and source = 'manual'`.execute(
      db,
    )
  },
})
