import { sql } from 'kysely'
import type {
  Client,
  PartOutcome,
  PartResults,
  PartState,
  Send,
  SendPart,
} from '../../../shared/contract/sends.ts'
import type { ReasonClass } from '../../../shared/contract/reasonClass.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import { sendOutcome, type SendOutcome } from '../../../shared/rules/sendState.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { personVisible, scriptInScope, wordsVisible } from '../../db/scope.ts'
import { canBeContinued, partState } from '../../db/sendParts.ts'

/** One customer or one customer group; the ids are internal. */
export type Receiver = { customerId: number; groupChatId: null } | { customerId: null; groupChatId: number }

export interface NewSend {
  sendId: string
  receiver: Receiver
  title: string
  parts: SendPart[]
  script: { scriptId: string; version: number } | null
  reminderId: string | null
  couponId: string | null
  /** a group's link of coupons */
  shareId?: string
  engravingId: string | null
  client: Client | null
  startedAt: Date
}

/** A send held by this transaction. */
export interface LockedSend {
  startedAt: Date
  title: string
  reminderId: string | null
  isOfCoupon: boolean
  isStopped: boolean
  outcome: SendOutcome | null
  /** What it was let through for. */
  reasonClass: ReasonClass | null
  /** When a part was last given to the client. */
  lastHandedAt: Date
}

/** A part as it was given to the client, with what became of it. */
export interface HeldPart {
  body: SendPart
  state: PartState
  /** which time it was given to the client last; null before the first, or where the page did not say */
  attempt: string | null
}

/** A send of which something has become known; enough to write its trace. */
export interface EndedSend {
  sendId: string
  startedAt: Date
  corpId: number
  staffId: number
  customerId: number | null
  reminderId: string | null
  couponId: string | null
  title: string
  outcome: SendOutcome
  parts: PartState[]
}

interface SendRow {
  send_id: string
  started_at: Date
  title: string
  outcome: SendOutcome | null
  script_id: string | null
  reminder_id: string | null
  is_stopped: boolean
  client_platform: Client['platform'] | null
  client_version: string | null
  parts: Send['parts']
}

const toSend = (row: SendRow): Send => ({
  sendId: row.send_id,
  startedAt: row.started_at.toISOString(),
  title: row.title,
  parts: row.parts,
  outcome: row.outcome,
  scriptId: row.script_id,
  reminderId: row.reminder_id,
  isStopped: row.is_stopped,
  client:
    row.client_platform === null ? null : { platform: row.client_platform, version: row.client_version },
})

/** The body of a part `p` of the send `s`. Who has the link has the coupon: it is for the sender, and as long as she has to send it. */
const bodyFor = (actor: StaffActor) => sql`
  case when (s.coupon_id is null and s.share_id is null) or p.body ->> 'kind' <> 'news' then p.body
       when s.staff_id = ${actor.staffId} and s.finished_at is null then p.body
       else p.body || '{"link": null}' end`

/** `s` is the send. */
const sendColumns = (actor: StaffActor) => sql`
  s.send_id, s.started_at, s.title, s.outcome, s.script_id, s.reminder_id, s.stopped_at is not null as is_stopped,
  s.client_platform, s.client_version,
  (select json_agg(json_build_object('body', ${bodyFor(actor)}, 'outcome', p.outcome, 'reason', p.reason, 'state', ${partState})
                   order by p.index)
   from send_parts p where p.send_id = s.send_id) as parts`

/** The member's own sends to that receiver, a customer or a group; `s` is the send. By `=`, which is what an index can be asked. */
const isOwnTo = (actor: StaffActor, { customerId, groupChatId }: Receiver) => sql<boolean>`(
  s.corp_id = ${actor.corpId} and s.staff_id = ${actor.staffId}
  and ${customerId === null ? sql`s.group_chat_id = ${groupChatId}::int` : sql`s.customer_id = ${customerId}::bigint`})`

