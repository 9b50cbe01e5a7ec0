import { sql } from 'kysely'
import type { CouponHours, CouponState } from '../../../shared/contract/coupons.ts'
import type { CouponShareState } from '../../../shared/contract/couponShares.ts'
import type { CouponTemplateState } from '../../../shared/contract/couponTemplates.ts'
import type { Db } from '../../db/db.ts'
import { offerColumns, toOffer, type OfferColumns, type TemplateOffer } from './offers.repository.ts'

export interface PageStore {
  name: string
  address: string | null
}

/** What every page shows of an offer, whoever may claim it: nothing that tells who she is. */
export interface OfferSheet extends TemplateOffer {
  terms: string
  hours: CouponHours[]
  isStackable: boolean
  landingText: string
  pictureId: string | null
  corpName: string
  giverName: string
  /** where the giver works */
  store: PageStore | null
  /** where it may be used, the giver's first; empty: in all stores */
  stores: PageStore[]
  /** by the corp's clock: 1 Monday … 7 Sunday, minutes of the day */
  now: { weekday: number; minute: number }
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
  redeemed: { at: Date; store: string | null } | null
}

/** A group's link as its page shows it. */
export interface ShareSheet extends OfferSheet {
  state: CouponShareState
  templateState: CouponTemplateState
  count: number
  /** pieces nobody has claimed yet */
  free: number
  lastDay: string | null
  /** until nobody can claim any more */
  secondsLeft: number
  /** the link of the piece that this person has claimed from it */
  ownToken: string | null
  /** the template asks for no tier, or this person has one of them */
  isOfTier: boolean
}

interface SheetRow extends OfferColumns, Omit<OfferSheet, keyof TemplateOffer | 'store' | 'now'> {
  storeName: string | null
  storeAddress: string | null
  weekday: number
  minute: number
}

const toSheet = (row: SheetRow): OfferSheet => ({
  ...toOffer(row),
  terms: row.terms,
  hours: row.hours,
  isStackable: row.isStackable,
  landingText: row.landingText,
  pictureId: row.pictureId,
  corpName: row.corpName,
  giverName: row.giverName,
  store: row.storeName === null ? null : { name: row.storeName, address: row.storeAddress },
  stores: row.stores,
  now: { weekday: row.weekday, minute: row.minute },
})

/** What the customer's pages read, by the token of their link. */
export const createCouponPageRepository = (db: Db, timeZone: string) => {
  /** Of the template `t`, the corp, the giver and her store. */
  const sheetColumns = (now: Date) => sql`
    ${offerColumns}, t.terms, t.hours, t.is_stackable as "isStackable", t.landing_text as "landingText",
    t.picture_id as "pictureId", corp.name as "corpName", giver.name as "giverName",
    own.name as "storeName", own.address as "storeAddress",
    (select coalesce(json_agg(json_build_object('name', s.name, 'address', s.address)
                              order by s.store_id is distinct from own.store_id, s.name), '[]')
     from stores s where s.store_id = any(t.store_ids) and s.corp_id = t.corp_id) as stores,
    extract(isodow from ${now}::timestamptz at time zone ${timeZone})::int as weekday,
    (extract(hour from ${now}::timestamptz at time zone ${timeZone}) * 60
     + extract(minute from ${now}::timestamptz at time zone ${timeZone}))::int as minute`

  return {
    /** @returns undefined also for a piece of a group's link that nobody has claimed: its token is nobody's yet */
    async findCoupon(token: string, now: Date): Promise<CouponSheet | undefined> {
      type Row = SheetRow &
        Omit<CouponSheet, keyof OfferSheet | 'redeemed'> & {
          redeemedAt: Date | null
          redeemedStore: string | null
        }
      const found = await sql<Row>`
        select ${sheetColumns(now)}, c.state, c.code, last.day::text as "lastDay",
               extract(epoch from (last.day + 1)::timestamp at time zone ${timeZone} - ${now})::float8 as "secondsLeft",
               not exists (select from coupon_pools p where p.template_id = c.template_id and p.live < p.stock) as "isSoldOut",
               c.redeemed_at as "redeemedAt", used.name as "redeemedStore"
        from coupons c
        join coupon_templates t on t.template_id = c.template_id
        join corps corp on corp.corp_id = c.corp_id
        join staff giver on giver.staff_id = c.staff_id
        left join stores own on own.store_id = giver.store_id
        left join stores used on used.store_id = c.redeemed_store_id
        cross join lateral (select coalesce(c.expires_on, t.valid_until)::date as day) last
        where c.token = ${token} and (c.share_id is null or c.holder is not null)`.execute(db)
      const row = found.rows[0]
      if (!row) return undefined
      const { state, code, lastDay, secondsLeft, isSoldOut } = row
      const redeemed = row.redeemedAt && { at: row.redeemedAt, store: row.redeemedStore }
      return { ...toSheet(row), state, code, lastDay, secondsLeft, isSoldOut, redeemed }
    },

    /** As much of it as an open page asks for again and again. */
    async findState(token: string): Promise<Pick<CouponSheet, 'state' | 'lastDay'> | undefined> {
      const found = await sql<Pick<CouponSheet, 'state' | 'lastDay'>>`
        select c.state, coalesce(c.expires_on, t.valid_until)::text as "lastDay"
        from coupons c join coupon_templates t on t.template_id = c.template_id
        where c.token = ${token} and (c.share_id is null or c.holder is not null)`.execute(db)
      return found.rows[0]
    },

    /** @param holder of whoever looks, where she is known */
    async findShare(
      token: string,
      holder: { hash: Buffer; externalUserId: string | null } | undefined,
      now: Date,
    ): Promise<ShareSheet | undefined> {
      type Row = SheetRow & Omit<ShareSheet, keyof OfferSheet>
      const found = await sql<Row>`
        select ${sheetColumns(now)}, share.state, t.state as "templateState", share.count,
               (select count(*) from coupons c
                where c.share_id = share.share_id and c.holder is null and c.state in ('reserved', 'issued'))::int as free,
               t.valid_until::text as "lastDay",
               extract(epoch from share.ends_at - ${now})::float8 as "secondsLeft",
               (select c.token from coupons c
                where c.share_id = share.share_id and c.holder = ${holder?.hash ?? null}::bytea) as "ownToken",
               t.tiers = '{}' or (
                 select cu.tier = any(t.tiers) from customers cu
                 where cu.corp_id = share.corp_id and cu.external_user_id = ${holder?.externalUserId ?? null}) is true as "isOfTier"
        from coupon_shares share
        join coupon_templates t on t.template_id = share.template_id
        join corps corp on corp.corp_id = share.corp_id
        join staff giver on giver.staff_id = share.staff_id
        left join stores own on own.store_id = giver.store_id
        where share.token = ${token}`.execute(db)
      const row = found.rows[0]
      if (!row) return undefined
      const { state, templateState, count, free, lastDay, secondsLeft, ownToken, isOfTier } = row
      return { ...toSheet(row), state, templateState, count, free, lastDay, secondsLeft, ownToken, isOfTier }
    },

    async kindOf(token: string): Promise<'coupon' | 'share' | undefined> {
      const found = await sql<{ kind: 'coupon' | 'share' }>`
        select 'coupon' as kind from coupons where token = ${token} and (share_id is null or holder is not null)
        union all
        select 'share' from coupon_shares where token = ${token}`.execute(db)
      return found.rows[0]?.kind
    },
  }
}
