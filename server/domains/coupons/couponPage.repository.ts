import { sql } from 'kysely'
import type { CouponState } from '../../../shared/contract/coupons.ts'
import type { Db } from '../../db/db.ts'
import { offerColumns, toOffer, type OfferColumns, type TemplateOffer } from './coupons.repository.ts'

export interface PageStore {
  name: string
  address: string | null
}

/** What every page shows of an offer, whoever may claim it: nothing that tells who she is. */
export interface OfferSheet extends TemplateOffer {
  terms: string
  corpName: string
  giverName: string
  /** where the giver works */
  store: PageStore | null
}

/** One coupon as its own page shows it. */
export interface CouponSheet extends OfferSheet {
  state: CouponState
  code: string
  /** the day it ends with; null while nobody has claimed what holds some days from the claim */
  lastDay: string | null
  /** until that day is over; negative afterwards */
  secondsLeft: number | null
  isSoldOut: boolean
  redeemedOn: string | null
}

/** What the customer's pages read, by the token of their link. */
export const createCouponPageRepository = (db: Db, timeZone: string) => ({
  async findCoupon(token: string, now: Date): Promise<CouponSheet | undefined> {
    type Row = OfferColumns &
      Omit<CouponSheet, keyof TemplateOffer | 'store'> & {
        storeName: string | null
        storeAddress: string | null
      }
    const found = await sql<Row>`
      select ${offerColumns}, t.terms, c.state, c.code, last.day::text as "lastDay",
             extract(epoch from (last.day + 1)::timestamp at time zone ${timeZone} - ${now})::float8 as "secondsLeft",
             t.live >= t.stock as "isSoldOut",
             (select (max(l.at) at time zone ${timeZone})::date::text from coupon_ledger l
              where l.coupon_id = c.coupon_id and l.to_state = 'redeemed') as "redeemedOn",
             corp.name as "corpName", giver.name as "giverName", s.name as "storeName", s.address as "storeAddress"
      from coupons c
      join coupon_templates t on t.template_id = c.template_id
      join corps corp on corp.corp_id = c.corp_id
      join staff giver on giver.staff_id = c.staff_id
      left join stores s on s.store_id = giver.store_id
      cross join lateral (select coalesce(c.expires_on, t.valid_until)::date as day) last
      where c.token = ${token}`.execute(db)
    const row = found.rows[0]
    if (!row) return undefined
    const { state, code, lastDay, secondsLeft, isSoldOut, redeemedOn, terms, corpName, giverName } = row
    const store = row.storeName === null ? null : { name: row.storeName, address: row.storeAddress }
    return {
      ...toOffer(row),
      ...{ state, code, lastDay, secondsLeft, isSoldOut, redeemedOn, terms, corpName, giverName, store },
    }
  },
})
