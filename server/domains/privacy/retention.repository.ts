import { sql } from 'kysely'
import type { RetentionDraft } from '../../../shared/contract/privacy.ts'
import type { Db, Tx } from '../../db/db.ts'

export interface StoredRetention extends RetentionDraft {
  version: number
}

export interface ForgottenPerson {
  customerId: number
  externalUserId: string
  /** she has left everybody herself: WeCom does not show her again but by her own act */
  hasLeft: boolean
}

const monthsBefore = (now: Date, months: number) =>
  sql`(${now}::timestamptz - make_interval(months => ${months}::integer))`

export const createRetentionRepository = (db: Db | Tx, corpId: number) => ({
  async find(): Promise<StoredRetention | undefined> {
    const found = await sql<StoredRetention>`
      select version, timeline_months as "timelineMonths", words_months as "wordsMonths", callback_days as "callbackDays",
             lost_months as "lostMonths"
      from retention_settings where corp_id = ${corpId}`.execute(db)
    return found.rows[0]
  },

  /** @returns false when somebody changed them since that version */
  async write(draft: RetentionDraft, version: number): Promise<boolean> {
    const written = await sql`
      insert into retention_settings as r (corp_id, version, timeline_months, words_months, callback_days, lost_months)
      select ${corpId}::integer, 1, ${draft.timelineMonths}::smallint, ${draft.wordsMonths}::smallint,
             ${draft.callbackDays}::smallint, ${draft.lostMonths}::smallint
      where ${version}::integer = 0 or exists (select from retention_settings where corp_id = ${corpId})
      on conflict (corp_id) do update
        set version = r.version + 1, timeline_months = excluded.timeline_months, words_months = excluded.words_months,
            callback_days = excluded.callback_days, lost_months = excluded.lost_months
        where r.version = ${version}
      returning 1`.execute(db)
    return written.rows.length > 0
  },

  /** So many lines of timelines at most. @returns how many */
  async deleteTouches(now: Date, months: number, count: number): Promise<number> {
    const before = monthsBefore(now, months)
    const gone = await sql`
      delete from touches where at < ${before} and (customer_id, at, touch_id) in (
        select customer_id, at, touch_id from touches where corp_id = ${corpId} and at < ${before} limit ${count})`.execute(
      db,
    )
    return Number(gone.numAffectedRows ?? 0)
  },

  /**
   * The words of so many messages at most, oldest first; that they went out stays. @returns how many messages were looked at
   */
  async forgetWords(now: Date, months: number, count: number): Promise<number> {
    const done = await sql<{ sends: number }>`
      with began as (
        insert into retention_settings (corp_id, version, timeline_months, words_months, callback_days, lost_months)
        select ${corpId}::integer, 0, 36, 24, 30, 24
        where not exists (select from retention_settings where corp_id = ${corpId})
        on conflict (corp_id) do nothing),
      old as (
        select send_id, started_at from sends
        where corp_id = ${corpId} and customer_id is not null and started_at < ${monthsBefore(now, months)}
          and started_at >= coalesce((select words_gone_before from retention_settings where corp_id = ${corpId}), '-infinity')
        order by started_at fetch first (${count}) rows with ties),
      emptied as (
        update send_parts set body = '{"kind": "text", "text": ""}', reason = null
        where send_id in (select send_id from old)),
      titled as (
        update sends set title = '' where send_id in (select send_id from old) and script_id is null),
      noted as (
        update retention_settings set words_gone_before = (select max(started_at) + interval '1 microsecond' from old)
        where corp_id = ${corpId} and exists (select from old))
      select count(*)::int as sends from old`.execute(db)
    return done.rows[0]?.sends ?? 0
  },

  async deleteCallbacks(now: Date, days: number, count: number): Promise<number> {
    const gone = await sql`
      delete from callback_events where event_id in (
        select event_id from callback_events
        where corp_id = ${corpId} and state <> 'waiting'
          and received_at < ${now}::timestamptz - make_interval(days => ${days}::integer)
        limit ${count})`.execute(db)
    return Number(gone.numAffectedRows ?? 0)
  },

  /** People who are nobody's friend any more, and have not been for so long. Reads much: for the patient connection. */
  async listForgotten(now: Date, months: number, count: number): Promise<ForgottenPerson[]> {
    const found = await sql<ForgottenPerson>`
      select c.customer_id as "customerId", c.external_user_id as "externalUserId",
        (select bool_and(own.end_reason is not distinct from 'customerLeft') from follows own
         where own.customer_id = c.customer_id) as "hasLeft"
      from follows f join customers c on c.customer_id = f.customer_id
      where f.corp_id = ${corpId} and f.status in ('lost', 'removed') and f.ended_at < ${monthsBefore(now, months)}
        and not exists (
          select from follows other
          where other.customer_id = f.customer_id and (other.status in ('active', 'transferring')
            or other.ended_at is null or other.ended_at >= ${monthsBefore(now, months)}))
        and not exists (select from erasures e where e.customer_id = f.customer_id)
      group by c.customer_id, c.external_user_id
      order by c.customer_id limit ${count}`.execute(db)
    return found.rows
  },
})

export type RetentionRepository = ReturnType<typeof createRetentionRepository>
