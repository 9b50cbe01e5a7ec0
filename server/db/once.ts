import { sql } from 'kysely'
import type { RedeemRefusal } from '../../shared/contract/couponRefusal.ts'
import type { StaffActor } from '../actor.ts'
import { Conflict, Refusal } from '../errors.ts'
import type { Db, Tx } from './db.ts'

/** One intention of a person: the key she sends with every retry, and a hash of what was asked, as she sent it. */
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

    const found = await sql<{ fingerprint: Buffer; result: Remembered | null; refusal: string | null }>`
      select fingerprint, result, refusal from idempotency_keys
      where corp_id = ${actor.corpId} and staff_id = ${actor.staffId}
        and operation = ${intent.operation} and key = ${intent.key}`.execute(tx)
    const remembered = found.rows[0]
    if (remembered) {
      if (!remembered.fingerprint.equals(intent.fingerprint)) throw new Refusal('idempotency_key_reused')
      intent.isReplay = true
      const { result, refusal } = remembered
      return refusal === null
        ? { result: result as R | null, error: undefined }
        : { result: null, error: toRefusal(refusal, result) }
    }

    await sql`savepoint work`.execute(tx)
    try {
      const result = await work(tx)
      await remember(tx, actor, intent, now, { result, refusal: null })
      return { result, error: undefined }
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
      await sql`rollback to savepoint work`.execute(tx)
      const { code: refusal, reason } = error
      // A rule that stood against it is told again in the same words; other words are not remembered.
      const told = reason === undefined ? null : { reason, detail: error.detail ?? null }
      await remember(tx, actor, intent, now, { result: told, refusal })
      return { result: null, error }
    }
  })
  if (outcome.error) throw outcome.error
  if (outcome.result === null) throw new Error('an idempotency row holds neither a result nor a refusal')
  return outcome.result
}

function toRefusal(code: string, told: Remembered | null): Conflict {
  const { reason, detail } = (told ?? {}) as { reason?: RedeemRefusal; detail?: string | null }
  return new Conflict(code as ConstructorParameters<typeof Conflict>[0], {
    ...(reason === undefined ? {} : { reason }),
    ...(detail ? { detail } : {}),
  })
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
