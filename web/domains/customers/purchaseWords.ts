import type { Purchase, PurchaseTrace } from '../../../shared/contract/purchases.ts'
import { civilDayOf, nearDayText } from '../../../shared/rules/civilDay.ts'
import { priceText } from '../../../shared/rules/coupon.ts'
import { relationLabel } from '../../../shared/rules/relation.ts'
import { strengthWords } from '../../../shared/rules/traceWords.ts'

/** `可能相关：11月3日 生日祝福`; only time speaks where it says 可能. */
export function traceText(trace: PurchaseTrace, today: string, timeZone: string): string {
  const day = nearDayText(civilDayOf(Date.parse(trace.sentAt), timeZone), today)
  const guides = trace.guides.length > 1 ? `（${trace.guides.join('、')}共同）` : ''
  return `${strengthWords[trace.strength]}：${day} ${trace.title}${guides}`
}

export const purchaseFacts = (purchase: Purchase): string[] => [
  priceText(purchase.amountFen),
  ...(purchase.recipient ? [`送${relationLabel(purchase.recipient)}`] : []),
  ...(purchase.isCustom ? ['定制'] : []),
  ...(purchase.engraving ? [`刻字「${purchase.engraving}」`] : []),
]
