import type { z } from 'zod'
import type { DateChange, ImportantDate } from '../../../shared/contract/people.ts'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { changeDate, removeDate } from '../../api/people.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { showToast } from '../../ui/undoToast.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'

const wordsOf = ({ kind, label, ownLeadDays, ...date }: ImportantDate): z.input<typeof DateChange> => ({
  kind,
  label,
  date: {
    calendar: date.calendar,
    month: date.month,
    day: date.day,
    isLeapMonth: date.isLeapMonth,
    year: date.year,
    leapPolicy: date.leapPolicy,
  },
  leadDays: ownLeadDays,
})

/** Says what was done to a date and offers the way back, also when another chat is in view by then. */
export function useDateUndo() {
  const current = useCurrentCustomerStore()

  function offer(words: string, back: () => Promise<void>): void {
    const undo = async () => {
      try {
        await back()
        void current.refresh()
      } catch (error) {
        showToast(`${problemTitle(error)}，没有撤销成`)
      }
    }
    showToast(words, () => void undo())
  }

  return {
    /** Away again, with whoever was noted only for it. */
    added: (words: string, externalUserId: string, { dateId }: ImportantDate): void =>
      offer(words, async () => {
        await removeDate(externalUserId, dateId, newIdempotencyKey())
        current.showDateGone(externalUserId, dateId)
      }),
    /** As it was before, over the version that was saved. */
    changed: (words: string, externalUserId: string, before: ImportantDate, saved: ImportantDate): void =>
      offer(words, async () => {
        const { dateId } = before
        const key = newIdempotencyKey()
        const restored = await changeDate(externalUserId, dateId, wordsOf(before), saved.version, key)
        current.showDate(externalUserId, restored)
      }),
  }
}
