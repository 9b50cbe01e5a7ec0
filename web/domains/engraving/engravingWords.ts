import type { EngravingDraft, EngravingOffer } from '../../../shared/contract/engravings.ts'
import { monthDayText, type CivilDay } from '../../../shared/rules/civilDay.ts'
import { priceText } from '../../../shared/rules/coupon.ts'
import { engravingPiece, faceOf, metalLabels } from '../../../shared/rules/engravingPieces.ts'
import { engravingWords } from '../../../shared/rules/engravingText.ts'

/** `足金圆牌吊坠` */
export const pieceName = ({ pieceId, metal }: Pick<EngravingDraft, 'pieceId' | 'metal'>): string =>
  `${metalLabels[metal]}${engravingPiece(pieceId).label}`

/** In the timeline: `刻字预览 · 妈妈`; of a child no name (P28). */
export const engravingTitle = ({ lines }: Pick<EngravingDraft, 'lines'>, isForChild: boolean): string =>
  `刻字预览 · ${isForChild ? '孩子的' : engravingWords(lines)}`

/** When a piece can be had. */
export interface EngravingTime {
  /** null: not said */
  readyOn: CivilDay | null
  /** For the day it is made for, while it can still be made for it. */
  deadline: { name: string; lastOrderOn: CivilDay } | null
}

/** `12月1日前下单，生日前能拿到`; without a day it is made for, `现在定，12月1日可取`. */
export function timeText({ readyOn, deadline }: EngravingTime, today: CivilDay): string {
  if (readyOn === null) return ''
  if (deadline === null) return `现在定，${monthDayText(readyOn)}可取`
  const { name, lastOrderOn } = deadline
  return `${lastOrderOn === today ? '今天' : `${monthDayText(lastOrderOn)}前`}下单，${name}前能拿到`
}

/** The message that goes out below the picture. */
export function engravingMessage(
  draft: Omit<EngravingDraft, 'readyOn'>,
  address: string,
  time: string,
): string {
  const { pieceId, face, lines, priceFen } = draft
  const facts = [
    pieceName(draft),
    `${faceOf(engravingPiece(pieceId), face).label}刻「${engravingWords(lines)}」`,
    ...(priceFen === null ? [] : [priceText(priceFen)]),
    ...(time === '' ? [] : [time]),
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
