import * as operations from '../../shared/contract/couponPieces.ts'
import type { CouponPieces } from '../../shared/contract/couponPieces.ts'
import { call } from './client.ts'

/** A page of what became of a template's pieces; with a whole code the one piece of it. */
export const listCouponPieces = (
  templateId: string,
  query: { which?: CouponPieces | undefined; code?: string | undefined; cursor?: string | undefined } = {},
) => call(operations.listCouponPieces, { params: { templateId }, query })
