import { computed, ref, shallowReactive } from 'vue'

/** Parts of the page that were wanted and did not come, each with how to try again. */
const missing = shallowReactive(new Map<symbol, () => void>())
const superseded = ref(false)

/** Whether something that should be on the page is not. */
export const isPartMissing = computed(() => missing.size > 0)
/** Whether the server has another release: what is missing comes only with another page. */
export const isSuperseded = computed(() => superseded.value)
export const noteSuperseded = (): void => void (superseded.value = true)

export function tryPartsAgain(): void {
  const again = [...missing.values()]
  missing.clear()
  for (const act of again) act()
}

/** For one place that wants a part. */
export function missParts() {
  const place = Symbol('part')
  let again: (() => void) | undefined
  const forget = () => {
    missing.delete(place)
    removeEventListener('online', tryAlone)
  }
  function tryAlone() {
    forget()
    again?.()
  }
  return {
    forget,
    /** A sheet that nobody waits for any more must not open by itself: only its tap tries it again. */
    note(act: () => void, { isSheet }: { isSheet: boolean }): void {
      again = act
      missing.set(place, act)
      if (!isSheet) addEventListener('online', tryAlone)
    },
  }
}
