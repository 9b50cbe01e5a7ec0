/** Something that can be found by its words, its full pinyin or its initials; prepared by the server, lower case. */
export interface SearchKey {
  text: string
  /** Syllables with single blanks between them: `ming pian`. */
  pinyin: string
  /** `mp` */
  initials: string
}

/** From (inclusive) to (exclusive), in UTF-16 units of the text. */
export type MatchRange = readonly [from: number, to: number]

const NOTHING_TO_MARK: readonly MatchRange[] = []
/** What has a syllable of its own: one 汉字, or Latin letters and digits in a row; blanks and signs have none. */
const SOUNDING = /\p{Script=Han}|[\da-z\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]+/giu

/** A query as it is compared: width, case and blanks do not matter. */
export const foldedQuery = (query: string): string =>
  query.normalize('NFKC').toLowerCase().replace(/\s+/g, '')

/** The words of a query, each as it is compared; together they narrow, in any order. */
export const queryWords = (query: string): readonly string[] =>
  query.split(/\s+/).map(foldedQuery).filter(Boolean)

/**
 * Whether the key answers the query, and what to mark in its text: the words themselves, full pinyin from the beginning of any
 * syllable, or initials. Several words answer as one without the blanks between them, or each for itself. An empty query finds
 * everything and marks nothing. Undefined when it does not match.
 */
export function matchKey(query: string, key: SearchKey): readonly MatchRange[] | undefined {
  const words = queryWords(query)
  const whole = matchWord(words.join(''), key)
  if (whole || words.length < 2) return whole
  const each = words.map(word => matchWord(word, key))
  return each.every(ranges => ranges !== undefined) ? merged(each.flat()) : undefined
}

/** What of the query stands in the key's text, also where some of its words were found elsewhere. */
export function markKey(query: string, key: SearchKey): readonly MatchRange[] {
  return (
    matchKey(query, key) ?? merged(queryWords(query).flatMap(word => matchWord(word, key) ?? NOTHING_TO_MARK))
  )
}

/** In the order of the text, none reaching into another. */
function merged(ranges: readonly MatchRange[]): readonly MatchRange[] {
  const found: [from: number, to: number][] = []
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = found.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else found.push([from, to])
  }
  return found
}

/** `wanted` is folded. */
function matchWord(wanted: string, key: SearchKey): readonly MatchRange[] | undefined {
  if (wanted === '') return NOTHING_TO_MARK
  const at = key.text.toLowerCase().indexOf(wanted)
  if (at >= 0) return [[at, at + wanted.length]]
  const byInitials = key.initials.indexOf(wanted)
  if (byInitials >= 0) return marked(key, byInitials, wanted.length)
  return matchPinyin(wanted, key)
}

/** Compares along the syllables without building their concatenation; called for thousands of keys at each keystroke. */
function matchPinyin(wanted: string, key: SearchKey): readonly MatchRange[] | undefined {
  const { pinyin } = key
  let syllable = 0
  for (let start = 0; start < pinyin.length; syllable++) {
    const count = syllablesMatched(wanted, pinyin, start)
    if (count > 0) return marked(key, syllable, count)
    const blank = pinyin.indexOf(' ', start)
    if (blank < 0) return undefined
    start = blank + 1
  }
  return undefined
}

/** How many syllables from `start` on hold the query; 0 when they do not. */
function syllablesMatched(wanted: string, pinyin: string, start: number): number {
  let position = start
  let count = 1
  for (let index = 0; index < wanted.length; index++, position++) {
    if (pinyin.charAt(position) === ' ') {
      position++
      count++
    }
    if (pinyin.charAt(position) !== wanted.charAt(index)) return 0
  }
  return count
}

/** The characters behind some syllables; nothing where they cannot be told apart. */
function marked({ text, initials }: SearchKey, syllable: number, count: number): readonly MatchRange[] {
  const sounding = [...text.matchAll(SOUNDING)]
  const [first, last] = [sounding[syllable], sounding[syllable + count - 1]]
  if (sounding.length !== initials.length || !first || !last) return NOTHING_TO_MARK
  return [[first.index, last.index + last[0].length]]
}
