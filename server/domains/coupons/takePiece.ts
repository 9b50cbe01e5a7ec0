import type { Tx } from '../../db/db.ts'
import { Refusal } from '../../errors.ts'
import { createCouponsRepository, type NewCoupon } from './coupons.repository.ts'
import { createStockRepository } from './stock.repository.ts'

/** All the waiting for a piece together: with what stands around it, an answer takes less than five seconds (P22). */
const WAIT_MS = 2_500

/** `closed`: the template is not running any more. */
export type Taken = 'taken' | 'soldOut' | 'closed'

/**
 * Waits for whoever holds a piece that looks free, and once more where that one turned out to be taken: a piece that comes to
 * nothing must not stay held while it waits for another. The last thing its transaction does.
 * @returns undefined when a fresh look finds none free
 * @throws Refusal database_unavailable, or the database's own lock timeout, when it is too busy to tell
 */
export async function waitForPiece<T>(
  tx: Tx,
  { hasFree, take }: { hasFree: () => Promise<boolean>; take: () => Promise<T | undefined> },
): Promise<T | undefined> {
  const stock = createStockRepository(tx)
  const until = performance.now() + WAIT_MS
  while (await hasFree()) {
    const left = until - performance.now()
    if (left <= 0) throw new Refusal('database_unavailable', { retryAfterSeconds: 1 })
    await stock.waitAtMost(left)
    const taken = await stock.holdingOnSuccess(take)
    if (taken !== undefined) return taken
  }
  return undefined
}

/**
 * Writes the coupon with a piece from the stock. First from a pool nobody holds; where all that have a piece are held, it waits for
 * one of them. Sold out is only what has no free piece in a fresh look, after the template's overdue reservations have been given
 * back. The last thing its transaction does.
 * @throws as `waitForPiece`
 */
export async function takePiece(
  tx: Tx,
  coupon: NewCoupon,
  releaseOverdue: () => Promise<number>,
): Promise<Taken> {
  const coupons = createCouponsRepository(tx)
  const stock = createStockRepository(tx)
  const insert = async (isWaiting: boolean) =>
    (await coupons.insertCoupon(coupon, isWaiting)) ? ('taken' as const) : undefined
  const takeFree = () => stock.holdingOnSuccess(() => insert(false))
  if (await takeFree()) return 'taken'
  if (!(await stock.hasFree(coupon.templateId))) {
    // What comes back is held by nobody but us from here on.
    const isReleased = (await releaseOverdue()) > 0
    if (isReleased && (await takeFree())) return 'taken'
  }
  const taken = await waitForPiece(tx, {
    hasFree: () => stock.hasFree(coupon.templateId),
    take: () => insert(true),
  })
  return taken ?? ((await stock.isOpen(coupon.templateId)) ? 'soldOut' : 'closed')
}
