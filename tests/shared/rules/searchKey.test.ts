import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldedQuery, markKey, matchKey } from '../../../shared/rules/searchKey.ts'
import type { SearchKey } from '../../../shared/rules/searchKey.ts'

const greeting: SearchKey = { text: '生日祝福', pinyin: 'sheng ri zhu fu', initials: 'srzf' }
const simple: SearchKey = { text: '喜欢简约', pinyin: 'xi huan jian yue', initials: 'xhjy' }
const xian: SearchKey = { text: '西安', pinyin: 'xi an', initials: 'xa' }
const mia: SearchKey = { text: 'Mia 妈妈', pinyin: 'mia ma ma', initials: 'mmm' }
const hours: SearchKey = { text: '日常 · 营业时间', pinyin: 'ri chang ying ye shi jian', initials: 'rcyysj' }
/** Its syllables are not one to a character. */
const other: SearchKey = { text: '笑颜~', pinyin: 'xiao yan xiao yan', initials: 'xyxy' }
const rare: SearchKey = { text: '𠮷祥', pinyin: 'ji xiang', initials: 'jx' }

const marks = (query: string, key: SearchKey) =>
  matchKey(query, key)?.map(([from, to]) => key.text.slice(from, to))

describe('matchKey', () => {
  it.each([
    ['祝福', greeting, ['祝福']],
    ['生', greeting, ['生']],
    ['srzf', greeting, ['生日祝福']],
    ['rz', greeting, ['日祝']],
    ['SRZF', greeting, ['生日祝福']],
    ['shengri', greeting, ['生日']],
    ['sheng ri', greeting, ['生日']],
    ['shengr', greeting, ['生日']],
    ['she', greeting, ['生']],
    ['zhufu', greeting, ['祝福']],
    ['ｚｈｕ', greeting, ['祝']],
    ['xian', xian, ['西安']],
    ['jian', simple, ['简']],
    ['mia', mia, ['Mia']],
    ['妈', mia, ['妈']],
    ['mama', mia, ['妈妈']],
    ['yysj', hours, ['营业时间']],
    ['cyy', hours, ['常 · 营业']],
    ['ma', mia, ['妈']],
    ['mm', mia, ['Mia 妈']],
    ['yan', other, []],
    ['jx', rare, ['𠮷祥']],
    ['xiang', rare, ['祥']],
    ['zhu 生日', greeting, ['生日祝']],
    ['fu sr', greeting, ['生日', '福']],
    ['', greeting, []],
    ['  ', greeting, []],
  ])('%j marks %#', (query, key, marked) => {
    expect(marks(query, key)).toEqual(marked)
  })

  it.each([
    ['福祝', greeting],
    ['heng', greeting],
    ['uan', simple],
    ['rf', greeting],
    ['srzfx', greeting],
    ['zhufux', greeting],
    ['zznq', greeting],
    ['(', greeting],
    ['sr 妈', greeting],
    ['\\', greeting],
  ])('%j does not match', (query, key) => {
    expect(matchKey(query, key)).toBeUndefined()
  })
})

describe('markKey', () => {
  it.each([
    ['sr 妈', greeting, ['生日']],
    ['妈 福 sr', greeting, ['生日', '福']],
    ['妈 安', greeting, []],
  ])('%j marks what of it stands there %#', (query, key, marked) => {
    expect(markKey(query, key).map(([from, to]) => key.text.slice(from, to))).toEqual(marked)
  })
})

describe('laws', () => {
  const syllables: Record<string, string> = {
    妈: 'ma',
    生: 'sheng',
    日: 'ri',
    安: 'an',
    西: 'xi',
    长: 'chang',
    辈: 'bei',
  }
  const key = fc
    .array(fc.constantFrom(...Object.keys(syllables)), { minLength: 1, maxLength: 6 })
    .map((characters): SearchKey => ({
      text: characters.join(''),
      pinyin: characters.map(character => syllables[character]).join(' '),
      initials: characters.map(character => syllables[character]?.charAt(0)).join(''),
    }))
  const part = fc.tuple(fc.nat(5), fc.nat(5))

  it('finds every run of characters by its words, its pinyin and its initials, with ranges inside the text', () => {
    fc.assert(
      fc.property(key, part, (found, [from, length]) => {
        const syllablesOf = found.pinyin.split(' ')
        const queries = [
          found.text.slice(from, from + length),
          syllablesOf.slice(from, from + length).join(''),
          found.initials.slice(from, from + length),
        ]
        for (const query of queries) {
          const ranges = matchKey(query, found)
          expect(ranges).toBeDefined()
          for (const [start, end] of ranges ?? []) {
            expect(start).toBeGreaterThanOrEqual(0)
            expect(end).toBeGreaterThan(start)
            expect(end).toBeLessThanOrEqual(found.text.length)
          }
        }
      }),
    )
  })

  it('folds a folded query to itself', () => {
    fc.assert(fc.property(fc.string(), query => foldedQuery(foldedQuery(query)) === foldedQuery(query)))
  })
})
