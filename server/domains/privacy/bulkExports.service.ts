import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { BulkExport, BulkExportDraft } from '../../../shared/contract/privacy.ts'
import { XLSX_TYPE } from '../../../shared/contract/purchases.ts'
import type { JobActor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Conflict, Forbidden, Invalid, NotFound } from '../../errors.ts'
import { writeCsv, writeWorkbook } from '../../files/writeTable.ts'
import type { Job, Queue } from '../../jobs/job.ts'
import type { Limits } from '../../limits/limits.ts'
import type { Sealing } from '../../sealing.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import { createBulkExportsRepository, type BulkExportRow } from './bulkExports.repository.ts'
import { bulkHead, bulkLine } from './bulkTable.ts'

/** A file that a table program opens at once, and that is built in memory. */
const ROWS_AT_MOST = 50_000
const ROWS_AT_A_TIME = 1_000
const DAY_MS = 24 * 60 * 60_000
const LISTED = 50

export const bulkExportJob: Job<{ bulkExportId: string }> = {
  name: 'privacy.bulkExport',
  payload: z.strictObject({ bulkExportId: z.uuid() }),
  expireSeconds: 900,
}

export interface BulkExportsDeps {
  db: Db
  clock: Clock
  queue: Queue
  sealing: Sealing
  limits: Pick<Limits, 'admit' | 'left'>
  corpId: number
  timeZone: string
}

