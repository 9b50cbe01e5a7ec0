import { priceText } from '../../../shared/rules/coupon.ts'

export type Row = Readonly<Record<string, unknown>>

/** What stands in her file: words, never a number or a code of ours. */
export type Told = string | number | string[] | Told[] | { [name: string]: Told } | null

/** What our numbers are called; `part` also for what lies only in her own rows. */
export type NameKind =
  | 'member'
  | 'tag'
  | 'store'
  | 'template'
  | 'channelCode'
  | 'channel'
  | 'script'
  | 'group'
  | 'audit'
  | 'follow'
  | 'person'
  | 'date'
  | 'send'
  | 'coupon'
  | 'purchase'
  | 'engraving'
  | 'reminder'

export interface Glossary {
  timeZone: string
  /** undefined for what is not there any more */
  find(kind: NameKind, id: unknown): string | undefined
  /** a row that lies inside another one, as a row of its own table is told */
  describe(table: string, row: Row): Told
  /** whether that message carried a coupon, whose link nobody reads back */
  isOfCoupon(sendId: unknown): boolean
}

export type Say = (value: unknown, row: Row, glossary: Glossary) => Told

/** A column in her file: what it is called there, and how its value is said; without that it is words already. */
type ToldColumn = string | readonly [name: string, say: Say]

export interface ExportedTable {
  /** the section of her file */
  title: string
  /** which rows of `t` are hers; `$customer` and `$external` stand for her number and WeCom's id */
  where: string
  /** of `t`, what comes first */
  order: string
  /** in the order in which they are told */
  columns: Readonly<Record<string, ToldColumn>>
  /** left out because… */
  leftOut: Readonly<Record<string, string>>
}

/** Of a table that knows her by our number. */
export const hers = 't.customer_id = $customer'

/** Why a column is not in her file, where several share the reason. */
export const because = {
  ours: '我们自己的编号，什么也不说明',
  whole: '整份资料就是她的，或就是上一层那一条的',
  corp: '每一行都是同一家企业',
  technical: '只给程序用：版本、次数、处理到哪里',
  derived: '由别的列算出来，帮我们查找和排序',
  told: '写在同一行的另一项里',
  secret: '密钥、链接和摘要（S0）：谁都读不回来',
} as const

/** Words for a code; one nobody knows is no word of hers. */
export const said =
  (words: Readonly<Record<string, string>>): Say =>
  value =>
    words[String(value)] ?? '其他'

/** Where codes of ours stand beside words of people. */
export const saidOrWritten =
  (words: Readonly<Record<string, string>>): Say =>
  value =>
    words[String(value)] ?? String(value)

export const named =
  (kind: NameKind): Say =>
  (id, _row, { find }) =>
    find(kind, id) ?? '已经不在的一项'

export const namedEach =
  (kind: NameKind): Say =>
  (ids, row, glossary) =>
    Array.isArray(ids) && ids.length > 0 ? ids.map(id => named(kind)(id, row, glossary)) : null

export const member = named('member')

/** `2026-11-22 09:30` where the shop is; what has no beginning or end is not said. */
export const instant: Say = (value, _row, { timeZone }) => {
  const at = new Date(String(value))
  return Number.isNaN(at.getTime())
    ? null
    : at.toLocaleString('sv-SE', { timeZone, hour12: false }).slice(0, 16)
}

export const yuan: Say = fen => priceText(Number(fen))

export const days: Say = count => `${Number(count)} 天`

/** For what only matters when it is so. */
export const ifSo: Say = value => (value === true ? '是' : null)

/** Words, numbers and yes or no, as they are. */
export const asItIs: Say = value => {
  if (typeof value === 'boolean') return value ? '是' : '否'
  if (typeof value === 'number' || typeof value === 'string') return value === '' ? null : value
  return Array.isArray(value) && value.length > 0 ? value.map(String) : null
}
