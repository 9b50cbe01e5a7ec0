import { sql } from 'kysely'
import type { CouponState } from '../../../shared/contract/coupons.ts'
import type { CouponTemplateState } from '../../../shared/contract/couponTemplates.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { givenToday, liveStates } from '../../db/couponParts.ts'
import { couponTemplateInScope, ownFollow } from '../../db/scope.ts'
import { OWN_ISSUER } from './issuer.ts'
import {
  offerColumns,
  heldColumns,
  toHeld,
  toOffer,
  type Day,
  type HeldCoupon,
  type OfferColumns,
  type TemplateOffer,
} from './offers.repository.ts'

/** A template as somebody who is about to give from it needs it. */
export interface GivenTemplate extends TemplateOffer {
  templateId: string
  state: CouponTemplateState
  perPerson: number
  perGuidePerDay: number | null
  tiers: string[]
  issuer: string
  pictureId: string | null
  /** no piece is free, and none is held by an overdue reservation: taking one would be in vain */
  isSoldOut: boolean
}

export interface LockedCoupon extends TemplateOffer {
  couponId: string
  corpId: number
  templateId: string
  pool: number
  /** null: claimed from a group's link by somebody we do not know */
  customerId: number | null
  staffId: number
  state: CouponState
  issuedAt: Date | null
  expiresOn: string | null
  issuer: string
}

export interface NewCoupon {
  couponId: string
  corpId: number
  templateId: string
  customerId: number
  staffId: number
  origin: 'chat' | 'welcome'
  state: 'reserved' | 'issued'
  slot: number
  token: string
  code: string
  at: Date
  deadline: Date
  expiresOn: string | null
  by: string
  idempotencyKey: string | null
}

export interface Reservation extends TemplateOffer {
  couponId: string
  templateId: string
  customerId: number
  sendId: string
  deadline: Date
  token: string
  code: string
  pictureId: string | null
  issuer: string
  state: CouponState
}

export interface StateChange {
  couponId: string
  from: CouponState
  to: CouponState
  /** `staff:12`, `customer` or `job:…`: who did it, for the ledger */
  by: string
  reason: string | null
  at: Date
  idempotencyKey?: string | null
  issuedAt?: Date
  claimedAt?: Date
  expiresOn?: string
}

/** A coupon ended by a job. */
export interface EndedCoupon {
  couponId: string
  corpId: number
  customerId: number | null
  staffId: number
  name: string
  templateId: string
  pool: number
  issuer: string
}

/** Columns of `coupons c` and `coupon_templates t` that make a `LockedCoupon`. */
export const lockedColumns = sql`
  c.coupon_id as "couponId", c.corp_id as "corpId", c.template_id as "templateId", c.pool, c.customer_id as "customerId",
  c.staff_id as "staffId", c.state, c.issued_at as "issuedAt", c.expires_on as "expiresOn", t.issuer, ${offerColumns}`

export type LockedRow = OfferColumns & Omit<LockedCoupon, keyof TemplateOffer>

export const toLocked = (row: LockedRow): LockedCoupon => ({
  ...toOffer(row),
  couponId: row.couponId,
  corpId: row.corpId,
  templateId: row.templateId,
  pool: row.pool,
  customerId: row.customerId,
  staffId: row.staffId,
  state: row.state,
  issuedAt: row.issuedAt,
  expiresOn: row.expiresOn,
  issuer: row.issuer,
})

type GivenRow = OfferColumns & Omit<GivenTemplate, keyof TemplateOffer>
const givenColumns = (now: Date) => sql`
  not exists (select from coupon_pools p where p.template_id = t.template_id and p.is_open and p.live < p.stock)
    and not exists (
      select from coupons due
      where due.template_id = t.template_id and due.state = 'reserved' and due.share_id is null and due.deadline <= ${now}) as "isSoldOut",
  t.template_id as "templateId", t.state, t.per_person as "perPerson", t.per_guide_per_day as "perGuidePerDay", t.tiers,
  t.issuer, t.picture_id as "pictureId", ${offerColumns}`
const toGiven = (row: GivenRow): GivenTemplate => ({
  ...toOffer(row),
  templateId: row.templateId,
  state: row.state,
  perPerson: row.perPerson,
  perGuidePerDay: row.perGuidePerDay,
  tiers: row.tiers,
  issuer: row.issuer,
  pictureId: row.pictureId,
  isSoldOut: row.isSoldOut,
})

