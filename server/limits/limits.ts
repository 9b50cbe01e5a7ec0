import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Db, Tx } from '../db/db.ts'
import { Refusal } from '../errors.ts'
import type { Sealing } from '../sealing.ts'
import { createLimitsRepository } from './limits.repository.ts'
import { createPace, type Pace, type PaceDeps, type PaceRule } from './pace.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** How often the servers tell each other what was taken. */
const SHARE_MS = 1_000
/** Blocked ones known at a time. */
const REMEMBERED = 10_000

/** The settings among the limits. */
export interface LimitSettings {
  /** of one session */
  requestsPerSecond: number
  /** of one address */
  loginsPerMinute: number
}

/**
 * All limits of the product (reliability.md §8), for all servers together.
 *
 * - **Paces** are for what is frequent. Each server decides by itself, at once and without a statement, and once a second all of them
 *   add what was taken to one row per key, in one statement for all keys. The card stays one statement; a client that spreads over
 *   N servers gets at most N bursts before they know of each other, and from then on the one pace.
 * - **Quotas** are for what is rare. Each is counted in the database where it happens, exactly: never more in any period, whatever
 *   the number of servers.
 * - **Misses** are quotas of what was not found. They cost a statement only when something is missed; that somebody has missed too
 *   often is remembered here, so one who is refused costs nothing, and each further server lets one more through before it knows.
 */
const pacesOf = ({ requestsPerSecond }: LimitSettings) =>
  ({
    session: { perSecond: requestsPerSecond, burst: 3 * requestsPerSecond },
    // An open page of a coupon asks at most twenty times in its first minute, and may be open on two phones.
    look: { perSecond: 1, burst: 60 },
    // People of one group who are not known yet.
    groupClaim: { perSecond: 10, burst: 600 },
  }) satisfies Record<string, PaceRule>
export type Paced = keyof ReturnType<typeof pacesOf>

interface QuotaRule {
  most: number
  periodMs: number
  /** what whoever is refused is told beside that it was too often */
  words?: string
}

const quotasOf = ({ loginsPerMinute }: LimitSettings) => ({
  jsapi: { most: 60, periodMs: HOUR_MS },
  export: { most: 3, periodMs: 24 * HOUR_MS, words: '一天最多导出 3 次，各种导出合计' },
  login: { most: loginsPerMinute, periodMs: MINUTE_MS },
  loginReturn: { most: loginsPerMinute, periodMs: MINUTE_MS },
  // Everybody who comes by a proxy that nobody has named (TRUSTED_PROXIES): one guide in a hurry must not keep a company out.
  loginByProxy: { most: Math.max(600, loginsPerMinute), periodMs: MINUTE_MS },
  // A coupon's link by its holder; more come only from machines.
  claim: { most: 10, periodMs: MINUTE_MS },
})
export type Quota = keyof ReturnType<typeof quotasOf>

const MISSES = {
  // Ids of customers that are none of hers (P2).
  unknownId: { most: 20, periodMs: MINUTE_MS },
  // Whole phone numbers that end as one of hers does, of which she is shown the last four digits.
  wrongPhone: { most: 20, periodMs: HOUR_MS },
  // Codes of coupons that are none of ours: whoever types badly gets there, whoever guesses does not get far.
  unknownCode: { most: 20, periodMs: 5 * MINUTE_MS },
}
export type Miss = keyof typeof MISSES

export interface LimitsDeps {
  db: Db
  clock: Clock
  log: Pick<Logger, 'warn'>
  sealing: Pick<Sealing, 'keyedHash'>
  settings: LimitSettings
  paces?: PaceDeps
}

/** Seconds everywhere are whole ones to wait; 0 means go on. */
export interface Limits {
  pace(what: Paced, who: string): number
  quota(what: Quota, who: string): Promise<number>
  /**
   * @param within counts with this transaction: what is rolled back has not happened
   * @throws Refusal rate_limited
   */
  admit(what: Quota, who: string, within?: Tx): Promise<void>
  /** How often she may still. */
  left(what: Quota, who: string): Promise<number>
  /** Whether she has missed too often lately. @throws Refusal rate_limited */
  assertFewMisses(what: Miss, who: string): void
  /** Never throws: what was not found is answered as that, whatever becomes of the count. */
  noteMiss(what: Miss, who: string): Promise<void>
}

export interface SharedLimits extends Limits {
  /** Tells the other servers what was taken here, and learns what they have told. Never throws. */
  share(): Promise<void>
  /** Takes away, once a minute, what says nothing any more. Never throws. */
  sweep(): Promise<void>
  /** From now on once a second. @returns what ends it */
  start(): () => Promise<void>
}

