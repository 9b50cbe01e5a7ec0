import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { corners, layOut, type Ink, type Measure } from '../../../shared/rules/engravingLayout.ts'
import {
  ENGRAVING_PIECES,
  engravingPiece,
  faceOf,
  METALS,
  PICTURE,
  RINGS,
  type Band,
  type PieceId,
  type TextArea,
} from '../../../shared/rules/engravingPieces.ts'
import {
  cellsOf,
  engravingTroubles,
  engravingTroubleText,
  engravingWords,
  isWide,
} from '../../../shared/rules/engravingText.ts'

const faces = ENGRAVING_PIECES.flatMap(piece =>
  piece.faces.map(face => ({ name: `${piece.pieceId} ${face.face}`, area: face.area })),
)
const areaOf = (pieceId: PieceId, face: string) => faceOf(engravingPiece(pieceId), face).area

/** What a band covers: ends and middle of its edges. */
function bandBox({ cx, cy, innerRadius, outerRadius, sweepDegrees, feet }: Band): number[] {
  const reach = (sweepDegrees * Math.PI) / 360
  const side = feet === 'inwards' ? -1 : 1
  const ys = [innerRadius * Math.cos(reach), outerRadius].map(radius => cy + side * radius)
  const half = outerRadius * Math.sin(reach)
  return [cx - half, Math.min(...ys), cx + half, Math.max(...ys)]
}

/** A font of square 汉字 and letters of half their width. */
const plain: Measure = text => {
  const advance = Array.from(text).reduce((sum, glyph) => sum + (isWide(glyph) ? 1 : 0.5), 0)
  return { left: -0.05, right: advance - 0.05, ascent: 0.8, descent: 0.1, advance }
}

describe('a ring', () => {
  const sides = (['ring', 'coupleRings', 'bangle'] as const).flatMap(pieceId =>
    (['outside', 'inside'] as const).map(face => ({ pieceId, face })),
  )
  it.each(sides)(
    '$pieceId $face: the band for the text lies on the wall as it is drawn',
    ({ pieceId, face }) => {
      const { centres, rx, ry, height, innerRx, innerRy } = RINGS[pieceId]
      const area = areaOf(pieceId, face)
      if (area.kind !== 'bands') throw new Error('no band')
      for (const [index, band] of area.bands.entries()) {
        const { cx, cy } = centres[index]!
        const side = band.feet === 'inwards' ? -1 : 1
        expect(side).toBe(face === 'outside' ? 1 : -1)
        for (let part = -1; part <= 1; part += 0.05) {
          const around = (part * band.sweepDegrees * Math.PI) / 360
          for (const radius of [band.innerRadius, band.outerRadius]) {
            const x = radius * Math.sin(around)
            const y = band.cy + side * radius * Math.cos(around)
            const top =
              face === 'outside'
                ? cy + ry * Math.sqrt(1 - (x / rx) ** 2)
                : cy - innerRy * Math.sqrt(1 - (x / innerRx) ** 2)
            // Inside, the front rim hides what lies below it.
            const bottom =
              face === 'outside'
                ? top + height
                : Math.min(top + height, cy + innerRy * Math.sqrt(1 - (x / innerRx) ** 2))
            expect([pieceId, face, Math.round(x), y >= top, y <= bottom]).toEqual([
              pieceId,
              face,
              Math.round(x),
              true,
              true,
            ])
          }
        }
        expect(band.cx).toBe(cx)
      }
    },
  )
})

