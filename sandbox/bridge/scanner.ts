/** How long a member holds the scanner without finding anything before closing it. */
const PATIENCE_MS = 60_000

/** What the scanner ends with: what it read, closed by the member (`null`), or a camera that WeCom may not use. */
export type Scanned = string | null | { isDenied: true }

/** What the device's camera will see: texts queued ahead, or given while the scanner is open. */
export interface Scanner {
  /** The next text, waiting for it if need be; `null` when the scanner is closed without one. */
  next(deviceId: string): Promise<Scanned>
  give(deviceId: string, scanned: Scanned): void
}

export function createScanner(): Scanner {
  const queued = new Map<string, Scanned[]>()
  const waiting = new Map<string, (scanned: Scanned) => void>()

  return {
    next(deviceId) {
      const ahead = queued.get(deviceId)?.shift()
      if (ahead !== undefined) return Promise.resolve(ahead)
      waiting.get(deviceId)?.(null)
      return new Promise(resolve => {
        const close = setTimeout(() => finish(null), PATIENCE_MS)
        close.unref()
        const finish = (found: Scanned) => {
          clearTimeout(close)
          if (waiting.get(deviceId) === finish) waiting.delete(deviceId)
          resolve(found)
        }
        waiting.set(deviceId, finish)
      })
    },
    give(deviceId, scanned) {
      const finish = waiting.get(deviceId)
      if (finish) finish(scanned)
      else queued.set(deviceId, [...(queued.get(deviceId) ?? []), scanned])
    },
  }
}
