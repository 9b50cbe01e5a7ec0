import type { Logger } from 'pino'
import type { BrakesRepository, StoredBrake } from './brakes.repository.ts'
import { RATE_ERRCODE, WecomError } from './errors.ts'
import type { WecomBrake } from './types.ts'

/** Too many calls: WeCom blocks for the rest of its minute, then for its hour (wecom/limits.md). */
const RATE = { shortSeconds: 60, longSeconds: 3600, againSeconds: 600 }
/** After a configuration refusal one call in this time, of all servers, asks whether it has been put right. */
const PROBE_SECONDS = 300
/** What other servers have learned is known here after at most this time. */
const CACHED_MS = 2_000

/** Permissions of one API; the other refusals of the configuration (secret, corp, address) concern every call. */
const ONE_API = [48001, 48002, 48005, 60031]
/** A page outside the trusted domain: somebody must look, but calls with other codes and pages succeed. */
const NO_API = [50001, 85005]
/** The name under which a refusal of the credentials stops every call. */
const EVERY_API = '*'

interface Known {
  errcode: number
  ip: string | undefined
  /** monotonic */
  until: number
}

/** The right to make one call. */
export interface Pass {
  /** brakes this call may lift, being the one that asks */
  probes: { name: string; hits: number }[]
}

/**
 * Holds back calls that cannot succeed: an API over its rate for a minute (an hour when it happens again within ten
 * minutes), and everything after a refusal of the configuration — repeated wrong secrets get the address blocked.
 * All servers share the brakes through the database; a call costs no statement while what is known here is fresh.
 * @param deps.elapsedMs monotonic milliseconds
 */
export function createBrakes(deps: {
  repository: BrakesRepository
  log: Pick<Logger, 'warn'>
  elapsedMs?: () => number
}) {
  const { repository, log, elapsedMs = () => performance.now() } = deps
  let known = new Map<string, Known>()
  let readAt = -Infinity
  let reading: Promise<void> | undefined
  /** What was read while something was learned here is older than that. */
  let lessons = 0

  const learn = (name: string, brake: StoredBrake) => {
    lessons++
    known.set(name, toKnown(brake, elapsedMs()))
  }

  async function read(): Promise<void> {
    const before = lessons
    const rows = await repository.list()
    if (before !== lessons) return
    readAt = elapsedMs()
    known = new Map(rows.map(row => [row.api, toKnown(row, readAt)]))
  }
  async function look(): Promise<void> {
    if (elapsedMs() - readAt < CACHED_MS) return
    reading ??= read().finally(() => (reading = undefined))
    await reading
  }
  const refuse = (api: string, { errcode, ip }: Known): never => {
    throw new WecomError(api, { errcode, ip })
  }
  const closedBy = (name: string): Known | undefined => {
    const brake = known.get(name)
    return brake && elapsedMs() < brake.until ? brake : undefined
  }

  /** @throws WecomError when another call is the one that asks */
  async function probe(api: string, name: string): Promise<Pass['probes']> {
    const brake = known.get(name)
    if (!brake || brake.errcode === RATE_ERRCODE) return []
    const claimed = await repository.claimProbe(name, PROBE_SECONDS)
    if (claimed) {
      learn(name, claimed)
      return [{ name, hits: claimed.hits }]
    }
    // Claimed by another, or lifted: the database knows.
    readAt = -Infinity
    await look()
    if (known.has(name)) refuse(api, brake)
    return []
  }

  return {
    /** @throws WecomError as the last refusal, without a call */
    async enter(api: string): Promise<Pass> {
      await look()
      const names = [EVERY_API, api]
      for (const name of names) {
        const brake = closedBy(name)
        if (brake) refuse(api, brake)
      }
      const probes: Pass['probes'] = []
      for (const name of names) probes.push(...(await probe(api, name)))
      return { probes }
    },

    /** WeCom has looked at the call itself: what the brake was for has been put right. */
    async passed({ probes }: Pass): Promise<void> {
      for (const { name, hits } of probes) {
        lessons++
        known.delete(name)
        try {
          await repository.lift(name, hits)
        } catch (cause) {
          // The call itself has succeeded, and must not look as if it had not.
          log.warn({ err: cause, api: name }, 'the brake was not lifted; the next probe will')
        }
      }
    },

    /** What a refusal closes; counts here at once, also while the database is away. */
    async note(error: WecomError): Promise<void> {
      const { api, errcode, ip, retry } = error
      if (errcode === null || (retry !== 'breaker' && retry !== 'stop') || NO_API.includes(errcode)) return
      const isRate = retry === 'breaker'
      const name = isRate || ONE_API.includes(errcode) ? api : EVERY_API
      lessons++
      const forMs = (isRate ? RATE.shortSeconds : PROBE_SECONDS) * 1000
      known.set(name, { errcode, ip, until: elapsedMs() + forMs })
      try {
        const written = isRate
          ? await repository.closeForRate(api, errcode, RATE)
          : await repository.closeForConfiguration(
              name,
              { errcode, ip, rateErrcode: RATE_ERRCODE },
              PROBE_SECONDS,
            )
        learn(name, written)
      } catch (cause) {
        log.warn(
          { err: cause, api, errcode },
          'the brake was not written; other servers learn of it themselves',
        )
      }
    },

    /** What is closed now, or waits for somebody to put it right. */
    async list(): Promise<WecomBrake[]> {
      const rows = await repository.list()
      return rows
        .filter(({ errcode, leftMs }) => errcode !== RATE_ERRCODE || leftMs > 0)
        .map(({ api, errcode, ip, since, until }) => ({ api, errcode, ip, since, until }))
    },
  }
}
export type Brakes = ReturnType<typeof createBrakes>

const toKnown = ({ errcode, ip, leftMs }: StoredBrake, now: number): Known => ({
  errcode,
  ip: ip ?? undefined,
  until: now + leftMs,
})
