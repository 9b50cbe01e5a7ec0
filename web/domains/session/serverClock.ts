/** By how much the server's clock is ahead of this device's, milliseconds; phones are wrong more often than servers. */
let aheadMs = 0

/** @param instant the server's, as it came with an answer just now */
export function noteServerNow(instant: string): void {
  aheadMs = Date.parse(instant) - Date.now()
}

/** Milliseconds since 1970 by the server's clock: what is said of days and hours goes by it. */
export const serverNow = (): number => Date.now() + aheadMs
