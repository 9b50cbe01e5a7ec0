import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { OutboxKind, Unsent } from '../../../shared/contract/outbox.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Conflict, NotFound } from '../../errors.ts'
import type { Queue } from '../../jobs/job.ts'
import type { WecomClient } from '../../wecom/client.ts'
import { createLanesRepository, type HeldLane } from './lanes.repository.ts'
import { createOutboxRepository } from './outbox.repository.ts'
import { failedOutcome, type Outcome } from './outcome.ts'
import {
  isCustomerLane,
  LaneLost,
  type DeliveryEnd,
  type LaneHold,
  type OutboxHandlers,
  type OutboxRow,
} from './outboxRow.ts'
import { wakeLane, type Lane } from './wakeLane.ts'

const HEARTBEAT_MS = 10_000
/** A worker goes from lane to lane as long as there is work, then lets the queue decide who is next. */
const ROUND_MS = 10_000
const SLOT_PATIENCE_MS = 20_000
const SLOT_LOOK_MS = 100
const SOON_SECONDS = 1
/** How often a lane is taken again for what came while it was given back. */
const RETURNS = 3
const FORGOTTEN_AFTER_SECONDS = 30
const WOKEN_PER_SWEEP = 500
const KEPT_DAYS = 30
const LOST_TOO_OFTEN = '发送途中多次中断'

export interface DeliveryDeps {
  db: Db
  clock: Clock
  log: Pick<Logger, 'info' | 'warn' | 'error'>
  queue: Queue
  wecom: Pick<WecomClient, 'listBrakes'>
  handlers: OutboxHandlers
}

