import { sql } from 'kysely'
import type { Leaver, StaffMember, TransferState, WaitingCustomer } from '../../../shared/contract/staff.ts'
import { addressCustomer } from '../../../shared/rules/customerName.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { staffInScope } from '../../db/scope.ts'

export interface ListedStaff {
  staffId: number
  hasLeft: boolean
  member: StaffMember
}
type StaffRow = Omit<StaffMember, 'leftAt'> & { staffId: number; leftAt: Date | null }

export interface FoundStaff {
  staffId: number
  userId: string
  name: string
  status: 'active' | 'disabled' | 'left'
}

interface WaitingRow {
  followId: number
  sortKey: string
  externalUserId: string
  salutation: string | null
  remark: string | null
  name: string
  avatarUrl: string | null
  tier: string | null
  addedAt: Date | null
  transfer: { toName: string; state: TransferState; reason: string | null; createdAt: string } | null
}

export interface ListedWaiting {
  followId: number
  sortKey: string
  customer: WaitingCustomer
}

/** `store` is the table's alias; null where there is none. */
const storeJson = sql`case when store.store_id is null then null
  else json_build_object('departmentId', store.department_id, 'name', store.name) end`

/** Members as those who manage them see them. */
export const createStaffRepository = (db: Db | Tx) => ({
  /** Those at work first, by name. @param departmentId of a store whose people are asked for */
  async list(
    actor: StaffActor,
    departmentId: number | undefined,
    after: { hasLeft: boolean; name: string; staffId: number } | undefined,
    count: number,
  ): Promise<ListedStaff[]> {
    const inStore = departmentId === undefined ? sql`true` : sql`store.department_id = ${departmentId}`
    const behind = after
      ? sql`(s.status = 'left', s.name, s.staff_id) > (${after.hasLeft}::boolean, ${after.name}::text, ${after.staffId}::int)`
      : sql`true`
    const found = await sql<StaffRow>`
      select s.staff_id as "staffId", s.user_id as "userId", s.name, s.role, s.status, s.left_at as "leftAt",
             ${storeJson} as store,
             coalesce((
               select json_agg(json_build_object('departmentId', run.department_id, 'name', run.name) order by run.name, run.store_id)
               from stores run
               where run.store_id in (select m.store_id from store_managers m where m.staff_id = s.staff_id)), '[]') as manages,
             (select count(*)::int from follows f
              where f.staff_id = s.staff_id and f.status in ('active', 'transferring')) as customers
      from staff s
      left join stores store on store.store_id = s.store_id
      where ${staffInScope(actor)} and ${inStore} and ${behind}
      order by s.status = 'left', s.name, s.staff_id
      limit ${count}`.execute(db)
    return found.rows.map(({ staffId, leftAt, ...member }) => ({
      staffId,
      hasLeft: member.status === 'left',
      member: { ...member, leftAt: member.status === 'left' ? (leftAt?.toISOString() ?? null) : null },
    }))
  },

  async findInScope(actor: StaffActor, userId: string): Promise<FoundStaff | undefined> {
    const found = await sql<FoundStaff>`
      select s.staff_id as "staffId", s.user_id as "userId", s.name, s.status
      from staff s
      where s.corp_id = ${actor.corpId} and lower(s.user_id) = lower(${userId}) and ${staffInScope(actor)}`.execute(
      db,
    )
    return found.rows[0]
  },

  /** Who has left and still has customers; the latest first. */
  async listLeavers(actor: StaffActor): Promise<Leaver[]> {
    const found = await sql<Omit<Leaver, 'leftAt'> & { leftAt: Date | null }>`
      select s.user_id as "userId", s.name, s.left_at as "leftAt", ${storeJson} as store,
             left_over.waiting, left_over."inTransfer"
      from staff s
      left join stores store on store.store_id = s.store_id
      join lateral (
        select count(*) filter (where f.status = 'active')::int as waiting,
               count(*) filter (where f.status = 'transferring')::int as "inTransfer"
        from follows f where f.staff_id = s.staff_id and f.status in ('active', 'transferring')) left_over
        on left_over.waiting + left_over."inTransfer" > 0
      where s.status = 'left' and ${staffInScope(actor)}
      order by s.left_at desc nulls last, s.staff_id desc
      limit 500`.execute(db)
    return found.rows.map(row => ({ ...row, leftAt: row.leftAt?.toISOString() ?? null }))
  },

  /** Customers of a member who has left, whom nobody has taken over yet; `staffId` must be in scope. */
  async listWaiting(
    staffId: number,
    after: { sortKey: string; followId: number } | undefined,
    count: number,
  ): Promise<ListedWaiting[]> {
    const behind = after ? sql`(f.sort_key, f.follow_id) > (${after.sortKey}, ${after.followId})` : sql`true`
    const found = await sql<WaitingRow>`
      select f.follow_id as "followId", f.sort_key as "sortKey", c.external_user_id as "externalUserId", c.salutation,
             f.remark, c.name, c.avatar_url as "avatarUrl", c.tier, f.added_at as "addedAt", latest.transfer
      from follows f
      join customers c on c.customer_id = f.customer_id
      left join lateral (
        select json_build_object('toName', taker.name, 'state', t.state, 'reason', t.reason,
                                 'createdAt', t.created_at) as transfer
        from transfers t
        join staff taker on taker.staff_id = t.to_staff_id
        where t.follow_id = f.follow_id
        order by t.created_at desc, t.transfer_id
        limit 1) latest on true
      where f.staff_id = ${staffId} and f.status in ('active', 'transferring') and ${behind}
      order by f.sort_key, f.follow_id
      limit ${count}`.execute(db)
    return found.rows.map(({ followId, sortKey, ...row }) => ({
      followId,
      sortKey,
      customer: {
        externalUserId: row.externalUserId,
        address: addressCustomer(row),
        name: row.name,
        avatarUrl: row.avatarUrl,
        tier: row.tier,
        addedAt: row.addedAt?.toISOString() ?? null,
        transfer: row.transfer && {
          ...row.transfer,
          createdAt: new Date(row.transfer.createdAt).toISOString(),
        },
      },
    }))
  },
})
