import { createHash } from 'node:crypto'

/** An entry as it is hashed: every column as the database writes it in text. */
export interface ChainedFields {
  entryId: string
  corpId: number
  atMicros: string
  actor: string
  staffId: string | null
  action: string
  subjectKind: string | null
  subjectId: string | null
  customerId: string | null
  detail: string
  requestId: string | null
}

/** An end of the chain: the place of a row and its hash. */
export interface Link {
  seq: number
  hash: Buffer
}

/** What the first row of a chain hangs on. */
export const CHAIN_START: Link = { seq: 0, hash: Buffer.alloc(32) }

/** sha256 over the place, the hash before, and all fields in a fixed order. Another order or other fields need another first number. */
export function linkAfter(before: Link, fields: ChainedFields): Link {
  const seq = before.seq + 1
  const canonical = JSON.stringify([
    1,
    seq,
    before.hash.toString('hex'),
    fields.entryId,
    fields.corpId,
    fields.atMicros,
    fields.actor,
    fields.staffId,
    fields.action,
    fields.subjectKind,
    fields.subjectId,
    fields.customerId,
    fields.detail,
    fields.requestId,
  ])
  return { seq, hash: createHash('sha256').update(canonical).digest() }
}

/** A row that claims to be part of the chain. */
export interface ChainedRow extends ChainedFields, Link {
  previousHash: Buffer
}

export interface ChainBreak {
  seq: number
  /** missing: a row between two others is gone · severed: it does not hang on the one before · altered: its content is not what was chained */
  trouble: 'missing' | 'severed' | 'altered'
}

/** The first of these rows that does not follow from `before`; none of them is skipped. */
export function firstBreak(before: Link, rows: readonly ChainedRow[]): ChainBreak | undefined {
  let end = before
  for (const row of rows) {
    if (row.seq !== end.seq + 1) return { seq: end.seq + 1, trouble: 'missing' }
    if (!row.previousHash.equals(end.hash)) return { seq: row.seq, trouble: 'severed' }
    if (!linkAfter(end, row).hash.equals(row.hash)) return { seq: row.seq, trouble: 'altered' }
    end = row
  }
  return undefined
}
