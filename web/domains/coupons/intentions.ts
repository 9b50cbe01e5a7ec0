import { createSendIntention, type SendIntention } from '../sends/sendIntention.ts'

/** A tap within this time after a request without an answer means the same coupon, not a second one. */
const SAME_INTENTION_MS = 5 * 60_000

/** One intention for each coupon that was asked for and is not over yet. */
export function createIntentions() {
  const opened = new Map<string, SendIntention>()
  return {
    of(id: string): SendIntention {
      const intention = opened.get(id) ?? createSendIntention(SAME_INTENTION_MS)
      opened.set(id, intention)
      return intention
    },
    /** It is over: the next one is another. */
    close: (id: string) => void opened.delete(id),
  }
}
