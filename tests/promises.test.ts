import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findPromiseTests, promisesText, PROMISES, testsIn, unkept } from '../scripts/promiseTests.ts'

describe('the list of promises', () => {
  it('has a test for each of them', () => {
    expect(Object.keys(PROMISES)).toHaveLength(30)
    expect(unkept(findPromiseTests())).toEqual([])
  })

  it('is written as the tests are now (npm run promises)', () => {
    const page = readFileSync(join(import.meta.dirname, '../docs/promises.md'), 'utf8')
    expect(page).toBe(promisesText(findPromiseTests()))
  })

  it('finds tests by the name they begin with, and nothing else', () => {
    const text = [
      "describe('P2 ids of others', () => {",
      "  it.each(list)('P9, P10 a coupon', () => {})",
      '  it.each(list)(',
      '    `P11 the same key`,',
      '    async () => {},',
      '  )',
      "  it('says P3 in the middle', () => {})",
      "  const words = ['P4 as data', 1]",
      '})',
    ].join('\n')
    const found = testsIn('tests/a.test.ts', text)
    expect(found.map(({ line, promises }) => [line, ...promises])).toEqual([
      [1, 'P2'],
      [2, 'P9', 'P10'],
      [4, 'P11'],
    ])
    expect(unkept(found)).toContain('P3')
    expect(promisesText(found)).toContain('- [tests/a.test.ts](../tests/a.test.ts) the same key')
    expect(promisesText(found)).toContain('**没有测试。**')
  })
})
