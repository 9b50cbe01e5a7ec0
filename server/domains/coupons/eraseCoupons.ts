import type { Tx } from '../../db/db.ts'
import { createErasedCouponsRepository } from './erased.repository.ts'
import { OWN_ISSUER } from './issuer.ts'
import { createIssuersRepository } from './issuers.repository.ts'
import { createStockRepository } from './stock.repository.ts'

/**
 * The coupons of somebody who is erased, in the transaction that holds her (P29): what she has not used ends, and the amounts go on
 * under another number. Stock, coupons and ledger go on agreeing (P10).
 * @returns how many she had, and the way their pieces come back: the last thing its transaction does
 */
export async function eraseCoupons(
  tx: Tx,
  hers: { customerId: number; pseudonymId: number },
  at: Date,
): Promise<{ count: number; giveBack: () => Promise<void> }> {
  const repository = createErasedCouponsRepository(tx)
  const ended = await repository.end(hers.customerId, at)
  const count = await repository.hand(hers.customerId, hers.pseudonymId)
  const debts = ended
    .filter(({ issuer }) => issuer !== OWN_ISSUER)
    .map(({ couponId, issuer }) => ({ couponId, issuer, reason: 'erased' }))
  return {
    count,
    async giveBack() {
      await createIssuersRepository(tx).insertDebts(debts, at)
      await createStockRepository(tx).giveBack(ended)
    },
  }
}
