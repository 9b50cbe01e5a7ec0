import { randomBytes, randomUUID } from 'node:crypto'
import type {
  CouponOffer,
  CouponReservation,
  CouponShelf,
  CustomerCoupon,
} from '../../../shared/contract/coupons.ts'
import type { ReasonClass } from '../../../shared/contract/reasonClass.ts'
import {
  COUPON_CODE_RANDOM_BYTES,
  couponCode,
  couponState,
  validUntilAfterClaim,
} from '../../../shared/rules/coupon.ts'
import type { Actor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Conflict, Forbidden, NotFound } from '../../errors.ts'
import { randomToken } from '../../sealing.ts'
import type { CustomersService, NewTouch } from '../customers/customers.service.ts'
import type { RestraintService } from '../restraint/restraint.service.ts'
import type { SendsService } from '../sends/sends.service.ts'
import { couponCard } from './couponCard.ts'
import {
  createCouponsRepository,
  type EndedCoupon,
  type HeldCoupon,
  type LockedCoupon,
  type NewTemplate,
  type StateChange,
} from './coupons.repository.ts'

/** A reservation that is neither confirmed nor claimed by then is given back (P10). */
export const RESERVATION_SECONDS = 10 * 60
/** 128 bits: who has the link has the coupon (P6). */
const TOKEN_BYTES = 16
/** Coupons one run of a job ends per transaction. */
const BATCH = 200

interface Deps {
  db: Db
  clock: Clock
  customers: Pick<CustomersService, 'findOwnFollow' | 'recordTouches'>
  restraint: Pick<RestraintService, 'admit' | 'note'>
  sends: Pick<SendsService, 'startForCoupon' | 'endForCoupons'>
  publicUrl: string
  timeZone: string
}

/** A new offer; `seedKey` makes it one that is installed only once per corp. */
export interface TemplateDraft extends Omit<NewTemplate, 'templateId' | 'seedKey'> {
  seedKey?: string
}

/** How a claim went: `claimed` also when it had been claimed before; `closed` when there is nothing to claim any more. */
export type ClaimResult = 'claimed' | 'closed'

export type CouponsService = ReturnType<typeof createCouponsService>

