import { randomBytes, randomUUID } from 'node:crypto'
import type {
  CouponMessage,
  CouponOffer,
  CouponReservation,
  CouponShelf,
  CouponValidity,
  CustomerCoupon,
} from '../../../shared/contract/coupons.ts'
import type { ReasonClass } from '../../../shared/contract/reasonClass.ts'
import type { PartOutcome } from '../../../shared/contract/sends.ts'
import { validUntilAfterClaim } from '../../../shared/rules/coupon.ts'
import { COUPON_CODE_RANDOM_BYTES, couponCode } from '../../../shared/rules/couponCode.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Conflict, NotFound, Upstream } from '../../errors.ts'
import { randomToken } from '../../sealing.ts'
import type { CustomersService, NewTouch } from '../customers/customers.service.ts'
import type { RestraintService } from '../restraint/restraint.service.ts'
import type { SendsService } from '../sends/sends.service.ts'
import { couponCard } from './couponCard.ts'
import { createCouponEnds } from './couponEnds.ts'
import {
  createCouponsRepository,
  type GivenTemplate,
  type LockedCoupon,
  type NewCoupon,
  type Reservation,
  type StateChange,
} from './coupons.repository.ts'
import { isPast, leftOfDay, refusalToGive, type Giving, type GivingRefusal } from './givable.ts'
import { OWN_ISSUER, type Issuers } from './issuer.ts'
import { createOffersRepository } from './offers.repository.ts'
import { toCustomerCoupon, toOfferShown } from './shownCoupons.ts'
import { takePiece } from './takePiece.ts'

/** A reservation that is neither confirmed nor claimed by then is given back (P10). */
export const RESERVATION_SECONDS = 10 * 60
/** 128 bits: who has the link has the coupon (P6). */
const TOKEN_BYTES = 16

interface Deps {
  db: Db
  clock: Clock
  customers: Pick<CustomersService, 'findOwnFollow' | 'recordTouches'>
  restraint: Pick<RestraintService, 'note'>
  sends: Pick<SendsService, 'admitCoupon' | 'startForCoupon' | 'endForCoupons' | 'wordsOfCoupon'>
  /** of other issuers than ourselves; none by default */
  issuers?: Issuers
  publicUrl: string
  timeZone: string
}

/** How a claim went: `claimed` also when it had been claimed before; `closed` when there is nothing to claim any more. */
export type ClaimResult = 'claimed' | 'closed'

/** A coupon with a welcome: the card to put into it, or why there is none. */
export type WelcomeCoupon =
  | { couponId: string; card: CouponReservation['card'] }
  | { refusal: 'soldOut' | 'alreadyHad' | 'notRunning' | 'tier' }

export type CouponsService = ReturnType<typeof createCouponsService>

