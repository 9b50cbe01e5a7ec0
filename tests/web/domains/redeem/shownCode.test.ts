import { describe, expect, it } from 'vitest'
import { couponCode } from '../../../../shared/rules/couponCode.ts'
import { amountAfter, amountFenOf } from '../../../../web/domains/redeem/amountKeys.ts'
import { codeTrouble, groupedCode, readScanned, wholeCode } from '../../../../web/domains/redeem/shownCode.ts'

const code = couponCode(Uint8Array.from({ length: 16 }, (_, place) => place * 13))
const wrong = `${code.slice(0, 5)}${code[5] === 'A' ? 'B' : 'A'}${code.slice(6)}`

describe('a code that is typed', () => {
  it.each([
    ['', ''],
    ['gb7k', 'GB7K'],
    ['gb7k2', 'GB7K 2'],
    ['GB7K-2M9Q 4T8X', 'GB7K 2M9Q 4T8X'],
    ['ＧＢ７Ｋ２', 'GB7K 2'],
  ])('%j stands as %j', (typed, shown) => expect(groupedCode(typed)).toBe(shown))

  it('is whole when its check character fits, and only then', () => {
    expect(wholeCode(code.toLowerCase().replace(/.{4}/g, '$& '))).toBe(code)
    expect(wholeCode(code.slice(0, 11))).toBeUndefined()
    expect(wholeCode(wrong)).toBeUndefined()
  })

  it.each([
    ['', ''],
    [code.slice(0, 7), ''],
    [code, ''],
    [wrong, '有一个字不对，对着客户的手机再看一眼'],
    ['GB0', '券码里没有「0」，看看是不是认错了一个字'],
    [`${code}23`, '券码是 12 位，多了 2 位'],
  ])('%j says %j', (typed, words) => expect(codeTrouble(typed)).toBe(words))
})

describe('what a scanner reads', () => {
  const token = 'Zm9vYmFyYmF6cXV4MTIzNA'
  it.each([
    [code, { code }],
    [`CODE_128,${code}`, { code }],
    [`https://shop.test/c/${token}`, { token }],
    [`https://shop.test/c/${token}?from=wx`, { token }],
    ['https://shop.test/c/picture/1', undefined],
    ['https://weixin.qq.com/g/abc', undefined],
    [wrong, undefined],
    ['', undefined],
  ])('%j is %j', (text, shown) => expect(readScanned(text)).toEqual(shown))
})

describe('the amount on the pad', () => {
  const typedBy = (keys: string) =>
    [...keys].reduce((typed, key) => amountAfter(typed, key === '<' ? 'back' : key), '')
  it.each([
    ['3680', '3680', 368_000],
    ['3680.5', '3680.5', 368_050],
    ['3680.555', '3680.55', 368_055],
    ['.5', '0.5', 50],
    ['007', '7', 700],
    ['1.2.3', '1.23', 123],
    ['0.29', '0.29', 29],
    ['12<<', '', 0],
    ['12345678', '1234567', 123_456_700],
  ])('%s is %s', (keys, typed, fen) => {
    expect(typedBy(keys)).toBe(typed)
    expect(amountFenOf(typed)).toBe(fen)
  })
})
