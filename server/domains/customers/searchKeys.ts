import { createRequire } from 'node:module'
import type * as PinyinPro from 'pinyin-pro'
import { addressCustomer, NAMELESS_CUSTOMER } from '../../../shared/rules/customerName.ts'
import type { Sealing } from '../../sealing.ts'

/** Longer names sort the same after this many characters; keeps index entries and cursors short. */
const MAX_SORT_KEY_LENGTH = 60
/** Names that begin with a symbol or an emoji stand after all letters. */
const AFTER_LETTERS = '~'

/** A name as it is typed: width, case and blanks do not matter. */
const folded = (text: string) => text.normalize('NFKC').toLowerCase().trim()

const load = createRequire(import.meta.url)
let dictionary: typeof PinyinPro | undefined
/** Read when the first name is written: it takes a while and some megabytes, and opening a card needs none of it. */
const sounds = (): typeof PinyinPro => (dictionary ??= load('pinyin-pro') as typeof PinyinPro)

const PLAIN = { toneType: 'none', type: 'array', nonZh: 'consecutive', v: true } as const
const OF_A_NAME = { ...PLAIN, surname: 'head' } as const

/** Syllables of a folded text, no tones: `林lily 2` → `['lin', 'lily', '2']`; symbols and emoji are left out. */
const syllablesOf = (text: string, isName: boolean): string[] =>
  sounds()
    .pinyin(text, isName ? OF_A_NAME : PLAIN)
    .join(' ')
    .match(/[a-z0-9]+/g) ?? []

/** How words sound: `pinyin` syllables with blanks between them, `initials` their first letters. */
export function nameSound(words: string): { pinyin: string; initials: string } {
  const syllables = syllablesOf(folded(words), false)
  return { pinyin: syllables.join(' '), initials: syllables.map(syllable => syllable[0]).join('') }
}

export interface CustomerNames {
  /** the guide's own */
  remark: string | null
  /** WeCom's: the nickname */
  name: string
  /** 称呼 */
  salutation: string | null
}

export interface CustomerSearchKey {
  /**
   * What the search of one's own customers reads (`follows.search_key`): each name folded, and behind a `|` its full pinyin and
   * its initials from every syllable on, so that `|wanq` finds 林婉清 at a border of syllables and `|anq` does not.
   */
  searchKey: string
  /** Pinyin order of what the list shows (`follows.sort_key`). */
  sortKey: string
}

/** The keys of one follow; to be written again whenever one of the three names changes. */
export function customerSearchKey({ remark, name, salutation }: CustomerNames): CustomerSearchKey {
  const names = [...new Set([salutation, remark, name].filter(isSaid).map(folded))]
  // One of them is the one shown in the list; to find syllables is what takes the time.
  const known = new Map(names.map(each => [each, syllablesOf(each, true)]))
  const entries = [...known].flatMap(([each, syllables]) => {
    const sounds: string[] = []
    let [sound, initials] = ['', '']
    for (const syllable of syllables.toReversed()) {
      sound = syllable + sound
      initials = syllable.charAt(0) + initials
      sounds.unshift(`|${sound}`, `|${initials}`)
    }
    return [each.replace(/[|\s]+/g, ''), ...sounds]
  })
  const shown = folded(addressCustomer({ salutation, remark, name }))
  return {
    searchKey: [...new Set(entries)].join('\n'),
    sortKey: sortKeyOf(shown, known.get(shown) ?? syllablesOf(shown, true)),
  }
}

function isSaid(text: string | null): text is string {
  return text !== null && text.trim() !== ''
}

function sortKeyOf(shown: string, syllables: string[]): string {
  const sound = shown === NAMELESS_CUSTOMER ? '' : syllables.join(' ')
  const beginsWithSound = /^[\p{L}\p{N}]/u.test(shown) && sound !== ''
  return `${beginsWithSound ? '' : AFTER_LETTERS}${sound}`.slice(0, MAX_SORT_KEY_LENGTH)
}

/** What to look for in `searchKey` (as a LIKE pattern) and in the phone tails. */
export interface CustomerQuery {
  pattern: string
  /** the last four digits of a phone number */
  phoneTail: string | null
  /** all digits of it, when more than these are given */
  wholePhone: string | null
}

/** Undefined when nothing is left of the words after folding. */
export function customerQuery(words: string): CustomerQuery | undefined {
  const wanted = folded(words).replace(/[|\s'’]+/g, '')
  if (!wanted) return undefined
  const escaped = wanted.replace(/[\\%_]/g, character => `\\${character}`)
  const isSound = /^[a-z]+$/.test(wanted)
  const digits = words.normalize('NFKC').replace(/[\s-]+/g, '')
  const wholePhone = /^(?:\+?86)?(1\d{10})$/.exec(digits)?.[1] ?? null
  return {
    pattern: isSound ? `%|${escaped}%` : `%${escaped}%`,
    // Neither five digits nor ten: the mask hides four, which could be found out one after the other.
    phoneTail: wholePhone?.slice(-4) ?? (/^\d{4}$/.test(digits) ? digits : null),
    wholePhone,
  }
}

/** Keyed hashes of the last four digits of each number, for `follows.phone_tails`. */
export function phoneTails(sealing: Pick<Sealing, 'keyedHash'>, phones: readonly string[]): Buffer[] {
  const tails = phones
    .map(phone => phone.normalize('NFKC').replace(/\D/g, '').slice(-4))
    .filter(tail => tail.length === 4)
  return [...new Set(tails)].map(tail => phoneTailHash(sealing, tail))
}

export const phoneTailHash = (sealing: Pick<Sealing, 'keyedHash'>, tail: string): Buffer =>
  sealing.keyedHash(`phone-tail:${tail}`)
