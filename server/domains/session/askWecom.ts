import { Refusal, Upstream } from '../../errors.ts'
import { WecomError } from '../../wecom/client.ts'

/** Codes of a login code that is used up, too old or never was one [D91023]. */
const SPENT_CODE = [40029, 42003, 42022, 41008]

/** A person waits for WeCom here: its refusals become answers she can act on. */
export async function askWecom<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    if (cause instanceof Refusal || !(cause instanceof WecomError)) throw cause
    if (cause.trouble === 'timeout') throw new Upstream('wecom_timeout', { cause })
    if (cause.retry === 'quick' || cause.retry === 'breaker')
      throw new Upstream('wecom_unavailable', { cause, retryAfterSeconds: 5 })
    throw new Upstream('wecom_error', { cause })
  }
}

/** Whom a login code names; `spent` for one that names nobody any more. */
export async function unlessSpent<T>(asking: Promise<T>): Promise<T | 'spent'> {
  try {
    return await asking
  } catch (error) {
    if (error instanceof WecomError && error.errcode !== null && SPENT_CODE.includes(error.errcode))
      return 'spent'
    throw error
  }
}
