import { sql } from 'kysely'
import type { Db, Tx } from '../../db/db.ts'

export interface Denial {
  corpId: number
  /** whose session; none for people who were not let in at all */
  sessionHash: Buffer | undefined
  /** why, by its code */
  code: string
  /** what was asked for */
  operation: string
  at: Date
  requestId: string | null
}

/** Refusals that stand in the record one by one, of a session in an hour. */
export const DENIALS_TOLD = 5

const NOBODY = '00000000-0000-0000-0000-000000000000'
const hourOf = (at: Date) => new Date(Math.floor(at.getTime() / 3_600_000) * 3_600_000)

export const createDenialsRepository = (db: Db | Tx) => ({
  /** Counts a refusal, and writes it down while it is one of the first. The same statement for all, so that none takes longer. */
  async note({ corpId, sessionHash, code, operation, at, requestId }: Denial): Promise<void> {
    const whose = sessionHash
      ? sql`select session_id, staff_id from sessions where token_hash = ${sessionHash} and corp_id = ${corpId}`
      : sql`select ${NOBODY}::uuid, null::integer`
    const detail = JSON.stringify({ code, operation })
    await sql`
      with whose (session_id, staff_id) as (${whose}),
      counted as (
        insert into audit_denials as d (session_id, hour, corp_id, staff_id, count)
        select session_id, ${hourOf(at)}::timestamptz, ${corpId}::integer, staff_id, 1 from whose
        on conflict (session_id, hour) do update set count = d.count + 1
        returning session_id, staff_id, count)
      insert into audit_entries (corp_id, at, actor, staff_id, action, subject_kind, subject_id, detail, request_id)
      select ${corpId}, ${at}, case when staff_id is null then 'system' else 'staff' end, staff_id, 'denied', 'session',
             session_id::text, ${detail}::jsonb, ${requestId}::uuid
      from counted where count <= ${DENIALS_TOLD}`.execute(db)
  },

  /** Of hours that are over: how many there were in all, where not all of them were told. */
  async closeHoursBefore(corpId: number, now: Date): Promise<void> {
    await sql`
      with over as (
        delete from audit_denials where corp_id = ${corpId} and hour < ${hourOf(now)}
        returning session_id, hour, staff_id, count)
      insert into audit_entries (corp_id, at, actor, staff_id, action, subject_kind, subject_id, detail)
      select ${corpId}, ${now}, case when staff_id is null then 'system' else 'staff' end, staff_id, 'deniedMore', 'session',
             session_id::text, jsonb_build_object('count', count, 'hour', extract(epoch from hour)::bigint)
      from over where count > ${DENIALS_TOLD}
      order by hour, session_id`.execute(db)
  },
})
