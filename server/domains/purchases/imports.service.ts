import { createHash, randomUUID } from 'node:crypto'
import type {
  ImportPreview,
  LineError,
  PurchaseColumn,
  PurchaseImport,
} from '../../../shared/contract/purchases.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Conflict, Forbidden, Invalid, NotFound } from '../../errors.ts'
import type { Sealing } from '../../sealing.ts'
import { phoneTailHash, type CustomersService } from '../customers/customers.service.ts'
import { readFileTable, type FileTable } from '../../files/fileTable.ts'
import { createImportsRepository, type FoundCustomer, type NewLine } from './imports.repository.ts'
import { detailOf } from './purchases.service.ts'
import { createTracesRepository } from './traces.repository.ts'
import { guessColumns, missingColumns, understandLines, type ReadLine } from './understandLines.ts'

const SHOWN_ERRORS = 100
const SHOWN_LINES = 20
/** Lines of a file that one statement looks up, adds or traces: all of them at once would take longer than a statement may. */
const BATCH_LINES = 2000

type Columns = (PurchaseColumn | null)[]
export interface PurchaseFile {
  type: string
  bytes: Uint8Array
}

interface Deps {
  db: Db
  clock: Clock
  sealing: Sealing
  customers: Pick<CustomersService, 'recordTouches'>
  timeZone: string
}

/** A line with its customer. */
interface SettledLine extends NewLine {
  address: string
}

interface Understood {
  lines: SettledLine[]
  errors: LineError[]
  /** lines of the file that say something */
  total: number
}

export type PurchaseImportsService = ReturnType<typeof createPurchaseImportsService>

/** Purchases from files, for managers and admins; a file names only customers in their scope. */
export const createPurchaseImportsService = ({ db, clock, sealing, customers, timeZone }: Deps) => {
  const assertMay = (actor: StaffActor) => {
    if (actor.role === 'guide') throw new Forbidden()
  }

  async function understand(
    tx: Db | Tx,
    actor: StaffActor,
    table: FileTable,
    columns: Columns,
  ): Promise<Understood> {
    const read = understandLines(table.rows, columns, clock.today(timeZone))
    const found = await findCustomers(tx, actor, read.lines)
    const errors = [...read.errors]
    const lines: Omit<SettledLine, 'lineKey' | 'ordinal'>[] = []
    for (const line of read.lines) {
      const customer = found.get(line.line)
      if (customer?.customer) lines.push(settled(line, customer.customer))
      else errors.push({ line: line.line, column: whoColumn(line), message: notFoundWords(line, customer) })
    }
    errors.sort((a, b) => a.line - b.line)
    const wrong = new Set(errors.map(error => error.line)).size
    return { lines: numbered(lines), errors, total: lines.length + wrong }
  }

  async function findCustomers(
    tx: Db | Tx,
    actor: StaffActor,
    lines: readonly ReadLine[],
  ): Promise<Map<number, FoundCustomer>> {
    const found = new Map<number, FoundCustomer>()
    for (const batch of batchesOf(lines)) {
      const sought = batch.map(({ line, customer }) => ({
        line,
        externalUserId: customer.externalUserId,
        phoneTail: customer.phoneTail === null ? null : phoneTailHash(sealing, customer.phoneTail),
        name: customer.name,
      }))
      for (const each of await createImportsRepository(tx).findCustomers(actor, sought))
        found.set(each.line, each)
    }
    return found
  }

  const today = () => clock.today(timeZone)

  return {
    /**
     * What a file is understood as, with `columns` or with what its headers suggest. Writes nothing.
     * @throws Forbidden for guides; Invalid for a file that cannot be read.
     */
    async preview(
      actor: StaffActor,
      file: PurchaseFile,
      columns: Columns | undefined,
    ): Promise<ImportPreview> {
      assertMay(actor)
      const table = await readFileTable(file)
      const chosen = fitted(columns ?? guessColumns(table.header), table.header.length)
      const missing = missingColumns(chosen)
      const repository = createImportsRepository(db)
      const before = await repository.findSameFile(actor, hashOf(file))
      const common = {
        header: table.header,
        columns: chosen,
        missing,
        importedBefore: before?.toISOString() ?? null,
      }
      if (missing.length > 0)
        return { ...common, total: 0, fresh: 0, repeated: 0, wrong: 0, errors: [], lines: [] }
      const { lines, errors, total } = await understand(db, actor, table, chosen)
      const known = new Set<string>()
      for (const batch of batchesOf(lines))
        for (const key of await repository.findRepeated(actor, batch)) known.add(key)
      const isRepeated = (line: NewLine) => known.has(line.lineKey)
      const fresh = lines.filter(line => !isRepeated(line)).length
      const wrong = new Set(errors.map(error => error.line)).size
      return {
        ...common,
        total,
        fresh,
        repeated: total - wrong - fresh,
        wrong,
        errors: errors.slice(0, SHOWN_ERRORS),
        lines: lines.slice(0, SHOWN_LINES).map(line => ({
          line: line.line,
          customer: line.address,
          day: line.day,
          piece: line.piece,
          amountFen: line.amountFen,
          recipient: line.recipient,
          isCustom: line.isCustom,
          engraving: line.engraving,
          isRepeated: isRepeated(line),
        })),
      }
    },

    /**
     * Takes a file over in one transaction: all of it or nothing. Lines that are here already add nothing, whoever imported them.
     * @throws Invalid naming lines that are wrong, unless they are to be left out; Forbidden for guides.
     */
    async take(
      actor: StaffActor,
      file: PurchaseFile,
      { columns, name, withoutWrong }: { columns: Columns; name: string; withoutWrong: boolean },
      intent: Intent | undefined,
    ): Promise<PurchaseImport> {
      assertMay(actor)
      const table = await readFileTable(file)
      const chosen = fitted(columns, table.header.length)
      if (missingColumns(chosen).length > 0)
        throw new Invalid([{ path: 'columns', message: '还有必要的列没有认出' }])
      const { importId } = await once(db, actor, intent, clock.now(), async tx => {
        const { lines, errors, total } = await understand(tx, actor, table, chosen)
        const leftOut = new Set(errors.map(error => error.line)).size
        if (leftOut > 0 && !withoutWrong) throw new Invalid(errors.slice(0, SHOWN_ERRORS).map(toFieldError))
        const made = { importId: randomUUID() }
        const now = clock.now()
        const repository = createImportsRepository(tx)
        await repository.insert(actor, {
          ...made,
          fileName: name,
          contentHash: hashOf(file),
          leftOut,
          at: now,
        })
        const added = new Set<string>()
        // Always in the same order, so that two imports at once cannot block each other.
        for (const batch of batchesOf(lines.toSorted(byKey)))
          for (const id of await repository.insertLines(actor, made.importId, batch, now)) added.add(id)
        const taken = lines.filter(line => added.has(line.purchaseId))
        await repository.writeCounts(made.importId, {
          added: added.size,
          repeated: total - leftOut - added.size,
        })
        for (const batch of batchesOf(taken)) {
          await customers.recordTouches(
            tx,
            batch.map(line => toTouch(actor, line)),
          )
          const purchaseIds = batch.map(line => line.purchaseId)
          await createTracesRepository(tx).tracePurchases(purchaseIds, timeZone)
        }
        return made
      })
      const found = await createImportsRepository(db).find(actor, importId, today(), timeZone)
      if (!found) throw new NotFound()
      return found
    },

    /** The newest first: the member's own, for an admin those of the corp. */
    async list(actor: StaffActor): Promise<{ imports: PurchaseImport[] }> {
      assertMay(actor)
      return { imports: await createImportsRepository(db).list(actor, today(), timeZone) }
    },

    /**
     * Takes back a whole import on the day it was made.
     * @throws NotFound for somebody else's; Conflict when it has been undone or is of another day.
     */
    async undo(actor: StaffActor, importId: string, intent: Intent | undefined): Promise<PurchaseImport> {
      assertMay(actor)
      await once(db, actor, intent, clock.now(), async tx => {
        const repository = createImportsRepository(tx)
        const found = await repository.find(actor, importId, today(), timeZone)
        if (!found) throw new NotFound()
        if (!found.canUndo) throw new Conflict()
        await repository.undo(importId, clock.now())
        return { importId }
      })
      const undone = await createImportsRepository(db).find(actor, importId, today(), timeZone)
      if (!undone) throw new NotFound()
      return undone
    },
  }
}

