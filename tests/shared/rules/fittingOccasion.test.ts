import { describe, expect, it } from 'vitest'
import { fittingOccasion } from '../../../shared/rules/fittingOccasion.ts'
import { isRelationCode, RELATIONS } from '../../../shared/rules/relation.ts'
import { BIRTHDAY_RELATIONS } from '../../../shared/rules/fittingOccasion.ts'

describe('the occasion of a date', () => {
  it.each([
    ['birthday', null, 'birthdaySelf'],
    ['birthday', 'mother', 'birthdayElder'],
    ['birthday', 'father_of_wife', 'birthdayElder'],
    ['birthday', 'spouse', 'birthdayPartner'],
    ['birthday', 'boyfriend', 'birthdayPartner'],
    ['birthday', 'son', 'birthdayChild'],
    ['wedding', null, 'wedding'],
    ['wedding', 'mother', 'wedding'],
    ['firstPurchase', null, 'care'],
    ['other', 'friend', 'care'],
  ] as const)('%s of %s: %s', (kind, relation, occasion) =>
    expect(fittingOccasion(kind, relation)).toBe(occasion),
  )

  it('has no words for elders at hand for brothers, sisters and friends', () => {
    for (const relation of ['older_sister', 'younger_brother', 'friend', 'other'])
      expect(fittingOccasion('birthday', relation)).toBeUndefined()
  })

  it('names only relations there are, each once', () => {
    const named = Object.values(BIRTHDAY_RELATIONS).flat()
    expect(named.filter(code => !isRelationCode(code))).toEqual([])
    expect(new Set(named).size).toBe(named.length)
  })

  it('takes every child by nature for one', () => {
    const children = RELATIONS.filter(relation => relation.isMinorByNature).map(relation => relation.code)
    expect(children.map(code => fittingOccasion('birthday', code))).toEqual(
      children.map(() => 'birthdayChild'),
    )
  })
})
