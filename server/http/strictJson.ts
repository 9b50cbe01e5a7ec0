import { Invalid, Refusal } from '../errors.ts'
import { storableText } from '../storableText.ts'

const MAX_DEPTH = 20
const MAX_ITEMS = 500

/**
 * A string with the colon that makes it a member's name; one that does not end goes to the text's end, so that each character is
 * looked at once.
 */
const STRINGS = /"(?:[^"\\]|\\[^]?)*(?:"(\s*:)?|$)/g

/**
 * JSON as reliability.md §8 allows it: at most 20 deep, no list longer than 500, no name twice in one object — two programs that
 * read such a text would each see another one. Texts are made storable (no NUL, no half of an emoji).
 * @throws Refusal malformed_request; Invalid for a list that is too long
 */
export function parseStrictJson(text: string): unknown {
  // What is left between the strings: brackets, and one mark for each member's name.
  const bare = text.replace(STRINGS, (_, colon?: string) => (colon === undefined ? '' : ':'))
  assertShallow(bare)
  let value: unknown
  try {
    value = JSON.parse(text, (_, inner: unknown) => (typeof inner === 'string' ? storableText(inner) : inner))
  } catch (cause) {
    throw new Refusal('malformed_request', { cause })
  }
  const names = bare.split(':').length - 1
  if (countMembers(value, '') !== names)
    throw new Refusal('malformed_request', { detail: '同一个字段写了两次' })
  return value
}

/** Before it is parsed: what is too deep costs nothing. */
function assertShallow(bare: string): void {
  let depth = 0
  for (const character of bare) {
    if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    if (depth > MAX_DEPTH) throw new Refusal('malformed_request', { detail: `最多 ${MAX_DEPTH} 层` })
  }
}

/** @throws Invalid for a list that is too long */
function countMembers(value: unknown, path: string): number {
  if (typeof value !== 'object' || value === null) return 0
  const inside = (name: string) => (path ? `${path}.${name}` : name)
  if (Array.isArray(value)) {
    if (value.length > MAX_ITEMS)
      throw new Invalid([{ path, code: 'too_big', message: `一次最多 ${MAX_ITEMS} 项` }])
    return value.reduce<number>((sum, item, place) => sum + countMembers(item, inside(String(place))), 0)
  }
  const members = Object.entries(value)
  return members.reduce((sum, [name, item]) => sum + countMembers(item, inside(name)), members.length)
}
