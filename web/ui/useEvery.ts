import { onMounted, onUnmounted, watch } from 'vue'

/**
 * Looks again and again with a pause between the end of one look and the next, only while it is wanted and the page is in
 * front; a page that comes back to the front looks at once.
 */
export function useEvery(pauseMs: number, isWanted: () => boolean, look: () => Promise<unknown>): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isLooking = false
  let isMounted = false

  function arm(): void {
    clearTimeout(timer)
    if (!isMounted || isLooking || !isWanted() || document.visibilityState === 'hidden') return
    timer = setTimeout(() => void lookNow(), pauseMs)
  }
  async function lookNow(): Promise<void> {
    clearTimeout(timer)
    isLooking = true
    await look().catch(() => undefined) // whoever looks keeps the error; the next look tells
    isLooking = false
    arm()
  }
  function shown(): void {
    if (document.visibilityState === 'hidden') clearTimeout(timer)
    else if (isWanted() && !isLooking) void lookNow()
  }

  watch(isWanted, arm)
  onMounted(() => {
    isMounted = true
    document.addEventListener('visibilitychange', shown)
    arm()
  })
  onUnmounted(() => {
    isMounted = false
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', shown)
  })
}
