import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { CustomerTags } from '../../../shared/contract/tags.ts'

/** How long it is said that everything is saved, in milliseconds. */
const SAID_MS = 4_000

/** A write that waits, as far as the page shows it. */
export interface ShownWrite {
  customerId: string
  act: { kind: string }
  /** What was wanted, in the words of whoever wanted it. */
  draft: { value: unknown } | null
}

/** What waits on the device for the network, as the page shows it. */
export const usePendingStore = defineStore('pending', () => {
  /** In the order they were made. */
  const writes = shallowRef<readonly ShownWrite[]>([])
  const isJustSaved = ref(false)
  /** The customer a waiting write has just been settled for, either way; a new object each time. */
  const settled = shallowRef<{ customerId: string; tags?: CustomerTags }>()
  let timer: ReturnType<typeof setTimeout>

  function saySaved(): void {
    clearTimeout(timer)
    isJustSaved.value = true
    timer = setTimeout(() => (isJustSaved.value = false), SAID_MS)
  }
  const waiting = computed(() => writes.value.length)
  return { writes, waiting, isJustSaved, settled, saySaved }
})
