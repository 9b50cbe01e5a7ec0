import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fill, type KnownFacts } from '../../../shared/rules/fillScript.ts'
import { createSearch, type IndexedKey } from '../../../shared/rules/searchIndex.ts'
import { foldedQuery, matchKey } from '../../../shared/rules/searchKey.ts'

const key = (text: string, pinyin: string, initials: string, ...body: string[]): IndexedKey => ({
  text,
  pinyin,
  initials,
  body,
})
const wish = key('生日祝福', 'sheng ri zhu fu', 'srzf', '{称呼|您好}，祝您平平安安')
const elder = key('长辈生日', 'zhang bei sheng ri', 'zbsr', '{家人称呼}福寿安康，我们{门店|店里}见')
const shop = key('到店', 'dao dian', 'dd', '生日那天来坐坐')
const order = key('Ａ 单 做好', 'a dan zuo hao', 'adzh', '报您的名字就行')
const all = [elder, shop, wish, order]
const found = (query: string, items: readonly IndexedKey[] = all) =>
  createSearch<IndexedKey>(one => one)
    .find(items, query)
    .items.map(one => one.text)

describe('the order of hits', () => {
  it.each([
    ['生日', ['生日祝福', '长辈生日', '到店']],
    ['shengri', ['生日祝福', '长辈生日']],
    ['sr', ['长辈生日', '生日祝福']],
    ['平安', ['生日祝福']],
    ['平平安安', ['生日祝福']],
    ['安康', ['长辈生日']],
    ['ad', ['Ａ 单 做好']],
    ['ａ单', ['Ａ 单 做好']],
    ['heng', []],
  ])('%j finds %j', (query, titles) => {
    expect(found(query)).toEqual(titles)
  })

  it('puts initials before what stands inside a title', () => {
    const inside = key('大 sr 大', 'da sr da', 'dsd')
    expect(found('sr', [inside, elder])).toEqual(['长辈生日', '大 sr 大'])
  })

  it('keeps the given order among hits of one rank, and everything for an empty query', () => {
    expect(found('  ')).toEqual(all.map(one => one.text))
    expect(found('r', [elder, wish])).toEqual(['长辈生日', '生日祝福'])
  })
})

describe('variables', () => {
  it.each(['称呼', '家人', '门店', '{', '|', '您好'])(
    '%j, which only a variable says, finds nothing',
    query => {
      expect(found(query)).toEqual([])
    },
  )

  it('does not join the words on both sides of a variable', () => {
    expect(found('我们见')).toEqual([])
    expect(found('我们')).toEqual(['长辈生日'])
  })
})

describe('words as they are filled for one customer', () => {
  const known: KnownFacts = { 称呼: '婉清姐', 家人称呼: '阿姨', 门店: '国贸店' }
  const filled = (query: string, facts: KnownFacts = known) =>
    createSearch<IndexedKey>(one => one)
      .find(all, query, () => facts)
      .items.map(one => one.text)
  it.each([
    ['阿姨', ['长辈生日']],
    ['国贸', ['长辈生日']],
    ['贸 店', ['长辈生日']],
    ['阿姨福寿', ['长辈生日']],
    ['们国贸店见', ['长辈生日']],
    ['姐，祝', ['生日祝福']],
    ['婉清', ['生日祝福']],
    ['您好', []],
    ['家人', []],
    ['店里', []],
  ])('%j finds %j', (query, titles) => {
    expect(filled(query)).toEqual(titles)
  })

  it('what is missing says its other words, or nothing that could be found across', () => {
    expect(filled('您好', {})).toEqual(['生日祝福'])
    expect(filled('好，祝', {})).toEqual(['生日祝福'])
    expect(filled('们店里见', {})).toEqual(['长辈生日'])
    expect(filled('您好', { 称呼: '  ' })).toEqual(['生日祝福'])
    expect(filled('我们见', {})).toEqual([])
  })

  it('another customer is another search, also for a query that goes on', () => {
    const search = createSearch<IndexedKey>(one => one)
    const titles = (query: string, facts: KnownFacts) =>
      search.find(all, query, () => facts).items.map(one => one.text)
    expect(titles('国', { 门店: '国贸店' })).toEqual(['长辈生日'])
    expect(titles('国贸', { 门店: '西单店' })).toEqual([])
    expect(titles('国贸', { 门店: '国贸店' })).toEqual(['长辈生日'])
  })
})

