import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CouponHours } from '../../../shared/contract/coupons.ts'
import {
  discountFen,
  isWithinHours,
  redeemRefusal,
  refusalText,
  type RedeemTerms,
  type TillMoment,
} from '../../../shared/rules/couponRedeem.ts'

const terms = (given: Partial<RedeemTerms> = {}): RedeemTerms => ({
  state: 'claimed',
  validFrom: null,
  expiresOn: '2026-12-31',
  hours: [],
  storeIds: [],
  thresholdFen: 300_000,
  ...given,
})
// A Saturday, 10:20.
const till = (given: Partial<TillMoment> = {}): TillMoment => ({
  day: '2026-11-21',
  weekday: 6,
  minute: 620,
  storeId: 1,
  amountFen: 300_000,
  ...given,
})
const workdays: CouponHours = { weekdays: [1, 2, 3, 4, 5], from: '10:00', until: '18:00' }

describe('what stands against redeeming', () => {
  it.each([
    ['nothing: claimed, all over the day of its end', terms({ expiresOn: '2026-11-21' }), till(), undefined],
    ['nothing: only issued', terms({ state: 'issued', expiresOn: null }), till(), undefined],
    ['used', terms({ state: 'redeemed' }), till(), 'used'],
    ['used before it expired', terms({ state: 'redeemed', expiresOn: '2026-01-01' }), till(), 'used'],
    ['taken back', terms({ state: 'revoked' }), till(), 'revoked'],
    ['expired, written down', terms({ state: 'expired' }), till(), 'expired'],
    ['expired, not written down yet', terms({ expiresOn: '2026-11-20' }), till(), 'expired'],
    ['never sent', terms({ state: 'reserved' }), till(), 'notSent'],
    ['given back', terms({ state: 'released' }), till(), 'notSent'],
    ['a day too early', terms({ validFrom: '2026-11-22' }), till(), 'notYet'],
    ['on its first day', terms({ validFrom: '2026-11-21' }), till(), undefined],
    ['another store', terms({ storeIds: [2, 3] }), till(), 'store'],
    ['one of its stores', terms({ storeIds: [2, 1] }), till(), undefined],
    ['a member without a store', terms({ storeIds: [1] }), till({ storeId: null }), 'store'],
    ['a member without a store, all stores', terms(), till({ storeId: null }), undefined],
    ['the wrong day of the week', terms({ hours: [workdays] }), till(), 'hours'],
    ['one fen too little', terms(), till({ amountFen: 299_999 }), 'threshold'],
    ['no amount yet', terms(), till({ amountFen: undefined }), undefined],
    ['no threshold', terms({ thresholdFen: 0 }), till({ amountFen: 0 }), undefined],
  ])('%s', (_, given, moment, expected) => {
    expect(redeemRefusal(given, moment)).toBe(expected)
  })

  it('is told in words that say what would help', () => {
    const say = (reason: Parameters<typeof refusalText>[0]) =>
      refusalText(
        reason,
        { ...terms({ validFrom: '2026-12-01', hours: [workdays] }), stores: ['国贸店', '西单店'] },
        '2026-11-21',
      )
    expect(say('store')).toBe('只能在国贸店、西单店用')
    expect(say('hours')).toBe('周一至周五 10:00–18:00可用')
    expect(say('threshold')).toBe('满 3000 可用')
    expect(say('notYet')).toBe('12月1日起可用')
  })
})

describe('hours of the week', () => {
  const night: CouponHours = { weekdays: [5], from: '22:00', until: '02:00' }
  it.each([
    ['at the first minute', [workdays], 1, 600, true],
    ['a minute before', [workdays], 1, 599, false],
    ['the last minute', [workdays], 5, 1079, true],
    ['the minute they end', [workdays], 5, 1080, false],
    ['not on Saturday', [workdays], 6, 700, false],
    ['on Saturday by the other row', [workdays, { ...workdays, weekdays: [6] }], 6, 700, true],
    ['Friday night before midnight', [night], 5, 1380, true],
    ['Friday night after midnight', [night], 6, 60, true],
    ['Saturday night', [night], 6, 1380, false],
    ['Sunday night into Monday', [{ ...night, weekdays: [7] }], 1, 60, true],
    ['a whole day', [{ weekdays: [3], from: '00:00', until: '00:00' }], 3, 1439, true],
    ['a whole day is not the next', [{ weekdays: [3], from: '00:00', until: '00:00' }], 4, 0, false],
  ])('%s', (_, hours, weekday, minute, expected) => {
    expect(isWithinHours(hours, weekday, minute)).toBe(expected)
  })
})

describe('the discount', () => {
  const worth = { amountFen: null, percent: null, words: null, thresholdFen: 0 }
  it.each([
    ['满 3000 减 200', { ...worth, kind: 'amountOff' as const, amountFen: 20_000 }, 328_000, 20_000],
    [
      'never more than the amount',
      { ...worth, kind: 'amountOff' as const, amountFen: 20_000 },
      15_000,
      15_000,
    ],
    ['9.5 折', { ...worth, kind: 'percentOff' as const, percent: 95 }, 100_000, 5_000],
    [
      '9.5 折 of an odd amount: the fen is hers',
      { ...worth, kind: 'percentOff' as const, percent: 95 },
      33_33,
      167,
    ],
    ['1 折', { ...worth, kind: 'percentOff' as const, percent: 10 }, 100_000_000, 90_000_000],
    ['a gift', { ...worth, kind: 'gift' as const, words: '银手链' }, 50_000, 0],
    ['a service', { ...worth, kind: 'service' as const, words: '免刻字' }, 50_000, 0],
  ])('%s', (_, face, total, expected) => {
    expect(discountFen(face, total)).toBe(expected)
  })

  it('is never below nothing nor above the amount, and never less than the percentage promises', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 0, max: 100_000_000 }),
        (percent, total) => {
          const off = discountFen({ ...worth, kind: 'percentOff', percent }, total)
          const exact = (total * (100 - percent)) / 100
          return Number.isSafeInteger(off) && off >= exact && off < exact + 1 && off <= total
        },
      ),
    )
  })
})
