import { describe, expect, it } from 'vitest'
import { BIRTHDAY_RELATIONS } from '../../../shared/rules/fittingOccasion.ts'
import {
  COMMON_RELATION_CODES,
  RELATIONS,
  findRelation,
  isMinorByNature,
  isRelationCode,
  relationAddress,
  relationLabel,
} from '../../../shared/rules/relation.ts'

it('has each code and each word once', () => {
  const codes = RELATIONS.map(relation => relation.code)
  const words = RELATIONS.flatMap(relation => [relation.label, ...relation.aliases])
  expect(new Set(codes).size).toBe(codes.length)
  expect(new Set(words).size).toBe(words.length)
  for (const code of codes) expect(code).toMatch(/^[a-z_]{2,20}$/)
})

it.each(
  '妈妈 爸爸 爱人 老公 老婆 婆婆 公公 岳母 岳父 儿子 女儿 孩子 姐姐 妹妹 哥哥 弟弟 奶奶 爷爷 外婆 外公 闺蜜'.split(
    ' ',
  ),
)('knows %s', label => {
  const relation = findRelation(label)
  expect(relation && relationLabel(relation.code)).toBe(label)
})

describe('words', () => {
  it.each([
    ['mother', '阿姨'],
    ['father', '叔叔'],
    ['spouse', '您爱人'],
    ['mother_of_husband', '阿姨'],
    ['grandmother', '奶奶'],
  ])('a guide speaks of %s as %s', (code, address) => {
    expect(relationAddress(code)).toBe(address)
  })

  it('never shows a code', () => {
    expect(relationLabel('constructor')).toBe('其他')
    expect(relationAddress('nobody')).toBe('您家人')
    expect(isRelationCode('nobody')).toBe(false)
  })

  it('finds other words for the same relation', () => {
    expect(findRelation(' 丈母娘 ')?.code).toBe('mother_of_wife')
    expect(findRelation('姥姥')?.code).toBe('maternal_grandmother')
    expect(findRelation('邻居')).toBeUndefined()
  })
})

it('treats children and grandchildren as minors until a year of birth is known, and elders never', () => {
  for (const code of ['child', 'son', 'daughter', 'grandson', 'niece'])
    expect(isMinorByNature(code)).toBe(true)
  for (const code of BIRTHDAY_RELATIONS.birthdayElder) expect(isMinorByNature(code)).toBe(false)
})

it('refers only to relations that exist', () => {
  for (const code of [...COMMON_RELATION_CODES, ...Object.values(BIRTHDAY_RELATIONS).flat()]) {
    expect([code, isRelationCode(code)]).toEqual([code, true])
  }
})
