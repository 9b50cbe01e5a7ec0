import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  NAMELESS_CUSTOMER,
  addressCustomer,
  avatarLetter,
  maskedMobile,
} from '../../../shared/rules/customerName.ts'

describe('addressCustomer', () => {
  it.each([
    [{ salutation: '婉清姐', remark: '李婉清 国贸', name: 'wanwan' }, '婉清姐'],
    [{ salutation: ' ', remark: '李婉清 国贸', name: 'wanwan' }, '李婉清 国贸'],
    [{ salutation: null, remark: null, name: ' wanwan🌸 ' }, 'wanwan🌸'],
    [{ remark: '~~~', name: '何先生' }, '何先生'],
    [{ name: '🌸✨' }, NAMELESS_CUSTOMER],
    [{ name: '...' }, NAMELESS_CUSTOMER],
    [{}, NAMELESS_CUSTOMER],
    [{ name: '𠮷田' }, '𠮷田'],
    [{ name: '520' }, '520'],
  ])('%o', (facts, address) => {
    expect(addressCustomer(facts)).toBe(address)
  })
})

describe('avatarLetter', () => {
  it.each([
    ['婉清姐', '婉'],
    ['mia', 'M'],
    ['🌸小雨', '小'],
    ['𠮷田', '𠮷'],
    ['👩‍👧 éva', 'É'],
    ['ßeta', 'S'],
    ['7号', '7'],
    ['🌸', '客'],
    ['', '客'],
  ])('%j', (name, letter) => {
    expect(avatarLetter(name)).toBe(letter)
  })

  it('is always one whole character', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), name => [...avatarLetter(name)].length === 1))
  })
})

describe('maskedMobile', () => {
  it.each([
    ['13812341234', '138****1234'],
    ['138 1234 1234', '138****1234'],
    ['138-1234-1234', '138****1234'],
    ['1234567', '****67'],
    ['', '****'],
  ])('%j', (mobile, masked) => {
    expect(maskedMobile(mobile)).toBe(masked)
  })
})
