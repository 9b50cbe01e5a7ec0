import { randomUUID } from 'node:crypto'
import type {
  CouponShare,
  CouponShareReservation,
  GroupCouponShelf,
} from '../../../shared/contract/couponShares.ts'
import type { ReasonClass } from '../../../shared/contract/reasonClass.ts'
import { validUntilAfterClaim } from '../../../shared/rules/coupon.ts'
import { conditionText } from '../../../shared/rules/couponCardText.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Conflict, NotFound } from '../../errors.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import type { GroupsService } from '../groups/groups.service.ts'
import type { RestraintService } from '../restraint/restraint.service.ts'
import type { SendsService } from '../sends/sends.service.ts'
import { couponCard } from './couponCard.ts'
import type { CouponEnds } from './couponEnds.ts'
import { createCouponsRepository, type GivenTemplate } from './coupons.repository.ts'
import { newSecrets, RESERVATION_SECONDS, type CouponsService } from './coupons.service.ts'
import { isPast, leftOfDay, refusalToGive } from './givable.ts'
import { OWN_ISSUER } from './issuer.ts'
import {
  createSharesRepository,
  type HeldShare,
  type NewShare,
  type PiecesChange,
  type ShownShare,
} from './shares.repository.ts'
import { createStockRepository } from './stock.repository.ts'
import { waitForPiece } from './takePiece.ts'

/** Links a group's page shows. */
const SHOWN = 10
/** Links one run of the job ends. */
const ENDED_PER_RUN = 500
const HOUR_MS = 3_600_000

interface Deps {
  db: Db
  clock: Clock
  customers: Pick<CustomersService, 'recordTouches'>
  groups: Pick<GroupsService, 'findGroup'>
  restraint: Pick<RestraintService, 'admit' | 'note'>
  sends: Pick<SendsService, 'startForShare' | 'endForShares'>
  coupons: Pick<CouponsService, 'listOffersForGroup'> & { ends: CouponEnds }
  publicUrl: string
  timeZone: string
}

/** Somebody who opened the link of a group: known by a keyed hash, and as a customer where WeCom says which. */
export interface Claimant {
  hash: Buffer
  externalUserId: string | null
}

export type CouponSharesService = ReturnType<typeof createCouponSharesService>

