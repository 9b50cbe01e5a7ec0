import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fill, type FilledPiece } from '../../../shared/rules/fillScript.ts'
import { markPieces } from '../../../shared/rules/markPieces.ts'

const pieces = fill('{称呼|您}，{日子}是 Mia 的生日，来{门店}', { 称呼: '婉清姐', 日子: '12月3日' }).pieces
const marked = (query: string, given: readonly FilledPiece[] = pieces) =>
  markPieces(given, query).flatMap(piece =>
    piece.isFound && piece.kind !== 'hole' ? [`${piece.kind} ${piece.text}`] : [],
  )

describe('what the search found in the final words', () => {
  it.each([
    ['生日', ['text 生日']],
    ['姐，12月', ['value 姐', 'text ，', 'value 12月']],
    ['mia的', ['text Mia 的']],
    ['日', ['value 日', 'text 日']],
    ['称呼', []],
    ['门店', []],
    ['来门', []],
    ['mia 姐', ['value 姐', 'text Mia ']],
    ['sr 日子', []],
    ['sr 生日', ['text 生日']],
    ['Mia 的', ['text Mia 的']],
    ['', []],
  ])('%j', (query, expected) => {
    expect(marked(query)).toEqual(expected)
  })

  it('never changes, loses or adds a word', () => {
    const anyPiece = fc.oneof(
      fc.record({ kind: fc.constant('text' as const), text: fc.string({ minLength: 1 }) }),
      fc.record({ kind: fc.constant('value' as const), name: fc.constant('称呼'), text: fc.string() }),
      fc.record({ kind: fc.constant('hole' as const), name: fc.constant('门店') }),
    )
    const words = (given: readonly FilledPiece[]) =>
      given.map(piece => (piece.kind === 'hole' ? '{}' : piece.text)).join('')
    fc.assert(
      fc.property(fc.array(anyPiece), fc.string({ maxLength: 3 }), (given, query) => {
        expect(words(markPieces(given, query))).toBe(words(given))
      }),
    )
  })
})