describe('several words', () => {
  const known: KnownFacts = { 家人称呼: '阿姨', 门店: '国贸店' }
  it.each([
    ['sr 安康', ['长辈生日']],
    ['安康 sr', ['长辈生日']],
    ['阿姨 zb', ['长辈生日']],
    ['shengri 平安', ['生日祝福']],
    ['国贸 阿姨', ['长辈生日']],
    ['生日 zhu', ['生日祝福']],
    ['sheng ri', ['生日祝福', '长辈生日']],
    ['Ａ 单 做好', ['Ａ 单 做好']],
    ['sr 名字', []],
    ['　sr　', ['长辈生日', '生日祝福']],
  ])('%j narrow to %j', (query, titles) => {
    const search = createSearch<IndexedKey>(one => one)
    expect(search.find(all, query, () => known).items.map(one => one.text)).toEqual(titles)
  })

  it('a blank put between two letters looks again at everything', () => {
    const search = createSearch<IndexedKey>(one => one)
    expect(search.find(all, 'sr安').items).toEqual([])
    expect(search.find(all, 'sr 安').items.map(one => one.text)).toEqual(['长辈生日', '生日祝福'])
  })
})

describe('laws', () => {
  const characters: Record<string, string> = { ma: '妈', a: '啊', sheng: '生', ri: '日' }
  const syllable = fc.constantFrom('ma', 'a', 'sheng', 'ri', 'an', 'xi', 'chang', 'bei')
  const anyKey = fc.array(syllable, { minLength: 1, maxLength: 5 }).map((syllables): IndexedKey => ({
    text: syllables.map(one => characters[one] ?? '安').join(''),
    pinyin: syllables.join(' '),
    initials: syllables.map(one => one.charAt(0)).join(''),
  }))
  const query = fc.oneof(
    fc.array(syllable, { maxLength: 3 }).map(parts => parts.join('')),
    fc.string({ unit: fc.constantFrom('m', 'a', 's', 'h', 'x', ' ', '妈', '生', '安'), maxLength: 5 }),
  )

  it('finds exactly what a single key answers, however the query was typed', () => {
    fc.assert(
      fc.property(fc.array(anyKey, { maxLength: 12 }), query, (items, typed) => {
        const search = createSearch<IndexedKey>(one => one)
        const expected = items.filter(one => matchKey(typed, one))
        // Letter by letter, as a guide types: what was narrowed must be what is found at once.
        for (let length = 1; length < typed.length; length++) search.find(items, typed.slice(0, length))
        const narrowed = search.find(items, typed).items
        expect(new Set(narrowed)).toEqual(new Set(expected))
        expect(narrowed).toEqual(createSearch<IndexedKey>(one => one).find(items, typed).items)
        // And back again.
        expect(search.find(items, typed.slice(0, -1)).items).toEqual(
          createSearch<IndexedKey>(one => one).find(items, typed.slice(0, -1)).items,
        )
      }),
    )
  })

  it('a body is found by exactly what it says when it is filled', () => {
    const words = fc.string({ unit: fc.constantFrom('安', '康', '姐', '店'), maxLength: 3 })
    const piece = fc.oneof(words, fc.constantFrom('{称呼}', '{门店}', '{称呼|安康}', '{门店|}', '{城市|姐}'))
    const template = fc.array(piece, { maxLength: 5 }).map(pieces => pieces.join(''))
    fc.assert(
      fc.property(
        fc.array(template, { maxLength: 3 }),
        fc.record({ 称呼: fc.option(words, { nil: undefined }), 门店: fc.option(words, { nil: undefined }) }),
        fc.string({ unit: fc.constantFrom('安', '康', '姐', '店'), minLength: 1, maxLength: 5 }),
        (body, facts, wanted) => {
          const says = body.some(one =>
            fill(one, facts)
              .pieces.map(each => (each.kind === 'hole' ? '\u0000' : each.text))
              .join('')
              .includes(foldedQuery(wanted)),
          )
          const one = key('无', 'wu', 'w', ...body)
          expect(createSearch<IndexedKey>(each => each).find([one], wanted, () => facts).items).toEqual(
            says ? [one] : [],
          )
        },
      ),
      { numRuns: 500 },
    )
  })
})
