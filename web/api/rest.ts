/** Longer than this nobody is kept waiting without a word. */
const LONGEST_MS = 5_000

let restsUntil = 0

/** Resolves when the server may be asked again. */
export async function rested(): Promise<void> {
  const leftMs = restsUntil - Date.now()
  if (leftMs > 0) await new Promise(resolve => setTimeout(resolve, leftMs))
}

/**
 * Whether an answer means: a little later. Then nothing of this page asks before; the same request may be made once more, for a
 * refused one has done nothing. What is counted by the hour or the day holds up nothing else, and is told at once.
 * @param retryAfter the answer's `Retry-After`
 */
export function wantsRest(status: number, retryAfter: unknown): boolean {
  const milliseconds = Number(retryAfter) * 1000
  if (status !== 429 || !(milliseconds > 0 && milliseconds <= LONGEST_MS)) return false
  restsUntil = Math.max(restsUntil, Date.now() + milliseconds)
  return true
}
