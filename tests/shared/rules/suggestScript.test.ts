import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ScriptMoment, type Occasion } from '../../../shared/contract/scripts.ts'
import { addDays } from '../../../shared/rules/civilDay.ts'
import { momentOf, momentsOfStarter } from '../../../shared/rules/scriptMoment.ts'
import { suggestScripts, type Candidate, type SuggestFacts } from '../../../shared/rules/suggestScript.ts'
import { starterScripts } from '../../../server/domains/scripts/starterScripts.ts'

const TODAY = '2026-11-21'
const nobody: SuggestFacts = {
  today: TODAY, moments: [], addedOn: null, lastPurchaseOn: null, tags: [], sent: [],
} // prettier-ignore
const script = (scriptId: string, occasion: Occasion, more: Partial<Candidate> = {}): Candidate => ({
  scriptId, title: scriptId, occasion, saidAt: null, holes: [], own: [], isFavourite: false, effectiveUntil: null, worked: null, ...more,
}) // prettier-ignore
const motherIn = (days: number, isDue = true): SuggestFacts['moments'] => [
  { occasions: ['birthdayElder'], words: '妈妈生日', day: addDays(TODAY, days), isDue },
]
const order = (candidates: Candidate[], facts: Partial<SuggestFacts> = {}) =>
  suggestScripts(candidates, { ...nobody, ...facts }).map(({ candidate }) => candidate.scriptId)
const why = (candidate: Candidate, facts: Partial<SuggestFacts> = {}) =>
  suggestScripts([candidate], { ...nobody, ...facts })[0]?.why

describe('what stands before what', () => {
  const daily = script('日常', 'daily')
  const elder = script('妈妈', 'birthdayElder')
  it.each<[string, Candidate[], Partial<SuggestFacts>, string[]]>([
    ['a day that is due', [daily, elder], { moments: motherIn(12) }, ['妈妈', '日常']],
    ['a day of the next weeks', [daily, elder], { moments: motherIn(40, false) }, ['妈妈', '日常']],
    ['a due day before a nearer one that is not', [script('本人', 'birthdaySelf'), elder],
      { moments: [...motherIn(12), { occasions: ['birthdaySelf'], words: '生日', day: addDays(TODAY, 3), isDue: false }] }, ['妈妈', '本人']],
    ['a missed day that still has its reminder', [daily, elder], { moments: motherIn(-2) }, ['妈妈', '日常']],
    ['no day that has passed without one', [daily, elder], { moments: motherIn(-2, false) }, ['日常', '妈妈']],
    ['words of welcome for a new friend', [daily, script('欢迎', 'newFriend')], { addedOn: '2026-11-20' }, ['欢迎', '日常']],
    ['none for an old one', [daily, script('欢迎', 'newFriend')], { addedOn: '2026-10-20' }, ['日常', '欢迎']],
    ['care for who has bought', [daily, script('保养', 'care')], { lastPurchaseOn: '2026-05-18' }, ['保养', '日常']],
    ['a visit for who has not bought for long', [script('售后', 'afterSales'), script('到店', 'visit')], { lastPurchaseOn: '2025-05-18' }, ['到店', '售后']],
    ['words of her tag', [daily, script('对戒新款', 'daily')], { tags: ['对戒'] }, ['对戒新款', '日常']],
    ['what uses her own facts', [daily, script('戒圈', 'daily', { own: ['戒圈'] })], {}, ['戒圈', '日常']],
    ['what holds for some weeks only', [daily, script('年底', 'daily', { effectiveUntil: '2026-12-31' })], {}, ['年底', '日常']],
    ['favourites', [daily, script('收藏', 'daily', { isFavourite: true })], {}, ['收藏', '日常']],
    ['nothing: the library', [daily, script('另一条', 'daily')], {}, ['日常', '另一条']],
    ['what has worked', [daily, script('有用', 'daily', { worked: { within: 'store', sends: 20, replies: 16, purchases: 0 } })], {}, ['有用', '日常']],
    ['no good luck of nineteen', [daily, script('运气', 'daily', { worked: { within: 'store', sends: 19, replies: 19, purchases: 9 } })], {}, ['日常', '运气']],
    ['what she did not have this month', [script('才发过', 'daily', { isFavourite: true }), daily],
      { sent: [{ scriptId: '别的', on: '2026-11-20' }, { scriptId: '才发过', on: '2026-11-01' }] }, ['日常', '才发过']],
    ['what she had long ago like any other', [script('早发过', 'daily'), daily],
      { sent: [{ scriptId: '别的', on: '2026-11-20' }, { scriptId: '早发过', on: '2026-09-01' }] }, ['早发过', '日常']],
    ['another one than the last, however long ago', [elder, script('妈妈二', 'birthdayElder')],
      { moments: motherIn(3), sent: [{ scriptId: '妈妈', on: '2025-11-24' }] }, ['妈妈二', '妈妈']],
    ['even what says nothing of the day, when the last is all there is for it', [elder, daily],
      { moments: motherIn(3), sent: [{ scriptId: '妈妈', on: '2025-11-24' }] }, ['日常', '妈妈']],
    ['what can be sent', [script('缺', 'birthdayElder', { holes: ['称呼'], isFavourite: true }), elder], { moments: motherIn(3) }, ['妈妈', '缺']],
    ['what lacks a fact but suits, before what does not suit', [daily, script('缺', 'birthdayElder', { holes: ['称呼'] })],
      { moments: motherIn(3) }, ['缺', '日常']],
  ])('%s', (_, candidates, facts, wanted) => {
    expect(order(candidates, facts)).toEqual(wanted)
  }) // prettier-ignore
})

