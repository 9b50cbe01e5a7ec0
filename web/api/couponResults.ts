import type { CouponSplit } from '../../shared/contract/couponResults.ts'
import * as operations from '../../shared/contract/couponResults.ts'
import { call } from './client.ts'

/** Months as `2026-11`, both included. */
export interface CouponQuery {
  from: string
  until: string
  templateId?: string | undefined
}

const given = ({ templateId, ...query }: CouponQuery) =>
  templateId === undefined ? query : { ...query, templateId }

export const getMyCouponResults = (query: CouponQuery & { by: 'template' | 'script' }) =>
  call(operations.getMyCouponResults, { query: { ...given(query), by: query.by } })

/** @param store its departmentId; without one of all whose numbers she may look at */
export const getCouponResults = ({
  store,
  by,
  ...query
}: CouponQuery & { by: CouponSplit; store?: number | undefined }) =>
  call(operations.getCouponResults, {
    query: { ...given(query), by, ...(store === undefined ? {} : { store }) },
  })
