import type { Tx } from '../../db/db.ts'
import { createCouponsRepository, type NewCoupon } from './coupons.repository.ts'
import { createStockRepository } from './stock.repository.ts'

/** So often somebody gives back just what was waited for in vain; then it is as good as sold out. */
const WAITS = 5

/** `closed`: the template is not running any more. */
export type Taken = 'taken' | 'soldOut' | 'closed'

/**
 * Writes the coupon with a piece from the stock. First from a pool nobody holds; where all that have a piece are held, it waits for
 * them. Sold out is only what has no free piece in a fresh look, after the template's overdue reservations have been given back.
 * The last thing its transaction does.
 */
export async function takePiece(
  tx: Tx,
  coupon: NewCoupon,
  releaseOverdue: () => Promise<number>,
): Promise<Taken> {
  const coupons = createCouponsRepository(tx)
  const stock = createStockRepository(tx)
  if (await coupons.insertCoupon(coupon, false)) return 'taken'
  if (!(await stock.hasFree(coupon.templateId))) {
    // Held by nobody but us from here on.
    const isReleased = (await releaseOverdue()) > 0
    if (isReleased && (await coupons.insertCoupon(coupon, false))) return 'taken'
  }
  for (let wait = 0; wait < WAITS; wait++) {
    if (!(await stock.hasFree(coupon.templateId))) break
    // Pools that turned out empty after the wait must not stay held while it waits for others.
    const isTaken = await stock.holdingOnSuccess(() => coupons.insertCoupon(coupon, true))
    if (isTaken) return 'taken'
  }
  return (await stock.isOpen(coupon.templateId)) ? 'soldOut' : 'closed'
}
