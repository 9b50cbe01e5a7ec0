import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Page, PageQuery } from '../../../shared/contract/page.ts'
import type { Leaver, TransferDraft, WaitingCustomer } from '../../../shared/contract/staff.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Conflict, Forbidden, Invalid, NotFound } from '../../errors.ts'
import type { Sealing } from '../../sealing.ts'
import { WecomError, type WecomClient, type WecomTransferResult } from '../../wecom/client.ts'
import { createPageCursors, cutPage } from '../../pageCursor.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import {
  refusalReason,
  staffLane,
  type DeliveryEnd,
  type OutboxHandler,
  type OutboxRow,
  type OutboxService,
} from '../outbox/outbox.service.ts'
import { createStaffRepository } from './staff.repository.ts'
import type { StaffService } from './staff.service.ts'
import { createTransfersRepository, type EndedTransfer, type StartedPair } from './transfers.repository.ts'
import { isAlreadyStarted, isPassing, traceOf, transferRefusal } from './transferWords.ts'

/** News older than what we asked for is about another handing over; clocks differ a little. */
const CLOCKS_APART_MS = 60_000
/** WeCom ends a transfer within a day; one it has never heard of for a week will not end any more. */
const FORGOTTEN_MS = 7 * 24 * 60 * 60_000
/** WeCom's list of left customers follows somebody's leaving with some delay. */
const UNLISTED_AFTER_MS = 24 * 60 * 60_000

/** What WeCom told of one handing over: of `staffId` who gave (done), or who should have taken (refused, full). */
export interface TransferNews {
  customerId: number
  staffId: number
  at: Date
  outcome: 'done' | 'refused' | 'full'
}

const Payload = z.object({ transferIds: z.array(z.string()) })
const transferIdsOf = (row: OutboxRow) => Payload.parse(row.payload).transferIds

export interface HandoverDeps {
  db: Db
  clock: Clock
  log: Logger
  sealing: Sealing
  corpId: number
  wecom: Pick<WecomClient, 'transferCustomers' | 'listTransferResults' | 'listUnassigned'>
  outbox: Pick<OutboxService, 'put'>
  customers: Pick<CustomersService, 'recordTouches'>
  staff: Pick<StaffService, 'confirm'>
}