export const createCouponsService = ({
  db,
  clock,
  customers,
  restraint,
  sends,
  publicUrl,
  timeZone,
}: Deps) => {
  const today = () => clock.today(timeZone)

  async function touch(
    tx: Tx,
    { corpId, customerId }: Pick<EndedCoupon, 'corpId' | 'customerId'>,
    line: Omit<NewTouch, 'customerId'>,
  ): Promise<void> {
    await customers.recordTouches(tx, [{ corpId, customerId, ...line }])
  }

  async function get(actor: StaffActor, couponId: string): Promise<CustomerCoupon> {
    const found = await createCouponsRepository(db).findGiven(actor, couponId)
    if (!found) throw new NotFound()
    return toCustomerCoupon(found, today())
  }

  /** The member's coupon, held by this transaction behind its template. */
  async function lockOwn(tx: Tx, actor: StaffActor, couponId: string): Promise<LockedCoupon> {
    const repository = createCouponsRepository(tx)
    const templateId = await repository.findTemplateOf(actor, couponId)
    if (!templateId) throw new NotFound()
    await repository.lockTemplate(actor.corpId, templateId)
    return repository.lockCoupon(couponId)
  }

  /** Gives back what the deadlines of these reservations have freed; the transaction holds their templates. */
  async function releaseOverdue(tx: Tx, couponIds: readonly string[]): Promise<void> {
    const ended = await createCouponsRepository(tx).endMany(couponIds, {
      from: ['reserved'],
      to: 'released',
      by: 'job:coupons.sweep',
      reason: 'deadline',
      at: clock.now(),
    })
    const endedIds = ended.map(coupon => coupon.couponId)
    await sends.endForCoupons(tx, endedIds, 'unknown', null)
    await customers.recordTouches(
      tx,
      ended.map(({ corpId, customerId, name }) => ({
        corpId,
        customerId,
        kind: 'couponReleased',
        by: 'system',
        what: name,
        detail: '过了时间没有回音，已退回',
        outcome: 'unknown',
      })),
    )
  }

  const issued = (tx: Tx, coupon: LockedCoupon) =>
    touch(tx, coupon, {
      kind: 'couponIssued',
      by: 'staff',
      staffId: coupon.staffId,
      what: coupon.name,
      outcome: 'ok',
    })

  /** Works through what `list` finds, a batch per transaction, templates first. */
  async function endInBatches(
    list: () => Promise<string[]>,
    end: (tx: Tx, couponIds: readonly string[]) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<number> {
    let total = 0
    for (;;) {
      const couponIds = await list()
      if (couponIds.length > 0) {
        await db.transaction(async tx => {
          await createCouponsRepository(tx).lockTemplatesOf(couponIds)
          await end(tx, couponIds)
        })
      }
      total += couponIds.length
      if (couponIds.length < BATCH || signal?.aborted) return total
    }
  }

  return {
    /**
     * Adds an offer. With a `seedKey` it may be repeated: what is there stays as it is.
     * @throws Forbidden for guides.
     * @returns the template's id
     */
    async createTemplate(actor: Actor, { seedKey, ...draft }: TemplateDraft): Promise<string> {
      if (actor.kind === 'staff' && actor.role === 'guide') throw new Forbidden()
      const repository = createCouponsRepository(db)
      const templateId = randomUUID()
      const isAdded = await repository.insertTemplate(
        actor.corpId,
        { ...draft, templateId, seedKey: seedKey ?? null },
        clock.now(),
      )
      return isAdded || seedKey === undefined ? templateId : repository.getTemplateId(actor.corpId, seedKey)
    },

    /** What may be given to this customer now, and what she holds. @throws NotFound for a customer out of scope. */
    async shelf(actor: StaffActor, externalUserId: string): Promise<CouponShelf> {
      const repository = createCouponsRepository(db)
      const found = await repository.findHeld(actor, externalUserId, clock.now())
      if (!found) throw new NotFound()
      const offers = await repository.listOffers(actor.corpId, found.customerId, clock.now(), today())
      return {
        offers: offers.map(offer => ({
          templateId: offer.templateId,
          name: offer.name,
          face: offer.face,
          validity: offer.validity,
          stockLeft: Math.max(0, offer.stockLeft),
          occasions: [],
          refusal: refusalOf(offer),
        })),
        held: found.held.map(coupon => toCustomerCoupon(coupon, today())),
      }
    },

    /**
     * Takes one piece for a customer and prepares the card. It must be confirmed or released before the deadline.
     * @throws Conflict coupon_sold_out, coupon_already_granted, or state_conflict for an offer that is not running;
     *   NotFound for a customer of others or an unknown offer; Refusal limit_reached when she is not to be written to now.
     */
    async reserve(
      actor: StaffActor,
      request: {
        templateId: string
        externalUserId: string
        reminderId: string | null
        reasonClass?: ReasonClass | undefined
        confirmed?: boolean | undefined
      },
      intent: Intent | undefined,
    ): Promise<CouponReservation> {
      const { couponId } = await once(db, actor, intent, clock.now(), async tx => {
        const { customerId } = await customers.findOwnFollow(tx, actor, request.externalUserId)
        // Before the template: whoever waits for its turn with this customer must not hold everybody's coupons.
        const admission = await restraint.admit(tx, actor, {
          to: { customerId, groupChatId: null },
          channel: 'coupon',
          scriptId: null,
          reasonClass: request.reasonClass,
          confirmed: request.confirmed,
        })
        const repository = createCouponsRepository(tx)
        const template = await repository.lockTemplate(actor.corpId, request.templateId)
        if (!template) throw new NotFound()
        const now = clock.now()
        if (template.state !== 'running' || isPast(template.validity, today()))
          throw new Conflict('state_conflict')
        const overdue = await repository.listOverdue(now, BATCH, template.templateId)
        if (overdue.length > 0) await releaseOverdue(tx, overdue)

        const coupon = {
          couponId: randomUUID(),
          templateId: template.templateId,
          customerId,
          token: randomToken(TOKEN_BYTES),
          code: couponCode(randomBytes(COUPON_CODE_RANDOM_BYTES)),
          reservedAt: now,
          deadline: new Date(now.getTime() + RESERVATION_SECONDS * 1000),
        }
        const hasSlot = await repository.insertCoupon(actor, coupon, template.perPerson)
        if (!hasSlot) throw new Conflict('coupon_already_granted')
        const isTaken = await repository.take(template.templateId)
        if (!isTaken) throw new Conflict('coupon_sold_out')
        const sendId = await sends.startForCoupon(tx, actor, {
          customerId,
          couponId: coupon.couponId,
          title: `优惠券 · ${template.name}`,
          card: { kind: 'news', ...couponCard(template, publicUrl, coupon.token) },
          reminderId: request.reminderId,
        })
        await restraint.note(tx, actor, sendId, admission)
        return { couponId: coupon.couponId }
      })
      const found = await createCouponsRepository(db).findReservation(actor, couponId)
      if (!found) throw new NotFound()
      return {
        couponId,
        sendId: found.sendId,
        deadline: found.deadline.toISOString(),
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
          ...by(coupon, `staff:${actor.staffId}`, at),
          to: 'issued',
          issuedAt: at,
          ...(coupon.validity.kind === 'until' ? { expiresOn: coupon.validity.day } : {}),
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
      { outcome, reason }: { outcome: 'cancelled' | 'failed'; reason: string | null },
      intent: Intent | undefined,
    ): Promise<CustomerCoupon> {
      await once(db, actor, intent, clock.now(), async tx => {
        const coupon = await lockOwn(tx, actor, couponId)
        if (coupon.state !== 'reserved') throw new Conflict('state_conflict')
        await createCouponsRepository(tx).changeState({
          ...by(coupon, `staff:${actor.staffId}`, clock.now()),
          to: 'released',
          reason: outcome,
        })
        await sends.endForCoupons(tx, [couponId], outcome, reason)
        await touch(tx, coupon, {
          kind: 'couponReleased',
          by: 'staff',
          staffId: actor.staffId,
          what: coupon.name,
          outcome,
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
        await repository.lockTemplate(found.corpId, found.templateId)
        const coupon = await repository.lockCoupon(found.couponId)
        if (coupon.state === 'claimed' || coupon.state === 'redeemed') return 'claimed'
        const isOpen = coupon.state === 'reserved' || coupon.state === 'issued'
        if (!isOpen || isPast(coupon.validity, today())) return 'closed'
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

    /** Gives back every reservation past its deadline. @returns how many were found */
    async sweep(signal?: AbortSignal): Promise<number> {
      return endInBatches(
        () => createCouponsRepository(db).listOverdue(clock.now(), BATCH),
        releaseOverdue,
        signal,
      )
    },

    /** Ends every coupon whose last day has passed and gives its piece back. @returns how many were found */
    async expire(signal?: AbortSignal): Promise<number> {
      return endInBatches(
        () => createCouponsRepository(db).listPast(today(), BATCH),
        async (tx, couponIds) => {
          await createCouponsRepository(tx).endMany(couponIds, {
            from: ['issued', 'claimed'],
            to: 'expired',
            by: 'job:coupons.expire',
            reason: 'lastDay',
            at: clock.now(),
          })
        },
        signal,
      )
    },
  }
}

const by = (
  coupon: LockedCoupon,
  who: string,
  at: Date,
): Pick<StateChange, 'couponId' | 'from' | 'by' | 'at' | 'reason'> => ({
  couponId: coupon.couponId,
  from: coupon.state,
  by: who,
  at,
  reason: null,
})

const isPast = (validity: CouponOffer['validity'], day: string) =>
  validity.kind === 'until' && validity.day < day

function refusalOf(offer: { held: number; perPerson: number; stockLeft: number }): CouponOffer['refusal'] {
  if (offer.held >= offer.perPerson) return 'alreadyHeld'
  return offer.stockLeft <= 0 ? 'soldOut' : null
}

function toCustomerCoupon(coupon: HeldCoupon, day: string): CustomerCoupon {
  return {
    couponId: coupon.couponId,
    name: coupon.name,
    face: coupon.face,
    state: couponState(coupon.state, coupon.expiresOn ?? undefined, day),
    issuedAt: coupon.issuedAt.toISOString(),
    issuedBy: coupon.issuedBy,
    expiresOn: coupon.expiresOn,
  }
}
