import { z } from 'zod'
import type { Clock } from '../../clock.ts'
import type { Sealing } from '../../sealing.ts'

/** How long a person stays known after WeChat has named her: for a few links of an evening, not on a phone that is passed on. */
export const HOLDER_SECONDS = 30 * 60

/** A person who may hold one piece of a group's link: never her id itself, and whose customer she is only where somebody has her. */
export interface ShareHolder {
  /** keyed, of her id within the corp */
  hash: Buffer
  externalUserId: string | null
}

/** What the cookie keeps: sealed, so that the browser can neither read nor change it. */
const Kept = z.object({
  hash: z.base64url(),
  externalUserId: z.string().nullable(),
  until: z.number(),
  /** the link she was made known for and has not claimed from since */
  goesTo: z.string().nullable(),
})

export interface KnownHolder extends ShareHolder {
  goesTo: string | null
}

/** People known to the pages of groups' links, as their browser carries them. */
export const createHolders = (sealing: Sealing, clock: Clock) => ({
  holderOf: (openId: string, externalUserId: string | null): ShareHolder => ({
    hash: sealing.keyedHash(`coupon holder ${openId}`),
    externalUserId,
  }),

  write({ hash, externalUserId, goesTo }: KnownHolder): string {
    const until = clock.now().getTime() + HOLDER_SECONDS * 1000
    const kept = { hash: hash.toString('base64url'), externalUserId, until, goesTo }
    return sealing.seal(JSON.stringify(kept)).toString('base64url')
  },

  /** undefined for a cookie that is none of ours, altered or too old */
  read(cookie: string | undefined): KnownHolder | undefined {
    if (cookie === undefined) return undefined
    const kept = Kept.safeParse(openSealed(sealing, cookie))
    if (!kept.success || kept.data.until <= clock.now().getTime()) return undefined
    const { hash, externalUserId, goesTo } = kept.data
    return { hash: Buffer.from(hash, 'base64url'), externalUserId, goesTo }
  },
})

function openSealed(sealing: Sealing, cookie: string): unknown {
  try {
    return JSON.parse(sealing.open(Buffer.from(cookie, 'base64url')))
  } catch {
    // Sealed under another secret, cut or altered: nobody is known by it.
    return undefined
  }
}
