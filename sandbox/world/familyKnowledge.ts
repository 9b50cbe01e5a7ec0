import { SolarDay } from 'tyme4ts'
import { civilDay, civilDayText } from './calendar.ts'

/** What guides of this corp know of their customers and WeCom does not hold; seeds the demo. */
export interface CustomerKnowledge {
  externalUserId: string
  /** 称呼: how to address the customer in a message */
  address: string
  tier?: Tier
  /** the customer's own dates */
  dates: FamilyDate[]
  people: FamilyPerson[]
  sizes: Sizes
  wishes: string[]
  notes: string[]
  /** oldest first */
  purchases: PastPurchase[]
}

export type Tier = '普卡' | '银卡' | '金卡' | '白金卡' | '黑金卡'

export interface FamilyPerson {
  /** 妈妈, 爱人, 女儿 … */
  relation: string
  dates: FamilyDate[]
  sizes: Sizes
}

export interface FamilyDate {
  kind: 'birthday' | 'wedding' | 'fullMoon' | 'anniversary'
  calendar: 'solar' | 'lunar'
  month: number
  /** a day that exists in that calendar: solar 2/29 and lunar 30 occur */
  day: number
  isLeapMonth: boolean
  /** year of the event, when it is known */
  year?: number
}

export interface Sizes {
  /** Hong Kong ring size, e.g. `13` */
  ring?: string
  /** centimetres */
  wristCm?: number
  necklaceCm?: number
}

export interface PastPurchase {
  piece: string
  amountFen: number
  /** `YYYY-MM-DD`, Asia/Shanghai */
  day: string
  /** 本人 or a relation */
  recipient: string
  isCustom: boolean
  engraving?: string
}

/** The date that falls so many days from the day of `now`. */
export function solarDateIn(
  now: number,
  daysAhead: number,
): Pick<FamilyDate, 'calendar' | 'month' | 'day' | 'isLeapMonth'> {
  const { month, day } = civilDay(now, daysAhead)
  return { calendar: 'solar', month, day, isLeapMonth: false }
}

/** The lunar date that falls so many days from the day of `now`. */
export function lunarDateIn(
  now: number,
  daysAhead: number,
): Pick<FamilyDate, 'calendar' | 'month' | 'day' | 'isLeapMonth'> {
  const { year, month, day } = civilDay(now, daysAhead)
  const lunar = SolarDay.fromYmd(year, month, day).getLunarDay()
  const lunarMonth = lunar.getLunarMonth()
  return {
    calendar: 'lunar',
    month: lunarMonth.getMonth(),
    day: lunar.getDay(),
    isLeapMonth: lunarMonth.isLeap(),
  }
}

/** `YYYY-MM-DD`, so many days before the day of `now`. */
export const dayBefore = (now: number, daysAgo: number) => civilDayText(civilDay(now, -daysAgo))
