import { expect } from 'vitest'
import type { Db } from '../../../../server/db/db.ts'
import { auditCoupons } from '../../../../server/domains/coupons/auditCoupons.ts'

/** P10 stock, coupons and ledger agree: what `npm run audit:coupons` finds is nothing. */
export async function expectNoDifference(db: Pick<Db, 'transaction'>): Promise<void> {
  expect((await auditCoupons(db)).differences).toEqual([])
}
