/** So many on end, and then so many a second. */
export interface PaceRule {
  perSecond: number
  burst: number
}

export interface PaceDeps {
  /** milliseconds that only go forward */
  now?: () => number
  /** keys known at a time, so that a flood of invented ones fills no memory */
  most?: number
}

interface Bucket {
  /** how long what was taken so far will have taken, at `at` */
  debtMs: number
  at: number
  /** of it, what the others have not been told */
  untoldMs: number
}

export type Pace = ReturnType<typeof createPace>

/**
 * A pace, decided where the request is: a Map and a subtraction, no statement. What was taken here is handed out by `untold` and comes
 * back by `learn` as what was taken everywhere. Between two such rounds a process knows its own part only.
 */
export function createPace(
  { perSecond, burst }: PaceRule,
  { now = () => performance.now(), most = 20_000 }: PaceDeps = {},
) {
  const buckets = new Map<string, Bucket>()
  const costMs = 1000 / perSecond
  const debtAt = ({ debtMs, at }: Bucket, moment: number) => Math.max(0, debtMs - (moment - at))

  function bucketOf(key: string): Bucket {
    const known = buckets.get(key)
    if (known) return known
    const bucket = { debtMs: 0, at: now(), untoldMs: 0 }
    const oldest = buckets.keys().next()
    if (buckets.size >= most && !oldest.done) buckets.delete(oldest.value)
    buckets.set(key, bucket)
    return bucket
  }

  return {
    /** @returns whole seconds to wait, 0 for whoever may go on; who may not has taken nothing */
    take(key: string): number {
      const bucket = bucketOf(key)
      const at = now()
      const debtMs = debtAt(bucket, at) + costMs
      const over = debtMs - burst * costMs
      // Fractions of a thousandth are the arithmetic's, not hers.
      if (over > 1e-3) return Math.max(1, Math.ceil(over / 1000))
      Object.assign(bucket, { debtMs, at, untoldMs: bucket.untoldMs + costMs })
      return 0
    },

    /** What was taken since the last time, by key, in milliseconds. */
    untold(): Map<string, number> {
      const told = new Map<string, number>()
      const at = now()
      for (const [key, bucket] of buckets) {
        if (bucket.untoldMs > 0) told.set(key, bucket.untoldMs)
        // Says nothing that a new one would not say.
        else if (debtAt(bucket, at) === 0) buckets.delete(key)
        bucket.untoldMs = 0
      }
      return told
    },

    /** What stands against a key everywhere, but for what was taken here since `untold`. */
    learn(key: string, debtMs: number): void {
      const bucket = buckets.get(key)
      if (bucket) Object.assign(bucket, { debtMs: debtMs + bucket.untoldMs, at: now() })
    },

    /** Could not be told: it is told the next time. */
    keep(told: ReadonlyMap<string, number>): void {
      for (const [key, spentMs] of told) {
        const bucket = buckets.get(key)
        if (bucket) bucket.untoldMs += spentMs
      }
    },
  }
}
