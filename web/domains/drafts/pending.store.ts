import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'

/** How long it is said that everything is saved, in milliseconds. */
const SAID_MS = 4_000

/** What waits on the device for the network, as the page shows it. */
export const usePendingStore = defineStore('pending', () => {
  const waiting = ref(0)
  const isJustSaved = ref(false)
  /** The customer a waiting write has just been settled for, either way; a new object each time. */
  const settled = shallowRef<{ customerId: string }>()
  let timer: ReturnType<typeof setTimeout>

  function saySaved(): void {
    clearTimeout(timer)
    isJustSaved.value = true
    timer = setTimeout(() => (isJustSaved.value = false), SAID_MS)
  }
  return { waiting, isJustSaved, settled, saySaved }
})
