import { sql, type RawBuilder } from 'kysely'
import type { CouponHours } from '../../../shared/contract/coupons.ts'
import type { CouponState } from '../../../shared/contract/coupons.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { followInScope, redemptionInScope, staffInScope, undoneInScope } from '../../db/scope.ts'
import { offerColumns, toOffer, type OfferColumns, type TemplateOffer } from './offers.repository.ts'

/** A coupon with everything the till decides and shows. */
export interface TillCoupon extends TemplateOffer {
  couponId: string
  templateId: string
  pool: number
  code: string
  state: CouponState
  issuer: string
  customerId: number | null
  /** as the member knows her; null where she may not see her */
  address: string | null
  /** first character of the name, for whoever does not see more */
  initial: string | null
  issuedAt: Date | null
  expiresOn: string | null
  hours: CouponHours[]
  storeIds: number[]
  stores: string[]
  isStackable: boolean
  terms: string
  redeemedAt: Date | null
  redeemedBy: string | null
  redeemedStoreId: number | null
  redeemedStore: string | null
  /** of its use, before the discount */
  usedAmountFen: number | null
  discountFen: number | null
}

/** By what a coupon is looked for. */
export type TillKey = { code: string } | { token: string } | { couponId: string; code?: string }

const wanted = (key: TillKey): RawBuilder<unknown> => {
  if ('token' in key) return sql`c.token = ${key.token} and (c.share_id is null or c.holder is not null)`
  if (!('couponId' in key)) return sql`c.code = ${key.code}`
  return sql`c.coupon_id = ${key.couponId} ${key.code === undefined ? sql`` : sql`and c.code = ${key.code}`}`
}

/** Whose it is, as far as the member may know. */
const holderColumns = (actor: StaffActor) => sql`
  (select coalesce(cu.salutation, f.remark, cu.name) from follows f
   where f.customer_id = c.customer_id and ${followInScope(actor)}
   order by f.staff_id = ${actor.staffId} desc limit 1) as address,
  left(coalesce(cu.salutation, cu.name), 1) as initial`

const tillColumns = (actor: StaffActor) => sql`
  c.coupon_id as "couponId", c.template_id as "templateId", c.pool, c.code, c.state, t.issuer, c.customer_id as "customerId",
  ${holderColumns(actor)},
  c.issued_at as "issuedAt", c.expires_on as "expiresOn", t.hours, t.store_ids as "storeIds",
  array(select s.name from stores s where s.store_id = any(t.store_ids) order by s.name) as stores,
  t.is_stackable as "isStackable", t.terms, c.redeemed_at as "redeemedAt", redeemer.name as "redeemedBy",
  c.redeemed_store_id as "redeemedStoreId", place.name as "redeemedStore", c.amount_fen as "usedAmountFen",
  c.discount_fen as "discountFen", ${offerColumns}`

const tillTables = sql`
  coupons c
  join coupon_templates t on t.template_id = c.template_id
  left join customers cu on cu.customer_id = c.customer_id
  left join staff redeemer on redeemer.staff_id = c.redeemed_by
  left join stores place on place.store_id = c.redeemed_store_id`

const given = (actor: StaffActor, couponId: string) => sql`
  from ${tillTables}
  join staff giver on giver.staff_id = c.staff_id
  where c.corp_id = ${actor.corpId} and c.coupon_id = ${couponId} and ${staffInScope(actor, 'giver')}`

type TillRow = OfferColumns & Omit<TillCoupon, keyof TemplateOffer>

const toTillCoupon = (row: TillRow): TillCoupon => ({
  ...toOffer(row),
  couponId: row.couponId,
  templateId: row.templateId,
  pool: row.pool,
  code: row.code,
  state: row.state,
  issuer: row.issuer,
  customerId: row.customerId,
  address: row.address,
  initial: row.initial,
  issuedAt: row.issuedAt,
  expiresOn: row.expiresOn,
  hours: row.hours,
  storeIds: row.storeIds,
  stores: row.stores,
  isStackable: row.isStackable,
  terms: row.terms,
  redeemedAt: row.redeemedAt,
  redeemedBy: row.redeemedBy,
  redeemedStoreId: row.redeemedStoreId,
  redeemedStore: row.redeemedStore,
  usedAmountFen: row.usedAmountFen,
  discountFen: row.discountFen,
})

export interface Redemption {
  couponId: string
  staffId: number
  storeId: number | null
  amountFen: number
  discountFen: number
  at: Date
  idempotencyKey: string | null
}

