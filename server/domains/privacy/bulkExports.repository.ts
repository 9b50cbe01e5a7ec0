import { sql, type RawBuilder } from 'kysely'
import type { BulkColumn, BulkExport } from '../../../shared/contract/privacy.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { BULK_EXPORT_LOCK } from '../../db/locks.ts'

export interface NewBulkExport {
  bulkExportId: string
  at: Date
  reason: string
  storeId: number | null
  tagId: number | null
  columns: readonly BulkColumn[]
  format: 'csv' | 'xlsx'
}

export interface BulkExportRow extends Omit<BulkExport, 'askedAt' | 'expiresAt'> {
  askedAt: Date
  expiresAt: Date | null
}

/** What the job needs of an approved one. */
export interface WorkingExport {
  bulkExportId: string
  number: number
  askedBy: string
  decidedBy: string
  storeId: number | null
  tagId: number | null
  columns: BulkColumn[]
  format: 'csv' | 'xlsx'
}

export interface ListedRow {
  followId: number
  name: string
  salutation: string | null
  tier: string | null
  guide: string
  store: string | null
  addedOn: string | null
  channel: string | null
  tags: string[]
  phonesSealed: Buffer | null
  purchases: number
  spentFen: number
  lastPurchaseOn: string | null
}

/** Friendships that stand, of a store or with a tag where only those are wanted. */
const wanted = (
  corpId: number,
  of: { storeId: number | null; tagId: number | null },
): RawBuilder<unknown> => sql`
  f.corp_id = ${corpId} and f.status in ('active', 'transferring')
  and (${of.storeId}::integer is null or s.store_id = ${of.storeId}::integer)
  and (${of.tagId}::integer is null or f.tag_ids @> array[${of.tagId}::integer])`