/** Carries the outbox to WeCom and shows what did not get there. The rooms' own knowledge comes with `handlers`. */
export function createDeliveryService({ db, clock, log, queue, wecom, handlers }: DeliveryDeps) {
  const kinds = Object.keys(handlers) as OutboxKind[]
  const outbox = createOutboxRepository(db)
  const lanes = createLanesRepository(db)
  const corpsWithSlots = new Set<number>()
  const inSeconds = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000)
  const wakeIn = (lane: Lane, seconds: number) => wakeLane(queue, db, lane, inSeconds(seconds))

  /** Prolongs what is held until it is released; `lost` hears that somebody else has it. */
  function heartbeat(keep: () => Promise<boolean>, lost: () => void): () => void {
    const beat = async () => {
      try {
        if (!(await keep())) lost()
      } catch (error) {
        log.warn({ err: error }, 'a lease of the outbox was not prolonged this time')
      }
    }
    const timer = setInterval(() => void beat(), HEARTBEAT_MS)
    return () => clearInterval(timer)
  }

  /** One of the few writes on customers that may be under way; undefined when none got free for a while. */
  async function takeSlot(corpId: number, signal: AbortSignal): Promise<(() => Promise<void>) | undefined> {
    const holder = randomUUID()
    if (!corpsWithSlots.has(corpId)) await lanes.installSlots(corpId)
    corpsWithSlots.add(corpId)
    const deadline = performance.now() + SLOT_PATIENCE_MS
    while (!(await lanes.takeSlot(corpId, holder))) {
      if (signal.aborted || performance.now() > deadline) return undefined
      await wait(SLOT_LOOK_MS * (0.5 + Math.random()))
    }
    const stopBeating = heartbeat(
      () => lanes.keepSlot(corpId, holder),
      () => undefined,
    )
    return async () => {
      stopBeating()
      await lanes.giveSlotBack(corpId, holder)
    }
  }

  function holdOn(held: HeldLane, signal: AbortSignal): LaneHold {
    return {
      signal,
      async keep() {
        if (signal.aborted || !(await lanes.keep(held))) throw new LaneLost(held.lane)
      },
      write: work =>
        db.transaction(async tx => {
          if (!(await createLanesRepository(tx).lock(held))) throw new LaneLost(held.lane)
          return work(tx)
        }),
    }
  }

  async function endOf(
    row: OutboxRow,
    hold: LaneHold,
  ): Promise<{ outcome: Outcome; also?: DeliveryEnd['also'] }> {
    const handler = handlers[row.kind]
    if (!handler) throw new Error(`nobody handles ${row.kind}`)
    try {
      const ended = await handler.deliver(row, hold)
      if (ended.end === 'again') return { outcome: failedOutcome(undefined, row), also: ended.also }
      if (ended.end === 'done') return { outcome: { state: 'done' }, also: ended.also }
      if (ended.end === 'dropped')
        return { outcome: { state: 'cancelled', errcode: null, reason: ended.reason }, also: ended.also }
      const { errcode = null, reason, also } = ended
      return { outcome: { state: 'refused', errcode, reason }, also }
    } catch (error) {
      if (error instanceof LaneLost) throw error
      const outcome = failedOutcome(error, row)
      log.warn({ err: error, kind: row.kind, tries: row.tries, next: outcome.state }, 'WeCom was not told')
      return { outcome }
    }
  }

  async function deliverRow(row: OutboxRow, hold: LaneHold): Promise<void> {
    const { outcome, also } = await endOf(row, hold)
    const brakeOf = outcome.state === 'waiting' ? outcome.brakeOf : null
    const notBefore = brakeOf === null ? null : await endOfBrake(brakeOf)
    const write = () =>
      hold.write(async tx => {
        await also?.(tx)
        await createOutboxRepository(tx).settle(row.outboxId, outcome, notBefore, clock.now())
      })
    try {
      await write()
    } catch (error) {
      if (!isOvertakenJustNow(error)) throw error
      await write()
    }
  }

  async function endOfBrake(api: string): Promise<Date | null> {
    const closing = (await wecom.listBrakes()).filter(brake => brake.api === api || brake.api === '*')
    return closing.reduce<Date | null>(
      (latest, { until }) => (latest && latest > until ? latest : until),
      null,
    )
  }

  /** Everything due in one lane, in order; false when somebody else is at work in it. */
  async function workLane({ corpId, lane }: Lane, stopping: AbortSignal): Promise<boolean> {
    const held = await lanes.take(corpId, lane, randomUUID())
    if (!held) return false
    const lost = new AbortController()
    const stopBeating = heartbeat(
      () => lanes.keep(held),
      () => lost.abort(),
    )
    const hold = holdOn(held, lost.signal)
    try {
      await hold.write(tx => createOutboxRepository(tx).recoverLost(held, LOST_TOO_OFTEN, clock.now()))
      // The row in hand is told to its end, the next one by whoever comes after.
      while (!hold.signal.aborted && !stopping.aborted) {
        const row = await outbox.claim(held, kinds)
        if (!row) break
        await deliverRow(row, hold)
      }
    } catch (error) {
      if (!(error instanceof LaneLost)) throw error
      log.warn({ lane }, error.message)
    } finally {
      stopBeating()
      await lanes.giveBack(held)
    }
    return true
  }

  /**
   * One lane to its end. What is put in while it is being given back is seen here: whoever came for it found the lane busy.
   */
  async function visitLane(lane: Lane, signal: AbortSignal): Promise<void> {
    for (let visit = 1; ; visit++) {
      if (!(await workLane(lane, signal))) {
        // Should the one at work be dead, nobody else will come back for it.
        await wakeIn(lane, (await lanes.findBusyFor(lane.corpId, lane.lane)) + SOON_SECONDS)
        return
      }
      const dueIn = await outbox.findDueIn(lane, kinds)
      if (dueIn === null) return
      if (dueIn > 0 || visit >= RETURNS || signal.aborted) {
        await wakeIn(lane, Math.max(dueIn, SOON_SECONDS))
        return
      }
    }
  }

  /** @throws NotFound out of the actor's scope */
  async function findUnsent(tx: Db | Tx, actor: StaffActor, outboxId: string) {
    const row = await createOutboxRepository(tx).findInScope(actor, outboxId)
    if (!row) throw new NotFound()
    return row
  }

  return {
    /**
     * Tells WeCom what waits in a lane, then in others of its sort that nobody is at. Safe to call for any lane at any time, by
     * any number of servers.
     */
    async deliver(lane: Lane, signal: AbortSignal): Promise<void> {
      const giveSlotBack = isCustomerLane(lane.lane) ? await takeSlot(lane.corpId, signal) : undefined
      if (isCustomerLane(lane.lane) && !giveSlotBack) return wakeIn(lane, SOON_SECONDS)
      const pattern = `${lane.lane.slice(0, lane.lane.indexOf(':'))}:%`
      const roundEnd = performance.now() + ROUND_MS
      const visited: string[] = []
      try {
        let next: string | undefined = lane.lane
        while (next !== undefined && !signal.aborted) {
          visited.push(next)
          await visitLane({ corpId: lane.corpId, lane: next }, signal)
          if (performance.now() > roundEnd) break
          next = await outbox.findFreeLane(lane.corpId, { pattern, but: visited, kinds })
        }
      } finally {
        await giveSlotBack?.()
      }
    },

    /** For wake-ups that got lost, and lanes whose holder died. */
    async sweep(): Promise<void> {
      const forgotten = await outbox.listForgottenLanes(FORGOTTEN_AFTER_SECONDS, WOKEN_PER_SWEEP)
      for (const lane of forgotten) await wakeLane(queue, db, lane)
      if (forgotten.length > 0) log.info({ lanes: forgotten.length }, 'woke lanes of the outbox')
      await outbox.deleteEnded(inSeconds(-KEPT_DAYS * 86_400))
    },

    async listUnsent(actor: StaffActor): Promise<Unsent> {
      const { items, total } = await outbox.listUnsent(actor)
      return { items, total, ...(await outbox.countWaiting(actor, clock.now())) }
    },

    /** @throws NotFound out of scope; Conflict when it is over */
    async retry(actor: StaffActor, outboxId: string, intent?: Intent): Promise<void> {
      await findUnsent(db, actor, outboxId)
      await once(db, actor, intent, clock.now(), async tx => {
        const row = await findUnsent(tx, actor, outboxId)
        if (row.state === 'waiting' || row.state === 'sending') return { outboxId }
        if (row.state !== 'refused' && row.state !== 'dead') throw new Conflict('state_conflict')
        await handlers[row.kind]?.retried?.(tx, actor, row)
        if (!(await createOutboxRepository(tx).reopen(outboxId, clock.now())))
          throw new Conflict('state_conflict')
        await wakeLane(queue, tx, row)
        return { outboxId }
      })
    },

    /** Gives it up; what it was about is here again as WeCom has it. @throws NotFound out of scope; Conflict while it is on its way */
    async dismiss(actor: StaffActor, outboxId: string): Promise<void> {
      await db.transaction(async tx => {
        const row = await findUnsent(tx, actor, outboxId)
        if (row.state === 'cancelled') return
        if (row.state !== 'refused' && row.state !== 'dead') throw new Conflict('state_conflict')
        await handlers[row.kind]?.dismissed?.(tx, actor, row)
        if (!(await createOutboxRepository(tx).cancel(outboxId, clock.now())))
          throw new Conflict('state_conflict')
      })
    },

    /** How much is on its way in the whole corp, and how much needs somebody. */
    measure: (corpId: number) => outbox.measure(corpId, clock.now()),
  }
}

/** A newer intention was put in while this one was being put back; now that it can be seen, this one ends. */
const isOvertakenJustNow = (error: unknown): boolean =>
  error instanceof Error && 'constraint' in error && error.constraint === 'outbox__waiting_key'

export type DeliveryService = ReturnType<typeof createDeliveryService>
