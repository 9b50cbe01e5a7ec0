import { randomUUID } from 'node:crypto'
import type {
  Engraving,
  EngravingDraft,
  EngravingOffer,
  EngravingOffers,
  Engravings,
  OfferChange,
} from '../../../shared/contract/engravings.ts'
import {
  ENGRAVING_PIECES,
  engravingPiece,
  USUAL_PRODUCTION_DAYS,
  type PieceId,
} from '../../../shared/rules/engravingPieces.ts'
import { engravingTroubles, engravingTroubleText } from '../../../shared/rules/engravingText.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Forbidden, Invalid, NotFound, Refusal, VersionConflict } from '../../errors.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import { contentTypeOf } from '../media/contentType.ts'
import type { MediaService } from '../media/media.service.ts'
import type { RemindersService } from '../reminders/reminders.service.ts'
import { createEngravingsRepository, type DraftsOf } from './engravings.repository.ts'

const MAX_DRAFTS = 20
export interface EngravingsDeps {
  db: Db
  clock: Clock
  customers: Pick<CustomersService, 'findFollow' | 'recordMinorReads'>
  media: Pick<MediaService, 'put' | 'holds' | 'remove' | 'deliver'>
  reminders: Pick<RemindersService, 'listClosures'>
  timeZone: string
}

/** A picture that WeCom has now, as a part of a message. */
export interface EngravingPart {
  kind: 'image'
  engravingId: string
  mediaId: string
}

export type EngravingsService = ReturnType<typeof createEngravingsService>