/** A use that was taken back. */
export interface UndoneUse extends Pick<TillCoupon, 'couponId' | 'name' | 'face' | 'address' | 'initial'> {
  at: Date
  by: string | null
  store: string | null
  amountFen: number
  discountFen: number
}

export interface RedeemedPage {
  coupons: TillCoupon[]
  total: { count: number; amountFen: number; discountFen: number }
}

/** Coupons at the till: anybody of the corp may look at one whose code she has been shown. */
export const createTillRepository = (db: Db | Tx) => ({
  async find(actor: StaffActor, key: TillKey): Promise<TillCoupon | undefined> {
    const found = await sql<TillRow>`
      select ${tillColumns(actor)} from ${tillTables} where c.corp_id = ${actor.corpId} and ${wanted(key)}`.execute(
      db,
    )
    return found.rows.map(toTillCoupon)[0]
  },

  /** As `find`, held until the transaction ends. */
  async lock(actor: StaffActor, key: TillKey): Promise<TillCoupon | undefined> {
    const found = await sql<TillRow>`
      select ${tillColumns(actor)} from ${tillTables} where c.corp_id = ${actor.corpId} and ${wanted(key)}
      for no key update of c`.execute(db)
    return found.rows.map(toTillCoupon)[0]
  },

  /** As `lock`, one that was redeemed in a store of hers, or anywhere for an admin. */
  async lockRedeemed(actor: StaffActor, couponId: string): Promise<TillCoupon | undefined> {
    const found = await sql<TillRow>`
      select ${tillColumns(actor)} from ${tillTables}
      where c.corp_id = ${actor.corpId} and c.coupon_id = ${couponId} and (
        ${actor.role === 'admin'}::boolean or c.redeemed_store_id = any(${actor.managedStoreIds}::int[]))
      for no key update of c`.execute(db)
    return found.rows.map(toTillCoupon)[0]
  },

  /** One that was last used in a store of hers, or anywhere for an admin, also when that use has been taken back. */
  async findUsed(actor: StaffActor, couponId: string): Promise<TillCoupon | undefined> {
    const found = await sql<TillRow>`
      select ${tillColumns(actor)} from ${tillTables}
      where c.corp_id = ${actor.corpId} and c.coupon_id = ${couponId} and (
        ${actor.role === 'admin'}::boolean or coalesce(c.redeemed_store_id, (
          select l.store_id from coupon_ledger l
          where l.coupon_id = c.coupon_id and l.from_state = 'redeemed'
          order by l.entry_id desc limit 1)) = any(${actor.managedStoreIds}::int[]))`.execute(db)
    return found.rows.map(toTillCoupon)[0]
  },

  /** One that somebody of hers has given. */
  async findGiven(actor: StaffActor, couponId: string): Promise<TillCoupon | undefined> {
    const found = await sql<TillRow>`select ${tillColumns(actor)} ${given(actor, couponId)}`.execute(db)
    return found.rows.map(toTillCoupon)[0]
  },

  /** As `findGiven`, held until the transaction ends. */
  async lockGiven(actor: StaffActor, couponId: string): Promise<TillCoupon | undefined> {
    const found = await sql<TillRow>`
      select ${tillColumns(actor)} ${given(actor, couponId)} for no key update of c`.execute(db)
    return found.rows.map(toTillCoupon)[0]
  },

  /** Uses of a day and later that are still standing, newest first, and the sums of all of them. */
  async listRedeemed(
    actor: StaffActor,
    { day, timeZone }: { day: string; timeZone: string },
    limit: number,
  ): Promise<RedeemedPage> {
    const found = await sql<TillRow & { count: number; amountSumFen: string; discountSumFen: string }>`
      select ${tillColumns(actor)}, count(*) over ()::int as count, sum(c.amount_fen) over () as "amountSumFen",
             sum(c.discount_fen) over () as "discountSumFen"
      from ${tillTables}
      where ${redemptionInScope(actor)} and c.state = 'redeemed'
        and c.redeemed_at >= ${day}::timestamp at time zone ${timeZone}::text
      order by c.redeemed_at desc, c.coupon_id
      limit ${limit}`.execute(db)
    const first = found.rows[0]
    return {
      coupons: found.rows.map(toTillCoupon),
      total: {
        count: first?.count ?? 0,
        amountFen: Number(first?.amountSumFen ?? 0),
        discountFen: Number(first?.discountSumFen ?? 0),
      },
    }
  },

  /** What was taken back on a day and later, newest first. */
  async listUndone(
    actor: StaffActor,
    { day, timeZone }: { day: string; timeZone: string },
    limit: number,
  ): Promise<UndoneUse[]> {
    const found = await sql<OfferColumns & Omit<UndoneUse, 'name' | 'face'> & { usedFen: number }>`
      select c.coupon_id as "couponId", ${holderColumns(actor)}, ${offerColumns}, l.at, undoer.name as by, place.name as store,
             coalesce(l.amount_fen, 0) as "usedFen", coalesce(l.discount_fen, 0) as "discountFen"
      from coupon_ledger l
      join coupons c on c.coupon_id = l.coupon_id
      join coupon_templates t on t.template_id = c.template_id
      left join customers cu on cu.customer_id = c.customer_id
      left join staff undoer
        on undoer.staff_id = substring(l.actor from '^staff:([0-9]+)$')::int and undoer.corp_id = l.corp_id
      left join stores place on place.store_id = l.store_id
      left join lateral (
        select before.actor from coupon_ledger before
        where before.coupon_id = l.coupon_id and before.to_state = 'redeemed' and before.entry_id < l.entry_id
        order by before.entry_id desc limit 1) used on true
      where ${undoneInScope(actor)} and l.from_state = 'redeemed' and l.to_state = 'claimed'
        and l.at >= ${day}::timestamp at time zone ${timeZone}::text
      order by l.at desc, l.entry_id desc
      limit ${limit}`.execute(db)
    return found.rows.map(row => ({
      ...toOffer(row),
      couponId: row.couponId,
      address: row.address,
      initial: row.initial,
      at: row.at,
      by: row.by,
      store: row.store,
      amountFen: row.usedFen,
      discountFen: row.discountFen,
    }))
  },

  /** A claimed coupon becomes a redeemed one, with its ledger row. */
  async redeem(use: Redemption): Promise<void> {
    const changed = await sql<{ couponId: string }>`
      with changed as (
        update coupons
        set state = 'redeemed', redeemed_at = ${use.at}, redeemed_by = ${use.staffId}, redeemed_store_id = ${use.storeId},
            amount_fen = ${use.amountFen}, discount_fen = ${use.discountFen}
        where coupon_id = ${use.couponId} and state = 'claimed'
        returning corp_id, coupon_id, template_id, pool)
      insert into coupon_ledger (corp_id, coupon_id, template_id, pool, from_state, to_state, actor, at, idempotency_key,
                                 store_id, amount_fen, discount_fen)
      select corp_id, coupon_id, template_id, pool, 'claimed', 'redeemed', ${`staff:${use.staffId}`}, ${use.at}::timestamptz,
             ${use.idempotencyKey}::text, ${use.storeId}::int, ${use.amountFen}::int, ${use.discountFen}::int
      from changed
      returning coupon_id as "couponId"`.execute(db)
    if (changed.rows.length !== 1) throw new Error('a locked coupon changed its state under us')
  },

  /** The use is taken back: claimed as before, with a ledger row of its own that repeats what it takes back. */
  async undo(
    use: Omit<Redemption, 'storeId' | 'amountFen' | 'discountFen'> & { reason: string },
  ): Promise<void> {
    const changed = await sql<{ couponId: string }>`
      with before as (
        select coupon_id, redeemed_store_id, amount_fen, discount_fen from coupons where coupon_id = ${use.couponId}),
      changed as (
        update coupons
        set state = 'claimed', redeemed_at = null, redeemed_by = null, redeemed_store_id = null, amount_fen = null,
            discount_fen = null
        where coupon_id = ${use.couponId} and state = 'redeemed'
        returning corp_id, coupon_id, template_id, pool)
      insert into coupon_ledger (corp_id, coupon_id, template_id, pool, from_state, to_state, actor, reason, at,
                                 idempotency_key, store_id, amount_fen, discount_fen)
      select corp_id, coupon_id, template_id, pool, 'redeemed', 'claimed', ${`staff:${use.staffId}`}, ${use.reason},
             ${use.at}::timestamptz, ${use.idempotencyKey}::text, redeemed_store_id, amount_fen, discount_fen
      from changed join before using (coupon_id)
      returning coupon_id as "couponId"`.execute(db)
    if (changed.rows.length !== 1) throw new Error('a locked coupon changed its state under us')
  },
})
