import type { Occasion } from '../../../shared/contract/scripts.ts'
import type { ImportantDate } from '../../../shared/contract/people.ts'
import { fittingOccasion } from '../../../shared/rules/fittingOccasion.ts'

/** Words about what lies in the shop already. */
export const READY_MADE_FOLDER = '现货'

/** Folders of the script list, in the order of a guide's day. */
export const folders: { name: string; occasions: Occasion[] }[] = [
  {
    name: '生日',
    occasions: ['birthdayElder', 'birthdaySelf', 'birthdayPartner', 'birthdayChild', 'birthdayOther'],
  },
  { name: '纪念日', occasions: ['wedding', 'ownDay', 'firstPurchase'] },
  { name: READY_MADE_FOLDER, occasions: ['readyMade'] },
  { name: '新朋友', occasions: ['newFriend'] },
  { name: '节日', occasions: ['festival'] },
  { name: '保养', occasions: ['care', 'afterSales'] },
  { name: '到店', occasions: ['visit', 'order'] },
  { name: '刻字', occasions: ['engraving'] },
  { name: '券', occasions: ['couponExpiring'] },
  { name: '日常', occasions: ['daily'] },
]

/** What is said to one person, of her day, her order, her coupon: in a group it would reach everybody. */
const ofOnePerson: ReadonlySet<Occasion> = new Set([
  ...(['birthdayElder', 'birthdaySelf', 'birthdayPartner', 'birthdayChild', 'birthdayOther'] as const),
  ...(['wedding', 'ownDay', 'firstPurchase', 'care', 'couponExpiring', 'newFriend'] as const),
  ...(['order', 'afterSales', 'engraving', 'readyMade'] as const),
])
export const isForOnePerson = (occasion: Occasion): boolean => ofOnePerson.has(occasion)

const ofDay: ReadonlySet<Occasion> = new Set([
  ...(['birthdayElder', 'birthdaySelf', 'birthdayPartner', 'birthdayChild', 'birthdayOther'] as const),
  ...(['wedding', 'ownDay', 'firstPurchase', 'readyMade', 'festival', 'couponExpiring'] as const),
])
/** Whether such words hang on a day, of hers or of everybody. */
export const speaksOfDay = (occasion: Occasion): boolean => ofDay.has(occasion)

/** Whether a script of this occasion speaks of this date. */
export const suits = (occasion: Occasion, date: ImportantDate): boolean =>
  fittingOccasion(date.kind, date.person?.relation ?? null) === occasion ||
  (occasion === 'engraving' && date.kind === 'birthday' && date.person !== null)