describe('a care that is due', () => {
  const care = script('保养', 'care', {
    title: '对戒保养', isFavourite: true, own: ['戒圈', '手围', '家人称呼'], effectiveUntil: '2026-12-01',
    worked: { within: 'store', sends: 20, replies: 20, purchases: 20 },
  }) // prettier-ignore
  const elder = script('妈妈', 'birthdayElder')
  const due: SuggestFacts['moments'] = [{ occasions: ['care'], words: '该保养了', day: null, isDue: true }]
  it.each<[string, SuggestFacts['moments'], string]>([
    ['with nothing else, stands first', [], '保养'],
    ['waits for a birthday of her family that is due', motherIn(12), '妈妈'],
    ['waits for one whose order has to be placed long ahead', motherIn(40), '妈妈'],
    ['waits for the day itself', motherIn(0), '妈妈'],
    ['waits for one that was missed', motherIn(-3), '妈妈'],
    ['waits for one in two weeks that has no reminder yet', motherIn(14, false), '妈妈'],
    ['waits for tomorrow', motherIn(1, false), '妈妈'],
    ['does not wait for one that is further away', motherIn(15, false), '保养'],
    ['does not wait for one in half a year', motherIn(180, false), '保养'],
  ])('%s', (_, days, first) => {
    const facts = { moments: [...due, ...days], tags: ['对戒'], lastPurchaseOn: '2026-05-18' }
    expect(order([care, elder], facts)[0]).toBe(first)
    expect(order([script('保养', 'care'), elder], { moments: [...due, ...days] })[0]).toBe(first)
  })

  it('says why it is there', () => {
    expect(why(care, { moments: due })).toBe('该保养了 · 店里 10 成有回音')
  })

  it('leaves a new friend her welcome', () => {
    const welcome: SuggestFacts['moments'] = [
      { occasions: ['newFriend'], words: '新朋友', day: null, isDue: true },
    ]
    expect(order([care, script('欢迎', 'newFriend')], { moments: [...due, ...welcome] })[0]).toBe('欢迎')
  })
})

describe('the nearer day', () => {
  it('counts more, however far, due or not', () => {
    for (const isDue of [true, false]) {
      const points = Array.from({ length: 60 }, (_, days) => {
        const [found] = suggestScripts([script('妈妈', 'birthdayElder')], {
          ...nobody,
          moments: motherIn(days, isDue),
        })
        return found?.score.moment ?? NaN
      })
      expect(points).toEqual(points.toSorted((a, b) => b - a))
    }
  })
})

