import { sql } from 'kysely'
import type { Purchase, PurchaseDraft, TraceStrength } from '../../../shared/contract/purchases.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { personVisible } from '../../db/scope.ts'
import { isMinorOn } from '../customers/importantDate.ts'

interface PurchaseRow {
  purchase_id: string
  day: CivilDay
  piece: string
  amount_fen: number
  recipient: string | null
  person_id: string | null
  is_hidden: boolean
  minor_until: string | null
  is_custom: boolean
  engraving: string | null
  version: number
  strength: TraceStrength | null
  sent_at: Date | null
  title: string | null
  guides: string[] | null
}

/** The customer in scope whose purchases are meant, and what decides which of her people the actor may see. */
export interface PurchasesOf {
  customerId: number
  /** in scope by a follow of her own */
  isMine: boolean
  today: CivilDay
}

/** A purchase as the actor may see it. */
export interface SeenPurchase {
  purchase: Purchase
  /** for a child whom she may see: that is a look at the child's data (P28) */
  childId: string | null
}

const toPurchase = (row: PurchaseRow): Purchase => ({
  purchaseId: row.purchase_id,
  day: row.day,
  piece: row.piece,
  amountFen: row.amount_fen,
  recipient: row.is_hidden ? null : row.recipient,
  personId: row.is_hidden ? null : row.person_id,
  isCustom: row.is_custom,
  engraving: row.is_hidden ? null : row.engraving,
  trace:
    row.strength === null || row.sent_at === null
      ? null
      : {
          strength: row.strength,
          sentAt: row.sent_at.toISOString(),
          title: row.title ?? '',
          guides: row.guides ?? [],
        },
  version: row.version,
})

const toSeen =
  (today: CivilDay) =>
  (row: PurchaseRow): SeenPurchase => ({
    purchase: toPurchase(row),
    childId: !row.is_hidden && isMinorOn(row.minor_until, today) ? row.person_id : null,
  })

/** With for whom and what is engraved only where the actor may see that person (P28). */
const selectPurchases = (actor: StaffActor, { isMine, today }: PurchasesOf) => sql`
  select b.purchase_id, b.day, b.piece, b.amount_fen, b.recipient, b.person_id, b.is_custom, b.engraving, b.version,
         not ${personVisible(actor, isMine, today)} as is_hidden, p.minor_until, t.strength, s.started_at as sent_at, s.title,
         (select array_agg(staff.name order by staff.staff_id) from staff where staff.staff_id = any(t.staff_ids)) as guides
  from purchases b
  left join people p on p.person_id = b.person_id
  left join purchase_traces t on t.purchase_id = b.purchase_id
  left join sends s on s.send_id = t.send_id`

/** What the timeline tells of a purchase. */
export interface ToldPurchase {
  customerId: number
  purchaseId: string
  piece: string
  isCustom: boolean
  createdAt: Date
}

