import type { ApiLimits } from '../world/types.ts'

const minuteMs = 60_000
const hourMs = 3_600_000

interface Window {
  startedAt: number
  count: number
  blockedUntil: number
}

/**
 * Counts calls per API in fixed windows; who passes the limit is shut out for one window more.
 * @param elapsedMs a clock that only runs forward — not the sandbox's own, which may stand still
 */
export function createRates(limits: () => ApiLimits, elapsedMs: () => number) {
  const windows = new Map<string, Window>()
  const wrongSecrets = new Map<string, { count: number; blockedUntil: number }>()

  function isWithin(key: string, limit: number, windowMs: number): boolean {
    const now = elapsedMs()
    const known = windows.get(key)
    if (known && known.blockedUntil > now) return false
    const isFresh = !known || now - known.startedAt >= windowMs || known.blockedUntil > 0
    const window = isFresh ? { startedAt: now, count: 0, blockedUntil: 0 } : known
    window.count += 1
    windows.set(key, window)
    if (window.count <= limit) return true
    window.blockedUntil = now + windowMs
    return false
  }

  return {
    allowsCall: (api: string) => isWithin(`minute ${api}`, limits().callsPerMinute, minuteMs),
    allowsTicket: (api: string) => isWithin(`hour ${api}`, limits().ticketsPerHour, hourMs),
    allowsDebug: (api: string) => isWithin(`debug ${api}`, limits().debugCallsPerMinute, minuteMs),
    allowsNotice: (userId: string) => isWithin(`notice ${userId}`, limits().noticesPerMinute, minuteMs),

    /** An address that keeps coming with a wrong secret is shut out for an hour [EC]. */
    isBlocked: (ip: string) => (wrongSecrets.get(ip)?.blockedUntil ?? 0) > elapsedMs(),
    wrongSecret(ip: string) {
      const known = wrongSecrets.get(ip)
      const count = (known && known.blockedUntil === 0 ? known.count : 0) + 1
      const isTooMany = count >= limits().wrongSecretsBeforeBlock
      wrongSecrets.set(ip, { count, blockedUntil: isTooMany ? elapsedMs() + hourMs : 0 })
    },
    rightSecret: (ip: string) => wrongSecrets.delete(ip),
    forget() {
      windows.clear()
      wrongSecrets.clear()
    },
  }
}

export type Rates = ReturnType<typeof createRates>
