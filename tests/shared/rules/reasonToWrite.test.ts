import { describe, expect, it } from 'vitest'
import type { Occasion } from '../../../shared/contract/scripts.ts'
import { addDays } from '../../../shared/rules/civilDay.ts'
import { suggestScripts, type Candidate, type SuggestFacts } from '../../../shared/rules/suggestScript.ts'

const TODAY = '2026-11-21'
const nobody: SuggestFacts = {
  today: TODAY, moments: [], addedOn: null, lastPurchaseOn: null, tags: [], sent: [],
} // prettier-ignore
const worked = { within: 'company', sends: 40, replies: 40, purchases: 40 } as const
const script = (occasion: Occasion, more: Partial<Candidate> = {}): Candidate => ({
  scriptId: occasion, title: '对戒', occasion, saidAt: null, holes: [], own: [], isFavourite: false, effectiveUntil: null, worked: null, ...more,
}) // prettier-ignore
const birthdayIn = (
  days: number,
  isDue: boolean,
  occasions: Occasion[] = ['birthdayElder'],
): SuggestFacts['moments'] => [{ occasions, words: '外婆生日', day: addDays(TODAY, days), isDue }]

describe('a reason to write to her', () => {
  const liked = { worked, isFavourite: true, own: ['戒圈'], effectiveUntil: addDays(TODAY, 3) }
  const bought = { lastPurchaseOn: addDays(TODAY, -500), tags: ['对戒'] }
  it.each<[string, Candidate, Partial<SuggestFacts>, boolean]>([
    ['a day with a reminder', script('birthdayElder'), { moments: birthdayIn(80, true) }, true],
    ['a day of the next weeks', script('birthdayElder'), { moments: birthdayIn(45, false) }, true],
    ['a care that is due', script('care'),
      { moments: [{ occasions: ['care'], words: '该保养了', day: null, isDue: true }] }, true],
    ['having been added this week', script('newFriend'), { addedOn: addDays(TODAY, -3) }, true],
    ['no day further away', script('birthdayElder'), { moments: birthdayIn(46, false) }, false],
    ['no day in half a year', script('birthdayElder'), { moments: birthdayIn(179, false) }, false],
    ['no day of other words', script('birthdayElder', { saidAt: ['onDay'] }), { moments: birthdayIn(12, true) }, false],
    ['not what has worked, is liked and ends soon', script('daily', liked), {}, false],
    ['not that she has not bought for long', script('visit', liked), bought, false],
    ['not that she has bought', script('care', liked), { lastPurchaseOn: addDays(TODAY, -5) }, false],
    ...(['engraving', 'order', 'afterSales', 'daily'] as const).map(
      (answer): [string, Candidate, Partial<SuggestFacts>, boolean] =>
        [`no day for ${answer}, which answers`, script(answer, liked), { ...bought, moments: birthdayIn(12, true, [answer]) }, false],
    ),
  ])('%s', (_, candidate, facts, isDue) => {
    const [found] = suggestScripts([candidate], { ...nobody, ...facts })
    expect(found?.isDue).toBe(isDue)
  }) // prettier-ignore

  it('is not told of a day that is none', () => {
    for (const days of [46, 80, 179]) {
      const [found] = suggestScripts([script('birthdayElder')], {
        ...nobody,
        moments: birthdayIn(days, false),
      })
      expect(found?.why).toBe('')
    }
  })

  it('goes before an answer, however often that has worked', () => {
    const all = [script('engraving', liked), script('birthdayElder'), script('newFriend')]
    const first = (facts: Partial<SuggestFacts>) =>
      suggestScripts(all, { ...nobody, ...facts })[0]?.candidate.occasion
    expect(first({ moments: birthdayIn(40, false, ['birthdayElder', 'engraving']) })).toBe('birthdayElder')
    expect(first({ addedOn: addDays(TODAY, -14) })).toBe('newFriend')
  })
})