/** Coupons, their states and the ledger's lines. Who takes or gives back a piece keeps to the order of locks in `stock.repository`. */
export const createCouponsRepository = (db: Db | Tx) => ({
  /** Not held: whether it may still be given is decided by its pools. */
  async findTemplate(actor: StaffActor, templateId: string, now: Date): Promise<GivenTemplate | undefined> {
    const found = await sql<GivenRow>`
      select ${givenColumns(now)} from coupon_templates t
      where t.template_id = ${templateId} and ${couponTemplateInScope(actor)}`.execute(db)
    return found.rows.map(toGiven)[0]
  },

  /** As `findTemplate`, for what the product itself gives. */
  async findTemplateOfCorp(
    corpId: number,
    templateId: string,
    now: Date,
  ): Promise<GivenTemplate | undefined> {
    const found = await sql<GivenRow>`
      select ${givenColumns(now)} from coupon_templates t
      where t.template_id = ${templateId} and t.corp_id = ${corpId}`.execute(db)
    return found.rows.map(toGiven)[0]
  },

  /** Holds everybody else back who gives to this customer, until the transaction ends. @returns her tier */
  async lockCustomer(corpId: number, customerId: number): Promise<string | null> {
    const found = await sql<{ tier: string | null }>`
      select tier from customers where customer_id = ${customerId} and corp_id = ${corpId} for no key update`.execute(
      db,
    )
    return found.rows[0]?.tier ?? null
  },

  /** The customer's lowest free slot of a template; the transaction holds her. */
  async findFreeSlot(templateId: string, customerId: number, perPerson: number): Promise<number | undefined> {
    const found = await sql<{ slot: number }>`
      select free.slot from generate_series(1, ${perPerson}::int) as free(slot)
      where not exists (
        select from coupons c
        where c.template_id = ${templateId}::uuid and c.customer_id = ${customerId}::bigint and c.slot = free.slot
          and c.state in ${liveStates})
      order by free.slot limit 1`.execute(db)
    return found.rows[0]?.slot
  },

  /** Whether a welcome has ever brought this template to her, and was not taken back unsent. */
  async hadWelcome(templateId: string, customerId: number): Promise<boolean> {
    const found = await sql<{ had: boolean }>`
      select exists (
        select from coupons
        where template_id = ${templateId} and customer_id = ${customerId} and origin = 'welcome' and state <> 'released') as had`.execute(
      db,
    )
    return found.rows[0]?.had ?? false
  },

  /** What a member has given of a template today; whoever asks for the same waits until the transaction ends. */
  async countToday(actor: StaffActor, templateId: string, day: Omit<Day, 'now'>): Promise<number> {
    await sql`
      select pg_advisory_xact_lock(hashtextextended('coupon-day:' || ${templateId}::text || ${actor.staffId}::text, 3))`.execute(
      db,
    )
    const found = await sql<{ given: number }>`
      select ${givenToday(sql`${actor.staffId}::int`, day)} as given from coupon_templates t where t.template_id = ${templateId}`.execute(
      db,
    )
    return found.rows[0]?.given ?? 0
  },

  /**
   * A new coupon with its ledger row and a piece from a pool that nobody holds just now. With `isWaiting` from one of those that
   * look free, whose holder is waited for: any one and only one, so that not everybody waits for the same.
   * @returns false when there is none: then nothing has been written
   */
  async insertCoupon(coupon: NewCoupon, isWaiting: boolean): Promise<boolean> {
    const order = isWaiting
      ? sql`and p.pool = (
          select free.pool from coupon_pools free
          where free.template_id = ${coupon.templateId} and free.is_open and free.live < free.stock
          order by random() limit 1)
        for no key update`
      : sql`order by random() limit 1 for no key update skip locked`
    const added = await sql<{ couponId: string }>`
      with piece as (
        select p.template_id, p.pool from coupon_pools p
        where p.template_id = ${coupon.templateId} and p.is_open and p.live < p.stock ${order}),
      taken as (
        update coupon_pools p set live = p.live + 1
        from piece where p.template_id = piece.template_id and p.pool = piece.pool
        returning p.pool),
      added as (
        insert into coupons (coupon_id, corp_id, template_id, pool, customer_id, staff_id, origin, token, code, state, slot,
                             reserved_at, deadline, issued_at, expires_on)
        select ${coupon.couponId}::uuid, ${coupon.corpId}::int, ${coupon.templateId}::uuid, taken.pool,
               ${coupon.customerId}::bigint, ${coupon.staffId}::int, ${coupon.origin}, ${coupon.token}, ${coupon.code},
               ${coupon.state}, ${coupon.slot}::smallint, ${coupon.at}::timestamptz, ${coupon.deadline}::timestamptz,
               ${coupon.state === 'issued' ? coupon.at : null}::timestamptz, ${coupon.expiresOn}::date
        from taken
        returning coupon_id, corp_id, template_id, pool)
      insert into coupon_ledger (corp_id, coupon_id, template_id, pool, from_state, to_state, actor, at,
                                 idempotency_key)
      select corp_id, coupon_id, template_id, pool, null, ${coupon.state}, ${coupon.by}, ${coupon.at}::timestamptz,
             ${coupon.idempotencyKey}::text
      from added
      returning coupon_id as "couponId"`.execute(db)
    return added.rows.length > 0
  },

  async findByToken(token: string): Promise<{ couponId: string } | undefined> {
    const found = await sql<{ couponId: string }>`
      select coupon_id as "couponId" from coupons
      where token = ${token} and (share_id is null or holder is not null)`.execute(db)
    return found.rows[0]
  },

  /** A coupon this member gave to a customer she still follows, held by this transaction. */
  async lockOwn(actor: StaffActor, couponId: string): Promise<LockedCoupon | undefined> {
    const found = await sql<LockedRow>`
      select ${lockedColumns}
      from coupons c
      join coupon_templates t on t.template_id = c.template_id
      join follows f on f.customer_id = c.customer_id and ${ownFollow(actor)}
      where c.coupon_id = ${couponId} and c.corp_id = ${actor.corpId} and c.staff_id = ${actor.staffId}
      for no key update of c`.execute(db)
    return found.rows.map(toLocked)[0]
  },

  /** @param couponId of a coupon whose scope has been checked */
  async lockCoupon(couponId: string): Promise<LockedCoupon> {
    const found = await sql<LockedRow>`
      select ${lockedColumns}
      from coupons c join coupon_templates t on t.template_id = c.template_id
      where c.coupon_id = ${couponId}
      for no key update of c`.execute(db)
    const row = found.rows[0]
    if (!row) throw new Error('a coupon went away; they are never deleted')
    return toLocked(row)
  },

  /** One change of state with its ledger row. Where `pool_effect` says that the piece goes back, the caller gives it back last. */
  async changeState(change: StateChange): Promise<void> {
    const changed = await sql<{ couponId: string }>`
      with changed as (
        update coupons set state = ${change.to},
          issued_at = coalesce(${change.issuedAt ?? null}::timestamptz, issued_at),
          claimed_at = coalesce(${change.claimedAt ?? null}::timestamptz, claimed_at),
          expires_on = coalesce(${change.expiresOn ?? null}::date, expires_on)
        where coupon_id = ${change.couponId} and state = ${change.from}
        returning corp_id, coupon_id, template_id, pool)
      insert into coupon_ledger (corp_id, coupon_id, template_id, pool, from_state, to_state, actor, reason, at,
                                 idempotency_key)
      select corp_id, coupon_id, template_id, pool, ${change.from}, ${change.to},
             ${change.by}, ${change.reason}, ${change.at}::timestamptz, ${change.idempotencyKey ?? null}::text
      from changed
      returning coupon_id as "couponId"`.execute(db)
    if (changed.rows.length !== 1) throw new Error('a locked coupon changed its state under us')
  },

  /** Notes that the card arrived after the customer had already claimed through it. */
  async setIssuedAt(couponId: string, at: Date): Promise<void> {
    await sql`update coupons set issued_at = ${at} where coupon_id = ${couponId}`.execute(db)
  },

  /** Reservations for one customer whose deadline has passed: of all, of one template, or of one customer as well. */
  async listOverdue(
    now: Date,
    limit: number,
    of: { templateId?: string; customerId?: number | undefined } = {},
  ): Promise<string[]> {
    const found = await sql<{ couponId: string }>`
      select coupon_id as "couponId" from coupons
      where state = 'reserved' and share_id is null and deadline <= ${now}
        ${of.templateId === undefined ? sql`` : sql`and template_id = ${of.templateId}`}
        ${of.customerId === undefined ? sql`` : sql`and customer_id = ${of.customerId}`}
      order by deadline limit ${limit}`.execute(db)
    return found.rows.map(row => row.couponId)
  },

  /** Coupons of our own whose last day has passed. */
  async listPast(today: string, limit: number): Promise<string[]> {
    const found = await sql<{ couponId: string }>`
      select c.coupon_id as "couponId"
      from coupons c
      join coupon_templates t on t.template_id = c.template_id and t.issuer = ${OWN_ISSUER}
      where c.state in ('issued', 'claimed') and c.expires_on < ${today}::date
      order by c.expires_on limit ${limit}`.execute(db)
    return found.rows.map(row => row.couponId)
  },

  /**
   * Ends those of the coupons that are still as `due` says, each with its ledger row. Those somebody holds are left for the next
   * time: a job keeps nobody waiting. The caller gives the pieces back, last.
   */
  async endMany(
    couponIds: readonly string[],
    due: { kind: 'overdue'; now: Date } | { kind: 'past'; today: string },
    change: { to: 'released' | 'expired'; by: string; reason: string; at: Date },
  ): Promise<EndedCoupon[]> {
    const isDue =
      due.kind === 'past'
        ? sql`state in ('issued', 'claimed') and expires_on < ${due.today}::date`
        : sql`state = 'reserved' and share_id is null and deadline <= ${due.now}`
    const ended = await sql<EndedCoupon>`
      with due as (
        select coupon_id, state from coupons
        where coupon_id = any(${couponIds}::uuid[]) and ${isDue}
        order by coupon_id for no key update skip locked),
      ended as (
        update coupons c set state = ${change.to} from due where c.coupon_id = due.coupon_id
        returning c.coupon_id, c.corp_id, c.template_id, c.pool, c.customer_id, c.staff_id, due.state as from_state),
      noted as (
        insert into coupon_ledger (corp_id, coupon_id, template_id, pool, from_state, to_state, actor, reason, at)
        select corp_id, coupon_id, template_id, pool, from_state, ${change.to}, ${change.by}, ${change.reason},
               ${change.at}::timestamptz
        from ended)
      select ended.coupon_id as "couponId", ended.corp_id as "corpId", ended.customer_id as "customerId",
             ended.staff_id as "staffId", ended.template_id as "templateId", ended.pool, t.name, t.issuer
      from ended join coupon_templates t on t.template_id = ended.template_id`.execute(db)
    return ended.rows
  },

  /** The member's own reservation, whatever became of it since, while she follows the customer. */
  async findReservation(actor: StaffActor, couponId: string): Promise<Reservation | undefined> {
    const found = await sql<OfferColumns & Omit<Reservation, keyof TemplateOffer>>`
      select c.coupon_id as "couponId", c.template_id as "templateId", c.customer_id as "customerId", s.send_id as "sendId", c.deadline, c.token, c.code,
             c.state, t.picture_id as "pictureId", t.issuer, ${offerColumns}
      from coupons c
      join coupon_templates t on t.template_id = c.template_id
      join sends s on s.coupon_id = c.coupon_id
      join follows f on f.customer_id = c.customer_id and ${ownFollow(actor)}
      where c.coupon_id = ${couponId} and c.corp_id = ${actor.corpId} and c.staff_id = ${actor.staffId}`.execute(
      db,
    )
    return found.rows.map(row => ({
      ...toOffer(row),
      couponId: row.couponId,
      templateId: row.templateId,
      customerId: row.customerId,
      sendId: row.sendId,
      deadline: row.deadline,
      token: row.token,
      code: row.code,
      pictureId: row.pictureId,
      issuer: row.issuer,
      state: row.state,
    }))[0]
  },

  /** A coupon the member gave, while she follows the customer. */
  async findGiven(actor: StaffActor, couponId: string): Promise<HeldCoupon | undefined> {
    const found = await sql<OfferColumns & Omit<HeldCoupon, keyof TemplateOffer>>`
      select ${heldColumns(actor)}, ${offerColumns}
      from coupons c
      join coupon_templates t on t.template_id = c.template_id
      join staff giver on giver.staff_id = c.staff_id
      join follows f on f.customer_id = c.customer_id and ${ownFollow(actor)}
      where c.coupon_id = ${couponId} and c.corp_id = ${actor.corpId} and c.staff_id = ${actor.staffId}`.execute(
      db,
    )
    return found.rows.map(toHeld)[0]
  },
})
