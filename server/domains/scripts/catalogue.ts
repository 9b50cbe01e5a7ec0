import { createHash } from 'node:crypto'
import type { Script, ScriptCatalogue, ScriptMarks } from '../../../shared/contract/scripts.ts'
import { isOther, pieceOf, PIECES, TAG_LENGTH } from '../../../shared/rules/cataloguePieces.ts'

/** What a member may use today, in the order of the library, and what she sent last. */
export interface UsableScripts {
  scripts: Script[]
  recentIds: string[]
}

/** Tags of what a page keeps already; undefined for nothing. */
export interface KnownTags {
  have?: string | undefined
  haveMarks?: string | undefined
}

/**
 * The answer for a page that keeps some of it. What a script says stands apart from what is counted and marked: that changes with
 * every message of the store, and is small.
 */
export const catalogueOf = (
  { scripts, recentIds }: UsableScripts,
  { have, haveMarks }: KnownTags,
): ScriptCatalogue => ({
  scripts: cut(scripts.map(wordsOf), have),
  marks: cut(scripts.flatMap(marksOf), haveMarks),
  recentIds,
})

const wordsOf = ({ uses: _uses, worked: _worked, isFavourite: _star, pinnedSlot: _slot, ...words }: Script) =>
  words

/** Nothing of a script nobody has used or marked. */
function marksOf({ scriptId, uses, worked, isFavourite, pinnedSlot }: Script): ScriptMarks[] {
  const marks = {
    ...(uses > 0 ? { uses } : {}),
    ...(worked ? { worked } : {}),
    ...(isFavourite ? { isFavourite } : {}),
    ...(pinnedSlot === null ? {} : { pinnedSlot }),
  }
  return Object.keys(marks).length > 0 ? [{ scriptId, ...marks }] : []
}

function cut<R extends { scriptId: string }>(rows: readonly R[], known: string | undefined) {
  const pieces = Array.from({ length: PIECES }, (): R[] => [])
  for (const row of rows) pieces[pieceOf(row)]?.push(row)
  const tags = pieces.map(tagOf).join('')
  if (tags === known) return { tags: null, changed: [] }
  return { tags, changed: pieces.flatMap((piece, index) => (isOther(known, tags, index) ? piece : [])) }
}

const tagOf = (piece: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(piece)).digest('base64url').slice(0, TAG_LENGTH)
