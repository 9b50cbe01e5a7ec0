import * as operations from '../../shared/contract/couponPieces.ts'
import type { CouponPiece, CouponPieces } from '../../shared/contract/couponPieces.ts'
import { ApiError } from './apiError.ts'
import { call } from './client.ts'

/** A page of what became of a template's pieces. */
export const listCouponPieces = (
  templateId: string,
  query: { which?: CouponPieces | undefined; cursor?: string | undefined } = {},
) => call(operations.listCouponPieces, { params: { templateId }, query })

/** The one piece of a whole code, or none. */
export async function findCouponPiece(templateId: string, code: string): Promise<CouponPiece | undefined> {
  try {
    return await call(operations.findCouponPiece, { params: { templateId }, body: { code } })
  } catch (error) {
    if (error instanceof ApiError && error.problem.code === 'not_found') return undefined
    throw error
  }
}
