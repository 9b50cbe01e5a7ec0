const WINDOW_MS = 5 * 60_000
/** Codes that are none of ours, by one member in a window: whoever types badly gets there, whoever guesses does not get far. */
const MISSES = 20
const REMEMBERED = 10_000

/**
 * Keeps whoever looks for codes that do not exist from going on (P2). One per process is enough: with so many processes a guess
 * is so many times as likely, and still beyond hope.
 */
export function createMissPace(now: () => number = () => performance.now()) {
  const windows = new Map<number, { startedAt: number; misses: number }>()

  return {
    /** @returns whole seconds to wait, 0 for whoever may ask */
    secondsToWait(staffId: number): number {
      const window = windows.get(staffId)
      if (!window || window.misses < MISSES) return 0
      return Math.max(0, Math.ceil((window.startedAt + WINDOW_MS - now()) / 1000))
    },

    note(staffId: number): void {
      const at = now()
      const window = windows.get(staffId)
      if (window && at - window.startedAt < WINDOW_MS) {
        window.misses += 1
        return
      }
      windows.delete(staffId)
      windows.set(staffId, { startedAt: at, misses: 1 })
      const oldest = windows.keys().next()
      if (windows.size > REMEMBERED && !oldest.done) windows.delete(oldest.value)
    },
  }
}
