/** When whoever wrote a script is told that it does not do well. */

export interface WatchLimits {
  /** fewer sends say nothing */
  minSends: number
  lostPercent: number
  cancelledPercent: number
}

export interface ScriptCounts {
  sends: number
  cancelled: number
  replies: number
  purchases: number
  lost: number
}

/** One who leaves may have had any reason. */
const FEWEST_LOST = 2

/** `lost`: friends were removed soon after it. `cancelled`: guides begin with it and think better of it. */
export type WatchReason = 'lost' | 'cancelled'

/** What is wrong with a script by these numbers, the graver first; undefined when nothing is. */
export function watchReason(
  { sends, cancelled, lost }: ScriptCounts,
  limits: WatchLimits,
): WatchReason | undefined {
  if (sends >= limits.minSends && lost >= FEWEST_LOST && lost * 100 >= limits.lostPercent * sends)
    return 'lost'
  const begun = sends + cancelled
  return begun >= limits.minSends && cancelled > 0 && cancelled * 100 >= limits.cancelledPercent * begun
    ? 'cancelled'
    : undefined
}

/** What to tell about it, in one line. */
export const watchText = (reason: WatchReason, { sends, cancelled, lost }: ScriptCounts): string =>
  reason === 'lost'
    ? `发出 ${sends} 次，3 天内有 ${lost} 位删了好友`
    : `点了 ${sends + cancelled} 次发送，${cancelled} 次又取消了`
