import type { Clock } from '../clock.ts'

/** Answers that took longer say too little about the time. */
const SLOW_MS = 2_000
/** A Date header names whole seconds: on average half of one has been cut off. */
const CUT_OFF_MS = 500

/** How far WeCom's clock is ahead of ours, by what its answers carry. The way there and back is measured, not read off a clock. */
export function createSkew(clock: Clock) {
  let skewMs: number | undefined
  return {
    note(date: Date, agoMs: number): void {
      if (agoMs > SLOW_MS) return
      skewMs = Math.round(date.getTime() + CUT_OFF_MS - (clock.now().getTime() - agoMs / 2))
    },
    read: () => skewMs,
  }
}
