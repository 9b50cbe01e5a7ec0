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
import type { CustomersService } from '../customers/customers.service.ts'
import { openPhones } from '../customers/phones.ts'
import type { RevealService } from '../customers/reveal.service.ts'
import { createHeldPeopleRepository } from './heldPeople.repository.ts'
import { columnWords, exportedTables, plumbing } from './personalData.ts'
import { createPersonalExportsRepository, type Her } from './personalExports.repository.ts'

const KEPT_MS = 15 * 60_000

export interface PersonalExportsDeps {
  db: Db
  clock: Clock
  sealing: Sealing
  customers: Pick<CustomersService, 'recordMinorReads'>
  reveal: Pick<RevealService, 'spend'>
  limits: Pick<Limits, 'admit'>
  timeZone: string
}

/** Everything held about one person, for her hands (P29). Only admins: the file holds what guides noted of children too. */
export function createPersonalExportsService(deps: PersonalExportsDeps) {
  const { db, clock, sealing, customers, reveal, limits, timeZone } = deps

  async function writeFile(tx: Tx, actor: StaffActor, her: Her): Promise<{ text: string; phones: number }> {
    const repository = createPersonalExportsRepository(tx)
    const names = await repository.listNames(actor)
    const sealed = await repository.listPhones(her.customerId)
    const phones = [...new Set(sealed.flatMap(each => openPhones(sealing, each)))]
    const sections: Record<string, object[]> = {}
    for (const [table, held] of Object.entries(exportedTables)) {
      const rows = await repository.listRows(table, held, her)
      if (rows.length > 0) sections[held.title] = rows.map(row => inWords(row, names))
    }
    const used = new Set(Object.values(sections).flatMap(rows => rows.flatMap(row => Object.keys(row))))
    const file = {
      说明: '这是我们保存的、关于您的全部资料。字段的意思见「字段」。',
      导出时间: clock.now().toISOString(),
      字段: Object.fromEntries(Object.entries(columnWords).filter(([column]) => used.has(column))),
      手机号: phones,
      资料: sections,
    }
    return { text: JSON.stringify(file, null, 2), phones: phones.length }
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

    /** Hands the file over, once. @throws Forbidden for everybody but admins; NotFound in another session, too late, or again */
    async takeFile(
      actor: StaffActor,
      sessionHash: Buffer,
      exportId: string,
    ): Promise<{ type: string; bytes: Buffer; name: string }> {
      if (actor.role !== 'admin') throw new Forbidden()
      const taken = await db.transaction(async tx => {
        const now = clock.now()
        const file = await createPersonalExportsRepository(tx).take(actor, { exportId, sessionHash, now })
        if (!file) throw new NotFound()
        await appendAudit(tx, { actor, at: now, action: 'personExportFetched', customerId: file.customerId })
        return file
      })
      const bytes = Buffer.from(sealing.open(taken.fileSealed), 'utf8')
      const name = `个人资料-${clock.today(timeZone)}.json`
      return { type: 'application/json; charset=utf-8', bytes, name }
    },

    dropExpired: (corpId: number): Promise<void> =>
      db.transaction(tx => createPersonalExportsRepository(tx).deleteExpired(corpId, clock.now())),
  }
}

export type PersonalExportsService = ReturnType<typeof createPersonalExportsService>

/** Names in the place of our numbers of members and tags. */
function inWords(
  row: object,
  { staff, tags }: { staff: Map<number, string>; tags: Map<number, string> },
): object {
  const isMember = (column: string) =>
    /^(staff_id|created_by|recorded_by|withdrawn_by|redeemed_by|requested_by)$|_staff_id$/.test(column)
  return Object.fromEntries(
    Object.entries(row)
      .filter(([column, value]) => value !== null && !plumbing.includes(column))
      .map(([column, value]: [string, unknown]) => {
        if (isMember(column)) return [column, staff.get(Number(value)) ?? value]
        if (column === 'tag_ids' && Array.isArray(value))
          return [column, value.map(id => tags.get(Number(id)) ?? (id as unknown))]
        if (column === 'tag_id') return [column, tags.get(Number(value)) ?? value]
        return [column, value]
      }),
  )
}
