import { computed, ref, watch } from 'vue'
import { useDraftsStore } from './drafts.store.ts'

interface DraftForm<T> {
  /** What is worth keeping; undefined while nothing was entered. Must be plain data. */
  read: () => T | undefined
  /** Puts a kept one back into an empty form. */
  restore: (value: T) => void | Promise<void>
  /** Empties the form: for somebody else, or when it is closed. */
  clear: () => void
  /**
   * About a child: kept only as long as the page lives (P28). undefined while it is not known: what is typed stays in the page,
   * what lies on the device already is left there.
   */
  isPageOnly?: () => boolean | undefined
}

/**
 * Keeps a form about one customer while it is being filled in: through closing, another chat, a page built anew and a dead
 * network. `customerId` is undefined while the form is closed. After saving call `saved`, and only then clear the form.
 */
export function useDraft<T>(kind: string, customerId: () => string | undefined, form: DraftForm<T>) {
  const store = useDraftsStore()
  const isRestored = ref(false)
  const serial = () => JSON.stringify(form.read())
  const isPageOnly = (): boolean | undefined => (form.isPageOnly ? form.isPageOnly() : false)
  /** The form is being filled or emptied by us: nobody typed. */
  let isOurs = false
  function clear(): void {
    isOurs = true
    form.clear()
    isOurs = false
  }

  async function begin(id: string): Promise<void> {
    await store.load(id)
    const draft = store.draftOf(id, kind)
    // Left again, or typed into meanwhile: what is typed now counts.
    if (!draft || customerId() !== id || form.read() !== undefined) return
    isRestored.value = true
    isOurs = true
    try {
      await form.restore(draft.value as T)
    } finally {
      isOurs = false
    }
    if (isPageOnly()) keepOffDevice(id)
  }

  /** It has turned out to be about a child: what lies on the device goes. */
  function keepOffDevice(id: string): void {
    const draft = store.draftOf(id, kind)
    if (draft && !draft.isPageOnly) store.keep(id, kind, { ...draft, isPageOnly: true })
  }

  /** It has turned out to be about no child: what was typed before that was known comes onto the device. */
  function keepOnDevice(id: string): void {
    const draft = store.draftOf(id, kind)
    if (draft?.isPageOnly) store.keep(id, kind, { value: draft.value, reason: draft.reason })
  }

  watch(
    [customerId, serial, isPageOnly] as const,
    ([id, now, isOfPage], [before, last, wasOfPage]) => {
      if (id !== before) {
        isRestored.value = false
        clear()
        if (id !== undefined) void begin(id)
        return
      }
      if (id === undefined || isOurs) return
      if (now === last) {
        if (isOfPage) keepOffDevice(id)
        else if (isOfPage === false && wasOfPage === undefined) keepOnDevice(id)
        return
      }
      const value = form.read()
      if (value === undefined) void store.drop(id, kind)
      else {
        // The reason of a refusal stands until something is changed; putting the draft back is no change.
        const known = store.draftOf(id, kind)
        const reason = known && JSON.stringify(known.value) === now ? known.reason : null
        store.keep(id, kind, { value, reason, ...(isOfPage !== false && { isPageOnly: true }) })
      }
    },
    { flush: 'sync' },
  )
  const first = customerId()
  if (first !== undefined) void begin(first)

  return {
    /** What stands in the form comes from before. */
    isRestored,
    /** Why it was refused, when it was. */
    reason: computed(() => store.draftOf(customerId(), kind)?.reason ?? ''),
    keepOffDevice,
    /** It is noted of this customer, who need not be in view any more, or will be as soon as there is a network. */
    saved(id: string): void {
      if (id === customerId()) isRestored.value = false
      void store.drop(id, kind)
    },
    /** The guide does not want it any more. */
    discard(): void {
      isRestored.value = false
      const id = customerId()
      clear()
      if (id !== undefined) void store.drop(id, kind)
    },
  }
}
export type KeptDraft = ReturnType<typeof useDraft>
