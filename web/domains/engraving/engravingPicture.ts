import { layOut, type Ink, type Measure } from '../../../shared/rules/engravingLayout.ts'
import {
  engravingPiece,
  faceOf,
  PICTURE,
  type EngravingFont,
  type Metal,
  type PieceId,
} from '../../../shared/rules/engravingPieces.ts'
import { openFont } from './engravingFonts.ts'
import { palettes, pieceArtUrl } from './pieceArt.ts'

/** What a picture shows. */
export interface EngravingLook {
  pieceId: PieceId
  face: string
  metal: Metal
  font: EngravingFont
  lines: readonly string[]
}

/** As it goes into the chat. */
export const PICTURE_WIDTH_PX = 750
export const MOST_PICTURE_BYTES = 300 * 1024
/** Tried in this order until the picture is light enough. */
const QUALITIES = [0.92, 0.85, 0.78, 0.7, 0.6, 0.5]
/** Glyphs are measured at this size, for the browser rounds small ones. */
const MEASURED_PX = 200

/** `unreadable`: too much for its place, even at the smallest size that can be read. */
export type DrawOutcome = { kind: 'drawn' } | { kind: 'missing'; glyphs: string[] } | { kind: 'unreadable' }

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d')
  if (!context) throw new Error('this browser draws nothing')
  return context
}

function inkOf(context: CanvasRenderingContext2D, font: string): Measure {
  const known = new Map<string, Ink>()
  return text => {
    const found = known.get(text)
    if (found) return found
    context.font = font
    const measured = context.measureText(text)
    const ink = {
      left: measured.actualBoundingBoxLeft / MEASURED_PX,
      right: measured.actualBoundingBoxRight / MEASURED_PX,
      ascent: measured.actualBoundingBoxAscent / MEASURED_PX,
      descent: measured.actualBoundingBoxDescent / MEASURED_PX,
      advance: measured.width / MEASURED_PX,
    }
    known.set(text, ink)
    return ink
  }
}

function loadImage(src: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image()
    image.onload = () => resolve(image)
    image.onerror = () => reject(new Error('the drawing cannot be read'))
    image.src = src
  })
}

/**
 * Draws the piece with its text. What is missing or cannot be read is left off and told; the piece is drawn all the same.
 * @throws when the font cannot be fetched
 */
export async function drawEngraving(canvas: HTMLCanvasElement, look: EngravingLook): Promise<DrawOutcome> {
  const { pieceId, face, metal, lines } = look
  const text = lines.join('').replace(/\s+/g, ' ')
  const [font, art] = await Promise.all([openFont(look.font), loadImage(pieceArtUrl(pieceId, face, metal))])
  const glyphs = font.missing(text)
  const family = text === '' || glyphs.length > 0 ? '' : await font.load(text)

  canvas.width = PICTURE_WIDTH_PX
  canvas.height = Math.round((PICTURE_WIDTH_PX * PICTURE.height) / PICTURE.width)
  const context = contextOf(canvas)
  const scale = PICTURE_WIDTH_PX / PICTURE.width
  context.drawImage(art, 0, 0, canvas.width, canvas.height)
  if (glyphs.length > 0) return { kind: 'missing', glyphs }
  if (family === '') return { kind: 'drawn' }

  const fontAt = (size: number) => `${font.weight} ${size}px ${family}`
  const { area } = faceOf(engravingPiece(pieceId), face)
  const runs = layOut(area, lines, inkOf(context, fontAt(MEASURED_PX)))
  if (!runs) return { kind: 'unreadable' }
  const { glint, ink } = palettes[metal]
  for (const run of runs) {
    context.save()
    context.translate(run.x * scale, run.y * scale)
    context.rotate(run.angle)
    context.font = fontAt(run.size * scale)
    // The far edge of what is cut catches the light.
    context.fillStyle = glint
    context.fillText(run.text, 0, Math.max(1, run.size * scale * 0.03))
    context.fillStyle = ink
    context.fillText(run.text, 0, 0)
    context.restore()
  }
  return { kind: 'drawn' }
}

/** Shows what was drawn elsewhere. */
export function showOn(canvas: HTMLCanvasElement, sheet: HTMLCanvasElement): void {
  canvas.width = sheet.width
  canvas.height = sheet.height
  contextOf(canvas).drawImage(sheet, 0, 0)
}

/** The canvas as a JPEG that chats take quickly. @throws Error when it will not become light enough */
export async function pictureOf(canvas: HTMLCanvasElement): Promise<Blob> {
  for (const quality of QUALITIES) {
    const picture = await new Promise<Blob | null>(resolve => canvas.toBlob(resolve, 'image/jpeg', quality))
    if (picture && picture.type === 'image/jpeg' && picture.size <= MOST_PICTURE_BYTES) return picture
  }
  throw new Error('the picture stays too heavy')
}
