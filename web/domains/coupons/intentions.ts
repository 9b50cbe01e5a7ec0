import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import type { Claims } from '../sends/limitAsk.store.ts'

/** A tap within this time after a request without an answer means the same coupon, not a second one. */
const SAME_INTENTION_MS = 5 * 60_000

/** What was asked of the server and not answered yet: one key for each, as long as what is asked and said for it stays the same. */
export function createIntentions() {
  const opened = new Map<string, { key: string; since: number; asked: string; said: Claims }>()
  const find = (id: string) => {
    const one = opened.get(id)
    return one && performance.now() - one.since < SAME_INTENTION_MS ? one : undefined
  }
  return {
    /** What was said for it the last time. */
    saidFor: (id: string, what: unknown): Claims => {
      const open = find(id)
      return open?.asked === JSON.stringify([what, open?.said]) ? open.said : {}
    },
    keyFor(id: string, what: unknown, said: Claims): string {
      const asked = JSON.stringify([what, said])
      const open = find(id)
      if (open?.asked === asked) return open.key
      const key = newIdempotencyKey()
      opened.set(id, { key, since: performance.now(), asked, said })
      return key
    },
    /** Answered: the next one is another. */
    close: (id: string) => void opened.delete(id),
  }
}