describe('P20 the words of the library for the day that is coming', () => {
  const saidAtOf = (key: string) => {
    const starter = starterScripts.find(one => one.key === key)
    return starter ? momentsOfStarter(key, starter.occasion) : null
  }
  const library = starterScripts.map(({ key, occasion }) => script(key, occasion, { saidAt: saidAtOf(key) }))
  it.each<[Occasion, number, string]>([
    ['birthdaySelf', 12, 'birthday-self-eve'],
    ['birthdaySelf', 2, 'birthday-self-eve'],
    ['birthdaySelf', 0, 'birthday-self-wish'],
    ['birthdaySelf', -2, 'birthday-self-late'],
    ['birthdayElder', 12, 'birthday-elder-engraving'],
    ['birthdayElder', 2, 'birthday-elder-visit'],
    ['birthdayElder', 0, 'birthday-elder-wish'],
    ['birthdayElder', -2, 'birthday-elder-late'],
    ['birthdayPartner', 12, 'birthday-partner-surprise'],
    ['birthdayPartner', 2, 'birthday-partner-last-days'],
    ['birthdayPartner', 0, 'birthday-partner-wish'],
    ['birthdayPartner', -2, 'birthday-partner-late'],
    ['birthdayChild', 12, 'birthday-child-keepsake'],
    ['birthdayChild', 2, 'birthday-child-keepsake'],
    ['birthdayChild', 0, 'birthday-child-wish'],
    ['birthdayChild', -2, 'birthday-child-late'],
    ['birthdayOther', 12, 'birthday-other-gift'],
    ['birthdayOther', 2, 'birthday-other-gift'],
    ['birthdayOther', 0, 'birthday-other-wish'],
    ['birthdayOther', -2, 'birthday-other-late'],
    ['wedding', 12, 'wedding-anniversary-gift'],
    ['wedding', 2, 'wedding-anniversary-gift'],
    ['wedding', 0, 'wedding-wish'],
    ['wedding', -2, 'wedding-late'],
    ['firstPurchase', 12, 'first-purchase-visit'],
    ['firstPurchase', 2, 'first-purchase-visit'],
    ['firstPurchase', 0, 'first-purchase-thanks'],
    ['firstPurchase', -2, 'first-purchase-late'],
    ['ownDay', 12, 'own-day-gift'],
    ['ownDay', 2, 'own-day-gift'],
    ['ownDay', 0, 'own-day-wish'],
    ['ownDay', -2, 'own-day-late'],
  ])(
    '%s in %i days: %s stands first, and no word of another day before one that fits',
    (occasion, days, first) => {
      const day = addDays(TODAY, days)
      const found = order(library, { moments: [{ occasions: [occasion], words: '日子', day, isDue: true }] })
      expect(found[0]).toBe(first)
      const isForToday = (key: string) => {
        const saidAt = saidAtOf(key)
        if (saidAt === null) return true
        const isOfTheDay = starterScripts.some(one => one.key === key && one.occasion === occasion)
        return isOfTheDay && saidAt.includes(momentOf(TODAY, day))
      }
      expect(found).toEqual([...found.filter(isForToday), ...found.filter(key => !isForToday(key))])
    },
  )

  it.each<[string, SuggestFacts['moments']]>([
    ['no day is known', []],
    ['the day was two days ago, and done with', motherIn(363, false)],
  ])('nothing that speaks of a day stands first when %s', (_, moments) => {
    expect(saidAtOf(order(library, { moments })[0]!)).toBeNull()
  })

  it('no wish of another day stands first because the one that fits was sent last', () => {
    const known = { moments: motherIn(0), sent: [{ scriptId: 'b', on: TODAY }] }
    const all = [
      script('a', 'birthdayElder', { saidAt: ['ahead'] }),
      script('b', 'birthdayElder', { saidAt: ['onDay'] }),
    ]
    expect(order(all, known)).toEqual(['b', 'a'])
    expect(why(all[0]!, known)).toBe('今天说不合适')
  })
})

describe('why, in one line', () => {
  it.each<[Candidate, Partial<SuggestFacts>, string]>([
    [script('a', 'birthdayElder', { worked: { within: 'store', sends: 40, replies: 32, purchases: 3 } }), { moments: motherIn(12) }, '妈妈生日 12 天后 · 店里 8 成有回音'],
    [script('a', 'birthdayElder'), { moments: motherIn(0) }, '妈妈生日 今天'],
    [script('a', 'birthdayElder'), { moments: motherIn(-1) }, '妈妈生日 昨天'],
    [script('a', 'daily', { worked: { within: 'company', sends: 40, replies: 0, purchases: 20 } }), {}, '公司里 5 成后来买了'],
    [script('a', 'newFriend'), { addedOn: TODAY }, '今天刚加'],
    [script('a', 'care', { isFavourite: true }), { lastPurchaseOn: '2026-05-18' }, '5月18日买过 · 你收藏的'],
    [script('a', 'birthdayElder', { holes: ['称呼'] }), { moments: motherIn(1) }, '妈妈生日 明天 · 还差称呼'],
    [script('a', 'daily'), { sent: [{ scriptId: 'a', on: '2026-11-01' }] }, '上次发的就是这条'],
    [script('a', 'daily'), {}, ''],
    [script('对戒新款', 'daily'), { tags: ['对戒'] }, '有「对戒」标签'],
  ])('%j', (candidate, facts, words) => {
    expect(why(candidate, facts)).toBe(words)
  }) // prettier-ignore
})

