import type { EngravingFont } from '../../../shared/rules/engravingPieces.ts'
import type { FontSlice, FontSlices } from './fonts/slicesOf.ts'

/** A font whose table is here; its glyphs come by the slice when a text needs them. */
export interface OpenFont {
  weight: number
  /** Every glyph of the text that the font does not have, each once. */
  missing(text: string): string[]
  /**
   * Fetches what the text needs.
   * @returns the value of `font-family` that draws it
   * @throws when a slice cannot be fetched
   */
  load(text: string): Promise<string>
}

interface Source {
  slices: () => Promise<{ slices: FontSlices }>
  /** as the file declares it, and as we draw */
  weights: string
  weight: number
  /** only glyphs up to here; a script font's 汉字 are another font's business */
  lastCode?: number
}

const LAST_LATIN = 0x17f
const kai = () => import('./fonts/kai.ts')
const sources: Record<EngravingFont, Source> = {
  song: { slices: () => import('./fonts/song.ts'), weights: '200 900', weight: 600 },
  kai: { slices: kai, weights: '400', weight: 400 },
  xing: { slices: () => import('./fonts/xing.ts'), weights: '400', weight: 400 },
  latin: { slices: kai, weights: '400', weight: 400, lastCode: LAST_LATIN },
}

/** Loaded once per page, by address. */
const loading = new Map<string, Promise<string>>()

/** @returns the family that draws the slice's glyphs */
function loadSlice({ url }: FontSlice, weights: string): Promise<string> {
  const known = loading.get(url)
  if (known) return known
  const family = `engraving-${loading.size}`
  const face = new FontFace(family, `url(${JSON.stringify(url)})`, { weight: weights })
  const loaded = face.load().then(
    ready => {
      document.fonts.add(ready)
      return family
    },
    (cause: unknown) => {
      // The next text tries again.
      loading.delete(url)
      throw cause
    },
  )
  loading.set(url, loaded)
  return loaded
}

export async function openFont(font: EngravingFont): Promise<OpenFont> {
  const { slices: fetchSlices, weights, weight, lastCode = Infinity } = sources[font]
  const { slices } = await fetchSlices()
  const sliceOf = (glyph: string) => {
    const code = glyph.codePointAt(0) ?? 0
    return code <= lastCode ? slices.get(code) : undefined
  }
  return {
    weight,
    missing: text => [...new Set(Array.from(text))].filter(glyph => !sliceOf(glyph)),
    async load(text) {
      const needed = new Set(Array.from(text).flatMap(glyph => sliceOf(glyph) ?? []))
      const families = await Promise.all([...needed].map(slice => loadSlice(slice, weights)))
      return families.map(family => `"${family}"`).join(', ')
    },
  }
}
