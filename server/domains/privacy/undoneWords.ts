import type { Row, Say, Told } from './exportedTable.ts'

const rowsOf = (value: unknown): Row[] =>
  Array.isArray(value) ? value.filter((each): each is Row => typeof each === 'object' && each !== null) : []
const rowOf = (value: unknown): Row => (typeof value === 'object' && value !== null ? (value as Row) : {})

/** The names of the contract as those of columns: `callName` → `call_name`. */
const asColumns = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
      value,
    ]),
  )

/** What can still be taken back for some minutes: rows that were removed, and what stood there before (`UndoContent`). */
export const undoneWords: Say = (content, _row, { describe, find }) => {
  const { gone, dates, people, profile, madeDates, madePeople, madePromises } = rowOf(content)
  const removed = rowOf(gone)
  const told = (table: string, rows: Row[]): Told[] => rows.map(row => describe(table, row))
  const before = (rows: unknown): Row[] => rowsOf(rows).map(({ before: was }) => asColumns(rowOf(was)))
  const names = (kind: 'date' | 'person' | 'reminder', ids: unknown): Told[] =>
    Array.isArray(ids) ? ids.flatMap(id => find(kind, id) ?? []) : []
  const parts: Record<string, Told[]> = {
    删掉的家人: told('people', rowsOf(removed['people'])),
    删掉的日子: told('important_dates', rowsOf(removed['dates'])),
    一起删掉的提醒: told('reminders', rowsOf(removed['reminders'])),
    一起删掉的刻字稿: told('engravings', rowsOf(removed['engravings'])),
    改过的购买原来: told('purchases', rowsOf(removed['purchases'])),
    改过的日子原来: told('important_dates', before(dates)),
    改过的家人原来: told('people', before(people)),
    改过的资料原来: told('customers', profile === undefined ? [] : before([profile])),
    新记的日子: names('date', madeDates),
    新记的家人: names(
      'person',
      rowsOf(madePeople).map(({ personId }) => personId),
    ),
    新答应的事: names('reminder', madePromises),
  }
  const kept = Object.entries(parts).filter(([, rows]) => rows.length > 0)
  return kept.length > 0 ? Object.fromEntries(kept) : null
}
