import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { CouponsService } from './coupons.service.ts'
import type { CouponPiecesService } from './pieces.service.ts'
import type { CouponSharesService } from './shares.service.ts'
import type { CouponTemplatesService } from './templates.service.ts'
import type { TillService } from './till.service.ts'

interface Services {
  coupons: CouponsService
  couponPieces: CouponPiecesService
  couponShares: CouponSharesService
  couponTemplates: CouponTemplatesService
  till: TillService
}

export const couponsRoutes = (
  door: Door,
  { coupons, couponPieces, couponShares, couponTemplates, till }: Services,
): void => {
  mount(door, api.listCustomerCoupons, (actor, { params }) => coupons.shelf(actor, params.externalUserId))
  mount(door, api.reserveCoupon, (actor, { body, intent }) => coupons.reserve(actor, body, intent))
  mount(door, api.confirmCoupon, (actor, { params, intent }) =>
    coupons.confirm(actor, params.couponId, intent),
  )
  mount(door, api.releaseCoupon, (actor, { params, body, intent }) =>
    coupons.release(actor, params.couponId, body, intent),
  )

  mount(door, api.findCoupon, (actor, { body }) => till.find(actor, body))
  mount(door, api.listRedemptions, actor => till.today(actor))
  mount(door, api.redeemCoupon, (actor, { params, body, intent }) =>
    till.redeem(actor, params.couponId, body, intent),
  )
  mount(door, api.undoRedeem, (actor, { params, body, intent }) =>
    till.undo(actor, params.couponId, body, intent),
  )
  mount(door, api.revokeCoupon, (actor, { params, body, intent }) =>
    till.revoke(actor, params.couponId, body, intent),
  )

  mount(door, api.listGroupCoupons, (actor, { params }) => couponShares.shelf(actor, params.chatId))
  mount(door, api.reserveCouponShare, (actor, { body, intent }) => couponShares.reserve(actor, body, intent))
  mount(door, api.confirmCouponShare, (actor, { params, intent }) =>
    couponShares.confirm(actor, params.shareId, intent),
  )
  mount(door, api.releaseCouponShare, (actor, { params, body, intent }) =>
    couponShares.release(actor, params.shareId, body, intent),
  )
  mount(door, api.withdrawCouponShare, (actor, { params, intent }) =>
    couponShares.withdraw(actor, params.shareId, intent),
  )

  mount(door, api.listCouponPieces, (actor, { params, query }) =>
    couponPieces.list(actor, params.templateId, query),
  )
  mount(door, api.findCouponPiece, (actor, { params, body }) =>
    couponPieces.find(actor, params.templateId, body.code),
  )
  mount(door, api.listCouponTemplates, (actor, { query }) => couponTemplates.list(actor, query))
  mount(door, api.listCustomerTiers, actor => couponTemplates.listTiers(actor))
  mount(door, api.addCouponTemplate, (actor, { body, intent }) => couponTemplates.add(actor, body, intent))
  mount(door, api.getCouponTemplate, (actor, { params }) => couponTemplates.get(actor, params.templateId))
  mount(door, api.changeCouponTemplate, (actor, { params, body, version, intent }) =>
    couponTemplates.change(actor, params.templateId, body, version, intent),
  )
  mount(door, api.addCouponPicture, (actor, { file, intent }) =>
    couponTemplates.addPicture(actor, file, intent),
  )
}
