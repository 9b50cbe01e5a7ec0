import { describe, expect, it } from 'vitest'
import { fittingOccasion, isOnlyReadyMade } from '../../../shared/rules/fittingOccasion.ts'
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
    ['birthday', 'best_friend', 'birthdayOther'],
    ['birthday', 'older_sister', 'birthdayOther'],
    ['birthday', 'other', 'birthdayOther'],
    ['wedding', 'husband', 'wedding'],
    ['wedding', 'mother', 'ownDay'],
    ['wedding', 'friend', 'ownDay'],
    ['firstPurchase', null, 'firstPurchase'],
    ['other', null, 'ownDay'],
    ['other', 'friend', 'ownDay'],
  ] as const)('%s of %s: %s', (kind, relation, occasion) =>
    expect(fittingOccasion(kind, relation)).toBe(occasion),
  )

  it('speaks of ready pieces from the last order day on, until the day itself', () => {
    const of = (today: string, lastOrderOn: string | null) =>
      isOnlyReadyMade(today, '2026-11-28', lastOrderOn)
    expect(of('2026-11-20', '2026-11-20')).toBe(false)
    expect(of('2026-11-21', '2026-11-20')).toBe(true)
    expect(of('2026-11-27', '2026-11-20')).toBe(true)
    expect(of('2026-11-28', '2026-11-20')).toBe(false)
    expect(of('2026-11-27', null)).toBe(false)
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
