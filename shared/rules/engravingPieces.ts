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

interface AreaLimits {
  maxLines: 1 | 2
  /** per line; letters and digits count half */
  maxCells: number
  /** of the glyphs; what is smaller than `smallest` cannot be read in metal */
  largest: number
  smallest: number
}

/** A ring's band: glyphs stand on it with their feet towards the centre, in the middle of its upper half. */
export interface Band {
  cx: number
  cy: number
  innerRadius: number
  outerRadius: number
  /** how far around the text may reach, in degrees, half of it to either side of the top */
  sweepDegrees: number
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

const RING = { cx: 164, cy: 122 }
const LEFT_RING = { cx: 93, cy: 126 }
const RIGHT_RING = { cx: 235, cy: 126 }
/** Radii of a band's outside and inside as drawn: the inside is seen beyond the outside's edge. */
export const RINGS = {
  ring: { centres: [RING], outer: 104, edge: 72, hole: 46 },
  coupleRings: { centres: [LEFT_RING, RIGHT_RING], outer: 66, edge: 42, hole: 22 },
  bangle: { centres: [{ cx: 164, cy: 122 }], outer: 110, edge: 86, hole: 66 },
} as const

/** Room between a text and the edge of its band. */
const MARGIN = 2

function bandArea(
  piece: keyof typeof RINGS,
  side: 'outside' | 'inside',
  limits: Omit<AreaLimits, 'maxLines'>,
  sweepDegrees: number,
): TextArea {
  const { centres, outer, edge, hole } = RINGS[piece]
  const [innerRadius, outerRadius] = side === 'outside' ? [edge, outer] : [hole, edge]
  const bands = centres.map(centre => ({
    ...centre,
    innerRadius: innerRadius + MARGIN,
    outerRadius: outerRadius - MARGIN,
    sweepDegrees,
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
      { ...outside, area: bandArea('ring', 'outside', { maxCells: 8, largest: 24, smallest: 10 }, 170) },
      { ...inside, area: bandArea('ring', 'inside', { maxCells: 8, largest: 19, smallest: 9 }, 190) },
    ],
  },
  {
    pieceId: 'coupleRings',
    label: '对戒',
    faces: [
      {
        ...outside,
        lineLabels: both,
        area: bandArea('coupleRings', 'outside', { maxCells: 6, largest: 18, smallest: 9 }, 170),
      },
      {
        ...inside,
        lineLabels: both,
        area: bandArea('coupleRings', 'inside', { maxCells: 4, largest: 14, smallest: 8 }, 190),
      },
    ],
  },
  {
    pieceId: 'bangle',
    label: '手镯',
    faces: [
      { ...outside, area: bandArea('bangle', 'outside', { maxCells: 12, largest: 18, smallest: 9 }, 140) },
      { ...inside, area: bandArea('bangle', 'inside', { maxCells: 10, largest: 14, smallest: 8 }, 140) },
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
