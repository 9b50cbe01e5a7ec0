import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { starterScripts } from '../../../server/domains/scripts/starterScripts.ts'
import type { ScriptPart } from '../../../shared/contract/scripts.ts'
import { meantVariable, scriptTroubles, stoppingVariables } from '../../../shared/rules/checkScript.ts'
import { fill, SCRIPT_VARIABLES, type ScriptFacts } from '../../../shared/rules/fillScript.ts'

const text = (words: string): ScriptPart => ({ kind: 'text', text: words })
const codes = (...parts: ScriptPart[]) => scriptTroubles(parts).map(({ path, code }) => `${path} ${code}`)

describe('what is wrong with a script', () => {
  it.each([
    ['{称呼|您好}，来坐坐', []],
    ['{称呼}，{日子}是{家人称呼}的生日', []],
    ['{ 称呼 | 您 }好', []],
    ['{称乎}好', ['parts.0.text unknownVariable']],
    ['{称呼，您好', ['parts.0.text openBrace']],
    ['称呼}，您好', ['parts.0.text openBrace']],
    ['{称呼|{门店}}好', ['parts.0.text openBrace']],
    ['{}', ['parts.0.text openBrace']],
    ['　\n', ['parts.0.text blank']],
  ])('%s', (words, expected) => expect(codes(text(words))).toEqual(expected))

  it('is told part by part, and a card has no variables', () => {
    const card: ScriptPart = {
      kind: 'miniprogram',
      appId: 'wx0123456789abcdef',
      title: '{称呼}看看',
      page: 'a.html',
      imageUrl: null,
    }
    expect(codes(text('好'), card, text('{生曰}'))).toEqual([
      'parts.1.title variableOutsideText',
      'parts.2.text unknownVariable',
    ])
  })

  it.each<[string, string | undefined]>([
    ['称乎', '称呼'],
    ['家人的称呼', '家人称呼'],
    ['导购名字', '导购姓名'],
    ['地址', '门店地址'],
    ['还有多少天', '还有几天'],
    ...['名字', '姓名', '客户', '昵称', '顾客', '客户姓名'].map((name): [string, string] => [name, '称呼']),
    ['导购名', '导购姓名'],
    ['导购', '导购姓名'],
    ['店名', '门店'],
    ['门店名称', '门店'],
    ['电话', '门店电话'],
    ['生日', '日子'],
    ['优惠券', '优惠券名'],
    ['生日礼物', undefined],
    ['礼物', undefined],
    ['今天日期', undefined],
    ['phone', undefined],
    ['生曰', undefined],
  ])('%s probably means %s', (written, meant) => expect(meantVariable(written)).toBe(meant))

  it('takes no name of ours for another', () => {
    for (const name of Object.keys(SCRIPT_VARIABLES)) expect(meantVariable(name)).toBe(name)
  })

  it('names what stops a send, each once', () => {
    expect(stoppingVariables([text('{称呼|您}，{日子}{日子}'), text('{门店}')])).toEqual(['日子', '门店'])
  })
})

const names = Object.keys(SCRIPT_VARIABLES)
/** Any customer: every fact known, blank or unknown, whatever was written there. */
const customer: fc.Arbitrary<ScriptFacts> = fc.dictionary(
  fc.constantFrom(...names),
  fc.oneof(fc.constantFrom('', ' ', undefined, '孙小姐'), fc.string({ unit: 'binary', maxLength: 12 })),
  { maxKeys: names.length },
)
const withoutBraces = (facts: ScriptFacts): boolean =>
  Object.values(facts).every(fact => !/[{}]/.test(fact ?? ''))

/** Whatever leaves is read to its end: no brace of ours is ever seen by a customer. */
function assertNoBraceLeaves(template: string, facts: ScriptFacts) {
  const { text: words, holes } = fill(template, facts)
  if (words === undefined) expect(holes.length).toBeGreaterThan(0)
  else if (withoutBraces(facts)) expect(words).not.toMatch(/[{}]/)
}

describe('no brace ever leaves', () => {
  it('of any starter script, to any customer', () => {
    const templates = starterScripts.flatMap(({ texts }) => texts)
    fc.assert(fc.property(fc.constantFrom(...templates), customer, assertNoBraceLeaves), { numRuns: 2000 })
  })

  it('of anything the library takes, to any customer', () => {
    const piece = fc.oneof(
      fc.constantFrom('{', '}', '|', '{称呼}', '{称呼|您}', '{门店|}', '{日子 }', '，', '\n', '{没有}'),
      fc.string({ unit: 'binary', maxLength: 6 }),
    )
    const written = fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join(''))
    fc.assert(
      fc.property(written, customer, (template, facts) => {
        fc.pre(scriptTroubles([text(template)]).length === 0)
        assertNoBraceLeaves(template, facts)
      }),
      { numRuns: 2000 },
    )
  })
})
