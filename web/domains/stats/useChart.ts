import { onMounted, onUnmounted, watch, type ShallowRef } from 'vue'

/**
 * A picture in an element, drawn again whenever what it shows changes, and taken away with the component. The library of charts
 * is fetched by `draw`, so that only pages with pictures have it; of several drawings at once the last one stays.
 */
export function useChart<Shown>(
  place: Readonly<ShallowRef<HTMLElement | null>>,
  shown: () => Shown,
  fetchDraw: () => Promise<(place: HTMLElement, shown: Shown) => () => void>,
): void {
  let takeAway: (() => void) | undefined
  let latest = 0
  async function paint() {
    const turn = ++latest
    const draw = await fetchDraw()
    if (turn !== latest || !place.value) return
    takeAway?.()
    takeAway = draw(place.value, shown())
  }
  onMounted(paint)
  watch(shown, paint, { flush: 'post' })
  onUnmounted(() => {
    latest++
    takeAway?.()
  })
}
