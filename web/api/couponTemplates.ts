import * as operations from '../../shared/contract/couponTemplates.ts'
import type {
  CouponTemplateChange,
  CouponTemplateInput,
  CouponTemplateState,
} from '../../shared/contract/couponTemplates.ts'
import { call } from './client.ts'

export const listCouponTemplates = (state?: CouponTemplateState) =>
  call(operations.listCouponTemplates, { query: { state } })

export const listCustomerTiers = () => call(operations.listCustomerTiers, {})

export const getCouponTemplate = (templateId: string) =>
  call(operations.getCouponTemplate, { params: { templateId } })

export const addCouponTemplate = (body: CouponTemplateInput, idempotencyKey: string) =>
  call(operations.addCouponTemplate, { body, idempotencyKey })

/** @param version the one that was seen */
export const changeCouponTemplate = (
  templateId: string,
  body: CouponTemplateChange,
  version: number,
  idempotencyKey: string,
) => call(operations.changeCouponTemplate, { params: { templateId }, body, version, idempotencyKey })

export const addCouponPicture = (
  file: { bytes: Blob; type: 'image/jpeg' | 'image/png' },
  idempotencyKey: string,
) => call(operations.addCouponPicture, { file, idempotencyKey })
