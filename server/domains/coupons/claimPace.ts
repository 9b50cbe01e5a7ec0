/** Claims let through per link in a window; more come only from machines. */
const LIMIT = 10
const WINDOW_MS = 60_000
/** Links remembered at a time, so that a flood of invented ones fills no memory. */
const REMEMBERED = 10_000

/** Slows down whoever posts to the same link again and again (P6). One per process is enough: the claim itself is safe to repeat. */
export function createClaimPace(now: () => number = () => performance.now()) {
  const windows = new Map<string, { startedAt: number; count: number }>()

  return {
    /** @returns whole seconds to wait, 0 when the claim may go on */
    secondsToWait(token: string): number {
      const at = now()
      const window = windows.get(token)
      if (!window || at - window.startedAt >= WINDOW_MS) {
        windows.delete(token)
        windows.set(token, { startedAt: at, count: 1 })
        const oldest = windows.keys().next()
        if (windows.size > REMEMBERED && !oldest.done) windows.delete(oldest.value)
        return 0
      }
      window.count += 1
      return window.count <= LIMIT ? 0 : Math.ceil((window.startedAt + WINDOW_MS - at) / 1000)
    },
  }
}
