import { z } from 'zod'
import { BadBackup, createTaker } from './frames.ts'

/** What follows in a backup, one after the other: what it comes from, each table with its rows, where the sequences stood. */
const About = z.object({
  migrations: z.array(z.object({ version: z.number(), name: z.string(), checksum: z.string() })),
})
const Table = z.object({ name: z.string(), columns: z.array(z.string()).min(1) })
const TableEnd = z.object({ rows: z.number() })
const End = z.object({
  sequences: z.array(z.object({ name: z.string(), last: z.string(), isCalled: z.boolean() })),
  tables: z.number(),
  rows: z.number(),
})
export type About = z.infer<typeof About>
export type Table = z.infer<typeof Table>
export type TableEnd = z.infer<typeof TableEnd>
export type End = z.infer<typeof End>

const TYPES = { about: 1, table: 2, rows: 3, tableEnd: 4, end: 5 } as const
const MAX_RECORD_BYTES = 64 * 1024 * 1024

export type BackupRecord =
  | { type: 'about'; about: About }
  | { type: 'table'; table: Table }
  /** lines of COPY's text format, cut anywhere */
  | { type: 'rows'; bytes: Buffer }
  | { type: 'tableEnd'; end: TableEnd }
  | { type: 'end'; end: End }

/** One record as bytes: its type, the length of what follows, and that. */
export function packRecord(record: BackupRecord): Buffer {
  const payload = record.type === 'rows' ? record.bytes : Buffer.from(JSON.stringify(contentOf(record)))
  const head = Buffer.alloc(5)
  head[0] = TYPES[record.type]
  head.writeUInt32BE(payload.length, 1)
  return Buffer.concat([head, payload])
}

const contentOf = (record: Exclude<BackupRecord, { type: 'rows' }>) =>
  record.type === 'about' ? record.about : record.type === 'table' ? record.table : record.end

/** @throws BadBackup when the end is missing or something cannot be understood */
export async function* readRecords(source: AsyncIterable<Buffer>): AsyncGenerator<BackupRecord> {
  const bytes = createTaker(source)
  for (;;) {
    const head = await bytes.take(5)
    const length = head.readUInt32BE(1)
    if (length > MAX_RECORD_BYTES) throw new BadBackup('备份文件坏了。')
    const record = unpack(head[0] ?? 0, await bytes.take(length))
    yield record
    if (record.type !== 'end') continue
    if (!(await bytes.isAtEnd())) throw new BadBackup('备份文件坏了：后面多出了东西。')
    return
  }
}

function unpack(type: number, payload: Buffer): BackupRecord {
  if (type === TYPES.rows) return { type: 'rows', bytes: payload }
  try {
    const content: unknown = JSON.parse(payload.toString())
    if (type === TYPES.about) return { type: 'about', about: About.parse(content) }
    if (type === TYPES.table) return { type: 'table', table: Table.parse(content) }
    if (type === TYPES.tableEnd) return { type: 'tableEnd', end: TableEnd.parse(content) }
    if (type === TYPES.end) return { type: 'end', end: End.parse(content) }
  } catch (cause) {
    throw new BadBackup('备份文件坏了：读不懂。', { cause })
  }
  throw new BadBackup('备份文件的格式不认识：它可能来自更新的程序。')
}
