import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  MAX_SCRIPT_TEXT_LENGTH,
  SCRIPT_VARIABLES,
  fill,
  holesText,
  isScriptVariable,
  isTooLong,
  parse,
  requiredVariables,
  unknownVariables,
  variablesOf,
} from '../../../shared/rules/fillScript.ts'

const facts = { 称呼: '婉清姐', 家人称呼: '阿姨', 日子: '12月3日' }

describe('parse', () => {
  it.each([
    ['', []],
    ['你好', [{ kind: 'text', text: '你好' }]],
    ['{称呼}', [{ kind: 'variable', name: '称呼' }]],
    ['{ 称呼 }', [{ kind: 'variable', name: '称呼' }]],
    ['{称呼|您}', [{ kind: 'variable', name: '称呼', fallback: '您' }]],
    ['{称呼|}', [{ kind: 'variable', name: '称呼', fallback: '' }]],
    ['{称呼|您|们}', [{ kind: 'variable', name: '称呼', fallback: '您|们' }]],
    [
      '{称呼}，{日子}是',
      [
        { kind: 'variable', name: '称呼' },
        { kind: 'text', text: '，' },
        { kind: 'variable', name: '日子' },
        { kind: 'text', text: '是' },
      ],
    ],
    ['{}', [{ kind: 'text', text: '{}' }]],
    ['{称呼', [{ kind: 'text', text: '{称呼' }]],
    ['称呼}', [{ kind: 'text', text: '称呼}' }]],
    ['{|您}', [{ kind: 'text', text: '{|您}' }]],
    [
      '{{称呼}}',
      [
        { kind: 'text', text: '{' },
        { kind: 'variable', name: '称呼' },
        { kind: 'text', text: '}' },
      ],
    ],
    ['{称\n呼}', [{ kind: 'text', text: '{称\n呼}' }]],
  ])('%j', (template, pieces) => {
    expect(parse(template)).toEqual(pieces)
  })
})

describe('fill', () => {
  it('puts the facts in and says which stretches they are', () => {
    expect(fill('{称呼}，{日子}是{家人称呼}生日。', facts)).toEqual({
      pieces: [
        { kind: 'value', name: '称呼', text: '婉清姐' },
        { kind: 'text', text: '，' },
        { kind: 'value', name: '日子', text: '12月3日' },
        { kind: 'text', text: '是' },
        { kind: 'value', name: '家人称呼', text: '阿姨' },
        { kind: 'text', text: '生日。' },
      ],
      text: '婉清姐，12月3日是阿姨生日。',
      holes: [],
    })
  })

  it('has no text while a fact is missing, and names each missing fact once', () => {
    const filled = fill('{称呼}，手围{手围}，{戒圈}，还是{手围}？', facts)
    expect(filled.text).toBeUndefined()
    expect(filled.holes).toEqual(['手围', '戒圈'])
    expect(filled.pieces.filter(piece => piece.kind === 'hole')).toHaveLength(3)
  })

  it('takes the fallback for a missing fact and the fact when it is known', () => {
    expect(fill('{称呼|您}好', {}).text).toBe('您好')
    expect(fill('{称呼|您}好', facts).text).toBe('婉清姐好')
    expect(fill('{称呼|}你好', {}).text).toBe('你好')
  })

  it.each(['', '   ', undefined])('counts %j as missing', value => {
    expect(fill('{称呼}', { 称呼: value }).holes).toEqual(['称呼'])
  })

  it('stops an unknown variable, and does not find facts on the prototype', () => {
    expect(fill('{生曰}快乐', facts).holes).toEqual(['生曰'])
    expect(fill('{constructor}', facts).holes).toEqual(['constructor'])
    expect(unknownVariables('{生曰}{称呼}{toString}')).toEqual(['生曰', 'toString'])
  })

  it('keeps braces inside a fact and never reads them again', () => {
    expect(fill('{称呼}好', { 称呼: '{家人称呼}', 家人称呼: '阿姨' }).text).toBe('{家人称呼}好')
  })

  it('keeps $ signs in facts', () => {
    expect(fill('{称呼}', { 称呼: "$& $1 $'" }).text).toBe("$& $1 $'")
  })
})

