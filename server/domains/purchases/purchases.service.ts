import { randomUUID } from 'node:crypto'
import type { Page, PageQuery } from '../../../shared/contract/page.ts'
import type {
  Purchase,
  PurchaseChange,
  PurchaseDraft,
  TraceWindows,
} from '../../../shared/contract/purchases.ts'
import { addDays, type CivilDay } from '../../../shared/rules/civilDay.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Conflict, Forbidden, Invalid, NotFound, VersionConflict } from '../../errors.ts'
import type { Queue } from '../../jobs/job.ts'
import type { Sealing } from '../../sealing.ts'
import { createPageCursors, cutPage } from '../../pageCursor.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import {
  createPurchasesRepository,
  type PurchasesOf,
  type SeenPurchase,
  type ToldPurchase,
} from './purchases.repository.ts'
import { retraceCorp } from './retraceCorp.ts'
import { createTracesRepository, type PurchasePlace } from './traces.repository.ts'

/** What was taken away can be put back for so long. */
const KEPT_ASIDE_MS = 24 * 60 * 60 * 1000
/** Purchases traced by one statement of the nightly run. */
const TRACE_BATCH = 2000
/** The nightly run looks so far back: what is older changes only with the windows, and then everything is computed anew. */
const REPAIR_DAYS = 90
const EVER: CivilDay = '1900-01-01'

interface Deps {
  db: Db
  clock: Clock
  queue: Queue
  sealing: Sealing
  customers: Pick<CustomersService, 'findFollow' | 'recordMinorReads' | 'recordTouches'>
  timeZone: string
}

export type PurchasesService = ReturnType<typeof createPurchasesService>

