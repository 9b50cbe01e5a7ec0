/** What can be engraved: pieces drawn by us, and where on them a text may stand. */

/** Size of the drawing, in units; every length here is in them. */
export const PICTURE = { width: 328, height: 236 }

export const PIECE_IDS = [
  'roundPendant',
  'barPendant',
  'ring',
  'coupleRings',
  'bangle',
  'bracelet',
  'babyLock',
] as const
export type PieceId = (typeof PIECE_IDS)[number]

export const METALS = ['gold', 'platinum'] as const
export type Metal = (typeof METALS)[number]
export const metalLabels: Record<Metal, string> = { gold: '足金', platinum: '铂金' }

export const ENGRAVING_FONTS = ['song', 'kai', 'xing', 'latin'] as const
export type EngravingFont = (typeof ENGRAVING_FONTS)[number]
export const fontLabels: Record<EngravingFont, string> = {
  song: '宋体',
  kai: '楷体',
  xing: '行书',
  latin: '英文花体',
}

interface AreaLimits {
  maxLines: 1 | 2
  /** per line; letters and digits count half */
  maxCells: number
  /** of the glyphs; what is smaller than `smallest` cannot be read in metal */
  largest: number
  smallest: number
}

/** An arc of a ring's wall: glyphs stand on it around the middle of its upper half, or, feet outwards, of its lower one. */
export interface Band {
  cx: number
  cy: number
  innerRadius: number
  outerRadius: number
  /** how far around the text may reach, in degrees, half of it to either side */
  sweepDegrees: number
  /** where the glyphs have their feet: towards the centre, or away from it */
  feet: 'inwards' | 'outwards'
}

export type TextArea = AreaLimits &
  (
    | { kind: 'block'; x: number; y: number; width: number; height: number }
    /** read from top to bottom */
    | { kind: 'column'; x: number; y: number; width: number; height: number }
    /** a band for each line */
    | { kind: 'bands'; bands: readonly Band[] }
  )

export interface PieceFace {
  face: string
  label: string
  /** what each line is called, when there are two */
  lineLabels?: readonly [string, string]
  area: TextArea
}

export interface EngravingPiece {
  pieceId: PieceId
  label: string
  faces: readonly [PieceFace, ...PieceFace[]]
}

/** A band seen from slightly above: its upper rim is an ellipse around the centre, its wall goes straight down from there. */
export interface RingShape {
  centres: readonly { cx: number; cy: number }[]
  /** half axes of the outer rim */
  rx: number
  ry: number
  /** of the wall, as seen */
  height: number
  /** half axes of the inner rim */
  innerRx: number
  innerRy: number
}
export const RINGS = {
  ring: { centres: [{ cx: 164, cy: 92 }], rx: 122, ry: 46, height: 50, innerRx: 112, innerRy: 40 },
  coupleRings: {
    centres: [
      { cx: 88, cy: 101 },
      { cx: 240, cy: 101 },
    ],
    rx: 70,
    ry: 30,
    height: 32,
    innerRx: 63,
    innerRy: 26,
  },
  bangle: { centres: [{ cx: 164, cy: 104 }], rx: 148, ry: 66, height: 26, innerRx: 140, innerRy: 61 },
} as const satisfies Record<string, RingShape>

/** Room between a text and the edge of its band. */
const MARGIN = 3

/** The circle that runs as this ellipse does, from its end on the short axis to `reach` to either side. */
function arcOf(rx: number, ry: number, reach: number): { radius: number; sweepDegrees: number } {
  const drop = ry * (1 - Math.sqrt(1 - (reach / rx) ** 2))
  const radius = (reach ** 2 + drop ** 2) / (2 * drop)
  return { radius, sweepDegrees: (Math.asin(reach / radius) * 360) / Math.PI }
}

/** Outside on the front of the wall, inside on its back: `reach` to either side of the middle. */
function bandArea(
  piece: keyof typeof RINGS,
  side: 'outside' | 'inside',
  limits: Omit<AreaLimits, 'maxLines'>,
  reach: number,
): TextArea {
  const { centres, rx, ry, height, innerRx, innerRy } = RINGS[piece]
  const isOutside = side === 'outside'
  const { radius, sweepDegrees } = isOutside ? arcOf(rx, ry, reach) : arcOf(innerRx, innerRy, reach)
  const half = height / 2 - MARGIN
  const bands = centres.map(({ cx, cy }): Band => ({
    cx,
    cy: isOutside ? cy + ry + height / 2 - radius : cy - innerRy + height / 2 + radius,
    innerRadius: radius - half,
    outerRadius: radius + half,
    sweepDegrees,
    feet: isOutside ? 'outwards' : 'inwards',
  }))
  return { ...limits, kind: 'bands', maxLines: bands.length === 2 ? 2 : 1, bands }
}

