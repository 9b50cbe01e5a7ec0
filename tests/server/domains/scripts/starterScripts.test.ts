import { describe, expect, it } from 'vitest'
import { Occasion, ScriptPart } from '../../../../shared/contract/scripts.ts'
import { SCRIPT_VARIABLES, fill, isTooLong, unknownVariables } from '../../../../shared/rules/fillScript.ts'
import { starterScripts } from '../../../../server/domains/scripts/starterScripts.ts'

const fullFacts = Object.fromEntries(
  Object.entries(SCRIPT_VARIABLES).map(([name, { example }]) => [name, example]),
)
/** What is known of a stranger: how to address her, and who writes. */
const sparseFacts = { 称呼: '孙小姐', 导购姓名: '陈露' }
const texts = starterScripts.flatMap(script => script.texts.map(text => ({ script, text })))

describe('the starter library', () => {
  it('has thirty-five scripts, each under a name and a title of its own', () => {
    expect(starterScripts).toHaveLength(35)
    expect(new Set(starterScripts.map(({ key }) => key)).size).toBe(35)
    expect(new Set(starterScripts.map(({ title }) => title)).size).toBe(35)
  })

  it('has something for every occasion, and a choice for the birthdays that come with a reminder', () => {
    const count = (occasion: string) => starterScripts.filter(script => script.occasion === occasion).length
    for (const occasion of Occasion.options) expect(count(occasion), occasion).toBeGreaterThanOrEqual(1)
    for (const occasion of ['birthdayElder', 'birthdaySelf', 'birthdayPartner', 'wedding', 'readyMade'])
      expect(count(occasion), occasion).toBeGreaterThanOrEqual(3)
  })

  it.each(texts)('$script.key is a legal part with variables we know', ({ text }) => {
    expect(ScriptPart.safeParse({ kind: 'text', text }).success).toBe(true)
    expect(unknownVariables(text)).toEqual([])
  })

  it.each(texts)('$script.key reads to its end when everything is known', ({ text }) => {
    const filled = fill(text, fullFacts)
    expect(filled.holes).toEqual([])
    expect(filled.text).not.toMatch(/[{}|]/)
    expect(isTooLong(filled.text ?? '')).toBe(false)
  })

  it.each(texts)(
    '$script.key either reads to its end or names its holes when little is known',
    ({ text }) => {
      const filled = fill(text, sparseFacts)
      if (filled.holes.length === 0) expect(filled.text).not.toMatch(/[{}|]/)
      else expect(filled.text).toBeUndefined()
    },
  )

  it('can be sent to a stranger, except where the occasion itself must be known', () => {
    const stopped = texts.filter(({ text }) => fill(text, sparseFacts).holes.length > 0)
    const needsAnOccasion = [
      'birthdaySelf',
      'birthdayElder',
      'birthdayPartner',
      'birthdayChild',
      'wedding',
      'readyMade',
      'couponExpiring',
    ]
    const others = stopped.filter(({ script }) => !needsAnOccasion.includes(script.occasion))
    expect(others.map(({ script }) => script.key)).toEqual(['daily-address'])
  })

  it('never shouts', () => {
    for (const { text } of texts) {
      expect(text.match(/！/g)?.length ?? 0, text).toBeLessThanOrEqual(1)
      expect(text.replace(/\{[^}]*\}/g, '')).not.toMatch(/优惠|打折|特价|限时|抢|！！|亲/)
    }
  })
})