describe('the pieces', () => {
  it('are seven, in two metals, all of whose texts stand inside the picture', () => {
    expect(ENGRAVING_PIECES.map(({ label }) => label)).toEqual([
      '圆牌吊坠',
      '长条吊坠',
      '戒指',
      '对戒',
      '手镯',
      '手链牌',
      '长命锁',
    ])
    expect(METALS).toHaveLength(2)
    for (const { name, area } of faces) {
      const boxes =
        area.kind === 'bands'
          ? area.bands.map(bandBox)
          : [[area.x, area.y, area.x + area.width, area.y + area.height]]
      for (const [left = -1, top = -1, right = Infinity, bottom = Infinity] of boxes)
        expect([name, left >= 0, top >= 0, right <= PICTURE.width, bottom <= PICTURE.height]).toEqual([
          name,
          true,
          true,
          true,
          true,
        ])
    }
  })

  it.each(faces)('$name takes what it promises, in 汉字 and in letters', ({ area }) => {
    const lines = (glyph: string) =>
      Array.from({ length: area.maxLines }, () => glyph.repeat(area.maxCells * (isWide(glyph) ? 1 : 2)))
    for (const glyph of ['妈', 'a']) {
      expect(engravingTroubles(area, lines(glyph))).toEqual([])
      expect(layOut(area, lines(glyph), plain)).toBeDefined()
    }
  })
})

describe('the length of a line', () => {
  it.each([
    ['妈妈', 2],
    ['Lily', 2],
    ['Anna M', 3],
    ['2026.9.25', 5],
    ['妈妈 9.25', 5],
    ['', 0],
    ['𠮷祥', 2],
  ])('%s is %i 字', (line, cells) => {
    expect(cellsOf(line)).toBe(cells)
  })

  it.each([
    ['roundPendant', 'front', ['妈妈'], []],
    ['roundPendant', 'front', ['平安喜乐', '2026.9.25'], []],
    ['roundPendant', 'front', ['妈妈平安喜乐', ''], ['这里一行最多 5 字，多了 1 字']],
    ['roundPendant', 'front', ['好', '2026年9月25日'], ['这里一行最多 5 字，多了 2 字']],
    ['bracelet', 'front', ['小满', '9.25'], ['这里最多刻 1 行']],
    ['bracelet', 'front', ['小满', ' '], []],
    ['coupleRings', 'outside', ['', '何以琛'], []],
    ['ring', 'inside', ['', ''], ['写下要刻的字']],
  ] as const)('%s %s with %j', (pieceId, face, lines, said) => {
    expect(engravingTroubles(areaOf(pieceId, face), lines).map(engravingTroubleText)).toEqual(said)
  })

  it('is said in one line, empty ones left out', () => {
    expect(engravingWords(['妈妈', '9.25'])).toBe('妈妈 / 9.25')
    expect(engravingWords(['', '何以琛'])).toBe('何以琛')
  })
})

