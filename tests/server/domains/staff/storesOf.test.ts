import { describe, expect, it } from 'vitest'
import { corpNameOf, pathOf, storesOf, withBelow } from '../../../../server/domains/staff/storesOf.ts'

const tree = [
  { id: 1, name: '云锦珠宝', parentId: 0 },
  { id: 2, name: '总部', parentId: 1 },
  { id: 3, name: '华北门店', parentId: 1 },
  { id: 31, name: '国贸店', parentId: 3 },
  { id: 32, name: '西单专柜', parentId: 3 },
  { id: 311, name: '销售组', parentId: 31 },
]
const names = (departments: { name: string }[]) => departments.map(({ name }) => name)

describe('storesOf', () => {
  it('takes the lowest of those named like a store', () => {
    expect(names(storesOf(tree))).toEqual(['国贸店', '西单专柜'])
  })

  it('takes all that have nothing below them where no name says so', () => {
    const plain = tree.map(each => ({ ...each, name: `部门${each.id}` }))
    expect(storesOf(plain).map(({ id }) => id)).toEqual([2, 32, 311])
  })

  it('believes an admin more than names', () => {
    expect(
      names(
        storesOf(
          tree,
          new Map([
            [2, 'store'],
            [32, 'none'],
          ]),
        ),
      ),
    ).toEqual(['总部', '国贸店'])
  })

  it('falls back on the department above when an admin says that the lower ones are none', () => {
    const choices = new Map([
      [31, 'none'],
      [32, 'none'],
    ] as const)
    expect(names(storesOf(tree, choices))).toEqual(['华北门店'])
  })

  it('never takes the corp itself, unless an admin says so', () => {
    expect(storesOf([{ id: 1, name: '云锦珠宝店', parentId: 0 }])).toEqual([])
    expect(names(storesOf(tree, new Map([[1, 'store']])))).toContain('云锦珠宝')
  })

  it('comes to an end where departments go round in a circle', () => {
    const circle = [
      { id: 5, name: '甲店', parentId: 6 },
      { id: 6, name: '乙店', parentId: 5 },
    ]
    expect(storesOf(circle).length).toBeLessThan(2)
    expect(pathOf(circle, 5).length).toBeLessThan(2)
  })
})

it('knows the corp by its root, and everything below a department', () => {
  expect(corpNameOf(tree)).toBe('云锦珠宝')
  expect(withBelow(tree, [3])).toEqual([3, 31, 32, 311])
})

it('names the way down to a department without the corp', () => {
  expect(pathOf(tree, 311)).toEqual(['华北门店', '国贸店'])
  expect(pathOf(tree, 2)).toEqual([])
})
