import type { Db } from '../../db/db.ts'
import { createAuditRepository, type Difference } from './audit.repository.ts'

/** Of one rule; where more is wrong, the first few say enough. */
const SHOWN_PER_RULE = 20

export interface CouponAudit {
  differences: Difference[]
  counted: { templates: number; coupons: number; entries: number }
}

/**
 * Whether stock, coupons and ledger agree, in one moment of a database that goes on working: nothing is locked, nothing is changed
 * (P10).
 * @param options.isFrozen the caller's transaction has written before: it sees its own moment anyhow
 */
export const auditCoupons = (
  db: Pick<Db, 'transaction'>,
  { isFrozen = false }: { isFrozen?: boolean } = {},
): Promise<CouponAudit> =>
  db.transaction(async tx => {
    const repository = createAuditRepository(tx)
    if (!isFrozen) await repository.freeze()
    const differences: Difference[] = []
    for (const rule of repository.ruleNames())
      differences.push(...(await repository.listDifferences(rule, SHOWN_PER_RULE)))
    return { differences, counted: await repository.countCoupons() }
  })
