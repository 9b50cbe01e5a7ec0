import {
  PICTURE,
  RINGS,
  type Metal,
  type PieceId,
  type RingShape,
} from '../../../shared/rules/engravingPieces.ts'

/** The pieces as we draw them, without their text: an SVG for an <img> or a canvas, so nothing in it comes from elsewhere. */

interface Palette {
  glint: string
  light: string
  middle: string
  dark: string
  edge: string
  /** of what is cut into the metal */
  ink: string
}

export const palettes: Record<Metal, Palette> = {
  gold: {
    glint: '#fff3cf',
    light: '#f6dfa2',
    middle: '#dcb25a',
    dark: '#b07f31',
    edge: '#8a5c1c',
    ink: '#6a430f',
  },
  platinum: {
    glint: '#ffffff',
    light: '#f1f3f5',
    middle: '#c6cbd2',
    dark: '#949ba5',
    edge: '#69707a',
    ink: '#3a4049',
  },
}

const { width, height } = PICTURE

const ground = `
<defs>
  <radialGradient id="v" cx=".5" cy=".42" r=".8"><stop offset="0" stop-color="#7c2a44"/><stop offset="1" stop-color="#37101d"/></radialGradient>
</defs>
<rect width="${width}" height="${height}" fill="url(#v)"/>`

const metalDefs = ({ glint, light, middle, dark }: Palette) => `
<defs>
  <linearGradient id="m" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="${light}"/><stop offset=".45" stop-color="${middle}"/><stop offset=".6" stop-color="${light}"/><stop offset="1" stop-color="${dark}"/></linearGradient>
  <linearGradient id="f" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="${glint}"/><stop offset=".5" stop-color="${light}"/><stop offset="1" stop-color="${middle}"/></linearGradient>
</defs>`

const cord = (x: number, y: number, { middle }: Palette) =>
  `<path d="M${x - 56} -4Q${x - 30} ${y - 10} ${x} ${y}Q${x + 30} ${y - 10} ${x + 56} -4" fill="none" stroke="${middle}" stroke-width="2.6"/>`

const bail = (x: number, y: number, { edge }: Palette) =>
  `<ellipse cx="${x}" cy="${y}" rx="7" ry="9" fill="url(#m)" stroke="${edge}"/><ellipse cx="${x}" cy="${y}" rx="3" ry="5" fill="#37101d"/>`

/** Bands seen from slightly above: the front of the wall outside, its back inside, the rim between them. */
function rings(shape: RingShape, { edge, glint, dark, middle, light }: Palette): string {
  const { rx, ry, height: wall, innerRx, innerRy } = shape
  const defs = `
<defs>
  <linearGradient id="w" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="${dark}"/><stop offset=".14" stop-color="${middle}"/><stop offset=".34" stop-color="${light}"/><stop offset=".5" stop-color="${glint}"/><stop offset=".68" stop-color="${light}"/><stop offset=".88" stop-color="${middle}"/><stop offset="1" stop-color="${dark}"/></linearGradient>
  <linearGradient id="b" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="${edge}"/><stop offset=".22" stop-color="${dark}"/><stop offset=".5" stop-color="${light}"/><stop offset=".78" stop-color="${dark}"/><stop offset="1" stop-color="${edge}"/></linearGradient>
</defs>`
  const drawn = shape.centres.map(({ cx, cy }, index) => {
    const [left, right, low] = [cx - rx, cx + rx, cy + wall]
    const front = `M${left} ${cy}A${rx} ${ry} 0 0 0 ${right} ${cy}V${low}A${rx} ${ry} 0 0 1 ${left} ${low}Z`
    const rim = `${ellipse(cx, cy, rx, ry)}${ellipse(cx, cy, innerRx, innerRy)}`
    return `
<clipPath id="h${index}"><ellipse cx="${cx}" cy="${cy}" rx="${innerRx}" ry="${innerRy}"/></clipPath>
<ellipse cx="${cx}" cy="${low + 5}" rx="${rx}" ry="${ry}" fill="#000" opacity=".24"/>
<path d="${front}" fill="url(#w)" stroke="${edge}"/>
<ellipse cx="${cx}" cy="${cy}" rx="${innerRx}" ry="${innerRy}" fill="url(#b)"/>
<g clip-path="url(#h${index})"><ellipse cx="${cx}" cy="${low}" rx="${innerRx}" ry="${innerRy}" fill="#3d1220" stroke="${edge}"/></g>
<path fill-rule="evenodd" d="${rim}" fill="url(#m)" stroke="${edge}" stroke-width=".8"/>
<path d="M${left + 2} ${cy + 3}A${rx} ${ry} 0 0 0 ${right - 2} ${cy + 3}" fill="none" stroke="${glint}" stroke-width=".8" opacity=".8"/>`
  })
  return defs + drawn.join('')
}

