import { refuse } from './refusal.ts'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * A JSON request as WeCom reads it: a field of the wrong type is dropped, and the answer then carries
 * `Warning: wrong json format.` — so what is left may be refused as missing [EC].
 */
export interface WireBody {
  text(name: string): string | undefined
  /** integers only */
  number(name: string): number | undefined
  texts(name: string): string[] | undefined
  object(name: string): WireBody | undefined
  objects(name: string): WireBody[] | undefined
  /** the field as it came, for the call log and for messages that are passed on */
  raw(): Record<string, unknown>
  isWrong(): boolean
}

export function createWireBody(
  value: Record<string, unknown>,
  wrong: { found: boolean } = { found: false },
): WireBody {
  function read<Kind>(name: string, isKind: (given: unknown) => given is Kind): Kind | undefined {
    const given = value[name]
    if (given === undefined || given === null) return undefined
    if (isKind(given)) return given
    wrong.found = true
    return undefined
  }
  return {
    text: name => read(name, given => typeof given === 'string'),
    number: name => read(name, (given): given is number => Number.isInteger(given)),
    texts: name =>
      read(
        name,
        (given): given is string[] => Array.isArray(given) && given.every(item => typeof item === 'string'),
      ),
    object(name) {
      const given = read(name, isRecord)
      return given && createWireBody(given, wrong)
    },
    objects: name =>
      read(
        name,
        (given): given is Record<string, unknown>[] => Array.isArray(given) && given.every(isRecord),
      )?.map(item => createWireBody(item, wrong)),
    raw: () => value,
    isWrong: () => wrong.found,
  }
}

/** An escaped character; a backslash that is itself escaped does not count. */
const escapedCharacter = /(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}/

/**
 * @throws ApiRefusal 40033 for `\uXXXX` escapes, 40058 for what is no JSON object; nothing at all counts as `{}`
 */
export function parseWireBody(text: string): WireBody {
  if (text.trim() === '') return createWireBody({})
  if (escapedCharacter.test(text)) refuse(40033)
  const parsed = parseJson(text)
  if (!isRecord(parsed)) throw new WrongJson()
  return createWireBody(parsed)
}

/** No JSON object at all; the code for it is not on our sheet: 40058 (UNVERIFIED). */
export class WrongJson extends Error {
  override name = 'WrongJson'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // refused by the caller like any other wrong body
  }
}
