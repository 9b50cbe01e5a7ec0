import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { poolCount, restock, totalOf, type Pool } from '../../../../server/domains/coupons/pools.ts'

describe('the pools of a stock', () => {
  it.each([
    [0, 1],
    [1, 1],
    [19, 1],
    [20, 2],
    [100, 10],
    [320, 32],
    [1_000_000, 32],
  ])('%i pieces lie in %i pools', (stock, count) => {
    expect(poolCount(stock)).toBe(count)
    const pools = restock([], stock)
    expect([pools.length, totalOf(pools, 'stock')]).toEqual([count, stock])
  })

  it('hold the new stock exactly, keep what is out where it is, and never lose a pool', () => {
    const known = fc
      .array(fc.record({ stock: fc.nat(40), out: fc.nat(40) }), { minLength: 1, maxLength: 32 })
      .map(rows => rows.map(({ stock, out }, pool): Pool => ({ pool, stock, live: Math.min(stock, out) })))
    fc.assert(
      fc.property(known, fc.nat(2000), (pools, more) => {
        const stock = totalOf(pools, 'live') + more
        const next = restock(pools, stock)
        expect(totalOf(next, 'stock')).toBe(stock)
        expect(next.slice(0, pools.length).map(({ live }) => live)).toEqual(pools.map(({ live }) => live))
        expect(next.every(({ stock: own, live }) => own >= live)).toBe(true)
        const free = next.map(({ stock: own, live }) => own - live)
        expect(Math.max(...free) - Math.min(...free)).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('refuse a stock below what is out', () => {
    expect(() => restock([{ pool: 0, stock: 10, live: 6 }], 5)).toThrow(RangeError)
  })
})
