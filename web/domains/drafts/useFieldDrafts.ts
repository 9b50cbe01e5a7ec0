import { onScopeDispose, watch } from 'vue'
import { useDraftsStore } from './drafts.store.ts'

/**
 * Words typed into single fields about one customer, kept until they are saved. Each call names the customer itself: leaving
 * a field may be the very effect of another chat.
 */
export function useFieldDrafts(
  kindOf: (name: string) => string,
  customerId: () => string | undefined,
  isPageOnly: () => boolean = () => false,
) {
  const store = useDraftsStore()
  const stop = watch(customerId, id => void (id !== undefined && store.load(id)), { immediate: true })
  onScopeDispose(stop)

  const keep = (of: string, name: string, words: string | null, reason: string | null = null) =>
    store.keep(of, kindOf(name), { value: words ?? '', reason, ...(isPageOnly() && { isPageOnly: true }) })
  const drop = (of: string, name: string) => void store.drop(of, kindOf(name))

  return {
    /** Words that are not saved; undefined when there are none. */
    get(name: string): string | undefined {
      const value = store.draftOf(customerId(), kindOf(name))?.value
      return typeof value === 'string' ? value : undefined
    },
    keep,
    drop,
    /** One letter more, or one less. */
    typed(of: string, name: string, { seen, words }: { seen: string | null; words: string | null }): void {
      if (words === seen) drop(of, name)
      else keep(of, name, words)
    },
  }
}
