import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PartState } from '../../../shared/contract/sends.ts'
import { isLeftOpen, isUncertain, nextPart, partsText, sendOutcome } from '../../../shared/rules/sendState.ts'

const parts = fc.array(fc.constantFrom(...PartState.options), { minLength: 1, maxLength: 9 })

describe('the outcome of a send', () => {
  it.each<[PartState[], string | null]>([
    [['waiting'], null],
    [['leaving', 'waiting'], null],
    [['ok', 'waiting'], 'partial'],
    [['ok', 'leaving'], 'partial'],
    [['ok'], 'ok'],
    [['ok', 'ok'], 'ok'],
    [['cancelled', 'waiting'], 'cancelled'],
    [['failed', 'cancelled'], 'failed'],
    [['unknown', 'waiting'], 'unknown'],
    [['ok', 'unknown', 'waiting'], 'partial'],
    [['failed', 'ok'], 'partial'],
  ])('of %j is %s', (states, outcome) => {
    expect(sendOutcome(states)).toBe(outcome)
  })

  it('is ok exactly when every part has arrived, and then nothing is left to do', () => {
    fc.assert(
      fc.property(parts, states => {
        const isWhole = states.every(state => state === 'ok')
        expect(sendOutcome(states) === 'ok').toBe(isWhole)
        expect(nextPart(states) === undefined).toBe(isWhole)
        if (isWhole) expect(isLeftOpen(states)).toBe(false)
      }),
    )
  })
})

describe('what goes out next', () => {
  it('is the first part that has not arrived, so that none overtakes another', () => {
    fc.assert(
      fc.property(parts, states => {
        const next = nextPart(states)
        if (next === undefined) return
        expect(states[next]).not.toBe('ok')
        expect(states.slice(0, next).every(state => state === 'ok')).toBe(true)
      }),
    )
  })

  it.each<[PartState, boolean]>([
    ['waiting', false],
    ['leaving', true],
    ['ok', false],
    ['cancelled', false],
    ['failed', false],
    ['unknown', true],
  ])('needs a look into the chat first when it is %s: %s', (state, isAsked) => {
    expect(isUncertain(state)).toBe(isAsked)
  })

  it.each<[PartState[], boolean]>([
    [['ok', 'ok', 'waiting', 'waiting'], true],
    [['ok', 'cancelled', 'waiting'], true],
    [['leaving'], true],
    [['unknown', 'waiting'], true],
    [['cancelled', 'waiting'], false],
    [['failed'], false],
    [['ok', 'ok'], false],
  ])('of %j is something left to do: %s', (states, isOpen) => {
    expect(isLeftOpen(states)).toBe(isOpen)
  })
})

describe('the words of a send that went out in part', () => {
  it.each<[PartState[], string | undefined]>([
    [['ok', 'ok', 'cancelled', 'waiting'], '4 条里 2 条发出 · 第 3 条取消'],
    [['ok', 'failed'], '2 条里 1 条发出 · 第 2 条没发出'],
    [['ok', 'unknown', 'waiting'], '3 条里 1 条发出 · 第 2 条不确定'],
    [['ok', 'leaving', 'waiting'], '3 条里 1 条发出'],
    [['ok', 'ok'], undefined],
    [['cancelled', 'waiting'], undefined],
  ])('%j', (states, words) => {
    expect(partsText(states)).toBe(words)
  })
})
