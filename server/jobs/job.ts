import type { z } from 'zod'
import type { Db, Tx } from '../db/db.ts'

/** A kind of work done later: its name, what its payload looks like, how often and how long it is tried. */
export interface Job<Payload> {
  name: string
  payload: z.ZodType<Payload>
  /** Tries after the first; default 8. Waits grow from `retrySeconds`. */
  retryLimit?: number
  retrySeconds?: number
  /** A try that takes longer is given to somebody else; default 300. */
  expireSeconds?: number
  /** How many this process works at a time; default 1. */
  concurrency?: number
  /**
   * At most one waiting job per `key`; what comes meanwhile is served by the one waiting, so work must read the present
   * state and not the payload.
   */
  onePerKey?: boolean
  /** Regular run, five-field cron in the corp's time zone; its payload is `{}`. */
  cron?: string
}

/** Puts work into the queue inside the caller's transaction: rolled back with it, visible with its commit. */
export interface Queue {
  send<Payload>(
    tx: Tx | Db,
    job: Job<Payload>,
    payload: Payload,
    options?: { key?: string; startAfter?: Date },
  ): Promise<void>
}

/** One of many jobs put in at once. */
export interface Sending<Payload> {
  payload: Payload
  key: string
  startAfter?: Date
  /** for whose request; undefined for nobody's in particular */
  requestId?: string | undefined
}

export interface BulkQueue extends Queue {
  /** As `send` for each, for kinds of which one per key waits; those of which none waits yet cost one statement together. */
  sendMany<Payload>(tx: Tx | Db, job: Job<Payload>, all: Sending<Payload>[]): Promise<void>
}

/** A job with the verb that does it; `compose.ts` lists them. */
export interface JobWork<Payload> {
  job: Job<Payload>
  /** @param signal aborted when the job was given to somebody else, and when the server stops: what goes on for long ends here */
  work: (payload: Payload, signal: AbortSignal) => Promise<void>
}
export const jobWork = <Payload>(job: Job<Payload>, work: JobWork<Payload>['work']): JobWork<unknown> => ({
  job: job as Job<unknown>,
  work: (payload, signal) => work(payload as Payload, signal),
})