const ellipse = (cx: number, cy: number, rx: number, ry: number) =>
  `M${cx - rx} ${cy}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0Z`

const drawings: Record<PieceId, (palette: Palette, face: string) => string> = {
  roundPendant: (palette, face) => `
${cord(164, 50, palette)}${bail(164, 54, palette)}
<circle cx="164" cy="141" r="76" fill="#000" opacity=".22"/>
<circle cx="164" cy="138" r="76" fill="url(#m)" stroke="${palette.edge}"/>
${face === 'back' ? '' : `<circle cx="164" cy="138" r="69" fill="none" stroke="${palette.glint}" stroke-width="2.6" stroke-linecap="round" stroke-dasharray=".1 5.9"/>`}
<circle cx="164" cy="138" r="62" fill="url(#f)" stroke="${palette.dark}"/>`,

  barPendant: (palette, face) => `
${cord(164, 42, palette)}${bail(164, 46, palette)}
<rect x="142" y="59" width="44" height="164" rx="9" fill="#000" opacity=".22"/>
<rect x="142" y="56" width="44" height="164" rx="9" fill="url(#m)" stroke="${palette.edge}"/>
<rect x="146" y="60" width="36" height="156" rx="6" fill="url(#f)" stroke="${palette.dark}" stroke-width=".8"/>
${face === 'back' ? '' : `<path d="M156 68h16M156 208h16" stroke="${palette.dark}" stroke-width="1.2" stroke-linecap="round"/>`}`,

  ring: palette => rings(RINGS.ring, palette),
  coupleRings: palette => rings(RINGS.coupleRings, palette),
  bangle: palette => rings(RINGS.bangle, palette),

  bracelet: (palette, face) => `
<path d="M-4 96Q40 122 94 118M332 96Q288 122 234 118" fill="none" stroke="${palette.dark}" stroke-width="7" stroke-linecap="round" stroke-dasharray="5 4.5"/>
<path d="M-4 96Q40 122 94 118M332 96Q288 122 234 118" fill="none" stroke="${palette.light}" stroke-width="3.4" stroke-linecap="round" stroke-dasharray="5 4.5"/>
<rect x="88" y="94" width="152" height="54" rx="13" fill="#000" opacity=".22"/>
<rect x="88" y="91" width="152" height="54" rx="13" fill="url(#m)" stroke="${palette.edge}"/>
<rect x="93" y="96" width="142" height="44" rx="9" fill="url(#f)" stroke="${palette.dark}" stroke-width=".8"/>
${face === 'back' ? '' : `<circle cx="84" cy="118" r="4.5" fill="url(#m)" stroke="${palette.edge}"/><circle cx="244" cy="118" r="4.5" fill="url(#m)" stroke="${palette.edge}"/>`}`,

  babyLock: (palette, face) => `
<path d="M128 104V70a36 32 0 0 1 72 0v34" fill="none" stroke="${palette.edge}" stroke-width="9"/>
<path d="M128 104V70a36 32 0 0 1 72 0v34" fill="none" stroke="${palette.light}" stroke-width="6.5"/>
${[
  [122, 192],
  [164, 204],
  [206, 192],
]
  .map(
    ([x = 0, y = 0]) =>
      `<path d="M${x} ${y - 8}v14" stroke="${palette.middle}" stroke-width="1.6"/><circle cx="${x}" cy="${y + 11}" r="6" fill="url(#m)" stroke="${palette.edge}"/>`,
  )
  .join('')}
<path d="M164 95C190 87 236 93 240 131C244 173 206 199 164 207C122 199 84 173 88 131C92 93 138 87 164 95Z" fill="#000" opacity=".22"/>
<path d="M164 92C190 84 236 90 240 128C244 170 206 196 164 204C122 196 84 170 88 128C92 90 138 84 164 92Z" fill="url(#m)" stroke="${palette.edge}"/>
<path d="M164 98C188 91 230 96 234 129C238 166 203 190 164 198C125 190 90 166 94 129C98 96 140 91 164 98Z" fill="url(#f)" stroke="${palette.dark}" stroke-width=".8"/>
${face === 'back' ? '' : `<path d="M154 104q10-7 20 0M154 190q10 5 20 0" fill="none" stroke="${palette.dark}" stroke-width="1.4" stroke-linecap="round"/>`}`,
}

export function pieceArt(pieceId: PieceId, face: string, metal: Metal): string {
  const palette = palettes[metal]
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${ground}${metalDefs(palette)}${drawings[pieceId](palette, face)}</svg>`
}

/** For the `src` of an image. */
export const pieceArtUrl = (pieceId: PieceId, face: string, metal: Metal): string =>
  `data:image/svg+xml;charset=utf-8,${encodeURIComponent(pieceArt(pieceId, face, metal))}`