export const createSendsRepository = (db: Db | Tx) => ({
  /** The newest version of a script the member may use; undefined when there is none for her. */
  async findScriptVersion(actor: StaffActor, scriptId: string): Promise<number | undefined> {
    const found = await sql<{ version: number }>`
      select s.version from scripts s where s.script_id = ${scriptId} and ${scriptInScope(actor)}`.execute(db)
    return found.rows[0]?.version
  },

  async insert(actor: StaffActor, send: NewSend): Promise<void> {
    await sql`
      with started as (
        insert into sends (send_id, corp_id, staff_id, customer_id, group_chat_id, title, script_id, script_version,
                           reminder_id, coupon_id, share_id, engraving_id, client_platform, client_version, started_at)
        values (${send.sendId}, ${actor.corpId}, ${actor.staffId}, ${send.receiver.customerId},
                ${send.receiver.groupChatId}, ${send.title}, ${send.script?.scriptId ?? null},
                ${send.script?.version ?? null}, ${send.reminderId}, ${send.couponId}, ${send.shareId ?? null}, ${send.engravingId},
                ${send.client?.platform ?? null}, ${send.client?.version ?? null}, ${send.startedAt})
        returning send_id)
      insert into send_parts (send_id, index, body, handed_at, attempt)
      select started.send_id, part.index - 1, part.body, case when part.index = 1 then ${send.startedAt}::timestamptz end,
             case when part.index = 1 then started.send_id end
      from started, jsonb_array_elements(${JSON.stringify(send.parts)}::jsonb) with ordinality as part(body, index)`.execute(
      db,
    )
  },

  /** The member begins the same script anew, or the same words without one: what was left of an earlier attempt is given up. */
  async giveUpEarlier(
    actor: StaffActor,
    receiver: Receiver,
    { scriptId, title }: { scriptId: string | null; title: string },
    now: Date,
  ): Promise<void> {
    await sql`
      update sends s set stopped_at = ${now}
      where ${isOwnTo(actor, receiver)} and s.script_id is not distinct from ${scriptId}::uuid
        and (s.script_id is not null or s.title = ${title}) and ${canBeContinued(now)}`.execute(db)
  },

  /**
   * Her message to that receiver whose coupon was given back half-way, for the same reminder or of the same template, if it ended since
   * then and is the last she has sent there.
   */
  async findHalf(
    actor: StaffActor,
    receiver: Receiver,
    { reminderId, templateId }: { reminderId: string | null; templateId: string | null },
    since: Date,
  ): Promise<{ sendId: string; reasonClass: ReasonClass | null } | undefined> {
    const found = await sql<{ sendId: string; reasonClass: ReasonClass | null }>`
      select last.send_id as "sendId", last.reason_class as "reasonClass"
      from (
        select * from sends s
        where ${isOwnTo(actor, receiver)} and (s.outcome is null or s.outcome not in ('cancelled', 'failed'))
        order by s.started_at desc limit 1) last
      join coupons c on c.coupon_id = last.coupon_id
      where last.outcome = 'partial' and last.finished_at >= ${since}
        and (last.reminder_id = ${reminderId}::uuid or c.template_id = ${templateId}::uuid)`.execute(db)
    return found.rows[0]
  },

  /** The member's own send to that receiver, until the transaction ends. */
  async lock(actor: StaffActor, receiver: Receiver, sendId: string): Promise<LockedSend | undefined> {
    const found = await sql<LockedSend>`
      select s.started_at as "startedAt", s.title, s.reminder_id as "reminderId", (s.coupon_id is not null or s.share_id is not null) as "isOfCoupon",
             s.stopped_at is not null as "isStopped", s.outcome, s.reason_class as "reasonClass",
             greatest(s.started_at, (select max(p.handed_at) from send_parts p where p.send_id = s.send_id)) as "lastHandedAt"
      from sends s
      where s.send_id = ${sendId} and ${isOwnTo(actor, receiver)}
      for no key update`.execute(db)
    return found.rows[0]
  },

  /** Notes how parts ended. What has arrived stays arrived; what turned out not to leave was never given to the client. */
  async answerParts(sendId: string, results: PartResults['results'], now: Date): Promise<void> {
    await sql`
      update send_parts part
      set outcome = result.outcome, reason = result.reason, answered_at = ${now},
          handed_at = coalesce(part.handed_at, case when result.outcome in ('ok', 'unknown') then ${now}::timestamptz end)
      from jsonb_to_recordset(${JSON.stringify(results)}::jsonb)
        as result(index smallint, outcome text, reason text)
      where part.send_id = ${sendId} and part.index = result.index and part.outcome is distinct from 'ok'`.execute(
      db,
    )
  },

  /** Notes that a part is about to be given to the client, as `body`: from now on it may stand in the chat. */
  async handOver(
    sendId: string,
    { index, body, attempt }: { index: number; body: SendPart; attempt: string | null },
    now: Date,
  ): Promise<void> {
    await sql`
      update send_parts
      set handed_at = ${now}, attempt = ${attempt}, outcome = null, reason = null, answered_at = null, body = ${JSON.stringify(body)}::jsonb
      where send_id = ${sendId} and index = ${index} and outcome is distinct from 'ok'`.execute(db)
  },

  /** The parts in their order. */
  async listParts(sendId: string): Promise<HeldPart[]> {
    const found = await sql<HeldPart>`
      select p.body, ${partState} as state, p.attempt from send_parts p where p.send_id = ${sendId} order by p.index`.execute(
      db,
    )
    return found.rows
  },

  /** How it stands; `finishedAt` is null while more is expected. It counts on the day on which its last part left. */
  async settle(
    sendId: string,
    state: { outcome: SendOutcome | null; finishedAt: Date | null; stoppedAt: Date | null },
  ): Promise<void> {
    await sql`
      update sends
      set outcome = ${state.outcome}, finished_at = ${state.finishedAt}, stopped_at = coalesce(stopped_at, ${state.stoppedAt}),
          counted_at = (select max(p.handed_at) from send_parts p
                        where p.send_id = sends.send_id and (p.outcome is null or p.outcome in ('ok', 'unknown')))
      where send_id = ${sendId}`.execute(db)
  },

  /** The member's own send to that receiver. */
  async find(actor: StaffActor, receiver: Receiver, sendId: string): Promise<Send | undefined> {
    const found = await sql<SendRow>`
      select ${sendColumns(actor)} from sends s where s.send_id = ${sendId} and ${isOwnTo(actor, receiver)}`.execute(
      db,
    )
    return found.rows.map(toSend)[0]
  },

  /**
   * A send to a customer in scope, whoever sent it, for reading.
   * @returns also her children, any of whom the words may name, whatever the send came from
   */
  async findSent(
    actor: StaffActor,
    { customerId, isMine }: { customerId: number; isMine: boolean },
    sendId: string,
    today: CivilDay,
  ): Promise<{ send: Send; minors: string[] } | undefined> {
    const found = await sql<SendRow & { minors: string[] }>`
      select ${sendColumns(actor)}, array(
        select p.person_id from people p
        where p.customer_id = s.customer_id and p.minor_until > ${today}::date
          and ${personVisible(actor, isMine, today)}) as minors
      from sends s
      where s.send_id = ${sendId} and s.customer_id = ${customerId} and s.corp_id = ${actor.corpId}
        and ${wordsVisible(actor, isMine, today)}`.execute(db)
    const [row] = found.rows
    return row && { send: toSend(row), minors: row.minors }
  },

  /** Her own to that receiver that can be continued, the newest first. */
  async listOpen(actor: StaffActor, receiver: Receiver, now: Date, count: number): Promise<Send[]> {
    const found = await sql<SendRow>`
      select ${sendColumns(actor)} from sends s
      where ${isOwnTo(actor, receiver)} and ${canBeContinued(now)}
      order by s.started_at desc limit ${count}`.execute(db)
    return found.rows.map(toSend)
  },

  /**
   * Ends sends of which nothing has been heard since `before`: parts given to the client without an answer become `unknown`,
   * those it never got stay as they are. Those of coupons are left to the coupon's own deadline.
   */
  async endSilent(before: Date, now: Date, limit: number): Promise<EndedSend[]> {
    const ended = await sql<EndedSend>`
      with due as (
        select s.send_id from sends s
        where s.finished_at is null and s.coupon_id is null and s.share_id is null and s.started_at < ${before}
          and not exists (
            select from send_parts p where p.send_id = s.send_id and greatest(p.handed_at, p.answered_at) >= ${before})
        order by s.started_at limit ${limit} for no key update skip locked),
      states as (
        select p.send_id, p.index,
               case when p.outcome is null and p.handed_at is not null then 'unknown' else ${partState} end as state
        from send_parts p join due using (send_id)),
      silenced as (
        update send_parts part set outcome = 'unknown', answered_at = ${now}
        from due where part.send_id = due.send_id and part.outcome is null and part.handed_at is not null),
      ended as (
        select send_id, array_agg(state order by index) as parts,
               case when bool_and(state = 'ok') then 'ok' when bool_or(state = 'ok') then 'partial'
                    else (array_agg(state order by index) filter (where state <> 'waiting'))[1] end as outcome
        from states group by send_id)
      update sends s
      set finished_at = ${now}, outcome = ended.outcome
      from ended where ended.send_id = s.send_id
      returning s.send_id as "sendId", s.started_at as "startedAt", s.corp_id as "corpId", s.staff_id as "staffId", s.customer_id as "customerId",
                s.reminder_id as "reminderId", s.coupon_id as "couponId", s.title, s.outcome, ended.parts`.execute(
      db,
    )
    return ended.rows
  },

  /**
   * Ends the sends of these coupons, or of these links of groups, alike, as far as they are still open or only `unknown`.
   * @param words how the words before the card ended where that differs; what stands behind them ended as the card
   */
  async endOfCoupons(
    of: { couponIds: readonly string[] } | { shareIds: readonly string[] },
    outcome: PartOutcome,
    reason: string | null,
    now: Date,
    words: readonly PartOutcome[] = [],
  ): Promise<EndedSend[]> {
    const ofPart = sql`coalesce((${[...words]}::text[])[part.index + 1], ${outcome})`
    const ended = await sql<EndedSend>`
      with ended as (
        update sends set outcome = ${sendOutcome([...words, outcome])}, finished_at = ${now}
        where ${'couponIds' in of ? sql`coupon_id = any(${of.couponIds}::uuid[])` : sql`share_id = any(${of.shareIds}::uuid[])`}
          and (outcome is null or outcome = 'unknown')
        returning send_id, started_at, corp_id, staff_id, customer_id, reminder_id, coupon_id, title, outcome),
      answered as (
        update send_parts part set outcome = ${ofPart}, reason = case when ${ofPart} <> 'ok' then ${reason}::text end,
                                   answered_at = ${now}
        from ended where part.send_id = ended.send_id and part.outcome is distinct from 'ok')
      select send_id as "sendId", started_at as "startedAt", corp_id as "corpId", staff_id as "staffId", customer_id as "customerId",
             reminder_id as "reminderId", coupon_id as "couponId", title, outcome,
             (select array_agg(${ofPart} order by part.index) from send_parts part where part.send_id = ended.send_id) as parts
      from ended`.execute(db)
    return ended.rows
  },
})
