import { z } from 'zod'
import type { StaffActor } from './actor.ts'
import { Refusal } from './errors.ts'
import type { Sealing } from './sealing.ts'

/** Where the next page begins: the sort values of the last row shown. */
export type Position = (string | number)[]

const Sealed = z.tuple([z.string(), z.array(z.union([z.string(), z.number()]))])

/**
 * Cursors are sealed rather than only signed: a position holds the pinyin of a name, and cursors travel in addresses.
 * `list` says what is paged, filters included; a cursor opens only for the same reader and the same list.
 */
export function createPageCursors(sealing: Pick<Sealing, 'seal' | 'open'>) {
  const bond = (actor: StaffActor, list: string) => `${actor.corpId}:${actor.staffId}:${list}`
  return {
    write(actor: StaffActor, list: string, position: Position): string {
      return sealing.seal(JSON.stringify([bond(actor, list), position])).toString('base64url')
    },

    /** @throws Refusal('cursor_invalid') when altered, somebody else's, or of another list. */
    read(actor: StaffActor, list: string, cursor: string): Position {
      const [bound, position] = open(sealing, cursor)
      if (bound !== bond(actor, list)) throw new Refusal('cursor_invalid')
      return position
    },
  }
}

function open(sealing: Pick<Sealing, 'open'>, cursor: string): [string, Position] {
  try {
    return Sealed.parse(JSON.parse(sealing.open(Buffer.from(cursor, 'base64url'))))
  } catch (cause) {
    // Whatever went wrong, the cursor is not one of ours.
    throw new Refusal('cursor_invalid', { cause })
  }
}

/** Cuts one row too many into a page; `last` gives the position of the last row shown. */
export function cutPage<Row>(
  rows: Row[],
  limit: number,
  cursorAfter: (last: Row) => string,
): { rows: Row[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { rows: shown, nextCursor: rows.length > limit && last !== undefined ? cursorAfter(last) : null }
}
