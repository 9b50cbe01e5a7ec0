import * as operations from '../../shared/contract/channelCodes.ts'
import { listCouponTemplates } from '../../shared/contract/couponTemplates.ts'
import type { ChannelCode, ChannelCodeDraft } from '../../shared/contract/channelCodes.ts'
import { call } from './client.ts'

/** A code as one has seen it. */
type Seen = Pick<ChannelCode, 'channelCodeId' | 'version'>

export const listChannelCodes = () => call(operations.listChannelCodes, {})

export const getChannelCode = (channelCodeId: string) =>
  call(operations.getChannelCode, { params: { channelCodeId } })

export const addChannelCode = (body: ChannelCodeDraft, idempotencyKey: string) =>
  call(operations.addChannelCode, { body, idempotencyKey })

export const changeChannelCode = (
  { channelCodeId, version }: Seen,
  body: ChannelCodeDraft,
  idempotencyKey: string,
) => call(operations.changeChannelCode, { params: { channelCodeId }, body, version, idempotencyKey })

export const removeChannelCode = ({ channelCodeId, version }: Seen) =>
  call(operations.removeChannelCode, { params: { channelCodeId }, version })

/** Coupons that can go with a welcome. */
export const listWelcomeCoupons = async () =>
  (await call(listCouponTemplates, { query: {} })).templates.filter(
    ({ state, issuer }) => (state === 'running' || state === 'paused') && issuer === 'own',
  )
