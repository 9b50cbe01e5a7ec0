import type { LineError, PurchaseColumn } from '../../../shared/contract/purchases.ts'
import {
  civilDay,
  civilDayOfNumber,
  dayNumberOf,
  isCivilDay,
  type CivilDay,
} from '../../../shared/rules/civilDay.ts'
import { parseYuan, type YuanTrouble } from '../../../shared/rules/parseYuan.ts'
import { findRelation } from '../../../shared/rules/relation.ts'

const MAX_PIECE_LENGTH = 60
const MAX_ENGRAVING_LENGTH = 60
/** Nothing in a shop's books is older. */
const FIRST_DAY: CivilDay = '1990-01-01'
/** Day 0 of a workbook's day numbers, from March 1900 on. */
const WORKBOOK_DAY_ZERO = dayNumberOf('1899-12-30')

/** By whom a line is: WeCom's id, or the last digits of her number together with her name. */
export interface LineCustomer {
  externalUserId: string | null
  phoneTail: string | null
  name: string | null
}

/** One line as it says it, before anybody has looked who the customer is. */
export interface ReadLine {
  /** of the file; the header is line 1 */
  line: number
  customer: LineCustomer
  day: CivilDay
  piece: string
  amountFen: number
  /** relation code, null for herself */
  recipient: string | null
  isCustom: boolean
  engraving: string | null
  orderNo: string | null
}

/**
 * Which words in a header mean which column. In this order, and for each the likelier words first: `订单日期` is a day, `商品金额` an
 * amount, `客户手机` a number.
 */
const headerWords: [PurchaseColumn, RegExp[]][] = [
  ['externalUserId', [/外部联系人/, /external/i]],
  ['phone', [/手机|尾号/, /电话|phone|mobile/i]],
  ['day', [/日期|date/i, /时间|哪天/]],
  ['amount', [/实付|实收/, /金额|amount/i, /成交价|总价|价格|售价|price/i]],
  ['engraving', [/刻字|刻印|engrav/i]],
  ['custom', [/定制|定做|custom/i]],
  ['recipient', [/送给|赠予|给谁|收礼|recipient/i]],
  ['orderNo', [/单号|小票|流水|order/i]],
  ['piece', [/商品|品名|货品|产品|product|item|piece/i, /款式|款名|名称/]],
  ['customer', [/客户|顾客|客人/, /姓名|称呼|name/i]],
]
/** `会员号`, `客户编号`, `款号`: numbers of other systems, which nobody here knows. */
const foreignNumber = /(编号|会员号|卡号|款号|货号|条码)/

/** What each column seems to be, by its header; each kind of column once. */
export function guessColumns(header: readonly string[]): (PurchaseColumn | null)[] {
  const columns: (PurchaseColumn | null)[] = header.map(() => null)
  for (const [column, patterns] of headerWords) {
    for (const pattern of patterns) {
      const place = header.findIndex(
        (words, index) => columns[index] === null && pattern.test(words) && !foreignNumber.test(words),
      )
      if (place < 0) continue
      columns[place] = column
      break
    }
  }
  return columns
}

/** Columns without which no line can be understood. */
export function missingColumns(columns: readonly (PurchaseColumn | null)[]): PurchaseColumn[] {
  const needed: PurchaseColumn[] = ['day', 'piece', 'amount']
  const who: PurchaseColumn[] = columns.includes('externalUserId') ? [] : ['customer', 'phone']
  return [...who, ...needed].filter(column => !columns.includes(column))
}

/** A wrong cell, in words for the person. */
class WrongCell extends Error {}

/** Every line that says something; a line with a wrong cell is left out and stands in `errors`. */
export function understandLines(
  rows: readonly (readonly string[])[],
  columns: readonly (PurchaseColumn | null)[],
  today: CivilDay,
): { lines: ReadLine[]; errors: LineError[] } {
  const places = new Map(columns.flatMap((column, index) => (column ? [[column, index] as const] : [])))
  const lines: ReadLine[] = []
  const errors: LineError[] = []
  for (const [index, row] of rows.entries()) {
    if (row.every(cell => cell === '')) continue
    const line = index + 2
    const before = errors.length
    const read = <T>(column: PurchaseColumn, understand: (cell: string) => T): T | undefined => {
      const place = places.get(column)
      try {
        return understand(folded(place === undefined ? '' : (row[place] ?? '')))
      } catch (error) {
        if (!(error instanceof WrongCell)) throw error
        errors.push({ line, column, message: error.message })
        return undefined
      }
    }
    const engraving = read('engraving', readEngraving) ?? null
    const found = {
      externalUserId: read('externalUserId', cell => cell || null) ?? null,
      phoneTail: read('phone', readPhoneTail) ?? null,
      name: read('customer', cell => cell.slice(0, 64) || null) ?? null,
      day: read('day', cell => readDay(cell, today)),
      piece: read('piece', readPiece),
      amountFen: read('amount', readAmount),
      recipient: read('recipient', readRecipient) ?? null,
      isCustom: read('custom', cell => (places.has('custom') ? readCustom(cell) : engraving !== null)),
      orderNo: read('orderNo', cell => cell.slice(0, 64) || null) ?? null,
    }
    const { externalUserId, phoneTail, name, day, piece, amountFen, isCustom, ...rest } = found
    if (errors.length === before && externalUserId === null && (phoneTail === null || name === null))
      errors.push({ line, column: null, message: whoIsMissing(phoneTail, name) })
    if (errors.length > before) continue
    if (day === undefined || piece === undefined || amountFen === undefined || isCustom === undefined)
      continue
    lines.push({
      ...rest,
      line,
      customer: { externalUserId, phoneTail, name },
      day,
      piece,
      amountFen,
      isCustom,
      engraving,
    })
  }
  return { lines, errors }
}

