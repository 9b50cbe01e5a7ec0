/** How long a member holds the scanner without finding anything before closing it. */
const PATIENCE_MS = 60_000

/** What the device's camera will see: texts queued ahead, or given while the scanner is open. */
export interface Scanner {
  /** The next text, waiting for it if need be; `null` when the scanner is closed without one. */
  next(deviceId: string): Promise<string | null>
  give(deviceId: string, text: string | null): void
}

export function createScanner(): Scanner {
  const queued = new Map<string, (string | null)[]>()
  const waiting = new Map<string, (text: string | null) => void>()

  return {
    next(deviceId) {
      const text = queued.get(deviceId)?.shift()
      if (text !== undefined) return Promise.resolve(text)
      waiting.get(deviceId)?.(null)
      return new Promise(resolve => {
        const close = setTimeout(() => finish(null), PATIENCE_MS)
        close.unref()
        const finish = (found: string | null) => {
          clearTimeout(close)
          if (waiting.get(deviceId) === finish) waiting.delete(deviceId)
          resolve(found)
        }
        waiting.set(deviceId, finish)
      })
    },
    give(deviceId, text) {
      const finish = waiting.get(deviceId)
      if (finish) finish(text)
      else queued.set(deviceId, [...(queued.get(deviceId) ?? []), text])
    },
  }
}
