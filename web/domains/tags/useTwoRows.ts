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

  /** How many stand in the first two rows; undefined when all do. */
  function standingIn(element: HTMLElement): number | undefined {
    const tops = new Set<number>()
    for (const [index, child] of [...element.children].entries()) {
      if (child instanceof HTMLElement) tops.add(child.offsetTop)
      if (tops.size > ROWS) return index
    }
    return undefined
  }

  async function measure(): Promise<void> {
    fitting.value = count()
    await nextTick()
    const element = container.value
    // Each look costs a layout: what stands in the third row goes at once, then one by one what gives way to the buttons behind.
    let over = element ? standingIn(element) : undefined
    while (element && over !== undefined && fitting.value > 1) {
      fitting.value = Math.max(1, Math.min(fitting.value - 1, over))
      await nextTick()
      over = standingIn(element)
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
