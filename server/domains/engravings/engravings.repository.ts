import { sql, type RawBuilder } from 'kysely'
import type { Engraving, EngravingDraft, EngravingOffer } from '../../../shared/contract/engravings.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import { isPieceId } from '../../../shared/rules/engravingPieces.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { personVisible } from '../../db/scope.ts'
import { isMinorOn } from '../customers/importantDate.ts'

type EngravingRow = Omit<Engraving, 'updatedAt' | 'sentAt' | 'person'> & {
  updatedAt: Date
  sentAt: Date | null
  personId: string | null
  relation: string | null
  callName: string | null
  minorUntil: string | null
}

/** The customer in scope whose drafts are meant, and what decides which of them the actor may see. */
export interface DraftsOf {
  customerId: number
  /** in scope by a follow of her own */
  isMine: boolean
  today: CivilDay
}

const toEngraving = (
  { updatedAt, sentAt, personId, relation, callName, minorUntil, ...row }: EngravingRow,
  today: CivilDay,
): Engraving => ({
  ...row,
  person:
    personId !== null && relation !== null
      ? { personId, relation, callName, isMinor: isMinorOn(minorUntil, today) }
      : null,
  updatedAt: updatedAt.toISOString(),
  sentAt: sentAt?.toISOString() ?? null,
})

export interface OfferRow extends Omit<EngravingOffer, 'pieceId'> {
  pieceId: string
}
const isKnown = (row: OfferRow): row is EngravingOffer => isPieceId(row.pieceId)

const offerColumns = sql`
  piece_id as "pieceId", gold_price_fen as "goldPriceFen", platinum_price_fen as "platinumPriceFen",
  production_days as "productionDays", details, is_offered as "isOffered", version`

