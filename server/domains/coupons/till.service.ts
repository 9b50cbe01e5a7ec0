import type { RedeemRefusal } from '../../../shared/contract/couponRefusal.ts'
import type { CouponAtTill, RedeemDraft } from '../../../shared/contract/coupons.ts'
import type { Redemption, UndoneRedemption } from '../../../shared/contract/redemptions.ts'
import { civilDayOf, weekday } from '../../../shared/rules/civilDay.ts'
import { validUntilAfterClaim } from '../../../shared/rules/coupon.ts'
import { normalizeCouponCode } from '../../../shared/rules/couponCode.ts'
import {
  discountFen,
  minuteOf,
  redeemRefusal,
  refusalText,
  type TillMoment,
} from '../../../shared/rules/couponRedeem.ts'
import { timeOfDayOf } from '../../../shared/rules/noticeTime.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { isRemembered, once, type Intent } from '../../db/once.ts'
import { Conflict, Forbidden, NotFound, Upstream } from '../../errors.ts'
import type { Limits } from '../../limits/limits.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import type { PurchasesService } from '../purchases/purchases.service.ts'
import type { RemindersService } from '../reminders/reminders.service.ts'
import { createCouponsRepository } from './coupons.repository.ts'
import { createElsewhereService } from './elsewhere.service.ts'
import { createLedgerIssuer, OWN_ISSUER, type CouponIssuer, type Issuers } from './issuer.ts'
import { createIssuersRepository } from './issuers.repository.ts'
import { createStockRepository } from './stock.repository.ts'
import { createTillRepository, type TillCoupon, type TillKey, type UndoneUse } from './till.repository.ts'

/** Most uses of a day that are listed; the sums are of all. */
const LISTED_USES = 100

interface Deps {
  db: Db
  clock: Clock
  limits: Pick<Limits, 'assertFewMisses' | 'noteMiss'>
  customers: Pick<CustomersService, 'recordTouches'>
  purchases: Pick<PurchasesService, 'addOfCoupon' | 'removeOfCoupon'>
  reminders: Pick<RemindersService, 'reopenForCoupon'>
  /** of other issuers than ourselves; none by default */
  issuers?: Issuers
  timeZone: string
}

export type TillService = ReturnType<typeof createTillService>

/**
 * What happens to a coupon in the shop: looked at, redeemed, taken back. Whoever has been shown the code may redeem, in any store
 * the template allows: the customer need not be hers, and then she sees no more of her than the first character of her name.
 */
