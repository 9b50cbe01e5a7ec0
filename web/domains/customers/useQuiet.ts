import { ref } from 'vue'
import type { Quiet } from '../../../shared/contract/contactRules.ts'
import { nearDayText } from '../../../shared/rules/civilDay.ts'
import { lastQuietDay } from '../../../shared/rules/contactBudget.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { showToast } from '../../ui/undoToast.ts'
import { useCurrentCustomerStore } from './currentCustomer.store.ts'

export const QUIET_WORDS: Record<Quiet['level'], string> = { less: '少打扰', none: '勿扰' }

/** `勿扰到 11月30日`, its last day, as it is told. */
export const quietText = (quiet: Quiet, today: string): string =>
  `${QUIET_WORDS[quiet.level]}到 ${nearDayText(lastQuietDay(quiet), today)}`

/** What it comes to, in one sentence. */
export function quietSentence(quiet: Pick<Quiet, 'level' | 'until'>, today: string): string {
  const end = `到 ${nearDayText(lastQuietDay(quiet), today)} 为止`
  return quiet.level === 'none' ? `${end}不主动联系` : `${end}，30 天里最多主动联系一次`
}

/** Notes the customer's wish to be left in peace, for all of us; each change can be taken back. */
export function useQuiet() {
  const current = useCurrentCustomerStore()
  const isSaving = ref(false)

  async function write(id: string, quiet: Quiet | null): Promise<boolean> {
    const { contact } = current
    const version = current.card?.contact.quietVersion ?? 0
    if (!(await current.confirmStillHere(contact))) return false
    const { changeQuiet } = await import('../../api/contactRules.ts')
    current.showQuiet(id, await changeQuiet(id, quiet, version))
    return true
  }

  /** Resolves to whether it was noted. Never throws. */
  async function save(quiet: Quiet | null): Promise<boolean> {
    const { externalUserId, card } = current
    if (!externalUserId || !card || isSaving.value) return false
    const before = card.contact.quiet
    isSaving.value = true
    try {
      if (!(await write(externalUserId, quiet))) return false
      // What it comes to is counted on the server.
      void current.refresh()
      showToast(quiet ? `记下了，${quietText(quiet, card.today)}` : '恢复正常联系', () => {
        if (current.externalUserId === externalUserId) void save(before)
      })
      return true
    } catch (error) {
      showToast(`${problemTitle(error)}，没有改动`)
      void current.refresh()
      return false
    } finally {
      isSaving.value = false
    }
  }

  return { save, isSaving }
}