const whoIsMissing = (phoneTail: string | null, name: string | null) => {
  if (phoneTail === null && name === null) return '没有写是哪位客户'
  return phoneTail === null ? '只有姓名认不准，请补上手机尾号' : '只有尾号认不准，请补上姓名'
}

/** Width does not matter: `２０２６年１１月` and `￥` are typed like that. */
const folded = (cell: string) => cell.normalize('NFKC').trim()

function readPhoneTail(cell: string): string | null {
  if (cell === '') return null
  const digits = cell.replace(/\D/g, '')
  if (digits.length < 4) throw new WrongCell('手机号要有后四位')
  return digits.slice(-4)
}

/**
 * `2026-11-20` `2026/11/20` `2026.11.20` `2026年11月20日` `20261120`, with or without a time behind, and the day numbers of a workbook. A day
 * without its year is asked for it: guessed, the same file would say something else a year later.
 */
function readDay(cell: string, today: CivilDay): CivilDay {
  if (cell === '') throw new WrongCell('没有日期')
  if (yearless.test(cell)) throw new WrongCell('日期要带年份，如 2026/11/20')
  const day = findDay(cell)
  if (day === undefined) throw new WrongCell(`日期认不出：${cell.slice(0, 20)}`)
  if (day > today) throw new WrongCell('这一天还没有到')
  if (day < FIRST_DAY) throw new WrongCell('日期太早')
  return day
}

const timeBehind = String.raw`(?:日|号)?(?:[T\s]+\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?Z?)?$`
const yearless = new RegExp(String.raw`^\d{1,2}[-/.月]\s*\d{1,2}${timeBehind}`)

function findDay(cell: string): CivilDay | undefined {
  const full =
    new RegExp(String.raw`^(\d{4})[-/.年]\s*(\d{1,2})[-/.月]\s*(\d{1,2})${timeBehind}`).exec(cell) ??
    /^(\d{4})(\d{2})(\d{2})$/.exec(cell)
  if (full) return dayOf(Number(full[1]), Number(full[2]), Number(full[3]))
  const number = /^(\d{5})(?:\.\d+)?$/.exec(cell)
  return number ? civilDayOfNumber(WORKBOOK_DAY_ZERO + Number(number[1])) : undefined
}

function dayOf(year: number, month: number, day: number): CivilDay | undefined {
  const text = [String(year), String(month).padStart(2, '0'), String(day).padStart(2, '0')].join('-')
  return isCivilDay(text) ? civilDay(year, month, day) : undefined
}

const amountTroubles: Record<YuanTrouble, (cell: string) => string> = {
  empty: () => '没有金额',
  unclear: cell => `金额认不出：${cell.slice(0, 20)}`,
  negative: () => '负数像是退货，请从文件里去掉',
  tooFine: () => '金额最多到分',
  tooMuch: () => '金额超过 100 万',
}

function readAmount(cell: string): number {
  const read = parseYuan(cell)
  if ('trouble' in read) throw new WrongCell(amountTroubles[read.trouble](cell))
  return read.fen
}

function readPiece(cell: string): string {
  if (cell === '') throw new WrongCell('没有商品')
  return [...cell].slice(0, MAX_PIECE_LENGTH).join('')
}

function readEngraving(cell: string): string | null {
  if (/^(无|否|不刻|-|—)?$/.test(cell)) return null
  if ([...cell].length > MAX_ENGRAVING_LENGTH) throw new WrongCell(`刻字最多 ${MAX_ENGRAVING_LENGTH} 字`)
  return cell
}

function readRecipient(cell: string): string | null {
  const words = cell.replace(/^送(?:给)?/, '')
  if (/^(本人|自己|自用|自戴|她自己|无|-|—)?$/.test(words)) return null
  return findRelation(words)?.code ?? 'other'
}

function readCustom(cell: string): boolean {
  if (/^(是|定制|定做|y|yes|true|1|√|✓)$/i.test(cell)) return true
  if (/^(否|不是|非定制|现货|成品|n|no|false|0|无|-|—|×)?$/i.test(cell)) return false
  throw new WrongCell(`是不是定制认不出：${cell.slice(0, 10)}`)
}
