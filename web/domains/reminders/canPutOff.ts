import type { Reminder } from '../../../shared/contract/reminders.ts'
import { addDays, type CivilDay } from '../../../shared/rules/civilDay.ts'

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
