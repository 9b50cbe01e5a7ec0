import type { OutboxKind } from '../../../shared/contract/outbox.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import type { TimeOfDay } from '../../../shared/rules/noticeTime.ts'
import type { Actor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import type { Queue } from '../../jobs/job.ts'
import { createOutboxRepository } from './outbox.repository.ts'
import { wakeLane } from './wakeLane.ts'
import { staffLane, type OutboxDraft } from './outboxRow.ts'

export { customerLane, followSubject, LaneLost, staffLane } from './outboxRow.ts'
export type { DeliveryEnd, LaneHold, OutboxDraft, OutboxHandler, OutboxRow } from './outboxRow.ts'
export { refusalReason } from './refusalReason.ts'

export interface OutboxDeps {
  db: Db
  clock: Clock
  queue: Queue
}

/** An app notice to members, each on her own. */
export interface Notice {
  staffIds: number[]
  title: string
  description: string
  /** of ours, from `/` */
  path: string
  /** a newer notice about the same takes the place of one that has not left */
  subject: string
  /** For this day only, outside of quiet hours: later it is of no use, is not sent any more, and nobody hears of it. */
  goodFor?: { timeZone: string; day: CivilDay; quietFrom: TimeOfDay; quietUntil: TimeOfDay }
}

/** The way out to WeCom, as the rooms above see it: what they put in leaves after their transaction, or not at all. */
export function createOutboxService({ db, clock, queue }: OutboxDeps) {
  async function put(tx: Tx, actor: Actor, draft: OutboxDraft): Promise<void> {
    await createOutboxRepository(tx).put(actor.corpId, draft, clock.now())
    await wakeLane(queue, tx, { corpId: actor.corpId, lane: draft.lane })
  }

  return {
    put,

    async notify(tx: Tx, actor: Actor, { staffIds, subject, ...notice }: Notice): Promise<void> {
      for (const staffId of [...new Set(staffIds)].toSorted((one, other) => one - other)) {
        await put(tx, actor, {
          kind: 'message',
          lane: staffLane(staffId),
          subject: `${subject} to staff:${staffId}`,
          staffId,
          customerId: null,
          payload: { staffId, ...notice },
        })
      }
    },

    /** What is on its way about the subject, or was given up without anybody having decided on it. */
    findOpen: (
      tx: Db | Tx,
      corpId: number,
      kind: OutboxKind,
      subject: string,
    ): Promise<Record<string, unknown> | undefined> =>
      createOutboxRepository(tx).findOpen(corpId, kind, subject),

    /** Adds to the payload of what waits about the subject. */
    amendWaiting: (
      tx: Tx,
      corpId: number,
      kind: OutboxKind,
      subject: string,
      patch: Record<string, unknown>,
    ): Promise<void> => createOutboxRepository(tx).amendWaiting(corpId, kind, subject, patch),

    /** WeCom's refusals about the subject have been read elsewhere. */
    acknowledge: (tx: Tx, actor: Actor, kind: OutboxKind, subject: string): Promise<void> =>
      createOutboxRepository(tx).acknowledge(actor.corpId, kind, subject, clock.now()),

    /** Nothing leaves any more for members who have left; what is under way just now ends. */
    cancelOf: (tx: Tx, actor: Actor, staffIds: number[], reason: string): Promise<number> =>
      createOutboxRepository(tx).cancelOf(actor.corpId, staffIds, reason, clock.now()),

    /** How many of the member's own changes need her decision. */
    countUnsent: (actor: StaffActor): Promise<number> => createOutboxRepository(db).countUnsent(actor),
  }
}

export type OutboxService = ReturnType<typeof createOutboxService>
