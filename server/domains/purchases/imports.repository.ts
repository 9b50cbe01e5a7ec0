import { sql } from 'kysely'
import type { PurchaseImport } from '../../../shared/contract/purchases.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import { addressCustomer } from '../../../shared/rules/customerName.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { followInScope } from '../../db/scope.ts'

/** Imports one list shows. */
const SHOWN_IMPORTS = 20

/** Whom a line names: WeCom's id, or the hash of the last digits with a name. */
export interface SoughtCustomer {
  line: number
  externalUserId: string | null
  phoneTail: Buffer | null
  name: string | null
}

export interface FoundCustomer {
  line: number
  /** undefined when it could be several */
  customer: { customerId: number; address: string } | undefined
}

export interface NewLine {
  line: number
  /** hex */
  lineKey: string
  /** which of the equal ones of its file, from 1 */
  ordinal: number
  purchaseId: string
  customerId: number
  day: CivilDay
  piece: string
  amountFen: number
  recipient: string | null
  isCustom: boolean
  engraving: string | null
}

interface ImportRow {
  importId: string
  fileName: string
  state: PurchaseImport['state']
  by: string
  added: number
  repeated: number
  leftOut: number
  at: Date
  isOfToday: boolean
}

const toImport = ({ at, isOfToday, ...row }: ImportRow): PurchaseImport => ({
  ...row,
  at: at.toISOString(),
  canUndo: row.state === 'done' && isOfToday,
})

/** An import that is the member's own; for an admin any of the corp. */
const importInScope = (actor: StaffActor) =>
  actor.role === 'admin'
    ? sql`i.corp_id = ${actor.corpId}`
    : sql`i.corp_id = ${actor.corpId} and i.staff_id = ${actor.staffId}`

const linesJson = (lines: readonly NewLine[]) =>
  sql`jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as line (
    "lineKey" text, ordinal integer, "purchaseId" uuid, "customerId" bigint, day date, piece text, "amountFen" integer, recipient text,
    "isCustom" boolean, engraving text)`

/** The lines with how many equal purchases had been noted by hand before the file came: same customer, day, piece and amount. */
const linesWithNoted = (lines: readonly NewLine[]) => sql`
  given as materialized (select line.* from ${linesJson(lines)}),
  noted as materialized (
    select own.customer_id, own.day, own.amount_fen, own.piece, count(*) as count
    from purchases own
    where own.customer_id in (select "customerId" from given) and own.import_id is null
    group by own.customer_id, own.day, own.amount_fen, own.piece),
  line as materialized (
    select given.*, coalesce(noted.count, 0) as noted
    from given
    left join noted on noted.customer_id = given."customerId" and noted.day = given.day
      and noted.amount_fen = given."amountFen" and noted.piece = given.piece)`

