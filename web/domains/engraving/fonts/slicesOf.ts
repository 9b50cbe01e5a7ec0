/** A part of a font that is fetched as one file. */
export interface FontSlice {
  name: string
  url: string
}
/** Which slice draws a glyph, by its code point. */
export type FontSlices = ReadonlyMap<number, FontSlice>

/** Reads a table of `scripts/fontTables.ts`; `urls` by the path of each slice's file. */
export function slicesOf(table: string, urls: Record<string, string>): FontSlices {
  const byName = new Map(
    Object.entries(urls).map(([path, url]) => [/-([^-]+)-[^-]+-normal\.woff2$/.exec(path)?.[1], url]),
  )
  const found = new Map<number, FontSlice>()
  for (const part of table.split(';')) {
    const [name = '', ranges = ''] = part.split(':')
    const slice = { name, url: byName.get(name) ?? '' }
    let code = 0
    for (const range of ranges.split(',')) {
      const [distance = '', more = '0'] = range.split('-')
      code += parseInt(distance, 36)
      const last = code + parseInt(more, 36)
      for (found.set(code, slice); code < last;) found.set(++code, slice)
    }
  }
  return found
}
