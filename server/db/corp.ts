import { sql } from 'kysely'
import type { Db } from './db.ts'

/** Our number of the corp this server works for; written at the first start, with the rules every corp begins with. */
export async function ensureCorp(db: Db, wecomCorpId: string, now: Date): Promise<number> {
  const found = await sql<{ corpId: number }>`
    with made as (
      insert into corps (wecom_corp_id, created_at) values (${wecomCorpId}, ${now})
      on conflict (wecom_corp_id) do nothing
      returning corp_id),
    closures as (
      insert into workshop_closures (corp_id, first_day, last_day, name)
      select corp_id, first_day, last_day, name from made, standard_closures),
    leads as (
      insert into lead_rules (corp_id, date_kind, product_line, production_days, buffer_days)
      select corp_id, date_kind, product_line, production_days, buffer_days from made, standard_lead_rules),
    cares as (
      insert into care_rules (care_rule_id, corp_id, name, after_days)
      select gen_random_uuid(), corp_id, name, after_days from made, standard_care_rules),
    plans as (insert into reminder_plans (corp_id) select corp_id from made),
    restraint as (
      insert into contact_rules (corp_id, scope, channel, period_days, max_count, hardness, bypass, is_on, source, source_date)
      select corp_id, scope, channel, period_days, max_count, hardness, bypass, is_on, source, source_date
      from made, standard_contact_rules),
    hours as (insert into contact_settings (corp_id) select corp_id from made)
    select corp_id as "corpId" from made
    union all
    select corp_id from corps where wecom_corp_id = ${wecomCorpId}`.execute(db)
  const [row] = found.rows
  if (row) return row.corpId
  // Another server wrote it between our two looks.
  return ensureCorp(db, wecomCorpId, now)
}
