import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../server/errors.ts'
import { parseStrictJson } from '../../../server/http/strictJson.ts'

const codeOf = (text: string) => {
  try {
    parseStrictJson(text)
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
  return 'taken'
}
const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth)

describe('P3 a body', () => {
  it.each([
    ['{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}', 'taken'],
    ['{"a":"b:c","d\\":e":"{\\"a\\":1}"}', 'taken'],
    ['{"a":1,"a":2}', 'malformed_request'],
    ['{"a":1, "\\u0061":2}', 'malformed_request'],
    ['[{"x":{"a":1,"b":2,"a":1}}]', 'malformed_request'],
    ['{"__proto__":{"role":"admin"},"a":1}', 'taken'],
  ])('%s is %s: a name stands once', (text, code) => expect(codeOf(text)).toBe(code))

  it('is at most 20 deep, and one of thousands of brackets is refused before it is read', () => {
    expect(codeOf(nested(20))).toBe('taken')
    expect(codeOf(nested(21))).toBe('malformed_request')
    expect(codeOf(nested(21, '{"a":', '}'))).toBe('malformed_request')
    expect(codeOf('['.repeat(60_000))).toBe('malformed_request')
    expect(codeOf(JSON.stringify('['.repeat(60_000)))).toBe('taken')
  })

  it('has no list longer than 500, wherever it stands', () => {
    const list = (length: number) => Array<number>(length).fill(1)
    expect(codeOf(JSON.stringify(list(500)))).toBe('taken')
    expect(codeOf(JSON.stringify({ a: [{ b: list(501) }] }))).toBe('validation_failed')
  })

  it('keeps what a name of a prototype would do to itself', () => {
    const value = parseStrictJson('{"__proto__":{"role":"admin"}}') as { role?: string }
    expect(value.role).toBeUndefined()
    expect(({} as { role?: string }).role).toBeUndefined()
  })

  it('that is one string without an end takes no time to refuse', () => {
    expect(codeOf(`"${'\\"'.repeat(32_000)}`)).toBe('malformed_request')
    expect(codeOf(`"${'\\"'.repeat(32_000)}\\`)).toBe('malformed_request')
  })

  it.each(['', '{', '[1,', 'undefined', '{"a":1}x', '"a', '{"a":1:2}'])('%j cannot be understood', text =>
    expect(codeOf(text)).toBe('malformed_request'),
  )
})
