import { describe, expect, it } from 'vitest'
import type { Store } from '../../../shared/contract/session.ts'
import { fill } from '../../../shared/rules/fillScript.ts'
import { scriptFacts } from '../../../shared/rules/scriptFacts.ts'

const store = {
  name: '国贸店',
  address: '建国门外大街 1 号',
  hours: '每天 10:00–22:00',
  phone: '010-5550 0108',
}
const of = (given: Partial<Store> | null) =>
  scriptFacts({ staff: { name: '陈露', store: given && { ...store, ...given } } })

describe('what a guide’s store is known for', () => {
  it.each([
    ['{门店}', '国贸店'],
    ['{门店地址}', '建国门外大街 1 号'],
    ['{营业时间}', '每天 10:00–22:00'],
    ['{门店电话}', '010-5550 0108'],
  ])('%s says %s', (template, words) => {
    expect(fill(template, of({})).text).toBe(words)
  })

  it.each([
    ['address', '门店地址'],
    ['hours', '营业时间'],
    ['phone', '门店电话'],
  ])('without %s, {%s} stays a hole and the others do not', (field, name) => {
    const facts = of({ [field]: null })
    expect(fill('{门店地址}{营业时间}{门店电话}', facts).holes).toEqual([name])
    expect(fill(`{${name}|店里}`, facts).text).toBe('店里')
  })

  it('a guide without a store has none of them', () => {
    expect(fill('{门店}{门店地址}{营业时间}{门店电话}', of(null)).holes).toEqual([
      '门店',
      '门店地址',
      '营业时间',
      '门店电话',
    ])
  })
})
