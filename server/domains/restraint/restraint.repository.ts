import { sql } from 'kysely'
import type { ContactRules, ContactRulesDraft, Quiet } from '../../../shared/contract/contactRules.ts'
import type {
  ContactChannel,
  ContactFacts,
  CountedRule,
  QuietHours,
  QuietWish,
  ReasonClass,
} from '../../../shared/rules/contactBudget.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import {
  contactOutcomes,
  countedLessJson,
  countedRulesJson,
  customerWroteAt,
  isNot,
  quietHoursJson,
  quietJson,
  type Audience,
  type CorpDay,
} from '../../db/restraintParts.ts'

/** To whom a message goes; the ids are internal. */
export type Recipient = { customerId: number; groupChatId: null } | { customerId: null; groupChatId: number }

/** A row with its number, so that a message let through can say which one it was. */
export type NumberedRule = CountedRule & { ruleId: number }

/** How a message got past what stood against it; both null when nothing did. */
export interface Admission {
  reasonClass: ReasonClass | null
  /** No approach of its own: said in a conversation the customer had begun, or the rest of a message that is counted. */
  isAnswer: boolean
  liftedBy: 'confirmed' | 'reason' | null
  ruleId: number | null
}

interface FactsRow {
  rules: NumberedRule[]
  quietHours: QuietHours | null
  quiet: QuietWish | null
  less: Pick<CountedRule, 'used' | 'freeOn'> | null
  wroteAt: Date | null
  gender: number | null
  lastAt: Date | null
  lastStaffId: number | null
  lastBy: string | null
}

/** What an order and a repair are for, when nobody says more. */
const REASON_OF_OCCASION: Record<string, ReasonClass | undefined> = {
  order: 'orderReady',
  afterSales: 'afterSales',
}

const audienceOf = (
  actor: StaffActor,
  { customerId, groupChatId }: Recipient,
  exceptSendId: string | undefined,
): Audience => ({
  exceptSendId,
  corpId: sql`${actor.corpId}::int`,
  storeId: sql`${actor.store?.storeId ?? null}::int`,
  customerId: sql`${customerId}::bigint`,
  groupChatId: sql`${groupChatId}::int`,
})

