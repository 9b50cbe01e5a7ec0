const WINDOW_MS = 60_000
/** Links remembered at a time, so that a flood of invented ones fills no memory. */
const REMEMBERED = 10_000

/** Slows down whoever posts to the same link again and again (P6). One per process is enough: the claim itself is safe to repeat. */
export function createClaimPace(now: () => number = () => performance.now()) {
  const windows = new Map<string, { startedAt: number; count: number }>()

  return {
    /**
     * @param whose the link, or one person's claims at it
     * @param limit claims let through in a minute; more come only from machines
     * @returns whole seconds to wait, 0 when the claim may go on
     */
    secondsToWait(whose: string, limit: number): number {
      const at = now()
      const window = windows.get(whose)
      if (!window || at - window.startedAt >= WINDOW_MS) {
        windows.delete(whose)
        windows.set(whose, { startedAt: at, count: 1 })
        const oldest = windows.keys().next()
        if (windows.size > REMEMBERED && !oldest.done) windows.delete(oldest.value)
        return 0
      }
      window.count += 1
      return window.count <= limit ? 0 : Math.ceil((window.startedAt + WINDOW_MS - at) / 1000)
    },
  }
}
