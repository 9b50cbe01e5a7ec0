import type { ReminderAction, Today, TodayRow } from '../../../shared/contract/reminders.ts'
import { actOnReminder, focusReminder } from '../../api/reminders.ts'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { showToast } from '../../ui/undoToast.ts'
import { forgetSentForDate, noteSentForDate, noteSentToChat } from '../customers/arrival.ts'

/**
 * What a guide does to a row of 今日 without opening its chat. The row leaves at once; `lookAgain` shows where it went, and
 * puts it back when the server would not have it.
 */
export function useTodayActs(
  read: () => Today | undefined,
  show: (today: Today) => void,
  lookAgain: () => Promise<void>,
) {
  async function act(row: TodayRow, action: ReminderAction, words: string): Promise<void> {
    const { reminderId } = row
    const before = read()
    if (!reminderId || !before) return
    show(without(before, reminderId))
    try {
      await actOnReminder(reminderId, action, newIdempotencyKey())
      showToast(words, () => void undo(reminderId))
    } catch (error) {
      showToast(`${problemTitle(error)}，没有改动`)
    }
    await lookAgain()
  }

  async function undo(reminderId: string): Promise<void> {
    try {
      await actOnReminder(reminderId, { action: 'reopen' }, newIdempotencyKey())
    } catch (error) {
      showToast(`${problemTitle(error)}，没有撤销`)
    }
    await lookAgain()
  }

  /** The guide goes to this chat for this one thing: there it stands first. Nothing waits for it. */
  function takeAlong(row: TodayRow): void {
    forgetSentForDate()
    if (row.state !== null) return
    // Not due yet: there is no reminder to stand first, the day itself stands out.
    if (row.date && row.remindOn !== null && !row.reminderId)
      noteSentForDate(row.externalUserId, { dateId: row.date.dateId, remindOn: row.remindOn })
    if (!row.reminderId) return
    noteSentToChat()
    focusReminder(row.reminderId).catch(() => undefined)
  }

  return { act, takeAlong }
}

function without(today: Today, reminderId: string): Today {
  const sections = today.sections.map(section => {
    const rows = section.rows.filter(row => row.reminderId !== reminderId)
    return { ...section, rows, total: section.total - (section.rows.length - rows.length) }
  })
  return { ...today, sections }
}
