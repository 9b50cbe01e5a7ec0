import { dayMs, startOfDay } from '../world/calendar.ts'
import type { ApiLimits, Quota } from '../world/limits.ts'

const minuteMs = 60_000
const hourMs = 3_600_000

interface Window {
  startedAt: number
  count: number
  blockedUntil: number
}

/**
 * Counts calls in fixed windows; who passes a limit is shut out for the time WeCom's rule says [FREQ, EC].
 * @param elapsedMs a clock that only runs forward, for minutes and hours — not the sandbox's own, which may stand still
 * @param now the sandbox's clock, for days and months
 */
export function createRates(limits: () => ApiLimits, elapsedMs: () => number, now: () => number) {
  const windows = new Map<string, Window>()
  const wrongSecrets = new Map<string, { count: number; blockedUntil: number }>()
  let noticeDay = { startedAt: 0, count: 0 }

  /** When the window began that `at` lies in, how long it is, and until when an excess in it is punished. */
  function ruleOf(per: Quota['per']) {
    const { minuteBlockSeconds, hourBlockSeconds, monthBlockDays } = limits()
    const elapsed = elapsedMs()
    const today = now()
    switch (per) {
      case 'minute':
        return { at: elapsed, windowMs: minuteMs, until: elapsed + minuteBlockSeconds * 1000 }
      case 'hour':
        return { at: elapsed, windowMs: hourMs, until: elapsed + hourBlockSeconds * 1000 }
      case 'day':
        return { at: today, windowMs: dayMs, until: startOfDay(today) + dayMs }
      case 'month':
        return { at: today, windowMs: 30 * dayMs, until: today + monthBlockDays * dayMs }
    }
  }

  function isWithin(key: string, most: number, per: Quota['per']): boolean {
    const { at, windowMs, until } = ruleOf(per)
    const known = windows.get(key)
    if (known && known.blockedUntil > at) return false
    const begin = per === 'day' ? startOfDay(at) : at
    const isFresh = !known || known.blockedUntil > 0 || begin - known.startedAt >= windowMs
    const window = isFresh ? { startedAt: begin, count: 0, blockedUntil: 0 } : known
    window.count += 1
    windows.set(key, window)
    if (window.count <= most) return true
    window.blockedUntil = until
    return false
  }

  /** Counts up to `most` in each window; what comes beyond is not counted and not punished. */
  function takes(key: string, most: number, windowMs: number): boolean {
    const known = windows.get(key)
    const at = elapsedMs()
    const window =
      known && at - known.startedAt < windowMs ? known : { startedAt: at, count: 0, blockedUntil: 0 }
    windows.set(key, window)
    if (window.count >= most) return false
    window.count += 1
    return true
  }

  return {
    /** by the corp and by the address, and what was set for this API alone */
    allowsCall(api: string, ip: string): boolean {
      const { callsPerMinute, callsPerHour, callsPerMinuteOfIp, callsPerHourOfIp, quotas } = limits()
      return [
        isWithin(`minute ${api}`, callsPerMinute, 'minute'),
        isWithin(`hour ${api}`, callsPerHour, 'hour'),
        isWithin(`minute ${api} ${ip}`, callsPerMinuteOfIp, 'minute'),
        isWithin(`hour ${api} ${ip}`, callsPerHourOfIp, 'hour'),
        ...quotas
          .filter(quota => quota.api === api)
          .map(({ per, most }) => isWithin(`quota ${per} ${api}`, most, per)),
      ].every(Boolean)
    },
    allowsTicket(api: string): boolean {
      const { ticketsPerHour, ticketsPerHourOfCorp } = limits()
      return [
        isWithin(`ticket ${api}`, ticketsPerHour, 'hour'),
        isWithin(`ticket of the corp ${api}`, ticketsPerHourOfCorp, 'hour'),
      ].every(Boolean)
    },
    allowsDebug: (api: string) => isWithin(`debug ${api}`, limits().debugCallsPerMinute, 'minute'),

    /** Whether this member still gets a notice; what is too much is dropped. */
    allowsNotice(userId: string): boolean {
      const { noticesPerMinute, noticesPerHour } = limits()
      return (
        takes(`notice ${userId}`, noticesPerMinute, minuteMs) &&
        takes(`notices ${userId}`, noticesPerHour, hourMs)
      )
    },
    /** Person-times of the app in one natural day; once passed, nothing more goes out before midnight [FREQ]. */
    allowsNotices(people: number): boolean {
      const { accounts, noticesPerAccountPerDay } = limits()
      const startedAt = startOfDay(now())
      if (noticeDay.startedAt !== startedAt) noticeDay = { startedAt, count: 0 }
      noticeDay.count += people
      return noticeDay.count <= accounts * noticesPerAccountPerDay
    },

    /** An address that keeps coming with a wrong secret is shut out for an hour [EC]. */
    isBlocked: (ip: string) => (wrongSecrets.get(ip)?.blockedUntil ?? 0) > elapsedMs(),
    wrongSecret(ip: string) {
      const known = wrongSecrets.get(ip)
      const count = (known && known.blockedUntil === 0 ? known.count : 0) + 1
      const { wrongSecretsBeforeBlock, wrongSecretBlockSeconds } = limits()
      const isTooMany = count >= wrongSecretsBeforeBlock
      const blockedUntil = isTooMany ? elapsedMs() + wrongSecretBlockSeconds * 1000 : 0
      wrongSecrets.set(ip, { count, blockedUntil })
    },
    rightSecret: (ip: string) => wrongSecrets.delete(ip),
    forget() {
      windows.clear()
      wrongSecrets.clear()
      noticeDay = { startedAt: 0, count: 0 }
    },
  }
}

export type Rates = ReturnType<typeof createRates>
