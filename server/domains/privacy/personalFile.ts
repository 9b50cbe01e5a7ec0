import { relationLabel } from '../../../shared/rules/relation.ts'
import { dateWords } from '../customers/importantDate.ts'
import { pieceLabel } from './exportedFamily.ts'
import { asItIs, instant, type Glossary, type NameKind, type Row, type Told } from './exportedTable.ts'
import { exportedTables } from './personalData.ts'
import type { Named } from './personalExports.repository.ts'

/** Her rows as they stand, by their table. */
export type HeldRows = Readonly<Record<string, readonly Row[]>>

const tellRow = (table: string, row: Row, glossary: Glossary): { [name: string]: Told } =>
  Object.fromEntries(
    Object.entries(exportedTables[table]?.columns ?? {}).flatMap(([column, told]) => {
      const value = row[column]
      if (value === null || value === undefined) return []
      const [name, say] = typeof told === 'string' ? [told, asItIs] : told
      const words = say(value, row, glossary)
      return words === null ? [] : [[name, words] as const]
    }),
  )

/** Her rows in words, section by section; what is empty is left out. */
export const tellEverything = (held: HeldRows, glossary: Glossary): Record<string, Told[]> =>
  Object.fromEntries(
    Object.entries(exportedTables).flatMap(([table, { title }]) => {
      const rows = held[table] ?? []
      return rows.length > 0 ? [[title, rows.map(row => tellRow(table, row, glossary))] as const] : []
    }),
  )

/**
 * What every number in her file is called: of ours by `names`, of hers by what the row itself says.
 * @param names of members, tags, stores and the like
 */
export function createGlossary(held: HeldRows, names: readonly Named[], timeZone: string): Glossary {
  const known = new Map(names.map(({ kind, id, name }) => [`${kind} ${id}`, name]))
  const couponSends = new Set(
    (held['sends'] ?? []).filter(row => row['coupon_id'] ?? row['share_id']).map(row => row['send_id']),
  )
  const glossary: Glossary = {
    timeZone,
    find: (kind, id) => known.get(`${kind} ${String(id)}`),
    describe: (table, row) => tellRow(table, row, glossary),
    isOfCoupon: sendId => couponSends.has(sendId),
  }
  const { find } = glossary
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  const inBrackets = (words: string, more: string) => (more === '' ? words : `${words}（${more}）`)
  const add = (table: string, kind: NameKind, key: string, nameOf: (row: Row) => string) => {
    for (const row of held[table] ?? []) known.set(`${kind} ${String(row[key])}`, nameOf(row))
  }
  // Each may name those before it.
  add('follows', 'follow', 'follow_id', ({ staff_id: id }) => find('member', id) ?? '一位成员')
  add('people', 'person', 'person_id', ({ relation, call_name: callName }) =>
    inBrackets(relationLabel(text(relation)), text(callName)),
  )
  const relations = new Map((held['people'] ?? []).map(row => [row['person_id'], text(row['relation'])]))
  add('important_dates', 'date', 'date_id', ({ person_id: id, kind, label }) =>
    dateWords({
      relation: relations.get(id) ?? null,
      isMinor: false,
      kind: kind as 'other',
      label: text(label) || null,
    }),
  )
  add('sends', 'send', 'send_id', row =>
    inBrackets(text(row['title']), text(instant(row['started_at'], row, glossary))),
  )
  add('coupons', 'coupon', 'coupon_id', ({ template_id: id, code }) =>
    inBrackets(find('template', id) ?? '一张券', `券码 ${text(code)}`),
  )
  add('purchases', 'purchase', 'purchase_id', ({ piece, day }) => inBrackets(text(piece), text(day)))
  add('engravings', 'engraving', 'engraving_id', ({ piece_id: id, lines }) =>
    inBrackets(pieceLabel(id), Array.isArray(lines) ? lines.join(' ') : ''),
  )
  add('reminders', 'reminder', 'reminder_id', ({ about, date_id: id, occurrence }) =>
    inBrackets(text(about) || (find('date', id) ?? '一条提醒'), text(occurrence)),
  )
  return glossary
}
