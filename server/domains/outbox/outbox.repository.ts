import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { OutboxKind, UnsentItem } from '../../../shared/contract/outbox.ts'
import { addressCustomer } from '../../../shared/rules/customerName.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { staffInScope } from '../../db/scope.ts'
import type { Outcome } from './outcome.ts'
import type { OutboxDraft, OutboxRow } from './outboxRow.ts'

const MAX_LISTED = 100
/** Holders that died over one row before it is left alone. */
const MAX_LOST_HOLDERS = 8

/** `o` is the row. */
const rowColumns = sql`
  o.outbox_id as "outboxId", o.corp_id as "corpId", o.kind, o.lane, o.subject, o.staff_id as "staffId",
  o.customer_id as "customerId", o.payload, o.version, o.tries,
  coalesce(extract(epoch from clock_timestamp() - o.first_tried_at), 0)::float8 as "triedForSeconds"`

/** A newer intention about the same waits to be told; `o` is the row. */
const isOvertaken = sql`exists (
  select from outbox newer
  where newer.corp_id = o.corp_id and newer.kind = o.kind and newer.subject = o.subject and newer.state = 'waiting')`

/** What a guide wants for a customer leaves in her order; others are not held up by it. `o` is the row. */
const isFirstOfHers = sql`not exists (
  select from outbox former
  where former.corp_id = o.corp_id and former.lane = o.lane and former.state = 'waiting'
    and former.version < o.version and former.staff_id = o.staff_id and former.customer_id = o.customer_id)`

const isIn = (lane: { corpId: number; lane: string }) =>
  sql`o.corp_id = ${lane.corpId} and o.lane = ${lane.lane}`

