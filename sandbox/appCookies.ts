/**
 * Whose cookies are whose. One browser plays several people — each member who signs in on the device, and the
 * customer whose phone opens `/c/…` — yet has a single cookie jar. In real life those jars are apart, and WeCom empties
 * its own when the account is switched. So every cookie the app sets is remembered with the person it was set for.
 */
export interface AppCookies {
  /** Note the `Set-Cookie` lines of an answer given to this person. */
  remember(setCookies: string[], owner: CookieOwner): void
  /** What of a `Cookie` header this person may send, and `Set-Cookie` lines that expire what another member left. */
  sort(
    cookieHeader: string,
    owner: CookieOwner,
  ): { forward: string; expire: { name: string; setCookie: string }[] }
}

/** `customer:<externalUserId>`, or `member:<userId>` */
export type CookieOwner = `customer:${string}` | `member:${string}`

interface Remembered {
  owner: CookieOwner
  expiry: string
}

/** Most cookies kept in memory; the oldest are forgotten first. */
const REMEMBERED_MAX = 5_000

const isMember = (owner: CookieOwner) => owner.startsWith('member:')

export function createAppCookies(): AppCookies {
  const remembered = new Map<string, Remembered>()

  return {
    remember(setCookies, owner) {
      for (const line of setCookies) {
        const [pair = '', ...attributes] = line.split(';').map(part => part.trim())
        const name = pair.slice(0, Math.max(0, pair.indexOf('=')))
        if (!name || pair === `${name}=`) continue
        const lasting = attributes.filter(attribute => !/^(max-age|expires)=/i.test(attribute))
        remembered.delete(pair)
        remembered.set(pair, { owner, expiry: [`${name}=`, ...lasting, 'Max-Age=0'].join('; ') })
      }
      for (const oldest of remembered.keys()) {
        if (remembered.size <= REMEMBERED_MAX) break
        remembered.delete(oldest)
      }
    },

    sort(cookieHeader, owner) {
      const forward: string[] = []
      const expire: { name: string; setCookie: string }[] = []
      for (const pair of cookieHeader.split(';').map(part => part.trim())) {
        const known = remembered.get(pair)
        if (!known || known.owner === owner) {
          if (pair) forward.push(pair)
        } else if (isMember(known.owner) && isMember(owner)) {
          expire.push({ name: pair.slice(0, pair.indexOf('=')), setCookie: known.expiry })
        }
      }
      return { forward: forward.join('; '), expire }
    },
  }
}