export const createBulkExportsRepository = (db: Db | Tx) => ({
  /** Until the transaction ends nobody of the corp asks for another. */
  async lock(corpId: number): Promise<void> {
    await sql`select pg_advisory_xact_lock(${BULK_EXPORT_LOCK}::int, ${corpId}::int)`.execute(db)
  },

  async countApprovers(actor: StaffActor): Promise<number> {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from staff
      where corp_id = ${actor.corpId} and role = 'admin' and status = 'active' and staff_id <> ${actor.staffId}`.execute(
      db,
    )
    return found.rows[0]?.count ?? 0
  },

  async findStore(actor: StaffActor, departmentId: number): Promise<number | undefined> {
    const found = await sql<{ storeId: number }>`
      select store_id as "storeId" from stores where corp_id = ${actor.corpId} and department_id = ${departmentId}`.execute(
      db,
    )
    return found.rows[0]?.storeId
  },

  async findTag(actor: StaffActor, wecomId: string): Promise<number | undefined> {
    const found = await sql<{ tagId: number }>`
      select tag_id as "tagId" from tags
      where corp_id = ${actor.corpId} and wecom_id = ${wecomId} and not is_deleted`.execute(db)
    return found.rows[0]?.tagId
  },

  /** @returns how many rows it would have, counted no further than `most` */
  async countRows(
    corpId: number,
    of: { storeId: number | null; tagId: number | null },
    most: number,
  ): Promise<number> {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from (
        select from follows f join staff s on s.staff_id = f.staff_id where ${wanted(corpId, of)} limit ${most}) rows`.execute(
      db,
    )
    return found.rows[0]?.count ?? 0
  },

  async insert(actor: StaffActor, made: NewBulkExport): Promise<number> {
    const written = await sql<{ number: number }>`
      insert into bulk_exports (bulk_export_id, corp_id, number, asked_by, asked_at, reason, store_id, tag_id, columns, format)
      select ${made.bulkExportId}::uuid, ${actor.corpId}::integer, coalesce(max(number), 0) + 1, ${actor.staffId}::integer,
             ${made.at}::timestamptz, ${made.reason}, ${made.storeId}::integer, ${made.tagId}::integer,
             ${[...made.columns]}::text[], ${made.format}
      from bulk_exports where corp_id = ${actor.corpId}
      returning number`.execute(db)
    return written.rows[0]?.number ?? 0
  },

  async list(
    actor: StaffActor,
    sessionHash: Buffer,
    count: number,
    bulkExportId?: string,
  ): Promise<BulkExportRow[]> {
    const one = bulkExportId === undefined ? sql`` : sql`and b.bulk_export_id = ${bulkExportId}`
    const found = await sql<BulkExportRow>`
      select b.bulk_export_id as "bulkExportId", b.number, asker.name as "askedBy", b.asked_by = ${actor.staffId} as "isMine",
        b.asked_at as "askedAt", b.reason, coalesce(store.own_name, store.name) as store, t.name as tag, b.columns, b.format,
        b.state, decider.name as "decidedBy", b.rows_done as "rowsDone", b.row_count as "rowCount", b.expires_at as "expiresAt",
        b.state = 'ready' and b.asked_by = ${actor.staffId} and coalesce(b.session_hash = ${sessionHash}, true) as "canFetch"
      from bulk_exports b
      join staff asker on asker.staff_id = b.asked_by
      left join staff decider on decider.staff_id = b.decided_by
      left join stores store on store.store_id = b.store_id
      left join tags t on t.tag_id = b.tag_id
      where b.corp_id = ${actor.corpId} ${one}
      order by b.asked_at desc, b.bulk_export_id desc limit ${count}`.execute(db)
    return found.rows
  },

  async lockOne(
    actor: StaffActor,
    bulkExportId: string,
  ): Promise<{ askedBy: number; state: BulkExport['state'] } | undefined> {
    const found = await sql<{ askedBy: number; state: BulkExport['state'] }>`
      select asked_by as "askedBy", state from bulk_exports
      where bulk_export_id = ${bulkExportId} and corp_id = ${actor.corpId} for update`.execute(db)
    return found.rows[0]
  },

  async decide(actor: StaffActor, bulkExportId: string, isApproved: boolean, at: Date): Promise<void> {
    await sql`
      update bulk_exports
      set state = ${isApproved ? 'working' : 'refused'}, decided_by = ${actor.staffId}, decided_at = ${at}
      where bulk_export_id = ${bulkExportId} and corp_id = ${actor.corpId}`.execute(db)
  },

  async findWorking(corpId: number, bulkExportId: string): Promise<WorkingExport | undefined> {
    const found = await sql<WorkingExport>`
      select b.bulk_export_id as "bulkExportId", b.number, asker.name as "askedBy", decider.name as "decidedBy",
             b.store_id as "storeId", b.tag_id as "tagId", b.columns, b.format
      from bulk_exports b
      join staff asker on asker.staff_id = b.asked_by
      join staff decider on decider.staff_id = b.decided_by
      where b.bulk_export_id = ${bulkExportId} and b.corp_id = ${corpId} and b.state = 'working'`.execute(db)
    return found.rows[0]
  },

  async listRows(
    corpId: number,
    of: { storeId: number | null; tagId: number | null },
    afterId: number,
    count: number,
    timeZone: string,
  ): Promise<ListedRow[]> {
    const found = await sql<ListedRow>`
      select f.follow_id as "followId", c.name, c.salutation, c.tier, s.name as guide,
        coalesce(store.own_name, store.name) as store, to_char(f.added_at at time zone ${timeZone}, 'YYYY-MM-DD') as "addedOn",
        f.channel, array(
          select t.name from tags t where t.tag_id = any(f.tag_ids) and not t.is_deleted
          order by array_position(f.tag_ids, t.tag_id)) as tags,
        f.phones_sealed as "phonesSealed", bought.count as purchases, bought.fen as "spentFen",
        bought.last::text as "lastPurchaseOn"
      from follows f
      join customers c on c.customer_id = f.customer_id
      join staff s on s.staff_id = f.staff_id
      left join stores store on store.store_id = s.store_id
      cross join lateral (
        select count(*)::int as count, coalesce(sum(p.amount_fen), 0)::bigint as fen, max(p.day) as last
        from purchases p where p.customer_id = f.customer_id) bought
      where ${wanted(corpId, of)} and f.follow_id > ${afterId}
      order by f.follow_id limit ${count}`.execute(db)
    return found.rows
  },

  async noteProgress(bulkExportId: string, rowsDone: number): Promise<void> {
    await sql`
      update bulk_exports set rows_done = ${rowsDone} where bulk_export_id = ${bulkExportId} and state = 'working'`.execute(
      db,
    )
  },

  /** @returns false when it is no longer being worked on */
  async finish(
    bulkExportId: string,
    done: { rowCount: number; fileSealed: Buffer; at: Date; expiresAt: Date },
  ): Promise<boolean> {
    const written = await sql`
      update bulk_exports
      set state = 'ready', rows_done = ${done.rowCount}, row_count = ${done.rowCount}, file_sealed = ${done.fileSealed},
          ready_at = ${done.at}, expires_at = ${done.expiresAt}
      where bulk_export_id = ${bulkExportId} and state = 'working'
      returning 1`.execute(db)
    return written.rows.length > 0
  },

  /** For who asked; the first time ties it to her session. */
  async take(
    actor: StaffActor,
    { bulkExportId, sessionHash, now }: { bulkExportId: string; sessionHash: Buffer; now: Date },
  ): Promise<{ number: number; format: 'csv' | 'xlsx'; rowCount: number; fileSealed: Buffer } | undefined> {
    const taken = await sql<{ number: number; format: 'csv' | 'xlsx'; rowCount: number; fileSealed: Buffer }>`
      update bulk_exports set session_hash = ${sessionHash}
      where bulk_export_id = ${bulkExportId} and corp_id = ${actor.corpId} and asked_by = ${actor.staffId} and state = 'ready'
        and expires_at > ${now} and (session_hash is null or session_hash = ${sessionHash})
      returning number, format, row_count as "rowCount", file_sealed as "fileSealed"`.execute(db)
    return taken.rows[0]
  },

  /** Files whose time is over, and since `asked` what nobody has decided on or no job has made. */
  async expire(corpId: number, now: Date, asked: Date): Promise<void> {
    await sql`
      update bulk_exports set state = 'expired', file_sealed = null
      where corp_id = ${corpId} and (state = 'ready' and expires_at <= ${now}
        or state = 'waiting' and asked_at <= ${asked} or state = 'working' and decided_at <= ${asked})`.execute(
      db,
    )
  },

  /** Hers since then that were taken back through no doing of hers, and that she has not asked for once more. */
  async countWithdrawn(actor: StaffActor, since: Date): Promise<number> {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from bulk_exports
      where corp_id = ${actor.corpId} and asked_by = ${actor.staffId} and asked_at > ${since} and state = 'withdrawn'`.execute(
      db,
    )
    return found.rows[0]?.count ?? 0
  },

  /** One of them is asked for once more. @returns false when there is none */
  async replaceWithdrawn(actor: StaffActor, since: Date): Promise<boolean> {
    const replaced = await sql`
      update bulk_exports set state = 'expired'
      where bulk_export_id = (
        select bulk_export_id from bulk_exports
        where corp_id = ${actor.corpId} and asked_by = ${actor.staffId} and asked_at > ${since} and state = 'withdrawn'
        order by asked_at limit 1 for update)
      returning 1`.execute(db)
    return replaced.rows.length > 0
  },
})
