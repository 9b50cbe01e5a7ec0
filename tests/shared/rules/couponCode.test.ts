import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  COUPON_CODE_ALPHABET,
  COUPON_CODE_LENGTH,
  COUPON_CODE_RANDOM_BYTES,
  couponCode,
  couponCodeText,
  isValidCouponCode,
  normalizeCouponCode,
} from '../../../shared/rules/couponCode.ts'

describe('codes', () => {
  const bytes = fc.uint8Array({ minLength: COUPON_CODE_RANDOM_BYTES, maxLength: COUPON_CODE_RANDOM_BYTES })
  const code = bytes.map(couponCode)
  const index = fc.nat(COUPON_CODE_LENGTH - 1)
  const replaced = (text: string, at: number, character: string) =>
    text.slice(0, at) + character + text.slice(at + 1)

  it('is twelve characters of an alphabet without look-alikes', () => {
    expect(COUPON_CODE_ALPHABET).not.toMatch(/[01OILU]/)
    expect(new Set(COUPON_CODE_ALPHABET).size).toBe(COUPON_CODE_ALPHABET.length)
    expect(COUPON_CODE_ALPHABET.length % 2).toBe(0)
    fc.assert(
      fc.property(code, text => {
        expect(text).toHaveLength(COUPON_CODE_LENGTH)
        expect(isValidCouponCode(text)).toBe(true)
      }),
    )
  })

  it('finds every single wrong character', () => {
    fc.assert(
      fc.property(code, index, fc.constantFrom(...COUPON_CODE_ALPHABET), (text, at, character) => {
        expect(isValidCouponCode(replaced(text, at, character))).toBe(text.charAt(at) === character)
      }),
      { numRuns: 2000 },
    )
  })

  it('finds swapped neighbours, the one pair aside that Luhn cannot see', () => {
    const blind = [COUPON_CODE_ALPHABET.charAt(0), COUPON_CODE_ALPHABET.slice(-1)]
    fc.assert(
      fc.property(code, fc.nat(COUPON_CODE_LENGTH - 2), (text, at) => {
        const [one, other] = [text.charAt(at), text.charAt(at + 1)]
        fc.pre(one !== other && !(blind.includes(one) && blind.includes(other)))
        expect(isValidCouponCode(replaced(replaced(text, at, other), at + 1, one))).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  it('depends on every byte, leaves the bytes as they are, and wants enough of them', () => {
    const zero = new Uint8Array(COUPON_CODE_RANDOM_BYTES)
    const one = zero.slice()
    one[COUPON_CODE_RANDOM_BYTES - 1] = 1
    expect(couponCode(zero)).not.toBe(couponCode(one))
    expect(one[COUPON_CODE_RANDOM_BYTES - 1]).toBe(1)
    expect(() => couponCode(new Uint8Array(COUPON_CODE_RANDOM_BYTES - 1))).toThrow(RangeError)
  })

  it('uses every character about equally often', () => {
    const counts = new Map<string, number>()
    let seed = 1
    const nextByte = () => (seed = (seed * 48_271) % 2_147_483_647) & 255
    for (let round = 0; round < 3000; round++) {
      const text = couponCode(Uint8Array.from({ length: COUPON_CODE_RANDOM_BYTES }, nextByte))
      for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
    }
    expect(counts.size).toBe(COUPON_CODE_ALPHABET.length)
    for (const count of counts.values()) expect(Math.abs(count - 1200)).toBeLessThan(200)
  })

  it('takes a code as people type it', () => {
    fc.assert(
      fc.property(code, text => {
        expect(couponCodeText(text)).toMatch(/^\S{4} \S{4} \S{4}$/)
        expect(normalizeCouponCode(` ${couponCodeText(text).toLowerCase()} `)).toBe(text)
        expect(normalizeCouponCode(text.replace(/.{4}(?=.)/g, '$&-'))).toBe(text)
      }),
    )
    expect(normalizeCouponCode('ＧＢ７Ｋ')).toBe('GB7K')
    expect(isValidCouponCode('')).toBe(false)
    expect(isValidCouponCode('0'.repeat(COUPON_CODE_LENGTH))).toBe(false)
  })
})
