import { randomUUID } from 'node:crypto'
import type { PersonalExport } from '../../../shared/contract/privacy.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Forbidden, NotFound } from '../../errors.ts'
import type { Limits } from '../../limits/limits.ts'
import type { Sealing } from '../../sealing.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import type { AuditLogService } from '../audit/auditLog.service.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import { openPhones } from '../customers/phones.ts'
import type { RevealService } from '../customers/reveal.service.ts'
import { createHeldPeopleRepository } from './heldPeople.repository.ts'
import { instant, type Row } from './exportedTable.ts'
import { exportedTables } from './personalData.ts'
import { createPersonalExportsRepository, type Her, type Named } from './personalExports.repository.ts'
import { createGlossary, tellEverything, type HeldRows } from './personalFile.ts'

const KEPT_MS = 15 * 60_000

export interface PersonalExportsDeps {
  db: Db
  clock: Clock
  sealing: Sealing
  customers: Pick<CustomersService, 'recordMinorReads'>
  reveal: Pick<RevealService, 'spend'>
  limits: Pick<Limits, 'admit'>
  auditLog: Pick<AuditLogService, 'tellAbout'>
  timeZone: string
}

/** Everything held about one person, for her hands (P29). Only admins: the file holds what guides noted of children too. */
export function createPersonalExportsService(deps: PersonalExportsDeps) {
  const { db, clock, sealing, customers, reveal, limits, auditLog, timeZone } = deps

  async function writeFile(tx: Tx, actor: StaffActor, her: Her): Promise<{ text: string; phones: number }> {
    const repository = createPersonalExportsRepository(tx)
    const sealed = await repository.listPhones(her.customerId)
    const phones = [...new Set(sealed.flatMap(each => openPhones(sealing, each)))]
    const held: Record<string, Row[]> = {}
    for (const [table, exported] of Object.entries(exportedTables))
      held[table] = await repository.listRows(table, exported, her)
    const names = [...(await listNames(tx, actor, held)), ...(await listDeeds(tx, actor, her, held))]
    const madeAt = clock.now().toISOString()
    const glossary = createGlossary(held, names, timeZone)
    const file = {
      说明: '这是我们保存的、关于您的全部资料。没有写进来的只有我们自己的编号、密钥和程序的进度。',
      导出时间: instant(madeAt, {}, glossary),
      手机号: phones,
      资料: tellEverything(held, glossary),
    }
    return { text: JSON.stringify(file, null, 2), phones: phones.length }
  }

  async function listNames(tx: Tx, actor: StaffActor, held: HeldRows): Promise<Named[]> {
    const idsOf = (table: string, column: string) =>
      (held[table] ?? []).map(row => row[column]).filter(id => id !== null && id !== undefined)
    return createPersonalExportsRepository(tx).listNames(actor, {
      scripts: idsOf('sends', 'script_id').map(String),
      groups: [...idsOf('group_members', 'group_chat_id'), ...idsOf('sends', 'group_chat_id')].map(Number),
    })
  }

  /** What was done with her data, in the words of the record. */
  async function listDeeds(tx: Tx, actor: StaffActor, her: Her, held: HeldRows): Promise<Named[]> {
    // Some more, for what is written meanwhile stands first.
    const count = (held['audit_entries']?.length ?? 0) + 100
    const told = await auditLog.tellAbout(tx, actor, her.externalUserId, count)
    return told.map(({ entryId, words }) => ({ kind: 'audit', id: entryId, name: words }))
  }

  async function render(actor: StaffActor, exportId: string): Promise<PersonalExport> {
    const found = await db.transaction(tx => createPersonalExportsRepository(tx).find(actor, exportId))
    if (!found) throw new NotFound()
    const fileName = `个人资料-${clock.today(timeZone)}.json`
    return { exportId, expiresAt: found.expiresAt.toISOString(), fileName }
  }

  return {
    /**
     * Puts her file aside for a quarter of an hour, for the session it was asked for in. Counts as a look at her numbers (P27) and
     * at each of her children (P28).
     * @throws Forbidden for everybody but admins; NotFound; Refusal('rate_limited') after three exports in a day or thirty looks at
     *   numbers in an hour
     */
    async make(
      actor: StaffActor,
      sessionHash: Buffer,
      externalUserId: string,
      { reason }: { reason: string },
      intent: Intent | undefined,
    ): Promise<PersonalExport> {
      if (actor.role !== 'admin') throw new Forbidden()
      const { exportId } = await once(db, actor, intent, clock.now(), async tx => {
        const person = await createHeldPeopleRepository(tx).find(actor, externalUserId)
        if (!person) throw new NotFound()
        await limits.admit('export', String(actor.staffId), tx)
        const { customerId } = person
        const repository = createPersonalExportsRepository(tx)
        const { text, phones } = await writeFile(tx, actor, { customerId, externalUserId })
        if (phones > 0) await reveal.spend(tx, actor, { customerId, reason, count: phones })
        await customers.recordMinorReads(tx, actor, await repository.listMinors(customerId))
        const madeAt = clock.now()
        const made = {
          exportId: randomUUID(),
          customerId,
          sessionHash,
          fileSealed: sealing.seal(text),
          madeAt,
        }
        await repository.insert(actor, { ...made, expiresAt: new Date(madeAt.getTime() + KEPT_MS) })
        await appendAudit(tx, {
          actor,
          at: madeAt,
          action: 'personExported',
          customerId,
          detail: { reason, bytes: Buffer.byteLength(text) },
        })
        return { exportId: made.exportId }
      })
      return render(actor, exportId)
    },

    /** Hands the file over; each time stands in the record. @throws Forbidden for everybody but admins; NotFound in another session or too late */
    async takeFile(
      actor: StaffActor,
      sessionHash: Buffer,
      exportId: string,
    ): Promise<{ type: string; bytes: Buffer; name: string }> {
      if (actor.role !== 'admin') throw new Forbidden()
      const opened = await db.transaction(async tx => {
        const now = clock.now()
        const file = await createPersonalExportsRepository(tx).open(actor, { exportId, sessionHash, now })
        if (!file) throw new NotFound()
        await appendAudit(tx, { actor, at: now, action: 'personExportFetched', customerId: file.customerId })
        return file
      })
      const bytes = Buffer.from(sealing.open(opened.fileSealed), 'utf8')
      const name = `个人资料-${clock.today(timeZone)}.json`
      return { type: 'application/json; charset=utf-8', bytes, name }
    },

    dropExpired: (corpId: number): Promise<void> =>
      db.transaction(tx => createPersonalExportsRepository(tx).deleteExpired(corpId, clock.now())),
  }
}

export type PersonalExportsService = ReturnType<typeof createPersonalExportsService>