export const createImportsRepository = (db: Db | Tx) => ({
  /** The customers in the member's scope whom the lines name; lines that name nobody are missing from the answer. */
  async findCustomers(actor: StaffActor, sought: readonly SoughtCustomer[]): Promise<FoundCustomer[]> {
    const found = await sql<{
      line: number
      count: number
      customer_id: number
      salutation: string | null
      remark: string | null
      name: string
    }>`
      with sought as (
        select * from unnest(${sought.map(one => one.line)}::integer[], ${sought.map(one => one.externalUserId)}::text[],
                             ${sought.map(one => one.phoneTail)}::bytea[], ${sought.map(one => one.name)}::text[])
          as sought (line, external_user_id, phone_tail, name)),
      candidates as (
        select sought.line, f.customer_id, f.remark, c.salutation, c.name
        from sought
        join customers c on c.corp_id = ${actor.corpId} and c.external_user_id = sought.external_user_id
        join follows f on f.customer_id = c.customer_id and ${followInScope(actor)}
        union all
        select sought.line, f.customer_id, f.remark, c.salutation, c.name
        from sought
        join follows f on f.phone_tails @> array[sought.phone_tail] and f.phone_tails <> '{}' and ${followInScope(actor)}
        join customers c on c.customer_id = f.customer_id
        where sought.external_user_id is null
          and (lower(sought.name) in (lower(c.name), lower(c.salutation), lower(f.remark))
               or strpos(lower(f.remark), lower(sought.name)) > 0))
      select line, count(distinct customer_id)::int as count, min(customer_id) as customer_id, min(salutation) as salutation,
             min(remark) as remark, min(name) as name
      from candidates
      group by line`.execute(db)
    return found.rows.map(row => ({
      line: row.line,
      customer: row.count > 1 ? undefined : { customerId: row.customer_id, address: addressCustomer(row) },
    }))
  },

  /** Which of these lines are here already: taken over from a file before, or noted by hand. */
  async findRepeated(actor: StaffActor, lines: readonly NewLine[]): Promise<string[]> {
    const found = await sql<{ key: string }>`
      with ${linesWithNoted(lines)}
      select line."lineKey" as key from line
      where line.ordinal <= line.noted or exists (
        select from purchase_lines known
        where known.corp_id = ${actor.corpId} and known.line_key = decode(line."lineKey", 'hex'))`.execute(db)
    return found.rows.map(row => row.key)
  },

  /** When this very file was last taken over, and not undone since. */
  async findSameFile(actor: StaffActor, contentHash: Buffer): Promise<Date | undefined> {
    const found = await sql<{ created_at: Date }>`
      select created_at from purchase_imports
      where corp_id = ${actor.corpId} and content_hash = ${contentHash} and state = 'done'
      order by created_at desc limit 1`.execute(db)
    return found.rows[0]?.created_at
  },

  async insert(
    actor: StaffActor,
    made: { importId: string; fileName: string; contentHash: Buffer; leftOut: number; at: Date },
  ): Promise<void> {
    await sql`
      insert into purchase_imports (import_id, corp_id, staff_id, file_name, content_hash, added, repeated, left_out, created_at)
      values (${made.importId}, ${actor.corpId}, ${actor.staffId}, ${made.fileName}, ${made.contentHash}, 0, 0,
              ${made.leftOut}, ${made.at})`.execute(db)
  },

  /** Adds the lines that are not here yet; two servers with the same line add it once. @returns the purchases added */
  async insertLines(
    actor: StaffActor,
    importId: string,
    lines: readonly NewLine[],
    now: Date,
  ): Promise<string[]> {
    const added = await sql<{ purchaseId: string }>`
      with ${linesWithNoted(lines)},
      taken as (
        insert into purchase_lines (corp_id, line_key, import_id)
        select ${actor.corpId}, decode("lineKey", 'hex'), ${importId}::uuid from line where ordinal > noted
        -- always in the same order, so that two imports at once cannot block each other
        order by "lineKey"
        on conflict do nothing
        returning line_key)
      insert into purchases (purchase_id, corp_id, customer_id, day, piece, amount_fen, recipient, is_custom, engraving,
                             import_id, created_by, created_at)
      select line."purchaseId", ${actor.corpId}, line."customerId", line.day, line.piece, line."amountFen", line.recipient,
             line."isCustom", line.engraving, ${importId}::uuid, ${actor.staffId}, ${now}
      from taken join line on decode(line."lineKey", 'hex') = taken.line_key
      returning purchase_id as "purchaseId"`.execute(db)
    return added.rows.map(row => row.purchaseId)
  },

  async writeCounts(importId: string, counts: { added: number; repeated: number }): Promise<void> {
    await sql`
      update purchase_imports set added = ${counts.added}, repeated = ${counts.repeated}
      where import_id = ${importId}`.execute(db)
  },

  async list(actor: StaffActor, today: CivilDay, timeZone: string): Promise<PurchaseImport[]> {
    const found = await sql<ImportRow>`
      select i.import_id as "importId", i.file_name as "fileName", i.state, s.name as by, i.added, i.repeated,
             i.left_out as "leftOut", i.created_at as at,
             (i.created_at at time zone ${timeZone}::text)::date = ${today}::date as "isOfToday"
      from purchase_imports i
      join staff s on s.staff_id = i.staff_id
      where ${importInScope(actor)}
      order by i.created_at desc
      limit ${SHOWN_IMPORTS}`.execute(db)
    return found.rows.map(toImport)
  },

  async find(
    actor: StaffActor,
    importId: string,
    today: CivilDay,
    timeZone: string,
  ): Promise<PurchaseImport | undefined> {
    const found = await sql<ImportRow>`
      select i.import_id as "importId", i.file_name as "fileName", i.state, s.name as by, i.added, i.repeated,
             i.left_out as "leftOut", i.created_at as at,
             (i.created_at at time zone ${timeZone}::text)::date = ${today}::date as "isOfToday"
      from purchase_imports i
      join staff s on s.staff_id = i.staff_id
      where i.import_id = ${importId} and ${importInScope(actor)}
      for update of i`.execute(db)
    return found.rows.map(toImport)[0]
  },

  /** Takes away everything an import has brought, whatever was done to it since. */
  async undo(importId: string, now: Date): Promise<void> {
    await sql`
      with bought as (delete from purchases where import_id = ${importId} returning purchase_id),
      told as (delete from touches t using bought where t.purchase_id = bought.purchase_id),
      aside as (delete from removed_purchases r using purchase_imports i
        where i.import_id = ${importId} and r.corp_id = i.corp_id and r.purchase ->> 'import_id' = i.import_id::text),
      keys as (delete from purchase_lines where import_id = ${importId})
      update purchase_imports set state = 'undone', undone_at = ${now} where import_id = ${importId}`.execute(
      db,
    )
  },
})