export const createRestraintRepository = (db: Db | Tx) => ({
  /**
   * Whoever writes to the same customer or group, on whatever server, comes one after the other until the transaction ends; and
   * all of the corp or the store, where a row counts over them. What was committed before is visible to the next statement.
   */
  async lock(actor: StaffActor, to: Recipient): Promise<void> {
    const own = to.customerId === null ? `group:${to.groupChatId}` : `customer:${to.customerId}`
    await sql`
      select pg_advisory_xact_lock(hashtextextended('restraint:' || keys.key, 2))
      from (
        select key from (
          select ${own}::text as key
          union all
          select case scope when 'corp' then 'corp:' || corp_id else 'store:' || ${actor.store?.storeId ?? 0}::text end
          from contact_rules
          where corp_id = ${actor.corpId} and is_on and scope in ('corp', 'store')) wanted
        group by key order by key offset 0) keys`.execute(db)
  },

  /**
   * Everything `contactBudget` weighs, as it stands now: rows, hours, wish and what was sent, in one statement.
   * @param exceptSendId the send that goes on, which is not counted
   */
  async readFacts(
    actor: StaffActor,
    to: Recipient,
    channels: readonly ContactChannel[],
    day: CorpDay,
    exceptSendId?: string,
  ): Promise<ContactFacts<NumberedRule>> {
    const audience = audienceOf(actor, to, exceptSendId)
    const found = await sql<FactsRow>`
      select ${countedRulesJson(audience, channels, day)} as rules, ${quietHoursJson(audience.corpId)} as "quietHours",
             ${quietJson(day)} as quiet, ${countedLessJson(audience, day)} as less, c.gender,
             ${customerWroteAt(audience.customerId)} as "wroteAt",
             contact.started_at as "lastAt", contact.staff_id as "lastStaffId", contact.name as "lastBy"
      from (values (1)) always
      left join customers c on c.customer_id = ${to.customerId} and c.corp_id = ${actor.corpId}
      left join lateral (
        select s.started_at, s.staff_id, writer.name
        from sends s
        join staff writer on writer.staff_id = s.staff_id
        where s.customer_id = c.customer_id and s.outcome in (${contactOutcomes}) and ${isNot(exceptSendId)}
        order by s.started_at desc
        limit 1) contact on true`.execute(db)
    const [row] = found.rows
    if (!row) throw new Error('a statement without a table answered no row')
    return {
      rules: row.rules,
      isMe: row.lastStaffId === actor.staffId,
      pronoun: row.gender === 1 ? '他' : '她',
      now: day.now.getTime(),
      timeZone: day.timeZone,
      ...(row.quietHours ? { quietHours: row.quietHours } : {}),
      ...(row.quiet ? { quiet: row.quiet } : {}),
      ...(row.less ? { less: row.less } : {}),
      ...(row.wroteAt ? { customerWroteAt: row.wroteAt.getTime() } : {}),
      ...(row.lastAt ? { lastContactAt: row.lastAt.getTime() } : {}),
      ...(row.lastBy ? { lastContactBy: row.lastBy } : {}),
    }
  },

  /** What the script is for says why it is written; undefined where that is no reason of its own. */
  async reasonOfScript(actor: StaffActor, scriptId: string): Promise<ReasonClass | undefined> {
    const found = await sql<{ occasion: string }>`
      select occasion from scripts where script_id = ${scriptId} and corp_id = ${actor.corpId}`.execute(db)
    const occasion = found.rows[0]?.occasion
    return occasion === undefined ? undefined : REASON_OF_OCCASION[occasion]
  },

  async noteAdmission(actor: StaffActor, sendId: string, admission: Admission): Promise<void> {
    await sql`
      update sends set reason_class = ${admission.reasonClass}, is_answer = ${admission.isAnswer},
                       lifted_by = ${admission.liftedBy}, lifted_rule_id = ${admission.ruleId}
      where send_id = ${sendId} and corp_id = ${actor.corpId} and staff_id = ${actor.staffId}`.execute(db)
  },

  /** The rest of a send was let through later on: an answer it stays only if the rest is one too. */
  async noteRestAdmission(actor: StaffActor, sendId: string, admission: Admission): Promise<void> {
    const { reasonClass, isAnswer, liftedBy, ruleId } = admission
    await sql`
      update sends
      set reason_class = coalesce(${reasonClass}::text, reason_class), is_answer = is_answer and ${isAnswer}::boolean,
          lifted_by = coalesce(${liftedBy}::text, lifted_by),
          lifted_rule_id = case when ${liftedBy}::text is null then lifted_rule_id else ${ruleId}::int end
      where send_id = ${sendId} and corp_id = ${actor.corpId} and staff_id = ${actor.staffId}`.execute(db)
  },

  /** The corp's rows and hours with their version; whoever changed them is named. */
  async readRules(corpId: number): Promise<ContactRules> {
    const found = await sql<ContactRules>`
      select coalesce((
               select json_agg(json_build_object(
                        'scope', r.scope, 'channel', r.channel, 'periodDays', r.period_days, 'maxCount', r.max_count,
                        'hardness', r.hardness, 'bypass', to_json(r.bypass), 'source', r.source,
                        'sourceDate', r.source_date::text, 'isOn', r.is_on, 'changedBy', by.name,
                        'changedAt', to_char(r.changed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
                      order by array_position('{customer,group,store,corp}'::text[], r.scope),
                               array_position('{private,coupon,group,mass}'::text[], r.channel), r.is_on desc, r.period_days)
               from contact_rules r
               left join staff by on by.staff_id = r.changed_by
               where r.corp_id = ${corpId}), '[]') as rules,
             json_build_object(
               'isOn', coalesce(s.quiet_is_on, false), 'from', coalesce(s.quiet_from, '21:00'),
               'until', coalesce(s.quiet_until, '09:00'), 'hardness', coalesce(s.quiet_hardness, 'soft'),
               'bypass', to_json(coalesce(s.quiet_bypass, '{answer}')), 'changedBy', editor.name,
               'changedAt', to_char(s.quiet_changed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) as "quietHours",
             coalesce(s.version, 0) as version
      from (values (1)) always
      left join contact_settings s on s.corp_id = ${corpId}
      left join staff editor on editor.staff_id = s.quiet_changed_by`.execute(db)
    const [row] = found.rows
    if (!row) throw new Error('a statement without a table answered no row')
    return row
  },

  /** Takes the next version, and with it the right to write. @returns false when it is not the one that was seen */
  async bumpVersion(corpId: number, seen: number): Promise<boolean> {
    const bumped = await sql`
      insert into contact_settings as s (corp_id, version, quiet_is_on)
      select ${corpId}, 1, false where ${seen}::int = 0
      on conflict (corp_id) do nothing
      returning corp_id`.execute(db)
    if (bumped.rows.length > 0) return true
    const next = await sql`
      update contact_settings set version = version + 1
      where corp_id = ${corpId} and version = ${seen}
      returning corp_id`.execute(db)
    return next.rows.length > 0
  },

  /** The rows become these; those that stay as they are keep who changed them last. */
  async replaceRules(actor: StaffActor, { rules, quietHours }: ContactRulesDraft, now: Date): Promise<void> {
    await sql`
      with wanted as (
        select * from jsonb_to_recordset(${JSON.stringify(rules)}::jsonb) as wanted(
          scope text, channel text, "periodDays" int, "maxCount" int, hardness text, bypass text[], source text,
          "sourceDate" date, "isOn" boolean)),
      dropped as (
        delete from contact_rules r
        where r.corp_id = ${actor.corpId} and not exists (
          select from wanted w where w.scope = r.scope and w.channel = r.channel and w."periodDays" = r.period_days))
      insert into contact_rules as r (corp_id, scope, channel, period_days, max_count, hardness, bypass, source, source_date,
                                      is_on, changed_by, changed_at)
      select ${actor.corpId}, scope, channel, "periodDays", "maxCount", hardness, bypass, source, "sourceDate", "isOn",
             ${actor.staffId}, ${now}
      from wanted
      on conflict on constraint contact_rules__key do update
        set max_count = excluded.max_count, hardness = excluded.hardness, bypass = excluded.bypass, source = excluded.source,
            source_date = excluded.source_date, is_on = excluded.is_on, changed_by = excluded.changed_by,
            changed_at = excluded.changed_at
        where (r.max_count, r.hardness, r.bypass, r.source, r.source_date, r.is_on)
          is distinct from (excluded.max_count, excluded.hardness, excluded.bypass, excluded.source, excluded.source_date,
                            excluded.is_on)`.execute(db)
    const { isOn, from, until, hardness, bypass } = quietHours
    await sql`
      update contact_settings s
      set quiet_is_on = ${isOn}, quiet_from = ${from}, quiet_until = ${until}, quiet_hardness = ${hardness},
          quiet_bypass = ${bypass}::text[], quiet_changed_by = ${actor.staffId}, quiet_changed_at = ${now}
      where s.corp_id = ${actor.corpId}
        and (s.quiet_is_on, s.quiet_from, s.quiet_until, s.quiet_hardness, s.quiet_bypass)
          is distinct from (${isOn}::boolean, ${from}::text, ${until}::text, ${hardness}::text, ${bypass}::text[])`.execute(
      db,
    )
  },

  /** @returns the new version; undefined when somebody changed it since */
  async setQuiet(
    actor: StaffActor,
    customerId: number,
    quiet: Quiet | null,
    seen: number,
  ): Promise<number | undefined> {
    const changed = await sql<{ version: number }>`
      update customers
      set quiet_level = ${quiet?.level ?? null}, quiet_until = ${quiet?.until ?? null}::date,
          quiet_reason = ${quiet?.reason ?? null}, quiet_version = quiet_version + 1
      where customer_id = ${customerId} and corp_id = ${actor.corpId} and quiet_version = ${seen}
      returning quiet_version as version`.execute(db)
    return changed.rows[0]?.version
  },
})
