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
import { Forbidden, Invalid, NotFound, Refusal, Upstream, VersionConflict } from '../../errors.ts'
import { WecomError, type WecomClient } from '../../wecom/client.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import type { RemindersService } from '../reminders/reminders.service.ts'
import { createEngravingsRepository, type DraftsOf, type KeptPicture } from './engravings.repository.ts'
import { pictureKind } from './pictureKind.ts'

const MAX_DRAFTS = 20
/** WeCom keeps a picture for three days; what is older than this is put there anew before it is sent. */
export const MEDIA_GOOD_HOURS = 60
/** A picture nobody needs any more: the device can draw it again from the draft. */
export const PICTURE_KEPT_DAYS = 30
/** Pictures one run of the job drops per statement. */
const DROP_BATCH = 200

const HOUR_MS = 3_600_000

export interface EngravingsDeps {
  db: Db
  clock: Clock
  customers: Pick<CustomersService, 'findFollow' | 'recordMinorReads'>
  reminders: Pick<RemindersService, 'listClosures'>
  wecom: Pick<WecomClient, 'uploadImage'>
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
  reminders,
  wecom,
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

  async function upload(actor: StaffActor, engravingId: string, picture: KeptPicture): Promise<string> {
    const repository = createEngravingsRepository(db)
    const bytes = await repository.readPicture(actor, engravingId, picture.uploadedAt)
    if (!bytes) throw new Invalid([{ path: 'engravingId', message: '图刚换过，再发一次' }])
    const fetchedAt = clock.now()
    const fileName = picture.contentType === 'image/png' ? 'engraving.png' : 'engraving.jpg'
    const mediaId = await wecom
      .uploadImage({ bytes, contentType: picture.contentType, fileName })
      .catch((cause: unknown) => {
        throw cause instanceof WecomError ? new Upstream(upstreamCode(cause), { cause }) : cause
      })
    await repository.setMedia(actor, engravingId, picture.uploadedAt, mediaId, fetchedAt)
    return mediaId
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
        await repository.deletePicture(actor, engravingId)
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
      const contentType = pictureKind(bytes)
      if (!contentType) throw new Invalid([{ path: 'file', message: '这不是 JPEG 或 PNG 的图' }])
      await db.transaction(async tx => {
        await hold(tx, actor, externalUserId, engravingId, version)
        const repository = createEngravingsRepository(tx)
        await repository.putPicture(actor, engravingId, { contentType, bytes }, clock.now())
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
      const picture =
        customerId === null
          ? undefined
          : // Only who follows the customer herself sends to her.
            await createEngravingsRepository(db).findPicture(
              actor,
              { customerId, isMine: true, today: today() },
              engravingId,
            )
      if (!picture) throw new Invalid([{ path: 'engravingId', message: '没有这份刻字的图' }])
      const { mediaId, mediaFetchedAt } = picture
      const isGood =
        mediaFetchedAt !== null &&
        clock.now().getTime() - mediaFetchedAt.getTime() < MEDIA_GOOD_HOURS * HOUR_MS
      const current = isGood && mediaId !== null ? mediaId : await upload(actor, engravingId, picture)
      return { kind: 'image', engravingId, mediaId: current }
    },

    /** Drops pictures of long ago, of every corp; the drafts stay. @returns how many */
    async dropOldPictures(signal?: AbortSignal): Promise<number> {
      const before = new Date(clock.now().getTime() - PICTURE_KEPT_DAYS * 24 * HOUR_MS)
      let total = 0
      for (;;) {
        const count = await createEngravingsRepository(db).deletePicturesBefore(before, DROP_BATCH)
        total += count
        if (count < DROP_BATCH || signal?.aborted) return total
      }
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

function upstreamCode({ trouble, retry }: WecomError): 'wecom_timeout' | 'wecom_unavailable' | 'wecom_error' {
  if (trouble === 'timeout') return 'wecom_timeout'
  return retry === 'final' ? 'wecom_error' : 'wecom_unavailable'
}

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
