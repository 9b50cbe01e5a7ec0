import { fateOf, isPassing, UnexpectedAnswer } from '../api/apiError.ts'

/** Pauses before the second, third … attempt, in milliseconds; the last one repeats. */
const PAUSES_MS = [1_000, 3_000, 8_000, 20_000, 60_000] as const

export type Recorded = 'done' | 'queued' | 'refused'

/**
 * Records something that has already happened and must not be lost: tries once and answers; while the server cannot be
 * reached it goes on trying in the background, sooner when the network comes back. The attempt must be safe to repeat.
 * `refused` means that the server will not take it, however often it is asked.
 */
export async function retrying(attempt: () => Promise<unknown>): Promise<Recorded> {
  const first = await tried(attempt)
  if (first === 'queued') void goOn(attempt)
  return first
}

async function tried(attempt: () => Promise<unknown>): Promise<Recorded> {
  try {
    await attempt()
    return 'done'
  } catch (error) {
    // It was taken, whatever the answer looks like.
    if (error instanceof UnexpectedAnswer && error.status < 300) return 'done'
    // Without a session it waits for her to sign in again.
    return isPassing(error) || fateOf(error) === 'notNow' ? 'queued' : 'refused'
  }
}

async function goOn(attempt: () => Promise<unknown>): Promise<void> {
  for (let round = 0; ; round++) {
    await pause(PAUSES_MS[Math.min(round, PAUSES_MS.length - 1)] ?? 60_000)
    if ((await tried(attempt)) !== 'queued') return
  }
}

/** Ends early when the network comes back. */
function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer)
      removeEventListener('online', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    addEventListener('online', end)
  })
}
