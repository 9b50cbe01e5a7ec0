import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { undoFamily } from '../../api/people.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { showToast } from '../../ui/undoToast.ts'

/** Says what was done and offers the way back; `restored` runs when it was taken. Works also when another chat is in view by then. */
export function offerUndo(
  words: string,
  given: { externalUserId: string; undoId: string },
  restored: () => void,
): void {
  const key = newIdempotencyKey()
  const undo = async () => {
    try {
      await undoFamily(given.externalUserId, given.undoId, key)
      restored()
    } catch (error) {
      showToast(`${problemTitle(error)}，没有撤销成`)
    }
  }
  showToast(words, () => void undo())
}