export function createEngravingsService({
  db,
  clock,
  customers,
  media,
  reminders,
  timeZone,
}: EngravingsDeps) {
  const today = () => clock.today(timeZone)

  /** The customer's drafts, in the actor's scope. @throws NotFound */
  async function open(tx: Db | Tx, actor: StaffActor, externalUserId: string): Promise<DraftsOf> {
    const { customerId, isMine } = await customers.findFollow(tx, actor, externalUserId)
    return { customerId, isMine, today: today() }
  }

  /** Seeing what is engraved for a child is a look at the child's data (P28). */
  const recordReads = (actor: StaffActor, seen: Engraving[]): Promise<void> =>
    customers.recordMinorReads(db, actor, [
      ...new Set(seen.flatMap(({ person }) => (person?.isMinor ? [person.personId] : []))),
    ])

  async function get(actor: StaffActor, of: DraftsOf, engravingId: string): Promise<Engraving> {
    const found = await createEngravingsRepository(db).get(actor, of, engravingId)
    if (!found) throw new NotFound()
    await recordReads(actor, [found])
    return found
  }

  /** For whom a draft may be. @throws Invalid (`personId`), Refusal('guardian_consent_required') */
  async function assertPerson(
    tx: Tx,
    actor: StaffActor,
    of: DraftsOf,
    { personId }: EngravingDraft,
  ): Promise<void> {
    if (personId === null) return
    const person = await createEngravingsRepository(tx).holdPerson(actor, of, personId)
    if (!person) throw new Invalid([{ path: 'personId', message: '没有这位家人' }])
    if (person.isMinor && !person.hasConsent) {
      throw new Refusal('guardian_consent_required', { detail: '孩子的资料要先有监护人同意，记下再存刻字' })
    }
  }

  /** The draft held until the transaction ends. @throws NotFound, VersionConflict */
  async function hold(
    tx: Tx,
    actor: StaffActor,
    externalUserId: string,
    engravingId: string,
    version: number,
  ): Promise<DraftsOf> {
    const of = await open(tx, actor, externalUserId)
    const known = await createEngravingsRepository(tx).lock(actor, of, engravingId)
    if (known === undefined) throw new NotFound()
    if (known !== version) throw new VersionConflict()
    return of
  }

  /** The picture of a draft held by this transaction, and its file with it. */
  async function removePicture(tx: Tx, actor: StaffActor, of: DraftsOf, engravingId: string) {
    const fileId = await createEngravingsRepository(tx).findPicture(actor, of, engravingId)
    if (fileId !== undefined) await media.remove(tx, actor.corpId, [fileId])
  }

  return {
    /** Every piece that can be drawn, with what the corp asks for it, and when nothing is made. */
    async listOffers(actor: StaffActor): Promise<EngravingOffers> {
      const known = new Map(
        (await createEngravingsRepository(db).listOffers(actor)).map(offer => [offer.pieceId, offer]),
      )
      return {
        offers: ENGRAVING_PIECES.map(({ pieceId }) => known.get(pieceId) ?? usualOffer(pieceId)),
        closures: await reminders.listClosures(actor),
      }
    },

    /** @throws Forbidden for all but admins; VersionConflict */
    async changeOffer(
      actor: StaffActor,
      pieceId: PieceId,
      change: OfferChange,
      version: number,
    ): Promise<EngravingOffer> {
      if (actor.role !== 'admin') throw new Forbidden()
      return db.transaction(async tx => {
        const repository = createEngravingsRepository(tx)
        const known = await repository.lockOffer(actor, usualOffer(pieceId))
        if (known.version !== version) throw new VersionConflict()
        const changed = { ...known, ...change }
        await repository.changeOffer(actor, changed)
        return { ...changed, version: version + 1 }
      })
    },

    /** Newest first. @throws NotFound */
    async list(actor: StaffActor, externalUserId: string): Promise<Engravings> {
      const of = await open(db, actor, externalUserId)
      const engravings = await createEngravingsRepository(db).list(actor, of)
      await recordReads(actor, engravings)
      return { engravings }
    },

    /**
     * The same once more is the draft that is there, with the price and the day of now; the picture shows neither.
     * @throws NotFound; Invalid when the face cannot take the text; Refusal('limit_reached')
     */
    async add(
      actor: StaffActor,
      externalUserId: string,
      draft: EngravingDraft,
      intent: Intent | undefined,
    ): Promise<Engraving> {
      assertFits(draft)
      const of = await open(db, actor, externalUserId)
      const { engravingId } = await once(db, actor, intent, clock.now(), async tx => {
        const repository = createEngravingsRepository(tx)
        await repository.lockCustomer(actor, of.customerId)
        await assertPerson(tx, actor, of, draft)
        const alike = await repository.findAlike(actor, of.customerId, draft)
        if (alike) {
          const isSame = alike.priceFen === draft.priceFen && alike.readyOn === draft.readyOn
          if (!isSame) await repository.change(actor, alike.engravingId, draft, clock.now())
          return { engravingId: alike.engravingId }
        }
        if ((await repository.count(actor, of.customerId)) >= MAX_DRAFTS) {
          throw new Refusal('limit_reached', { detail: `一位客户最多存 ${MAX_DRAFTS} 份刻字，先去掉不要的` })
        }
        const added = randomUUID()
        await repository.insert(actor, of.customerId, added, draft, clock.now())
        return { engravingId: added }
      })
      return get(actor, of, engravingId)
    },

    /** Its picture shows the former text and goes. @throws NotFound, VersionConflict; Invalid as `add` */
    async change(
      actor: StaffActor,
      externalUserId: string,
      engravingId: string,
      draft: EngravingDraft,
      version: number,
    ): Promise<Engraving> {
      assertFits(draft)
      const of = await db.transaction(async tx => {
        const held = await hold(tx, actor, externalUserId, engravingId, version)
        await assertPerson(tx, actor, held, draft)
        const repository = createEngravingsRepository(tx)
        await repository.change(actor, engravingId, draft, clock.now())
        await removePicture(tx, actor, held, engravingId)
        return held
      })
      return get(actor, of, engravingId)
    },

    /** @throws NotFound */
    async remove(actor: StaffActor, externalUserId: string, engravingId: string): Promise<void> {
      await db.transaction(async tx => {
        const of = await open(tx, actor, externalUserId)
        const repository = createEngravingsRepository(tx)
        if ((await repository.lock(actor, of, engravingId)) === undefined) throw new NotFound()
        await removePicture(tx, actor, of, engravingId)
        await repository.delete(actor, engravingId)
      })
    },

    /**
     * Keeps the picture of a draft, as the device has drawn it from this very version.
     * @throws NotFound, VersionConflict; Invalid for what is no JPEG or PNG, whatever it calls itself
     */
    async putPicture(
      actor: StaffActor,
      externalUserId: string,
      engravingId: string,
      bytes: Uint8Array,
      version: number,
    ): Promise<void> {
      const contentType = contentTypeOf(bytes)
      if (contentType !== 'image/jpeg' && contentType !== 'image/png')
        throw new Invalid([{ path: 'file', message: '这不是 JPEG 或 PNG 的图' }])
      await db.transaction(async tx => {
        const of = await hold(tx, actor, externalUserId, engravingId, version)
        const repository = createEngravingsRepository(tx)
        const former = await repository.findPicture(actor, of, engravingId)
        // The same picture once more keeps its place at WeCom.
        if (former !== undefined && (await media.holds(tx, actor.corpId, former, bytes))) return
        const name = contentType === 'image/png' ? 'engraving.png' : 'engraving.jpg'
        const content = { kind: 'image', name, contentType, bytes } as const
        const fileId = await media.put(tx, actor.corpId, content, 'disposable')
        await repository.setPicture(actor, engravingId, fileId)
        if (former !== undefined) await media.remove(tx, actor.corpId, [former])
      })
    },

    /**
     * The picture of a draft, ready to be sent to the customer it was made for: WeCom gets it first when it does not have it
     * (any more). No transaction may be open: it waits for WeCom.
     * @throws Invalid (`engravingId`) for a draft of somebody else or without a picture; Upstream when WeCom does not take it
     */
    async pictureToSend(
      actor: StaffActor,
      customerId: number | null,
      engravingId: string,
    ): Promise<EngravingPart> {
      const fileId =
        customerId === null
          ? undefined
          : // Only who follows the customer herself sends to her.
            await createEngravingsRepository(db).findPicture(
              actor,
              { customerId, isMine: true, today: today() },
              engravingId,
            )
      if (fileId === undefined) throw new Invalid([{ path: 'engravingId', message: '没有这份刻字的图' }])
      const mediaId = await media.deliver(actor.corpId, fileId).catch((error: unknown) => {
        if (error instanceof NotFound)
          throw new Invalid([{ path: 'engravingId', message: '图刚换过，再发一次' }])
        throw error
      })
      return { kind: 'image', engravingId, mediaId }
    },
  }
}

const usualOffer = (pieceId: PieceId): EngravingOffer => ({
  pieceId,
  goldPriceFen: null,
  platinumPriceFen: null,
  productionDays: USUAL_PRODUCTION_DAYS,
  details: '',
  isOffered: true,
  version: 0,
})

/** @throws Invalid naming the line */
function assertFits(draft: EngravingDraft): void {
  const face = engravingPiece(draft.pieceId).faces.find(one => one.face === draft.face)
  if (!face) throw new Invalid([{ path: 'face', message: '这个款式没有这一面' }])
  const troubles = engravingTroubles(face.area, draft.lines)
  if (troubles.length === 0) return
  throw new Invalid(
    troubles.map(trouble => ({
      path: trouble.kind === 'tooLong' ? `lines.${trouble.line}` : 'lines',
      code: trouble.kind,
      message: engravingTroubleText(trouble),
    })),
  )
}
