import { WecomError } from './errors.ts'

const BREAKER_MS = 60_000
const LONG_BREAKER_MS = 60 * 60_000
const SECOND_HIT_WITHIN_MS = 10 * 60_000
/** After a configuration refusal one call in this time asks whether it has been put right. */
const PROBE_MS = 5 * 60_000

interface Brake {
  until: number
  errcode: number
  lastHit: number
}

/** Permissions of one API; the other refusals of the configuration (secret, corp, address) concern every call. */
const ONE_API = [48001, 48002, 48005, 60031]
/** The name under which a refusal of the credentials stops every call. */
const EVERY_API = '*'

/**
 * Holds back calls that cannot succeed: an API over its rate for a minute (an hour when it happens again within ten
 * minutes), and everything after a refusal of the configuration — repeated wrong secrets get the address blocked.
 * @param elapsedMs monotonic milliseconds
 */
export function createBrakes(elapsedMs: () => number = () => performance.now()) {
  const brakes = new Map<string, Brake>()

  const pull = (name: string, errcode: number, forMs: number) =>
    brakes.set(name, { until: elapsedMs() + forMs, errcode, lastHit: elapsedMs() })

  return {
    /** @throws WecomError as the last refusal, without a call */
    check(api: string): void {
      for (const name of [EVERY_API, api]) {
        const brake = brakes.get(name)
        if (brake && elapsedMs() < brake.until) throw new WecomError(api, { errcode: brake.errcode })
      }
    },
    note(error: WecomError): void {
      const { api, errcode } = error
      if (errcode === null) return
      if (error.retry === 'breaker') {
        const former = brakes.get(api)
        const again = former !== undefined && elapsedMs() - former.lastHit < SECOND_HIT_WITHIN_MS
        pull(api, errcode, again ? LONG_BREAKER_MS : BREAKER_MS)
      }
      if (error.retry === 'stop') pull(ONE_API.includes(errcode) ? api : EVERY_API, errcode, PROBE_MS)
    },
  }
}
