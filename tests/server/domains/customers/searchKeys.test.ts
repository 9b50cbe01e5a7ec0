import { describe, expect, it } from 'vitest'
import {
  customerQuery,
  customerSearchKey,
  nameSound,
} from '../../../../server/domains/customers/searchKeys.ts'

const keyOf = (name: string) => customerSearchKey({ remark: null, name, salutation: null })

/** What LIKE does with a pattern of ours. */
const isFound = (name: string, words: string) => {
  const query = customerQuery(words)
  const wanted = query?.pattern.slice(1, -1).replace(/\\(.)/g, '$1')
  return wanted !== undefined && keyOf(name).searchKey.includes(wanted)
}

describe('search keys', () => {
  it.each([
    ['林婉清', '婉清'],
    ['林婉清', 'linwan'],
    ['林婉清', "lin'wan"],
    ['林婉清', 'lin wan qing'],
    ['林婉清', 'wanq'],
    ['林婉清', 'LWQ'],
    ['林婉清', 'wq'],
    ['单田芳', 'shan'],
    ['曾小贤', 'zeng'],
    ['吕布', 'lvbu'],
    ['Lily林', 'lily'],
    ['Lily林', 'ｌｉｌｙ'],
    ['🌸小鱼🌸', 'xiaoyu'],
    ['100%赚', '100%'],
    ['𠮷田', '𠮷'],
  ])('%s is found by %s', (name, words) => expect(isFound(name, words)).toBe(true))

  it.each([
    ['林婉清', 'anq'],
    ['林婉清', 'inwan'],
    ['林婉清', '婉婷'],
    ['王五', '100%'],
    ['王五', '_'],
  ])('%s is not found by %s', (name, words) => expect(isFound(name, words)).toBe(false))

  it('finds a customer by each of the names', () => {
    const { searchKey } = customerSearchKey({ remark: '国贸林姐', name: 'Sunny', salutation: '婉清姐' })
    for (const part of ['国贸林姐', 'sunny', '婉清姐', '|guomao', '|wqj']) expect(searchKey).toContain(part)
  })

  it('orders by the sound of what the list shows, symbols after letters', () => {
    const shown = ['🌸', '张三', 'Amy', '阿芳', '陈露', '~小鱼']
    const ordered = shown.toSorted((one, other) => (keyOf(one).sortKey < keyOf(other).sortKey ? -1 : 1))
    expect(ordered).toEqual(['阿芳', 'Amy', '陈露', '张三', '🌸', '~小鱼'])
    expect(customerSearchKey({ remark: '赵', name: '陈', salutation: null }).sortKey).toBe('zhao')
    expect(customerSearchKey({ remark: '赵', name: '陈', salutation: '白姐' }).sortKey).toBe('bai jie')
  })

  it('takes four digits for the end of a phone number, eleven for all of it, and nothing between (P27)', () => {
    expect(customerQuery('0 1 2 3')).toMatchObject({ phoneTail: '0123', wholePhone: null })
    for (const whole of ['138-0013-8000', '+86 138 0013 8000', '8613800138000'])
      expect(customerQuery(whole)).toMatchObject({ phoneTail: '8000', wholePhone: '13800138000' })
    for (const other of ['123', '38000', '0138000', '3800138000'])
      expect(customerQuery(other)).toMatchObject({ phoneTail: null, wholePhone: null })
    expect(customerQuery(' | ')).toBeUndefined()
  })

  it('keeps keys of long names short', () => {
    expect(keyOf('很'.repeat(64)).sortKey.length).toBeLessThanOrEqual(60)
  })

  it('says how words sound', () => {
    expect(nameSound('喜欢简约 K金')).toEqual({ pinyin: 'xi huan jian yue k jin', initials: 'xhjykj' })
  })
})
