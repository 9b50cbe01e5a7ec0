import { parse, type KnownFacts } from './fillScript.ts'
import { foldedQuery, queryWords, type SearchKey } from './searchKey.ts'

/** A search key that may also be found by the words of its body, templates as in `fillScript.ts`; the names of variables never count. */
export interface IndexedKey extends SearchKey {
  body?: readonly string[]
}

/** How well a key answers, best first: the title begins so · its initials hold it · it stands inside the title · only in the body. */
export const HIT_RANKS = ['titleStart', 'initials', 'inside', 'body'] as const
export type HitRank = (typeof HIT_RANKS)[number]
const [START, INITIALS, INSIDE, BODY] = [0, 1, 2, 3] as const
const MISS = -1

/** Plain words of a body, or a variable with the words for a missing fact; all folded. */
type BodyPiece = string | { name: string; fallback: string | undefined }

interface Prepared {
  text: string
  initials: string
  /** all syllables in a row */
  pinyin: string
  /** with a blank between each two */
  syllables: string
  /** what the body always says, with a gap where a variable stands */
  body: string
  /** the body as it is filled; empty when it has no variables */
  pieces: readonly BodyPiece[]
}

/** Between two pieces of a body; nobody can type it, so no query runs across it. */
const GAP = '\u0000'

/** Nobody finds a script by the name of a variable. */
const bodyPieces = (templates: readonly string[]): BodyPiece[] =>
  templates.flatMap((template, index) => [
    ...(index > 0 ? [GAP] : []),
    ...parse(template).map(piece =>
      piece.kind === 'text'
        ? foldedQuery(piece.text)
        : {
            name: piece.name,
            fallback: piece.fallback === undefined ? undefined : foldedQuery(piece.fallback),
          },
    ),
  ])

function prepared({ text, pinyin, initials, body = [] }: IndexedKey): Prepared {
  const pieces = bodyPieces(body)
  return {
    text: foldedQuery(text),
    initials,
    pinyin: pinyin.replaceAll(' ', ''),
    syllables: pinyin,
    body: pieces.map(piece => (typeof piece === 'string' ? piece : GAP)).join(''),
    pieces: pieces.every(piece => typeof piece === 'string') ? [] : pieces,
  }
}

/** Values of variables as they are compared; folded once for all scripts that are filled with the same facts. */
type FoldedFacts = ReadonlyMap<string, string>
const foldedFacts = new WeakMap<KnownFacts, FoldedFacts>()
function folded(facts: KnownFacts): FoldedFacts {
  const known = foldedFacts.get(facts)
  if (known) return known
  const values = Object.entries(facts).map(([name, value]) => [name, foldedQuery(value ?? '')] as const)
  const made = new Map(values.filter(([, value]) => value !== ''))
  foldedFacts.set(facts, made)
  return made
}

/** What stands there for whom the facts are of; a missing fact without other words says nothing, and nothing runs across it. */
const saidIn = (piece: BodyPiece, facts: FoldedFacts): string =>
  typeof piece === 'string' ? piece : (facts.get(piece.name) ?? piece.fallback ?? GAP)

/** Whether a word can be said by a value or begin or end in it; few values stand in thousands of scripts, so each is asked once. */
function createTouch(wanted: string): (value: string) => boolean {
  const known = new Map<string, boolean>()
  const touches = (value: string): boolean => {
    if (value.includes(wanted) || wanted.includes(value)) return true
    for (let length = Math.min(value.length, wanted.length) - 1; length > 0; length--)
      if (value.endsWith(wanted.slice(0, length)) || value.startsWith(wanted.slice(-length))) return true
    return false
  }
  return value => {
    const before = known.get(value)
    if (before !== undefined) return before
    const found = touches(value)
    known.set(value, found)
    return found
  }
}

/** Whether the filled body says the word in a value or across the border of one. */
function isSaidFilled(
  { wanted, touches, isSaidAt }: QueryWord,
  pieces: readonly BodyPiece[],
  facts: FoldedFacts,
): boolean {
  if (!isSaidAt(facts)) return false
  if (!pieces.some(piece => typeof piece !== 'string' && touches(saidIn(piece, facts)))) return false
  for (const [index, piece] of pieces.entries()) {
    const words = saidIn(piece, facts)
    if (words.includes(wanted)) return true
    for (let length = Math.min(words.length, wanted.length - 1); length > 0; length--)
      if (words.endsWith(wanted.slice(0, length)) && goesOn(wanted.slice(length), pieces, index + 1, facts))
        return true
  }
  return false
}

/** Whether the rest of a word stands right at the beginning of these pieces. */
function goesOn(rest: string, pieces: readonly BodyPiece[], from: number, facts: FoldedFacts): boolean {
  for (const piece of pieces.slice(from)) {
    const words = saidIn(piece, facts)
    if (words.startsWith(rest)) return true
    if (!rest.startsWith(words)) return false
    rest = rest.slice(words.length)
  }
  return false
}

/** A word looked for. */
interface QueryWord {
  wanted: string
  touches: (value: string) => boolean
  /** Whether any value there can be touches it; most words of most queries none does. */
  isSaidAt: (facts: FoldedFacts) => boolean
}

