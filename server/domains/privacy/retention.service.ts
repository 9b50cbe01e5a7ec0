import { randomBytes, randomUUID } from 'node:crypto'
import type { AuditDetail } from '../../../shared/contract/audit.ts'
import type { Retention, RetentionDraft } from '../../../shared/contract/privacy.ts'
import type { JobActor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { createTombstones } from '../../db/tombstones.ts'
import { Forbidden, VersionConflict } from '../../errors.ts'
import type { Queue } from '../../jobs/job.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import { createErasuresRepository } from './erasures.repository.ts'
import { eraseJob } from './erasures.service.ts'
import { createRetentionRepository, type RetentionRepository } from './retention.repository.ts'

/** Where nobody has said otherwise. The record of who did what is kept three years by the database itself. */
export const RETENTION_DEFAULTS: RetentionDraft = {
  timelineMonths: 36,
  wordsMonths: 24,
  callbackDays: 30,
  lostMonths: 24,
}
const AUDIT_MONTHS = 36
const ROWS_AT_A_TIME = 2_000
/** Of one night, so that a shorter time that was just chosen does not fill it: the rest comes the next nights. */
const ROWS_PER_NIGHT = 1_000_000
const PEOPLE_PER_NIGHT = 500

export interface RetentionDeps {
  db: Db
  clock: Clock
  queue: Queue
  corpId: number
}

/** What was changed, each as `[from, to]`. */
const changes = (before: RetentionDraft, after: RetentionDraft): AuditDetail =>
  Object.fromEntries(
    (Object.keys(RETENTION_DEFAULTS) as (keyof RetentionDraft)[])
      .filter(name => before[name] !== after[name])
      .map(name => [name, [before[name], after[name]]]),
  )

/** How long what is kept, and the end of it. */
export function createRetentionService({ db, clock, queue, corpId }: RetentionDeps) {
  const job: JobActor = { kind: 'job', corpId, name: 'privacy' }
  const read = async (ofCorp: number, of: Db | Tx = db): Promise<Retention> => ({
    ...RETENTION_DEFAULTS,
    version: 0,
    ...(await createRetentionRepository(of, ofCorp).find()),
    auditMonths: AUDIT_MONTHS,
  })

  /** Says what has gone, in the transaction in which it goes: a night that is broken off leaves nothing untold. */
  const note = (tx: Tx, detail: { lines?: number; words?: number; people?: number }): Promise<void> =>
    appendAudit(tx, { actor: job, at: clock.now(), action: 'retentionApplied', detail })

  /** A batch after the other, until nothing is left or the night's share is done. */
  async function inBatches(
    signal: AbortSignal,
    work: (repository: RetentionRepository, tx: Tx) => Promise<number>,
  ): Promise<void> {
    let total = 0
    for (;;) {
      const count = await db.transaction(tx => work(createRetentionRepository(tx, corpId), tx))
      total += count
      if (count < ROWS_AT_A_TIME || total >= ROWS_PER_NIGHT || signal.aborted) return
    }
  }

  /** Asks for the erasing of whoever is nobody's friend for so long. */
  async function forgetPeople(months: number): Promise<void> {
    const people = await createRetentionRepository(db.patient(), corpId).listForgotten(
      clock.now(),
      months,
      PEOPLE_PER_NIGHT,
    )
    for (const { customerId, externalUserId, hasLeft } of people)
      await db.transaction(async tx => {
        const asked = await createErasuresRepository(tx).ask({
          erasureId: randomUUID(),
          corpId,
          customerId,
          // Of whom a later list shows again nobody has wished that she be forgotten: a mark that fits nobody.
          tombstone: hasLeft ? await createTombstones(tx, corpId).mark(externalUserId) : randomBytes(32),
          cause: 'retention',
          askedBy: null,
          at: clock.now(),
        })
        await queue.send(tx, eraseJob, { erasureId: asked.erasureId })
        await note(tx, { people: 1 })
      })
  }

  return {
    async get(actor: StaffActor): Promise<Retention> {
      if (actor.role !== 'admin') throw new Forbidden()
      return read(actor.corpId)
    },

    /** @throws Forbidden for everybody but admins; VersionConflict when somebody changed them since */
    async change(actor: StaffActor, draft: RetentionDraft, version: number): Promise<Retention> {
      if (actor.role !== 'admin') throw new Forbidden()
      await db.transaction(async tx => {
        const before = await read(actor.corpId, tx)
        if (!(await createRetentionRepository(tx, actor.corpId).write(draft, version)))
          throw new VersionConflict()
        const at = clock.now()
        await appendAudit(tx, { actor, at, action: 'retentionChanged', detail: changes(before, draft) })
      })
      return read(actor.corpId)
    },

    /** Every night: what has been kept long enough goes. Safe to repeat. */
    async forget(signal: AbortSignal): Promise<void> {
      const { timelineMonths, wordsMonths, callbackDays, lostMonths } = await read(corpId)
      const now = clock.now()
      await inBatches(signal, async (repository, tx) => {
        const lines = await repository.deleteTouches(now, timelineMonths, ROWS_AT_A_TIME)
        if (lines > 0) await note(tx, { lines })
        return lines
      })
      await inBatches(signal, async (repository, tx) => {
        const words = await repository.forgetWords(now, wordsMonths, ROWS_AT_A_TIME)
        if (words > 0) await note(tx, { words })
        return words
      })
      // What WeCom told, as it told it: worked long ago, and nobody's own.
      await inBatches(signal, repository => repository.deleteCallbacks(now, callbackDays, ROWS_AT_A_TIME))
      await forgetPeople(lostMonths)
    },
  }
}

export type RetentionService = ReturnType<typeof createRetentionService>
