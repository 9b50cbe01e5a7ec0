import type { Band, TextArea } from './engravingPieces.ts'
import { isWide } from './engravingText.ts'

/**
 * How far the ink of a text reaches from its origin (on the baseline, where the first glyph begins), for a font of size 1:
 * all four are distances, positive outwards. `advance`: where the next text would begin.
 */
export interface Ink {
  left: number
  right: number
  ascent: number
  descent: number
  advance: number
}
export type Measure = (text: string) => Ink

/** A text drawn in one go: its origin, and how far it is turned clockwise around it, in radians. */
export interface Run {
  text: string
  x: number
  y: number
  size: number
  angle: number
}

export interface Point {
  x: number
  y: number
}

/** The corners of a run's ink. */
export function corners({ text, x, y, size, angle }: Run, measure: Measure): Point[] {
  const { left, right, ascent, descent } = measure(text)
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  return [
    [-left, -ascent],
    [right, -ascent],
    [right, descent],
    [-left, descent],
  ].map(([across = 0, down = 0]) => ({
    x: x + size * (across * cos - down * sin),
    y: y + size * (across * sin + down * cos),
  }))
}

/** Sizes are tried in steps of this. */
const STEP = 0.5
/** Between two lines, in sizes of a glyph. */
const LINE_GAP = 0.24
/** From glyph to glyph in a column. */
const COLUMN_PITCH = 1.1

/**
 * Where each glyph of a text stands on its area, as large as it goes; undefined when it would have to be smaller than can be
 * read. No ink lies outside the area.
 */
export function layOut(area: TextArea, lines: readonly string[], measure: Measure): Run[] | undefined {
  for (let size = area.largest; size >= area.smallest; size -= STEP) {
    const runs = runsOf(area, lines, size, measure)
    if (runs) return runs
  }
  return undefined
}

function runsOf(area: TextArea, lines: readonly string[], size: number, measure: Measure): Run[] | undefined {
  if (area.kind === 'bands') {
    const onBands = area.bands.map((band, index) => onBand(band, lines[index] ?? '', size, measure))
    const runs = onBands.filter(one => one !== undefined)
    return runs.length === onBands.length ? runs.flat() : undefined
  }
  const written = lines.filter(line => line.trim() !== '').slice(0, area.maxLines)
  const runs =
    area.kind === 'block'
      ? stacked(area, written, size, measure)
      : column(area, written[0] ?? '', size, measure)
  const isInside = runs.every(run =>
    corners(run, measure).every(
      ({ x, y }) => x >= area.x && x <= area.x + area.width && y >= area.y && y <= area.y + area.height,
    ),
  )
  return isInside ? runs : undefined
}

interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** Lines below each other, the ink of each centred, the whole in the middle. */
function stacked(box: Box, lines: readonly string[], size: number, measure: Measure): Run[] {
  const inks = lines.map(measure)
  const heights = inks.map(({ ascent, descent }) => (ascent + descent) * size)
  const gaps = Math.max(0, lines.length - 1) * LINE_GAP * size
  let top = box.y + (box.height - heights.reduce((sum, height) => sum + height, gaps)) / 2
  return lines.map((text, index) => {
    const { left = 0, right = 0, ascent = 0 } = inks[index] ?? {}
    const x = box.x + box.width / 2 - ((right - left) * size) / 2
    const y = top + ascent * size
    top += (heights[index] ?? 0) + LINE_GAP * size
    return { text, x, y, size, angle: 0 }
  })
}

/** 汉字 below each other; a line with letters or digits is turned by a quarter. */
function column(box: Box, line: string, size: number, measure: Measure): Run[] {
  const glyphs = Array.from(line)
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  if (!glyphs.every(isWide)) return [centred(line, middle, Math.PI / 2, size, measure)]
  const pitch = COLUMN_PITCH * size
  return glyphs.map((glyph, index) =>
    centred(
      glyph,
      { x: middle.x, y: middle.y + (index - (glyphs.length - 1) / 2) * pitch },
      0,
      size,
      measure,
    ),
  )
}

/** A run whose ink has its middle there. */
function centred(text: string, middle: Point, angle: number, size: number, measure: Measure): Run {
  const { left, right, ascent, descent } = measure(text)
  const [across, down] = [((right - left) / 2) * size, ((descent - ascent) / 2) * size]
  return {
    text,
    x: middle.x - (across * Math.cos(angle) - down * Math.sin(angle)),
    y: middle.y - (across * Math.sin(angle) + down * Math.cos(angle)),
    size,
    angle,
  }
}

/** Glyphs along a band, the line's middle in its middle; undefined when ink would leave the band or reach too far around. */
function onBand(band: Band, line: string, size: number, measure: Measure): Run[] | undefined {
  const glyphs = Array.from(line.trim())
  if (glyphs.length === 0) return []
  const middleRadius = (band.innerRadius + band.outerRadius) / 2
  const ink = measure(line.trim())
  // One baseline for the whole line: its ink is centred in the band.
  const side = band.feet === 'inwards' ? -1 : 1
  const radius = middleRadius + side * ((ink.ascent - ink.descent) / 2) * size
  const inks = glyphs.map(measure)
  const length = inks.reduce((sum, { advance }) => sum + advance, 0) * size
  let along = -length / 2
  const runs = glyphs.map((text, index): Run => {
    const { advance = 0 } = inks[index] ?? {}
    const around = (along + (advance * size) / 2) / middleRadius
    along += advance * size
    const angle = -side * around
    const [sin, cos] = [Math.sin(angle), Math.cos(angle)]
    const back = (advance * size) / 2
    return {
      text,
      x: band.cx + radius * Math.sin(around) - back * cos,
      y: band.cy + side * radius * cos - back * sin,
      size,
      angle,
    }
  })
  return runs.every(run => isOnBand(band, run, measure)) ? runs : undefined
}

/** The line is centred in its band: ink that keeps to the outer edge, where its corners are, keeps to the inner one too. */
function isOnBand(band: Band, run: Run, measure: Measure): boolean {
  const side = band.feet === 'inwards' ? -1 : 1
  const reach = ((band.sweepDegrees / 2) * Math.PI) / 180
  return corners(run, measure).every(point => {
    const [x, y] = [point.x - band.cx, point.y - band.cy]
    return Math.hypot(x, y) <= band.outerRadius && Math.abs(Math.atan2(x, side * y)) <= reach
  })
}