/** 待接替: customers of people who have left, and handing customers over. */
export function createHandoverService(deps: HandoverDeps) {
  const { db, clock, log, sealing, corpId, wecom, outbox, customers, staff } = deps
  const cursors = createPageCursors(sealing)

  const assertManages = (actor: StaffActor) => {
    if (actor.role === 'guide') throw new Forbidden()
  }

  /** Ends transfers with their lines in the timelines, in the caller's transaction. */
  async function end(tx: Tx, ended: EndedTransfer[]): Promise<void> {
    if (ended.length === 0) return
    const written = await createTransfersRepository(tx, corpId).end(ended, clock.now())
    await customers.recordTouches(tx, written.flatMap(traceOf))
  }

  /** Hands over what of one request is still wanted. */
  async function deliver(row: OutboxRow): Promise<DeliveryEnd> {
    const transferIds = transferIdsOf(row)
    const repository = createTransfersRepository(db, corpId)
    const pair = await repository.findPair(transferIds)
    const waiting = await repository.listWaiting(transferIds)
    if (!pair || waiting.length === 0) return { end: 'done' }
    const failAll = (reason: string) => (tx: Tx) =>
      end(
        tx,
        waiting.map(({ transferId }) => ({ transferId, state: 'failed', reason, takenOverAt: null })),
      )
    let answers: { externalUserId: string; errcode: number }[]
    try {
      answers = await wecom.transferCustomers({
        fromUserId: pair.fromUserId,
        toUserId: pair.toUserId,
        externalUserIds: waiting.map(({ externalUserId }) => externalUserId),
        isResigned: pair.isResigned,
      })
    } catch (error) {
      if (!(error instanceof WecomError) || error.retry !== 'final') throw error
      const reason = refusalReason(error.errcode)
      return {
        end: 'refused',
        reason,
        ...(error.errcode === null ? {} : { errcode: error.errcode }),
        also: failAll(reason),
      }
    }
    const errcodes = new Map(answers.map(({ externalUserId, errcode }) => [externalUserId, errcode]))
    const fates = waiting.map(({ transferId, externalUserId }) => ({
      transferId,
      errcode: errcodes.get(externalUserId),
    }))
    const started = fates.filter(({ errcode }) => errcode === 0 || isAlreadyStarted(errcode))
    // Busy just now, or not answered at all: asked for once more.
    const again = fates.filter(({ errcode }) => errcode === undefined || isPassing(errcode))
    const failed = fates.filter(fate => !started.includes(fate) && !again.includes(fate))
    return {
      end: again.length > 0 ? 'again' : 'done',
      also: async tx => {
        await createTransfersRepository(tx, corpId).start(
          started.map(({ transferId }) => transferId),
          pair.isResigned,
          clock.now(),
        )
        await end(
          tx,
          failed.map(({ transferId, errcode = -1 }) => ({
            transferId,
            state: 'failed',
            reason: transferRefusal(errcode),
            takenOverAt: null,
          })),
        )
      },
    }
  }

  /** How the transfers between two members went, as far as WeCom says. */
  async function listResults(pair: StartedPair): Promise<Map<string, WecomTransferResult>> {
    const results = new Map<string, WecomTransferResult>()
    let cursor = ''
    do {
      const page = await wecom.listTransferResults({
        fromUserId: pair.fromUserId,
        toUserId: pair.toUserId,
        isResigned: pair.isResigned,
        cursor,
      })
      for (const result of page.results) results.set(result.externalUserId, result)
      cursor = page.nextCursor
    } while (cursor !== '')
    return results
  }

  async function followPair(pair: StartedPair): Promise<void> {
    const started = await createTransfersRepository(db, corpId).listStarted(pair)
    const results = await listResults(pair)
    const ended = started.flatMap(({ transferId, externalUserId, startedAt }) => {
      const outcome = outcomeOf(results.get(externalUserId), clock.now().getTime() - startedAt.getTime())
      return outcome ? [{ transferId, ...outcome }] : []
    })
    await db.transaction(tx => end(tx, ended))
  }

  const handler: OutboxHandler = {
    deliver,

    /** After a refusal the customers are with their former guide again: they set out once more. */
    async retried(tx, _actor, row) {
      const transfers = createTransfersRepository(tx, corpId)
      const transferIds = transferIdsOf(row)
      if ((await transfers.listWaiting(transferIds)).length > 0) return
      if ((await transfers.reopen(transferIds)) === 0)
        throw new Conflict('state_conflict', { detail: '这些客户已经另有安排' })
    },

    async dismissed(tx, _actor, row) {
      await end(
        tx,
        transferIdsOf(row).map(transferId => ({
          transferId,
          state: 'cancelled' as const,
          reason: '没有送到企业微信，已放弃',
          takenOverAt: null,
        })),
      )
    },
  }

  return {
    /** Carries transfers to WeCom: the outbox's kind `transfer`. */
    handler,

    /** @throws Forbidden for guides */
    async listLeavers(actor: StaffActor): Promise<{ leavers: Leaver[] }> {
      assertManages(actor)
      return { leavers: await createStaffRepository(db).listLeavers(actor) }
    },

    /** @throws Forbidden for guides; NotFound for somebody out of scope or still at work */
    async listWaiting(
      actor: StaffActor,
      userId: string,
      { cursor, limit }: PageQuery,
    ): Promise<Page<WaitingCustomer>> {
      assertManages(actor)
      const repository = createStaffRepository(db)
      const leaver = await repository.findInScope(actor, userId)
      if (leaver?.status !== 'left') throw new NotFound()
      const listed = `waiting:${leaver.staffId}`
      const [sortKey, followId] = cursor === undefined ? [] : cursors.read(actor, listed, cursor)
      const found = await repository.listWaiting(
        leaver.staffId,
        cursor === undefined ? undefined : { sortKey: String(sortKey), followId: Number(followId) },
        limit + 1,
      )
      const { rows, nextCursor } = cutPage(found, limit, last =>
        cursors.write(actor, listed, [last.sortKey, last.followId]),
      )
      return { items: rows.map(({ customer }) => customer), nextCursor }
    },

    /**
     * Hands customers of one member to another, here at once and at WeCom after; the customer may refuse there.
     * @throws Forbidden for guides; NotFound for anybody out of scope; Invalid, Conflict in words for the manager
     */
    async transfer(
      asking: StaffActor,
      draft: TransferDraft,
      intent: Intent | undefined,
    ): Promise<{ accepted: number }> {
      assertManages(asking)
      const actor = await staff.confirm(asking)
      assertManages(actor)
      const externalUserIds = [...new Set(draft.externalUserIds)]
      const members = createStaffRepository(db)
      const giver = await members.findInScope(actor, draft.fromUserId)
      const taker = await members.findInScope(actor, draft.toUserId)
      if (!giver || !taker) throw new NotFound()
      if (giver.staffId === taker.staffId)
        throw new Invalid([{ path: 'toUserId', message: '要交给另一位同事' }])
      return once(db, actor, intent, clock.now(), async tx => {
        const transfers = createTransfersRepository(tx, corpId)
        const follows = await transfers.lockFollows(giver.staffId, externalUserIds)
        if (follows.length < externalUserIds.length) throw new NotFound()
        if (taker.status !== 'active')
          throw new Conflict('state_conflict', { detail: `${taker.name}已不在职，请换一位同事接替` })
        const busy = follows.filter(({ isFree }) => !isFree).length
        if (busy > 0) throw new Conflict('state_conflict', { detail: `有 ${busy} 位客户已经在交接中` })
        const made = follows.map(({ followId, customerId }) => ({
          transferId: randomUUID(),
          followId,
          customerId,
        }))
        const pair = {
          fromStaffId: giver.staffId,
          toStaffId: taker.staffId,
          isResigned: giver.status === 'left',
        }
        await transfers.insert(actor, pair, made, clock.now())
        await customers.recordTouches(
          tx,
          made.map(({ customerId }) => ({
            corpId,
            customerId,
            kind: 'transferStarted',
            by: 'staff',
            staffId: actor.staffId,
            what: `${giver.name}的客户交给${taker.name}`,
          })),
        )
        const at = clock.now()
        await appendAudit(
          tx,
          ...made.map(({ customerId, transferId }) => ({
            actor,
            at,
            action: 'customerTransferred' as const,
            customerId,
            subject: { kind: 'transfer' as const, id: transferId },
            detail: { fromStaffId: giver.staffId, toStaffId: taker.staffId },
          })),
        )
        await outbox.put(tx, actor, {
          kind: 'transfer',
          lane: staffLane(giver.staffId),
          subject: `transfer:${made[0]?.transferId}`,
          staffId: actor.staffId,
          customerId: null,
          payload: { transferIds: made.map(({ transferId }) => transferId) },
        })
        return { accepted: made.length }
      })
    },

    /**
     * Ends what was under way by what WeCom has told; what nobody here asked for is left alone.
     * @returns the givers whose handing over is done by this
     */
    async settle(tx: Tx, news: TransferNews[]): Promise<Set<number>> {
      if (news.length === 0) return new Set()
      const open = await createTransfersRepository(tx, corpId).listOpenOf(news.map(each => each.customerId))
      const ended = open.flatMap(transfer => {
        const told = news.find(
          ({ customerId, staffId, outcome, at }) =>
            customerId === transfer.customerId &&
            at.getTime() > transfer.createdAt.getTime() - CLOCKS_APART_MS &&
            staffId === (outcome === 'done' ? transfer.fromStaffId : transfer.toStaffId),
        )
        const outcome = told && outcomes[told.outcome]
        return outcome ? [{ ...transfer, ...outcome, takenOverAt: told.at }] : []
      })
      await end(
        tx,
        ended.map(({ transferId, state, reason, takenOverAt }) => ({
          transferId,
          state,
          reason,
          takenOverAt,
        })),
      )
      return new Set(ended.filter(({ state }) => state === 'done').map(({ fromStaffId }) => fromStaffId))
    },

    /** Asks WeCom what became of the transfers it has begun. While it does not answer they stay under way. */
    async follow(signal: AbortSignal): Promise<void> {
      for (const pair of await createTransfersRepository(db, corpId).listStartedPairs()) {
        if (signal.aborted) return
        try {
          await followPair(pair)
        } catch (error) {
          if (!(error instanceof WecomError)) throw error
          log.warn({ api: error.api, errcode: error.errcode }, 'WeCom did not tell how transfers went')
          if (error.retry === 'stop' || error.retry === 'breaker') return
        }
      }
    },

    /**
     * Which customers of people who have left still wait, by WeCom. Of somebody WeCom does not name at all nothing is known: she
     * may only have left the app's range.
     */
    async reconcileWaiting(signal: AbortSignal): Promise<void> {
      const listed: { userId: string; externalUserId: string }[] = []
      let cursor = ''
      do {
        if (signal.aborted) return
        const page = await wecom.listUnassigned(cursor)
        listed.push(
          ...page.items.map(({ handoverUserId, externalUserId }) => ({
            userId: handoverUserId,
            externalUserId,
          })),
        )
        cursor = page.nextCursor
      } while (cursor !== '')
      const now = clock.now()
      const leftBefore = new Date(now.getTime() - UNLISTED_AFTER_MS)
      const ended = await createTransfersRepository(db, corpId).endUnlisted(listed, leftBefore, now)
      if (ended > 0) log.info({ ended }, 'customers of people who have left wait no more')
    },
  }
}

export type HandoverService = ReturnType<typeof createHandoverService>

const outcomes = {
  done: { state: 'done', reason: null },
  refused: { state: 'refused', reason: '客户拒绝了' },
  full: { state: 'failed', reason: '接替的成员客户已满' },
} as const

/** What a result of WeCom's means for the transfer; undefined while it is under way. */
function outcomeOf(
  result: WecomTransferResult | undefined,
  ageMs: number,
): Omit<EndedTransfer, 'transferId'> | undefined {
  switch (result?.status) {
    case 'done':
      return { ...outcomes.done, takenOverAt: result.takenOverAt }
    case 'refused':
    case 'full':
      return { ...outcomes[result.status], takenOverAt: null }
    default:
      return ageMs > FORGOTTEN_MS
        ? { state: 'failed', reason: '企业微信没有说这次交接的结果', takenOverAt: null }
        : undefined
  }
}
