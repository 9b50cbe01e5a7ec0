import { computed, ref, shallowRef } from 'vue'
import type { Page } from '../../shared/contract/page.ts'

/**
 * The one list machine: first page by `restart`, the next by `more`, and `again` what did not come. A restart drops whatever is
 * still under way.
 */
export function usePages<T>(fetchPage: (cursor: string | undefined) => Promise<Page<T>>) {
  const items = shallowRef<T[]>([])
  const error = shallowRef<unknown>()
  const busy = ref(false)
  /** Whether any page has come: an empty list is only then known to be empty. */
  const isKnown = ref(false)
  const nextCursor = ref<string | null>(null)
  /** Of the page that was asked for last. */
  const asked = ref<string>()
  let latest = 0

  async function take(cursor: string | undefined): Promise<void> {
    const turn = ++latest
    asked.value = cursor
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
    /** What did not come, once more: the list from its beginning, or the page behind what is shown. */
    async again(): Promise<void> {
      if (!busy.value) await take(asked.value)
    },
    /** Whether that is the list from its beginning. */
    isAnew: computed(() => asked.value === undefined),
    /** Empties the list at once, for when it belongs to somebody else now. */
    clear() {
      latest++
      asked.value = undefined
      items.value = []
      nextCursor.value = null
      isKnown.value = false
      error.value = undefined
      busy.value = false
    },
  }
}
