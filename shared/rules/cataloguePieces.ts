/**
 * A long list cut into pieces by the ids in it, each piece with a short tag of what it holds: who keeps the list asks with the tags
 * she has and is answered only the pieces that are others now.
 */

/** Few enough that all their tags go into an address, many enough that one changed thing brings few along. */
export const PIECES = 128
/** Thirty-six bits of a hash: two contents of one piece are taken for each other once in 10¹⁰ changes. */
export const TAG_LENGTH = 6
export const TAGS_PATTERN = new RegExp(`^[A-Za-z0-9_-]{${PIECES * TAG_LENGTH}}$`)

interface Row {
  scriptId: string
}

/** Ids are random, so the pieces are of a size. */
export const pieceOf = ({ scriptId }: Row): number => parseInt(scriptId.slice(-2), 16) % PIECES

const tagAt = (tags: string, piece: number) => tags.slice(piece * TAG_LENGTH, (piece + 1) * TAG_LENGTH)

/** Whether a piece is another now; all are for who has none. */
export const isOther = (known: string | undefined, tags: string, piece: number): boolean =>
  known === undefined || tagAt(known, piece) !== tagAt(tags, piece)

/** What is kept with the pieces that are others now put in the place of the old ones. */
export const joined = <R extends Row>(
  kept: { tags: string; rows: readonly R[] } | undefined,
  { tags, changed }: { tags: string | null; changed: readonly R[] },
): { tags: string; rows: readonly R[] } => {
  if (tags === null) return kept ?? { tags: '', rows: [] }
  const old = (kept?.rows ?? []).filter(row => !isOther(kept?.tags, tags, pieceOf(row)))
  return { tags, rows: [...old, ...changed] }
}
