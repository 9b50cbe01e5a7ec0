import type { TextArea } from './engravingPieces.ts'

/** A line in 字: a letter, a digit or a space takes half the room of a 汉字. */
export function cellsOf(line: string): number {
  const halves = Array.from(line).reduce((sum, glyph) => sum + (isWide(glyph) ? 2 : 1), 0)
  return Math.ceil(halves / 2)
}

/** From here on scripts are as wide as high: 汉字, kana, hangul, fullwidth forms. */
const FIRST_WIDE = 0x2e80

export const isWide = (glyph: string): boolean => (glyph.codePointAt(0) ?? 0) >= FIRST_WIDE

export type EngravingTrouble =
  | { kind: 'empty' }
  | { kind: 'tooManyLines'; maxLines: number }
  | { kind: 'tooLong'; line: number; cells: number; maxCells: number }

/** What keeps a text off an area, as far as counting tells; whether it can be read there `layOut` says. */
export function engravingTroubles(area: TextArea, lines: readonly string[]): EngravingTrouble[] {
  const { maxLines, maxCells } = area
  if (lines.every(line => line.trim() === '')) return [{ kind: 'empty' }]
  if (lines.slice(maxLines).some(line => line.trim() !== '')) return [{ kind: 'tooManyLines', maxLines }]
  return lines.flatMap((line, index) => {
    const cells = cellsOf(line)
    return cells > maxCells ? [{ kind: 'tooLong' as const, line: index, cells, maxCells }] : []
  })
}

export function engravingTroubleText(trouble: EngravingTrouble): string {
  switch (trouble.kind) {
    case 'empty':
      return '写下要刻的字'
    case 'tooManyLines':
      return `这里最多刻 ${trouble.maxLines} 行`
    case 'tooLong':
      return `这里一行最多 ${trouble.maxCells} 字，多了 ${trouble.cells - trouble.maxCells} 字`
  }
}

/** What is engraved, in one line: `妈妈 / 2026.9.25`. */
export const engravingWords = (lines: readonly string[]): string =>
  lines.filter(line => line.trim() !== '').join(' / ')
