import { describe, expect, it } from 'vitest'
import { corpNameOf, storesOf, withBelow } from '../../../../server/domains/sync/storesOf.ts'

const department = (id: number, name: string, parentId: number) => ({ id, name, parentId })
const jeweller = [
  department(1, '云锦珠宝', 0),
  department(2, '总部', 1),
  department(3, '华北门店', 1),
  department(4, '国贸店', 3),
  department(5, '西单专柜', 3),
]
const names = (found: { name: string }[]) => found.map(({ name }) => name)

describe('stores', () => {
  it('are the lowest departments that are named like one', () => {
    expect(names(storesOf(jeweller))).toEqual(['国贸店', '西单专柜'])
  })
  it('are all without anything below them where no name says so', () => {
    const plain = [
      department(1, 'ACME', 0),
      department(2, 'North', 1),
      department(3, 'A', 2),
      department(4, 'B', 2),
    ]
    expect(names(storesOf(plain))).toEqual(['A', 'B'])
  })
  it('are none in a corp of one department, even one called a shop', () => {
    expect(storesOf([department(1, '小金店', 0)])).toEqual([])
  })
  it('are found although their parents are out of range', () => {
    expect(names(storesOf([department(3, '华北', 1), department(4, '国贸店', 3)]))).toEqual(['国贸店'])
  })
})

it('the corp is called like the department above all', () => {
  expect(corpNameOf(jeweller)).toBe('云锦珠宝')
  expect(corpNameOf([department(8, '华北', 7), department(9, '国贸店', 8)])).toBe('华北')
  expect(corpNameOf([])).toBeUndefined()
})

it('a department comes with everything below it, also through a circle', () => {
  expect(withBelow(jeweller, [3])).toEqual([3, 4, 5])
  expect(withBelow([department(1, 'a', 2), department(2, 'b', 1)], [1])).toEqual([1, 2])
})
