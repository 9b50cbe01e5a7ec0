import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import { createCouponsRepository } from './coupons.repository.ts'
import type { Issuers, IssuerState } from './issuer.ts'
import { createIssuersRepository, type IssuerDebt } from './issuers.repository.ts'
import { createStockRepository } from './stock.repository.ts'

/** How long another issuer that did not answer is left alone, at first and at most. */
const DEBT_PAUSE = { firstSeconds: 60, mostSeconds: 6 * 3600 }
/** Most debts one run of the job pays. */
const DEBTS_PER_RUN = 200
/** Coupons past their last day one statement gives to the debts. */
const LAPSED_BATCH = 200
/** Most coupons one run asks about; the next goes on behind them. */
const ASKED_PER_RUN = 500
/** A use at our own till is known over there a moment before it is written here, or longer when the till tries again. */
const OWN_USE_SECONDS = 10 * 60

interface Deps {
  db: Db
  clock: Clock
  customers: Pick<CustomersService, 'recordTouches'>
  issuers?: Issuers
  timeZone: string
}

/**
 * Coupons of other issuers, which may be used where we do not see it. One that has been in a customer's hands ends here only with
 * the issuer's word: revoked there, it cannot be used any more; used there, it is redeemed here.
 */
export const createElsewhereService = ({ db, clock, customers, issuers, timeZone }: Deps) => {
  /** Behind which coupon the next run goes on. */
  let after: string | null = null
  /** Found used over there, and not yet here: since when. */
  const seen = new Map<string, number>()

  /** What is used over there, and not ended here, is used here too; where and for how much we do not know. */
  async function noteUsed(tx: Tx, couponIds: readonly string[]): Promise<void> {
    const used = await createIssuersRepository(tx).redeemElsewhere(couponIds, clock.now())
    await customers.recordTouches(
      tx,
      used.flatMap(({ corpId, customerId, name }) =>
        customerId === null
          ? []
          : [
              {
                corpId,
                customerId,
                kind: 'couponRedeemed',
                by: 'system',
                what: name,
                detail: '在发券方用的',
              },
            ],
      ),
    )
  }

  /** With what the issuer says of it the coupon ends, unless it has ended before; then a use over there is kept for the audit. */
  async function settle({ couponId }: IssuerDebt, answer: IssuerState): Promise<void> {
    await db.transaction(async tx => {
      const coupon = await createCouponsRepository(tx).lockCoupon(couponId)
      const isHers = coupon.state === 'issued' || coupon.state === 'claimed'
      if (isHers && answer === 'redeemed') await noteUsed(tx, [couponId])
      if (isHers && answer !== 'redeemed')
        await createCouponsRepository(tx).changeState({
          couponId,
          from: coupon.state,
          to: 'expired',
          by: 'job:coupons.expire',
          reason: 'lastDay',
          at: clock.now(),
        })
      if (!isHers && answer === 'redeemed' && coupon.state !== 'redeemed')
        return createIssuersRepository(tx).keepUsed(couponId)
      await createIssuersRepository(tx).deleteDebt(couponId)
      if (isHers && answer !== 'redeemed') await createStockRepository(tx).giveBack([coupon])
    })
  }

  return {
    /** Coupons past their last day are to be revoked over there before they end here. @returns how many were found */
    async expire(signal?: AbortSignal): Promise<number> {
      for (let total = 0; ;) {
        const found = await createIssuersRepository(db).insertDebtsOfPast(
          clock.today(timeZone),
          LAPSED_BATCH,
          clock.now(),
        )
        total += found
        if (found < LAPSED_BATCH || signal?.aborted) return total
      }
    },

    /** Tells other issuers of what has ended or shall end here, until each has answered. @returns how many it asked about */
    async payDebts(signal?: AbortSignal): Promise<number> {
      const repository = createIssuersRepository(db)
      for (let paid = 0; paid < DEBTS_PER_RUN; paid++) {
        const now = clock.now()
        const debt = signal?.aborted ? undefined : await repository.takeDue(now, DEBT_PAUSE)
        if (!debt) return paid
        // What does not answer now is asked again after a while.
        const answer = await issuers
          ?.get(debt.issuer)
          ?.revoke(debt.couponId, debt.reason)
          .catch(() => undefined)
        if (answer !== undefined) await settle(debt, answer)
      }
      return DEBTS_PER_RUN
    },

    /**
     * Asks about a portion of what customers hold, and writes down what was used over there. A use that is just being written here
     * by our own till is left to it: only what is still open some minutes later counts. @returns how many were asked about
     */
    async reconcile(signal?: AbortSignal): Promise<number> {
      const repository = createIssuersRepository(db)
      const held = await repository.listHeld(after, ASKED_PER_RUN)
      after = held.length < ASKED_PER_RUN ? null : (held.at(-1)?.couponId ?? null)
      const silent = new Set<string>()
      const now = clock.now().getTime()
      const used: string[] = []
      for (const { couponId, issuer } of held) {
        if (signal?.aborted) break
        if (silent.has(issuer)) continue
        const answer = await issuers
          ?.get(issuer)
          ?.find(couponId)
          .catch(() => undefined)
        if (answer === undefined) silent.add(issuer)
        if (answer !== 'redeemed') seen.delete(couponId)
        else if (!seen.has(couponId)) seen.set(couponId, now)
        else if (now - (seen.get(couponId) ?? now) >= OWN_USE_SECONDS * 1000) used.push(couponId)
      }
      if (used.length > 0) await db.transaction(tx => noteUsed(tx, used))
      for (const couponId of used) seen.delete(couponId)
      return held.length
    },
  }
}