export const createPurchasesService = ({ db, clock, queue, sealing, customers, timeZone }: Deps) => {
  const cursors = createPageCursors(sealing)
  const purchases = createPurchasesRepository(db)

  /** The customer's purchases, in the actor's scope. @throws NotFound */
  async function open(actor: StaffActor, externalUserId: string): Promise<PurchasesOf> {
    const { customerId, isMine } = await customers.findFollow(db, actor, externalUserId)
    return { customerId, isMine, today: clock.today(timeZone) }
  }

  /** What was bought for a child and what is engraved is the child's data: each look is recorded (P28). */
  async function shown(actor: StaffActor, seen: SeenPurchase[]): Promise<Purchase[]> {
    const children = new Set(seen.flatMap(({ childId }) => (childId === null ? [] : [childId])))
    await customers.recordMinorReads(db, actor, [...children])
    return seen.map(({ purchase }) => purchase)
  }

  /** With what only the database knows: the person must be hers, and then decides the relation. */
  async function settle(
    tx: Tx,
    actor: StaffActor,
    of: PurchasesOf,
    draft: PurchaseDraft,
    /** who stands there already: she may be somebody the member does not see */
    before?: string | null,
  ): Promise<PurchaseDraft> {
    if (draft.day > of.today) throw new Invalid([{ path: 'day', message: '这一天还没有到' }])
    if (draft.personId === null || draft.personId === before) return draft
    const recipient = await createPurchasesRepository(tx).findRelation(actor, of, draft.personId)
    if (recipient === undefined) throw new Invalid([{ path: 'personId', message: '没有这位家人' }])
    return { ...draft, recipient }
  }

  const tell = (tx: Tx, actor: StaffActor, purchase: ToldPurchase) =>
    customers.recordTouches(tx, [
      {
        corpId: actor.corpId,
        customerId: purchase.customerId,
        kind: 'purchase',
        by: 'staff',
        staffId: actor.staffId,
        what: purchase.piece,
        detail: detailOf(purchase),
        at: purchase.createdAt,
        purchaseId: purchase.purchaseId,
      },
    ])

  async function get(actor: StaffActor, of: PurchasesOf, purchaseId: string): Promise<Purchase> {
    const found = await purchases.find(actor, of, purchaseId)
    const [purchase] = await shown(actor, found ? [found] : [])
    if (!purchase) throw new NotFound()
    return purchase
  }

  /**
   * Computes anew which message each purchase of these customers counts for, within the transaction of what has changed:
   * a purchase, or a message that has arrived.
   */
  const trace = (tx: Tx, customerIds: readonly number[]): Promise<void> =>
    createTracesRepository(tx).traceCustomers(customerIds, timeZone)

  async function retrace(corpId: number, since: CivilDay, signal?: AbortSignal): Promise<void> {
    let after: PurchasePlace | undefined
    while (!signal?.aborted) {
      const repository = createTracesRepository(db)
      const last = await repository.findBatch(corpId, since, after, TRACE_BATCH)
      if (!last) return
      await repository.traceBatch(corpId, since, after, last, timeZone)
      after = last
    }
  }

  return {
    trace,

    /** What she bought, newest first. @throws NotFound for a customer out of scope, as everything here. */
    async list(
      actor: StaffActor,
      externalUserId: string,
      { cursor, limit }: PageQuery,
    ): Promise<Page<Purchase>> {
      const of = await open(actor, externalUserId)
      const { customerId } = of
      const listed = `purchases:${customerId}`
      const [day, purchaseId] = cursor === undefined ? [] : cursors.read(actor, listed, cursor)
      const found = await purchases.list(
        actor,
        of,
        cursor === undefined ? undefined : { day: String(day), purchaseId: String(purchaseId) },
        limit + 1,
      )
      const { rows, nextCursor } = cutPage(found, limit, ({ purchase }) =>
        cursors.write(actor, listed, [purchase.day, purchase.purchaseId]),
      )
      return { items: await shown(actor, rows), nextCursor }
    },

    /** @throws Invalid for a day to come or a person who is not hers. */
    async add(
      actor: StaffActor,
      externalUserId: string,
      draft: PurchaseDraft,
      intent?: Intent,
    ): Promise<Purchase> {
      const of = await open(actor, externalUserId)
      const { customerId } = of
      const { purchaseId } = await once(db, actor, intent, clock.now(), async tx => {
        const settled = await settle(tx, actor, of, draft)
        const made = { purchaseId: randomUUID() }
        const now = clock.now()
        await createPurchasesRepository(tx).insert(actor, customerId, made.purchaseId, settled, now)
        await tell(tx, actor, { ...settled, ...made, customerId, createdAt: now })
        await trace(tx, [customerId])
        return made
      })
      return get(actor, of, purchaseId)
    },

    /**
     * @param version the one the member saw
     * @throws VersionConflict when somebody changed it since; Invalid as `add`.
     */
    async change(
      actor: StaffActor,
      externalUserId: string,
      purchaseId: string,
      change: PurchaseChange,
      version: number,
    ): Promise<Purchase> {
      const of = await open(actor, externalUserId)
      const { customerId } = of
      await db.transaction(async tx => {
        const repository = createPurchasesRepository(tx)
        const before = await repository.find(actor, of, purchaseId)
        if (!before) throw new NotFound()
        const hidden = await repository.findHidden(actor, of, purchaseId)
        const changed = changedDraft(before.purchase, change, hidden)
        const draft = await settle(tx, actor, of, changed, (hidden ?? before.purchase).personId)
        const isChanged = await repository.change(actor, customerId, purchaseId, draft, version)
        if (!isChanged) throw new VersionConflict()
        await repository.retell(actor, purchaseId, { what: draft.piece, detail: detailOf(draft) })
        await trace(tx, [customerId])
      })
      return get(actor, of, purchaseId)
    },

    /** Takes it away; for a day it can be put back. */
    async remove(actor: StaffActor, externalUserId: string, purchaseId: string): Promise<void> {
      const { customerId } = await customers.findFollow(db, actor, externalUserId)
      await db.transaction(async tx => {
        const repository = createPurchasesRepository(tx)
        await repository.holdCoupon(actor, customerId, purchaseId)
        const isRemoved = await repository.remove(actor, customerId, purchaseId, clock.now())
        if (!isRemoved) throw new NotFound()
        await repository.untell(actor, purchaseId)
      })
    },

    /** Puts back what was taken away less than a day ago; one that is there stays as it is. */
    async restore(actor: StaffActor, externalUserId: string, purchaseId: string): Promise<Purchase> {
      const of = await open(actor, externalUserId)
      const { customerId } = of
      await db.transaction(async tx => {
        const since = new Date(clock.now().getTime() - KEPT_ASIDE_MS)
        const repository = createPurchasesRepository(tx)
        await repository.holdCoupon(actor, customerId, purchaseId)
        const restored = await repository.restore(actor, customerId, purchaseId, since)
        if (!restored) return
        await tell(tx, actor, restored)
        await trace(tx, [customerId])
      })
      return get(actor, of, purchaseId)
    },

    /**
     * Whether the customer answered the message this purchase counts for, as the guide knows.
     * @throws Conflict when it counts for none.
     */
    async answerTrace(
      actor: StaffActor,
      externalUserId: string,
      purchaseId: string,
      isReplied: boolean,
    ): Promise<Purchase> {
      const of = await open(actor, externalUserId)
      const { customerId } = of
      await get(actor, of, purchaseId)
      await db.transaction(async tx => {
        const repliedAt = isReplied ? clock.now() : null
        const isWritten = await createTracesRepository(tx).writeReply(
          actor,
          customerId,
          purchaseId,
          repliedAt,
        )
        if (!isWritten) throw new Conflict()
        await trace(tx, [customerId])
      })
      return get(actor, of, purchaseId)
    },

    /** @throws Forbidden for guides */
    async getWindows(actor: StaffActor): Promise<TraceWindows> {
      if (actor.role === 'guide') throw new Forbidden()
      return createTracesRepository(db).getWindows(actor)
    },

    /** What has been traced is computed anew afterwards, by a job. @throws Forbidden for all but admins */
    async changeWindows(actor: StaffActor, windows: TraceWindows): Promise<TraceWindows> {
      if (actor.role !== 'admin') throw new Forbidden()
      await db.transaction(async tx => {
        await createTracesRepository(tx).writeWindows(actor, windows)
        await queue.send(tx, retraceCorp, { corpId: actor.corpId }, { key: String(actor.corpId) })
        await appendAudit(tx, {
          actor,
          at: clock.now(),
          action: 'traceWindowsChanged',
          detail: { ...windows },
        })
      })
      return windows
    },

    /**
     * The sale a coupon was used for, noted at the till within the transaction of its use: the customer need not be in the
     * member's scope.
     */
    async addOfCoupon(
      tx: Tx,
      actor: StaffActor,
      sale: { customerId: number; couponId: string; piece: string; amountFen: number },
    ): Promise<void> {
      const { customerId, couponId, piece, amountFen } = sale
      const purchaseId = randomUUID()
      const now = clock.now()
      const draft = { day: clock.today(timeZone), piece, amountFen, ...notSaid }
      await createPurchasesRepository(tx).insert(actor, customerId, purchaseId, draft, now, couponId)
      await tell(tx, actor, { ...draft, purchaseId, customerId, createdAt: now })
      await trace(tx, [customerId])
    },

    /** The use was taken back, and with it the sale, which cannot be put back either. */
    async removeOfCoupon(tx: Tx, actor: StaffActor, couponId: string): Promise<void> {
      const repository = createPurchasesRepository(tx)
      const removed = await repository.removeOfCoupon(actor, couponId)
      if (!removed) return
      await repository.untell(actor, removed.purchaseId)
      await trace(tx, [removed.customerId])
    },

    /** Every purchase of a corp anew, after its windows have changed. */
    retraceCorp: (corpId: number, signal?: AbortSignal): Promise<void> => retrace(corpId, EVER, signal),

    /**
     * The night's work: traces that two writes at the same moment have missed are put right, and what was set aside a day ago
     * is forgotten. May be repeated, broken off and run by several processes at once.
     */
    async runNightly(signal?: AbortSignal): Promise<void> {
      const since = addDays(clock.today(timeZone), -REPAIR_DAYS)
      for (const corpId of await createTracesRepository(db).listCorps()) await retrace(corpId, since, signal)
      await purchases.forgetRemoved(new Date(clock.now().getTime() - KEPT_ASIDE_MS))
    },
  }
}

/** What nobody says at the till. */
const notSaid = { recipient: null, personId: null, isCustom: false, engraving: null }

/** The second line of a purchase in the timeline. */
export const detailOf = ({ isCustom }: { isCustom: boolean }): string | null => (isCustom ? '定制' : null)

/**
 * The purchase as it shall be. Another recipient is another person, unless that one is named too.
 * @param hidden for whom it stands, where the member does not see that person: what she leaves empty stays so, and what is
 *   engraved for that person does not go to another
 */
function changedDraft(
  before: Purchase,
  change: PurchaseChange,
  hidden?: Pick<PurchaseDraft, 'recipient' | 'personId' | 'engraving'>,
): PurchaseDraft {
  const { day, piece, amountFen, recipient, personId, isCustom, engraving } = before
  const isForOther = change.recipient !== undefined && change.personId === undefined
  const changed = {
    ...{ day, piece, amountFen, recipient, personId, isCustom, engraving },
    ...(isForOther ? { personId: null } : {}),
    ...change,
  }
  const isHers =
    changed.personId === null ? changed.recipient === null : changed.personId === hidden?.personId
  return hidden && isHers
    ? { ...changed, ...hidden, engraving: changed.engraving ?? hidden.engraving }
    : changed
}
