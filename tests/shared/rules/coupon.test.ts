import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  COUPON_STATE_LABELS,
  COUPON_STATE_LABELS_FOR_CUSTOMER,
  couponFace,
  couponFaceText,
  couponState,
  expiryText,
  isCouponAlive,
  isCouponLive,
  priceText,
  throughText,
  validUntilAfterClaim,
  validityText,
  yuanText,
} from '../../../shared/rules/coupon.ts'
import { beforeClaimText } from '../../../shared/rules/couponCardText.ts'
import type { CouponState, CouponWorth } from '../../../shared/rules/coupon.ts'

const today = '2026-11-21'
const worth = (part: Partial<CouponWorth> & Pick<CouponWorth, 'kind'>): CouponWorth => ({
  amountFen: null,
  percent: null,
  words: null,
  thresholdFen: 0,
  ...part,
})

describe('couponFace', () => {
  it.each([
    [worth({ kind: 'amountOff', amountFen: 20_000, thresholdFen: 300_000 }), '¥200', '满 3000'],
    [worth({ kind: 'amountOff', amountFen: 9_950 }), '¥99.5', '无门槛'],
    [worth({ kind: 'percentOff', percent: 95, thresholdFen: 100_000 }), '9.5 折', '满 1000'],
    [worth({ kind: 'percentOff', percent: 80 }), '8 折', '无门槛'],
    [worth({ kind: 'service', words: '免刻字' }), '免刻字', '无门槛'],
  ])('%o', (offer, big, small) => {
    expect(couponFace(offer)).toEqual({ big, small })
    expect(couponFaceText(offer)).toBe(`${big} ${small}`)
  })
})

describe('money', () => {
  it.each([
    [0, '0', '¥0'],
    [5, '0.05', '¥0.05'],
    [50, '0.5', '¥0.50'],
    [100, '1', '¥1'],
    [12_880_000, '128800', '¥128,800'],
    [349_650, '3496.5', '¥3,496.50'],
    [100_000_000, '1000000', '¥1,000,000'],
    [-12_345_600, '-123456', '-¥123,456'],
  ])('%d fen', (fen, yuan, price) => {
    expect(yuanText(fen)).toBe(yuan)
    expect(priceText(fen)).toBe(price)
  })

  it('refuses broken fen and loses none', () => {
    expect(() => yuanText(0.5)).toThrow(RangeError)
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100_000_000 }),
        fen => Math.round(Number(yuanText(fen)) * 100) === fen,
      ),
    )
  })
})

describe('states', () => {
  const states = Object.keys(COUPON_STATE_LABELS) as CouponState[]

  it('counts against stock until it is given back, and is worth something until used or over', () => {
    expect(states.filter(isCouponLive)).toEqual(['reserved', 'issued', 'claimed', 'redeemed'])
    expect(states.filter(isCouponAlive)).toEqual(['reserved', 'issued', 'claimed'])
    expect(Object.keys(COUPON_STATE_LABELS_FOR_CUSTOMER)).toEqual(states)
  })

  it('shows a coupon past its last day as expired, and never revives or expires an ended one', () => {
    expect(couponState('claimed', '2026-11-20', today)).toBe('expired')
    expect(couponState('issued', '2026-11-20', today)).toBe('expired')
    expect(couponState('claimed', '2026-11-21', today)).toBe('claimed')
    expect(couponState('claimed', undefined, today)).toBe('claimed')
    for (const state of ['reserved', 'redeemed', 'released', 'expired', 'revoked'] as const) {
      expect(couponState(state, '2026-11-20', today)).toBe(state)
    }
  })
})

describe('validity', () => {
  it('reads as on the ticket', () => {
    expect(validityText({ kind: 'until', day: '2026-12-31' }, today)).toBe('至12月31日')
    expect(validityText({ kind: 'until', day: '2027-01-31' }, today)).toBe('至2027年1月31日')
    expect(validityText({ kind: 'until', from: '2026-12-01', day: '2026-12-31' }, today)).toBe(
      '12月1日至12月31日',
    )
    expect(validityText({ kind: 'until', from: '2026-11-01', day: '2026-11-21' }, today)).toBe('至11月21日')
    expect(validityText({ kind: 'daysAfterClaim', days: 30 }, today)).toBe('领后 30 天有效')
  })

  it('names the last day so that it counts, before and after the claim', () => {
    const until = { kind: 'until', day: '2026-11-22' } as const
    expect(beforeClaimText({ validity: until, today })).toBe('至11月22日有效')
    expect(throughText(until.day, today)).toBe('至11月22日')
    expect(beforeClaimText({ validity: { ...until, from: '2026-11-22', day: '2027-01-01' }, today })).toBe(
      '11月22日至2027年1月1日有效',
    )
  })

  it.each([
    ['2026-11-21', '今天到期'],
    ['2026-11-22', '明天到期'],
    ['2026-11-30', '还有 9 天到期'],
    ['2026-12-05', '还有 14 天到期'],
    ['2026-12-06', '至12月6日'],
    ['2026-11-20', '11月20日已过期'],
    ['2025-11-20', '2025年11月20日已过期'],
  ])('through %s: %s', (day, text) => {
    expect(expiryText(day, today)).toBe(text)
  })

  it("counts days from the claim in the corp's zone", () => {
    const claimedAt = Date.parse('2026-11-21T00:30+08:00')
    expect(validUntilAfterClaim({ kind: 'daysAfterClaim', days: 30 }, claimedAt, 'Asia/Shanghai')).toBe(
      '2026-12-21',
    )
    expect(validUntilAfterClaim({ kind: 'daysAfterClaim', days: 30 }, claimedAt, 'UTC')).toBe('2026-12-20')
    expect(validUntilAfterClaim({ kind: 'until', day: '2026-12-31' }, claimedAt, 'UTC')).toBe('2026-12-31')
  })
})
