import { sql } from 'kysely'
import type { AuditAction, AuditDetail, AuditRow } from '../../../shared/contract/audit.ts'
import { addDays, type CivilDay } from '../../../shared/rules/civilDay.ts'
import { addressCustomer } from '../../../shared/rules/customerName.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'

/** What of the record is asked for; undefined for everything. */
export interface LogFilter {
  actions: readonly AuditAction[] | undefined
  /** WeCom's id of a member */
  member: string | undefined
  /** WeCom's id of a customer */
  customer: string | undefined
  from: CivilDay | undefined
  /** included */
  until: CivilDay | undefined
  timeZone: string
}

export interface LogPosition {
  exactAt: string
  entryId: string
}

export interface ListedEntry {
  position: LogPosition
  entry: AuditRow
}

interface LogRow {
  entryId: string
  at: Date
  exactAt: string
  action: AuditAction
  actor: AuditRow['by']
  userId: string | null
  name: string | null
  externalUserId: string | null
  customerName: string | null
  salutation: string | null
  about: string | null
  detail: AuditDetail
  isChained: boolean
}

const toListed = (row: LogRow): ListedEntry => ({
  position: { exactAt: row.exactAt, entryId: row.entryId },
  entry: {
    entryId: row.entryId,
    at: row.at.toISOString(),
    action: row.action,
    by: row.actor,
    who: row.userId === null ? null : { userId: row.userId, name: row.name ?? row.userId },
    customer:
      row.externalUserId === null
        ? null
        : {
            externalUserId: row.externalUserId,
            name: addressCustomer({ salutation: row.salutation, remark: null, name: row.customerName ?? '' }),
          },
    about: row.about,
    detail: row.detail,
    isChained: row.isChained,
  },
})

/** `e` is the entry. A child is never named. */
const aboutName = sql`case e.subject_kind
  when 'staff' then (
    select s.name from staff s where s.corp_id = e.corp_id and s.staff_id = e.subject_id::integer)
  when 'store' then (
    select coalesce(store.own_name, d.name) from departments d
    left join stores store on store.corp_id = d.corp_id and store.department_id = d.department_id
    where d.corp_id = e.corp_id and d.department_id = e.subject_id::integer)
  when 'couponTemplate' then (
    select t.name from coupon_templates t where t.corp_id = e.corp_id and t.template_id = e.subject_id::uuid)
  when 'coupon' then (
    select t.name from coupons c join coupon_templates t on t.template_id = c.template_id
    where c.corp_id = e.corp_id and c.coupon_id = e.subject_id::uuid)
  when 'channelCode' then (
    select code.name from channel_codes code
    where code.corp_id = e.corp_id and code.channel_code_id = e.subject_id::uuid)
  when 'transfer' then (
    select s.name from transfers tr join staff s on s.staff_id = tr.to_staff_id
    where tr.corp_id = e.corp_id and tr.transfer_id = e.subject_id::uuid)
  when 'bulkExport' then (
    select b.number || ' 号' from bulk_exports b
    where b.corp_id = e.corp_id and b.bulk_export_id = e.subject_id::uuid)
end`

/** Reading the record: for admins, who see the whole corp. Names are those of today, looked up for the rows shown. */
export const createAuditLogRepository = (db: Db | Tx) => ({
  async list(
    actor: StaffActor,
    { actions, member, customer, from, until, timeZone }: LogFilter,
    before: LogPosition | undefined,
    count: number,
  ): Promise<ListedEntry[]> {
    const startOf = (day: CivilDay) => sql`(${day}::date::timestamp at time zone ${timeZone})`
    const conditions = [
      sql`e.corp_id = ${actor.corpId}`,
      ...(member === undefined
        ? []
        : [
            sql`e.staff_id = (select s.staff_id from staff s where s.corp_id = ${actor.corpId} and lower(s.user_id) = lower(${member}))`,
          ]),
      ...(customer === undefined
        ? []
        : [
            sql`e.customer_id = (select c.customer_id from customers c where c.corp_id = ${actor.corpId} and c.external_user_id = ${customer})`,
          ]),
      ...(from === undefined ? [] : [sql`e.at >= ${startOf(from)}`]),
      ...(until === undefined ? [] : [sql`e.at < ${startOf(addDays(until, 1))}`]),
      ...(before === undefined
        ? []
        : [sql`(e.at, e.entry_id) < (${before.exactAt}::timestamptz, ${before.entryId}::bigint)`]),
    ]
    const wanted = sql.join(conditions, sql` and `)
    const newest = sql`order by e.at desc, e.entry_id desc limit ${count}`
    // Kind by kind, so that each is found at its own place of the index, however rare it is.
    const rows =
      actions === undefined
        ? sql`select e.* from audit_entries e where ${wanted} ${newest}`
        : sql`select e.* from unnest(${actions}::text[]) as meant (action)
            cross join lateral (
              select e.* from audit_entries e where e.action = meant.action and ${wanted} ${newest}) e
            ${newest}`
    const found = await sql<LogRow>`
      select e.entry_id::text as "entryId", e.at, e.at::text as "exactAt", e.action, e.actor, doer.user_id as "userId", doer.name,
             c.external_user_id as "externalUserId", c.name as "customerName", c.salutation, ${aboutName} as about,
             e.detail, e.seq is not null as "isChained"
      from (${rows}) e
      left join staff doer on doer.corp_id = e.corp_id and doer.staff_id = e.staff_id
      left join customers c on c.corp_id = e.corp_id and c.customer_id = e.customer_id
      order by e.at desc, e.entry_id desc`.execute(db)
    return found.rows.map(toListed)
  },
})
