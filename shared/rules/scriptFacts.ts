import type { Card } from '../contract/customers.ts'
import type { CaredPiece, Reminder } from '../contract/reminders.ts'
import type { ImportantDate } from '../contract/people.ts'
import type { Session } from '../contract/session.ts'
import { civilDayParts, monthDayText, weekdayText, type CivilDay } from './civilDay.ts'
import type { KnownFacts } from './fillScript.ts'
import { relationAddress, relationLabel } from './relation.ts'
import { stillDaysText, yearlyDateText } from './yearlyDateText.ts'

const kindWords = {
  birthday: '生日',
  wedding: '结婚纪念日',
  firstPurchase: '相识纪念日',
  other: '日子',
} as const

/** What a date is called: `生日`, `结婚纪念日`, or the words it was given. */
export const dateName = (date: Pick<ImportantDate, 'kind' | 'label'>): string =>
  date.label ?? kindWords[date.kind]

/**
 * How many years lie between the noted year and the next occurrence; unknown without a year, and
 * for a day of her own (满月), which has no anniversaries. A lunar year ends in January or
 * February of the next solar one, so only its last two months can fall there.
 */
function yearsText({ kind, calendar, month, year, nextOn }: ImportantDate): string | undefined {
  if (year === null || kind === 'other') return undefined
  const next = civilDayParts(nextOn)
  const isTurned = calendar === 'lunar' && month >= 11 && next.month <= 2
  const years = next.year - (isTurned ? 1 : 0) - year
  return years > 0 ? String(years) : undefined
}

function dateFacts(date: ImportantDate, today: string): KnownFacts {
  return {
    日子名称: dateName(date),
    日子: monthDayText(date.nextOn),
    星期: weekdayText(date.nextOn),
    还有几天: stillDaysText(today, date.nextOn),
    周年: yearsText(date),
    ...(date.calendar === 'lunar' ? { 农历日子: yearlyDateText(date) } : {}),
    ...(date.person
      ? {
          家人称呼: date.person.callName ?? relationAddress(date.person.relation),
          家人关系: relationLabel(date.person.relation),
        }
      : {}),
  }
}

const known = (value: string | null | undefined) => value ?? undefined

/** A care is of one purchase, which need be neither the latest nor hers. */
export const caredFacts = ({ piece, day, recipient }: CaredPiece): KnownFacts => ({
  上次购买: piece,
  上次购买日子: monthDayText(day),
  哪件首饰: `您${recipient === null ? '' : `送${recipient}`}的${piece}`,
})

/** Who writes, with her shop. */
export interface Writer {
  staff: Pick<Session['staff'], 'name' | 'store'>
}

/** What scripts may say of a customer. */
export interface Addressee {
  today: CivilDay
  customer: {
    profile: Pick<Card['customer']['profile'], 'salutation' | 'tier' | 'ringSize' | 'wristSize'>
    lastPurchase: Card['customer']['lastPurchase']
  }
}

/**
 * What is known for filling a script. 称呼 is only what a guide wrote for addressing her: a remark or nickname may hold
 * words that must never reach the customer. `date` is the occasion; without one the
 * words of a date stay holes.
 */
export function scriptFacts({ staff }: Writer, card?: Addressee, date?: ImportantDate | null): KnownFacts {
  const shop: KnownFacts = {
    导购姓名: staff.name,
    门店: known(staff.store?.name),
    门店地址: known(staff.store?.address),
    营业时间: known(staff.store?.hours),
    门店电话: known(staff.store?.phone),
  }
  if (!card) return shop
  const { profile, lastPurchase } = card.customer
  return {
    ...shop,
    称呼: known(profile.salutation),
    会员等级: known(profile.tier),
    戒圈: known(profile.ringSize),
    手围: known(profile.wristSize),
    上次购买: known(lastPurchase?.piece),
    上次购买日子: lastPurchase ? monthDayText(lastPurchase.day) : undefined,
    ...(date ? dateFacts(date, card.today) : {}),
  }
}

/** What is known for the words of one reminder: the day it is about (once it has passed, the date itself already speaks of next year), its coupon, the piece to be cared for. */
export function reminderFacts(
  writer: Writer,
  card: Addressee | undefined,
  {
    date,
    occurrence,
    kind,
    about,
    cared,
  }: Pick<Reminder, 'date' | 'occurrence' | 'kind' | 'about' | 'cared'>,
): KnownFacts {
  return {
    ...scriptFacts(writer, card, date && { ...date, nextOn: occurrence }),
    ...(kind === 'coupon' ? { 优惠券名: known(about), 优惠券到期: monthDayText(occurrence) } : {}),
    ...(cared ? caredFacts(cared) : {}),
  }
}