/** One link in a group: so many pieces, one for each person. Every piece is a coupon of the template's stock from the beginning. */
export const createCouponSharesService = (deps: Deps) => {
  const { db, clock, customers, groups, restraint, sends, coupons, publicUrl, timeZone } = deps
  const { ends } = coupons
  const today = () => clock.today(timeZone)

  async function get(actor: StaffActor, shareId: string): Promise<ShownShare> {
    const [found] = await createSharesRepository(db).list(actor, { shareId }, 1)
    if (!found) throw new NotFound()
    return found
  }

  async function lockOwn(tx: Tx, actor: StaffActor, shareId: string): Promise<HeldShare> {
    const share = await createSharesRepository(tx).lockOwn(actor, shareId)
    if (!share) throw new NotFound()
    return share
  }

  const changeOf = (by: string, intent?: Intent, reason: string | null = null): PiecesChange => ({
    by,
    reason,
    at: clock.now(),
    idempotencyKey: intent?.key ?? null,
  })

  /** The card lies in the group: told by the guide, or shown by the first who claims. */
  async function issue(tx: Tx, share: HeldShare, change: PiecesChange): Promise<void> {
    const repository = createSharesRepository(tx)
    const lastDay = share.validity.kind === 'until' ? share.validity.day : null
    await repository.issuePieces(share.shareId, lastDay, change)
    await repository.setState(share.shareId, 'issued')
    await sends.endForShares(tx, [share.shareId], 'ok', null)
  }

  /** What nobody has claimed goes back. */
  async function end(
    tx: Tx,
    share: HeldShare,
    state: 'released' | 'ended',
    change: PiecesChange & { reason: string },
  ): Promise<void> {
    const repository = createSharesRepository(tx)
    const pieces = await repository.releasePieces(share.shareId, change)
    await repository.setState(share.shareId, state)
    await ends.giveBack(tx, pieces, change.reason)
  }

  /** @throws Conflict when this template cannot go into a group now */
  async function assertGivable(
    tx: Tx,
    actor: StaffActor,
    template: GivenTemplate,
    count: number,
  ): Promise<void> {
    if (template.issuer !== OWN_ISSUER)
      throw new Conflict('state_conflict', { detail: '这张券由别的系统发，不能发到群里' })
    const { state, validity, perGuidePerDay, templateId } = template
    const given =
      perGuidePerDay === null
        ? 0
        : await createCouponsRepository(tx).countToday(actor, templateId, { today: today(), timeZone })
    const leftToday = leftOfDay(perGuidePerDay, given)
    // A group has no limit of its own, and what is left of the stock is decided by drawing.
    const ofGroup = { isOfTier: template.tiers.length === 0, hasRoom: true, isSoldOut: false }
    const refusal = refusalToGive({ state, validity, leftToday, ...ofGroup }, today(), count)
    if (refusal === null) return
    if (refusal === 'tier')
      throw new Conflict('state_conflict', { detail: '这张券只给指定会员等级，不能发到群里' })
    if (refusal === 'dayLimit')
      throw new Conflict('state_conflict', { detail: `你今天还能发 ${leftToday ?? 0} 张` })
    throw new Conflict('state_conflict')
  }

  /** The pools of so many pieces. @throws Conflict coupon_sold_out when so many are not free */
  async function draw(tx: Tx, templateId: string, count: number): Promise<number[]> {
    const stock = createStockRepository(tx)
    const drawn = await stock.draw(templateId, count)
    if (drawn.length === count) return drawn
    const isReleased = (await ends.releaseOverdueOf(tx, templateId)) > 0
    const again = isReleased ? await stock.draw(templateId, count) : []
    if (again.length === count) return again
    throw new Conflict('coupon_sold_out', { detail: `没有 ${count} 张了，少发一些试试` })
  }

  const cardOf = (
    share: Pick<ShownShare, 'name' | 'face' | 'validity' | 'pictureId' | 'token' | 'count'>,
  ) => ({
    ...couponCard(share, publicUrl, share.token),
    description: `${conditionText(share)}，共 ${share.count} 张，一人一张`,
  })

  return {
    /** What may be given to this group, and what was given lately. @throws NotFound for a group of others */
    async shelf(actor: StaffActor, chatId: string): Promise<GroupCouponShelf> {
      const { groupChatId } = await groups.findGroup(actor, chatId)
      const offers = await coupons.listOffersForGroup(actor)
      const shares = await createSharesRepository(db).list(actor, { groupChatId }, SHOWN)
      return { offers, shares: shares.map(toShare) }
    },

    /**
     * Takes pieces for a group and prepares the card. It must be confirmed or released before the deadline.
     * @throws NotFound for a group of others or an unknown offer; Conflict coupon_sold_out or state_conflict; Refusal limit_reached
     */
    async reserve(
      actor: StaffActor,
      request: {
        templateId: string
        chatId: string
        count: number
        hours: number
        reasonClass?: ReasonClass | undefined
        confirmed?: boolean | undefined
      },
      intent: Intent | undefined,
    ): Promise<CouponShareReservation> {
      // Before the transaction: inside it this would be a second connection, and enough of them at once have none left.
      const { groupChatId } = await groups.findGroup(actor, request.chatId)
      const { shareId } = await once(db, actor, intent, clock.now(), async tx => {
        const admission = await restraint.admit(tx, actor, {
          to: { customerId: null, groupChatId },
          channel: 'group',
          scriptId: null,
          reasonClass: request.reasonClass,
          confirmed: request.confirmed,
        })
        const template = await createCouponsRepository(tx).findTemplate(
          actor,
          request.templateId,
          clock.now(),
        )
        if (!template) throw new NotFound()
        await assertGivable(tx, actor, template, request.count)
        const at = clock.now()
        const share: NewShare = {
          shareId: randomUUID(),
          templateId: template.templateId,
          groupChatId,
          token: newSecrets().token,
          count: request.count,
          at,
          deadline: new Date(at.getTime() + RESERVATION_SECONDS * 1000),
          endsAt: new Date(at.getTime() + request.hours * HOUR_MS),
        }
        const repository = createSharesRepository(tx)
        await repository.insert(actor, share)
        const card = { kind: 'news' as const, ...cardOf({ ...template, ...share }) }
        const title = `优惠券 · ${template.name}`
        const { shareId } = share
        const sendId = await sends.startForShare(tx, actor, { groupChatId, shareId, title, card })
        await restraint.note(tx, actor, sendId, admission)
        const pools = await draw(tx, template.templateId, request.count)
        const pieces = pools.map(pool => ({ couponId: randomUUID(), pool, ...newSecrets() }))
        await repository.insertPieces(actor, share, pieces, changeOf(`staff:${actor.staffId}`, intent))
        return { shareId }
      })
      const found = await get(actor, shareId)
      return {
        shareId,
        sendId: found.sendId,
        count: found.count,
        deadline: found.deadline.toISOString(),
        endsAt: found.endsAt.toISOString(),
        card: cardOf(found),
      }
    },

    /** The card is in the group. @throws NotFound for another's; Conflict when it was released, confirmed or has ended before */
    async confirm(actor: StaffActor, shareId: string, intent: Intent | undefined): Promise<CouponShare> {
      await once(db, actor, intent, clock.now(), async tx => {
        const share = await lockOwn(tx, actor, shareId)
        // Somebody has claimed already: the card is there, and the guide may say so too.
        const isClaimed =
          share.state === 'issued' && (await createSharesRepository(tx).countClaimed(shareId)) > 0
        if (share.state !== 'reserved' && !isClaimed) throw new Conflict('state_conflict')
        if (share.state === 'reserved') await issue(tx, share, changeOf(`staff:${actor.staffId}`, intent))
        return { shareId }
      })
      return toShare(await get(actor, shareId))
    },

    /** The card did not go out: all pieces go back. @throws NotFound for another's; Conflict unless it is only reserved */
    async release(
      actor: StaffActor,
      shareId: string,
      { outcome, reason }: { outcome: 'cancelled' | 'failed'; reason: string | null },
      intent: Intent | undefined,
    ): Promise<CouponShare> {
      await once(db, actor, intent, clock.now(), async tx => {
        const share = await lockOwn(tx, actor, shareId)
        if (share.state !== 'reserved') throw new Conflict('state_conflict')
        await sends.endForShares(tx, [shareId], outcome, reason)
        await end(tx, share, 'released', {
          ...changeOf(`staff:${actor.staffId}`, intent),
          reason: outcome,
        })
        return { shareId }
      })
      return toShare(await get(actor, shareId))
    },

    /**
     * Nobody claims from it any more: what nobody has claimed goes back, what has been claimed stays with whoever has it.
     * @throws NotFound for one that nobody of hers has given; Conflict unless it lies in the group
     */
    async withdraw(actor: StaffActor, shareId: string, intent: Intent | undefined): Promise<CouponShare> {
      await once(db, actor, intent, clock.now(), async tx => {
        const share = await createSharesRepository(tx).lockGiven(actor, shareId)
        if (!share) throw new NotFound()
        if (share.state !== 'issued') throw new Conflict('state_conflict')
        await end(tx, share, 'ended', { ...changeOf(`staff:${actor.staffId}`, intent), reason: 'withdrawn' })
        await appendAudit(tx, {
          actor,
          at: clock.now(),
          action: 'couponShareWithdrawn',
          subject: { kind: 'couponTemplate', id: share.templateId },
          detail: { shareId },
        })
        return { shareId }
      })
      return toShare(await get(actor, shareId))
    },

    /** Links of a template that lie in groups now, given by people of the actor's scope. */
    async listOpen(actor: StaffActor, templateId: string): Promise<CouponShare[]> {
      return (await createSharesRepository(db).list(actor, { openOf: templateId }, SHOWN)).map(toShare)
    },

    /**
     * One piece for one person; asking again gives the same piece, and who already holds what a person may hold of this template,
     * from whichever link, gets that. The first claim also confirms the send.
     * @returns the token of her own coupon; undefined when there is none for her
     * @throws NotFound for a token that is none of ours
     */
    async claimShare(token: string, { hash, externalUserId }: Claimant): Promise<string | undefined> {
      const share = await createSharesRepository(db).findByToken(token)
      if (!share) throw new NotFound()
      const isOpen = isOpenNow(share)
      if (isOpen && share.state === 'reserved') await confirmByClaim(share.shareId)
      return db.transaction(async tx => {
        const repository = createSharesRepository(tx)
        await repository.lockHolder(share.templateId, hash)
        const customer = await lockKnown(tx, share.corpId, { hash, externalUserId })
        const own = await repository.findOwnPiece(share.shareId, hash)
        if (own !== undefined) return own
        // The condition may have come after the link.
        const isMeant = share.tiers.length === 0 || share.tiers.includes(customer?.tier ?? '')
        if (!isOpen || !isMeant) return undefined
        const { templateId, perPerson } = share
        const customerId = customer?.customerId ?? null
        const held = await repository.listHeld(templateId, { holder: hash, customerId })
        if (held.length >= perPerson) return held[0]
        const slot =
          customerId === null
            ? null
            : await createCouponsRepository(tx).findFreeSlot(templateId, customerId, perPerson)
        if (slot === undefined) throw new Error('less is held than one person may, and no slot is free')
        const at = clock.now()
        const expiresOn = validUntilAfterClaim(share.validity, at.getTime(), timeZone)
        const claimed = await claimAny(tx, share, { holder: hash, customerId, slot }, { at, expiresOn })
        if (claimed !== undefined && customerId !== null)
          await customers.recordTouches(tx, [claimTouch(share.corpId, customerId, share.name)])
        return claimed
      })
    },

    /** Ends every link past its hours, and every one nobody answered for. @returns how many */
    async sweep(signal?: AbortSignal): Promise<number> {
      for (let ended = 0; ended < ENDED_PER_RUN; ended++) {
        if (signal?.aborted) return ended
        const isEnded = await db.transaction(async tx => {
          const share = await createSharesRepository(tx).lockDue(clock.now())
          if (!share) return false
          const isUnanswered = share.state === 'reserved'
          if (isUnanswered) await sends.endForShares(tx, [share.shareId], 'unknown', null)
          const reason = isUnanswered ? 'deadline' : 'shareEnd'
          const change = { ...changeOf('job:coupons.sweep'), reason }
          await end(tx, share, isUnanswered ? 'released' : 'ended', change)
          return true
        })
        if (!isEnded) return ended
      }
      return ENDED_PER_RUN
    },
  }

  function isOpenNow(share: HeldShare): boolean {
    const isOut = share.state === 'reserved' || share.state === 'issued'
    return isOut && share.endsAt > clock.now() && !isPast(share.validity, today())
  }

  /** By itself, so that nobody who claims at the same time waits until this claim has its piece. */
  async function confirmByClaim(shareId: string): Promise<void> {
    await db.transaction(async tx => {
      const held = await createSharesRepository(tx).lock(shareId)
      if (held.state === 'reserved') await issue(tx, held, changeOf('customer'))
    })
  }

  /** The customer, held, where WeCom says which she is; what she has claimed as a stranger is hers from now on. */
  async function lockKnown(
    tx: Tx,
    corpId: number,
    { hash, externalUserId }: Claimant,
  ): Promise<{ customerId: number; tier: string | null } | undefined> {
    if (externalUserId === null) return undefined
    const repository = createSharesRepository(tx)
    const customerId = await repository.findCustomer(corpId, externalUserId)
    if (customerId === undefined) return undefined
    const tier = await createCouponsRepository(tx).lockCustomer(corpId, customerId)
    const names = await repository.adoptPieces(corpId, hash, customerId)
    const touches = names.map(name => claimTouch(corpId, customerId, name))
    if (touches.length > 0) await customers.recordTouches(tx, touches)
    return { customerId, tier }
  }

  /** As `takePiece`: first one that nobody holds, then whoever holds one is waited for. */
  async function claimAny(
    tx: Tx,
    share: HeldShare,
    person: { holder: Buffer; customerId: number | null; slot: number | null },
    claim: { at: Date; expiresOn: string },
  ): Promise<string | undefined> {
    const repository = createSharesRepository(tx)
    const claimed = await createStockRepository(tx).holdingOnSuccess(() =>
      repository.claimPiece(share, person, claim, false),
    )
    if (claimed !== undefined) return claimed
    return waitForPiece(tx, {
      hasFree: () => repository.hasFree(share.shareId),
      take: () => repository.claimPiece(share, person, claim, true),
    })
  }
}

const claimTouch = (corpId: number, customerId: number, what: string) =>
  ({ corpId, customerId, kind: 'couponClaimed', by: 'customer', what, detail: '客户群' }) as const

const toShare = (share: ShownShare): CouponShare => ({
  shareId: share.shareId,
  templateId: share.templateId,
  name: share.name,
  face: share.face,
  state: share.state,
  count: share.count,
  claimed: share.claimed,
  by: share.by,
  endsAt: share.endsAt.toISOString(),
  mayWithdraw: share.mayWithdraw,
})
