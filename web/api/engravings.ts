import type { z } from 'zod'
import * as operations from '../../shared/contract/engravings.ts'
import type { Engraving, EngravingDraft, OfferChange } from '../../shared/contract/engravings.ts'
import type { PieceId } from '../../shared/rules/engravingPieces.ts'
import { call } from './client.ts'

type Draft = z.input<typeof EngravingDraft>
/** A draft as one has seen it. */
type Seen = Pick<Engraving, 'engravingId' | 'version'>

/** What each piece costs and takes, and when the workshop is closed. */
export const listOffers = () => call(operations.listEngravingOffers, {})

export const changeOffer = (pieceId: PieceId, body: OfferChange, version: number) =>
  call(operations.changeEngravingOffer, { params: { pieceId }, body, version })

/** Newest first. */
export const listEngravings = async (externalUserId: string) =>
  (await call(operations.listEngravings, { params: { externalUserId } })).engravings

export const addEngraving = (externalUserId: string, body: Draft, idempotencyKey: string) =>
  call(operations.addEngraving, { params: { externalUserId }, body, idempotencyKey })

export const changeEngraving = (externalUserId: string, { engravingId, version }: Seen, body: Draft) =>
  call(operations.changeEngraving, { params: { externalUserId, engravingId }, body, version })

export const removeEngraving = (externalUserId: string, engravingId: string) =>
  call(operations.removeEngraving, { params: { externalUserId, engravingId } })

/** The picture of exactly this version of a draft. */
export const putPicture = (externalUserId: string, { engravingId, version }: Seen, picture: Blob) =>
  call(operations.putEngravingPicture, {
    params: { externalUserId, engravingId },
    version,
    file: { bytes: picture, type: picture.type },
  })
