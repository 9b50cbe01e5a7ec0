import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSearch, type IndexedKey } from '../../../shared/rules/searchIndex.ts'
import { matchKey } from '../../../shared/rules/searchKey.ts'

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
    fc.string({ unit: fc.constantFrom('m', 'a', 's', 'h', 'x', '妈', '生', '安'), maxLength: 4 }),
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
})
