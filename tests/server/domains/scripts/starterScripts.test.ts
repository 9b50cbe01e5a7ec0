import { describe, expect, it } from 'vitest'
import { Occasion, ScriptPart } from '../../../../shared/contract/scripts.ts'
import {
  SCRIPT_VARIABLES,
  fill,
  isTooLong,
  requiredVariables,
  unknownVariables,
  type ScriptVariableName,
} from '../../../../shared/rules/fillScript.ts'
import { addDays } from '../../../../shared/rules/civilDay.ts'
import { fittingOccasion, isOnlyReadyMade } from '../../../../shared/rules/fittingOccasion.ts'
import { RELATIONS } from '../../../../shared/rules/relation.ts'
import { momentOf, STARTER_MOMENTS, suitsMoment } from '../../../../shared/rules/scriptMoment.ts'
import { starterScripts } from '../../../../server/domains/scripts/starterScripts.ts'

const fullFacts = Object.fromEntries(
  Object.entries(SCRIPT_VARIABLES).map(([name, { example }]) => [name, example]),
)
/** What is known of a stranger: how to address her, and who writes. */
const sparseFacts = { 称呼: '孙小姐', 导购姓名: '陈露' }
const texts = starterScripts.flatMap(script => script.texts.map(text => ({ script, text })))

describe('a text of today in the place of a former one', () => {
  // What is known of a day comes with the day; what is known of a store somebody has to note first.
  const required = (texts: readonly string[]) =>
    texts
      .flatMap(text => requiredVariables(text))
      .filter(name => SCRIPT_VARIABLES[name as ScriptVariableName].group === '门店')
  it.each(
    starterScripts.flatMap(({ key, texts, formerTexts = [] }) =>
      formerTexts.map(former => ({ key, texts, former })),
    ),
  )('$key asks for no fact of the store that it could be sent without before', ({ texts, former }) => {
    expect(required(former)).toEqual(expect.arrayContaining(required(texts)))
  })
})

describe('the starter library', () => {
  it('has fifty-one scripts, each under a name and a title of its own', () => {
    expect(starterScripts).toHaveLength(51)
    expect(new Set(starterScripts.map(({ key }) => key)).size).toBe(51)
    expect(new Set(starterScripts.map(({ title }) => title)).size).toBe(51)
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

  it('can be sent to a stranger, except where the occasion itself or a fact of the store must be known', () => {
    const stopped = texts.filter(({ text }) => fill(text, sparseFacts).holes.length > 0)
    const needsAnOccasion = [
      'birthdaySelf',
      'birthdayElder',
      'birthdayPartner',
      'birthdayChild',
      'birthdayOther',
      'wedding',
      'firstPurchase',
      'ownDay',
      'readyMade',
      'couponExpiring',
    ]
    const others = stopped.filter(({ script }) => !needsAnOccasion.includes(script.occasion))
    expect(others.map(({ script }) => script.key)).toEqual(['daily-address', 'daily-phone'])
  })

  it('never shouts', () => {
    for (const { text } of texts) {
      expect(text.match(/！/g)?.length ?? 0, text).toBeLessThanOrEqual(1)
      expect(text.replace(/\{[^}]*\}/g, '')).not.toMatch(/优惠|打折|特价|限时|抢|！！|亲/)
    }
  })
})

describe('the words for the day', () => {
  const today = '2026-11-21'
  const kinds = ['birthday', 'wedding', 'firstPurchase', 'other'] as const
  const relations = [null, ...RELATIONS.map(({ code }) => code)]
  const offered = (
    kind: (typeof kinds)[number],
    relation: string | null,
    days: number,
    isTooLate: boolean,
  ) => {
    const occurrence = addDays(today, days)
    const lastOrderOn = isTooLate ? addDays(today, -1) : null
    const occasion = isOnlyReadyMade(today, occurrence, lastOrderOn)
      ? 'readyMade'
      : fittingOccasion(kind, relation)
    return starterScripts.filter(
      script =>
        script.occasion === occasion && suitsMoment(script.key, occasion, momentOf(today, occurrence)),
    )
  }

  it('knows of every script that speaks of a day when it may be said, and of no other', () => {
    const speaking = starterScripts.filter(({ occasion }) =>
      /^birthday|^wedding$|^firstPurchase$|^ownDay$|^readyMade$/.test(occasion),
    )
    const known = Object.entries(STARTER_MOMENTS).flatMap(([occasion, starters]) =>
      Object.keys(starters).map(key => `${occasion} ${key}`),
    )
    expect(speaking.map(({ key, occasion }) => `${occasion} ${key}`).sort()).toEqual(known.sort())
  })

  it.each(kinds)(
    'P20 %s: whoever it is, from thirty days before to six days after there is a message that fits the day',
    kind => {
      for (const relation of relations) {
        for (let days = -6; days <= 30; days++) {
          for (const isTooLate of [false, true]) {
            const scripts = offered(kind, relation, days, isTooLate)
            const situation = `${kind} ${relation} ${days} ${isTooLate}`
            expect(scripts.length, situation).toBeGreaterThan(0)
            for (const { texts } of scripts) {
              const words = texts.join('')
              if (days !== 0) expect(words, situation).not.toMatch(/今天/)
              if (days > 0) expect(words, situation).not.toMatch(/快乐|福寿|祝[您你往{]|刚过|晚了/)
              if (days < 0) expect(words, situation).not.toMatch(/还有几天|快到|现货|刻字|带来|拍给您/)
              if (days < 0) expect(words, situation).toMatch(/晚了/)
              if (isTooLate && days > 0) expect(words, situation).not.toMatch(/正好|从容|还来得及/)
            }
            expect(scripts[0]?.texts.join(''), situation).not.toMatch(/保养|清洗检查|爪子/)
            // Before the day it says how long there is, or which day it is.
            if (days > 0) expect(scripts[0]?.texts.join(''), situation).toMatch(/日子\}|还有几天\}|快到/)
          }
        }
      }
    },
  )

  it('speaks to the customer of her own days, and of a person by the name for that person', () => {
    const said = (kind: (typeof kinds)[number], relation: string | null, days: number) =>
      offered(kind, relation, days, false)[0]?.key
    expect(said('birthday', null, 14)).toBe('birthday-self-eve')
    expect(said('birthday', null, 0)).toBe('birthday-self-wish')
    expect(said('birthday', null, -5)).toBe('birthday-self-late')
    expect(said('wedding', null, 13)).toBe('wedding-anniversary-gift')
    expect(said('wedding', 'mother', 13)).toBe('own-day-gift')
    expect(said('birthday', 'son', 13)).toBe('birthday-child-keepsake')
    expect(said('birthday', 'best_friend', 13)).toBe('birthday-other-gift')
    expect(said('other', null, 13)).toBe('own-day-gift')
    for (const kind of kinds) {
      for (const days of [-1, 0, 3, 14]) {
        const of = (relation: string) =>
          offered(kind, relation, days, false)
            .flatMap(({ texts }) => texts)
            .join('')
        if (kind === 'birthday' || kind === 'other')
          expect(of('friend'), `${kind} ${days}`).toContain('{家人称呼')
      }
    }
  })
})
