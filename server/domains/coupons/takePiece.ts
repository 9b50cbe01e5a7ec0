import type { Tx } from '../../db/db.ts'
import { Refusal } from '../../errors.ts'
import { createCouponsRepository, type NewCoupon } from './coupons.repository.ts'
import { createStockRepository } from './stock.repository.ts'

/** So often somebody is quicker with just the piece that was waited for; then it is too busy to say anything. */
const WAITS = 50

/** `closed`: the template is not running any more. */
export type Taken = 'taken' | 'soldOut' | 'closed'

/**
 * Writes the coupon with a piece from the stock. First from a pool nobody holds; where all that have a piece are held, it waits for
 * one of them. Sold out is only what has no free piece in a fresh look, after the template's overdue reservations have been given
 * back. The last thing its transaction does.
 * @throws Refusal database_unavailable when it is too busy to tell
 */
export async function takePiece(
  tx: Tx,
  coupon: NewCoupon,
  releaseOverdue: () => Promise<number>,
): Promise<Taken> {
  const coupons = createCouponsRepository(tx)
  const stock = createStockRepository(tx)
  if (await coupons.insertCoupon(coupon, false)) return 'taken'
  let isFree = await stock.hasFree(coupon.templateId)
  if (!isFree) {
    // What comes back is held by nobody but us from here on.
    const isReleased = (await releaseOverdue()) > 0
    if (isReleased && (await coupons.insertCoupon(coupon, false))) return 'taken'
    isFree = await stock.hasFree(coupon.templateId)
  }
  for (let wait = 0; isFree; wait++) {
    if (wait === WAITS) throw new Refusal('database_unavailable', { retryAfterSeconds: 1 })
    // A pool that turned out empty after the wait must not stay held while it waits for another.
    const isTaken = await stock.holdingOnSuccess(() => coupons.insertCoupon(coupon, true))
    if (isTaken) return 'taken'
    isFree = await stock.hasFree(coupon.templateId)
  }
  return (await stock.isOpen(coupon.templateId)) ? 'soldOut' : 'closed'
}