interface UnsentRow {
  outboxId: string
  kind: OutboxKind
  payload: Record<string, unknown>
  tagNames: string | null
  externalUserId: string | null
  salutation: string | null
  remark: string | null
  name: string | null
  guide: string | null
  staffId: number | null
  state: 'refused' | 'dead'
  reason: string | null
  tries: number
  createdAt: Date
  endedAt: Date
  total: number
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')

/** In words what should be at WeCom and is not. */
function whatOf({ kind, payload, tagNames }: UnsentRow): string {
  if (kind === 'tags') return tagNames ? `标签 ${tagNames}` : '标签'
  if (kind === 'remark') return text(payload.remark) ? `备注名 ${text(payload.remark)}` : '去掉备注名'
  if (kind === 'message') return `通知 ${text(payload.title)}`
  if (kind === 'contactWay') return `渠道活码 ${text(payload.name)}`
  return '客户接替'
}

const toUnsent = (row: UnsentRow, reader: StaffActor): UnsentItem => ({
  outboxId: row.outboxId,
  kind: row.kind,
  what: whatOf(row),
  customer:
    row.externalUserId === null
      ? null
      : { externalUserId: row.externalUserId, address: addressCustomer(row) },
  guide: row.guide,
  isMine: row.staffId === reader.staffId,
  state: row.state,
  reason: row.reason ?? '',
  tries: row.tries,
  createdAt: row.createdAt.toISOString(),
  endedAt: row.endedAt.toISOString(),
})

/** Rows of members in the reader's scope; what is nobody's is the admin's. `o` is the row, `s` its member. */
const inScope = (actor: StaffActor) =>
  actor.role === 'admin' ? sql`o.corp_id = ${actor.corpId}` : staffInScope(actor, 's')

export const createOutboxRepository = (db: Db | Tx) => ({
  /** One that has not left gives its place to the new one; one that has failed is overtaken by it. */
  async put(corpId: number, draft: OutboxDraft, now: Date): Promise<void> {
    await sql`
      with overtaken as (
        update outbox set state = 'superseded', ended_at = ${now}, payload = '{}'
        where corp_id = ${corpId} and kind = ${draft.kind} and subject = ${draft.subject} and state in ('refused', 'dead'))
      insert into outbox (outbox_id, corp_id, kind, lane, subject, staff_id, customer_id, payload, created_at)
      values (${randomUUID()}, ${corpId}, ${draft.kind}, ${draft.lane}, ${draft.subject}, ${draft.staffId},
              ${draft.customerId}, ${JSON.stringify(draft.payload)}::jsonb, ${now})
      on conflict (corp_id, kind, subject) where state = 'waiting' do update
        set version = excluded.version, lane = excluded.lane, staff_id = excluded.staff_id,
            customer_id = excluded.customer_id, payload = excluded.payload, tries = 0, lost_holders = 0,
            first_tried_at = null, next_at = excluded.next_at, errcode = null, created_at = excluded.created_at`.execute(
      db,
    )
  },

  /** The latest of its kind about the subject that may not be at WeCom. */
  async findOpen(
    corpId: number,
    kind: OutboxKind,
    subject: string,
  ): Promise<Record<string, unknown> | undefined> {
    const found = await sql<{ payload: Record<string, unknown> }>`
      select payload from outbox
      where corp_id = ${corpId} and kind = ${kind} and subject = ${subject}
        and state in ('waiting', 'sending', 'dead')
      order by version desc limit 1`.execute(db)
    return found.rows[0]?.payload
  },

  /** Adds to the payload of what waits about the subject. */
  async amendWaiting(
    corpId: number,
    kind: OutboxKind,
    subject: string,
    patch: Record<string, unknown>,
  ): Promise<void> {
    await sql`
      update outbox set payload = payload || ${JSON.stringify(patch)}::jsonb
      where corp_id = ${corpId} and kind = ${kind} and subject = ${subject} and state = 'waiting'`.execute(db)
  },

  async acknowledge(corpId: number, kind: OutboxKind, subject: string, now: Date): Promise<void> {
    await sql`
      update outbox set state = 'cancelled', ended_at = ${now}, payload = '{}'
      where corp_id = ${corpId} and kind = ${kind} and subject = ${subject} and state = 'refused'`.execute(db)
  },

  async cancelOf(corpId: number, staffIds: number[], reason: string, now: Date): Promise<number> {
    const cancelled = await sql`
      with cancelled as (
        update outbox set state = 'cancelled', reason = ${reason}, ended_at = ${now}, payload = '{}'
        where corp_id = ${corpId} and staff_id = any(${staffIds}::integer[]) and state = 'waiting'
        returning kind, subject),
      forgotten as (
        -- what nobody will tell WeCom must not keep WeCom's own word out, should she come back
        delete from tag_changes ch using cancelled
        where ch.follow_id = case when cancelled.kind = 'tags' and cancelled.subject like 'follow:%'
                                  then substr(cancelled.subject, 8)::bigint end
          and ch.state = 'pending')
      select 1 from cancelled`.execute(db)
    return cancelled.rows.length
  },

  /** Takes up the oldest row that is due, while the lane is held under `fence`. */
  async claim(
    lane: { corpId: number; lane: string; fence: number },
    kinds: OutboxKind[],
  ): Promise<OutboxRow | undefined> {
    const claimed = await sql<OutboxRow>`
      with held as materialized (
        select from outbox_lanes
        where corp_id = ${lane.corpId} and lane = ${lane.lane} and fence = ${lane.fence}
        for update)
      update outbox o
      set state = 'sending', tries = o.tries + 1, first_tried_at = coalesce(o.first_tried_at, clock_timestamp())
      where exists (select from held) and o.outbox_id = (
        select o.outbox_id from outbox o
        where ${isIn(lane)} and o.state = 'waiting' and o.next_at <= clock_timestamp() and o.kind = any(${kinds}::text[])
          and ${isFirstOfHers}
        order by o.version
        limit 1
        for update skip locked)
      returning ${rowColumns}`.execute(db)
    return claimed.rows[0]
  },

  /** Rows whose holder died before their end was heard; to be called by the lane's new holder. */
  async recoverLost(lane: { corpId: number; lane: string }, reason: string, now: Date): Promise<void> {
    await sql`
      update outbox o
      set lost_holders = o.lost_holders + 1,
          state = next.state, reason = case when next.state = 'dead' then ${reason} end,
          ended_at = case when next.state <> 'waiting' then ${now}::timestamptz end,
          payload = case when next.state = 'superseded' then '{}' else o.payload end,
          next_at = clock_timestamp()
      from (
        select o.outbox_id, case when ${isOvertaken} then 'superseded'
                                 when o.lost_holders + 1 >= ${MAX_LOST_HOLDERS} then 'dead'
                                 else 'waiting' end as state
        from outbox o
        where ${isIn(lane)} and o.state = 'sending') next
      where o.outbox_id = next.outbox_id and o.state = 'sending'`.execute(db)
  },

  /** Writes what became of a row under way. A failure over which a newer intention waits ends it. */
  async settle(outboxId: string, outcome: Outcome, notBefore: Date | null, now: Date): Promise<void> {
    if (outcome.state === 'done') {
      await sql`
        update outbox set state = 'done', ended_at = ${now}, errcode = null, reason = null, payload = '{}'
        where outbox_id = ${outboxId} and state = 'sending'`.execute(db)
      return
    }
    if (outcome.state === 'waiting') {
      await sql`
        update outbox o
        set state = case when overtaken then 'superseded' else 'waiting' end, tries = ${outcome.tries},
            first_tried_at = case when ${outcome.tries}::integer > 0 then o.first_tried_at end,
            next_at = greatest(clock_timestamp() + make_interval(secs => ${outcome.afterSeconds}), ${notBefore}::timestamptz),
            errcode = ${outcome.errcode}, ended_at = case when overtaken then ${now}::timestamptz end,
            payload = case when overtaken then '{}' else o.payload end
        from (select ${isOvertaken} as overtaken from outbox o where o.outbox_id = ${outboxId}) fate
        where o.outbox_id = ${outboxId} and o.state = 'sending'`.execute(db)
      return
    }
    await sql`
      update outbox o
      set state = case when overtaken then 'superseded' else ${outcome.state} end, errcode = ${outcome.errcode},
          reason = ${outcome.reason}, ended_at = ${now}, payload = case when overtaken then '{}' else o.payload end
      from (select ${isOvertaken} as overtaken from outbox o where o.outbox_id = ${outboxId}) fate
      where o.outbox_id = ${outboxId} and o.state = 'sending'`.execute(db)
  },

  /** Seconds until something of the lane is due, negative when it is; null when nothing waits. */
  async findDueIn(lane: { corpId: number; lane: string }, kinds: OutboxKind[]): Promise<number | null> {
    const found = await sql<{ seconds: number | null }>`
      select extract(epoch from min(o.next_at) - clock_timestamp())::float8 as seconds
      from outbox o
      where ${isIn(lane)} and o.state = 'waiting' and o.kind = any(${kinds}::text[]) and ${isFirstOfHers}`.execute(
      db,
    )
    return found.rows[0]?.seconds ?? null
  },

  /** Another lane of the same sort (`customer:%`) with work that is due and nobody at it, the longest waiting first. */
  async findFreeLane(
    corpId: number,
    { pattern, but, kinds }: { pattern: string; but: string[]; kinds: OutboxKind[] },
  ): Promise<string | undefined> {
    const found = await sql<{ lane: string }>`
      select o.lane from outbox o
      where o.corp_id = ${corpId} and o.state = 'waiting' and o.next_at <= clock_timestamp() and o.lane like ${pattern}
        and o.lane <> all(${but}::text[]) and o.kind = any(${kinds}::text[]) and ${isFirstOfHers}
        and not exists (
          select from outbox_lanes l
          where l.corp_id = o.corp_id and l.lane = o.lane and l.leased_until > clock_timestamp())
      order by o.next_at
      limit 1`.execute(db)
    return found.rows[0]?.lane
  },

  /** Lanes nobody is at, though something has been due for a while or was left by a holder who died. */
  async listForgottenLanes(
    dueForSeconds: number,
    count: number,
  ): Promise<{ corpId: number; lane: string }[]> {
    const found = await sql<{ corpId: number; lane: string }>`
      select o.corp_id as "corpId", o.lane from outbox o
      where (o.state = 'sending'
          or (o.state = 'waiting' and o.next_at <= clock_timestamp() - make_interval(secs => ${dueForSeconds})
            and ${isFirstOfHers}))
        and not exists (
          select from outbox_lanes l
          where l.corp_id = o.corp_id and l.lane = o.lane and l.leased_until > clock_timestamp())
      group by o.corp_id, o.lane
      order by min(o.next_at)
      limit ${count}`.execute(db)
    return found.rows
  },

  /** What has ended and waits for nobody's decision. */
  async deleteEnded(before: Date): Promise<void> {
    await sql`
      delete from outbox
      where ended_at < ${before} and state in ('done', 'superseded', 'cancelled')`.execute(db)
  },

  async listUnsent(actor: StaffActor): Promise<{ items: UnsentItem[]; total: number }> {
    const found = await sql<UnsentRow>`
      select o.outbox_id as "outboxId", o.kind, o.payload, (
               select string_agg(t.name, '、' order by ch.changed_at, t.tag_id)
               from tag_changes ch
               join tags t on t.tag_id = ch.tag_id
               where o.kind = 'tags' and ch.follow_id = (o.payload ->> 'followId')::bigint) as "tagNames",
             c.external_user_id as "externalUserId", c.salutation, f.remark, c.name, s.name as guide,
             o.staff_id as "staffId", o.state, o.reason, o.tries, o.created_at as "createdAt", o.ended_at as "endedAt",
             count(*) over ()::int as total
      from outbox o
      left join staff s on s.staff_id = o.staff_id
      left join customers c on c.customer_id = o.customer_id
      left join follows f on f.customer_id = o.customer_id and f.staff_id = o.staff_id
      where o.state in ('refused', 'dead') and ${inScope(actor)}
      order by o.created_at desc, o.version desc
      limit ${MAX_LISTED}`.execute(db)
    return { items: found.rows.map(row => toUnsent(row, actor)), total: found.rows[0]?.total ?? 0 }
  },

  async countWaiting(
    actor: StaffActor,
    now: Date,
  ): Promise<{ waiting: number; oldestSeconds: number | null }> {
    const found = await sql<{ waiting: number; oldestSeconds: number | null }>`
      select count(*)::int as waiting,
             floor(extract(epoch from ${now}::timestamptz - min(o.created_at)))::int as "oldestSeconds"
      from outbox o
      left join staff s on s.staff_id = o.staff_id
      where o.state in ('waiting', 'sending') and ${inScope(actor)}`.execute(db)
    return found.rows[0] ?? { waiting: 0, oldestSeconds: null }
  },

  async countUnsent(actor: StaffActor): Promise<number> {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from outbox
      where corp_id = ${actor.corpId} and staff_id = ${actor.staffId} and state in ('refused', 'dead')`.execute(
      db,
    )
    return found.rows[0]?.count ?? 0
  },

  /** The whole corp's, for whoever looks after the server. */
  async measure(
    corpId: number,
    now: Date,
  ): Promise<{ unsent: number; waiting: number; oldestSeconds: number | null }> {
    const found = await sql<{ unsent: number; waiting: number; oldestSeconds: number | null }>`
      select count(*) filter (where state in ('refused', 'dead'))::int as unsent,
             count(*) filter (where state in ('waiting', 'sending'))::int as waiting,
             floor(extract(epoch from ${now}::timestamptz
               - min(created_at) filter (where state in ('waiting', 'sending'))))::int as "oldestSeconds"
      from outbox
      where corp_id = ${corpId} and state in ('refused', 'dead', 'waiting', 'sending')`.execute(db)
    return found.rows[0] ?? { unsent: 0, waiting: 0, oldestSeconds: null }
  },

  async findInScope(
    actor: StaffActor,
    outboxId: string,
  ): Promise<(OutboxRow & { state: string }) | undefined> {
    const found = await sql<OutboxRow & { state: string }>`
      select ${rowColumns}, o.state
      from outbox o
      left join staff s on s.staff_id = o.staff_id
      where o.outbox_id = ${outboxId} and o.corp_id = ${actor.corpId} and ${inScope(actor)}`.execute(db)
    return found.rows[0]
  },

  /** From the beginning; where a newer intention waits already, that one is enough. */
  async reopen(outboxId: string, now: Date): Promise<boolean> {
    const reopened = await sql`
      update outbox o
      set state = case when overtaken then 'superseded' else 'waiting' end, version = nextval('outbox_versions'), tries = 0,
          lost_holders = 0, first_tried_at = null, next_at = clock_timestamp(), errcode = null, reason = null,
          ended_at = case when overtaken then ${now}::timestamptz end,
          payload = case when overtaken then '{}' else o.payload end
      from (select ${isOvertaken} as overtaken from outbox o where o.outbox_id = ${outboxId}) fate
      where o.outbox_id = ${outboxId} and o.state in ('refused', 'dead')
      returning 1`.execute(db)
    return reopened.rows.length > 0
  },

  async cancel(outboxId: string, now: Date): Promise<boolean> {
    const cancelled = await sql`
      update outbox set state = 'cancelled', ended_at = ${now}, payload = '{}'
      where outbox_id = ${outboxId} and state in ('refused', 'dead')
      returning 1`.execute(db)
    return cancelled.rows.length > 0
  },

  async findUserId(corpId: number, staffId: number): Promise<string | undefined> {
    const found = await sql<{ user_id: string }>`
      select user_id from staff where corp_id = ${corpId} and staff_id = ${staffId} and status = 'active'`.execute(
      db,
    )
    return found.rows[0]?.user_id
  },
})
