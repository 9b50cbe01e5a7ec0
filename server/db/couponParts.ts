import { sql, type RawBuilder } from 'kysely'
import { addDays, type CivilDay } from '../../shared/rules/civilDay.ts'
import type { CorpDay } from './restraintParts.ts'
import { couponTemplateInScopeOfMe } from './scope.ts'

/** Days before its end from which a coupon comes before newer ones. */
const NEAR_END_DAYS = 14
/** So long one that was used is told of. */
const USED_SHOWN_DAYS = 30
/** What happened so lately comes first: whoever has just given one sees that it went out. */
const NEWS_HOURS = 12
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Live pieces: they count against the stock and against the person's limit. */
export const liveStates = sql.raw(`('reserved', 'issued', 'claimed', 'redeemed')`)

/** Pieces of the template `t` a customer holds against her limit; an overdue reservation is as good as given back. */
export const heldOf = (customerId: RawBuilder<unknown>, now: Date) => sql<number>`(
  select count(*)::int from coupons held
  where held.template_id = t.template_id and held.customer_id = ${customerId} and held.state in ${liveStates}
    and not (held.state = 'reserved' and held.deadline <= ${now}))`

/** Pieces of the template `t` that a member has given on the corp's day; those of welcomes go out without her. */
export const givenToday = (
  staffId: RawBuilder<unknown>,
  { today, timeZone }: Pick<CorpDay, 'today' | 'timeZone'>,
) => sql<number>`(
  select count(*)::int from coupons mine
  where mine.template_id = t.template_id and mine.staff_id = ${staffId} and mine.origin <> 'welcome'
    and mine.state <> 'released' and mine.reserved_at >= ${today}::timestamp at time zone ${timeZone}::text)`

/** As `couponOccasion` decides; `r` is the reminder, `d` its date. */
const occasion = sql`case
  when r.kind in ('newFriend', 'care') then r.kind
  when r.kind = 'date' and d.kind in ('birthday', 'wedding', 'firstPurchase') then d.kind end`

/**
 * A `ReminderCoupon`: of what is meant for the occasion the first that could be given to her now, as `refusalToGive` decides. `r` is the
 * reminder, `d` its date, `c` the customer, `me` the member. Pieces of overdue reservations are not counted as free yet.
 */
export const reminderCouponJson = ({ now, today, timeZone }: CorpDay) => sql`
  case when ${occasion} is not null then (
    select json_build_object(
      'templateId', t.template_id, 'name', t.name,
      'face', json_build_object('kind', t.kind, 'amountFen', t.amount_fen, 'percent', t.percent, 'words', t.words,
                                'thresholdFen', t.threshold_fen, 'goods', t.goods),
      'validity', case when t.valid_until is null
        then json_build_object('kind', 'daysAfterClaim', 'days', t.valid_days_after_claim)
        else json_strip_nulls(json_build_object('kind', 'until', 'from', t.valid_from::text, 'day', t.valid_until::text)) end)
    from coupon_templates t
    where ${couponTemplateInScopeOfMe()} and t.state = 'running' and ${occasion} = any(t.occasions)
      and (t.valid_until is null or t.valid_until >= ${today}::date)
      and (t.tiers = '{}' or c.tier = any(t.tiers))
      and exists (select from coupon_pools p where p.template_id = t.template_id and p.is_open and p.live < p.stock)
      and ${heldOf(sql`r.customer_id`, now)} < t.per_person
      and (t.per_guide_per_day is null or t.per_guide_per_day > ${givenToday(sql`me.staff_id`, { today, timeZone })})
    order by t.sort, t.created_at, t.template_id
    limit 1) end`

/** `coupons` of the card; `f` is the follow. */
export const cardCouponsJson = ({ now, today }: { now: Date; today: CivilDay }) => sql`(
  select json_build_object('live', count(*), 'expiringOn', min(held.expires_on)::text, 'latest', (
    select json_build_object('name', t.name, 'state', k.state, 'expiresOn', k.expires_on::text)
    from coupons k
    join coupon_templates t on t.template_id = k.template_id
    where k.customer_id = f.customer_id
      and ((k.state in ('issued', 'claimed') and (k.expires_on is null or k.expires_on >= ${today}::date))
        or (k.state = 'redeemed' and k.redeemed_at > ${new Date(now.getTime() - USED_SHOWN_DAYS * DAY_MS)}))
    order by (coalesce(k.redeemed_at, k.claimed_at, k.issued_at) > ${new Date(now.getTime() - NEWS_HOURS * HOUR_MS)}) is true desc,
             (k.state <> 'redeemed' and k.expires_on <= ${addDays(today, NEAR_END_DAYS)}::date) is true desc,
             coalesce(k.redeemed_at, k.claimed_at, k.issued_at) desc nulls last, k.coupon_id
    limit 1))
  from coupons held
  where held.customer_id = f.customer_id and held.state in ('issued', 'claimed')
    and (held.expires_on is null or held.expires_on >= ${today}::date))`
