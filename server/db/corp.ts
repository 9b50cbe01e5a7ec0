import { sql } from 'kysely'
import type { Db } from './db.ts'

/** Our number of the corp this server works for; written at the first start. */
export async function ensureCorp(db: Db, wecomCorpId: string, now: Date): Promise<number> {
  const found = await sql<{ corpId: number }>`
    with made as (
      insert into corps (wecom_corp_id, created_at) values (${wecomCorpId}, ${now})
      on conflict (wecom_corp_id) do nothing
      returning corp_id)
    select corp_id as "corpId" from made
    union all
    select corp_id from corps where wecom_corp_id = ${wecomCorpId}`.execute(db)
  const [row] = found.rows
  if (row) return row.corpId
  // Another server wrote it between our two looks.
  return ensureCorp(db, wecomCorpId, now)
}