export const createCouponsService = (deps: Deps) => {
  const { db, clock, customers, restraint, sends, issuers, publicUrl, timeZone } = deps
  const today = () => clock.today(timeZone)
  const day = () => ({ now: clock.now(), today: today(), timeZone })
  const ends = createCouponEnds(deps)

  async function touch(
    tx: Tx,
    { corpId, customerId }: { corpId: number; customerId: number | null },
    line: Omit<NewTouch, 'customerId'>,
  ): Promise<void> {
    if (customerId !== null) await customers.recordTouches(tx, [{ corpId, customerId, ...line }])
  }

  async function get(actor: StaffActor, couponId: string): Promise<CustomerCoupon> {
    const found = await createCouponsRepository(db).findGiven(actor, couponId)
    if (!found) throw new NotFound()
    return toCustomerCoupon(found, today())
  }

  /** The member's coupon, held by this transaction. */
  async function lockOwn(tx: Tx, actor: StaffActor, couponId: string): Promise<LockedCoupon> {
    const coupon = await createCouponsRepository(tx).lockOwn(actor, couponId)
    if (!coupon) throw new NotFound()
    return coupon
  }

  const issued = (tx: Tx, coupon: LockedCoupon) =>
    touch(tx, coupon, {
      kind: 'couponIssued',
      by: 'staff',
      staffId: coupon.staffId,
      what: coupon.name,
      outcome: 'ok',
    })

  const take = (tx: Tx, coupon: NewCoupon) =>
    takePiece(tx, coupon, () => ends.releaseOverdueOf(tx, coupon.templateId))

  /** Of one that lies in a chat: what nobody claims ends when it would have, had she claimed it at once. */
  const endUnclaimed = (validity: CouponValidity): string =>
    validUntilAfterClaim(validity, clock.now().getTime(), timeZone)

  /** A slot of hers, also one that an overdue reservation for her still has; undefined when she holds all she may. */
  async function findSlot(
    tx: Tx,
    { templateId, perPerson }: GivenTemplate,
    customerId: number,
  ): Promise<number | undefined> {
    const find = () => createCouponsRepository(tx).findFreeSlot(templateId, customerId, perPerson)
    const slot = await find()
    if (slot !== undefined) return slot
    return (await ends.releaseOverdueOf(tx, templateId, customerId)) > 0 ? find() : undefined
  }

  /** Tells another issuer of a reservation. What it does not take is given back. @throws Upstream */
  async function issueElsewhere(actor: StaffActor, reservation: Reservation): Promise<void> {
    const { couponId, templateId, code, face, validity } = reservation
    try {
      if (reservation.state === 'released') throw new Error('given back before')
      const issuer = issuers?.get(reservation.issuer)
      if (!issuer) throw new Error(`no issuer is known as ${reservation.issuer}`)
      const lastDay = validity.kind === 'until' ? validity.day : null
      await issuer.issue({ couponId, templateId, code, face, lastDay })
    } catch (cause) {
      await db.transaction(async tx => {
        const coupon = await lockOwn(tx, actor, couponId)
        if (coupon.state === 'reserved')
          await ends.release(tx, coupon, { by: 'system', reason: 'issuer', outcome: 'failed', detail: null })
      })
      throw new Upstream('issuer_unavailable', { cause, retryAfterSeconds: 10 })
    }
  }

  return {
    ends,

    /** What may be given to this customer now, and what she holds. @throws NotFound for a customer out of scope */
    async shelf(actor: StaffActor, externalUserId: string): Promise<CouponShelf> {
      const repository = createOffersRepository(db)
      const found = await repository.findHeld(actor, externalUserId, clock.now())
      if (!found) throw new NotFound()
      const offers = await repository.listOffers(actor, found.customerId, day())
      return {
        offers: offers.map(offer => toOfferShown(offer, today())),
        held: found.held.map(coupon => toCustomerCoupon(coupon, today())),
      }
    },

    /** What may be given to a group now, whose scope the caller has checked. */
    async listOffersForGroup(actor: StaffActor): Promise<CouponOffer[]> {
      const offers = await createOffersRepository(db).listOffers(actor, null, day())
      return offers.map(offer => toOfferShown(offer, today()))
    },

    /**
     * Takes one piece for a customer and prepares the card. It must be confirmed or released before the deadline.
     * @throws Conflict coupon_sold_out, coupon_already_granted, or state_conflict for an offer that is not running, not for her
     *   tier or used up by this guide today; NotFound for a customer of others or an unknown offer; Refusal limit_reached when she
     *   is not to be written to now; Upstream issuer_unavailable
     */
    async reserve(
      actor: StaffActor,
      request: {
        templateId: string
        externalUserId: string
        reminderId: string | null
        message?: CouponMessage | null | undefined
        reasonClass?: ReasonClass | undefined
        confirmed?: boolean | undefined
      },
      intent: Intent | undefined,
    ): Promise<CouponReservation> {
      const { couponId } = await once(db, actor, intent, clock.now(), async tx => {
        const { customerId } = await customers.findOwnFollow(tx, actor, request.externalUserId)
        const admission = await sends.admitCoupon(tx, actor, customerId, {
          templateId: request.templateId,
          reminderId: request.reminderId,
          scriptId: request.message?.script?.scriptId ?? null,
          reasonClass: request.reasonClass,
          confirmed: request.confirmed,
        })
        const repository = createCouponsRepository(tx)
        const template = await repository.findTemplate(actor, request.templateId, clock.now())
        if (!template) throw new NotFound()
        const tier = await repository.lockCustomer(actor.corpId, customerId)
        const { templateId, perGuidePerDay } = template
        const given = perGuidePerDay === null ? 0 : await repository.countToday(actor, templateId, day())
        const slot = await findSlot(tx, template, customerId)
        const refusal = refusalToGive(givingOf(template, tier, slot, given), today())
        if (refusal !== null) throw refused(refusal, template, given)
        if (slot === undefined) throw new Error('she has room, and no slot is free')
        const coupon = newCoupon(actor, template, customerId, slot, clock.now())
        const sendId = await sends.startForCoupon(tx, actor, {
          customerId,
          couponId: coupon.couponId,
          title: `优惠券 · ${template.name}`,
          card: { kind: 'news', ...couponCard(template, publicUrl, coupon.token) },
          reminderId: request.reminderId,
          message: request.message ?? null,
        })
        await restraint.note(tx, actor, sendId, admission)
        const taken = await take(tx, { ...coupon, idempotencyKey: intent?.key ?? null })
        if (taken !== 'taken') throw new Conflict(taken === 'soldOut' ? 'coupon_sold_out' : 'state_conflict')
        return { couponId: coupon.couponId }
      })
      const found = await createCouponsRepository(db).findReservation(actor, couponId)
      if (!found) throw new NotFound()
      if (found.issuer !== OWN_ISSUER) await issueElsewhere(actor, found)
      return {
        couponId,
        sendId: found.sendId,
        deadline: found.deadline.toISOString(),
        words: request.message ? await sends.wordsOfCoupon(actor, found.customerId, found.sendId) : [],
        card: couponCard(found, publicUrl, found.token),
      }
    },

    /**
     * The card is in the chat: `reserved` → `issued`. Also fine once when the customer was quicker and has claimed already.
     * @throws Conflict state_conflict when it was confirmed or released before; NotFound when she did not give it.
     */
    async confirm(actor: StaffActor, couponId: string, intent: Intent | undefined): Promise<CustomerCoupon> {
      await once(db, actor, intent, clock.now(), async tx => {
        const coupon = await lockOwn(tx, actor, couponId)
        const repository = createCouponsRepository(tx)
        const at = clock.now()
        if (coupon.state === 'claimed' || coupon.state === 'redeemed') {
          if (coupon.issuedAt !== null) throw new Conflict('state_conflict')
          await repository.setIssuedAt(couponId, at)
          return { couponId }
        }
        if (coupon.state !== 'reserved') throw new Conflict('state_conflict')
        await repository.changeState({
          ...by(coupon, `staff:${actor.staffId}`, at, intent),
          to: 'issued',
          issuedAt: at,
          expiresOn: endUnclaimed(coupon.validity),
        })
        await sends.endForCoupons(tx, [couponId], 'ok', null)
        await issued(tx, coupon)
        return { couponId }
      })
      return get(actor, couponId)
    },

    /**
     * The card did not go out: `reserved` → `released`, piece and slot are free again.
     * @throws Conflict state_conflict in any other state, also when the customer has claimed; NotFound when she did not give it.
     */
    async release(
      actor: StaffActor,
      couponId: string,
      told: { outcome: 'cancelled' | 'failed'; reason: string | null; words?: PartOutcome[] },
      intent: Intent | undefined,
    ): Promise<CustomerCoupon> {
      await once(db, actor, intent, clock.now(), async tx => {
        const coupon = await lockOwn(tx, actor, couponId)
        if (coupon.state !== 'reserved') throw new Conflict('state_conflict')
        await ends.release(tx, coupon, {
          by: `staff:${actor.staffId}`,
          reason: told.outcome,
          outcome: told.outcome,
          detail: told.reason,
          words: told.words ?? [],
          idempotencyKey: intent?.key ?? null,
        })
        return { couponId }
      })
      return get(actor, couponId)
    },

    /**
     * The customer takes her coupon through the link; whoever holds the link holds the coupon. A claim also confirms a
     * reservation: the card has reached her. Repeating it changes nothing.
     * @throws NotFound for a token that is none of ours.
     */
    async claim(token: string): Promise<ClaimResult> {
      return db.transaction(async tx => {
        const repository = createCouponsRepository(tx)
        const found = await repository.findByToken(token)
        if (!found) throw new NotFound()
        const coupon = await repository.lockCoupon(found.couponId)
        if (coupon.state === 'claimed' || coupon.state === 'redeemed') return 'claimed'
        const isOpen = coupon.state === 'reserved' || coupon.state === 'issued'
        const isOver = isPast(coupon.validity, today()) || (coupon.expiresOn ?? today()) < today()
        if (!isOpen || isOver) return 'closed'
        const at = clock.now()
        const expiresOn = validUntilAfterClaim(coupon.validity, at.getTime(), timeZone)
        await repository.changeState({
          ...by(coupon, 'customer', at),
          to: 'claimed',
          claimedAt: at,
          expiresOn,
        })
        if (coupon.state === 'reserved') {
          await sends.endForCoupons(tx, [coupon.couponId], 'ok', null)
          await issued(tx, coupon)
        }
        await touch(tx, coupon, { kind: 'couponClaimed', by: 'customer', what: coupon.name })
        return 'claimed'
      })
    },

    /**
     * A coupon that goes out with a welcome to a new friend, on behalf of a member: it counts as issued at once, for the welcome
     * is sent without anybody watching. Once per person and template, ever. Called last in its transaction, which it holds short.
     */
    async issueWelcome(
      tx: Tx,
      given: { corpId: number; customerId: number; staffId: number; templateId: string },
    ): Promise<WelcomeCoupon> {
      const repository = createCouponsRepository(tx)
      const template = await repository.findTemplateOfCorp(given.corpId, given.templateId, clock.now())
      if (template?.issuer !== OWN_ISSUER) return { refusal: 'notRunning' }
      const tier = await repository.lockCustomer(given.corpId, given.customerId)
      if (await repository.hadWelcome(template.templateId, given.customerId)) return { refusal: 'alreadyHad' }
      const slot = await findSlot(tx, template, given.customerId)
      const refusal = refusalToGive(givingOf({ ...template, perGuidePerDay: null }, tier, slot, 0), today())
      if (refusal === 'tier' || refusal === 'soldOut') return { refusal }
      if (refusal === 'alreadyHeld') return { refusal: 'alreadyHad' }
      if (refusal !== null || slot === undefined) return { refusal: 'notRunning' }
      const coupon: NewCoupon = {
        ...newCoupon(given, template, given.customerId, slot, clock.now()),
        origin: 'welcome',
        state: 'issued',
        expiresOn: endUnclaimed(template.validity),
        by: 'system:welcome',
      }
      const taken = await take(tx, coupon)
      if (taken !== 'taken') return { refusal: taken === 'soldOut' ? 'soldOut' : 'notRunning' }
      await touch(tx, given, {
        kind: 'couponIssued',
        by: 'system',
        staffId: given.staffId,
        what: template.name,
        detail: '欢迎语',
        outcome: 'ok',
      })
      return { couponId: coupon.couponId, card: couponCard(template, publicUrl, coupon.token) }
    },

    /** The welcome surely did not go out: the coupon comes back, unless she has it all the same. Safe to repeat. */
    async takeBackWelcome(tx: Tx, couponId: string): Promise<void> {
      const coupon = await createCouponsRepository(tx).lockCoupon(couponId)
      if (coupon.state !== 'issued') return
      const outcome = 'failed'
      await ends.release(tx, coupon, { by: 'system:welcome', reason: 'notSent', outcome, detail: null })
    },

    /** Gives back every reservation past its deadline, and what groups have left. @returns how many were found */
    sweep: (signal?: AbortSignal): Promise<number> => ends.sweep(signal),

    /** Ends every coupon whose last day has passed and gives its piece back. @returns how many were found */
    expire: (signal?: AbortSignal): Promise<number> => ends.expire(signal),
  }
}

