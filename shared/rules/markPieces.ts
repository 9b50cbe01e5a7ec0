import type { FilledPiece } from './fillScript.ts'
import { foldedQuery, queryWords } from './searchKey.ts'

/** A piece of a filled message, or a part of one: what the search found stands apart. */
export type MarkedPiece = FilledPiece & { isFound: boolean }

/**
 * Marks every place of a filled message that says the query, also where it runs from plain words into a filled variable.
 * A hole says nothing, so nothing is found across it. Where the words of the query do not stand together, each is marked.
 */
export function markPieces(pieces: readonly FilledPiece[], query: string): MarkedPiece[] {
  const words = queryWords(query)
  const plain = () => pieces.map(piece => ({ ...piece, isFound: false }))
  if (words.length === 0) return plain()

  // The text as it is compared, and for each of its units where in the shown text it comes from.
  let folded = ''
  const from: number[] = []
  let shown = 0
  for (const piece of pieces) {
    for (const character of piece.kind === 'hole' ? '\u0000' : piece.text) {
      const same = foldedQuery(character)
      for (let unit = 0; unit < same.length; unit++) from.push(shown)
      folded += same
      shown += character.length
    }
  }
  const placesOf = (wanted: string): (readonly [start: number, end: number])[] => {
    const places: (readonly [number, number])[] = []
    for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, at + wanted.length))
      places.push([from[at] ?? 0, from[at + wanted.length] ?? shown])
    return places
  }
  const together = placesOf(words.join(''))
  const marks = together.length > 0 ? together : words.flatMap(placesOf)
  return marks.length === 0 ? plain() : cut(pieces, marks)
}

function cut(pieces: readonly FilledPiece[], marks: readonly (readonly [number, number])[]): MarkedPiece[] {
  const found: MarkedPiece[] = []
  let begin = 0
  for (const piece of pieces) {
    if (piece.kind === 'hole') {
      found.push({ ...piece, isFound: false })
      begin += 1
      continue
    }
    const end = begin + piece.text.length
    const borders = marks.flat().filter(border => border > begin && border < end)
    const stops = [begin, ...borders, end]
    stops.slice(1).forEach((stop, index) => {
      const start = stops[index] ?? begin
      const isFound = marks.some(([first, last]) => first <= start && stop <= last)
      found.push({ ...piece, text: piece.text.slice(start - begin, stop - begin), isFound })
    })
    begin = end
  }
  return found
}
