import { computed, ref, shallowRef } from 'vue'
import type { Page } from '../../shared/contract/page.ts'

/** The one list machine: first page by `restart`, the next by `more`. A restart drops whatever is still under way. */
export function usePages<T>(fetchPage: (cursor: string | undefined) => Promise<Page<T>>) {
  const items = shallowRef<T[]>([])
  const error = shallowRef<unknown>()
  const busy = ref(false)
  /** Whether any page has come: an empty list is only then known to be empty. */
  const isKnown = ref(false)
  const nextCursor = ref<string | null>(null)
  let latest = 0

  async function take(cursor: string | undefined): Promise<void> {
    const turn = ++latest
    busy.value = true
    error.value = undefined
    try {
      const page = await fetchPage(cursor)
      if (turn !== latest) return
      items.value = cursor === undefined ? page.items : [...items.value, ...page.items]
      nextCursor.value = page.nextCursor
      isKnown.value = true
    } catch (cause) {
      if (turn === latest) error.value = cause
    } finally {
      if (turn === latest) busy.value = false
    }
  }

  return {
    items,
    error,
    busy,
    isKnown,
    hasMore: computed(() => nextCursor.value !== null),
    /** The first page again; what is shown stays until it is there. */
    restart: () => take(undefined),
    async more(): Promise<void> {
      if (!busy.value && nextCursor.value !== null) await take(nextCursor.value)
    },
    /** Empties the list at once, for when it belongs to somebody else now. */
    clear() {
      latest++
      items.value = []
      nextCursor.value = null
      isKnown.value = false
      error.value = undefined
      busy.value = false
    },
  }
}
