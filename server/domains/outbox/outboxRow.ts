import type { OutboxKind } from '../../../shared/contract/outbox.ts'
import type { StaffActor } from '../../actor.ts'
import type { Tx } from '../../db/db.ts'

/** What a room wants WeCom to be told. */
export interface OutboxDraft {
  kind: OutboxKind
  /** what may be under way once at a time, over all servers; writes on a customer stand in `customerLane` */
  lane: string
  /** a newer intention of the same kind about the same subject takes the place of one that has not left */
  subject: string
  /** the member it is for: she sees it when it fails, and it is cancelled when she leaves */
  staffId: number | null
  customerId: number | null
  /** ids wherever possible; forgotten once the row has ended well */
  payload: Record<string, unknown>
}

export interface OutboxRow extends OutboxDraft {
  outboxId: string
  corpId: number
  version: number
  /** this one included */
  tries: number
  /** seconds since the first of them */
  triedForSeconds: number
}

/** How a delivery ended; `also` is written in the same transaction, and only while the lane is still ours. */
export type DeliveryEnd = { also?: (tx: Tx) => Promise<void> } & (
  | { end: 'done' }
  /** WeCom's answer is no and will stay so; `reason` is for the guide */
  | { end: 'refused'; reason: string; errcode?: number }
  /** of no use any more: not told, and nobody has to decide on it */
  | { end: 'dropped'; reason: string }
  | { end: 'again' }
)

/** The lane as its handler has it in hand. Once it is lost, both verbs throw `LaneLost`. */
export interface LaneHold {
  /** aborted when the lane was lost */
  signal: AbortSignal
  /** To be asked before each call after the first: whoever was let in meanwhile says what is newer. */
  keep(): Promise<void>
  /** A transaction that takes effect only while the lane is ours. */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>
}

/** What a room knows about one kind of row. It may be called again for the same row: after a crash its end was not heard. */
export interface OutboxHandler {
  /** Tells WeCom, outside of any transaction. @throws WecomError: what becomes of the row follows from its `retry` */
  deliver(row: OutboxRow, hold: LaneHold): Promise<DeliveryEnd>
  /** A person wants it tried once more; before the row is changed, in the same transaction. */
  retried?(tx: Tx, actor: StaffActor, row: OutboxRow): Promise<void>
  /** A person gives it up; before the row is changed, in the same transaction. */
  dismissed?(tx: Tx, actor: StaffActor, row: OutboxRow): Promise<void>
}

/** Kinds nobody handles here stay where they are: a newer server will. */
export type OutboxHandlers = Partial<Record<OutboxKind, OutboxHandler>>

/** Somebody else has been let into the lane; nothing more may be said or written for it. */
export class LaneLost extends Error {
  constructor(lane: string) {
    super(`the lane ${lane} was lost; what is left is told by whoever has it now`)
    this.name = 'LaneLost'
  }
}

const CUSTOMER_LANE = 'customer:'
/** One call about a customer at a time, whoever of us makes it (45035). */
export const customerLane = (customerId: number): string => `${CUSTOMER_LANE}${customerId}`
export const isCustomerLane = (lane: string): boolean => lane.startsWith(CUSTOMER_LANE)
export const staffLane = (staffId: number): string => `staff:${staffId}`
export const followSubject = (followId: number): string => `follow:${followId}`