/** @param fallbacks the words for missing facts in whatever is searched */
function queryWord(wanted: string, fallbacks: ReadonlySet<string>): QueryWord {
  const touches = createTouch(wanted)
  const isFallback = [...fallbacks].some(touches)
  const known = new Map<FoldedFacts, boolean>()
  const isSaidAt = (facts: FoldedFacts): boolean => {
    const before = known.get(facts)
    if (before !== undefined) return before
    const found = isFallback || [...facts.values()].some(touches)
    known.set(facts, found)
    return found
  }
  return { wanted, touches, isSaidAt }
}

/** Whether a place in the row of syllables is where one of them begins. */
function isSyllableStart(syllables: string, at: number): boolean {
  let letters = 0
  for (let index = 0; index < syllables.length; index++) {
    if (syllables.charAt(index) === ' ') continue
    if (letters === at) return index === 0 || syllables.charAt(index - 1) === ' '
    letters++
  }
  return false
}

function pinyinAt(wanted: string, { pinyin, syllables }: Prepared): number {
  let at = pinyin.indexOf(wanted)
  while (at > 0 && !isSyllableStart(syllables, at)) at = pinyin.indexOf(wanted, at + 1)
  return at
}

function rankOfWord(word: QueryWord, key: Prepared, facts: KnownFacts | undefined): number {
  const { wanted } = word
  const inText = key.text.indexOf(wanted)
  if (inText === 0) return START
  const inPinyin = pinyinAt(wanted, key)
  if (inPinyin === 0) return START
  if (key.initials.includes(wanted)) return INITIALS
  if (inText > 0 || inPinyin > 0) return INSIDE
  if (key.body.includes(wanted)) return BODY
  return facts && key.pieces.length > 0 && isSaidFilled(word, key.pieces, folded(facts)) ? BODY : MISS
}

interface Query {
  /** without the blanks between its words */
  whole: QueryWord
  /** none when there is only one */
  words: readonly QueryWord[]
}

/** The words together, as if without blanks; else each for itself, and then as good as the worst of them. */
function rankOf({ whole, words }: Query, key: Prepared, facts: KnownFacts | undefined): number {
  const together = rankOfWord(whole, key, facts)
  if (together !== MISS || words.length === 0) return together
  let worst: number = START
  for (const word of words) {
    const rank = rankOfWord(word, key, facts)
    if (rank === MISS) return MISS
    worst = Math.max(worst, rank)
  }
  return worst
}

const wordsOf = ({ whole, words }: Query): readonly QueryWord[] => (words.length > 0 ? words : [whole])

/** Whether a query can only find some of what another one finds: it goes on where that one ended. */
const goesOnFrom = (query: Query, before: Query): boolean =>
  query.whole.wanted.startsWith(before.whole.wanted) &&
  wordsOf(before).every(({ wanted }) => wordsOf(query).some(word => word.wanted.startsWith(wanted)))

/** What was found, best first; `ranks` stand beside. */
export interface Found<T> {
  items: readonly T[]
  ranks: readonly HitRank[]
}

/**
 * Search as one types over thousands of things: keys are prepared once per thing, and a query that goes on from the one
 * before looks only at what that one left (a longer query never finds more). Hits of one rank keep the given order.
 */
export function createSearch<T extends object>(keyOf: (item: T) => IndexedKey) {
  const keys = new WeakMap<T, Prepared>()
  const fallbacks = new Set<string>()
  let last:
    { items: readonly T[]; factsOf: FactsOf<T> | undefined; query: Query; left: readonly T[] } | undefined

  const keyFor = (item: T): Prepared => {
    const known = keys.get(item)
    if (known) return known
    const made = prepared(keyOf(item))
    keys.set(item, made)
    for (const piece of made.pieces)
      if (typeof piece !== 'string' && piece.fallback !== undefined) fallbacks.add(piece.fallback)
    return made
  }

  return {
    /** Prepares ahead of the first query. */
    prepare: (items: readonly T[]): void => items.forEach(keyFor),

    /**
     * An empty query finds everything, in the given order.
     * @param factsOf what bodies are filled with; another function whenever that changes. Without it only what they always say counts.
     */
    find(items: readonly T[], typed: string, factsOf?: FactsOf<T>): Found<T> {
      const wanted = queryWords(typed)
      if (wanted.length === 0) {
        last = undefined
        return { items, ranks: [] }
      }
      // Before the first word is looked for: what is prepared now may bring other words for missing facts.
      if (last?.items !== items) items.forEach(keyFor)
      const words = wanted.map(word => queryWord(word, fallbacks))
      const [only] = words
      const query: Query =
        only && words.length === 1
          ? { whole: only, words: [] }
          : { whole: queryWord(wanted.join(''), fallbacks), words }
      const isNarrower = last?.items === items && last.factsOf === factsOf && goesOnFrom(query, last.query)
      const byRank: T[][] = HIT_RANKS.map(() => [])
      // In the given order, not in that of the ranks: the next query may rank them otherwise.
      const left: T[] = []
      for (const item of isNarrower && last ? last.left : items) {
        const rank = rankOf(query, keyFor(item), factsOf?.(item))
        if (rank === MISS) continue
        byRank[rank]?.push(item)
        left.push(item)
      }
      last = { items, factsOf, query, left }
      return {
        items: byRank.flat(),
        ranks: HIT_RANKS.flatMap((name, rank) => (byRank[rank] ?? []).map(() => name)),
      }
    },
  }
}
/** What the variables in the body of a thing stand for. */
export type FactsOf<T> = (item: T) => KnownFacts
export type Search<T extends object> = ReturnType<typeof createSearch<T>>
