import { crc32, deflateSync } from 'node:zlib'

const SIZE = 240
/** Points per side of a pixel: edges come out smooth. */
const SAMPLES = 3
const GARNET = [0x8a, 0x2a, 0x45] as const
const WHITE = [0xff, 0xff, 0xff] as const
/** Shades between the two colours that the palette holds. */
const SHADES = SAMPLES * SAMPLES

// The ring of the icon set on its grid of 20, drawn with a stroke of 1.5: a circle and the stone above it.
const GRID = 20
const STROKE = 1.5
const CIRCLE = { x: 10, y: 12, radius: 5.2 }
const STONE = [
  [7.8, 2.5],
  [12.2, 2.5],
  [13.6, 4.3],
  [10, 6.8],
  [6.4, 4.3],
] as const
/** How much of the square the glyph's grid fills. */
const SCALE = 0.72

/**
 * The picture of every coupon card, 240 × 240: a garnet square with the ring. A PNG because WeChat takes no SVG for link cards;
 * made from its few numbers rather than kept as a file.
 */
export function couponIcon(): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(SIZE, 0)
  header.writeUInt32BE(SIZE, 4)
  header.set([8, 3, 0, 0, 0], 8) // 8 bits per pixel into a palette
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', palette()),
    chunk('IDAT', deflateSync(pixels(), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(body.length, 0)
  frame.writeUInt32BE(crc32(named), 4)
  return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)])
}

function palette(): Buffer {
  const colours = Array.from({ length: SHADES + 1 }, (_, shade) =>
    GARNET.map((dark, channel) => Math.round(dark + (((WHITE[channel] ?? 0) - dark) * shade) / SHADES)),
  )
  return Buffer.from(colours.flat())
}

/** One filter byte (none) before each row, then an index into the palette per pixel. */
function pixels(): Buffer {
  const rows = Buffer.alloc(SIZE * (SIZE + 1))
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) rows[y * (SIZE + 1) + 1 + x] = coverage(x, y)
  }
  return rows
}

/** How many of the pixel's points lie on the glyph's stroke. */
function coverage(x: number, y: number): number {
  let hits = 0
  for (let point = 0; point < SHADES; point++) {
    const across = (x + ((point % SAMPLES) + 0.5) / SAMPLES) / SIZE
    const down = (y + (Math.floor(point / SAMPLES) + 0.5) / SAMPLES) / SIZE
    const toGrid = (part: number) => ((part - 0.5) / SCALE + 0.5) * GRID
    if (isOnStroke(toGrid(across), toGrid(down))) hits++
  }
  return hits
}

function isOnStroke(x: number, y: number): boolean {
  const toCircle = Math.abs(length(x - CIRCLE.x, y - CIRCLE.y) - CIRCLE.radius)
  return Math.min(toCircle, distanceToStone(x, y)) <= STROKE / 2
}

/** The stone's edges, with what their distance needs computed once: this runs half a million times. */
const EDGES = STONE.map(([fromX, fromY], index) => {
  const [toX, toY] = STONE[(index + 1) % STONE.length] ?? STONE[0]
  const alongX = toX - fromX
  const alongY = toY - fromY
  return { fromX, fromY, alongX, alongY, squared: alongX * alongX + alongY * alongY }
})

function distanceToStone(x: number, y: number): number {
  let nearest = Infinity
  for (const { fromX, fromY, alongX, alongY, squared } of EDGES) {
    const share = ((x - fromX) * alongX + (y - fromY) * alongY) / squared
    const part = share < 0 ? 0 : share > 1 ? 1 : share
    const distance = length(x - fromX - part * alongX, y - fromY - part * alongY)
    if (distance < nearest) nearest = distance
  }
  return nearest
}

/** Several times as fast as `Math.hypot`, whose care for huge numbers is not needed here. */
function length(x: number, y: number): number {
  return Math.sqrt(x * x + y * y)
}
