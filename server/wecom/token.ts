import type { Clock } from '../clock.ts'
import type { Sealing } from '../sealing.ts'
import type { CredentialKind, CredentialsRepository, StoredCredential } from './credentials.repository.ts'
import { WecomError } from './errors.ts'

/** Part of its life after which a credential is fetched anew. */
const REFRESH_AT = 0.85
/** A clock set back must not keep a credential for ever. */
const CLOCK_TOLERANCE_MS = 60_000

export interface Credential {
  value: string
  generation: number
  fetchedAt: Date
}

interface Held extends Credential {
  expiresAt: Date
}

export interface FetchedCredential {
  value: string
  expiresInSeconds: number
}

export interface WantedCredential {
  /** not this generation or an older one: WeCom has refused it */
  after?: number
  /** not older than this many seconds */
  maxAgeSeconds?: number
}

/**
 * One token or ticket, shared by every process through the database: the first that finds it spent fetches a new one, the
 * others wait and read. A newer one is never replaced by an older (generations only grow).
 */
export function createCredential(
  kind: CredentialKind,
  deps: {
    repository: CredentialsRepository
    sealing: Pick<Sealing, 'seal' | 'open'>
    clock: Clock
    fetch: () => Promise<FetchedCredential>
  },
) {
  const { repository, sealing, clock, fetch } = deps
  let held: Held | undefined
  let running: Promise<Held> | undefined

  const isFresh = (candidate: Held, wanted: WantedCredential): boolean => {
    const now = clock.now().getTime()
    const fetchedAt = candidate.fetchedAt.getTime()
    const life = candidate.expiresAt.getTime() - fetchedAt
    return (
      candidate.generation > (wanted.after ?? 0) &&
      fetchedAt <= now + CLOCK_TOLERANCE_MS &&
      now < fetchedAt + life * REFRESH_AT &&
      now - fetchedAt <= (wanted.maxAgeSeconds ?? Infinity) * 1000
    )
  }
  const isUsable = (candidate: Held, wanted: WantedCredential): boolean =>
    candidate.generation > (wanted.after ?? 0) && clock.now() < candidate.expiresAt

  /** Undefined also when it was sealed under another secret: then a new one is fetched over it. */
  function unseal(stored: StoredCredential): Held | undefined {
    try {
      const { generation, fetchedAt, expiresAt } = stored
      return { value: sealing.open(stored.sealed), generation, fetchedAt, expiresAt }
    } catch {
      // SESSION_SECRET or the app's secret has changed; what was sealed is of no use any more.
      return undefined
    }
  }

  async function renew(wanted: WantedCredential): Promise<Held> {
    const stored = await repository.find(kind)
    const found = stored && unseal(stored)
    if (found && isFresh(found, wanted)) return found
    return repository.alone(kind, async () => {
      const latest = await repository.find(kind)
      const known = latest && unseal(latest)
      if (known && isFresh(known, wanted)) return known
      try {
        const { value, expiresInSeconds } = await fetch()
        const fetchedAt = clock.now()
        const standing = await repository.replace(kind, {
          sealed: sealing.seal(value),
          generation: (latest?.generation ?? 0) + 1,
          fetchedAt,
          expiresAt: new Date(fetchedAt.getTime() + expiresInSeconds * 1000),
        })
        const renewed = unseal(standing)
        if (!renewed) throw new Error(`the ${kind} just written cannot be opened`)
        return renewed
      } catch (error) {
        // The last part of its life is there for this: WeCom is away, the old one still works.
        if (error instanceof WecomError && known && isUsable(known, wanted)) return known
        throw error
      }
    })
  }

  return {
    async get(wanted: WantedCredential = {}): Promise<Credential> {
      if (held && isFresh(held, wanted)) return held
      // One at a time within the process; whoever waited looks again, for it may want a newer one.
      while (running) {
        const arrived = await running
        if (isFresh(arrived, wanted)) return arrived
      }
      running = renew(wanted)
      try {
        held = await running
        return held
      } finally {
        running = undefined
      }
    },

    /** WeCom has refused this generation: nobody shall use it again. */
    async spend(generation: number): Promise<void> {
      if (held && held.generation <= generation) held = undefined
      await repository.expire(kind, generation, clock.now())
    },
  }
}
export type CredentialSource = ReturnType<typeof createCredential>