export const createPurchasesRepository = (db: Db | Tx) => ({
  /** Purchases of a customer whom the caller has in scope, newest first. */
  async list(
    actor: StaffActor,
    of: PurchasesOf,
    before: { day: CivilDay; purchaseId: string } | undefined,
    count: number,
  ): Promise<SeenPurchase[]> {
    const older = before
      ? sql`(b.day, b.purchase_id) < (${before.day}::date, ${before.purchaseId}::uuid)`
      : sql`true`
    const found = await sql<PurchaseRow>`
      ${selectPurchases(actor, of)}
      where b.customer_id = ${of.customerId} and b.corp_id = ${actor.corpId} and ${older}
      order by b.day desc, b.purchase_id desc
      limit ${count}`.execute(db)
    return found.rows.map(toSeen(of.today))
  },

  async find(actor: StaffActor, of: PurchasesOf, purchaseId: string): Promise<SeenPurchase | undefined> {
    const found = await sql<PurchaseRow>`
      ${selectPurchases(actor, of)}
      where b.purchase_id = ${purchaseId} and b.customer_id = ${of.customerId} and b.corp_id = ${actor.corpId}`.execute(
      db,
    )
    return found.rows.map(toSeen(of.today))[0]
  },

  /** For whom a purchase is and what is engraved, also where the actor may not see that person: an edit leaves it standing. */
  async findHidden(
    actor: StaffActor,
    of: PurchasesOf,
    purchaseId: string,
  ): Promise<Pick<PurchaseDraft, 'recipient' | 'personId' | 'engraving'> | undefined> {
    const found = await sql<Pick<PurchaseDraft, 'recipient' | 'personId' | 'engraving'>>`
      select b.recipient, b.person_id as "personId", b.engraving
      from purchases b
      join people p on p.person_id = b.person_id
      where b.purchase_id = ${purchaseId} and b.customer_id = ${of.customerId} and b.corp_id = ${actor.corpId}
        and not ${personVisible(actor, of.isMine, of.today)}`.execute(db)
    return found.rows[0]
  },

  /** The relation of a person of this customer; undefined when there is no such person for the member to see. */
  async findRelation(
    actor: StaffActor,
    { customerId, isMine, today }: PurchasesOf,
    personId: string,
  ): Promise<string | undefined> {
    const found = await sql<{ relation: string }>`
      select p.relation from people p
      where p.person_id = ${personId} and p.customer_id = ${customerId} and p.corp_id = ${actor.corpId}
        and ${personVisible(actor, isMine, today)}`.execute(db)
    return found.rows[0]?.relation
  },

  async insert(
    actor: StaffActor,
    customerId: number,
    purchaseId: string,
    draft: PurchaseDraft,
    now: Date,
    couponId: string | null = null,
  ): Promise<void> {
    await sql`
      insert into purchases (purchase_id, corp_id, customer_id, day, piece, amount_fen, recipient, person_id, is_custom,
                             engraving, created_by, created_at, coupon_id)
      values (${purchaseId}, ${actor.corpId}, ${customerId}, ${draft.day}, ${draft.piece}, ${draft.amountFen},
              ${draft.recipient}, ${draft.personId}, ${draft.isCustom}, ${draft.engraving}, ${actor.staffId}, ${now},
              ${couponId})`.execute(db)
  },

  /**
   * The coupon a sale was for is held until the transaction ends, whether the sale stands or is set aside: a use that is being taken
   * back meets the sale in one place and not on its way. Before the sale itself is touched, as the till does.
   */
  async holdCoupon(actor: StaffActor, customerId: number, purchaseId: string): Promise<void> {
    await sql`
      select from coupons where coupon_id in (
        select coupon_id from purchases
        where purchase_id = ${purchaseId} and customer_id = ${customerId} and corp_id = ${actor.corpId}
        union all
        select (purchase ->> 'coupon_id')::uuid from removed_purchases
        where purchase_id = ${purchaseId} and customer_id = ${customerId} and corp_id = ${actor.corpId})
      for no key update`.execute(db)
  },

  /** The sale of a coupon goes, also if somebody has set it aside. @returns undefined when there was none any more */
  async removeOfCoupon(
    actor: StaffActor,
    couponId: string,
  ): Promise<{ purchaseId: string; customerId: number } | undefined> {
    const gone = await sql<{ purchaseId: string; customerId: number }>`
      with aside as (
        delete from removed_purchases
        where corp_id = ${actor.corpId} and purchase ->> 'coupon_id' = ${couponId}::text)
      delete from purchases where coupon_id = ${couponId} and corp_id = ${actor.corpId}
      returning purchase_id as "purchaseId", customer_id as "customerId"`.execute(db)
    return gone.rows[0]
  },

  /** Writes the whole purchase over the version the caller saw. @returns false when that is not the present one */
  async change(
    actor: StaffActor,
    customerId: number,
    purchaseId: string,
    draft: PurchaseDraft,
    version: number,
  ): Promise<boolean> {
    const changed = await sql`
      update purchases
      set day = ${draft.day}, piece = ${draft.piece}, amount_fen = ${draft.amountFen}, recipient = ${draft.recipient},
          person_id = ${draft.personId}, is_custom = ${draft.isCustom}, engraving = ${draft.engraving}, version = version + 1
      where purchase_id = ${purchaseId} and customer_id = ${customerId} and corp_id = ${actor.corpId} and version = ${version}
      returning 1`.execute(db)
    return changed.rows.length > 0
  },

  /**
   * Takes a purchase away and keeps it aside, with the reminders that go with it and what was sent for them: whoever has seen to a
   * piece is not asked again when its purchase comes back. @returns false when there is none
   */
  async remove(actor: StaffActor, customerId: number, purchaseId: string, now: Date): Promise<boolean> {
    const removed = await sql`
      with gone as (
        delete from purchases
        where purchase_id = ${purchaseId} and customer_id = ${customerId} and corp_id = ${actor.corpId}
        returning *)
      insert into removed_purchases (purchase_id, corp_id, customer_id, purchase, removed_at)
      select purchase_id, corp_id, customer_id,
             to_jsonb(gone) || jsonb_build_object(
               'reminders', (
                 select coalesce(jsonb_agg(to_jsonb(r)), '[]') from reminders r where r.purchase_id = gone.purchase_id),
               'sends', (
                 select coalesce(jsonb_agg(jsonb_build_object('send_id', s.send_id, 'reminder_id', s.reminder_id)), '[]')
                 from reminders r join sends s on s.reminder_id = r.reminder_id
                 where r.purchase_id = gone.purchase_id)),
             ${now}
      from gone
      returning 1`.execute(db)
    return removed.rows.length > 0
  },

  /** Puts back what was set aside after `since`, as it was. A person who is not noted any more is left out. */
  async restore(
    actor: StaffActor,
    customerId: number,
    purchaseId: string,
    since: Date,
  ): Promise<ToldPurchase | undefined> {
    const restored = await sql<ToldPurchase>`
      with back as (
        delete from removed_purchases
        where purchase_id = ${purchaseId} and customer_id = ${customerId} and corp_id = ${actor.corpId}
          and removed_at > ${since}
        returning purchase),
      reminded as (
        insert into reminders
        select former.* from back, jsonb_populate_recordset(null::reminders, back.purchase -> 'reminders') as former
        on conflict do nothing),
      tied as (
        update sends s set reminder_id = former.reminder_id
        from back, jsonb_to_recordset(back.purchase -> 'sends') as former (send_id uuid, reminder_id uuid)
        where s.send_id = former.send_id)
      insert into purchases
      select former.* from back, jsonb_populate_record(null::purchases, back.purchase || jsonb_build_object('person_id', (
        select person_id from people where person_id = (back.purchase ->> 'person_id')::uuid))) as former
      returning customer_id as "customerId", purchase_id as "purchaseId", piece, is_custom as "isCustom",
                created_at as "createdAt"`.execute(db)
    return restored.rows[0]
  },

  /** Forgets what was set aside until `before`. @returns how many */
  async forgetRemoved(before: Date): Promise<number> {
    const gone = await sql<{ count: number }>`
      with gone as (delete from removed_purchases where removed_at <= ${before} returning 1)
      select count(*)::int as count from gone`.execute(db)
    return gone.rows[0]?.count ?? 0
  },

  /** What the timeline says of a purchase follows its edit. */
  async retell(
    actor: StaffActor,
    purchaseId: string,
    words: { what: string; detail: string | null },
  ): Promise<void> {
    await sql`
      update touches set what = ${words.what}, detail = ${words.detail}
      where purchase_id = ${purchaseId} and corp_id = ${actor.corpId}`.execute(db)
  },

  async untell(actor: StaffActor, purchaseId: string): Promise<void> {
    await sql`delete from touches where purchase_id = ${purchaseId} and corp_id = ${actor.corpId}`.execute(db)
  },
})
