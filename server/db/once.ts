import { sql } from 'kysely'
import type { StaffActor } from '../actor.ts'
import { Conflict, Refusal } from '../errors.ts'
import type { Db, Tx } from './db.ts'

/** One intention of a person: the key she sends with every retry, and a hash of what was asked. */
export interface Intent {
  operation: string
  key: string
  fingerprint: Buffer
  /** Set by `once` when the answer comes from memory. */
  isReplay: boolean
}

/** What is remembered: ids only, the answer is rendered again from them. */
export type Remembered = Record<string, string | number | boolean | null>

/**
 * Runs `work` in one transaction together with its idempotency row: the same key with the same request has one effect
 * and the same result, also after a crash in between (P11). Business refusals (409) are remembered too; whatever may be
 * retried with another outcome (401, 404, 422, 5xx) is not. Without an intent it is a plain transaction.
 * @throws Conflict('idempotency_in_flight') while the first is still running; Refusal('idempotency_key_reused').
 */
export async function once<R extends Remembered>(
  db: Db,
  actor: StaffActor,
  intent: Intent | undefined,
  now: Date,
  work: (tx: Tx) => Promise<R>,
): Promise<R> {
  if (!intent) return db.transaction(work)
  const outcome = await db.transaction(async tx => {
    const lock = await sql<{ held: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended(
        ${`${actor.corpId}:${actor.staffId}:${intent.operation}:${intent.key}`}, 1)) as held`.execute(tx)
    if (!lock.rows[0]?.held) throw new Conflict('idempotency_in_flight', { retryAfterSeconds: 1 })

    const found = await sql<{ fingerprint: Buffer; result: R | null; refusal: string | null }>`
      select fingerprint, result, refusal from idempotency_keys
      where corp_id = ${actor.corpId} and staff_id = ${actor.staffId}
        and operation = ${intent.operation} and key = ${intent.key}`.execute(tx)
    const remembered = found.rows[0]
    if (remembered) {
      if (!remembered.fingerprint.equals(intent.fingerprint)) throw new Refusal('idempotency_key_reused')
      intent.isReplay = true
      return { result: remembered.result, refusal: remembered.refusal, error: undefined }
    }

    await sql`savepoint work`.execute(tx)
    try {
      const result = await work(tx)
      await remember(tx, actor, intent, now, { result, refusal: null })
      return { result, refusal: null, error: undefined }
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
      await sql`rollback to savepoint work`.execute(tx)
      await remember(tx, actor, intent, now, { result: null, refusal: error.code })
      return { result: null, refusal: error.code, error }
    }
  })
  // The first time with its words; they are not remembered.
  if (outcome.error) throw outcome.error
  if (outcome.refusal !== null)
    throw new Conflict(outcome.refusal as ConstructorParameters<typeof Conflict>[0])
  if (outcome.result === null) throw new Error('an idempotency row holds neither a result nor a refusal')
  return outcome.result
}

/**
 * Whether the answer of this intention is remembered. Work that stands outside the transaction, such as asking WeCom, need not be
 * done for a replay, and must not make it fail.
 */
export async function isRemembered(db: Db, actor: StaffActor, intent: Intent | undefined): Promise<boolean> {
  if (!intent) return false
  const found = await sql`
    select from idempotency_keys
    where corp_id = ${actor.corpId} and staff_id = ${actor.staffId}
      and operation = ${intent.operation} and key = ${intent.key}`.execute(db)
  return found.rows.length > 0
}

async function remember(
  tx: Tx,
  actor: StaffActor,
  intent: Intent,
  now: Date,
  outcome: { result: Remembered | null; refusal: string | null },
): Promise<void> {
  await sql`
    insert into idempotency_keys (corp_id, staff_id, operation, key, fingerprint, result, refusal, created_at)
    values (${actor.corpId}, ${actor.staffId}, ${intent.operation}, ${intent.key}, ${intent.fingerprint},
            ${outcome.result === null ? null : JSON.stringify(outcome.result)}::jsonb, ${outcome.refusal}, ${now})`.execute(
    tx,
  )
}
