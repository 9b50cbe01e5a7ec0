import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Card } from '../../../../shared/contract/customers.ts'
import type { ImportantDate } from '../../../../shared/contract/people.ts'
import { RELATIONS } from '../../../../shared/rules/relation.ts'
import { addDays } from '../../../../shared/rules/civilDay.ts'
import { starterScripts } from '../../../../server/domains/scripts/starterScripts.ts'
import { scriptFacts } from '../../../../shared/rules/scriptFacts.ts'
import { holeAdvice } from '../../../../web/domains/scripts/holeAdvice.ts'
import { finalParts } from '../../../../web/domains/scripts/useScriptSend.ts'
import { makeCard, makeDate, makeSession } from '../../../support/makeCard.ts'

const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null })
/** Words as people type them: braces of their own excepted, those would be theirs. */
const word = fc.constantFrom('婉清姐', '王总', ' ', '', '😀', '13', '张三（别名）')

const anyDate: fc.Arbitrary<ImportantDate> = fc
  .record({
    relation: maybe(fc.constantFrom(...RELATIONS.map(({ code }) => code as string), 'unheard_of')),
    callName: maybe(word),
    kind: fc.constantFrom('birthday', 'wedding', 'firstPurchase', 'other' as const),
    label: maybe(word),
    calendar: fc.constantFrom('solar', 'lunar' as const),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 28 }),
    year: maybe(fc.integer({ min: 1900, max: 2030 })),
    inDays: fc.integer({ min: 0, max: 365 }),
  })
  .map(({ relation, callName, inDays, kind, calendar, ...rest }) =>
    makeDate({
      ...rest,
      kind: kind as ImportantDate['kind'],
      calendar: calendar as ImportantDate['calendar'],
      person: relation === null ? null : { personId: makeDate().dateId, relation, callName, isMinor: false },
      nextOn: addDays('2026-11-21', inDays),
    }),
  )

const anyCard: fc.Arbitrary<Card> = fc
  .record({
    salutation: maybe(word),
    tier: maybe(word),
    ringSize: maybe(word),
    wristSize: maybe(word),
    bought: maybe(word),
  })
  .map(({ bought, ...profile }) => {
    const card = makeCard('wmA')
    const lastPurchase = bought === null ? null : { day: '2026-05-18', piece: bought }
    return {
      ...card,
      customer: { ...card.customer, lastPurchase, profile: { ...card.customer.profile, ...profile } },
    }
  })
const anySession = fc
  .record({
    name: fc.constantFrom('国贸店', ''),
    address: maybe(word),
    hours: maybe(word),
    phone: maybe(word),
  })
  .chain(store => fc.constantFrom(store, null))
  .map(store => makeSession({ staff: { userId: 'chenlu', name: '陈露', role: 'guide', store } }))

const scripts = starterScripts.map(({ texts }) => ({
  parts: texts.map(text => ({ kind: 'text' as const, text })),
}))

describe('the starter library', () => {
  it('never lets a variable out, whatever is not known', () => {
    let sendable = 0
    const property = fc.property(
      fc.constantFrom(...scripts),
      anySession,
      fc.option(anyCard, { nil: undefined }),
      maybe(anyDate),
      (script, session, card, date) => {
        const parts = finalParts(script, scriptFacts(session, card, date))
        if (!parts) return
        sendable++
        for (const part of parts) {
          if (part.kind !== 'text') continue
          expect(part.text).not.toMatch(/[{}|]/)
          expect(part.text).not.toMatch(/undefined|null|NaN/)
          expect(part.text.trim()).not.toBe('')
        }
      },
    )
    fc.assert(property, { numRuns: 2_000 })
    expect(sendable).toBeGreaterThan(200)
  })

  it('can all be sent to somebody of whom everything is known', () => {
    const session = makeSession({
      staff: {
        userId: 'chenlu',
        name: '陈露',
        role: 'guide',
        store: { name: '国贸店', address: '建国路 1 号', hours: '每天 10:00–22:00', phone: '010-5550 0108' },
      },
    })
    const facts = scriptFacts(session, makeCard('wmA'), makeDate())
    // What a coupon's end is about is filled from its reminder.
    const general = scripts.filter(({ parts }) => !JSON.stringify(parts).includes('{优惠券'))
    expect(general.length).toBeGreaterThanOrEqual(30)
    expect(general.filter(script => finalParts(script, facts) === undefined)).toEqual([])
  })
})

describe('years since', () => {
  const factsOf = (date: ImportantDate) => scriptFacts(makeSession(), makeCard('wmA'), date).周年
  it.each<[string, Partial<ImportantDate>, string | undefined]>([
    ['no year noted', { calendar: 'solar', year: null }, undefined],
    ['solar', { calendar: 'solar', month: 12, day: 3, year: 2016, nextOn: '2026-12-03' }, '10'],
    ['lunar, within the year', { calendar: 'lunar', month: 10, year: 2016, nextOn: '2026-12-03' }, '10'],
    [
      'lunar, last month falls in the next solar year',
      { calendar: 'lunar', month: 12, year: 2016, nextOn: '2027-01-20' },
      '10',
    ],
    [
      'lunar, eleventh month before new year',
      { calendar: 'lunar', month: 11, year: 2016, nextOn: '2026-12-25' },
      '10',
    ],
    ['no anniversary', { kind: 'other', calendar: 'solar', year: 2016, nextOn: '2026-12-03' }, undefined],
    ['the day itself lies ahead', { calendar: 'solar', year: 2026, nextOn: '2026-12-03' }, undefined],
  ])('%s', (_name, given, years) => {
    expect(factsOf(makeDate(given))).toBe(years)
  })
})

describe('advice for a hole', () => {
  it.each([
    ['门店地址', true, '门店地址还没填，请总部在「管理 › 门店」里填上'],
    ['营业时间', true, '营业时间还没填，请总部在「管理 › 门店」里填上'],
    ['门店电话', false, '门店电话还没填，请总部在「管理 › 门店」里填上'],
    ['优惠券名', true, '这一条要和券一起发'],
    ['家人称呼', false, '这一条只适合单聊'],
    ['上次购买', true, '还没记过买了什么，在「档案」里记一笔就能发'],
    ['哪件首饰', true, '还不知道「哪件首饰」，换一条发'],
    ['上次购买', false, '这一条只适合单聊'],
    ['手围', true, undefined],
  ])('%s', (hole, hasCustomer, words) => {
    expect(holeAdvice(hole, hasCustomer)).toBe(words)
  })
})
