import { api } from '../../../shared/contract/api.ts'
import type { AuditChain, AuditFilter, AuditRow } from '../../../shared/contract/audit.ts'
import type { Page, PageQuery } from '../../../shared/contract/page.ts'
import { auditTopics, auditWho, auditWords } from '../../../shared/rules/auditWords.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { Forbidden } from '../../errors.ts'
import { writeCsv } from '../../files/writeTable.ts'
import { createPageCursors, cutPage } from '../../pageCursor.ts'
import type { Sealing } from '../../sealing.ts'
import { appendAudit } from './appendAudit.ts'
import { createAuditRepository } from './audit.repository.ts'
import { createAuditLogRepository, type LogFilter } from './auditLog.repository.ts'

/** Rows of one file: a month of a large shop, and no more than a spreadsheet opens at once. */
const EXPORTED_ROWS = 10_000

export interface AuditLogDeps {
  db: Db
  clock: Clock
  sealing: Sealing
  timeZone: string
}

/** The audit record as admins read it. */
export function createAuditLogService({ db, clock, sealing, timeZone }: AuditLogDeps) {
  const cursors = createPageCursors(sealing)
  const log = createAuditLogRepository(db)

  const assertAdmin = (actor: StaffActor) => {
    if (actor.role !== 'admin') throw new Forbidden()
  }

  const filterOf = ({ action, topic, member, customer, from, until }: AuditFilter): LogFilter => {
    const ofTopic = topic && auditTopics[topic].actions
    const actions = action === undefined ? ofTopic : (ofTopic ?? [action]).filter(each => each === action)
    return { actions, member, customer, from, until, timeZone }
  }

  async function chainState(corpId: number): Promise<AuditChain> {
    const check = await createAuditRepository(db).findCheck(corpId)
    if (!check) return { state: 'unchecked', checkedAt: null, entries: 0, brokenAt: null }
    return {
      state: check.broken ? 'broken' : 'whole',
      checkedAt: check.checkedAt.toISOString(),
      entries: check.through.seq,
      brokenAt: check.broken?.seq ?? null,
    }
  }

  return {
    /** @throws Forbidden for everybody but admins */
    async list(
      actor: StaffActor,
      { cursor, limit, ...asked }: AuditFilter & PageQuery,
    ): Promise<Page<AuditRow> & { chain: AuditChain }> {
      assertAdmin(actor)
      const listed = `audit:${JSON.stringify(filterOf(asked))}`
      const [exactAt, entryId] = cursor === undefined ? [] : cursors.read(actor, listed, cursor)
      const before = cursor === undefined ? undefined : { exactAt: String(exactAt), entryId: String(entryId) }
      const found = await log.list(actor, filterOf(asked), before, limit + 1)
      const { rows, nextCursor } = cutPage(found, limit, ({ position }) =>
        cursors.write(actor, listed, [position.exactAt, position.entryId]),
      )
      return {
        items: rows.map(({ entry }) => withOperation(entry)),
        nextCursor,
        chain: await chainState(actor.corpId),
      }
    },

    /** The newest entries about one customer, each as a sentence; for whoever may read the record. */
    async tellAbout(
      tx: Tx,
      actor: StaffActor,
      externalUserId: string,
      count: number,
    ): Promise<{ entryId: string; words: string }[]> {
      assertAdmin(actor)
      const filter = filterOf({ customer: externalUserId })
      const found = await createAuditLogRepository(tx).list(actor, filter, undefined, count)
      return found.map(({ entry }) => ({ entryId: entry.entryId, words: auditWords(withOperation(entry)) }))
    },

    /** The newest rows of what is asked for, with the names of today. @throws Forbidden for everybody but admins */
    async export(
      actor: StaffActor,
      asked: AuditFilter,
    ): Promise<{ type: string; bytes: Buffer; name: string }> {
      assertAdmin(actor)
      const found = await log.list(actor, filterOf(asked), undefined, EXPORTED_ROWS)
      const rows = found
        .map(({ entry }) => withOperation(entry))
        .map(entry => [localTime(entry.at, timeZone), auditWho(entry), auditWords(entry), entry.entryId])
      const { member: _, customer: __, ...named } = asked
      await db.transaction(tx =>
        appendAudit(tx, {
          actor,
          at: clock.now(),
          action: 'auditExported',
          detail: { rows: rows.length, ...named },
        }),
      )
      const bytes = writeCsv([['时间', '谁', '做了什么', '编号'], ...rows.map(row => row.map(asPlainText))])
      return { type: 'text/csv; charset=utf-8', bytes, name: `操作记录-${clock.today(timeZone)}.csv` }
    },
  }
}

export type AuditLogService = ReturnType<typeof createAuditLogService>

const operations: Record<string, { summary: string } | undefined> = { ...api, login: { summary: '登录' } }

/** What was refused, as the api itself calls it. */
const withOperation = (entry: AuditRow): AuditRow =>
  entry.action === 'denied'
    ? { ...entry, about: operations[String(entry.detail['operation'])]?.summary ?? null }
    : entry

const localTime = (at: string, timeZone: string): string =>
  new Date(at).toLocaleString('sv-SE', { timeZone, hour12: false })

/** Names are written by customers: none of them becomes a formula. */
const asPlainText = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)
