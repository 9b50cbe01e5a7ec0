import { sql } from 'kysely'
import type { PartOutcome, PartResults, Send, SendPart } from '../../../shared/contract/sends.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { scriptInScope } from '../../db/scope.ts'
import type { SendOutcome } from './sendOutcome.ts'

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
  engravingId: string | null
  startedAt: Date
}

/** A send held by this transaction. */
export interface LockedSend {
  title: string
  reminderId: string | null
  isOfCoupon: boolean
  outcome: SendOutcome | null
  partCount: number
}

/** A send that a job or a coupon ended; enough to write its trace. */
export interface EndedSend {
  sendId: string
  corpId: number
  staffId: number
  customerId: number | null
  reminderId: string | null
  couponId: string | null
  title: string
  outcome: SendOutcome
  partOutcomes: (PartOutcome | null)[]
}

interface SendRow {
  send_id: string
  started_at: Date
  title: string
  outcome: SendOutcome | null
  parts: Send['parts']
}

const toSend = (row: SendRow): Send => ({
  sendId: row.send_id,
  startedAt: row.started_at.toISOString(),
  title: row.title,
  parts: row.parts,
  outcome: row.outcome,
})

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
                           reminder_id, coupon_id, engraving_id, started_at)
        values (${send.sendId}, ${actor.corpId}, ${actor.staffId}, ${send.receiver.customerId},
                ${send.receiver.groupChatId}, ${send.title}, ${send.script?.scriptId ?? null},
                ${send.script?.version ?? null}, ${send.reminderId}, ${send.couponId}, ${send.engravingId}, ${send.startedAt})
        returning send_id)
      insert into send_parts (send_id, index, body)
      select started.send_id, part.index - 1, part.body
      from started, jsonb_array_elements(${JSON.stringify(send.parts)}::jsonb) with ordinality as part(body, index)`.execute(
      db,
    )
  },

  /** The member's own send to that receiver, until the transaction ends. */
  async lock(actor: StaffActor, receiver: Receiver, sendId: string): Promise<LockedSend | undefined> {
    const found = await sql<LockedSend>`
      select s.title, s.reminder_id as "reminderId", s.coupon_id is not null as "isOfCoupon", s.outcome,
             (select count(*) from send_parts p where p.send_id = s.send_id)::int as "partCount"
      from sends s
      where s.send_id = ${sendId} and s.corp_id = ${actor.corpId} and s.staff_id = ${actor.staffId}
        and s.customer_id is not distinct from ${receiver.customerId}::bigint
        and s.group_chat_id is not distinct from ${receiver.groupChatId}::int
      for no key update`.execute(db)
    return found.rows[0]
  },

  /** Notes how parts ended. What has arrived stays arrived. */
  async answerParts(sendId: string, results: PartResults['results'], now: Date): Promise<void> {
    await sql`
      update send_parts part set outcome = result.outcome, reason = result.reason, answered_at = ${now}
      from jsonb_to_recordset(${JSON.stringify(results)}::jsonb)
        as result(index smallint, outcome text, reason text)
      where part.send_id = ${sendId} and part.index = result.index and part.outcome is distinct from 'ok'`.execute(
      db,
    )
  },

  /** Outcomes of the parts, in their order. */
  async listPartOutcomes(sendId: string): Promise<(PartOutcome | null)[]> {
    const found = await sql<{ outcome: PartOutcome | null }>`
      select outcome from send_parts where send_id = ${sendId} order by index`.execute(db)
    return found.rows.map(row => row.outcome)
  },

  async setOutcome(sendId: string, outcome: SendOutcome, now: Date): Promise<void> {
    await sql`update sends set outcome = ${outcome}, finished_at = ${now} where send_id = ${sendId}`.execute(
      db,
    )
  },

  /** The member's own send to that receiver. */
  async find(actor: StaffActor, receiver: Receiver, sendId: string): Promise<Send | undefined> {
    const found = await sql<SendRow>`
      select s.send_id, s.started_at, s.title, s.outcome,
             (select json_agg(json_build_object('body', p.body, 'outcome', p.outcome, 'reason', p.reason) order by p.index)
              from send_parts p where p.send_id = s.send_id) as parts
      from sends s
      where s.send_id = ${sendId} and s.corp_id = ${actor.corpId} and s.staff_id = ${actor.staffId}
        and s.customer_id is not distinct from ${receiver.customerId}::bigint
        and s.group_chat_id is not distinct from ${receiver.groupChatId}::int`.execute(db)
    return found.rows.map(toSend)[0]
  },

  /**
   * Ends sends nobody has answered since `before`: parts without an answer become `unknown`. Those of coupons are left to the
   * coupon's own deadline.
   */
  async endSilent(before: Date, now: Date, limit: number): Promise<EndedSend[]> {
    const ended = await sql<EndedSend>`
      with due as (
        select send_id from sends
        where outcome is null and coupon_id is null and started_at < ${before}
        order by started_at limit ${limit} for no key update skip locked),
      answered as (
        select part.send_id, array_agg(coalesce(part.outcome, 'unknown') order by part.index) as outcomes
        from send_parts part join due using (send_id) group by part.send_id),
      silenced as (
        update send_parts part set outcome = 'unknown', answered_at = ${now}
        from due where part.send_id = due.send_id and part.outcome is null)
      update sends s
      set finished_at = ${now}, outcome = case when 'ok' = any(answered.outcomes) then 'partial' else 'unknown' end
      from answered where answered.send_id = s.send_id
      returning s.send_id as "sendId", s.corp_id as "corpId", s.staff_id as "staffId", s.customer_id as "customerId",
                s.reminder_id as "reminderId", s.coupon_id as "couponId", s.title, s.outcome,
                answered.outcomes as "partOutcomes"`.execute(db)
    return ended.rows
  },

  /** Ends the sends of these coupons alike, as far as they are still open or only `unknown`. */
  async endOfCoupons(
    couponIds: readonly string[],
    outcome: PartOutcome,
    reason: string | null,
    now: Date,
  ): Promise<EndedSend[]> {
    const ended = await sql<EndedSend>`
      with ended as (
        update sends set outcome = ${outcome}, finished_at = ${now}
        where coupon_id = any(${couponIds}::uuid[]) and (outcome is null or outcome = 'unknown')
        returning send_id, corp_id, staff_id, customer_id, reminder_id, coupon_id, title, outcome),
      answered as (
        update send_parts part set outcome = ${outcome}, reason = ${reason}, answered_at = ${now}
        from ended where part.send_id = ended.send_id and part.outcome is distinct from 'ok')
      select send_id as "sendId", corp_id as "corpId", staff_id as "staffId", customer_id as "customerId",
             reminder_id as "reminderId", coupon_id as "couponId", title, outcome,
             array[outcome] as "partOutcomes"
      from ended`.execute(db)
    return ended.rows
  },
})
