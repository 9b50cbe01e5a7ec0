import { sql } from 'kysely'
import type { CouponShareState } from '../../../shared/contract/couponShares.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { liveStates } from '../../db/couponParts.ts'
import { staffInScope } from '../../db/scope.ts'
import { offerColumns, toOffer, type OfferColumns, type TemplateOffer } from './offers.repository.ts'

export interface NewShare {
  shareId: string
  templateId: string
  groupChatId: number
  token: string
  count: number
  at: Date
  deadline: Date
  endsAt: Date
}

/** A piece of a new link; each is a coupon from the beginning. */
export interface NewPiece {
  couponId: string
  pool: number
  token: string
  code: string
}

export interface HeldShare extends TemplateOffer {
  shareId: string
  corpId: number
  templateId: string
  staffId: number
  state: CouponShareState
  endsAt: Date
  perPerson: number
  tiers: string[]
}

export interface ShownShare extends TemplateOffer {
  shareId: string
  sendId: string
  templateId: string
  state: CouponShareState
  count: number
  claimed: number
  by: string
  token: string
  pictureId: string | null
  deadline: Date
  endsAt: Date
  mayWithdraw: boolean
}

export interface EndedPiece {
  couponId: string
  templateId: string
  pool: number
  issuer: string
}

/** One change of many pieces, for the ledger. */
export interface PiecesChange {
  by: string
  reason: string | null
  at: Date
  idempotencyKey: string | null
}

const heldColumns = sql`
  share.share_id as "shareId", share.corp_id as "corpId", share.template_id as "templateId", share.staff_id as "staffId",
  share.state, share.ends_at as "endsAt", t.per_person as "perPerson", t.tiers, ${offerColumns}`
type HeldRow = OfferColumns & Omit<HeldShare, keyof TemplateOffer>
const toHeldShare = (row: HeldRow): HeldShare => ({
  ...toOffer(row),
  shareId: row.shareId,
  corpId: row.corpId,
  templateId: row.templateId,
  staffId: row.staffId,
  state: row.state,
  endsAt: row.endsAt,
  perPerson: row.perPerson,
  tiers: row.tiers,
})

const shownColumns = (actor: StaffActor) => sql`
  share.share_id as "shareId", s.send_id as "sendId", share.template_id as "templateId", share.state, share.count, share.token,
  share.deadline, share.ends_at as "endsAt", giver.name as by, t.picture_id as "pictureId", ${offerColumns},
  (select count(*)::int from coupons c where c.share_id = share.share_id and c.holder is not null) as claimed,
  share.state = 'issued' and ${staffInScope(actor, 'giver')} as "mayWithdraw"`
const shownTables = sql`
  coupon_shares share
  join coupon_templates t on t.template_id = share.template_id
  join staff giver on giver.staff_id = share.staff_id
  join sends s on s.share_id = share.share_id`
type ShownRow = OfferColumns & Omit<ShownShare, keyof TemplateOffer>
const toShownShare = (row: ShownRow): ShownShare => ({
  ...toOffer(row),
  shareId: row.shareId,
  sendId: row.sendId,
  templateId: row.templateId,
  state: row.state,
  count: row.count,
  claimed: row.claimed,
  by: row.by,
  token: row.token,
  pictureId: row.pictureId,
  deadline: row.deadline,
  endsAt: row.endsAt,
  mayWithdraw: row.mayWithdraw,
})