export const createTillService = (deps: Deps) => {
  const { db, clock, limits, customers, purchases, reminders, issuers, timeZone } = deps
  const ledger = createLedgerIssuer(couponId => createIssuersRepository(db).stateOf(couponId))

  /** @throws Upstream for one nobody has told us of */
  function issuerOf({ issuer }: { issuer: string }): CouponIssuer {
    const found = issuer === OWN_ISSUER ? ledger : issuers?.get(issuer)
    if (!found) throw new Upstream('issuer_unavailable')
    return found
  }

  function momentOf(actor: StaffActor, amountFen?: number): TillMoment {
    const now = clock.now().getTime()
    const day = civilDayOf(now, timeZone)
    return {
      day,
      weekday: weekday(day) || 7,
      minute: minuteOf(timeOfDayOf(now, timeZone)),
      storeId: actor.store?.storeId ?? null,
      amountFen,
    }
  }

  function refusalOf(
    coupon: TillCoupon,
    moment: TillMoment,
  ): { reason: RedeemRefusal; detail: string } | null {
    const terms = {
      state: coupon.state,
      validFrom: coupon.validity.kind === 'until' ? (coupon.validity.from ?? null) : null,
      expiresOn: coupon.expiresOn,
      hours: coupon.hours,
      storeIds: coupon.storeIds,
      stores: coupon.stores,
      thresholdFen: coupon.face.thresholdFen,
    }
    const reason = redeemRefusal(terms, moment)
    return reason === undefined ? null : { reason, detail: refusalText(reason, terms, moment.day) }
  }

  const mayUndo = (actor: StaffActor, { redeemedAt, redeemedStoreId }: TillCoupon): boolean =>
    redeemedAt !== null &&
    civilDayOf(redeemedAt.getTime(), timeZone) === clock.today(timeZone) &&
    (actor.role === 'admin' || (redeemedStoreId !== null && actor.managedStoreIds.includes(redeemedStoreId)))

  function shown(actor: StaffActor, coupon: TillCoupon): CouponAtTill {
    const { redeemedAt, usedAmountFen } = coupon
    return {
      couponId: coupon.couponId,
      code: coupon.code,
      name: coupon.name,
      face: coupon.face,
      state: coupon.state,
      customer: holderOf(coupon),
      validFrom: coupon.validity.kind === 'until' ? (coupon.validity.from ?? null) : null,
      expiresOn: coupon.expiresOn,
      hours: coupon.hours,
      stores: coupon.stores,
      isStackable: coupon.isStackable,
      terms: coupon.terms,
      refusal: refusalOf(coupon, momentOf(actor)),
      redemption:
        redeemedAt === null
          ? null
          : {
              at: redeemedAt.toISOString(),
              by: coupon.redeemedBy ?? '',
              store: coupon.redeemedStore,
              amountFen: usedAmountFen ?? 0,
              discountFen: coupon.discountFen ?? 0,
              mayUndo: mayUndo(actor, coupon),
            },
    }
  }

  /** @throws NotFound for what is none of the corp's, RateLimited for whoever looks for such things again and again */
  async function seek<T>(actor: StaffActor, look: () => Promise<T | undefined>): Promise<T> {
    limits.assertFewMisses('unknownCode', String(actor.staffId))
    const found = await look()
    if (found) return found
    await limits.noteMiss('unknownCode', String(actor.staffId))
    throw new NotFound()
  }

  /** As it is now. @throws NotFound for whoever may not see it (any more) */
  function answer(actor: StaffActor, found: TillCoupon | undefined): CouponAtTill {
    if (!found) throw new NotFound()
    return shown(actor, found)
  }

  const refuse = (refusal: { reason: RedeemRefusal; detail: string }) =>
    new Conflict('coupon_not_redeemable', refusal)

  /** Claims what is only issued: who shows the code has it. */
  async function claim(tx: Tx, coupon: TillCoupon, by: string, key: string | null): Promise<void> {
    const at = clock.now()
    await createCouponsRepository(tx).changeState({
      couponId: coupon.couponId,
      from: 'issued',
      to: 'claimed',
      by,
      reason: 'shown',
      at,
      claimedAt: at,
      idempotencyKey: key,
      expiresOn: validUntilAfterClaim(coupon.validity, at.getTime(), timeZone),
    })
  }

  /** Points to the ledger, which has the sums. */
  const auditCoupon = (
    tx: Tx,
    actor: StaffActor,
    action: 'couponRedeemed' | 'couponRedeemUndone' | 'couponRevoked',
    { couponId, customerId }: { couponId: string; customerId: number | null },
  ) =>
    appendAudit(tx, { actor, at: clock.now(), action, customerId, subject: { kind: 'coupon', id: couponId } })

  async function write(
    tx: Tx,
    actor: StaffActor,
    coupon: TillCoupon,
    { amountFen, piece }: RedeemDraft,
    key: string | null,
  ): Promise<void> {
    const by = `staff:${actor.staffId}`
    if (coupon.state === 'issued') await claim(tx, coupon, by, key)
    const discount = discountFen(coupon.face, amountFen)
    await createTillRepository(tx).redeem({
      couponId: coupon.couponId,
      staffId: actor.staffId,
      storeId: actor.store?.storeId ?? null,
      amountFen,
      discountFen: discount,
      at: clock.now(),
      idempotencyKey: key,
    })
    await auditCoupon(tx, actor, 'couponRedeemed', coupon)
    if (coupon.customerId === null) return
    await customers.recordTouches(tx, [
      {
        corpId: actor.corpId,
        customerId: coupon.customerId,
        kind: 'couponRedeemed',
        by: 'staff',
        staffId: actor.staffId,
        what: coupon.name,
        detail: actor.store?.name ?? null,
      },
    ])
    await purchases.addOfCoupon(tx, actor, {
      customerId: coupon.customerId,
      couponId: coupon.couponId,
      piece: piece ?? `用券 · ${coupon.name}`,
      amountFen: amountFen - discount,
    })
  }

  return {
    elsewhere: createElsewhereService(deps),

    /** A coupon by what the customer shows. @throws NotFound; Refusal rate_limited after too many that were none */
    async find(
      actor: StaffActor,
      { code, token }: { code?: string | undefined; token?: string | undefined },
    ): Promise<CouponAtTill> {
      const key: TillKey = token === undefined ? { code: normalizeCouponCode(code ?? '') } : { token }
      return shown(actor, await seek(actor, () => createTillRepository(db).find(actor, key)))
    },

    /**
     * Once, where and when the template allows. The sale is written down with it, and counts for the message that brought the coupon.
     * @throws Conflict coupon_not_redeemable with the rule that stands against it; NotFound unless id and code are one coupon's of
     *   the corp; Refusal rate_limited; Upstream issuer_unavailable
     */
    async redeem(
      actor: StaffActor,
      couponId: string,
      draft: RedeemDraft,
      intent: Intent | undefined,
    ): Promise<CouponAtTill> {
      const key = { couponId, code: normalizeCouponCode(draft.code) }
      const seen = await seek(actor, () => createTillRepository(db).find(actor, key))
      if (!(await isRemembered(db, actor, intent))) await askIssuer(actor, seen, draft)
      await once(db, actor, intent, clock.now(), async tx => {
        const coupon = await createTillRepository(tx).lock(actor, key)
        if (!coupon) throw new NotFound()
        const refusal = refusalOf(coupon, momentOf(actor, draft.amountFen))
        if (refusal) throw refuse(refusal)
        await write(tx, actor, coupon, draft, intent?.key ?? null)
        return { couponId }
      })
      return answer(actor, await createTillRepository(db).find(actor, key))
    },

    /** What was redeemed today where the actor works. */
    async today(actor: StaffActor): Promise<{
      day: string
      redemptions: Redemption[]
      undone: UndoneRedemption[]
      total: { count: number; amountFen: number; discountFen: number }
    }> {
      const day = clock.today(timeZone)
      const repository = createTillRepository(db)
      const [found, undone] = await Promise.all([
        repository.listRedeemed(actor, { day, timeZone }, LISTED_USES),
        repository.listUndone(actor, { day, timeZone }, LISTED_USES),
      ])
      const redemptions = found.coupons.map((coupon): Redemption => {
        const { couponId, name, face, customer, redemption } = shown(actor, coupon)
        if (!redemption) throw new Error('a redeemed coupon without its use')
        return { couponId, name, face, customer, redemption }
      })
      return { day, redemptions, undone: undone.map(toUndone), total: found.total }
    },

    /**
     * Takes a use back on the day itself, in the store it was used in; the coupon is as it was before, with the reminder of its
     * end, and the sale is gone.
     * @throws Forbidden for guides; NotFound for what was not used in a store of hers; Conflict after the day, or when it is not
     *   used (any more)
     */
    async undo(
      actor: StaffActor,
      couponId: string,
      { reason }: { reason: string },
      intent: Intent | undefined,
    ): Promise<CouponAtTill> {
      if (actor.role === 'guide') throw new Forbidden()
      await once(db, actor, intent, clock.now(), async tx => {
        const repository = createTillRepository(tx)
        const coupon = await repository.lockRedeemed(actor, couponId)
        if (!coupon) throw new NotFound()
        if (coupon.state !== 'redeemed') throw new Conflict('state_conflict')
        if (coupon.issuer !== OWN_ISSUER)
          throw new Conflict('state_conflict', { detail: '这张券由别的系统发，请在那边撤销' })
        if (!mayUndo(actor, coupon)) throw new Conflict('state_conflict', { detail: '只能当天撤销' })
        const at = clock.now()
        const use = { couponId, staffId: actor.staffId, reason, at, idempotencyKey: intent?.key ?? null }
        await repository.undo(use)
        await auditCoupon(tx, actor, 'couponRedeemUndone', { ...coupon, couponId })
        await purchases.removeOfCoupon(tx, actor, couponId)
        await reminders.reopenForCoupon(tx, couponId)
        if (coupon.customerId !== null)
          await customers.recordTouches(tx, [
            {
              corpId: actor.corpId,
              customerId: coupon.customerId,
              kind: 'couponUndone',
              by: 'staff',
              staffId: actor.staffId,
              what: coupon.name,
              detail: reason,
            },
          ])
        return { couponId }
      })
      return answer(actor, await createTillRepository(db).findUsed(actor, couponId))
    },

    /**
     * Takes a coupon from its holder that has not been used; the piece goes back. One of another issuer is taken back there first.
     * @throws Forbidden for guides; NotFound for one that nobody of hers has given; Conflict unless it is issued or claimed, also
     *   over there; Upstream issuer_unavailable
     */
    async revoke(
      actor: StaffActor,
      couponId: string,
      { reason }: { reason: string },
      intent: Intent | undefined,
    ): Promise<CouponAtTill> {
      if (actor.role === 'guide') throw new Forbidden()
      if (!(await isRemembered(db, actor, intent))) await takeBackElsewhere(actor, couponId, reason)
      await once(db, actor, intent, clock.now(), async tx => {
        const coupon = await createTillRepository(tx).lockGiven(actor, couponId)
        if (!coupon) throw new NotFound()
        if (!isHeld(coupon)) throw new Conflict('state_conflict')
        await createCouponsRepository(tx).changeState({
          couponId,
          from: coupon.state,
          to: 'revoked',
          by: `staff:${actor.staffId}`,
          reason,
          at: clock.now(),
          idempotencyKey: intent?.key ?? null,
        })
        await auditCoupon(tx, actor, 'couponRevoked', { ...coupon, couponId })
        if (coupon.customerId !== null)
          await customers.recordTouches(tx, [
            {
              corpId: actor.corpId,
              customerId: coupon.customerId,
              kind: 'couponRevoked',
              by: 'staff',
              staffId: actor.staffId,
              what: coupon.name,
              detail: reason,
            },
          ])
        await createStockRepository(tx).giveBack([coupon])
        return { couponId }
      })
      return answer(actor, await createTillRepository(db).findGiven(actor, couponId))
    },
  }

  /** Once it is revoked there it cannot be used any more. A use that nobody here knows of yet is written down by the job. */
  async function takeBackElsewhere(actor: StaffActor, couponId: string, reason: string): Promise<void> {
    const coupon = await createTillRepository(db).findGiven(actor, couponId)
    if (!coupon || !isHeld(coupon)) return
    const answer = await issuerOf(coupon).revoke(couponId, reason).catch(unavailable)
    if (answer === 'redeemed')
      throw new Conflict('state_conflict', { detail: '这张券已经在发券方那边用掉了' })
  }

  /**
   * Another issuer has the last word, and is asked before anything is written: asked twice for one coupon it answers the same, so
   * a crash in between is made good by the next attempt.
   */
  async function askIssuer(actor: StaffActor, coupon: TillCoupon, draft: RedeemDraft): Promise<void> {
    const issuer = issuerOf(coupon)
    if (issuer === ledger || refusalOf(coupon, momentOf(actor, draft.amountFen))) return
    const { amountFen } = draft
    const answer = await issuer
      .redeem(coupon.couponId, { amountFen, discountFen: discountFen(coupon.face, amountFen) })
      .catch(unavailable)
    if (answer !== 'redeemed') {
      const reason = 'issuer'
      throw refuse({ reason, detail: '发券的系统不让核销，请看那边的记录' })
    }
  }
}

const isHeld = ({ state }: TillCoupon): boolean => state === 'issued' || state === 'claimed'

function unavailable(cause: unknown): never {
  throw new Upstream('issuer_unavailable', { cause, retryAfterSeconds: 10 })
}

/** As far as the member may know her: what the statement gave her scope, or the first character. */
function holderOf({ address, initial }: Pick<TillCoupon, 'address' | 'initial'>): CouponAtTill['customer'] {
  if (address !== null) return { address, isMasked: false }
  return initial === null ? null : { address: `${initial}**`, isMasked: true }
}

const toUndone = (use: UndoneUse): UndoneRedemption => ({
  couponId: use.couponId,
  name: use.name,
  face: use.face,
  customer: holderOf(use),
  at: use.at.toISOString(),
  by: use.by ?? '',
  store: use.store,
  amountFen: use.amountFen,
  discountFen: use.discountFen,
})
