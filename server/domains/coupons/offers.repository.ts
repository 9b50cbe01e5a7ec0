import { sql } from 'kysely'
import type {
  CouponFace,
  CouponKind,
  CouponOccasion,
  CouponOrigin,
  CouponState,
  CouponValidity,
  CustomerCoupon,
} from '../../../shared/contract/coupons.ts'
import type { CouponTemplateState } from '../../../shared/contract/couponTemplates.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { givenToday, heldOf } from '../../db/couponParts.ts'
import { couponTemplateInScope, followInScope, staffInScope } from '../../db/scope.ts'

/** Columns of a template from which its face and validity are made; every statement that shows a coupon selects them. */
export interface OfferColumns {
  name: string
  kind: CouponKind
  amountFen: number | null
  percent: number | null
  words: string | null
  thresholdFen: number
  goods: string | null
  validFrom: string | null
  validUntil: string | null
  validDays: number | null
}

/** An offer as templates keep it. */
export interface TemplateOffer {
  name: string
  face: CouponFace
  validity: CouponValidity
}

export const offerColumns = sql`
  t.name, t.kind, t.amount_fen as "amountFen", t.percent, t.words, t.threshold_fen as "thresholdFen", t.goods,
  t.valid_from as "validFrom", t.valid_until as "validUntil", t.valid_days_after_claim as "validDays"`

export const toOffer = (row: OfferColumns): TemplateOffer => ({
  name: row.name,
  face: {
    kind: row.kind,
    amountFen: row.amountFen,
    percent: row.percent,
    words: row.words,
    thresholdFen: row.thresholdFen,
    goods: row.goods,
  },
  validity:
    row.validUntil === null
      ? { kind: 'daysAfterClaim', days: row.validDays ?? 0 }
      : {
          kind: 'until',
          ...(row.validFrom === null ? {} : { from: row.validFrom }),
          day: row.validUntil,
        },
})

/** What is running, for whoever gives: with what is left of it, what the customer holds, and what the guide gave today. */
export interface ShelfOffer extends TemplateOffer {
  templateId: string
  state: CouponTemplateState
  occasions: CouponOccasion[]
  /** Overdue reservations for customers do not count any more; those of a group's link are given back by the job. */
  stockLeft: number
  /** pieces the customer holds against the limit */
  held: number
  perPerson: number
  isOfTier: boolean
  perGuidePerDay: number | null
  /** by this guide to anybody */
  givenToday: number
}

export interface HeldCoupon extends TemplateOffer {
  couponId: string
  state: CouponState
  issuedAt: Date
  issuedBy: string
  origin: CouponOrigin
  claimedAt: Date | null
  expiresOn: string | null
  redemption: CustomerCoupon['redemption']
  /** somebody of hers gave it, and she is more than a guide */
  mayRevoke: boolean
}

/** `c` is the coupon, `giver` who gave it. */
export const heldColumns = (actor: StaffActor) => sql`
  c.coupon_id as "couponId", c.state, coalesce(c.issued_at, c.claimed_at, c.reserved_at) as "issuedAt",
  giver.name as "issuedBy", c.origin, c.claimed_at as "claimedAt", c.expires_on as "expiresOn",
  case when c.state = 'redeemed' then json_build_object('at', c.redeemed_at, 'amountFen', c.amount_fen,
    'discountFen', c.discount_fen, 'store', (
      select store.name from stores store where store.store_id = c.redeemed_store_id)) end as redemption,
  ${actor.role === 'guide' ? sql`false` : staffInScope(actor, 'giver')} as "mayRevoke"`

export function toHeld(row: OfferColumns & Omit<HeldCoupon, keyof TemplateOffer>): HeldCoupon {
  const { couponId, state, issuedAt, issuedBy, origin, claimedAt, expiresOn, redemption, mayRevoke } = row
  return {
    ...toOffer(row),
    couponId,
    state,
    issuedAt,
    issuedBy,
    origin,
    claimedAt,
    expiresOn,
    redemption,
    mayRevoke,
  }
}

export interface Day {
  now: Date
  today: string
  timeZone: string
}

export const createOffersRepository = (db: Db | Tx) => ({
  /** @param customerId null for a group */
  async listOffers(actor: StaffActor, customerId: number | null, day: Day): Promise<ShelfOffer[]> {
    type Row = OfferColumns & Omit<ShelfOffer, keyof TemplateOffer>
    const found = await sql<Row>`
      select t.template_id as "templateId", t.state, t.occasions, ${offerColumns}, t.per_person as "perPerson",
             ((select sum(p.stock - p.live) from coupon_pools p where p.template_id = t.template_id) + (
               select count(*) from coupons c
               where c.template_id = t.template_id and c.state = 'reserved' and c.share_id is null
                 and c.deadline <= ${day.now}))::int as "stockLeft",
             ${heldOf(sql`${customerId}::bigint`, day.now)} as held,
             t.tiers = '{}' or (
               select cu.tier = any(t.tiers) from customers cu where cu.customer_id = ${customerId}::bigint) is true as "isOfTier",
             t.per_guide_per_day as "perGuidePerDay",
             case when t.per_guide_per_day is null then 0 else ${givenToday(sql`${actor.staffId}::int`, day)} end as "givenToday"
      from coupon_templates t
      where ${couponTemplateInScope(actor)} and t.state in ('running', 'paused')
        and (t.valid_until is null or t.valid_until >= ${day.today}::date)
      order by t.sort, t.created_at, t.template_id
      limit 100`.execute(db)
    return found.rows.map(row => ({
      ...toOffer(row),
      templateId: row.templateId,
      state: row.state,
      occasions: row.occasions,
      stockLeft: row.stockLeft,
      held: row.held,
      perPerson: row.perPerson,
      isOfTier: row.isOfTier,
      perGuidePerDay: row.perGuidePerDay,
      givenToday: row.givenToday,
    }))
  },

  /**
   * The newest coupons of a customer in the member's scope, whoever gave them; what never reached her is left out.
   * @returns undefined when there is no such customer in her scope
   */
  async findHeld(
    actor: StaffActor,
    externalUserId: string,
    now: Date,
  ): Promise<{ customerId: number; held: HeldCoupon[] } | undefined> {
    type Row = OfferColumns & Omit<HeldCoupon, keyof TemplateOffer>
    const found = await sql<{ customerId: number } & (Row | { couponId: null })>`
      select f.customer_id as "customerId", held.*
      from customers cu
      join lateral (
        select f.customer_id from follows f
        where f.customer_id = cu.customer_id and ${followInScope(actor)}
        limit 1) f on true
      left join lateral (
        select ${heldColumns(actor)}, ${offerColumns}
        from coupons c
        join coupon_templates t on t.template_id = c.template_id
        join staff giver on giver.staff_id = c.staff_id
        where c.customer_id = f.customer_id and c.state not in ('released', 'revoked')
          and not (c.state = 'reserved' and c.deadline <= ${now})
        order by c.reserved_at desc, c.coupon_id
        limit 50) held on true
      where cu.corp_id = ${actor.corpId} and cu.external_user_id = ${externalUserId}`.execute(db)
    const first = found.rows[0]
    if (!first) return undefined
    return {
      customerId: first.customerId,
      held: found.rows.flatMap(row => (row.couponId === null ? [] : [toHeld(row)])),
    }
  },
})
