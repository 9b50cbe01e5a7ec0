import { sql } from 'kysely'
import type { AuditAction, AuditDetail, AuditSubject } from '../../../shared/contract/audit.ts'
import type { Db, Tx } from '../../db/db.ts'
import { AUDIT_CHAIN_LOCK } from '../../db/locks.ts'
import type { ChainBreak, ChainedFields, ChainedRow, Link } from './chain.ts'

export interface EntryRow {
  corpId: number
  at: Date
  actor: 'staff' | 'system' | 'customer'
  staffId: number | null
  action: AuditAction
  subjectKind: AuditSubject | null
  subjectId: string | null
  customerId: number | null
  detail: AuditDetail
  requestId: string | null
}

export interface ChainCheck {
  checkedAt: Date
  through: Link
  broken: ChainBreak | null
}

const chainedFields = sql`
  e.entry_id::text as "entryId", e.corp_id as "corpId", (extract(epoch from e.at) * 1000000)::bigint::text as "atMicros",
  e.actor, e.staff_id::text as "staffId", e.action, e.subject_kind as "subjectKind", e.subject_id as "subjectId",
  e.customer_id::text as "customerId", e.detail::text as detail, e.request_id::text as "requestId"`

/** The record itself: rows are written free, and become links of the chain afterwards. */
export const createAuditRepository = (db: Db | Tx) => ({
  async insert(entries: EntryRow[]): Promise<void> {
    await sql`
      insert into audit_entries (corp_id, at, actor, staff_id, action, subject_kind, subject_id, customer_id, detail, request_id)
      select "corpId", at, actor, "staffId", action, "subjectKind", "subjectId", "customerId", detail, "requestId"
      from jsonb_to_recordset(${JSON.stringify(entries)}::jsonb) as entry (
        "corpId" integer, at timestamptz, actor text, "staffId" integer, action text, "subjectKind" text, "subjectId" text,
        "customerId" bigint, detail jsonb, "requestId" uuid)`.execute(db)
  },

  /** Until the transaction ends; false while somebody else hangs rows on this chain. */
  async tryToHoldChain(corpId: number): Promise<boolean> {
    const found = await sql<{ isHeld: boolean }>`
      select pg_try_advisory_xact_lock(${AUDIT_CHAIN_LOCK}::int, ${corpId}::int) as "isHeld"`.execute(db)
    return found.rows[0]?.isHeld === true
  },

  async findEnd(corpId: number): Promise<Link | undefined> {
    const found = await sql<Link>`
      select seq, hash from audit_entries where corp_id = ${corpId} and seq is not null
      order by seq desc limit 1`.execute(db)
    return found.rows[0]
  },

  async findLink(corpId: number, seq: number): Promise<Link | undefined> {
    const found = await sql<Link>`
      select seq, hash from audit_entries where corp_id = ${corpId} and seq = ${seq}`.execute(db)
    return found.rows[0]
  },

  async listCorps(): Promise<{ corpId: number; wecomCorpId: string }[]> {
    const found = await sql<{ corpId: number; wecomCorpId: string }>`
      select corp_id as "corpId", wecom_corp_id as "wecomCorpId" from corps order by corp_id`.execute(db)
    return found.rows
  },

  /** Rows that belong to no chain yet, in the order they are hung on. */
  async listFree(corpId: number, count: number): Promise<ChainedFields[]> {
    const found = await sql<ChainedFields>`
      select ${chainedFields} from audit_entries e
      where e.corp_id = ${corpId} and e.seq is null
      order by e.entry_id limit ${count}`.execute(db)
    return found.rows
  },

  async writeLinks(links: (Link & { entryId: string; previousHash: Buffer })[]): Promise<void> {
    await sql`
      update audit_entries e set seq = link.seq, previous_hash = link.previous_hash, hash = link.hash
      from unnest(${links.map(link => link.entryId)}::bigint[], ${links.map(link => link.seq)}::bigint[],
                  ${links.map(link => link.previousHash)}::bytea[], ${links.map(link => link.hash)}::bytea[])
        as link (entry_id, seq, previous_hash, hash)
      where e.entry_id = link.entry_id`.execute(db)
  },

  /** The chain from behind `after` on, in its order. */
  async listLinks(corpId: number, after: number, count: number): Promise<ChainedRow[]> {
    const found = await sql<ChainedRow>`
      select ${chainedFields}, e.seq, e.previous_hash as "previousHash", e.hash
      from audit_entries e
      where e.corp_id = ${corpId} and e.seq > ${after}
      order by e.seq limit ${count}`.execute(db)
    return found.rows
  },

  /** Where the chain begins: behind what was trimmed from it, by the entry that tells of that. Undefined for a whole one. */
  async findTrim(corpId: number): Promise<Link | undefined> {
    const found = await sql<{ seq: number; hash: string }>`
      select (detail ->> 'throughSeq')::bigint as seq, detail ->> 'throughHash' as hash
      from audit_entries
      where corp_id = ${corpId} and action = 'auditTrimmed'
      order by (detail ->> 'throughSeq')::bigint desc limit 1`.execute(db)
    const row = found.rows[0]
    return row && { seq: row.seq, hash: Buffer.from(row.hash, 'hex') }
  },

  /** How many of the oldest links may go: all before the first that is younger than three years, or than `before`. */
  async findTrimmable(corpId: number, before: Date): Promise<Link | undefined> {
    const found = await sql<Link>`
      select e.seq, e.hash from audit_entries e
      where e.corp_id = ${corpId} and e.seq < (
        select min(young.seq) from audit_entries young
        where young.corp_id = ${corpId} and young.seq is not null
          and young.at >= least(${before}::timestamptz, clock_timestamp() - interval '3 years'))
      order by e.seq desc limit 1`.execute(db)
    return found.rows[0]
  },

  async deleteThrough(corpId: number, seq: number): Promise<number> {
    const found = await sql<{ count: number }>`
      with gone as (delete from audit_entries where corp_id = ${corpId} and seq <= ${seq} returning 1)
      select count(*)::int as count from gone`.execute(db)
    return found.rows[0]?.count ?? 0
  },

  async findCheck(corpId: number): Promise<ChainCheck | undefined> {
    const found = await sql<{
      checkedAt: Date
      seq: number
      hash: Buffer
      brokenSeq: number | null
      trouble: ChainBreak['trouble'] | null
    }>`
      select checked_at as "checkedAt", through_seq as seq, through_hash as hash, broken_seq as "brokenSeq", trouble
      from audit_checks where corp_id = ${corpId}`.execute(db)
    const row = found.rows[0]
    if (!row) return undefined
    const { checkedAt, seq, hash, brokenSeq, trouble } = row
    const broken = brokenSeq === null || trouble === null ? null : { seq: brokenSeq, trouble }
    return { checkedAt, through: { seq, hash }, broken }
  },

  async writeCheck(corpId: number, { checkedAt, through, broken }: ChainCheck): Promise<void> {
    await sql`
      insert into audit_checks as c (corp_id, checked_at, through_seq, through_hash, broken_seq, trouble)
      values (${corpId}, ${checkedAt}, ${through.seq}, ${through.hash}, ${broken?.seq ?? null}, ${broken?.trouble ?? null})
      on conflict (corp_id) do update
        set checked_at = excluded.checked_at, through_seq = excluded.through_seq, through_hash = excluded.through_hash,
            broken_seq = excluded.broken_seq, trouble = excluded.trouble
        where c.checked_at <= excluded.checked_at`.execute(db)
  },

  async countFree(corpId: number): Promise<number> {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from audit_entries where corp_id = ${corpId} and seq is null`.execute(db)
    return found.rows[0]?.count ?? 0
  },
})
