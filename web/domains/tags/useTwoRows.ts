import { nextTick, onMounted, onUnmounted, ref, watch, type Ref } from 'vue'

/** Chip 32 px + 12 px between rows; a little tolerance for rounding at odd text sizes. */
const ROWS = 2

/**
 * How many of `count` chips fit into two rows of a wrapping container, with whatever else stands in it. Measured before the
 * paint, so that nothing is seen to move.
 */
export function useTwoRows(container: Ref<HTMLElement | null>, count: () => number) {
  const fitting = ref(count())
  let observer: ResizeObserver | undefined
  let width = 0

  function rowsNow(element: HTMLElement): number {
    const tops = new Set<number>()
    for (const child of element.children) if (child instanceof HTMLElement) tops.add(child.offsetTop)
    return tops.size
  }

  async function measure(): Promise<void> {
    fitting.value = count()
    await nextTick()
    const element = container.value
    while (element && fitting.value > 1 && rowsNow(element) > ROWS) {
      fitting.value--
      await nextTick()
    }
  }

  onMounted(() => {
    void measure()
    if (typeof ResizeObserver === 'undefined' || !container.value) return
    width = container.value.clientWidth
    observer = new ResizeObserver(() => {
      const now = container.value?.clientWidth ?? 0
      if (now === width) return
      width = now
      void measure()
    })
    observer.observe(container.value)
  })
  onUnmounted(() => observer?.disconnect())
  watch(count, measure)
  return { fitting, measure }
}