describe('always', () => {
  const occasions: Occasion[] = ['birthdayElder', 'newFriend', 'care', 'visit', 'daily']
  const day = fc.integer({ min: -500, max: 500 }).map(days => addDays(TODAY, days))
  const candidates = fc
    .array(
      fc.record({
        occasion: fc.constantFrom(...occasions),
        title: fc.constantFrom('对戒', '新款', '年底'),
        saidAt: fc.constantFrom(null, null, ...ScriptMoment.options.map(moment => [moment])),
        holes: fc.constantFrom<string[]>([], [], ['称呼'], ['称呼', '戒圈']),
        own: fc.constantFrom<string[]>([], ['戒圈']),
        isFavourite: fc.boolean(),
        effectiveUntil: fc.option(day),
        worked: fc.option(
          fc.record({
            within: fc.constantFrom('store' as const, 'company' as const),
            sends: fc.nat(60), replies: fc.nat(60), purchases: fc.nat(60),
          }), // prettier-ignore
        ),
      }),
      { maxLength: 12 },
    )
    .map(all => all.map((one, index) => ({ ...one, scriptId: String(index) })))
  const facts = fc.record({
    today: fc.constant(TODAY),
    moments: fc.array(
      fc.record({
        occasions: fc.subarray(occasions), words: fc.constant('日子'), day, isDue: fc.boolean(),
      }), // prettier-ignore
      { maxLength: 3 },
    ),
    addedOn: fc.option(day),
    lastPurchaseOn: fc.option(day),
    tags: fc.subarray(['对戒', '年底']),
    sent: fc.array(fc.record({ scriptId: fc.nat(11).map(String), on: day }), { maxLength: 4 }),
  })
  const check = (law: (all: Candidate[], known: SuggestFacts) => void) =>
    fc.assert(fc.property(candidates, facts, law), { numRuns: 500 })

  it('every script stands in the order once, with the points that make its place', () => {
    check((all, known) => {
      const found = suggestScripts(all, known)
      expect(found.map(({ candidate }) => candidate.scriptId).toSorted()).toEqual(
        all.map(({ scriptId }) => scriptId).toSorted(),
      )
      for (const { score, total } of found)
        expect(Object.values(score).reduce((sum, points) => sum + points, 0)).toBeCloseTo(total)
      const rest = found.slice(1)
      for (const [index, { total }] of rest.entries())
        if (index > 0) expect(total).toBeLessThanOrEqual(rest[index - 1]!.total)
    })
  })

  it('the same facts give the same order, and equals keep that of the library', () => {
    check((all, known) => {
      const found = suggestScripts(all, known)
      expect(suggestScripts([...all], { ...known })).toEqual(found)
      const rest = found.slice(1)
      for (const [index, { total, candidate }] of rest.entries())
        if (index > 0 && total === rest[index - 1]!.total)
          expect(all.indexOf(rest[index - 1]!.candidate)).toBeLessThan(all.indexOf(candidate))
    })
  })

  it('what was sent last never stands first while another may be said today', () => {
    check((all, known) => {
      const [first, ...others] = suggestScripts(all, known)
      const mayBeSaid = others.some(({ score }) => score.offDay === undefined)
      if (mayBeSaid && known.sent[0]) expect(first?.candidate.scriptId).not.toBe(known.sent[0].scriptId)
    })
  })

  it('what is not said on this day stands behind all that is', () => {
    check((all, known) => {
      const isOff = suggestScripts(all, known).map(({ score }) => score.offDay !== undefined)
      expect(isOff).toEqual(isOff.toSorted())
    })
  })

  it('what lacks a fact never stands first while another that suits her can be sent', () => {
    check((all, known) => {
      const found = suggestScripts(all, known)
      const first = found[0]
      if (!first || first.candidate.holes.length === 0) return
      const others = found.filter(
        ({ candidate, score, isDue }) =>
          candidate.holes.length === 0 &&
          score.offDay === undefined &&
          candidate.scriptId !== known.sent[0]?.scriptId &&
          (isDue || found.every(one => !one.isDue)),
      )
      expect(others).toEqual([])
    })
  })

  it('one more answer never makes it worse', () => {
    check((all, known) => {
      const [one] = all
      if (!one?.worked) return
      const totalOf = (candidate: Candidate) => suggestScripts([candidate], known)[0]!.total
      const better = { ...one, worked: { ...one.worked, replies: one.worked.replies + 1 } }
      expect(totalOf(better)).toBeGreaterThanOrEqual(totalOf(one))
    })
  })
})
