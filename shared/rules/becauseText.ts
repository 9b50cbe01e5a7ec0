import { addDays, daysBetween, monthDayText, nearDayText, shortWeekdayText } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'
import { stillDaysText } from './yearlyDateText.ts'

export type ReasonKind = 'date' | 'newFriend' | 'lost' | 'coupon' | 'promise' | 'care'

/** What a reminder knows about its reason. */
export interface Reason {
  kind: ReasonKind
  occurrence: CivilDay
  /** `妈妈生日`, the coupon's name, the piece, what was promised */
  about: string | null
  /** the name of the care rule: `清洗保养` */
  care: string | null
  /** the purchase a care is about; `recipient` in words */
  cared: { piece: string; day: CivilDay; recipient: string | null } | null
}

/** For so many days a friend is new: then that day is the `occurrence`. */
export const NEW_FRIEND_DAYS = 7

/** Why this customer, today: one line a guide reads before she writes. */
export function becauseText({ kind, occurrence, about, care, cared }: Reason, today: CivilDay): string {
  switch (kind) {
    case 'date':
      return `${about ?? '这个日子'}${stillDaysText(today, occurrence)}`
    case 'newFriend':
      return `${friendSinceText(daysBetween(addDays(occurrence, -NEW_FRIEND_DAYS), today))}，还没有标签`
    case 'lost':
      return '移除了好友，提醒已停'
    case 'coupon':
      return `「${about ?? '券'}」${occurrence < today ? '到期了' : `${untilText(today, occurrence)}到期`}`
    case 'promise':
      return occurrence < today
        ? `答应了还没做 · ${stillDaysText(today, occurrence)}（${monthDayText(occurrence)}）`
        : `你答应${dayText(today, occurrence)}做到`
    case 'care':
      return `${cared ? caredText(cared, today) : (about ?? '买的那件')}，该${care ?? '保养'}了`
  }
}

function friendSinceText(days: number): string {
  if (days <= 0) return '今天加的好友'
  return days <= 2 ? '加好友一天多了' : `加好友 ${days} 天了`
}

/** `11月2日买的足金手链`, `11月2日买给妈妈的足金手链` */
const caredText = ({ piece, day, recipient }: NonNullable<Reason['cared']>, today: CivilDay): string =>
  `${nearDayText(day, today)}买${recipient === null ? '' : `给${recipient}`}的${piece}`

/** The deadline of what has to be made: `刻字要 7 天，最晚周四（11月26日）下单`, or that it has passed. */
export function orderText(
  order: { productLine: string; productionDays: number; lastOrderOn: CivilDay },
  today: CivilDay,
): string {
  const { productLine, productionDays, lastOrderOn } = order
  if (lastOrderOn < today) return `来不及${productLine}了，换现货也来得及`
  return `${productLine}要 ${productionDays} 天，最晚${dayText(today, lastOrderOn)}下单`
}

/** The same for a row of a list: `刻字最晚周四（11月26日）下单`. */
export function orderShortText(
  { productLine, lastOrderOn }: { productLine: string; lastOrderOn: CivilDay },
  today: CivilDay,
): string {
  if (lastOrderOn < today) return `来不及${productLine}了，挑现货`
  return `${productLine}最晚${dayText(today, lastOrderOn)}下单`
}

/** `今天`, `明天`, `还有 3 天` */
function untilText(today: CivilDay, day: CivilDay): string {
  const days = daysBetween(today, day)
  if (days <= 0) return '今天'
  return days === 1 ? '明天' : `还有 ${days} 天`
}

const dayText = (today: CivilDay, day: CivilDay): string =>
  day === today ? '今天' : `${shortWeekdayText(day)}（${monthDayText(day)}）`
