import type { Reminder } from '../../../shared/contract/reminders.ts'
import { addDays, monthDayText, type CivilDay } from '../../../shared/rules/civilDay.ts'

/** Days and coupons cannot wait beyond themselves; what has no day of its own can. */
const isOfADay = ({ kind }: Pick<Reminder, 'kind'>) => kind === 'date' || kind === 'coupon'

/** The last day to which it can be put off; undefined when not even to tomorrow. */
export function lastPutOff(
  reminder: Pick<Reminder, 'kind' | 'occurrence'>,
  today: CivilDay,
): CivilDay | undefined {
  if (!isOfADay(reminder)) return addDays(today, 180)
  return reminder.occurrence > today ? reminder.occurrence : undefined
}

type Order = Reminder['order']

/** What putting off until then costs: `那天已来不及刻字`; empty while it costs nothing, or is lost already. */
export const tooLateText = (order: Order, until: CivilDay, today: CivilDay): string =>
  order && order.lastOrderOn >= today && until > order.lastOrderOn ? `那天已来不及${order.productLine}` : ''

/** `明天再提醒你`, `11月28日再提醒你，那天已来不及刻字` */
export function putOffWords(order: Order, until: CivilDay, today: CivilDay): string {
  const day = until === addDays(today, 1) ? '明天' : monthDayText(until)
  return [`${day}再提醒你`, tooLateText(order, until, today)].filter(Boolean).join('，')
}
