/** After what is on the screen, when nothing else is to do; within three seconds. */
export function whenIdle(act: () => void): void {
  // Younger than some of the browsers we serve.
  if ('requestIdleCallback' in window) requestIdleCallback(act, { timeout: 3_000 })
  else setTimeout(act, 1_000)
}

/** Goes through many things a few at a time, so that a tap in between is answered at once. */
export function inIdleSlices<T>(
  items: readonly T[],
  sliceLength: number,
  act: (slice: readonly T[]) => void,
): void {
  if (items.length === 0) return
  whenIdle(() => {
    act(items.slice(0, sliceLength))
    inIdleSlices(items.slice(sliceLength), sliceLength, act)
  })
}
