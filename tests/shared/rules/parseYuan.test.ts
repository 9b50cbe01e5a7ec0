import fc from 'fast-check'
import { expect, it } from 'vitest'
import { priceText, yuanText } from '../../../shared/rules/coupon.ts'
import { parseYuan } from '../../../shared/rules/parseYuan.ts'

it.each([
  ['3680', 368_000],
  ['3,680.00', 368_000],
  ['¥3,680', 368_000],
  ['￥ 3，680.5', 368_050],
  ['３６８０元', 368_000],
  ['rmb 128800', 12_880_000],
  ['0.29', 29],
  ['1.28万', 1_280_000],
  ['1.234567万', 1_234_567],
  ['100万', 100_000_000],
  ['3680.000', 368_000],
])('%s is %i fen', (words, fen) => {
  expect(parseYuan(words)).toEqual({ fen })
})

it.each([
  ['', 'empty'],
  [' ', 'empty'],
  ['三千', 'unclear'],
  ['1.2.3', 'unclear'],
  ['-5', 'negative'],
  ['(500)', 'negative'],
  ['3.999', 'tooFine'],
  ['1000000.01', 'tooMuch'],
  ['101万', 'tooMuch'],
])('“%s” is %s', (words, trouble) => {
  expect(parseYuan(words)).toEqual({ trouble })
})

it('understands every amount the way it is shown', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100_000_000 }), fen => {
      expect(parseYuan(yuanText(fen))).toEqual({ fen })
      expect(parseYuan(priceText(fen))).toEqual({ fen })
    }),
  )
})
