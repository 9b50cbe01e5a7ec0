import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'

/**
 * Which glyphs each slice of our fonts holds, read from the slices themselves: what the packages say of a slice (their
 * unicode-range) is the same for all fonts and names glyphs that a font does not have. `node scripts/fontTables.ts` writes them
 * anew after a font has moved up; tests/web/domains/engraving/fonts.test.ts compares.
 */

export const fontSources = [
  { font: 'kai', folder: 'node_modules/@fontsource/ma-shan-zheng/files', ending: '-400-normal.woff2' },
  { font: 'xing', folder: 'node_modules/@fontsource/zhi-mang-xing/files', ending: '-400-normal.woff2' },
  {
    font: 'song',
    folder: 'node_modules/@fontsource-variable/noto-serif-sc/files',
    ending: '-wght-normal.woff2',
  },
] as const

/** Letters of Europe, punctuation, 汉字 and fullwidth forms; the rest nobody has engraved on a necklace here. */
const WANTED: readonly (readonly [number, number])[] = [
  [0x20, 0x17f],
  [0x2010, 0x2027],
  [0x2600, 0x26ff],
  [0x3000, 0x3017],
  [0x4e00, 0x9fff],
  [0xff00, 0xff5e],
]
const isWanted = (code: number) => WANTED.some(([first, last]) => code >= first && code <= last)

/** Everything in a woff2 that has a glyph of its own. @throws Error for what is none */
export function codePointsOf(woff2: Buffer): number[] {
  if (woff2.toString('latin1', 0, 4) !== 'wOF2') throw new Error('this is no woff2')
  const tableCount = woff2.readUInt16BE(12)
  const packedLength = woff2.readUInt32BE(20)
  let at = 48
  const readBase128 = () => {
    let value = 0
    for (let byte = 0x80; byte & 0x80;) {
      byte = woff2.readUInt8(at++)
      value = value * 128 + (byte & 0x7f)
    }
    return value
  }
  let offset = 0
  let cmap: [start: number, length: number] | undefined
  for (let index = 0; index < tableCount; index++) {
    const flags = woff2.readUInt8(at++)
    const tag = flags & 0x3f
    const hasOwnTag = tag === 0x3f
    if (hasOwnTag) at += 4
    const originalLength = readBase128()
    // glyf (10) and loca (11) are transformed unless they say otherwise (3), others only when they say so.
    const transform = flags >> 6
    const isTransformed = tag === 10 || tag === 11 ? transform !== 3 : transform !== 0
    const length = isTransformed ? readBase128() : originalLength
    if (tag === 0) cmap = [offset, length]
    offset += length
  }
  if (!cmap) throw new Error('a font without a cmap')
  const tables = brotliDecompressSync(woff2.subarray(at, at + packedLength))
  return readCmap(tables.subarray(cmap[0], cmap[0] + cmap[1]))
}

function readCmap(cmap: Buffer): number[] {
  const found = new Set<number>()
  for (let index = 0; index < cmap.readUInt16BE(2); index++) {
    const table = cmap.subarray(cmap.readUInt32BE(4 + index * 8 + 4))
    const format = table.readUInt16BE(0)
    if (format === 12) readGroups(table, found)
    else if (format === 4) readSegments(table, found)
  }
  return [...found].sort((a, b) => a - b)
}

function readGroups(table: Buffer, found: Set<number>): void {
  for (let index = 0; index < table.readUInt32BE(12); index++) {
    const group = 16 + index * 12
    const last = table.readUInt32BE(group + 4)
    for (let code = table.readUInt32BE(group); code <= last; code++) found.add(code)
  }
}

function readSegments(table: Buffer, found: Set<number>): void {
  const doubled = table.readUInt16BE(6)
  for (let segment = 0; segment < doubled; segment += 2) {
    const last = table.readUInt16BE(14 + segment)
    const first = table.readUInt16BE(16 + doubled + segment)
    const delta = table.readUInt16BE(16 + 2 * doubled + segment)
    const rangeAt = 16 + 3 * doubled + segment
    const range = table.readUInt16BE(rangeAt)
    for (let code = first; code <= last && code !== 0xffff; code++) {
      const glyph =
        range === 0 ? (code + delta) & 0xffff : table.readUInt16BE(rangeAt + range + (code - first) * 2)
      if (glyph !== 0) found.add(code)
    }
  }
}

/** Rising numbers as distances in base 36: `b2,1` alone, `b2-4` with the four that follow. */
function packRanges(codes: number[]): string {
  const ranges: [first: number, more: number][] = []
  for (const code of codes) {
    const last = ranges.at(-1)
    if (last && last[0] + last[1] + 1 === code) last[1]++
    else ranges.push([code, 0])
  }
  let before = 0
  return ranges
    .map(([first, more]) => {
      const distance = (first - before).toString(36)
      before = first + more
      return more === 0 ? distance : `${distance}-${more.toString(36)}`
    })
    .join(',')
}

/** The table of a font: per slice its name and what only it adds, `104:fg,1-2;105:…`. */
export async function makeTable(source: (typeof fontSources)[number], root: string): Promise<string> {
  const folder = join(root, source.folder)
  const nameOf = (file: string) => file.slice(0, -source.ending.length).split('-').at(-1) ?? ''
  const isLatin = (file: string) => file.endsWith(`-latin${source.ending}`)
  // Letters from where only letters are. `…-simplified` is all slices once more.
  const files = (await readdir(folder))
    .filter(file => file.endsWith(source.ending) && (/^\d+$/.test(nameOf(file)) || isLatin(file)))
    .sort((a, b) => Number(isLatin(b)) - Number(isLatin(a)) || (a < b ? -1 : 1))
  const taken = new Set<number>()
  const slices: string[] = []
  for (const file of files) {
    const codes = codePointsOf(await readFile(join(folder, file))).filter(
      code => isWanted(code) && !taken.has(code),
    )
    for (const code of codes) taken.add(code)
    if (codes.length > 0) slices.push(`${nameOf(file)}:${packRanges(codes)}`)
  }
  return slices.join(';')
}

export const tableModule = (table: string): string =>
  `/** Written by scripts/fontTables.ts: slices of the font and their glyphs. */\nexport const table =\n  '${table}'\n`

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  for (const source of fontSources) {
    const file = join(root, 'web/domains/engraving/fonts', `${source.font}Table.ts`)
    await writeFile(file, tableModule(await makeTable(source, root)))
  }
}
