import { randomBytes } from 'node:crypto'
import type { ApiLimits } from './limits.ts'
import type { Redeemed } from './types.ts'

/** Old ones are remembered so that they answer "expired" and not "unknown". */
const remembered = 50

interface Credential {
  value: string
  expiresAt: number
}

/** Issues one kind of token or ticket: the same one until it expires, as WeCom does within the validity window. */
function createIssuer(now: () => number, bytes: number, lifeSeconds: () => number) {
  let issued: Credential[] = []
  const valid = () => issued.filter(({ expiresAt }) => expiresAt > now())
  return {
    valid,
    current(): Credential {
      const [standing] = valid()
      if (standing) return standing
      const fresh = {
        value: randomBytes(bytes).toString('base64url'),
        expiresAt: now() + lifeSeconds() * 1000,
      }
      issued.push(fresh)
      if (issued.length > remembered) issued.shift()
      return fresh
    },
    find: (value: string) => issued.find(candidate => candidate.value === value),
    expireAll() {
      for (const credential of issued) credential.expiresAt = Math.min(credential.expiresAt, now())
    },
    revokeAll() {
      issued = []
    },
  }
}

interface Code {
  whom: Redeemed
  expiresAt: number
  isUsed: boolean
}

/** Access tokens, both jsapi tickets and OAuth codes of the one app the sandbox knows. */
export function createCredentials(now: () => number, limits: () => ApiLimits) {
  const tokens = createIssuer(now, 160, () => limits().tokenSeconds)
  const ticketIssuer = () => createIssuer(now, 64, () => limits().ticketSeconds)
  const tickets = { corp: ticketIssuer(), agent: ticketIssuer() }
  const codes = new Map<string, Code>()
  function issue(whom: Redeemed): string {
    const code = randomBytes(32).toString('base64url')
    codes.set(code, { whom, expiresAt: now() + limits().codeSeconds * 1000, isUsed: false })
    const [oldest] = codes.keys()
    if (codes.size > 1000 && oldest) codes.delete(oldest)
    return code
  }
  const secondsLeft = ({ expiresAt }: Credential) => Math.ceil((expiresAt - now()) / 1000)

  return {
    issueToken() {
      const token = tokens.current()
      return { token: token.value, expiresInSeconds: secondsLeft(token) }
    },
    checkToken(token: string): 'ok' | 'expired' | 'unknown' {
      const found = tokens.find(token)
      if (!found) return 'unknown'
      return found.expiresAt > now() ? 'ok' : 'expired'
    },
    expireTokens: () => tokens.expireAll(),
    revokeTokens: () => tokens.revokeAll(),
    ticket(kind: 'corp' | 'agent') {
      const ticket = tickets[kind].current()
      return { ticket: ticket.value, expiresInSeconds: secondsLeft(ticket) }
    },
    validTickets: (kind: 'corp' | 'agent') => tickets[kind].valid().map(({ value }) => value),
    expireTickets(kind?: 'corp' | 'agent') {
      for (const each of kind ? [kind] : (['corp', 'agent'] as const)) tickets[each].expireAll()
    },
    issueCode: (userId: string, domain: string): string => issue({ userId, domain }),
    issueOutsiderCode: (externalUserId: string, domain: string): string => issue({ externalUserId, domain }),
    redeemCode(code: string): Redeemed | 'unknown' | 'used' | 'expired' {
      const found = codes.get(code)
      if (!found) return 'unknown'
      if (found.isUsed) return 'used'
      if (found.expiresAt <= now()) return 'expired'
      found.isUsed = true
      return found.whom
    },
  }
}
