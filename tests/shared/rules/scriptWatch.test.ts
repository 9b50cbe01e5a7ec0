import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { watchReason, watchText, type ScriptCounts } from '../../../shared/rules/scriptWatch.ts'

const limits = { minSends: 30, lostPercent: 2, cancelledPercent: 40 }
const counts = (given: Partial<ScriptCounts>): ScriptCounts => ({
  sends: 0, cancelled: 0, replies: 0, purchases: 0, lost: 0, ...given,
}) // prettier-ignore

describe('a script is flagged', () => {
  it.each<[Partial<ScriptCounts>, ReturnType<typeof watchReason>]>([
    [{ sends: 100, lost: 2 }, 'lost'],
    [{ sends: 101, lost: 2 }, undefined],
    [{ sends: 30, lost: 2 }, 'lost'],
    [{ sends: 29, lost: 9 }, undefined],
    [{ sends: 30, lost: 1 }, undefined],
    [{ sends: 18, cancelled: 12 }, 'cancelled'],
    [{ sends: 19, cancelled: 12 }, undefined],
    [{ sends: 17, cancelled: 12 }, undefined],
    [{ sends: 0, cancelled: 30 }, 'cancelled'],
    [{ sends: 30, cancelled: 30, lost: 5 }, 'lost'],
    [{}, undefined],
  ])('%j: %s', (given, reason) => {
    expect(watchReason(counts(given), limits)).toBe(reason)
  })

  it('no less for one more who leaves, no more for one more that goes well', () => {
    const known = fc.record({ sends: fc.nat(200), cancelled: fc.nat(200), replies: fc.nat(9), purchases: fc.nat(9), lost: fc.nat(20) }) // prettier-ignore
    fc.assert(
      fc.property(known, given => {
        if (watchReason(given, limits) === 'lost')
          expect(watchReason({ ...given, lost: given.lost + 1 }, limits)).toBe('lost')
        if (watchReason(given, limits) === undefined && given.sends >= 30)
          expect(watchReason({ ...given, sends: given.sends + 1 }, limits)).toBeUndefined()
      }),
    )
  })

  it('with the numbers it is about', () => {
    expect(watchText('lost', counts({ sends: 40, lost: 2 }))).toBe('发出 40 次，3 天内有 2 位删了好友')
    expect(watchText('cancelled', counts({ sends: 18, cancelled: 12 }))).toBe('点了 30 次发送，12 次又取消了')
  })
})
