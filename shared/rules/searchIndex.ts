import { parse } from './fillScript.ts'
import { foldedQuery, type SearchKey } from './searchKey.ts'

/** A search key that may also be found by the words of its body; variables never count as words. */
export interface IndexedKey extends SearchKey {
  body?: readonly string[]
}

/** How well a key answers, best first: the title begins so · its initials hold it · it stands inside the title · only in the body. */
export const HIT_RANKS = ['titleStart', 'initials', 'inside', 'body'] as const
export type HitRank = (typeof HIT_RANKS)[number]
const [START, INITIALS, INSIDE, BODY] = [0, 1, 2, 3] as const
const MISS = -1

interface Prepared {
  text: string
  initials: string
  /** all syllables in a row */
  pinyin: string
  /** with a blank between each two */
  syllables: string
  body: string
}

/** Between two pieces of a body; nobody can type it, so no query runs across it. */
const GAP = '\u0000'

/** The words a template always says, with a gap where a variable stands: nobody finds a script by the name of a variable. */
const bodyWords = (template: string): string =>
  parse(template)
    .map(piece => (piece.kind === 'text' ? piece.text : GAP))
    .join('')

function prepared({ text, pinyin, initials, body = [] }: IndexedKey): Prepared {
  return {
    text: foldedQuery(text),
    initials,
    pinyin: pinyin.replaceAll(' ', ''),
    syllables: pinyin,
    body: body.map(words => foldedQuery(bodyWords(words))).join(GAP),
  }
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

function rankOf(wanted: string, key: Prepared): number {
  const inText = key.text.indexOf(wanted)
  if (inText === 0) return START
  const inPinyin = pinyinAt(wanted, key)
  if (inPinyin === 0) return START
  if (key.initials.includes(wanted)) return INITIALS
  if (inText > 0 || inPinyin > 0) return INSIDE
  return key.body.includes(wanted) ? BODY : MISS
}

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
  let last: { items: readonly T[]; wanted: string; left: readonly T[] } | undefined

  const keyFor = (item: T): Prepared => {
    const known = keys.get(item)
    if (known) return known
    const made = prepared(keyOf(item))
    keys.set(item, made)
    return made
  }

  return {
    /** Prepares ahead of the first query. */
    prepare: (items: readonly T[]): void => items.forEach(keyFor),

    /** An empty query finds everything, in the given order. */
    find(items: readonly T[], query: string): Found<T> {
      const wanted = foldedQuery(query)
      if (wanted === '') {
        last = undefined
        return { items, ranks: [] }
      }
      const isNarrower = last?.items === items && wanted.startsWith(last.wanted)
      const byRank: T[][] = HIT_RANKS.map(() => [])
      // In the given order, not in that of the ranks: the next query may rank them otherwise.
      const left: T[] = []
      for (const item of isNarrower && last ? last.left : items) {
        const rank = rankOf(wanted, keyFor(item))
        if (rank === MISS) continue
        byRank[rank]?.push(item)
        left.push(item)
      }
      last = { items, wanted, left }
      return {
        items: byRank.flat(),
        ranks: HIT_RANKS.flatMap((name, rank) => (byRank[rank] ?? []).map(() => name)),
      }
    },
  }
}
export type Search<T extends object> = ReturnType<typeof createSearch<T>>
