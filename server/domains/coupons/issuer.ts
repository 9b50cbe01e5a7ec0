import type { CouponFace } from '../../../shared/contract/coupons.ts'

/** What an issuer has to know of a coupon. */
export interface IssuedCoupon {
  couponId: string
  templateId: string
  code: string
  face: CouponFace
  /** null: some days after the claim */
  lastDay: string | null
}

/** Where it was used, as the issuer keeps it. */
export interface IssuerRedemption {
  amountFen: number
  discountFen: number
}

/** `unknown`: never issued there. */
export type IssuerState = 'issued' | 'redeemed' | 'revoked' | 'unknown'

/**
 * Whose coupons they are: WeChat Pay's 商家券, a till's, or our own. A template names its issuer; stock, reservations and the
 * ledger are ours in any case, the issuer has the last word on whether a coupon is used.
 *
 * Every verb is safe to repeat: `couponId` is the key, and a repeated verb answers as the first time. A verb that throws may or
 * may not have had its effect; it is asked again until it answers. None is called while a transaction is open.
 *
 * This product comes with no second issuer, so that managers have none to choose and no route takes one. To add one: implement
 * this interface, read its address and secret in `config.ts`, hand it under its name as `issuers` to the coupons service and the
 * till in `compose.ts`, and let `CouponTemplateDraft` take the names that are configured. Templates of its name are then issued,
 * redeemed, revoked and reconciled there; links for groups and welcomes stay with our own.
 */
export interface CouponIssuer {
  issue(coupon: IssuedCoupon): Promise<void>
  /** @returns `redeemed`, also when it was redeemed by this very call before; anything else: it does not allow it */
  redeem(couponId: string, redemption: IssuerRedemption): Promise<IssuerState>
  /** @returns `revoked`, or `redeemed` when it came too late; a coupon it does not know is as good as revoked: `unknown` */
  revoke(couponId: string, reason: string): Promise<IssuerState>
  find(couponId: string): Promise<IssuerState>
}

/** Issuers by the name that templates give them. */
export type Issuers = ReadonlyMap<string, CouponIssuer>

/** Under this name templates know our own ledger. */
export const OWN_ISSUER = 'own'

/**
 * Our own ledger. What the transaction around a change of state writes is all there is to know, so the verbs that change something
 * have nothing left to do: they say what that transaction is about to make true.
 */
export const createLedgerIssuer = (stateOf: (couponId: string) => Promise<IssuerState>): CouponIssuer => ({
  issue: async () => undefined,
  redeem: async () => 'redeemed',
  revoke: async () => 'revoked',
  find: stateOf,
})
