import { describe, expect, it } from 'vitest'
import type { PurchaseColumn } from '../../../../shared/contract/purchases.ts'
import {
  guessColumns,
  missingColumns,
  understandLines,
} from '../../../../server/domains/purchases/understandLines.ts'

const TODAY = '2026-11-21'
const columns: PurchaseColumn[] = [
  'customer', 'phone', 'day', 'piece', 'amount', 'recipient', 'custom', 'engraving', 'orderNo',
] // prettier-ignore
const usual = ['李婉清', '13812345678', '2026-11-20', '足金手链', '3680', '妈妈', '是', '平安', 'A1']
/** The usual line with one cell otherwise. */
const understand = (column: PurchaseColumn, cell: string) =>
  understandLines([usual.map((value, index) => (columns[index] === column ? cell : value))], columns, TODAY)
const valueOf = (column: PurchaseColumn, cell: string) => {
  const { lines, errors } = understand(column, cell)
  return lines[0] ?? errors.map(error => error.message)
}

describe('headers', () => {
  it.each<[string[], (PurchaseColumn | null)[]]>([
    [['客户', '手机尾号', '日期', '商品', '金额', '送给谁', '定制', '刻字'],
     ['customer', 'phone', 'day', 'piece', 'amount', 'recipient', 'custom', 'engraving']],
    [['外部联系人id', '购买日期', '品名', '实付金额', '会员号'], ['externalUserId', 'day', 'piece', 'amount', null]],
    [['订单号', '订单日期', '客户姓名', '客户手机', '商品金额', '商品名称', '款号'],
     ['orderNo', 'day', 'customer', 'phone', 'amount', 'piece', null]],
    [['原价', '实收', '销售时间', '会员姓名', '联系电话', '货品'], [null, 'amount', 'day', 'customer', 'phone', 'piece']],
    [['Name', 'Phone', 'Date', 'Product', 'Amount'], ['customer', 'phone', 'day', 'piece', 'amount']],
    [['甲', '乙'], [null, null]],
  ])('%j', (header, expected) => {
    expect(guessColumns(header)).toEqual(expected)
  }) // prettier-ignore

  it('name what is still needed', () => {
    expect(missingColumns(['externalUserId', 'day', 'piece', 'amount'])).toEqual([])
    expect(missingColumns(['customer', 'day', 'piece'])).toEqual(['phone', 'amount'])
    expect(missingColumns([])).toEqual(['customer', 'phone', 'day', 'piece', 'amount'])
  })
})

it.each([
  ['2026-11-20', '2026-11-20'],
  ['2026/11/2', '2026-11-02'],
  ['2026.1.5', '2026-01-05'],
  ['2026年11月20日', '2026-11-20'],
  ['２０２６年１１月２０日', '2026-11-20'],
  ['20261120', '2026-11-20'],
  ['2026-11-20 14:30:05', '2026-11-20'],
  ['2026/11/20 9:05', '2026-11-20'],
  ['2026-11-20T14:30:05.000Z', '2026-11-20'],
  ['46346', '2026-11-20'],
  ['46346.604', '2026-11-20'],
])('the day %s is %s', (cell, day) => {
  expect(valueOf('day', cell)).toMatchObject({ day })
})

it.each([
  ['', '没有日期'],
  ['2026-02-30', '日期认不出：2026-02-30'],
  ['昨天', '日期认不出：昨天'],
  ['20/11/2026', '日期认不出：20/11/2026'],
  ['2026-11-22', '这一天还没有到'],
  ['11月20日', '日期要带年份，如 2026/11/20'],
  ['11/22 14:30', '日期要带年份，如 2026/11/20'],
  ['1989-12-31', '日期太早'],
])('the day “%s”: %s', (cell, message) => {
  expect(understand('day', cell)).toEqual({ lines: [], errors: [{ line: 2, column: 'day', message }] })
})

it.each([
  ['3680', 368_000],
  ['3,680.00', 368_000],
  ['¥3,680', 368_000],
  ['￥ 3，680.5', 368_050],
  ['３６８０', 368_000],
  ['3680元', 368_000],
  ['RMB 128800', 12_880_000],
  ['0.29', 29],
  ['1.28万', 1_280_000],
  ['0', 0],
  ['1000000', 100_000_000],
])('the amount %s is %i fen', (cell, amountFen) => {
  expect(valueOf('amount', cell)).toMatchObject({ amountFen })
})

it.each([
  ['', '没有金额'],
  ['三千', '金额认不出：三千'],
  ['-3680', '负数像是退货，请从文件里去掉'],
  ['3.999', '金额最多到分'],
  ['1000000.01', '金额超过 100 万'],
  ['12.5.6', '金额认不出：12.5.6'],
])('the amount “%s”: %s', (cell, message) => {
  expect(valueOf('amount', cell)).toEqual([message])
})

it.each([
  ['妈妈', 'mother'], ['送给婆婆', 'mother_of_husband'], ['', null], ['自用', null], ['本人', null], ['表姨', 'other'],
])('for “%s” is %s', (cell, recipient) => {
  expect(valueOf('recipient', cell)).toMatchObject({ recipient })
}) // prettier-ignore

it.each([
  ['是', true], ['定制', true], ['Y', true], ['√', true], ['否', false], ['现货', false], ['', false],
])('custom “%s” is %s', (cell, isCustom) => {
  expect(valueOf('custom', cell)).toMatchObject({ isCustom })
}) // prettier-ignore

it('what is neither yes nor no is asked about', () => {
  expect(valueOf('custom', '大概')).toEqual(['是不是定制认不出：大概'])
})

it('without a column for it, what is engraved is custom', () => {
  const plain = columns.map(column => (column === 'custom' ? null : column))
  expect(understandLines([usual], plain, TODAY).lines[0]).toMatchObject({ isCustom: true })
  const unengraved = usual.map(cell => (cell === '平安' ? '' : cell))
  expect(understandLines([unengraved], plain, TODAY).lines[0]).toMatchObject({
    isCustom: false,
    engraving: null,
  })
})

describe('who', () => {
  it.each([
    ['13812345678', '5678'], ['138****5678', '5678'], ['尾号5678', '5678'], ['+86 138 1234 5678', '5678'],
  ])('%s ends in %s', (cell, phoneTail) => {
    expect(valueOf('phone', cell)).toMatchObject({ customer: { phoneTail, name: '李婉清', externalUserId: null } })
  }) // prettier-ignore

  it('needs both name and number, or the id', () => {
    expect(valueOf('phone', '')).toEqual(['只有姓名认不准，请补上手机尾号'])
    expect(valueOf('customer', '')).toEqual(['只有尾号认不准，请补上姓名'])
    expect(valueOf('phone', '56')).toEqual(['手机号要有后四位'])
    const line = ['wmA', '2026-11-20', '金戒指', '100']
    const { lines } = understandLines([line], ['externalUserId', 'day', 'piece', 'amount'], TODAY)
    expect(lines).toMatchObject([{ customer: { externalUserId: 'wmA', phoneTail: null, name: null } }])
  })
})

it('says every wrong cell of a line, by the line of the file, and skips empty lines', () => {
  const wrong = ['李婉清', '5678', '哪天', '', '许多', '', '', '', '']
  const { lines, errors } = understandLines([usual, usual.map(() => ''), wrong], columns, TODAY)
  expect(lines.map(({ line }) => line)).toEqual([2])
  expect(errors.map(({ line, column }) => [line, column])).toEqual([[4, 'day'], [4, 'piece'], [4, 'amount']]) // prettier-ignore
})
