import { onScopeDispose, ref, watch } from 'vue'
import { listCustomers } from '../../api/customers.ts'
import { usePages } from '../../ui/usePages.ts'

/** Pause in the typing after which the server is asked. */
export const TYPING_PAUSE_MS = 200

/** My customers, or those `of` a member, found as the words are typed; only the answer to the latest words paints. */
export function useCustomerSearch(of: () => string | undefined = () => undefined) {
  const words = ref('')
  /** The words that the shown rows answer; undefined before the first answer. */
  const answered = ref<string>()
  /** Words of the pages under way: all pages of one list are asked with the same. */
  let asked = ''
  const pages = usePages(cursor => listCustomers({ cursor, q: asked || undefined, of: of() }))

  async function restart(): Promise<void> {
    const mine = words.value.trim()
    asked = mine
    await pages.restart()
    if (asked === mine && !pages.busy.value && !pages.error.value) answered.value = mine
  }

  /** What did not come, once more; from the beginning with the latest words. */
  const again = () => (pages.isAnew.value ? restart() : pages.again())

  let timer: ReturnType<typeof setTimeout>
  watch(words, (_now, before) => {
    clearTimeout(timer)
    if (words.value.trim() === before.trim()) return
    // An emptied field is meant; only typing is waited for.
    timer = setTimeout(() => void restart(), words.value ? TYPING_PAUSE_MS : 0)
  })
  onScopeDispose(() => clearTimeout(timer))

  return { words, answered, pages, restart, again }
}
