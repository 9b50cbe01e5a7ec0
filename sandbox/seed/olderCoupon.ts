import { sql } from 'kysely'
import type { Db } from '../../server/db/db.ts'
import { dayMs } from '../world/calendar.ts'
import { OLDER_COUPON_TOKEN } from '../world/chats.ts'
import type { Rooms } from './rooms.ts'

/** Of the festival's coupon: given 62 days ago, it ends eight days from now. */
export const OLDER_COUPON_DAYS = 62
const HOLDS_DAYS = 70

/** What the shop gave for Mid-Autumn; one customer of the chats still has hers. @returns its template's id */
export const seedOlderOffer = (
  { couponTemplates }: Pick<Rooms, 'couponTemplates'>,
  corpId: number,
): Promise<string> =>
  couponTemplates.install(
    { kind: 'job', corpId, name: 'demo' },
    {
      seedKey: 'demo-mid-autumn',
      name: '中秋团圆券',
      face: {
        kind: 'amountOff',
        amountFen: 15_000,
        percent: null,
        words: null,
        thresholdFen: 200_000,
        goods: null,
      },
      validity: { kind: 'daysAfterClaim', days: HOLDS_DAYS },
      terms: '任意商品满 2000 元可用，每单一张，不与其他优惠同享。金条、金币除外。',
      stock: 60,
      perPerson: 1,
      sort: 60,
    },
  )

/** The festival is over: nobody gives it any more. The card in the chat leads to the coupon that was given with it. */
export async function endOlderOffer(db: Db, templateId: string): Promise<void> {
  await sql`
    with stopped as (
      update coupon_templates set state = 'stopped' where template_id = ${templateId} and state = 'running' returning template_id)
    update coupon_pools set is_open = false where template_id in (select template_id from stopped)`.execute(
    db,
  )
  await sql`
    update coupons set token = ${OLDER_COUPON_TOKEN}
    where template_id = ${templateId} and state = 'claimed'
      and not exists (select from coupons taken where taken.token = ${OLDER_COUPON_TOKEN})`.execute(db)
}

/** Well before it was given. */
export const olderOfferMoment = (now: number): number => now - (OLDER_COUPON_DAYS + 8) * dayMs