/** Everything about drafts is of a customer whom the caller has in scope. */
export const createEngravingsRepository = (db: Db | Tx) => {
  const find = async (
    actor: StaffActor,
    { customerId, isMine, today }: DraftsOf,
    which: RawBuilder<unknown>,
  ): Promise<Engraving[]> => {
    const found = await sql<EngravingRow>`
      select e.engraving_id as "engravingId", e.piece_id as "pieceId", e.metal, e.face, e.font, e.lines,
             e.price_fen as "priceFen", e.ready_on as "readyOn", by.name as by, e.updated_at as "updatedAt",
             (select max(s.started_at) from sends s where s.engraving_id = e.engraving_id and s.outcome = 'ok') as "sentAt",
             e.person_id as "personId", p.relation, p.call_name as "callName", p.minor_until as "minorUntil", e.version
      from engravings e
      join staff by on by.staff_id = e.staff_id
      left join people p on p.person_id = e.person_id
      where e.customer_id = ${customerId} and e.corp_id = ${actor.corpId}
        and ${personVisible(actor, isMine, today)} and ${which}
      order by e.updated_at desc, e.engraving_id`.execute(db)
    return found.rows.map(row => toEngraving(row, today))
  }
  return {
    async listOffers(actor: StaffActor): Promise<EngravingOffer[]> {
      const found = await sql<OfferRow>`
        select ${offerColumns} from engraving_offers where corp_id = ${actor.corpId}`.execute(db)
      return found.rows.filter(isKnown)
    },

    /** An offer until the transaction ends; two who make the first one meet at its key. */
    async lockOffer(actor: StaffActor, usual: EngravingOffer): Promise<EngravingOffer> {
      await sql`
        insert into engraving_offers (corp_id, piece_id, production_days, version)
        values (${actor.corpId}, ${usual.pieceId}, ${usual.productionDays}, ${usual.version})
        on conflict do nothing`.execute(db)
      const found = await sql<EngravingOffer>`
        select ${offerColumns} from engraving_offers
        where corp_id = ${actor.corpId} and piece_id = ${usual.pieceId} for no key update`.execute(db)
      return found.rows[0] ?? usual
    },

    async changeOffer(actor: StaffActor, offer: EngravingOffer): Promise<void> {
      await sql`
        update engraving_offers
        set gold_price_fen = ${offer.goldPriceFen}, platinum_price_fen = ${offer.platinumPriceFen},
            production_days = ${offer.productionDays}, details = ${offer.details}, is_offered = ${offer.isOffered},
            version = version + 1
        where corp_id = ${actor.corpId} and piece_id = ${offer.pieceId}`.execute(db)
    },

    /** Newest first. */
    list: (actor: StaffActor, of: DraftsOf) => find(actor, of, sql`true`),

    get: async (actor: StaffActor, of: DraftsOf, engravingId: string): Promise<Engraving | undefined> =>
      (await find(actor, of, sql`e.engraving_id = ${engravingId}`))[0],

    /** Somebody of this customer's family whom the member may see, kept until the transaction ends. */
    async holdPerson(
      actor: StaffActor,
      { customerId, isMine, today }: DraftsOf,
      personId: string,
    ): Promise<{ isMinor: boolean; hasConsent: boolean } | undefined> {
      const found = await sql<{ minorUntil: string | null; hasConsent: boolean }>`
        select p.minor_until as "minorUntil",
               exists (select from guardian_consents c
                       where c.person_id = p.person_id and c.withdrawn_at is null) as "hasConsent"
        from people p
        where p.person_id = ${personId} and p.customer_id = ${customerId} and p.corp_id = ${actor.corpId}
          and ${personVisible(actor, isMine, today)}
        for key share of p`.execute(db)
      const [row] = found.rows
      return row && { isMinor: isMinorOn(row.minorUntil, today), hasConsent: row.hasConsent }
    },

    /** Those who add drafts to one customer at the same time wait for each other, so that the limit holds. */
    async lockCustomer(actor: StaffActor, customerId: number): Promise<void> {
      await sql`
        select 1 from customers where customer_id = ${customerId} and corp_id = ${actor.corpId} for no key update`.execute(
        db,
      )
    },

    /** What is written and drawn alike for the same person already; price and day are not part of it. */
    async findAlike(
      actor: StaffActor,
      customerId: number,
      { pieceId, metal, face, font, lines, personId }: EngravingDraft,
    ): Promise<Pick<Engraving, 'engravingId' | 'priceFen' | 'readyOn'> | undefined> {
      const found = await sql<Pick<Engraving, 'engravingId' | 'priceFen' | 'readyOn'>>`
        select engraving_id as "engravingId", price_fen as "priceFen", ready_on::text as "readyOn" from engravings
        where customer_id = ${customerId} and corp_id = ${actor.corpId} and piece_id = ${pieceId}
          and metal = ${metal} and face = ${face} and font = ${font} and lines = ${lines}
          and person_id is not distinct from ${personId}
        order by updated_at desc, engraving_id limit 1
        for no key update`.execute(db)
      return found.rows[0]
    },

    async count(actor: StaffActor, customerId: number): Promise<number> {
      const found = await sql<{ count: number }>`
        select count(*)::int as count from engravings
        where customer_id = ${customerId} and corp_id = ${actor.corpId}`.execute(db)
      return found.rows[0]?.count ?? 0
    },

    async insert(
      actor: StaffActor,
      customerId: number,
      engravingId: string,
      draft: EngravingDraft,
      now: Date,
    ): Promise<void> {
      await sql`
        insert into engravings (engraving_id, corp_id, customer_id, staff_id, piece_id, metal, face, font, lines, price_fen,
                                ready_on, person_id, created_at, updated_at)
        values (${engravingId}, ${actor.corpId}, ${customerId}, ${actor.staffId}, ${draft.pieceId}, ${draft.metal},
                ${draft.face}, ${draft.font}, ${draft.lines}, ${draft.priceFen}, ${draft.readyOn},
                ${draft.personId}, ${now}, ${now})`.execute(db)
    },

    /** @returns the version it has, until the transaction ends; undefined when there is none */
    async lock(
      actor: StaffActor,
      { customerId, isMine, today }: DraftsOf,
      engravingId: string,
    ): Promise<number | undefined> {
      const found = await sql<{ version: number }>`
        select e.version from engravings e
        left join people p on p.person_id = e.person_id
        where e.engraving_id = ${engravingId} and e.customer_id = ${customerId} and e.corp_id = ${actor.corpId}
          and ${personVisible(actor, isMine, today)}
        for no key update of e`.execute(db)
      return found.rows[0]?.version
    },

    async change(actor: StaffActor, engravingId: string, draft: EngravingDraft, now: Date): Promise<void> {
      await sql`
        update engravings
        set piece_id = ${draft.pieceId}, metal = ${draft.metal}, face = ${draft.face}, font = ${draft.font},
            lines = ${draft.lines}, price_fen = ${draft.priceFen}, ready_on = ${draft.readyOn},
            person_id = ${draft.personId}, version = version + 1, updated_at = ${now}
        where engraving_id = ${engravingId} and corp_id = ${actor.corpId}`.execute(db)
    },

    async delete(actor: StaffActor, engravingId: string): Promise<void> {
      await sql`
        delete from engravings where engraving_id = ${engravingId} and corp_id = ${actor.corpId}`.execute(db)
    },

    /** The file of a draft's picture; undefined without one. */
    async findPicture(
      actor: StaffActor,
      { customerId, isMine, today }: DraftsOf,
      engravingId: string,
    ): Promise<string | undefined> {
      const found = await sql<{ fileId: string }>`
        select picture.file_id as "fileId"
        from engraving_pictures picture
        join engravings e using (engraving_id)
        left join people p on p.person_id = e.person_id
        where e.engraving_id = ${engravingId} and e.customer_id = ${customerId} and e.corp_id = ${actor.corpId}
          and ${personVisible(actor, isMine, today)}`.execute(db)
      return found.rows[0]?.fileId
    },

    async setPicture(actor: StaffActor, engravingId: string, fileId: string): Promise<void> {
      await sql`
        insert into engraving_pictures (engraving_id, corp_id, file_id)
        values (${engravingId}, ${actor.corpId}, ${fileId})
        on conflict (engraving_id) do update set file_id = excluded.file_id`.execute(db)
    },
  }
}
