import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sendOutcome } from '../../../../server/domains/sends/sendOutcome.ts'
import type { PartOutcome } from '../../../../shared/contract/sends.ts'

const cases: [parts: (PartOutcome | null)[], outcome: string | null][] = [
  [[null], null],
  [['ok', null], null],
  [['ok'], 'ok'],
  [['ok', 'ok'], 'ok'],
  [['cancelled', null], 'cancelled'],
  [['failed', 'cancelled'], 'failed'],
  [['unknown'], 'unknown'],
  [['ok', 'unknown', null], 'partial'],
  [['failed', 'ok'], 'partial'],
]

describe('the outcome of a send', () => {
  it.each(cases)('of %j is %s', (parts, outcome) => {
    expect(sendOutcome(parts)).toBe(outcome)
  })

  it('is ok exactly when every part has arrived', () => {
    const part = fc.constantFrom('ok', 'cancelled', 'failed', 'unknown', null)
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 9 }), parts => {
        expect(sendOutcome(parts) === 'ok').toBe(parts.every(outcome => outcome === 'ok'))
      }),
    )
  })
})
