import { sql } from 'kysely'
import type { CouponFace, CouponKind, CouponOffer, CouponState } from '../../../shared/contract/coupons.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { followInScope, ownFollow } from '../../db/scope.ts'

type Validity = CouponOffer['validity']

/** Columns of a template from which its face and validity are made; every statement that shows a coupon selects them. */
export interface OfferColumns {
  name: string
  kind: CouponKind
  amountFen: number | null
  percent: number | null
  words: string | null
  thresholdFen: number
  goods: string | null
  validUntil: string | null
  validDays: number | null
}

/** An offer as templates keep it. */
export interface TemplateOffer {
  name: string
  face: CouponFace
  validity: Validity
}

export const offerColumns = sql`
  t.name, t.kind, t.amount_fen as "amountFen", t.percent, t.words, t.threshold_fen as "thresholdFen", t.goods,
  t.valid_until as "validUntil", t.valid_days_after_claim as "validDays"`

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
      : { kind: 'until', day: row.validUntil },
})

export interface NewTemplate extends TemplateOffer {
  templateId: string
  /** Set for templates that are installed by a name, once per corp. */
  seedKey: string | null
  terms: string
  stock: number
  perPerson: number
  sort: number
}

export interface ShelfOffer extends TemplateOffer {
  templateId: string
  /** Overdue reservations do not count any more. */
  stockLeft: number
  /** pieces the customer holds against the limit */
  held: number
  perPerson: number
}

export interface HeldCoupon extends TemplateOffer {
  couponId: string
  state: CouponState
  issuedAt: Date
  issuedBy: string
  expiresOn: string | null
}

export interface LockedTemplate extends TemplateOffer {
  templateId: string
  state: 'draft' | 'running' | 'paused' | 'stopped'
  perPerson: number
}

export interface LockedCoupon extends TemplateOffer {
  couponId: string
  corpId: number
  templateId: string
  customerId: number
  staffId: number
  state: CouponState
  issuedAt: Date | null
  expiresOn: string | null
}

export interface NewCoupon {
  couponId: string
  templateId: string
  customerId: number
  token: string
  code: string
  reservedAt: Date
  deadline: Date
}

export interface Reservation extends TemplateOffer {
  couponId: string
  sendId: string
  deadline: Date
  token: string
}

export interface StateChange {
  couponId: string
  from: CouponState
  to: CouponState
  /** `staff:12`, `customer` or `job:…`: who did it, for the ledger */
  by: string
  reason: string | null
  at: Date
  issuedAt?: Date
  claimedAt?: Date
  expiresOn?: string
}

/** A coupon ended by a job. */
export interface EndedCoupon {
  couponId: string
  corpId: number
  customerId: number
  staffId: number
  name: string
}

const givesBack = (to: CouponState) => to === 'released' || to === 'expired' || to === 'revoked'

/** Live pieces: they count against the stock and against the person's limit. */
const liveStates = sql.raw(`('reserved', 'issued', 'claimed', 'redeemed')`)

/**
 * Whoever takes a piece or gives one back holds the template's row first and the coupon's after it, several in the order of
 * their ids; so takers and givers of one template come one after another and nobody waits in a circle.
 */
