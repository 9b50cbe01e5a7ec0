import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { CouponsService } from './coupons.service.ts'

export const couponsRoutes = (door: Door, coupons: CouponsService): void => {
  mount(door, api.listCustomerCoupons, (actor, { params }) => coupons.shelf(actor, params.externalUserId))
  mount(door, api.reserveCoupon, (actor, { body, intent }) => coupons.reserve(actor, body, intent))
  mount(door, api.confirmCoupon, (actor, { params, intent }) =>
    coupons.confirm(actor, params.couponId, intent),
  )
  mount(door, api.releaseCoupon, (actor, { params, body, intent }) =>
    coupons.release(actor, params.couponId, body, intent),
  )
}