/** Links of groups. Locks: the share, then its pieces by id, then pools; who claims holds a piece only. */
export const createSharesRepository = (db: Db | Tx) => ({
  async insert(actor: StaffActor, share: NewShare): Promise<void> {
    await sql`
      insert into coupon_shares (share_id, corp_id, template_id, staff_id, group_chat_id, token, count, state, reserved_at,
                                 deadline, ends_at)
      values (${share.shareId}, ${actor.corpId}, ${share.templateId}, ${actor.staffId}, ${share.groupChatId}, ${share.token},
              ${share.count}, 'reserved', ${share.at}, ${share.deadline}, ${share.endsAt})`.execute(db)
  },

  /** The reserved pieces with their ledger rows; the transaction has taken them from their pools. */
  async insertPieces(
    actor: StaffActor,
    share: NewShare,
    pieces: readonly NewPiece[],
    { by, at, idempotencyKey }: PiecesChange,
  ): Promise<void> {
    await sql`
      with added as (
        insert into coupons (coupon_id, corp_id, template_id, pool, staff_id, origin, share_id, token, code, state, reserved_at,
                             deadline)
        select piece."couponId", ${actor.corpId}::int, ${share.templateId}::uuid, piece.pool, ${actor.staffId}::int, 'share',
               ${share.shareId}::uuid, piece.token, piece.code, 'reserved', ${at}::timestamptz, ${share.deadline}::timestamptz
        from jsonb_to_recordset(${JSON.stringify(pieces)}::jsonb)
          as piece("couponId" uuid, pool smallint, token text, code text)
        returning corp_id, coupon_id, template_id, pool)
      insert into coupon_ledger (corp_id, coupon_id, template_id, pool, from_state, to_state, actor, at,
                                 idempotency_key)
      select corp_id, coupon_id, template_id, pool, null, 'reserved', ${by}, ${at}::timestamptz, ${idempotencyKey}::text
      from added`.execute(db)
  },

  async findByToken(token: string): Promise<HeldShare | undefined> {
    const found = await sql<HeldRow>`
      select ${heldColumns} from coupon_shares share join coupon_templates t on t.template_id = share.template_id
      where share.token = ${token}`.execute(db)
    return found.rows.map(toHeldShare)[0]
  },

  /** The member's own, held by this transaction. */
  async lockOwn(actor: StaffActor, shareId: string): Promise<HeldShare | undefined> {
    const found = await sql<HeldRow>`
      select ${heldColumns} from coupon_shares share join coupon_templates t on t.template_id = share.template_id
      where share.share_id = ${shareId} and share.corp_id = ${actor.corpId} and share.staff_id = ${actor.staffId}
      for no key update of share`.execute(db)
    return found.rows.map(toHeldShare)[0]
  },

  /** As `lockOwn`, of whoever stands in the actor's scope. */
  async lockGiven(actor: StaffActor, shareId: string): Promise<HeldShare | undefined> {
    const found = await sql<HeldRow>`
      select ${heldColumns} from coupon_shares share
      join coupon_templates t on t.template_id = share.template_id
      join staff giver on giver.staff_id = share.staff_id
      where share.share_id = ${shareId} and share.corp_id = ${actor.corpId} and ${staffInScope(actor, 'giver')}
      for no key update of share`.execute(db)
    return found.rows.map(toHeldShare)[0]
  },

  async lock(shareId: string): Promise<HeldShare> {
    const found = await sql<HeldRow>`
      select ${heldColumns} from coupon_shares share join coupon_templates t on t.template_id = share.template_id
      where share.share_id = ${shareId} for no key update of share`.execute(db)
    const [share] = found.rows.map(toHeldShare)
    if (!share) throw new Error('a link of a group went away; they are never deleted')
    return share
  },

  /** One that is over: its send past the deadline unanswered, or its hours. Nobody else is at it. */
  async lockDue(now: Date): Promise<HeldShare | undefined> {
    const found = await sql<HeldRow>`
      select ${heldColumns} from coupon_shares share join coupon_templates t on t.template_id = share.template_id
      where share.state in ('reserved', 'issued')
        and case share.state when 'reserved' then share.deadline else share.ends_at end <= ${now}
      order by share.ends_at limit 1 for no key update of share skip locked`.execute(db)
    return found.rows.map(toHeldShare)[0]
  },

  async setState(shareId: string, state: CouponShareState): Promise<void> {
    await sql`update coupon_shares set state = ${state} where share_id = ${shareId}`.execute(db)
  },

  async countClaimed(shareId: string): Promise<number> {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from coupons where share_id = ${shareId} and holder is not null`.execute(
      db,
    )
    return found.rows[0]?.count ?? 0
  },

  /** Every piece nobody has claimed lies in the group from now on. */
  async issuePieces(shareId: string, expiresOn: string | null, change: PiecesChange): Promise<void> {
    await sql`
      with free as (
        select coupon_id from coupons
        where share_id = ${shareId} and holder is null and state = 'reserved'
        order by coupon_id for no key update),
      changed as (
        update coupons c set state = 'issued', issued_at = ${change.at}, expires_on = ${expiresOn}::date
        from free where c.coupon_id = free.coupon_id
        returning c.corp_id, c.coupon_id, c.template_id, c.pool)
      insert into coupon_ledger (corp_id, coupon_id, template_id, pool, from_state, to_state, actor, reason, at, idempotency_key)
      select corp_id, coupon_id, template_id, pool, 'reserved', 'issued', ${change.by}, ${change.reason}::text,
             ${change.at}::timestamptz, ${change.idempotencyKey}::text
      from changed`.execute(db)
  },

  /** Every piece nobody has claimed ends; whoever is claiming one just now is waited for. The caller gives them back, last. */
  async releasePieces(shareId: string, change: PiecesChange): Promise<EndedPiece[]> {
    const ended = await sql<EndedPiece>`
      with free as (
        select coupon_id, state from coupons
        where share_id = ${shareId} and holder is null and state in ('reserved', 'issued')
        order by coupon_id for no key update),
      changed as (
        update coupons c set state = 'released' from free where c.coupon_id = free.coupon_id
        returning c.corp_id, c.coupon_id, c.template_id, c.pool, free.state as from_state),
      noted as (
        insert into coupon_ledger (corp_id, coupon_id, template_id, pool, from_state, to_state, actor, reason, at,
                                   idempotency_key)
        select corp_id, coupon_id, template_id, pool, from_state, 'released', ${change.by},
               ${change.reason}::text, ${change.at}::timestamptz, ${change.idempotencyKey}::text
        from changed)
      select changed.coupon_id as "couponId", changed.template_id as "templateId", changed.pool, t.issuer
      from changed join coupon_templates t on t.template_id = changed.template_id`.execute(db)
    return ended.rows
  },

  /** Holds back whoever claims for the same person from any link of the template, until the transaction ends. */
  async lockHolder(templateId: string, holder: Buffer): Promise<void> {
    await sql`
      select pg_advisory_xact_lock(hashtextextended('coupon-holder:' || ${templateId}::text || ${holder.toString('hex')}::text, 3))`.execute(
      db,
    )
  },

  /** @returns the token of what a person has claimed from a link */
  async findOwnPiece(shareId: string, holder: Buffer): Promise<string | undefined> {
    const found = await sql<{ token: string }>`
      select token from coupons where share_id = ${shareId} and holder = ${holder}`.execute(db)
    return found.rows[0]?.token
  },

  /** The tokens of what a person holds of a template against its limit, whether known by a link or as a customer; newest first. */
  async listHeld(
    templateId: string,
    { holder, customerId }: { holder: Buffer; customerId: number | null },
  ): Promise<string[]> {
    const found = await sql<{ token: string }>`
      select token from coupons
      where template_id = ${templateId} and (holder = ${holder} or customer_id = ${customerId}::bigint)
        and state in ${liveStates}
      order by reserved_at desc, claimed_at desc nulls last`.execute(db)
    return found.rows.map(({ token }) => token)
  },

  /**
   * What somebody has claimed as a stranger becomes the customer's, of each template as much as she may still have; the transaction
   * holds her.
   * @returns the names of the templates, one for each piece
   */
  async adoptPieces(corpId: number, holder: Buffer, customerId: number): Promise<string[]> {
    const adopted = await sql<{ name: string }>`
      with strange as (
        select coupon_id, template_id, claimed_at from coupons
        where holder = ${holder} and corp_id = ${corpId} and customer_id is null and state in ${liveStates}
        order by coupon_id for no key update),
      piece as (
        select coupon_id, template_id, row_number() over (partition by template_id order by claimed_at, coupon_id) as turn
        from strange),
      free as (
        select t.template_id, t.name, each.slot, row_number() over (partition by t.template_id order by each.slot) as turn
        from coupon_templates t
        cross join lateral generate_series(1, t.per_person) as each(slot)
        where t.template_id in (select template_id from strange) and not exists (
          select from coupons mine
          where mine.template_id = t.template_id and mine.customer_id = ${customerId} and mine.slot = each.slot
            and mine.state in ${liveStates})),
      changed as (
        update coupons c set customer_id = ${customerId}, slot = free.slot
        from piece join free using (template_id, turn) where c.coupon_id = piece.coupon_id
        returning free.name)
      select name from changed`.execute(db)
    return adopted.rows.map(({ name }) => name)
  },

  async findCustomer(corpId: number, externalUserId: string): Promise<number | undefined> {
    const found = await sql<{ customerId: number }>`
      select customer_id as "customerId" from customers
      where corp_id = ${corpId} and external_user_id = ${externalUserId}`.execute(db)
    return found.rows[0]?.customerId
  },

  async hasFree(shareId: string): Promise<boolean> {
    const found = await sql<{ free: boolean }>`
      select exists (
        select from coupons where share_id = ${shareId} and holder is null and state in ('reserved', 'issued')) as free`.execute(
      db,
    )
    return found.rows[0]?.free ?? false
  },

  /**
   * One free piece becomes this person's, one that nobody holds just now; with `isWaiting` any one, whose holder is waited for.
   * @returns its token; undefined when there is none
   */
  async claimPiece(
    share: { shareId: string },
    person: { holder: Buffer; customerId: number | null; slot: number | null },
    claim: { at: Date; expiresOn: string },
    isWaiting: boolean,
  ): Promise<string | undefined> {
    const order = isWaiting
      ? sql`and coupon_id = (
          select free.coupon_id from coupons free
          where free.share_id = ${share.shareId} and free.holder is null and free.state in ('reserved', 'issued')
          order by random() limit 1)
        for no key update`
      : sql`order by random() limit 1 for no key update skip locked`
    const claimed = await sql<{ token: string }>`
      with piece as (
        select coupon_id, state from coupons
        where share_id = ${share.shareId} and holder is null and state in ('reserved', 'issued') ${order}),
      changed as (
        update coupons c
        set state = 'claimed', holder = ${person.holder}, customer_id = ${person.customerId}::bigint,
            slot = ${person.slot}::smallint, claimed_at = ${claim.at}, issued_at = coalesce(c.issued_at, ${claim.at}),
            expires_on = ${claim.expiresOn}::date
        from piece where c.coupon_id = piece.coupon_id
        returning c.corp_id, c.coupon_id, c.template_id, c.pool, c.token, piece.state as from_state),
      noted as (
        insert into coupon_ledger (corp_id, coupon_id, template_id, pool, from_state, to_state, actor, at)
        select corp_id, coupon_id, template_id, pool, from_state, 'claimed', 'customer', ${claim.at}::timestamptz from changed)
      select token from changed`.execute(db)
    return claimed.rows[0]?.token
  },

  /** One of the actor's scope, the newest of a group she is in, or those of a template that people of her scope can withdraw. */
  async list(
    actor: StaffActor,
    which: { shareId: string } | { groupChatId: number } | { openOf: string },
    limit: number,
  ): Promise<ShownShare[]> {
    const isMeant =
      'shareId' in which
        ? sql`share.share_id = ${which.shareId} and ${staffInScope(actor, 'giver')}`
        : 'openOf' in which
          ? sql`share.template_id = ${which.openOf} and share.state = 'issued' and ${staffInScope(actor, 'giver')}`
          : sql`share.group_chat_id = ${which.groupChatId} and share.state <> 'released'`
    const found = await sql<ShownRow>`
      select ${shownColumns(actor)} from ${shownTables}
      where ${isMeant} and share.corp_id = ${actor.corpId}
      order by share.reserved_at desc limit ${limit}`.execute(db)
    return found.rows.map(toShownShare)
  },
})
