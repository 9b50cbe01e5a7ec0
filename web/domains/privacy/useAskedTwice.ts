import { onUnmounted, ref } from 'vue'

/** As long as a second tap of the same impatience may take. */
const TO_READ_MS = 700

/**
 * What cannot be taken back is asked twice. The second answer counts only when the warning has stood for a moment: a double tap
 * comes before anybody can have read it.
 */
export function useAskedTwice() {
  const isAsked = ref(false)
  const canAnswer = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined

  function drop(): void {
    clearTimeout(timer)
    isAsked.value = canAnswer.value = false
  }
  /** Called with every tap: the first one asks, and only one that comes after the warning was there to read says yes. */
  function isYes(): boolean {
    if (isAsked.value) return canAnswer.value
    isAsked.value = true
    timer = setTimeout(() => (canAnswer.value = true), TO_READ_MS)
    return false
  }
  onUnmounted(drop)
  return { isAsked, canAnswer, isYes, drop }
}