const by = (
  coupon: LockedCoupon,
  who: string,
  at: Date,
  intent?: Intent,
): Pick<StateChange, 'couponId' | 'from' | 'by' | 'at' | 'reason' | 'idempotencyKey'> => ({
  couponId: coupon.couponId,
  from: coupon.state,
  by: who,
  at,
  reason: null,
  idempotencyKey: intent?.key ?? null,
})

const givingOf = (
  template: GivenTemplate,
  tier: string | null,
  slot: number | undefined,
  givenToday: number,
): Giving => ({
  state: template.state,
  validity: template.validity,
  isOfTier: template.tiers.length === 0 || template.tiers.includes(tier ?? ''),
  hasRoom: slot !== undefined,
  isSoldOut: template.isSoldOut,
  leftToday: leftOfDay(template.perGuidePerDay, givenToday),
})

/** In the words for who gives. */
function refused(refusal: GivingRefusal, { perPerson }: GivenTemplate, givenToday: number): Conflict {
  if (refusal === 'soldOut') return new Conflict('coupon_sold_out')
  if (refusal === 'alreadyHeld')
    return new Conflict('coupon_already_granted', { detail: `每人限 ${perPerson} 张，已发 ${perPerson} 张` })
  if (refusal === 'tier') return new Conflict('state_conflict', { detail: '这张券只给指定会员等级' })
  return refusal === 'dayLimit'
    ? new Conflict('state_conflict', { detail: `你今天已经发了 ${givenToday} 张，明天再发` })
    : new Conflict('state_conflict')
}

/** Tokens and codes of a new coupon: who has the link has the coupon (P6). */
export const newSecrets = (): { token: string; code: string } => ({
  token: randomToken(TOKEN_BYTES),
  code: couponCode(randomBytes(COUPON_CODE_RANDOM_BYTES)),
})

const newCoupon = (
  giver: { corpId: number; staffId: number },
  { templateId }: { templateId: string },
  customerId: number,
  slot: number,
  at: Date,
): NewCoupon => ({
  couponId: randomUUID(),
  corpId: giver.corpId,
  templateId,
  customerId,
  staffId: giver.staffId,
  origin: 'chat',
  state: 'reserved',
  slot,
  ...newSecrets(),
  at,
  deadline: new Date(at.getTime() + RESERVATION_SECONDS * 1000),
  expiresOn: null,
  by: `staff:${giver.staffId}`,
  idempotencyKey: null,
})
