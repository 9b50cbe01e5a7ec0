import type { PartOutcome } from '../../../shared/contract/sends.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import type { SendsService } from '../sends/sends.service.ts'
import { createCouponsRepository, type EndedCoupon, type LockedCoupon } from './coupons.repository.ts'
import { OWN_ISSUER } from './issuer.ts'
import { createIssuersRepository } from './issuers.repository.ts'
import { createStockRepository } from './stock.repository.ts'

/** Coupons one run of a job ends per transaction. */
const BATCH = 200
/** Overdue reservations that somebody gives back who finds a template sold out. */
const TAKERS_BATCH = 50

interface Deps {
  db: Db
  clock: Clock
  customers: Pick<CustomersService, 'recordTouches'>
  sends: Pick<SendsService, 'endForCoupons'>
  timeZone: string
}

export interface Release {
  by: string
  reason: string
  outcome: Exclude<PartOutcome, 'ok'>
  detail: string | null
  /** how the words before the card ended, where that differs from it */
  words?: readonly PartOutcome[]
  idempotencyKey?: string | null
}

/** The ways in which a piece comes back: to its pool, in the timeline, in the send, and to another issuer where it has one. */
export const createCouponEnds = ({ db, clock, customers, sends, timeZone }: Deps) => {
  /** The last thing its transaction does. */
  async function giveBack(
    tx: Tx,
    pieces: readonly Pick<EndedCoupon, 'couponId' | 'templateId' | 'pool' | 'issuer'>[],
    reason: string,
  ): Promise<void> {
    const foreign = pieces.filter(({ issuer }) => issuer !== OWN_ISSUER)
    const debts = foreign.map(({ couponId, issuer }) => ({ couponId, issuer, reason }))
    await createIssuersRepository(tx).insertDebts(debts, clock.now())
    await createStockRepository(tx).giveBack(pieces)
  }

  /** Ends a held reservation that did not go out. */
  async function release(
    tx: Tx,
    coupon: LockedCoupon,
    { by, reason, outcome, detail, words, idempotencyKey }: Release,
  ): Promise<void> {
    await createCouponsRepository(tx).changeState({
      couponId: coupon.couponId,
      from: coupon.state,
      to: 'released',
      by,
      reason,
      at: clock.now(),
      idempotencyKey: idempotencyKey ?? null,
    })
    await sends.endForCoupons(tx, [coupon.couponId], outcome, detail, words)
    if (coupon.customerId !== null)
      await customers.recordTouches(tx, [
        {
          corpId: coupon.corpId,
          customerId: coupon.customerId,
          kind: 'couponReleased',
          by: by.startsWith('staff:') ? 'staff' : 'system',
          staffId: by.startsWith('staff:') ? coupon.staffId : null,
          what: coupon.name,
          outcome,
        },
      ])
    await giveBack(tx, [coupon], reason)
  }

  /** @returns how many were released */
  async function releaseOverdue(tx: Tx, couponIds: readonly string[]): Promise<number> {
    if (couponIds.length === 0) return 0
    const now = clock.now()
    const ended = await createCouponsRepository(tx).endMany(
      couponIds,
      { kind: 'overdue', now },
      { to: 'released', by: 'job:coupons.sweep', reason: 'deadline', at: now },
    )
    const endedIds = ended.map(coupon => coupon.couponId)
    await sends.endForCoupons(tx, endedIds, 'unknown', null)
    await customers.recordTouches(
      tx,
      ended.flatMap(({ corpId, customerId, name }) =>
        customerId === null
          ? []
          : [
              {
                corpId,
                customerId,
                kind: 'couponReleased' as const,
                by: 'system' as const,
                what: name,
                detail: '过了时间没有回音，已退回',
                outcome: 'unknown' as const,
              },
            ],
      ),
    )
    await giveBack(tx, ended, 'deadline')
    return ended.length
  }

  /** Works through what `list` finds, a batch per transaction; what somebody holds is left for the next run. */
  async function inBatches(
    list: () => Promise<string[]>,
    end: (tx: Tx, couponIds: readonly string[]) => Promise<number>,
    signal?: AbortSignal,
  ): Promise<number> {
    let total = 0
    for (;;) {
      const couponIds = await list()
      const count = couponIds.length === 0 ? 0 : await db.transaction(tx => end(tx, couponIds))
      total += count
      if (couponIds.length < BATCH || count === 0 || signal?.aborted) return total
    }
  }

  return {
    giveBack,
    release,

    /**
     * A few of one template's, for somebody who finds it sold out before the job has run; or those of one customer, who has no room
     * because of them.
     * @returns how many
     */
    async releaseOverdueOf(tx: Tx, templateId: string, customerId?: number): Promise<number> {
      const of = { templateId, customerId }
      const overdue = await createCouponsRepository(tx).listOverdue(clock.now(), TAKERS_BATCH, of)
      return releaseOverdue(tx, overdue)
    },

    sweep: (signal?: AbortSignal): Promise<number> =>
      inBatches(() => createCouponsRepository(db).listOverdue(clock.now(), BATCH), releaseOverdue, signal),

    expire: (signal?: AbortSignal): Promise<number> =>
      inBatches(
        () => createCouponsRepository(db).listPast(clock.today(timeZone), BATCH),
        async (tx, couponIds) => {
          const change = {
            to: 'expired',
            by: 'job:coupons.expire',
            reason: 'lastDay',
            at: clock.now(),
          } as const
          const due = { kind: 'past', today: clock.today(timeZone) } as const
          const ended = await createCouponsRepository(tx).endMany(couponIds, due, change)
          await giveBack(tx, ended, 'lastDay')
          return ended.length
        },
        signal,
      ),
  }
}

export type CouponEnds = ReturnType<typeof createCouponEnds>
