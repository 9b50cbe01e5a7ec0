import type { EngravingDraft, EngravingOffer } from '../../../shared/contract/engravings.ts'
import { monthDayText } from '../../../shared/rules/civilDay.ts'
import { priceText } from '../../../shared/rules/coupon.ts'
import { engravingPiece, faceOf, metalLabels } from '../../../shared/rules/engravingPieces.ts'
import { engravingWords } from '../../../shared/rules/engravingText.ts'

/** `足金圆牌吊坠` */
export const pieceName = ({ pieceId, metal }: Pick<EngravingDraft, 'pieceId' | 'metal'>): string =>
  `${metalLabels[metal]}${engravingPiece(pieceId).label}`

/** In the timeline: `刻字预览 · 妈妈`. */
export const engravingTitle = ({ lines }: Pick<EngravingDraft, 'lines'>): string =>
  `刻字预览 · ${engravingWords(lines)}`

/** The message that goes out below the picture. */
export function engravingMessage(draft: EngravingDraft, address: string): string {
  const { pieceId, face, lines, priceFen, readyOn } = draft
  const facts = [
    pieceName(draft),
    `${faceOf(engravingPiece(pieceId), face).label}刻「${engravingWords(lines)}」`,
    ...(priceFen === null ? [] : [priceText(priceFen)]),
    ...(readyOn === null ? [] : [`现在定，${monthDayText(readyOn)}可取`]),
  ]
  return `${address}，刻字的效果您看看：${facts.join('，')}。`
}

/** Fen of a price as it is typed, `4280`, `4,280`, `¥4280.5`; null for nothing, undefined for what is no price. */
export function readPrice(typed: string): number | null | undefined {
  const bare = typed.replace(/[\s,，¥￥元]/g, '')
  if (bare === '') return null
  if (!/^\d{1,7}(\.\d{1,2})?$/.test(bare)) return undefined
  const fen = Math.round(Number(bare) * 100)
  return fen <= 100_000_000 ? fen : undefined
}

/** What the shop asks, as facts: `足金 ¥4,280`, `做 10 天`, `约 5.2 克`. */
export function offerFacts({
  goldPriceFen,
  platinumPriceFen,
  productionDays,
  details,
}: EngravingOffer): string[] {
  const prices = [
    ...(goldPriceFen === null ? [] : [`${metalLabels.gold} ${priceText(goldPriceFen)}`]),
    ...(platinumPriceFen === null ? [] : [`${metalLabels.platinum} ${priceText(platinumPriceFen)}`]),
  ]
  return [
    ...(prices.length > 0 ? prices : ['还没标价']),
    `做 ${productionDays} 天`,
    ...(details ? [details] : []),
  ]
}