describe('the layout', () => {
  /** Fonts that overhang, hang low, stand high or are narrow, each glyph in its own way but always the same. */
  const fonts = fc.infiniteStream(fc.integer({ min: 0, max: 100 })).map((numbers): Measure => {
    const known = new Map<string, Ink>()
    const next = (from: number, to: number) =>
      from + ((to - from) * (Number(numbers.next().value) % 101)) / 100
    const glyphInk = (glyph: string): Ink => {
      const found = known.get(glyph)
      if (found) return found
      const advance = next(0.2, 1.2)
      const ink = {
        left: next(-0.1, 0.3),
        right: advance + next(-0.1, 0.3),
        ascent: next(0.1, 1.1),
        descent: next(-0.05, 0.4),
        advance,
      }
      known.set(glyph, ink)
      return ink
    }
    return text => {
      let at = 0
      let ink: Ink | undefined
      for (const glyph of Array.from(text)) {
        const one = glyphInk(glyph)
        ink = ink
          ? {
              left: Math.max(ink.left, one.left - at),
              right: Math.max(ink.right, at + one.right),
              ascent: Math.max(ink.ascent, one.ascent),
              descent: Math.max(ink.descent, one.descent),
              advance: at + one.advance,
            }
          : one
        at += one.advance
      }
      return ink ?? { left: 0, right: 0, ascent: 0, descent: 0, advance: 0 }
    }
  })
  const texts = fc.array(
    fc.string({ unit: fc.constantFrom(...'妈平安喜乐玥一g.y/Q 2'), minLength: 0, maxLength: 14 }),
    { minLength: 1, maxLength: 2 },
  )

  /** Points along the outline of a run's ink: what lies inside them lies inside the area, for all our areas bend outwards. */
  const outline = (points: { x: number; y: number }[]) =>
    points.flatMap((from, index) => {
      const to = points[(index + 1) % points.length] ?? from
      return Array.from({ length: 9 }, (_, step) => ({
        x: from.x + ((to.x - from.x) * step) / 8,
        y: from.y + ((to.y - from.y) * step) / 8,
      }))
    })
  const isInside = (area: TextArea, { x, y }: { x: number; y: number }) => {
    const slack = 1e-6
    if (area.kind === 'bands') {
      return area.bands.some(({ cx, cy, innerRadius, outerRadius }) => {
        const distance = Math.hypot(x - cx, y - cy)
        return distance >= innerRadius - slack && distance <= outerRadius + slack
      })
    }
    return (
      x >= area.x - slack &&
      y >= area.y - slack &&
      x <= area.x + area.width + slack &&
      y <= area.y + area.height + slack
    )
  }

  it.each(faces)('$name: no ink lies outside the area, whatever the font', ({ area }) => {
    fc.assert(
      fc.property(texts, fonts, (lines, measure) => {
        const runs = layOut(area, lines, measure)
        for (const run of runs ?? []) {
          expect(run.size).toBeGreaterThanOrEqual(area.smallest)
          expect(run.size).toBeLessThanOrEqual(area.largest)
          for (const point of outline(corners(run, measure)))
            expect({ ...point, isInside: isInside(area, point) }).toEqual({ ...point, isInside: true })
        }
      }),
    )
  })

  it.each(faces)('$name: what is too much is not drawn smaller than can be read', ({ area }) => {
    expect(layOut(area, ['妈'.repeat(40)], plain)).toBeUndefined()
  })

  it('goes down a bar glyph by glyph, and turns a date by a quarter', () => {
    const area = areaOf('barPendant', 'front')
    const down = layOut(area, ['平安'], plain) ?? []
    expect(down.map(({ text, angle }) => [text, angle])).toEqual([
      ['平', 0],
      ['安', 0],
    ])
    expect(down[1]!.y).toBeGreaterThan(down[0]!.y)
    expect(layOut(area, ['9.25'], plain)).toMatchObject([{ text: '9.25', angle: Math.PI / 2 }])
  })

  it('gives each ring of a pair its own line, also when only one is written', () => {
    const area = areaOf('coupleRings', 'outside')
    const xOf = (lines: string[]) => (layOut(area, lines, plain) ?? []).map(({ x }) => x < PICTURE.width / 2)
    expect(xOf(['林', '何'])).toEqual([true, false])
    expect(xOf(['', '何'])).toEqual([false])
  })

  it.each([
    ['sags along the front of a ring', 'outside', -1],
    ['arches along the back of its inside', 'inside', 1],
  ])('%s, read from left to right, the same to both sides', (_, face, turn) => {
    const runs = layOut(areaOf('ring', face), ['长长久久'], plain) ?? []
    const angles = runs.map(({ angle }) => angle * turn)
    expect(angles).toHaveLength(4)
    expect(angles[0]! + angles[3]!).toBeCloseTo(0)
    expect(angles).toEqual(angles.toSorted((a, b) => a - b))
    const across = runs.map(({ x }) => x)
    expect(across).toEqual(across.toSorted((a, b) => a - b))
  })

  it('draws a short text larger than a long one', () => {
    const area = areaOf('roundPendant', 'front')
    const sizeOf = (line: string) => layOut(area, [line], plain)?.[0]?.size ?? 0
    expect(sizeOf('妈妈')).toBeGreaterThan(sizeOf('妈妈平安好'))
  })
})