const hashOf = ({ bytes }: PurchaseFile) => createHash('sha256').update(bytes).digest()

/** As many columns as the file has. */
const fitted = (columns: Columns, count: number): Columns =>
  Array.from({ length: count }, (_, index) => columns[index] ?? null)

const whoColumn = ({ customer }: ReadLine): PurchaseColumn =>
  customer.externalUserId === null ? 'customer' : 'externalUserId'

function notFoundWords({ customer }: ReadLine, found: FoundCustomer | undefined): string {
  if (found) return '尾号和姓名都对得上的客户不止一位，请填外部联系人 ID'
  return customer.externalUserId === null ? '没有尾号和姓名都对得上的客户' : '没有这位客户'
}

const toFieldError = ({ line, message }: LineError) => ({
  path: `line.${line}`,
  message: `第 ${line} 行：${message}`,
})

const settled = (
  { line, day, piece, amountFen, recipient, isCustom, engraving }: ReadLine,
  { customerId, address }: { customerId: number; address: string },
): Omit<SettledLine, 'lineKey' | 'ordinal'> => ({
  line,
  purchaseId: randomUUID(),
  ...{ customerId, address, day, piece, amountFen, recipient, isCustom, engraving },
})

/**
 * Each line with the key by which it is known again, in whatever file and with whatever other columns: whose, when, what and for how
 * much, and which of several equal ones of its file. 0008_mended.sql builds the same.
 */
function numbered(lines: Omit<SettledLine, 'lineKey' | 'ordinal'>[]): SettledLine[] {
  const counts = new Map<string, number>()
  return lines.map(line => {
    const what = `${line.customerId}\n${line.day}\n${line.amountFen}\n${line.piece}`
    const ordinal = (counts.get(what) ?? 0) + 1
    counts.set(what, ordinal)
    return { ...line, ordinal, lineKey: createHash('sha256').update(`${what}\n${ordinal}`).digest('hex') }
  })
}

const byKey = (a: NewLine, b: NewLine) => (a.lineKey < b.lineKey ? -1 : 1)

const batchesOf = <Line>(lines: readonly Line[]): Line[][] =>
  Array.from({ length: Math.ceil(lines.length / BATCH_LINES) }, (_, index) =>
    lines.slice(index * BATCH_LINES, (index + 1) * BATCH_LINES),
  )

const toTouch = (actor: StaffActor, line: SettledLine) => ({
  corpId: actor.corpId,
  customerId: line.customerId,
  kind: 'purchase' as const,
  by: 'staff' as const,
  staffId: actor.staffId,
  what: line.piece,
  detail: detailOf(line),
  // Among what happened on its day: noon of UTC lies on it from Hawaii to Auckland.
  at: new Date(`${line.day}T12:00:00Z`),
  purchaseId: line.purchaseId,
})