export const createCouponsRepository = (db: Db | Tx) => ({
  /** @returns false when a template of that `seedKey` is there already */
  async insertTemplate(corpId: number, template: NewTemplate, now: Date): Promise<boolean> {
    const { face, validity } = template
    const added = await sql<{ templateId: string }>`
      insert into coupon_templates (template_id, corp_id, seed_key, name, kind, amount_fen, percent, words, threshold_fen,
                                    goods, terms, valid_until, valid_days_after_claim, stock, per_person, sort, created_at)
      values (${template.templateId}, ${corpId}, ${template.seedKey}, ${template.name}, ${face.kind},
              ${face.amountFen}, ${face.percent}, ${face.words}, ${face.thresholdFen}, ${face.goods},
              ${template.terms}, ${validity.kind === 'until' ? validity.day : null}::date,
              ${validity.kind === 'daysAfterClaim' ? validity.days : null}::int, ${template.stock}, ${template.perPerson},
              ${template.sort}, ${now})
      on conflict on constraint coupon_templates__seed_key do nothing
      returning template_id as "templateId"`.execute(db)
    return added.rows.length > 0
  },

  async getTemplateId(corpId: number, seedKey: string): Promise<string> {
    const found = await sql<{ templateId: string }>`
      select template_id as "templateId" from coupon_templates
      where corp_id = ${corpId} and seed_key = ${seedKey}`.execute(db)
    const row = found.rows[0]
    if (!row) throw new Error(`no coupon template ${seedKey}`)
    return row.templateId
  },

  /** What is running, with what is left of it and what this customer holds. */
  async listOffers(corpId: number, customerId: number, now: Date, today: string): Promise<ShelfOffer[]> {
    type Row = OfferColumns & Omit<ShelfOffer, keyof TemplateOffer>
    const found = await sql<Row>`
      select t.template_id as "templateId", ${offerColumns}, t.per_person as "perPerson",
             (t.stock - t.live + (
               select count(*) from coupons c
               where c.template_id = t.template_id and c.state = 'reserved' and c.deadline <= ${now}))::int as "stockLeft",
             (select count(*) from coupons c
              where c.template_id = t.template_id and c.customer_id = ${customerId} and c.state in ${liveStates}
                and not (c.state = 'reserved' and c.deadline <= ${now}))::int as held
      from coupon_templates t
      where t.corp_id = ${corpId} and t.state = 'running' and (t.valid_until is null or t.valid_until >= ${today}::date)
      order by t.sort, t.created_at, t.template_id
      limit 100`.execute(db)
    return found.rows.map(row => ({
      ...toOffer(row),
      templateId: row.templateId,
      stockLeft: row.stockLeft,
      held: row.held,
      perPerson: row.perPerson,
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
        select c.coupon_id as "couponId", c.state, coalesce(c.issued_at, c.claimed_at, c.reserved_at) as "issuedAt",
               giver.name as "issuedBy", c.expires_on as "expiresOn", ${offerColumns}
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

  async lockTemplate(corpId: number, templateId: string): Promise<LockedTemplate | undefined> {
    const found = await sql<OfferColumns & Omit<LockedTemplate, keyof TemplateOffer>>`
      select t.template_id as "templateId", t.state, t.per_person as "perPerson", ${offerColumns}
      from coupon_templates t
      where t.template_id = ${templateId} and t.corp_id = ${corpId}
      for no key update`.execute(db)
    return found.rows.map(row => ({
      ...toOffer(row),
      templateId: row.templateId,
      state: row.state,
      perPerson: row.perPerson,
    }))[0]
  },

  /** Locks the templates of these coupons, in the order of their ids. */
  async lockTemplatesOf(couponIds: readonly string[]): Promise<void> {
    await sql`
      select t.template_id from coupon_templates t
      where t.template_id in (select c.template_id from coupons c where c.coupon_id = any(${couponIds}::uuid[]))
      order by t.template_id
      for no key update`.execute(db)
  },

  /** Takes one piece off the stock; false when none is left. */
  async take(templateId: string): Promise<boolean> {
    const taken = await sql<{ live: number }>`
      update coupon_templates set live = live + 1
      where template_id = ${templateId} and state = 'running' and live < stock
      returning live`.execute(db)
    return taken.rows.length > 0
  },

  /** A reserved coupon in the person's lowest free slot, with its ledger row; false when she has no slot left. */
  async insertCoupon(actor: StaffActor, coupon: NewCoupon, perPerson: number): Promise<boolean> {
    const added = await sql<{ couponId: string }>`
      with added as (
        insert into coupons (coupon_id, corp_id, template_id, customer_id, staff_id, token, code, state, slot,
                             reserved_at, deadline)
        select ${coupon.couponId}::uuid, ${actor.corpId}::int, ${coupon.templateId}::uuid, ${coupon.customerId}::bigint,
               ${actor.staffId}::int, ${coupon.token}, ${coupon.code}, 'reserved', free.slot,
               ${coupon.reservedAt}::timestamptz, ${coupon.deadline}::timestamptz
        from generate_series(1, ${perPerson}::int) as free(slot)
        where not exists (
          select 1 from coupons c
          where c.template_id = ${coupon.templateId}::uuid and c.customer_id = ${coupon.customerId}::bigint and c.slot = free.slot
            and c.state in ${liveStates})
        order by free.slot limit 1
        returning coupon_id, corp_id, template_id),
      noted as (
        insert into coupon_ledger (corp_id, coupon_id, template_id, from_state, to_state, actor, reason, at)
        select corp_id, coupon_id, template_id, null, 'reserved', ${`staff:${actor.staffId}`}, null,
               ${coupon.reservedAt}::timestamptz
        from added)
      select coupon_id as "couponId" from added`.execute(db)
    return added.rows.length > 0
  },

  /** The template of a coupon this member gave to a customer she still follows. */
  async findTemplateOf(actor: StaffActor, couponId: string): Promise<string | undefined> {
    const found = await sql<{ templateId: string }>`
      select c.template_id as "templateId"
      from coupons c
      join follows f on f.customer_id = c.customer_id and ${ownFollow(actor)}
      where c.coupon_id = ${couponId} and c.corp_id = ${actor.corpId} and c.staff_id = ${actor.staffId}`.execute(
      db,
    )
    return found.rows[0]?.templateId
  },

  async findByToken(
    token: string,
  ): Promise<{ corpId: number; couponId: string; templateId: string } | undefined> {
    const found = await sql<{ corpId: number; couponId: string; templateId: string }>`
      select corp_id as "corpId", coupon_id as "couponId", template_id as "templateId" from coupons
      where token = ${token}`.execute(db)
    return found.rows[0]
  },

  /** @param couponId of a coupon whose scope has been checked and whose template this transaction holds */
  async lockCoupon(couponId: string): Promise<LockedCoupon> {
    const found = await sql<OfferColumns & Omit<LockedCoupon, keyof TemplateOffer>>`
      select c.coupon_id as "couponId", c.corp_id as "corpId", c.template_id as "templateId",
             c.customer_id as "customerId", c.staff_id as "staffId", c.state, c.issued_at as "issuedAt",
             c.expires_on as "expiresOn", ${offerColumns}
      from coupons c join coupon_templates t on t.template_id = c.template_id
      where c.coupon_id = ${couponId}
      for no key update of c`.execute(db)
    const row = found.rows[0]
    if (!row) throw new Error('a coupon went away; they are never deleted')
    const { couponId: id, corpId, templateId, customerId, staffId, state, issuedAt, expiresOn } = row
    return {
      ...toOffer(row),
      couponId: id,
      corpId,
      templateId,
      customerId,
      staffId,
      state,
      issuedAt,
      expiresOn,
    }
  },

  /** One change of state with its ledger row; gives the piece back to the stock where the new state does. */
  async changeState(change: StateChange): Promise<void> {
    const changed = await sql<{ couponId: string }>`
      with changed as (
        update coupons set state = ${change.to},
          issued_at = coalesce(${change.issuedAt ?? null}::timestamptz, issued_at),
          claimed_at = coalesce(${change.claimedAt ?? null}::timestamptz, claimed_at),
          expires_on = coalesce(${change.expiresOn ?? null}::date, expires_on)
        where coupon_id = ${change.couponId} and state = ${change.from}
        returning corp_id, coupon_id, template_id),
      noted as (
        insert into coupon_ledger (corp_id, coupon_id, template_id, from_state, to_state, actor, reason, at)
        select corp_id, coupon_id, template_id, ${change.from}, ${change.to}, ${change.by}, ${change.reason},
               ${change.at}::timestamptz
        from changed),
      given_back as (
        update coupon_templates t set live = t.live - 1
        from changed where t.template_id = changed.template_id and ${givesBack(change.to)}::boolean)
      select coupon_id as "couponId" from changed`.execute(db)
    if (changed.rows.length !== 1) throw new Error('a locked coupon changed its state under us')
  },

  /** Notes that the card arrived after the customer had already claimed through it. */
  async setIssuedAt(couponId: string, at: Date): Promise<void> {
    await sql`update coupons set issued_at = ${at} where coupon_id = ${couponId}`.execute(db)
  },

  /** Reservations whose deadline has passed: of one template, or of all. */
  async listOverdue(now: Date, limit: number, templateId?: string): Promise<string[]> {
    const found = await sql<{ couponId: string }>`
      select coupon_id as "couponId" from coupons
      where state = 'reserved' and deadline <= ${now} ${templateId === undefined ? sql`` : sql`and template_id = ${templateId}`}
      order by deadline limit ${limit}`.execute(db)
    return found.rows.map(row => row.couponId)
  },

  /** Coupons whose last day has passed. */
  async listPast(today: string, limit: number): Promise<string[]> {
    const found = await sql<{ couponId: string }>`
      select coupon_id as "couponId" from coupons
      where state in ('issued', 'claimed') and expires_on < ${today}::date
      order by expires_on limit ${limit}`.execute(db)
    return found.rows.map(row => row.couponId)
  },

  /**
   * Ends those of the coupons that are still in one of the states, each with its ledger row, and gives the pieces back. The
   * transaction holds their templates.
   */
  async endMany(
    couponIds: readonly string[],
    change: {
      from: readonly CouponState[]
      to: 'released' | 'expired'
      by: string
      reason: string
      at: Date
    },
  ): Promise<EndedCoupon[]> {
    const ended = await sql<EndedCoupon>`
      with due as (
        select coupon_id, state from coupons
        where coupon_id = any(${couponIds}::uuid[]) and state = any(${change.from}::text[])
        order by coupon_id for no key update),
      ended as (
        update coupons c set state = ${change.to} from due where c.coupon_id = due.coupon_id
        returning c.coupon_id, c.corp_id, c.template_id, c.customer_id, c.staff_id, due.state as from_state),
      noted as (
        insert into coupon_ledger (corp_id, coupon_id, template_id, from_state, to_state, actor, reason, at)
        select corp_id, coupon_id, template_id, from_state, ${change.to}, ${change.by}, ${change.reason},
               ${change.at}::timestamptz
        from ended),
      given_back as (
        update coupon_templates t set live = t.live - pieces.count
        from (select template_id, count(*)::int as count from ended group by template_id) pieces
        where t.template_id = pieces.template_id)
      select ended.coupon_id as "couponId", ended.corp_id as "corpId", ended.customer_id as "customerId",
             ended.staff_id as "staffId", t.name
      from ended join coupon_templates t on t.template_id = ended.template_id`.execute(db)
    return ended.rows
  },

  /** The member's own reservation, whatever became of it since, while she follows the customer. */
  async findReservation(actor: StaffActor, couponId: string): Promise<Reservation | undefined> {
    const found = await sql<OfferColumns & Omit<Reservation, keyof TemplateOffer>>`
      select c.coupon_id as "couponId", s.send_id as "sendId", c.deadline, c.token, ${offerColumns}
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
      sendId: row.sendId,
      deadline: row.deadline,
      token: row.token,
    }))[0]
  },

  /** A coupon the member gave, while she follows the customer. */
  async findGiven(actor: StaffActor, couponId: string): Promise<HeldCoupon | undefined> {
    const found = await sql<OfferColumns & Omit<HeldCoupon, keyof TemplateOffer>>`
      select c.coupon_id as "couponId", c.state, coalesce(c.issued_at, c.claimed_at, c.reserved_at) as "issuedAt",
             giver.name as "issuedBy", c.expires_on as "expiresOn", ${offerColumns}
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

function toHeld(row: OfferColumns & Omit<HeldCoupon, keyof TemplateOffer>): HeldCoupon {
  return {
    ...toOffer(row),
    couponId: row.couponId,
    state: row.state,
    issuedAt: row.issuedAt,
    issuedBy: row.issuedBy,
    expiresOn: row.expiresOn,
  }
}