const ROUND: TextArea = {
  kind: 'block',
  x: 114,
  y: 107,
  width: 100,
  height: 62,
  maxLines: 2,
  maxCells: 5,
  largest: 46,
  smallest: 13,
}
const BAR: TextArea = {
  kind: 'column',
  x: 149,
  y: 76,
  width: 30,
  height: 126,
  maxLines: 1,
  maxCells: 6,
  largest: 24,
  smallest: 11,
}
const PLATE: TextArea = {
  kind: 'block',
  x: 98,
  y: 100,
  width: 132,
  height: 36,
  maxLines: 1,
  maxCells: 8,
  largest: 26,
  smallest: 12,
}
const LOCK = { kind: 'block', x: 114, y: 112, width: 100, height: 66, maxLines: 2, largest: 36 } as const

const front = { face: 'front', label: '正面' }
const back = { face: 'back', label: '背面' }
const outside = { face: 'outside', label: '外圈' }
const inside = { face: 'inside', label: '内圈' }
const both = ['左边一枚', '右边一枚'] as const

export const ENGRAVING_PIECES: readonly EngravingPiece[] = [
  {
    pieceId: 'roundPendant',
    label: '圆牌吊坠',
    faces: [
      { ...front, area: ROUND },
      { ...back, area: ROUND },
    ],
  },
  {
    pieceId: 'barPendant',
    label: '长条吊坠',
    faces: [
      { ...front, area: BAR },
      { ...back, area: BAR },
    ],
  },
  {
    pieceId: 'ring',
    label: '戒指',
    faces: [
      { ...outside, area: bandArea('ring', 'outside', { maxCells: 8, largest: 32, smallest: 10 }, 94) },
      { ...inside, area: bandArea('ring', 'inside', { maxCells: 8, largest: 26, smallest: 9 }, 82) },
    ],
  },
  {
    pieceId: 'coupleRings',
    label: '对戒',
    faces: [
      {
        ...outside,
        lineLabels: both,
        area: bandArea('coupleRings', 'outside', { maxCells: 6, largest: 20, smallest: 9 }, 54),
      },
      {
        ...inside,
        lineLabels: both,
        area: bandArea('coupleRings', 'inside', { maxCells: 4, largest: 16, smallest: 8 }, 42),
      },
    ],
  },
  {
    pieceId: 'bangle',
    label: '手镯',
    faces: [
      { ...outside, area: bandArea('bangle', 'outside', { maxCells: 12, largest: 18, smallest: 9 }, 108) },
      { ...inside, area: bandArea('bangle', 'inside', { maxCells: 10, largest: 16, smallest: 8 }, 96) },
    ],
  },
  {
    pieceId: 'bracelet',
    label: '手链牌',
    faces: [
      { ...front, area: PLATE },
      { ...back, area: PLATE },
    ],
  },
  {
    pieceId: 'babyLock',
    label: '长命锁',
    faces: [
      { ...front, area: { ...LOCK, maxCells: 4, smallest: 18 } },
      { ...back, area: { ...LOCK, maxCells: 5, smallest: 14 } },
    ],
  },
]

export const isPieceId = (id: string): id is PieceId => (PIECE_IDS as readonly string[]).includes(id)

const byId = new Map(ENGRAVING_PIECES.map(piece => [piece.pieceId, piece]))

export function engravingPiece(pieceId: PieceId): EngravingPiece {
  const piece = byId.get(pieceId)
  if (!piece) throw new RangeError(`no piece ${pieceId}`)
  return piece
}

/** A face of a piece; its first one when it has none of that name. */
export const faceOf = (piece: EngravingPiece, face: string): PieceFace =>
  piece.faces.find(one => one.face === face) ?? piece.faces[0]

/** Days a piece takes in the workshop, where the corp says nothing else. */
export const USUAL_PRODUCTION_DAYS = 7