/** For what is no server: a test that asks faster than people do. */
export const noLimits: Limits = {
  pace: () => 0,
  quota: async () => 0,
  admit: async () => undefined,
  left: async () => Number.MAX_SAFE_INTEGER,
  assertFewMisses: () => undefined,
  noteMiss: async () => undefined,
}

export function createLimits({ db, clock, log, sealing, settings, paces: given }: LimitsDeps): SharedLimits {
  const repository = createLimitsRepository(db)
  const quotaRules = quotasOf(settings)
  // Each with keys of its own: a flood of invented links pushes out no session.
  const paces = new Map<string, Pace>(
    Object.entries(pacesOf(settings)).map(([what, rule]) => [what, createPace(rule, given)]),
  )
  /** until when, by key */
  const blocked = new Map<string, number>()
  let sweptAt = clock.now().getTime()
  /** said once, not every second */
  let isCutOff = false

  const keyOf = (what: string, who: string) => sealing.keyedHash(`limit ${what} ${who}`)
  const secondsUntil = (at: number) => Math.max(0, Math.ceil((at - clock.now().getTime()) / 1000))

  async function quota(what: Quota, who: string, within: Db | Tx = db): Promise<number> {
    const { most, periodMs } = quotaRules[what]
    const taken = await createLimitsRepository(within).take(keyOf(what, who), most, periodMs, clock.now())
    return taken.isRefused ? Math.max(1, secondsUntil(taken.oldest.getTime() + periodMs)) : 0
  }

  function block(name: string, until: number): void {
    blocked.delete(name)
    blocked.set(name, until)
    const oldest = blocked.keys().next()
    if (blocked.size > REMEMBERED && !oldest.done) blocked.delete(oldest.value)
  }

  async function share(): Promise<void> {
    const told = [...paces].map(([what, pace]) => ({ what, pace, spent: pace.untold() }))
    // The keyed hash is made here, once a second, and not at every request.
    const rows = new Map(
      told.flatMap(({ what, pace, spent }) =>
        [...spent].map(([who, costMs]) => {
          const key = keyOf(what, who)
          return [key.toString('hex'), { key, costMs, pace, who }] as const
        }),
      ),
    )
    try {
      if (rows.size > 0) {
        for (const { key, debtMs } of await repository.spend([...rows.values()])) {
          const row = rows.get(key.toString('hex'))
          row?.pace.learn(row.who, debtMs)
        }
      }
      isCutOff = false
    } catch (error) {
      // Without a database each server goes on by what it has seen itself.
      for (const { pace, spent } of told) pace.keep(spent)
      if (!isCutOff) log.warn({ err: error }, 'limits could not be shared')
      isCutOff = true
    }
  }

  async function sweep(): Promise<void> {
    const now = clock.now()
    if (Math.abs(now.getTime() - sweptAt) < MINUTE_MS) return
    sweptAt = now.getTime()
    await repository
      .sweep(now)
      .catch((error: unknown) => log.warn({ err: error }, 'limits could not be swept'))
  }

  return {
    pace: (what, who) => paces.get(what)?.take(who) ?? 0,
    quota: (what, who) => quota(what, who),
    async admit(what, who, within) {
      const retryAfterSeconds = await quota(what, who, within)
      if (retryAfterSeconds === 0) return
      const rule: QuotaRule = quotaRules[what]
      throw new Refusal('rate_limited', { retryAfterSeconds, ...(rule.words && { detail: rule.words }) })
    },
    async left(what, who) {
      const { most, periodMs } = quotaRules[what]
      return Math.max(0, most - (await repository.countTaken(keyOf(what, who), periodMs, clock.now())))
    },
    assertFewMisses(what, who) {
      const until = blocked.get(`${what} ${who}`)
      const retryAfterSeconds = until === undefined ? 0 : secondsUntil(until)
      if (retryAfterSeconds > 0) throw new Refusal('rate_limited', { retryAfterSeconds })
    },
    async noteMiss(what, who) {
      const { most, periodMs } = MISSES[what]
      try {
        const { count, oldest } = await repository.take(keyOf(what, who), most, periodMs, clock.now())
        if (count >= most) block(`${what} ${who}`, oldest.getTime() + periodMs)
      } catch (error) {
        log.warn({ err: error }, 'a miss could not be counted')
      }
    },
    share,
    sweep,
    start() {
      let running = Promise.resolve()
      let isOver = false
      let isBusy = false
      const timer = setInterval(() => {
        // A slow round is not overtaken by the next.
        if (isBusy || isOver) return
        isBusy = true
        running = share()
          .then(sweep)
          .finally(() => (isBusy = false))
      }, SHARE_MS)
      timer.unref()
      return async () => {
        isOver = true
        clearInterval(timer)
        await running
      }
    },
  }
}
