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

/** Rows written in one round. */
const TOLD_AT_ONCE = 2_000

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
    const bucket = known ?? { debtMs: 0, at: now(), untoldMs: 0 }
    // Who asks stands last, and whoever has not asked for longest goes first: a flood pushes out itself.
    buckets.delete(key)
    const idlest = buckets.keys().next()
    if (buckets.size >= most && !idlest.done) buckets.delete(idlest.value)
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

    /**
     * What was taken since the last time, by key, in milliseconds; of too many keys those that took most: keys invented by the
     * thousand, each used once, cost no rows.
     */
    untold(): Map<string, number> {
      const at = now()
      const taken: [string, Bucket][] = []
      for (const [key, bucket] of buckets) {
        if (bucket.untoldMs > 0) taken.push([key, bucket])
        // Says nothing that a new one would not say.
        else if (debtAt(bucket, at) === 0) buckets.delete(key)
      }
      if (taken.length > TOLD_AT_ONCE) taken.sort(([, one], [, other]) => other.untoldMs - one.untoldMs)
      const told = new Map(
        taken.slice(0, TOLD_AT_ONCE).map(([key, { untoldMs }]) => [key, untoldMs] as const),
      )
      for (const [, bucket] of taken) bucket.untoldMs = 0
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
