import { isIP } from 'node:net'

/**
 * What to do about a refusal of WeCom:
 * `quick` try again in a moment · `refreshToken` the token is spent · `stop` configuration, somebody must look ·
 * `breaker` too many calls, wait for the window's end · `final` the answer will not change.
 */
export type WecomRetry = 'quick' | 'refreshToken' | 'stop' | 'breaker' | 'final'

/** How a call failed on its way; absent when WeCom answered with an errcode. */
export type WecomTrouble = 'timeout' | 'network' | 'unreadable'

/** Too many calls of one API (wecom/limits.md). */
export const RATE_ERRCODE = 45009
/** The address is not among the app's trusted ones. */
const UNTRUSTED_IP = 60020

/** Codes of wecom/server-api.md §14; what is not named is final. */
const retryOf = new Map<number, WecomRetry>([
  ...[-1, 6000, 45033, 45035, 45036].map(code => [code, 'quick'] as const),
  // Another app is sending its welcome just now [D92137].
  [41096, 'quick'],
  ...[40014, 42001].map(code => [code, 'refreshToken'] as const),
  // The credentials and the address: every call would be refused.
  ...[40001, 40013, 40091, 41002, 41004, 50003, UNTRUSTED_IP].map(code => [code, 'stop'] as const),
  // Permissions of one API.
  ...[48001, 48002, 48005, 60031].map(code => [code, 'stop'] as const),
  // The trusted domain.
  ...[50001, 85005].map(code => [code, 'stop'] as const),
  [RATE_ERRCODE, 'breaker'],
])

/** Members who do not exist, have left or are outside the app's range: server-api.md §0 and §14. */
const NO_MEMBER = [40003, 50002, 60011, 60021, 60030, 60111, 92000]

export type WecomProblem =
  | { errcode: number; ip?: string }
  /** @property isUnsent WeCom has certainly not seen the call */
  | { trouble: WecomTrouble; reason?: string; isUnsent?: boolean }

/**
 * The caller's address as the errmsg of 60020 tells it, for the admin to put it on the list; undefined with other codes, and
 * when it is no address. Nothing else of an errmsg is kept.
 */
export function readUntrustedIp(errcode: number, errmsg: unknown): string | undefined {
  if (errcode !== UNTRUSTED_IP || typeof errmsg !== 'string') return undefined
  const found = /from ip: *([0-9a-f.:]+)/i.exec(errmsg)?.[1]
  return found !== undefined && isIP(found) !== 0 ? found : undefined
}

/** A call that did not succeed. Its text holds the API's name, the code and, for 60020, our address: no token, secret or errmsg. */
export class WecomError extends Error {
  readonly api: string
  /** WeCom's errcode; null when there was no readable answer */
  readonly errcode: number | null
  readonly retry: WecomRetry
  readonly trouble: WecomTrouble | undefined
  /** with 60020: the address our calls come from */
  readonly ip: string | undefined
  /** The answer was lost, but not on the way there: WeCom may have done what it was asked. */
  readonly mayHaveActed: boolean

  constructor(api: string, problem: WecomProblem) {
    const refused = 'errcode' in problem
    super(
      refused
        ? `${api}: errcode ${problem.errcode}${problem.ip ? ` (from ip ${problem.ip})` : ''}`
        : `${api}: ${problem.trouble}${problem.reason ? ` (${problem.reason})` : ''}`,
    )
    this.name = 'WecomError'
    this.api = api
    this.errcode = refused ? problem.errcode : null
    this.retry = refused ? (retryOf.get(problem.errcode) ?? 'final') : 'quick'
    this.trouble = refused ? undefined : problem.trouble
    this.ip = refused ? problem.ip : undefined
    this.mayHaveActed = !refused && !problem.isUnsent
  }
}

/** Whether WeCom says that there is no such member for us; any other refusal says nothing about her. */
export const isNoMember = (error: unknown): boolean =>
  error instanceof WecomError && error.errcode !== null && NO_MEMBER.includes(error.errcode)
