import { z } from 'zod'
import { ENGRAVING_FONTS, METALS, PIECE_IDS } from '../rules/engravingPieces.ts'
import { endpoint } from './endpoint.ts'
import { CustomerParams } from './ids.ts'
import { Person } from './people.ts'
import { CivilDay, Instant } from './time.ts'

const PieceId = z.enum(PIECE_IDS)
const amountFen = z.number().int().min(0).max(100_000_000)
export const MAX_PRODUCTION_DAYS = 180
const productionDays = z.number().int().min(1).max(MAX_PRODUCTION_DAYS)

/** What the corp asks for one of the pieces that can be drawn. */
export const EngravingOffer = z
  .object({
    pieceId: PieceId,
    goldPriceFen: z.number().int().nullable().meta({ description: '足金的价格，不知道就空着' }),
    platinumPriceFen: z.number().int().nullable(),
    productionDays: z.number().int().meta({ description: '从下单到可取要几天' }),
    details: z.string().meta({ description: '一行说明', example: '约 5.2 克，直径 18 mm' }),
    isOffered: z.boolean(),
    version: z.number().int().meta({ description: '还没改过的是 0' }),
  })
  .meta({ id: 'EngravingOffer' })
export type EngravingOffer = z.infer<typeof EngravingOffer>

export const EngravingOffers = z.object({
  offers: z.array(EngravingOffer),
  closures: z
    .array(z.object({ firstDay: CivilDay, lastDay: CivilDay }))
    .meta({ description: '工坊放假的日子，两头都算；这些天不做东西' }),
})
export type EngravingOffers = z.infer<typeof EngravingOffers>

export const OfferChange = z.strictObject({
  goldPriceFen: amountFen.nullable().optional(),
  platinumPriceFen: amountFen.nullable().optional(),
  productionDays: productionDays.optional(),
  details: z.string().trim().max(40).optional(),
  isOffered: z.boolean().optional(),
})
export type OfferChange = z.infer<typeof OfferChange>

/** A text for a piece, kept on the customer. How much a face takes: `shared/rules/engravingText.ts`. */
export const EngravingDraft = z.strictObject({
  pieceId: PieceId,
  metal: z.enum(METALS),
  face: z.string().min(1).max(20),
  font: z.enum(ENGRAVING_FONTS),
  lines: z
    .array(
      z
        .string()
        .trim()
        .max(24)
        .regex(/^\P{C}*$/u, '有看不见的字'),
    )
    .min(1)
    .max(2),
  priceFen: amountFen.nullable().default(null),
  readyOn: CivilDay.nullable().default(null),
  personId: z.uuid().nullable().default(null).meta({ description: '给哪位家人的；空为她自己，或还没说' }),
})
export type EngravingDraft = z.infer<typeof EngravingDraft>

export const Engraving = z
  .object({
    engravingId: z.uuid(),
    ...EngravingDraft.omit({ personId: true }).shape,
    person: Person.pick({ personId: true, relation: true, callName: true, isMinor: true }).nullable(),
    priceFen: z.number().int().nullable(),
    readyOn: CivilDay.nullable(),
    by: z.string().meta({ description: '谁拟的' }),
    updatedAt: Instant,
    sentAt: Instant.nullable().meta({ description: '最近一次发给她的时候' }),
    version: z.number().int(),
  })
  .meta({ id: 'Engraving' })
export type Engraving = z.infer<typeof Engraving>

export const Engravings = z.object({ engravings: z.array(Engraving) })
export type Engravings = z.infer<typeof Engravings>

const EngravingParams = CustomerParams.extend({ engravingId: z.uuid() })

/** What the device may draw and what we keep. */
export const PICTURE_TYPES = ['image/jpeg', 'image/png'] as const
export const MAX_PICTURE_BYTES = 400 * 1024

export const listEngravingOffers = endpoint({
  id: 'listEngravingOffers',
  method: 'get',
  path: '/engraving-offers',
  summary: '能刻字的款式、价格和工期',
  answer: EngravingOffers,
  status: 200,
  etag: true,
})

export const changeEngravingOffer = endpoint({
  id: 'changeEngravingOffer',
  method: 'patch',
  path: '/engraving-offers/{pieceId}',
  summary: '改一个款式的价格、工期和说明',
  params: z.object({ pieceId: PieceId }),
  body: OfferChange,
  answer: EngravingOffer,
  status: 200,
  versioned: true,
  problems: ['forbidden'],
})

export const listEngravings = endpoint({
  id: 'listEngravings',
  method: 'get',
  path: '/customers/{externalUserId}/engravings',
  summary: '给一位客户拟过的刻字',
  params: CustomerParams,
  answer: Engravings,
  status: 200,
})

export const addEngraving = endpoint({
  id: 'addEngraving',
  method: 'post',
  path: '/customers/{externalUserId}/engravings',
  summary: '存一份刻字',
  params: CustomerParams,
  body: EngravingDraft,
  answer: Engraving,
  status: 201,
  idempotency: 'accepted',
  problems: ['limit_reached', 'guardian_consent_required'],
})

export const changeEngraving = endpoint({
  id: 'changeEngraving',
  method: 'put',
  path: '/customers/{externalUserId}/engravings/{engravingId}',
  summary: '改一份刻字；原来的图不再作数',
  params: EngravingParams,
  body: EngravingDraft,
  answer: Engraving,
  status: 200,
  versioned: true,
  problems: ['guardian_consent_required'],
})

export const removeEngraving = endpoint({
  id: 'removeEngraving',
  method: 'delete',
  path: '/customers/{externalUserId}/engravings/{engravingId}',
  summary: '去掉一份刻字，连同它的图',
  params: EngravingParams,
  status: 204,
})

export const putEngravingPicture = endpoint({
  id: 'putEngravingPicture',
  method: 'put',
  path: '/customers/{externalUserId}/engravings/{engravingId}/picture',
  summary: '放上在手机上画好的图（JPEG 或 PNG）',
  params: EngravingParams,
  upload: { types: PICTURE_TYPES, maxBytes: MAX_PICTURE_BYTES },
  status: 204,
  versioned: true,
  problems: ['validation_failed'],
})