describe('laws', () => {
  const names = Object.keys(SCRIPT_VARIABLES)
  const anyName = fc.constantFrom(...names)
  const anyTemplate = fc
    .array(
      fc.oneof(
        anyName.map(name => `{${name}}`),
        anyName.map(name => `{${name}|您}`),
        fc.string(),
        fc.constantFrom('{', '}', '|', '\n'),
      ),
    )
    .map(parts => parts.join(''))
  const anyFacts = fc.dictionary(anyName, fc.oneof(fc.string(), fc.constantFrom('{称呼}', '{', '}')))

  it('keeps every character of a template', () => {
    fc.assert(
      fc.property(fc.oneof(anyTemplate, fc.string()), template => {
        const written = parse(template).map(piece => {
          if (piece.kind === 'text') return piece.text
          return piece.fallback === undefined ? `{${piece.name}}` : `{${piece.name}|${piece.fallback}}`
        })
        expect(written.join('').replace(/[ \t]/g, '')).toBe(template.replace(/[ \t]/g, ''))
      }),
    )
  })

  it('has a text exactly when there is no hole, and it is the sum of the pieces', () => {
    fc.assert(
      fc.property(anyTemplate, anyFacts, (template, known) => {
        const { pieces, text, holes } = fill(template, known)
        expect(text === undefined).toBe(holes.length > 0)
        expect(new Set(holes)).toEqual(
          new Set(pieces.flatMap(piece => (piece.kind === 'hole' ? [piece.name] : []))),
        )
        if (text !== undefined)
          expect(pieces.map(piece => (piece.kind === 'hole' ? '?' : piece.text)).join('')).toBe(text)
      }),
    )
  })

  it('leaves no variable in the text: what was a variable is now a fact or a fallback', () => {
    fc.assert(
      fc.property(anyTemplate, anyFacts, (template, known) => {
        const { pieces, text } = fill(template, known)
        if (text === undefined) return
        for (const piece of pieces)
          if (piece.kind === 'text') expect(parse(piece.text).every(part => part.kind === 'text')).toBe(true)
      }),
    )
  })

  it('leaves no brace at all when words and facts have none', () => {
    const plain = fc.string().map(text => text.replace(/[{}]/g, ''))
    const template = fc
      .array(
        fc.oneof(
          plain,
          anyName.map(name => `{${name}|您}`),
        ),
      )
      .map(parts => parts.join(''))
    fc.assert(
      fc.property(template, fc.dictionary(anyName, plain), (words, known) => {
        expect(fill(words, known).text).not.toMatch(/[{}]/)
      }),
    )
  })
})

describe('variables', () => {
  it('lists what a template uses and what it cannot do without', () => {
    expect(variablesOf('{称呼|您}{日子}{称呼}{日子}')).toEqual(['称呼', '日子'])
    expect(requiredVariables('{称呼|您}{日子}')).toEqual(['日子'])
    expect(requiredVariables('{称呼|您}{称呼}')).toEqual(['称呼'])
  })

  it('has a usable name, a description and an example for each', () => {
    for (const [name, variable] of Object.entries(SCRIPT_VARIABLES)) {
      expect(parse(`{${name}}`)).toEqual([{ kind: 'variable', name }])
      expect(isScriptVariable(name)).toBe(true)
      expect(variable.description).not.toBe('')
      expect(fill(`{${name}}`, { [name]: variable.example }).text).toBe(variable.example)
    }
  })

  it('knows the variables that the product promises', () => {
    const promised =
      '称呼 家人称呼 家人关系 还有几天 日子 农历日子 导购姓名 门店 门店地址 营业时间 门店电话 会员等级 戒圈 手围 上次购买 优惠券名'
    expect(
      unknownVariables(
        promised
          .split(' ')
          .map(name => `{${name}}`)
          .join(''),
      ),
    ).toEqual([])
  })
})

it('words the holes and knows the limit', () => {
  expect(holesText(['手围'])).toBe('还差 1 项，补上才能发')
  expect(holesText([])).toBeUndefined()
  expect(isTooLong('好'.repeat(MAX_SCRIPT_TEXT_LENGTH))).toBe(false)
  expect(isTooLong('好'.repeat(MAX_SCRIPT_TEXT_LENGTH + 1))).toBe(true)
})
