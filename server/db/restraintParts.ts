import { sql, type RawBuilder } from 'kysely'
import type { CivilDay } from '../../shared/rules/civilDay.ts'
import { LESS_RULE, type ContactChannel } from '../../shared/rules/contactBudget.ts'

/** What restraint is computed from: the card shows it, the send is refused by it, so both read it with these same words. */

/** Ends of a send that reached somebody, if only in part: she heard from us. */
export const CONTACT_OUTCOMES = ['ok', 'partial']

const words = (list: readonly string[]) => sql.join(list.map(word => sql.lit(word)))
export const contactOutcomes = words(CONTACT_OUTCOMES)

/**
 * `s` is the send: it has arrived or is on its way, so that of two guides who write at once the second hears of the first. One the
 * client never answered for may stand in the chat.
 */
const countsAsContact = sql<boolean>`(s.outcome is null or s.outcome = 'unknown' or s.outcome in (${contactOutcomes})) and not s.is_answer`

/** When it counts, in the words of the indexes: a part may have left days after the first. `s` is the send. */
const countedAt = sql`coalesce(s.counted_at, s.started_at)`

/** `s` is the send. */
export const isNot = (sendId: string | undefined) =>
  sendId === undefined ? sql.lit(true) : sql<boolean>`s.send_id <> ${sendId}`

/** Counted somewhat further than the rule goes, for the words. */
const COUNTED_BEYOND = sql.lit(9)

export interface Audience {
  corpId: RawBuilder<unknown>
  /** of the sender; null for none */
  storeId: RawBuilder<unknown>
  customerId: RawBuilder<unknown>
  groupChatId: RawBuilder<unknown>
  /** A send that goes on: it does not stand against itself. */
  exceptSendId?: string | undefined
}

export interface CorpDay {
  now: Date
  /** the corp's day */
  today: CivilDay
  timeZone: string
}

/** Start of the first of these many civil days, today included. */
const firstInstant = (days: RawBuilder<unknown>, { today, timeZone }: CorpDay) =>
  sql`((${today}::date - (${days} - 1))::timestamp at time zone ${timeZone})`

/**
 * How many count, and on which day there is room again. Only the newest few are read, whatever the period: each of the four is one
 * look into an index, and those that are not the rule's scope are not even begun. `r` is the rule.
 */
const counted = (to: Audience, day: CorpDay) => {
  const since = sql`${countedAt} >= ${firstInstant(sql`r.period_days`, day)} and ${countsAsContact} and ${isNot(to.exceptSendId)}
    and case r.channel when 'private' then s.customer_id is not null when 'coupon' then s.coupon_id is not null
                       when 'group' then s.group_chat_id is not null else false end
    order by ${countedAt} desc limit r.max_count + ${COUNTED_BEYOND}`
  return sql`
    select count(*)::int as used,
           ((array_agg(made.counted_at order by made.counted_at desc))[r.max_count] at time zone ${day.timeZone})::date
             + r.period_days as free_on
    from (
      (select ${countedAt} as counted_at from sends s where r.scope = 'customer' and s.customer_id = ${to.customerId} and ${since})
      union all
      (select ${countedAt} as counted_at from sends s where r.scope = 'group' and s.group_chat_id = ${to.groupChatId} and ${since})
      union all
      (select ${countedAt} as counted_at from sends s where r.scope = 'corp' and s.corp_id = ${to.corpId} and ${since})
      union all
      (select ${countedAt} as counted_at from sends s
       where r.scope = 'store' and s.corp_id = ${to.corpId}
         and s.staff_id in (select staff_id from staff where staff.store_id = ${to.storeId}) and ${since})
    ) made`
}

/** The rows that concern these channels, a `CountedRule` each with its `ruleId`. */
export const countedRulesJson = (
  to: Audience,
  channels: readonly ContactChannel[],
  day: CorpDay,
) => sql`coalesce((
  select json_agg(json_build_object(
           'ruleId', r.rule_id, 'scope', r.scope, 'channel', r.channel, 'periodDays', r.period_days, 'maxCount', r.max_count,
           'hardness', r.hardness, 'bypass', to_json(r.bypass), 'used', counted.used,
           'freeOn', counted.free_on::text) order by r.rule_id)
  from contact_rules r
  cross join lateral (${counted(to, day)}) counted
  where r.corp_id = ${to.corpId} and r.is_on and r.channel in (${words(channels)})), '[]')`

/** 少打扰 as it stands, counted like a row; null for a customer without that wish. `c` is the customer. */
export const countedLessJson = (to: Audience, day: CorpDay) => sql`case when c.quiet_level = 'less' then (
  select json_build_object('used', counted.used, 'freeOn', counted.free_on::text)
  from (select 'customer' as scope, 'private' as channel, ${sql.lit(LESS_RULE.periodDays)} as period_days,
               ${sql.lit(LESS_RULE.maxCount)} as max_count) r
  cross join lateral (${counted(to, day)}) counted) end`

/** When the customer last wrote, as far as a guide has told us: by answering, or by noting a reply to one of the last messages. */
export const customerWroteAt = (customerId: RawBuilder<unknown>) => sql`(
  select max(greatest(case when s.reason_class = 'answer' and (s.outcome is null or s.outcome in (${contactOutcomes}))
                           then s.started_at end, s.replied_at))
  from (select * from sends where sends.customer_id = ${customerId} order by sends.started_at desc limit 50) s)`

/** The corp's `QuietHours`; null when there are none. */
export const quietHoursJson = (corpId: RawBuilder<unknown>) => sql`(
  select json_build_object('from', quiet_from, 'until', quiet_until, 'hardness', quiet_hardness, 'bypass', to_json(quiet_bypass))
  from contact_settings where contact_settings.corp_id = ${corpId} and quiet_is_on)`

/** The customer's `QuietWish`, as long as it holds. `c` is the customer. */
export const quietJson = ({
  today,
}: Pick<CorpDay, 'today'>) => sql`case when c.quiet_until > ${today}::date then
  json_build_object('level', c.quiet_level, 'until', c.quiet_until::text, 'reason', c.quiet_reason) end`
