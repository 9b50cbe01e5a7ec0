import type { Card } from '../../../shared/contract/customers.ts'
import type { CaredPiece } from '../../../shared/contract/reminders.ts'
import type { ImportantDate } from '../../../shared/contract/people.ts'
import type { Session } from '../../../shared/contract/session.ts'
import { civilDayParts, monthDayText, weekdayText } from '../../../shared/rules/civilDay.ts'
import type { KnownFacts } from '../../../shared/rules/fillScript.ts'
import { relationAddress, relationLabel } from '../../../shared/rules/relation.ts'
import { stillDaysText, yearlyDateText } from '../../../shared/rules/yearlyDateText.ts'

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

const shopVariables = new Set(['导购姓名', '门店', '门店地址', '门店电话'])
const couponVariables = new Set(['优惠券名', '优惠券到期'])
const neverAsked = new Set(['城市', '上次购买', '上次购买日子', '哪件首饰'])

/**
 * Why the guide cannot fill a hole on the spot, in her words; undefined when she can (then `askFor` leads to the fact).
 * Facts of the shop are the manager's, and in a group nobody in particular is spoken to.
 */
export function holeAdvice(hole: string, hasCustomer: boolean): string | undefined {
  if (shopVariables.has(hole)) return `「${hole}」请店长补上`
  if (couponVariables.has(hole)) return '这一条要和券一起发'
  if (!hasCustomer) return '这一条只适合单聊'
  return neverAsked.has(hole) ? `还不知道「${hole}」，换一条发` : undefined
}

/** A care is of one purchase, which need be neither the latest nor hers. */
export const caredFacts = ({ piece, day, recipient }: CaredPiece): KnownFacts => ({
  上次购买: piece,
  上次购买日子: monthDayText(day),
  哪件首饰: `您${recipient === null ? '' : `送${recipient}`}的${piece}`,
})

/**
 * What is known for filling a script. 称呼 is only what a guide wrote for addressing her: a remark or nickname may hold
 * words that must never reach the customer. `date` is the occasion; without one the
 * words of a date stay holes.
 */
export function scriptFacts(session: Session, card?: Card, date?: ImportantDate | null): KnownFacts {
  const shop: KnownFacts = {
    导购姓名: session.staff.name,
    门店: known(session.staff.store?.name),
    门店地址: known(session.staff.store?.address),
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