/** Lists of many customers: asked for by one admin, let through by another, marked with both. */
export function createBulkExportsService(deps: BulkExportsDeps) {
  const { db, clock, queue, sealing, limits, corpId, timeZone } = deps
  const repository = createBulkExportsRepository(db)
  const job: JobActor = { kind: 'job', corpId, name: 'privacy' }
  const localTime = (at: Date) => at.toLocaleString('sv-SE', { timeZone, hour12: false }).slice(0, 16)

  const dayAgo = () => new Date(clock.now().getTime() - DAY_MS)

  const assertAdmin = (actor: StaffActor) => {
    if (actor.role !== 'admin') throw new Forbidden()
  }

  async function get(actor: StaffActor, sessionHash: Buffer, bulkExportId: string): Promise<BulkExport> {
    const [found] = await repository.list(actor, sessionHash, 1, bulkExportId)
    if (!found) throw new NotFound()
    return toBulkExport(found)
  }

  /** What the draft names, by our own numbers. @throws NotFound */
  async function named(actor: StaffActor, { store, tag }: BulkExportDraft) {
    const storeId = store === null ? null : await repository.findStore(actor, store)
    const tagId = tag === null ? null : await repository.findTag(actor, tag)
    if (storeId === undefined || tagId === undefined) throw new NotFound()
    return { storeId, tagId }
  }

  return {
    async list(
      actor: StaffActor,
      sessionHash: Buffer,
    ): Promise<{ items: BulkExport[]; leftToday: number; approvers: number }> {
      assertAdmin(actor)
      return {
        items: (await repository.list(actor, sessionHash, LISTED)).map(toBulkExport),
        leftToday:
          (await limits.left('export', String(actor.staffId))) +
          (await repository.countWithdrawn(actor, dayAgo())),
        approvers: await repository.countApprovers(actor),
      }
    },

    /**
     * @throws Forbidden for everybody but admins; NotFound; Invalid where no second admin could approve, or of too many rows;
     *   Refusal('rate_limited') after three exports in a day, of whatever kind
     */
    async ask(
      actor: StaffActor,
      sessionHash: Buffer,
      draft: BulkExportDraft,
      intent: Intent | undefined,
    ): Promise<BulkExport> {
      assertAdmin(actor)
      const of = await named(actor, draft)
      const { bulkExportId } = await once(db, actor, intent, clock.now(), async tx => {
        const inTransaction = createBulkExportsRepository(tx)
        await inTransaction.lock(actor.corpId)
        if ((await inTransaction.countApprovers(actor)) === 0)
          throw new Invalid([
            { path: '', message: '要另一位管理员批准，现在只有你一位：先在 ADMIN_USERIDS 里加一位' },
          ])
        if ((await inTransaction.countRows(actor.corpId, of, ROWS_AT_MOST + 1)) > ROWS_AT_MOST)
          throw new Invalid([{ path: 'store', message: `超过 ${ROWS_AT_MOST} 行，选一家门店或一个标签` }])
        // Made anew in the place of one that was taken back it is no further one.
        if (!(await inTransaction.replaceWithdrawn(actor, dayAgo())))
          await limits.admit('export', String(actor.staffId), tx)
        const { reason, format } = draft
        const columns = [...new Set(draft.columns)]
        const made = { bulkExportId: randomUUID(), at: clock.now(), reason, format, columns, ...of }
        const number = await inTransaction.insert(actor, made)
        await appendAudit(tx, {
          actor,
          at: made.at,
          action: 'bulkExportAsked',
          subject: { kind: 'bulkExport', id: made.bulkExportId },
          detail: { number, reason, columns },
        })
        return { bulkExportId: made.bulkExportId }
      })
      return get(actor, sessionHash, bulkExportId)
    },

    /** @throws Forbidden for everybody but admins; NotFound; Conflict for one's own, and for what has been decided */
    async decide(
      actor: StaffActor,
      sessionHash: Buffer,
      bulkExportId: string,
      { isApproved }: { isApproved: boolean },
      intent: Intent | undefined,
    ): Promise<BulkExport> {
      assertAdmin(actor)
      await once(db, actor, intent, clock.now(), async tx => {
        const inTransaction = createBulkExportsRepository(tx)
        const asked = await inTransaction.lockOne(actor, bulkExportId)
        if (!asked) throw new NotFound()
        if (asked.askedBy === actor.staffId)
          throw new Conflict('state_conflict', { detail: '自己的申请要另一位管理员来批' })
        if (asked.state !== 'waiting') throw new Conflict('state_conflict')
        await inTransaction.decide(actor, bulkExportId, isApproved, clock.now())
        await appendAudit(tx, {
          actor,
          at: clock.now(),
          action: isApproved ? 'bulkExportApproved' : 'bulkExportRefused',
          subject: { kind: 'bulkExport', id: bulkExportId },
        })
        if (isApproved) await queue.send(tx, bulkExportJob, { bulkExportId })
        return { bulkExportId }
      })
      return get(actor, sessionHash, bulkExportId)
    },

    /** @throws Forbidden for everybody but admins; NotFound for others, too late, or from another session than the first time */
    async takeFile(
      actor: StaffActor,
      sessionHash: Buffer,
      bulkExportId: string,
    ): Promise<{ type: string; bytes: Buffer; name: string }> {
      assertAdmin(actor)
      const taken = await db.transaction(async tx => {
        const now = clock.now()
        const file = await createBulkExportsRepository(tx).take(actor, { bulkExportId, sessionHash, now })
        if (!file) throw new NotFound()
        await appendAudit(tx, {
          actor,
          at: now,
          action: 'bulkExportFetched',
          subject: { kind: 'bulkExport', id: bulkExportId },
          detail: { rows: file.rowCount },
        })
        return file
      })
      const bytes = Buffer.from(sealing.open(taken.fileSealed), 'base64')
      const type = taken.format === 'csv' ? 'text/csv; charset=utf-8' : XLSX_TYPE
      return { type, bytes, name: `客户导出-${taken.number}号.${taken.format}` }
    },

    /** Writes the file of an approved one. Safe to repeat: it begins anew. */
    async work(bulkExportId: string, signal: AbortSignal): Promise<void> {
      const asked = await repository.findWorking(corpId, bulkExportId)
      if (!asked) return
      const at = clock.now()
      const mark = `${asked.number} 号 ${asked.askedBy} ${localTime(at)}`
      const lines: string[][] = []
      for (let after = 0; ;) {
        signal.throwIfAborted()
        const rows = await repository.listRows(corpId, asked, after, ROWS_AT_A_TIME, timeZone)
        for (const row of rows) lines.push(bulkLine(row, asked.columns, mark, sealing))
        const last = rows.at(-1)
        if (!last || lines.length >= ROWS_AT_MOST) break
        after = last.followId
        await repository.noteProgress(bulkExportId, lines.length)
      }
      const rowCount = lines.length
      const table = [...bulkHead(asked, { rowCount, at: localTime(at) }), ...lines]
      const bytes = asked.format === 'csv' ? writeCsv(table) : writeWorkbook('客户', table)
      const fileSealed = sealing.seal(bytes.toString('base64'))
      await db.transaction(async tx => {
        const expiresAt = new Date(clock.now().getTime() + DAY_MS)
        const done = { rowCount, fileSealed, at: clock.now(), expiresAt }
        if (!(await createBulkExportsRepository(tx).finish(bulkExportId, done))) return
        await appendAudit(tx, {
          actor: job,
          at: clock.now(),
          action: 'bulkExportMade',
          subject: { kind: 'bulkExport', id: bulkExportId },
          detail: { rows: rowCount },
        })
      })
    },

    dropExpired: (): Promise<void> => repository.expire(corpId, clock.now(), dayAgo()),
  }
}

export type BulkExportsService = ReturnType<typeof createBulkExportsService>

const toBulkExport = (row: BulkExportRow): BulkExport => ({
  bulkExportId: row.bulkExportId,
  number: row.number,
  askedBy: row.askedBy,
  isMine: row.isMine,
  askedAt: row.askedAt.toISOString(),
  reason: row.reason,
  store: row.store,
  tag: row.tag,
  columns: row.columns,
  format: row.format,
  state: row.state,
  decidedBy: row.decidedBy,
  rowsDone: row.rowsDone,
  rowCount: row.rowCount,
  expiresAt: row.expiresAt?.toISOString() ?? null,
  canFetch: row.canFetch,
})
