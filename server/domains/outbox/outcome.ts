import { WecomError } from '../../wecom/errors.ts'
import { refusalReason } from './refusalReason.ts'

/** Waits after the first, second, … failed try; the last one from there on. */
const WAITS_SECONDS = [10, 60, 300, 1200, 3600]
const GIVE_UP_SECONDS = 24 * 3600
/** Somebody has to put the configuration right; WeCom is not asked more often than this. */
const STOPPED_SECONDS = 300
const BRAKE_SECONDS = 60
/** Rows that failed together do not come back together. */
const JITTER = 0.2

/** What becomes of a row whose delivery ended. */
export type Outcome =
  | { state: 'done' }
  | { state: 'refused'; errcode: number | null; reason: string }
  | { state: 'dead'; errcode: number | null; reason: string }
  | { state: 'cancelled'; errcode: null; reason: string }
  | {
      state: 'waiting'
      errcode: number | null
      afterSeconds: number
      /** tries that count from now on; 0 also forgets when the first one was */
      tries: number
      /** held back by this API's brake: not before its end */
      brakeOf: string | null
    }

const DEAD = '试了一天都没有成功'

/** What the tries so far say about the next one, by `reliability.md` §6. @param random 0 … 1 */
export function failedOutcome(
  error: unknown,
  { tries, triedForSeconds }: { tries: number; triedForSeconds: number },
  random = Math.random(),
): Outcome {
  const jitter = 1 + JITTER * (random - 0.5)
  const errcode = error instanceof WecomError ? error.errcode : null
  const retry = error instanceof WecomError ? error.retry : 'quick'
  const waiting = { state: 'waiting', errcode, brakeOf: null } as const
  if (retry === 'final') return { state: 'refused', errcode, reason: refusalReason(errcode) }
  // Neither counts against the day: it is not this row that fails.
  if (retry === 'stop') return { ...waiting, afterSeconds: STOPPED_SECONDS * jitter, tries: 0 }
  if (retry === 'breaker') {
    const brakeOf = error instanceof WecomError ? error.api : null
    return { ...waiting, afterSeconds: BRAKE_SECONDS * jitter, tries: tries - 1, brakeOf }
  }
  if (triedForSeconds >= GIVE_UP_SECONDS) return { state: 'dead', errcode, reason: deadReason(error) }
  const wait = WAITS_SECONDS[Math.min(tries, WAITS_SECONDS.length) - 1] ?? 0
  return { ...waiting, afterSeconds: wait * jitter, tries }
}

function deadReason(error: unknown): string {
  if (!(error instanceof WecomError)) return DEAD
  return error.errcode === null
    ? `${DEAD}：企业微信没有回应`
    : `${DEAD}：企业微信一直忙（编号 ${error.errcode}）`
}
