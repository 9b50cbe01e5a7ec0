import { sql } from 'kysely'
import type { CaredPiece } from '../../shared/contract/reminders.ts'
import { addDays, type CivilDay } from '../../shared/rules/civilDay.ts'
import { OVERDUE_DAYS, OVERDUE_PROMISE_DAYS } from './overdue.ts'
import { relationLabel } from '../../shared/rules/relation.ts'

/** Where several rooms read reminders, they must mean the same. `r` is the reminder, `f` its guide's follow of the customer. */

/** For so long the reminder a guide came with stands first. */
export const FOCUS_SECONDS = 600
const GIFTS_SHOWN = 3

/** Whether the reason is still there: a friend has no tags yet, a coupon has not been used. */
export const reasonHolds = sql<boolean>`(case r.kind
  when 'newFriend' then f.tag_ids = '{}'
  when 'coupon' then exists (
    select from coupons given where given.coupon_id = r.coupon_id and given.state in ('issued', 'claimed'))
  else true end)`

/** The day by which a reminder wants to be seen to: what has no day of its own waits as long as it is put off. */
export const lastDay = sql`greatest(r.occurrence, r.snoozed_until)`

/** The earliest `lastDay` of what is not given up: a late word is no longer welcome, but what was promised is still owed. */
export const notGivenUpSince = (today: CivilDay) => sql<CivilDay>`(case r.kind
  when 'promise' then ${addDays(today, -OVERDUE_PROMISE_DAYS)}::date else ${addDays(today, -OVERDUE_DAYS)}::date end)`

/** What has no day that presses (a care, a friend to be tagged) comes after what has one. */
export const hasNoDay = sql<boolean>`r.kind in ('care', 'newFriend')`

/** Until when what is made for the day can be ordered, an `OrderDeadline`; `d` is the reminder's date, if it has one. */
export const orderJson = sql`case when d.last_order_on is not null and d.next_on = r.occurrence then (
  select json_build_object('productLine', line.product_line, 'productionDays', line.production_days,
                           'lastOrderOn', d.last_order_on::text)
  from lead_rules line
  where line.corp_id = d.corp_id and line.date_kind = d.kind and line.production_days > 0
  order by line.production_days desc, line.product_line
  limit 1) end`

/** The purchase a care is about, a `CaredRow`. */
export const caredJson = sql`(
  select json_build_object('piece', cared.piece, 'day', cared.day::text, 'recipient', cared.recipient,
                           'minorUntil', receiver.minor_until::text)
  from purchases cared
  left join people receiver on receiver.person_id = cared.person_id
  where cared.purchase_id = r.purchase_id)`

export interface CaredRow {
  piece: string
  day: CivilDay
  /** a relation code, or words */
  recipient: string | null
  minorUntil: string | null
}

/** For whom it was bought, in words; of a child no more than that it is somebody of the family (P28). */
export function toCared(row: CaredRow | null, today: CivilDay): CaredPiece | null {
  if (row === null) return null
  const { piece, day, recipient, minorUntil } = row
  const isNamed = recipient !== null && recipient !== 'other' && !(minorUntil !== null && minorUntil > today)
  return { piece, day, recipient: recipient === null ? null : isNamed ? relationLabel(recipient) : '家人' }
}

/** What is remembered for choosing, a `GiftMemory`; `p` is the person of the reminder's date, if there is one. */
export const giftJson = sql`case when p.person_id is not null then json_build_object(
  'bought', coalesce((
    select json_agg(json_build_object('day', gift.day::text, 'piece', gift.piece, 'engraving', gift.engraving)
                    order by gift.day desc, gift.purchase_id desc)
    from (
      select day, piece, engraving, purchase_id from purchases
      where purchases.customer_id = r.customer_id
        and (purchases.person_id = p.person_id or (purchases.person_id is null and purchases.recipient = p.relation))
      order by day desc, purchase_id desc
      limit ${sql.lit(GIFTS_SHOWN)}) gift), '[]'),
  'ringSize', p.ring_size, 'wristSize', p.wrist_size, 'neckSize', p.neck_size,
  'likes', p.likes, 'avoids', p.avoids, 'allergies', p.allergies) end`
